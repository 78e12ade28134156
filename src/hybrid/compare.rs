//! The event-driven against the clock-driven spiking branch, clip by clip and step by step.
//! [Example](super#example).

use crate::base::counter::unit;
use crate::base::text::percent;
use crate::data::Clips;
use crate::energy::counts::LayerCounts;
use crate::energy::{DenseOperator, add_operators};
use crate::error::Result;
use crate::hybrid::model::{Activity, DenseTwin, Hybrid};
use crate::hybrid::parameters::{ByModality, MODALITIES};
use crate::hybrid::tensor::{Graph, simd};
use crate::spiking::Driver;
use crate::spiking::SpikeTrain;
use crate::spiking::race::{RATES, crossing};
use crate::spiking::stack::{ClipInput, Input, Observer, Scratch, Snapshot, Stack, run, run_batch};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Clips prepared together.
const BATCH: usize = 256;
/// Differences that are listed one by one.
const LISTED: usize = 20;

/// Agreement of the two drivers on a set of clips.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parity {
    /// Every spike of every layer, clip and step is the same.
    pub spikes_equal: bool,
    /// Every membrane, before and after the reset, is the same bit for bit.
    pub membranes_equal: bool,
    /// Every threshold is the same bit for bit.
    pub thresholds_equal: bool,
    /// Both embeddings of every clip, and so its class, are the same bit for bit.
    pub embeddings_equal: bool,
    /// Clips compared.
    pub clips: usize,
    /// The first differences found.
    pub differences: Vec<Difference>,
    /// Operations of the event-driven run, all layers and clips.
    pub event: LayerCounts,
    /// Operations of the clock-driven run.
    pub clock: LayerCounts,
    /// Seconds of the spiking branch under each driver, without recording, and of its dense twin.
    pub seconds: Seconds,
    /// Membranes that changed in a step, or in the first step were computed at all: NeuroBench's
    /// `MembraneUpdates`.
    pub membrane_changes: u64,
    /// Thresholds of all neurons and clips by block and step; reports have them by layer.
    #[serde(skip)]
    pub thresholds: ByModality<Vec<Vec<Spread>>>,
    /// Operations of the dense twin.
    #[serde(skip)]
    pub twin: Vec<DenseOperator>,
}

/// Summary of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Number of values.
    pub count: u64,
    /// Mean of the values.
    pub mean: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

impl Spread {
    fn of(values: &[f32]) -> Spread {
        let sum: f64 = values.iter().map(|&v| f64::from(v)).sum();
        Spread {
            count: values.len() as u64,
            mean: sum / values.len().max(1) as f64,
            min: values.iter().copied().fold(f32::INFINITY, f32::min).into(),
            max: values.iter().copied().fold(f32::NEG_INFINITY, f32::max).into(),
        }
    }

    /// The spread of the values of both.
    fn and(self, other: Spread) -> Spread {
        let count = self.count + other.count;
        let weight = other.count as f64 / count.max(1) as f64;
        Spread {
            count,
            mean: self.mean + (other.mean - self.mean) * weight,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }
}

/// Adds spreads by block and step.
fn add_spreads(total: &mut Vec<Vec<Spread>>, other: &[Vec<Spread>]) {
    if total.is_empty() {
        *total = other.to_vec();
    } else {
        for (total, other) in total.iter_mut().flatten().zip(other.iter().flatten()) {
            *total = total.and(*other);
        }
    }
}

/// Wall time by driver, seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seconds {
    /// Event-driven.
    pub event: f64,
    /// Clock-driven.
    pub clock: f64,
    /// The dense twin: ReLU in place of neurons, one pass, in batches.
    pub dense_twin: f64,
}

/// A place where the drivers disagree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// Id of the clip.
    pub clip: String,
    /// `audio` or `video`.
    pub modality: String,
    /// Spiking block, from 1.
    pub block: usize,
    /// Time step.
    pub step: usize,
    /// `spikes`, `membranes` or `thresholds`.
    pub what: String,
}

impl Parity {
    /// Whether nothing differs.
    pub fn holds(&self) -> bool {
        self.spikes_equal && self.membranes_equal && self.thresholds_equal && self.embeddings_equal
    }
}

/// Records every state of a run.
#[derive(Default)]
struct Recorder {
    /// By step and layer: membranes before and after the reset, thresholds.
    states: Vec<[Vec<f32>; 3]>,
}

impl Observer for Recorder {
    fn tick(&mut self, _layer: usize, _tick: usize, snapshot: Snapshot<'_>) {
        self.states.push([snapshot.charged, snapshot.membranes, snapshot.thresholds].map(<[f32]>::to_vec));
    }
}

