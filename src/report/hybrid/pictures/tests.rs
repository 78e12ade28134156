//! Pictures of made-up reports. With `PLOT_OUT=DIR` in the environment they are left there, to be
//! looked at.

use super::*;
use crate::base::counter;
use crate::data::{ClassVectors, Split};
use crate::energy::counts::LayerCounts;
use crate::energy::synops::{LayerSynops, Synops};
use crate::energy::{
    Branch, Cost, DataType, DenseOperator, EnergyTable, Ledger, MEMBRANE_UPDATE, SpikingLayer, Synapses,
    THRESHOLD_UPDATE,
};
use crate::hybrid::compare::{Parity, Spread};
use crate::hybrid::config::Config;
use crate::hybrid::evaluate::ByMode;
use crate::hybrid::gzsl::Scores;
use crate::report::pictures::tests::check_all;
use crate::report::{
    AtSteps, LayerRate, Neurobench, Operations, Plane, Point, Report, SCHEMA, SpikeSummary, TwinLayer, page,
};

/// What varies from report to report.
struct Made {
    layers: Vec<String>,
    dense: Vec<String>,
    steps: usize,
    classes: usize,
    clips: usize,
    /// Firing rate of the first step; 0 for silence.
    rate: f64,
}

fn scores(hm: f64) -> Scores {
    Scores { seen: hm, unseen: hm, hm, zsl: hm * 1.2, gamma: 0.3 }
}

impl Made {
    fn usual() -> Made {
        let name = |i: usize| format!("spiking.{}.block{}", ["audio", "video"][i / 3], i % 3 + 1);
        let dense = ["encoder.audio.linear1", "combiner.block.qkv", "heads.words.linear1"];
        Made {
            layers: (0..6).map(name).collect(),
            dense: dense.map(String::from).into(),
            steps: 10,
            classes: 30,
            clips: 500,
            rate: 0.2,
        }
    }

