//! The clock-driven driver: every neuron at every tick.

use super::state::{Group, State};
use super::{BLOCK, Cells, GROUP, Mode, cue};
use crate::event::Tick;
use crate::lanes::simd;
use crate::network::Threshold;
use crate::simulator::maps::{LEVELS, length};
use std::collections::VecDeque;

/// Groups of a block.
const GROUPS: usize = BLOCK / GROUP;

/// What this driver needs beside the state.
pub(super) struct Clocked {
    /// States at the beginnings of the stretches under way, from level 1 on.
    pub saved: [State; LEVELS - 1],
    /// Refractory neurons, those first that are free first.
    refractory: VecDeque<u32>,
}

impl Cells {
    /// Moves everybody on to clock `now`. Where arrivals cannot reach the membrane any more, finds those that cross.
    pub(super) fn sweep<const K: usize, const ALPHA: bool>(&mut self, now: Tick) {
        self.keep_beginnings(now - 1);
        let settles = now.is_multiple_of(length(1));
        simd(
            #[inline(always)]
            || match self.threshold {
                // The most common case, in one pass.
                Threshold::Fixed(theta) if !settles && !self.immediate => {
                    let strict = self.neuron.strict;
                    let mut crossing = Vec::new();
                    self.step::<K, ALPHA>(
                        now,
                        #[inline(always)]
                        |block, membranes| {
                            if anybody(membranes, strict, &[theta; BLOCK]) {
                                crossing.push(block);
                            }
                        },
                    );
                    for block in crossing {
                        self.list(block, now);
                    }
                }
                _ => {
                    self.step::<K, ALPHA>(now, |_, _| {});
                    for group in 0..if settles { self.groups() } else { 0 } {
                        self.settle::<K, ALPHA>(group, now);
                    }
                    for block in 0..if self.immediate { 0 } else { self.groups() / GROUPS } {
                        self.find(block, now);
                    }
                }
            },
        );
    }

    /// Keeps the states at clock `start` where stretches begin.
    fn keep_beginnings(&mut self, start: Tick) {
        let Mode::Clock(clocked) = &mut self.mode else { return };
        for (at, saved) in clocked.saved.iter_mut().enumerate() {
            if start.is_multiple_of(length(at + 1)) {
                saved.clone_from(&self.state);
            }
        }
    }

    /// One tick of everybody; membranes of refractory neurons are put right at the end of the tick. Calls `then` with each block and its
    /// membranes.
    #[inline(always)]
    fn step<const K: usize, const ALPHA: bool>(&mut self, now: Tick, mut then: impl FnMut(usize, &[f64; BLOCK])) {
        let one = &self.maps.levels[0];
        let State { membranes, currents, excess } = &mut self.state;
        let membranes = membranes.as_chunks_mut::<BLOCK>().0;
        let mut currents = currents.iter_mut();
        let currents: [&mut [[f64; BLOCK]]; K] =
            std::array::from_fn(|_| currents.next().map_or(&mut [][..], |values| values.as_chunks_mut().0));
        let blocks = membranes.len();
        for at in 0..blocks {
            // To and fro: what was last in the cache comes first.
            let block = if now.is_multiple_of(2) { at } else { blocks - 1 - at };
            let membranes = &mut membranes[block];
            for group in 0..GROUPS {
                let lanes = group * GROUP..(group + 1) * GROUP;
                let load = |values: &[f64; BLOCK]| values.as_chunks().0[group];
                let mut state = Group::<K> {
                    membranes: load(membranes),
                    currents: std::array::from_fn(|c| load(&currents[c][block])),
                    excess: [0.0; GROUP],
                };
                state.advance::<ALPHA>(one);
                membranes[lanes.clone()].copy_from_slice(&state.membranes);
                for c in 0..K {
                    currents[c][block][lanes.clone()].copy_from_slice(&state.currents[c]);
                }
            }
            then(block, membranes);
        }
        excess.iter_mut().for_each(|excess| *excess *= one.threshold);
    }

    /// If a group has not acted within a stretch that ends at `now`, it takes it at once.
    #[inline(always)]
    fn settle<const K: usize, const ALPHA: bool>(&mut self, group: usize, now: Tick) {
        let Mode::Clock(clocked) = &self.mode else { return };
        let idle = now - self.acts[group];
        if idle < length(1) {
            return;
        }
        let ends = |&level: &usize| now.is_multiple_of(length(level)) && idle >= length(level);
        if let Some(level) = (1..LEVELS).rev().find(ends) {
            let mut state = clocked.saved[level - 1].load::<K>(group);
            let first = now - length(level) + 1;
            state.advance_free::<ALPHA>(&self.maps.levels[level], &self.free_at.as_chunks().0[group], first);
            self.state.store(group, &state);
        }
    }

