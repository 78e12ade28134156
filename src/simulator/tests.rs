use super::*;
use crate::network::{Delays, Emits, Origin, Population, Projection, Rule, Source, Threshold, Weights};
use crate::neuron::linear::{Form, Leak, Neuron, Reset};
use crate::splitmix::unit;

#[derive(Default)]
pub struct Keep {
    pub spikes: Vec<(Tick, usize, u32)>,
    pub values: Vec<(Tick, usize, Vec<u64>)>,
}
impl Recorder for Keep {
    fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
        self.spikes.extend(neurons.iter().map(|&n| (tick, population, n)));
        Ok(())
    }
    fn values(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()> {
        self.values.push((tick, probe, values.iter().map(|v| v.to_bits()).collect()));
        Ok(())
    }
}

fn uniform(seed: u64, n: u64, low: f64, span: f64) -> Vec<f64> {
    (0..n).map(|j| low + span * unit(seed, j)).collect()
}

fn projection(
    from: Origin,
    ids: Range<u32>,
    n: u32,
    receptor: usize,
    rule: Rule,
    weight: f64,
    delays: Delays,
) -> Projection {
    Projection { from, from_ids: ids, to: 0, to_ids: 0..n, receptor, rule, weights: Weights::Constant(weight), delays }
}

fn network(name: &str) -> Network {
    let cuba = name.starts_with("cuba");
    let leak = Leak {
        tau_ms: Some(20.0),
        rest_mv: if cuba { -49.0 } else { 0.0 },
        bias_mv: match name {
            "brunel10kdc" => 30.0,
            "delta100k" => 11.0,
            _ => 0.0,
        },
        dt_ms: 0.1,
        form: Form::Exact,
    };
    let (retention, drive) = leak.coefficients();
    let receptors =
        if cuba { vec![leak.exponential(5.0, 1.0), leak.exponential(10.0, 1.0)] } else { vec![leak.delta()] };
    let neuron = Neuron {
        retention,
        drive,
        reset: Reset::To(if cuba { -60.0 } else { 10.0 }),
        refractory: if cuba { 50 } else { 20 },
        keep_refractory_input: false,
        strict: false,
        receptors,
    };
    let (n, e, seed) = match name {
        "cuba4k" => (4000, 3200, 1002),
        "cuba40k" => (40_000, 32_000, 1012),
        "brunel10kdc" => (10_000, 8000, 1021),
        _ => (100_000, 80_000, 1034),
    };
    let initial = match name {
        _ if cuba => uniform(seed, n.into(), -60.0, 10.0),
        "brunel10kdc" => vec![0.0; n as usize].iter().enumerate().map(|(j, _)| 10.0 * unit(1022, j as u64)).collect(),
        _ => uniform(seed, n.into(), 0.0, 20.0),
    };
    let degree = |k, seed, stride, offset| Rule::FixedInDegree { degree: k, seed, stride, offset };
    let p0 = Origin::Population(0);
    let one = Delays::Constant(1);
    let mut sources = Vec::new();
    let projections = match name {
        "cuba4k" => {
            let rule = Rule::FixedProbability { probability: 0.02, seed: 1001 };
            vec![
                projection(p0, 0..e, n, 0, rule.clone(), 60.0 * 0.27 / 10.0, one.clone()),
                projection(p0, e..n, n, 1, rule, -20.0 * 4.5 / 10.0, one),
            ]
        }
        "cuba40k" => vec![
            projection(p0, 0..e, n, 0, degree(64, 1011, 80, 0), 60.0 * 0.27 / 10.0, one.clone()),
            projection(p0, e..n, n, 1, degree(16, 1011, 80, 64), -20.0 * 4.5 / 10.0, one),
        ],
        "brunel10kdc" => vec![
            projection(p0, 0..e, n, 0, degree(800, 1021, 1000, 0), 0.5, Delays::Constant(15)),
            projection(p0, e..n, n, 0, degree(200, 1021, 1000, 800), -2.5, Delays::Constant(15)),
        ],
        _ => {
            sources.push(Source {
                name: "x".into(),
                size: 10_000,
                emits: Emits::Bernoulli { probability: [0.0005].into(), seed: 1035, stride: 10_000 },
            });
            let delays = |first| Delays::Uniform { low: 10, high: 100, seed: 1032, first };
            vec![
                projection(p0, 0..e, n, 0, degree(80, 1031, 100, 0), 0.5, delays(0)),
                projection(p0, e..n, n, 0, degree(20, 1031, 100, 80), -3.0, delays(0)),
                projection(Origin::Source(0), 0..10_000, n, 0, degree(20, 1036, 20, 0), 2.0, delays(10_000_000)),
            ]
        }
    };
    let threshold = Threshold::Fixed(if cuba { -50.0 } else { 20.0 });
    let populations = vec![Population { name: "p".into(), size: n, neuron, threshold, initial_mv: initial }];
    Network { name: name.into(), dt_ms: 0.1, populations, sources, projections }
}

#[test]
#[ignore]
fn race() {
    let names = std::env::var("NET").unwrap_or("cuba4k".into());
    let threads: usize = std::env::var("THREADS").ok().and_then(|t| t.parse().ok()).unwrap_or(1);
    for name in names.split(',') {
        for driver in [Driver::Event, Driver::Clock, Driver::Auto] {
            let start = std::time::Instant::now();
            let mut simulation = Simulation::new(Arc::new(network(name)), driver, threads, vec![]).unwrap();
            let built = start.elapsed();
            let mut keep = Keep::default();
            let start = std::time::Instant::now();
            simulation.run(10_000, &mut keep, &mut |_| {}).unwrap();
            let c = simulation.counts()[0];
            println!(
                "{name} {driver:?} x{} build {:.2} run {:.3} spikes {} synops {} updates {} wakes {}",
                simulation.threads(),
                built.as_secs_f64(),
                start.elapsed().as_secs_f64(),
                keep.spikes.len(),
                c.synops,
                c.membrane_updates,
                c.wakes
            );
        }
    }
}