    fn report(&self) -> Report {
        let clips = self.clips as u64;
        let steps = self.steps as u64;
        let mut ledger = Ledger::new(clips);
        let mut synops = Synops { clips, layers: Vec::new() };
        let mut dense_twin = Vec::new();
        for (i, layer) in self.dense.iter().enumerate() {
            let dense = 2000 * clips * 4_u64.pow(i as u32 % 5);
            let synapses = Synapses { effective_acs: 0, effective_macs: dense / 2, dense };
            let cost = Cost { macs: dense, ..Cost::ZERO };
            ledger.file_dense(&DenseOperator {
                branch: Branch::Dense,
                layer: layer.clone(),
                in_twin: true,
                operator: "linear".into(),
                cost,
                synapses: Some(synapses),
            });
            synops.layers.push(LayerSynops::of_values(layer, 0, dense / 2, dense));
        }
        let (neurons, sources) = (128, 128);
        for layer in &self.layers {
            let spikes = (self.rate * 0.5 * (neurons * steps * clips) as f64) as u64;
            let synops_done = spikes * neurons;
            let counts = LayerCounts {
                spikes,
                synops: synops_done,
                membrane_updates: neurons * steps * clips,
                threshold_updates: neurons * (steps - 1) * clips,
                entropies: steps * clips,
                ..LayerCounts::default()
            };
            let twin = Some([sources * neurons * clips, neurons * clips]);
            let neuron_steps = neurons * steps * clips;
            let spiking = SpikingLayer {
                weights: None,
                counts,
                analog_macs: 0,
                neuron_steps,
                update: MEMBRANE_UPDATE,
                reset: Cost::ZERO,
                threshold: THRESHOLD_UPDATE,
                twin,
            };
            ledger.file_spiking(layer, DataType::Fp32, &spiking);
            synops.layers.push(LayerSynops::of_spikes(
                layer,
                [sources, neurons, steps * clips],
                spikes,
                synops_done * 3 / 4,
            ));
            dense_twin.push(TwinLayer {
                layer: layer.clone(),
                input_rate: Some(self.rate),
                spiking_operations: synops_done,
                dense_twin_macs: sources * neurons * clips,
                break_even: Vec::new(),
            });
        }
        let tables = ["45nm-fp32", "45nm-fp32-sram-32k", "loihi", "truenorth", "odin"];
        let energy: Vec<_> =
            tables.iter().filter_map(|name| EnergyTable::find(name).unwrap().apply(&ledger, None).ok()).collect();
        let rate = |t: usize| self.rate * (0.5 + 0.5 / (t + 1) as f64);
        let spread = |t: usize| {
            let mean = 0.5 + 0.1 * (1.0 - 0.7_f64.powi(t as i32));
            Spread { count: neurons * clips, mean, min: 0.5 + (mean - 0.5) / 2.0, max: 0.5 + (mean - 0.5) * 1.6 }
        };
        let rates = |layer: &String| LayerRate {
            layer: layer.clone(),
            rate: self.rate,
            per_step: (0..self.steps).map(rate).collect(),
            thresholds: (0..self.steps).map(spread).collect(),
        };
        let factor: Vec<f64> =
            (0..self.steps).map(|t| 1.0 / self.steps as f64 * (1.0 + 0.3 * (t as f64).cos())).collect();
        let spikes = SpikeSummary {
            total: 1,
            rate_per_layer: self.layers.iter().map(rates).collect(),
            rate_per_step: (0..self.steps).map(rate).collect(),
            time_step_factor: [factor.clone(), factor.iter().rev().copied().collect()],
        };
        let at = |time_steps: usize| AtSteps {
            time_steps,
            accuracy: scores(0.4 - 0.1 / time_steps as f64),
            spikes_per_clip: 80.0 * time_steps as f64,
            spiking_pj_per_clip: 1e5 * time_steps as f64,
            total_pj_per_clip: 4e6 + 1e5 * time_steps as f64,
        };
        let fewer = (0..).map(|power| 1 << power).take_while(|&t| t < self.steps).chain([self.steps]);
        let unit = |n: usize| counter::unit(3, n as u64) - 0.5;
        let class_points: Vec<[f64; 2]> = (0..self.classes).map(|c| [4.0 * unit(c), 3.0 * unit(c + 1000)]).collect();
        let listed = self.clips.min(2000);
        let point = |i: usize| {
            let class = i % self.classes;
            let [x, y] = class_points[class];
            Point { class, at: [x + unit(i + 5000), y + unit(i + 9000)] }
        };
        Report {
            vocabulary: 0,
            per_clip: Vec::new(),
            schema: SCHEMA.into(),
            dataset: "Made".into(),
            split: Split::Main,
            class_vectors: ClassVectors::Aligned,
            seed: 0,
            config: Config::default(),
            time_steps: self.steps,
            clips: self.clips,
            classes_without_clips: Vec::new(),
            accuracy: ByMode { both: scores(0.39), video: scores(0.36), audio: scores(0.37) },
            epochs: 2,
            spikes: Some(spikes).filter(|_| !self.layers.is_empty()),
            operations: Operations {
                synops: 0,
                acs: 0,
                macs: 0,
                membrane_updates: 0,
                threshold_updates: 0,
                dense_twin_macs: 0,
                spiking_twin_macs: 0,
                clock_macs: None,
            },
            energy_pj: energy[0].total_pj,
            energy,
            dense_share: 0.7,
            parity: Some(Parity::default()),
            wall_time_s: None,
            neurobench: Neurobench::of_synops(&synops),
            synops,
            dense_twin,
            over_time_steps: if self.layers.is_empty() { Vec::new() } else { fewer.map(at).collect() },
            projection: Some(Plane {
                method: "made up".into(),
                explained: [0.31, 0.24],
                classes: (0..self.classes).map(|c| format!("class {c}")).collect(),
                seen: (0..self.classes).map(|c| c % 3 != 0).collect(),
                points: (0..listed).map(point).collect(),
                class_points,
                clips: self.clips,
            }),
            ledger,
        }
    }
}

/// Draws every picture that there is, and says which there are not.
fn draw(name: &str, report: &Report, others: &[(String, Report)]) -> Vec<&'static str> {
    let missing = check_all(name, &pictures(report, others));
    let html = page(report, others).unwrap();
    assert_eq!(html, page(report, others).unwrap());
    missing
}