    /// Lists those of a block that cross their thresholds at `now`.
    #[inline(always)]
    fn find(&mut self, block: usize, now: Tick) {
        let first = block * BLOCK;
        let membranes = &self.state.membranes.as_chunks::<BLOCK>().0[block];
        let strict = self.neuron.strict;
        let any = match &self.threshold {
            Threshold::Never => return,
            Threshold::Fixed(theta) => anybody(membranes, strict, &[*theta; BLOCK]),
            Threshold::Adaptive { base, .. } => {
                let mut theta = self.state.excess.as_chunks::<BLOCK>().0[block];
                theta.iter_mut().for_each(|theta| *theta += base);
                anybody(membranes, strict, &theta)
            }
            Threshold::Cue { values, width } => {
                let neuron = self.ids.start as usize + first;
                anybody(membranes, strict, &std::array::from_fn(|k| cue(values, *width, neuron + k, now)))
            }
        };
        if any {
            self.list(block, now);
        }
    }

    #[inline(always)]
    fn list(&mut self, block: usize, now: Tick) {
        for group in block * GROUPS..(block + 1) * GROUPS {
            let fires = self.fires(group, &self.state.load::<0>(group), now);
            let fires = (0..GROUP).filter(|&lane| fires[lane]);
            self.fired.extend(fires.map(|lane| (group * GROUP + lane) as u32));
        }
    }

    /// What is left of a tick after all arrivals.
    pub(super) fn finish_clocked(&mut self, now: Tick) {
        let Mode::Clock(clocked) = &mut self.mode else { return };
        let mut refractory = std::mem::take(&mut clocked.refractory);
        for &j in &refractory {
            self.state.membranes[j as usize] = self.held(j as usize);
        }
        // The end of a refractory time is an act.
        while let Some(&j) = refractory.front().filter(|&&j| self.free_at[j as usize] <= now + 1) {
            self.acts[j as usize / GROUP] = now;
            refractory.pop_front();
        }
        if self.immediate {
            simd(
                #[inline(always)]
                || {
                    for block in 0..self.groups() / GROUPS {
                        self.find(block, now);
                    }
                },
            );
        }
        self.fired.sort_unstable();
        for at in 0..self.fired.len() {
            self.fire(self.fired[at] as usize, now);
        }
        if self.neuron.refractory > 0 {
            refractory.extend(&self.fired);
        }
        if let Mode::Clock(clocked) = &mut self.mode {
            clocked.refractory = refractory;
        }
    }

    /// From the states of last acts to the present, with the beginnings of the stretches under way.
    pub(super) fn become_clocked<const K: usize, const ALPHA: bool>(&mut self, now: Tick) {
        let Mode::Event(sparse) = &self.mode else { return };
        let empty = State::zeros(self.groups() * GROUP, K, !self.state.excess.is_empty());
        let mut saved: [State; LEVELS - 1] = std::array::from_fn(|_| empty.clone());
        let mut present = empty;
        let mut acts = self.acts.clone();
        for group in 0..self.groups() {
            let (state, act) = self.path::<K, ALPHA>(group, sparse.last[group], now);
            present.store(group, &state);
            acts[group] = act;
            for (at, saved) in saved.iter_mut().enumerate() {
                let start = now - now % length(at + 1);
                if act <= start {
                    saved.store(group, &self.path::<K, ALPHA>(group, sparse.last[group], start).0);
                }
            }
        }
        let refractory = (0..self.len() as u32).filter(|&j| self.free_at[j as usize] > now + 1);
        let mut refractory: Vec<u32> = refractory.collect();
        refractory.sort_by_key(|&j| self.free_at[j as usize]);
        self.mode = Mode::Clock(Clocked { saved, refractory: refractory.into() });
        (self.state, self.acts) = (present, acts);
    }
}

/// Whether any of a block crosses its threshold.
#[inline(always)]
fn anybody(membranes: &[f64; BLOCK], strict: bool, thresholds: &[f64; BLOCK]) -> bool {
    let mut any = false;
    if strict {
        for k in 0..BLOCK {
            any |= membranes[k] > thresholds[k];
        }
    } else {
        for k in 0..BLOCK {
            any |= membranes[k] >= thresholds[k];
        }
    }
    any
}
