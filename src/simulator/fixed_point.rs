//! Neurons in whole numbers ([`crate::spiking::neuron::fixed_point`]).
//!
//! A neuron is *active* in a tick if something arrives there, or if a tick would change it all the
//! same. The event-driven driver steps active neurons only, the clock-driven one all; a neuron at
//! rest stays what it is by its equation, so both come to the same numbers.

use super::cell_group::{Arrivals, CellGroup, GROUP, PopulationState, Tally};
use crate::error::Result;
use crate::network::{Population, Threshold};
use crate::recording::Variable;
use crate::spiking::Tick;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::fixed_point::{FixedPoint, LARGEST, decay};
use std::ops::Range;

/// Neurons in a word of flags.
const WORD: usize = u64::BITS as usize;

/// One part's share of a population in fixed point.
pub(super) struct FixedPointCells {
    ids: Range<u32>,
    neuron: FixedPoint,
    threshold: i32,
    reset: Reset<i32>,
    currents: Vec<i32>,
    membranes: Vec<i32>,
    /// What has arrived in the tick.
    input: Vec<f64>,
    /// A bit for each neuron that is active.
    active: Vec<u64>,
    clock_driven: bool,
    tally: Tally,
}

impl FixedPointCells {
    /// Neurons `ids` of a population whose neuron is `neuron`, before the first tick.
    pub fn new(population: &Population, neuron: FixedPoint, ids: Range<u32>) -> Self {
        let n = ids.len();
        let mut cells = FixedPointCells {
            neuron,
            threshold: match population.threshold {
                Threshold::Fixed(threshold) => threshold as i32,
                _ => i32::MAX,
            },
            reset: match population.neuron.reset {
                Reset::To(membrane) => Reset::To(membrane as i32),
                Reset::Subtract => Reset::Subtract,
            },
            currents: vec![0; n],
            membranes: vec![0; n],
            input: vec![0.0; n],
            active: vec![0; n.div_ceil(WORD)],
            clock_driven: false,
            tally: Tally::default(),
            ids,
        };
        cells.restart(population);
        cells
    }

    fn own(&self) -> Range<usize> {
        self.ids.start as usize..self.ids.end as usize
    }

    /// Whether a tick without arrivals leaves neuron j as it is.
    fn rests(&self, j: usize) -> bool {
        let v = self.membranes[j];
        self.currents[j] == 0 && decay(v, self.neuron.voltage_decay) == v && v <= self.threshold
    }

    /// Notes which neurons are active of themselves.
    fn look(&mut self) {
        self.active.fill(0);
        for j in 0..self.ids.len() {
            self.active[j / WORD] |= u64::from(!self.rests(j)) << (j % WORD);
        }
    }

    /// A tick of neuron j. Returns whether it fires.
    #[inline(always)]
    fn step(&mut self, j: usize) -> bool {
        let input = std::mem::take(&mut self.input[j]);
        let (current, membrane) = self.neuron.step(self.currents[j], self.membranes[j], input);
        let fires = membrane > self.threshold;
        self.currents[j] = current;
        self.membranes[j] = match (fires, self.reset) {
            (false, _) => membrane,
            (true, Reset::To(value)) => value,
            (true, Reset::Subtract) => membrane.saturating_sub(self.threshold).min(LARGEST),
        };
        fires
    }
}

impl CellGroup for FixedPointCells {
    fn ids(&self) -> Range<u32> {
        self.ids.clone()
    }

    fn gain(&self, _: usize) -> f64 {
        f64::from(1_u32 << self.neuron.weight_exponent)
    }

    fn begin(&mut self, _: Tick) {}

    fn receive(&mut self, arrivals: &Arrivals, rows: &[Range<usize>], _: Tick) -> [u64; 2] {
        arrivals.for_each(rows, |target, weight| {
            self.input[target] += weight;
            self.active[target / WORD] |= 1 << (target % WORD);
        })
    }

    fn receive_all(&mut self, _: usize, targets: Range<usize>, sums: &[f64], _: Tick) {
        for (target, sum) in targets.zip(sums) {
            self.input[target] += sum;
            self.active[target / WORD] |= 1 << (target % WORD);
        }
    }

    fn fire(&mut self, _: Tick, ids: &mut Vec<u32>) -> Result<()> {
        let (n, before) = (self.ids.len(), ids.len());
        for at in 0..self.active.len() {
            let active = self.active[at];
            let groups = active.to_ne_bytes().iter().filter(|&&group| group != 0).count();
            self.tally.activity += groups as u64;
            let all = u64::MAX >> (WORD - (n - at * WORD).min(WORD));
            let mut left = if self.clock_driven { all } else { active };
            self.tally.counts.membrane_updates += u64::from(left.count_ones());
            while left != 0 {
                let lane = left.trailing_zeros() as usize;
                left &= left - 1;
                let j = at * WORD + lane;
                if self.step(j) {
                    ids.push(self.ids.start + j as u32);
                }
                let rests = u64::from(self.rests(j));
                self.active[at] = self.active[at] & !(1 << lane) | (1 - rests) << lane;
            }
        }
        self.tally.counts.spikes += (ids.len() - before) as u64;
        Ok(())
    }

    fn may_fire_alone(&self, _: Range<Tick>) -> bool {
        self.clock_driven || self.active.iter().any(|&active| active != 0)
    }

    fn value(&self, variable: Variable, id: u32, _: Tick) -> f64 {
        let j = (id - self.ids.start) as usize;
        match variable {
            Variable::Membrane => self.membranes[j].into(),
            Variable::Threshold => self.threshold.into(),
            Variable::Current => self.currents[j].into(),
        }
    }

    fn drive(&mut self, _: Tick, clock: bool) -> Result<()> {
        self.clock_driven = clock;
        Ok(())
    }

    fn restart(&mut self, population: &Population) {
        let initial = &population.initial_mv;
        for (membrane, id) in self.membranes.iter_mut().zip(self.ids.clone()) {
            *membrane = initial[if initial.len() == 1 { 0 } else { id as usize }] as i32;
        }
        self.currents.fill(0);
        self.input.fill(0.0);
        self.look();
    }

    /// | name | shape | meaning |
    /// |---|---|---|
    /// | `membranes` | n | whole numbers |
    /// | `currents` | n | whole numbers |
    fn save(&self, state: &mut PopulationState, n: usize, _: Tick) {
        for (name, values) in [("membranes", &self.membranes), ("currents", &self.currents)] {
            let column = &mut state.floats_mut(name, n)[self.own()];
            column.iter_mut().zip(values).for_each(|(to, &value)| *to = value.into());
        }
    }

    fn fits(&self, state: &PopulationState, n: usize, _: Tick) -> bool {
        let whole = |&value: &f64| value.fract() == 0.0 && value.abs() <= LARGEST.into();
        ["membranes", "currents"].iter().all(|name| {
            let values = state.floats(name);
            values.len() == n && values.iter().all(whole)
        })
    }

    fn restore(&mut self, state: &PopulationState) {
        let own = self.own();
        for (name, values) in [("membranes", &mut self.membranes), ("currents", &mut self.currents)] {
            values.iter_mut().zip(&state.floats(name)[own.clone()]).for_each(|(to, &value)| *to = value as i32);
        }
        self.look();
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn tally_mut(&mut self) -> &mut Tally {
        &mut self.tally
    }
}

// Groups of neurons are bytes of a word of flags.
const _: () = assert!(GROUP == u8::BITS as usize);