#[test]
fn a_usual_report() {
    let made = Made::usual();
    let none: [&str; 0] = [];
    assert_eq!(draw("usual", &made.report(), &[]), none);
    let others = [2, 4, 6, 20].map(|steps| (format!("{steps} steps"), Made { steps, ..Made::usual() }.report()));
    assert_eq!(draw("trained", &made.report(), &others), none);
}

#[test]
fn one_layer_one_step_one_class() {
    let made = Made { layers: vec!["spiking".into()], dense: vec![], steps: 1, classes: 1, clips: 3, ..Made::usual() };
    draw("one", &made.report(), &[]);
}

#[test]
fn many_layers_with_long_names_many_steps_many_classes() {
    let layer = |i: usize| format!("spiking.audio_and_video_together.stage{}.block{i}.projection_of_the_key", i / 4);
    let made = Made {
        layers: (0..14).map(layer).collect(),
        dense: (0..60).map(|i| format!("dense.block{i}.attention_of_both_modalities.query_key_value")).collect(),
        steps: 64,
        classes: 50,
        clips: 9000,
        ..Made::usual()
    };
    let report = made.report();
    draw("many", &report, &[]);
    let svg = |name: &str| {
        let picture = pictures(&report, &[]).into_iter().find(|picture| picture.name == name).unwrap();
        picture.figure.unwrap().svg().unwrap()
    };
    assert!(svg("operations").contains(" of 74 layers with the most operations"));
    assert!(svg("embeddings").contains("2,000 of 9,000 clips"));
    for name in ["operations", "firing_rate", "thresholds"] {
        assert!(!svg(name).contains('…'), "{name} cuts names");
    }
    let endless = Made { layers: vec!["x".repeat(90)], ..Made::usual() };
    draw("endless", &endless.report(), &[]);
}

#[test]
fn parts_of_a_layer_stand_behind_it() {
    let dense = ["encoder", "spiking.a.threshold", "spiking.ab"].map(String::from).into();
    let report = Made { dense, layers: vec!["spiking.a".into(), "spiking.b".into()], ..Made::usual() }.report();
    let order: Vec<&str> = work_of_layers(&report).iter().map(|work| work.layer).collect();
    assert_eq!(order, ["encoder", "spiking.ab", "spiking.a", "spiking.a.threshold", "spiking.b"]);
}

#[test]
fn silent_layers_have_pictures() {
    let none: [&str; 0] = [];
    assert_eq!(draw("silent", &Made { rate: 0.0, ..Made::usual() }.report(), &[]), none);
}

#[test]
fn without_spikes_their_pictures_are_left_out() {
    let report = Made { layers: vec![], ..Made::usual() }.report();
    let spiking = ["firing_rate", "time_step_factor", "thresholds", "accuracy_energy"];
    assert_eq!(draw("dense", &report, &[]), spiking);
    // Beside others it is a point among theirs.
    assert_eq!(draw("dense-beside", &report, &[("usual".into(), Made::usual().report())]), spiking[..3]);
    let mut unwatched = Made::usual().report();
    for layer in &mut unwatched.spikes.as_mut().unwrap().rate_per_layer {
        layer.thresholds.clear();
    }
    unwatched.projection = None;
    assert_eq!(draw("unwatched", &unwatched, &[]), ["thresholds", "embeddings"]);
}

/// A document may contradict itself: that is no reason to panic.
#[test]
fn contradictions_are_drawn_as_far_as_they_go() {
    let mut report = Made::usual().report();
    let projection = report.projection.as_mut().unwrap();
    projection.seen.truncate(3);
    projection.classes.truncate(2);
    projection.points[0].class = 900;
    let spikes = report.spikes.as_mut().unwrap();
    spikes.rate_per_layer[1].per_step.clear();
    spikes.rate_per_layer[2].thresholds.truncate(1);
    spikes.rate_per_step = vec![7.0; 40];
    spikes.time_step_factor[1].clear();
    report.clips = 0;
    report.energy.clear();
    let missing: Vec<_> =
        pictures(&report, &[]).into_iter().filter(|p| p.figure.is_err()).map(|picture| picture.name).collect();
    assert_eq!(missing, ["energy"]);
    page(&report, &[]).unwrap();
}