/// What the comparison of two recorded runs of one clip found.
struct Agreement {
    differences: Vec<(usize, usize, &'static str)>,
    membrane_changes: u64,
    /// By block and step.
    thresholds: Vec<Vec<Spread>>,
}

fn agree(stack: &Stack, input: &ClipInput<'_>, steps: usize, scratch: &mut Scratch) -> Result<Agreement> {
    let mut record = |driver| -> Result<_> {
        let mut recorder = Recorder::default();
        let run = run(stack, driver, input, steps, scratch, Some(&mut recorder))?;
        Ok((run, recorder))
    };
    let (event, event_states) = record(Driver::Event)?;
    let (clock, clock_states) = record(Driver::Clock)?;
    let mut differences = Vec::new();
    for (block, (a, b)) in event.trains.iter().zip(&clock.trains).enumerate() {
        let step = (0..steps).find(|&t| a.at(t as u32) != b.at(t as u32));
        differences.extend(step.map(|step| (block, step, "spikes")));
    }
    let equal =
        |a: &[f32], b: &[f32]| a.len() == b.len() && simd(|| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits()));
    let layers = stack.layers().len();
    if event_states.states.len() != clock_states.states.len() {
        differences.push((0, 0, "membranes"));
    }
    for (i, (a, b)) in event_states.states.iter().zip(&clock_states.states).enumerate() {
        let (step, block) = (i / layers, i % layers);
        if !(equal(&a[0], &b[0]) && equal(&a[1], &b[1])) {
            differences.push((block, step, "membranes"));
        }
        if !equal(&a[2], &b[2]) {
            differences.push((block, step, "thresholds"));
        }
    }
    let states = &event_states.states;
    let changed = |i: usize| match i.checked_sub(layers) {
        Some(before) => states[i][1].iter().zip(&states[before][1]).filter(|(a, b)| a != b).count(),
        None => states[i][1].len(),
    };
    Ok(Agreement {
        differences,
        membrane_changes: (0..states.len()).map(|i| changed(i) as u64).sum(),
        thresholds: (0..layers)
            .map(|block| states.iter().skip(block).step_by(layers).map(|state| Spread::of(&state[2])).collect())
            .collect(),
    })
}

/// Compares both drivers over `clips`, with `progress(clips done)` after each batch. None if the
/// model has no spiking branch.
///
/// # Errors
/// If the clips do not fit the model.
pub fn compare(network: &Hybrid<'_>, clips: &Clips, mut progress: impl FnMut(usize)) -> Result<Option<Parity>> {
    let Some(stacks) = network.stacks() else { return Ok(None) };
    let steps = network.model().config.time_steps;
    let twin = DenseTwin::of(network);
    // One graph serves all batches, so that its memory is reused.
    let mut twin_graph = Graph::inference();
    let mut parity = Parity {
        spikes_equal: true,
        membranes_equal: true,
        thresholds_equal: true,
        embeddings_equal: true,
        clips: clips.len(),
        ..Parity::default()
    };
    for start in (0..clips.len()).step_by(BATCH) {
        let rows: Vec<usize> = (start..(start + BATCH).min(clips.len())).collect();
        let graph = Graph::inference();
        let prepared = network.prepare(&graph, clips, &rows)?;
        let mut embeddings = Vec::new();
        for (driver, seconds, counts) in [
            (Driver::Event, &mut parity.seconds.event, &mut parity.event),
            (Driver::Clock, &mut parity.seconds.clock, &mut parity.clock),
        ] {
            let started = std::time::Instant::now();
            let runs = network.spike(stacks, &prepared, driver)?;
            *seconds += started.elapsed().as_secs_f64();
            *counts += runs.iter().flatten().map(|run| run.total()).sum();
            let s = network.join_time(&graph, &runs, &mut Activity::new(network.model()));
            embeddings.push(network.finish(&graph, &prepared, Some(&s)));
        }
        if let Some(twin) = &twin {
            twin_graph.clear();
            let started = std::time::Instant::now();
            twin.run(&twin_graph, &prepared);
            parity.seconds.dense_twin += started.elapsed().as_secs_f64();
            add_operators(&mut parity.twin, twin_graph.take_costs());
        }
        let bits = |i: usize| embeddings[i].iter().flat_map(|e| e.values()).map(|v| v.to_bits());
        parity.embeddings_equal &= bits(0).eq(bits(1));
        for modality in MODALITIES {
            let stack = &stacks[modality];
            let inputs = network.clip_inputs(&prepared, modality);
            let agreements = inputs
                .par_iter()
                .map_init(Scratch::default, |scratch, input| agree(stack, input, steps, scratch))
                .collect::<Result<Vec<_>>>()?;
            for (clip, agreement) in rows.iter().zip(agreements) {
                parity.membrane_changes += agreement.membrane_changes;
                add_spreads(&mut parity.thresholds[modality], &agreement.thresholds);
                for (block, step, what) in agreement.differences {
                    match what {
                        "spikes" => parity.spikes_equal = false,
                        "membranes" => parity.membranes_equal = false,
                        _ => parity.thresholds_equal = false,
                    }
                    if parity.differences.len() < LISTED {
                        let clip = clips.ids[*clip].clone();
                        let (modality, what) = (modality.name().to_owned(), what.to_owned());
                        parity.differences.push(Difference { clip, modality, block: block + 1, step, what });
                    }
                }
            }
        }
        progress(rows.len());
    }
    Ok(Some(parity))
}

