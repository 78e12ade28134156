//! State of neurons: of a population, and of a group of eight.

use super::maps::{Coefficient, Map, NOTHING};
use crate::base::aligned::Lined;
use crate::simulator::cell_group::GROUP;
use crate::spiking::Tick;

/// Neurons whose step is one loop of the clock-driven driver.
pub(super) const BLOCK: usize = 64;

/// Groups of a block.
pub(super) const GROUPS: usize = BLOCK / GROUP;

/// The state that changes without input. Padded to whole blocks.
#[derive(Clone, Default)]
pub struct State {
    pub membranes: Lined,
    /// By component.
    pub currents: Vec<Lined>,
    /// Of adaptive thresholds: the excess over the base; else empty.
    pub excess: Lined,
}

/// The state of a group with K components.
#[derive(Clone, Copy)]
pub struct Group<const K: usize> {
    pub membranes: [f64; GROUP],
    pub currents: [[f64; GROUP]; K],
    pub excess: [f64; GROUP],
}

impl State {
    pub fn zeros(n: usize, components: usize, adaptive: bool) -> State {
        State {
            membranes: Lined::zeros(n),
            currents: vec![Lined::zeros(n); components],
            excess: Lined::zeros(if adaptive { n } else { 0 }),
        }
    }

    #[inline(always)]
    pub fn load<const K: usize>(&self, group: usize) -> Group<K> {
        let lanes = |values: &[f64]| values.as_chunks().0[group];
        Group {
            membranes: lanes(&self.membranes),
            currents: std::array::from_fn(|c| lanes(&self.currents[c])),
            excess: if self.excess.is_empty() { [0.0; GROUP] } else { lanes(&self.excess) },
        }
    }

    #[inline(always)]
    pub fn store<const K: usize>(&mut self, group: usize, from: &Group<K>) {
        self.membranes.as_chunks_mut().0[group] = from.membranes;
        for c in 0..K {
            self.currents[c].as_chunks_mut().0[group] = from.currents[c];
        }
        if !self.excess.is_empty() {
            self.excess.as_chunks_mut().0[group] = from.excess;
        }
    }
}

impl<const K: usize> Group<K> {
    /// Moves on by the ticks of `map`.
    #[inline(always)]
    pub fn advance<const ALPHA: bool, T: Coefficient>(&mut self, map: &Map<T>) {
        let mut sum = [0.0; GROUP];
        for c in 0..K {
            let (a, p, q) = (map.into_membrane[c], map.retention[c], map.rise[c]);
            for l in 0..GROUP {
                sum[l] += a.of(l) * self.currents[c][l];
                self.currents[c][l] *= p.of(l);
                if ALPHA && c + 1 < K {
                    self.currents[c][l] += q.of(l) * self.currents[c + 1][l];
                }
            }
        }
        for l in 0..GROUP {
            self.membranes[l] = map.membrane.of(l) * self.membranes[l] + sum[l];
            self.excess[l] *= map.threshold.of(l);
        }
    }

    /// The same, but membranes of neurons that are not free at `clock`, the first of the ticks,
    /// stay.
    #[inline(always)]
    pub fn advance_free<const ALPHA: bool, T: Coefficient>(
        &mut self,
        map: &Map<T>,
        free_at: &[Tick; GROUP],
        clock: Tick,
    ) {
        let before = self.membranes;
        self.advance::<ALPHA, T>(map);
        for l in 0..GROUP {
            self.membranes[l] = if free_at[l] > clock { before[l] } else { self.membranes[l] };
        }
    }

    /// Sets state smaller than [`NOTHING`] to `least`, currents to zero. Membranes of neurons that
    /// are not free at `clock` stay.
    #[inline(always)]
    pub fn vanish(&mut self, least: f64, free_at: &[Tick; GROUP], clock: Tick) {
        let tiny = |x: f64| x.abs() < NOTHING && x != 0.0;
        let shrunk = |x: f64| if tiny(x) { least.copysign(x) } else { x };
        for l in 0..GROUP {
            self.membranes[l] = if free_at[l] <= clock { shrunk(self.membranes[l]) } else { self.membranes[l] };
            self.excess[l] = shrunk(self.excess[l]);
            for c in 0..K {
                self.currents[c][l] = if tiny(self.currents[c][l]) { 0.0 } else { self.currents[c][l] };
            }
        }
    }
}
