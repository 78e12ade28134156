//! A kind of neurons that is not linear, put behind the seam: exchange, recording, drivers and
//! checkpoints take it as it is.

use super::Keep;
use crate::error::Result;
use crate::network::{Network, Population};
use crate::recording::{Probe, Variable};
use crate::simulator::cell_group::{Arrivals, CellGroup, PopulationState, Tally};
use crate::simulator::{Checkpoint, Simulation};
use crate::spiking::{Driver, Tick};
use std::ops::Range;
use std::path::Path;

const DT_MS: f64 = 0.5;

/// Izhikevich neurons (IEEE Transactions on Neural Networks 14:1569, 2003), forward Euler.
struct Izhikevich {
    ids: Range<u32>,
    v: Vec<f64>,
    u: Vec<f64>,
    tally: Tally,
}

fn step(v: &mut f64, u: &mut f64) {
    let (v0, u0) = (*v, *u);
    *v += DT_MS * (0.04 * v0 * v0 + 5.0 * v0 + 140.0 - u0);
    *u += DT_MS * 0.02 * (0.2 * v0 - u0);
}

fn fires(v: &mut f64, u: &mut f64) -> bool {
    let fires = *v >= 30.0;
    if fires {
        (*v, *u) = (-65.0, *u + 8.0);
    }
    fires
}

impl CellGroup for Izhikevich {
    fn ids(&self) -> Range<u32> {
        self.ids.clone()
    }

    fn gain(&self, _: usize) -> f64 {
        1.0
    }

    fn begin(&mut self, _: Tick) {
        self.v.iter_mut().zip(&mut self.u).for_each(|(v, u)| step(v, u));
    }

    fn receive(&mut self, arrivals: &Arrivals, rows: &[Range<usize>], _: Tick) -> [u64; 2] {
        arrivals.for_each(rows, |target, weight| self.v[target] += weight)
    }

    fn receive_all(&mut self, _: usize, targets: Range<usize>, sums: &[f64], _: Tick) {
        self.v[targets].iter_mut().zip(sums).for_each(|(v, sum)| *v += sum);
    }

    fn fire(&mut self, _: Tick, ids: &mut Vec<u32>) -> Result<()> {
        let cells = self.ids.clone().zip(self.v.iter_mut().zip(&mut self.u));
        let before = ids.len();
        ids.extend(cells.filter_map(|(id, (v, u))| fires(v, u).then_some(id)));
        self.tally.counts.spikes += (ids.len() - before) as u64;
        self.tally.counts.membrane_updates += self.v.len() as u64;
        Ok(())
    }

    fn value(&self, _: Variable, id: u32, _: Tick) -> f64 {
        self.v[(id - self.ids.start) as usize]
    }

    fn restart(&mut self, _: &Population) {
        self.v.fill(-65.0);
        self.u.fill(-13.0);
    }

    fn save(&self, state: &mut PopulationState, n: usize, _: Tick) {
        let own = self.ids.start as usize..self.ids.end as usize;
        state.floats_mut("v", n)[own.clone()].copy_from_slice(&self.v);
        state.floats_mut("u", n)[own].copy_from_slice(&self.u);
    }

    fn fits(&self, state: &PopulationState, n: usize, _: Tick) -> bool {
        ["v", "u"].iter().all(|name| state.floats(name).len() == n)
    }