/// Event- against clock-driven at different activities, on the machine at hand.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Crossover {
    /// Clips per rate.
    pub clips: usize,
    /// Layers that were run: those whose input is spikes.
    pub layers: String,
    /// Times, by firing rate of the input.
    pub rates: Vec<ClipTimes>,
    /// Input firing rate, per cent, from which on the clock-driven driver is the faster one; none
    /// if it is not in the range of `rates`.
    pub percent: Option<f64>,
}

/// Times at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClipTimes {
    /// Spikes per input and step, per cent.
    pub input_percent: f64,
    /// Microseconds per clip: event-driven, clock-driven. The least of three runs each.
    pub us_per_clip: [f64; 2],
}

/// Clips that are run at each rate.
const CLIPS: usize = 64;

/// Runs the model's spiking layers behind the first, whose input is analog, on random spikes of
/// different rates. None if there are no such layers.
///
/// # Errors
/// If a layer cannot be run on its own.
pub fn crossover(network: &Hybrid<'_>) -> Result<Option<Crossover>> {
    let Some(ByModality { audio: stack, .. }) = network.stacks() else { return Ok(None) };
    let steps = network.model().config.time_steps;
    let layers = &stack.layers()[1..];
    if layers.is_empty() {
        return Ok(None);
    }
    let stack = Stack::new(layers.to_vec())?;
    let mut rates = Vec::new();
    for percent in RATES {
        let trains = (0..CLIPS as u64).map(|clip| {
            let mut train = SpikeTrain::new(stack.inputs());
            for tick in 0..steps as u64 {
                let fires = |i: &u32| unit(clip, tick << 32 | u64::from(*i)) < percent / 100.0;
                train.push_tick((0..stack.inputs() as u32).filter(fires))?;
            }
            Ok(train)
        });
        let trains = trains.collect::<Result<Vec<_>>>()?;
        let clips: Vec<ClipInput> = trains.iter().map(|train| ClipInput::new(Input::Spikes(train))).collect();
        let mut us_per_clip = [f64::INFINITY; 2];
        for _ in 0..3 {
            for (driver, best) in [Driver::Event, Driver::Clock].into_iter().zip(&mut us_per_clip) {
                let started = std::time::Instant::now();
                run_batch(&stack, driver, &clips, steps)?;
                *best = best.min(started.elapsed().as_secs_f64() * 1e6 / CLIPS as f64);
            }
        }
        rates.push(ClipTimes { input_percent: percent, us_per_clip });
    }
    let points: Vec<(f64, [f64; 2])> = rates.iter().map(|at| (at.input_percent, at.us_per_clip)).collect();
    let shape: Vec<String> = layers.iter().map(|layer| layer.neurons().to_string()).collect();
    let layers = format!("{} inputs, {} neurons, {steps} steps", stack.inputs(), shape.join(" and "));
    Ok(Some(Crossover { clips: CLIPS, layers, percent: crossing(&points), rates }))
}

impl fmt::Display for Crossover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "microseconds per clip on random spikes, {} ({} clips)", self.layers, self.clips)?;
        writeln!(f, "{:>10} {:>10} {:>10}", "input %", "event", "clock")?;
        for at in &self.rates {
            let [event, clock] = at.us_per_clip;
            writeln!(f, "{:>10} {event:>10.2} {clock:>10.2}", at.input_percent)?;
        }
        match self.percent {
            Some(at) => {
                writeln!(f, "the clock-driven driver overtakes with {} of the inputs firing per step", percent(at, 1))
            }
            None => writeln!(f, "the drivers do not change places in this range"),
        }
    }
}

impl Parity {
    /// The agreement over both sets of clips.
    pub fn and(mut self, other: Parity) -> Parity {
        self.spikes_equal &= other.spikes_equal;
        self.membranes_equal &= other.membranes_equal;
        self.thresholds_equal &= other.thresholds_equal;
        self.embeddings_equal &= other.embeddings_equal;
        self.clips += other.clips;
        self.differences.extend(other.differences);
        self.differences.truncate(LISTED);
        self.event += other.event;
        self.clock += other.clock;
        self.seconds.event += other.seconds.event;
        self.seconds.clock += other.seconds.clock;
        self.seconds.dense_twin += other.seconds.dense_twin;
        self.membrane_changes += other.membrane_changes;
        for (mine, theirs) in self.thresholds.iter_mut().zip(other.thresholds.iter()) {
            add_spreads(mine, theirs);
        }
        add_operators(&mut self.twin, other.twin);
        self
    }
}