    fn restore(&mut self, state: &PopulationState) {
        let own = self.ids.start as usize..self.ids.end as usize;
        self.v.copy_from_slice(&state.floats("v")[own.clone()]);
        self.u.copy_from_slice(&state.floats("u")[own]);
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn tally_mut(&mut self) -> &mut Tally {
        &mut self.tally
    }
}

const NEURONS: u32 = 40;
const TICKS: Tick = 400;
const WEIGHT: f64 = 40.0;
const DELAY: Tick = 3;

/// A ring in which each neuron excites the next; spikes from outside reach neuron 0 every 10 ms.
fn ring() -> Network {
    let ticks: Vec<String> = (0..TICKS / 20).map(|n| format!("({}, 0)", n * 20)).collect();
    let text = format!(
        "(format: 1, dt_ms: {DT_MS}, populations: [(name: \"ring\", size: {NEURONS}, neuron: Lif())],
          sources: [(name: \"drive\", size: 1, emits: Spikes(at_ticks: [{}]))],
          projections: [
            (from: \"drive\", to: \"ring[0]\", rule: OneToOne, weight: Constant(40), delay_ms: Constant(1.5)),
            (from: \"ring[0..{}]\", to: \"ring[1..{NEURONS}]\", rule: OneToOne, weight: Constant({WEIGHT}), delay_ms: Constant(1.5)),
          ])",
        ticks.join(", "),
        NEURONS - 1
    );
    super::by_hand::network(&text, Path::new("."))
}

fn simulation(driver: Driver, parts: usize) -> Simulation {
    let make = |_: &Population, ids: Range<u32>| -> Box<dyn crate::simulator::tick::Advance> {
        let n = ids.len();
        Box::new(Izhikevich { ids, v: vec![-65.0; n], u: vec![-13.0; n], tally: Tally::default() })
    };
    let probes = vec![Probe { variable: Variable::Membrane, population: 0, neurons: vec![0, 7, 39] }];
    Simulation::in_parts(&ring(), driver, parts, probes, &make, &|_| {}).unwrap()
}

/// The same network in a plain loop.
fn by_loop() -> Vec<(Tick, u32)> {
    let n = NEURONS as usize;
    let (mut v, mut u, mut spikes) = (vec![-65.0; n], vec![-13.0; n], Vec::new());
    for tick in 0..TICKS {
        v.iter_mut().zip(&mut u).for_each(|(v, u)| step(v, u));
        if tick >= DELAY && (tick - DELAY).is_multiple_of(20) {
            v[0] += 40.0;
        }
        let arriving = spikes.iter().filter(|&&(at, id)| at + DELAY == tick && id < NEURONS - 1);
        arriving.for_each(|&(_, id): &(Tick, u32)| v[id as usize + 1] += WEIGHT);
        for id in 0..n {
            if fires(&mut v[id], &mut u[id]) {
                spikes.push((tick, id as u32));
            }
        }
    }
    spikes
}

#[test]
fn another_kind_of_neurons_runs_on_any_parts_and_drivers_and_from_checkpoints() {
    let expected = by_loop();
    assert!(expected.iter().any(|&(_, id)| id == NEURONS - 1), "activity reaches the end of the ring");
    let mut first: Option<Keep> = None;
    for driver in [Driver::Clock, Driver::Event, Driver::Auto] {
        for parts in [1, 2, 5] {
            let mut keep = Keep::default();
            let mut before = simulation(driver, parts);
            before.run(150, &mut keep, &mut |_| {}).unwrap();
            let checkpoint: Checkpoint = before.checkpoint();
            let mut after = simulation(driver, 6 - parts);
            after.restore(&checkpoint).unwrap();
            after.run(TICKS, &mut keep, &mut |_| {}).unwrap();
            let spikes = keep.spikes.iter().flat_map(|(tick, _, ids)| ids.iter().map(|&id| (*tick, id)));
            assert_eq!(spikes.collect::<Vec<_>>(), expected, "{driver:?}, {parts} parts");
            assert_eq!(after.counts()[0].spikes, expected.len() as u64);
            assert_eq!(after.counts()[0].membrane_updates, u64::from(NEURONS * TICKS));
            assert_eq!(keep.values.len(), TICKS as usize);
            let first = first.get_or_insert_with(|| Keep { spikes: keep.spikes.clone(), values: keep.values.clone() });
            assert!(*first == keep, "{driver:?}, {parts} parts");
        }
    }
}
