//! One thread's share of a population: state, step, and when to look at a neuron that hears nothing.
//!
//! # The grid
//! Neurons are taken in *groups* of eight neighbours. A group *acts* at a tick if something arrives at one of its neurons, one
//! fires, or one comes to the end of its refractory time. Ticks are taken one by one, but a stretch of 8, 64 or 512 ticks that
//! starts at a multiple of its length and within which the group does not act is taken at once, by the linear map of that many
//! ticks ([`crate::simulator::maps`]). So the state at any tick follows from the acts alone:
//! - the event-driven driver keeps each group as of its last act, and goes from there to the present in few steps;
//! - the clock-driven driver goes through every tick, and where a group has not acted within a stretch it puts the map of the
//!   stretch in place of the ticks.
//!
//! Both come to the same bits.

mod clocked;
mod sparse;
mod state;

use crate::base::aligned::prefetch;
use crate::energy::counts::LayerCounts;
use crate::error::Result;
use crate::network::{Population, Threshold};
use crate::recording::Variable;
use crate::simulator::checkpoint::PopulationState;
use crate::simulator::maps::{MOST_COMPONENTS, Maps};
use crate::simulator::rows::Strengths;
use crate::spiking::Tick;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::linear::{Neuron, Receptor};
use clocked::Clocked;
use sparse::{Followed, Sparse, Watch};
use state::{Group, State};
use std::ops::Range;

/// Neurons of a group.
pub(super) const GROUP: usize = 8;

/// Neurons whose step is one loop of the clock-driven driver.
const BLOCK: usize = 64;

/// The most currents a population may have.
pub const MOST_CURRENTS: usize = MOST_COMPONENTS / 2;

/// Time inside: the state before tick 0 is that of clock 0, a tick t happens at clock t + 1.
pub(super) fn clock(tick: Tick) -> Tick {
    tick + 1
}

/// What arrives at a receptor does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input {
    /// The component that it raises; without one the membrane.
    component: Option<usize>,
    /// The component that is its current.
    current: Option<usize>,
    /// Factor of weights.
    pub gain: f64,
    /// What the membrane gets at once of what a current gets.
    gain_now: f64,
}

/// Synapses at which something arrives.
pub(super) struct Arrivals<'a> {
    pub input: Input,
    /// The neurons that hear, ascending within a row.
    pub targets: &'a [u32],
    /// Beside them.
    pub weights: &'a Strengths,
    /// Factor of the weights.
    pub gain: f64,
    /// What arrives: 1 for a spike.
    pub factor: f64,
}

impl Arrivals<'_> {
    /// Gives target and weight of all that stands in `rows` to `add`. Says how many there were and how many of them with a weight other
    /// than zero.
    #[inline(always)]
    fn each(&self, rows: &[Range<usize>], mut add: impl FnMut(usize, f64)) -> [u64; 2] {
        match self.weights {
            Strengths::Single(weights) => self.each_weighted(weights, rows, add),
            Strengths::Double(weights) => self.each_weighted(weights, rows, add),
            Strengths::One => {
                let (mut heard, jump) = (0, self.factor * self.gain);
                for n in 0..rows.len() {
                    if let Some(next) = rows.get(n + 1) {
                        prefetch(&self.targets[next.clone()]);
                    }
                    let targets = &self.targets[rows[n].clone()];
                    for &target in targets {
                        add(target as usize, jump);
                    }
                    heard += targets.len() as u64;
                }
                [heard, heard * u64::from(self.gain != 0.0)]
            }
        }
    }

    #[inline(always)]
    fn each_weighted<W: Copy + Into<f64>>(
        &self,
        weights: &[W],
        rows: &[Range<usize>],
        mut add: impl FnMut(usize, f64),
    ) -> [u64; 2] {
        let mut counts = [0, 0];
        for n in 0..rows.len() {
            if let Some(next) = rows.get(n + 1) {
                prefetch(&self.targets[next.clone()]);
                prefetch(&weights[next.clone()]);
            }
            let row = rows[n].clone();
            counts[0] += row.len() as u64;
            for (&target, &weight) in self.targets[row.clone()].iter().zip(&weights[row]) {
                let weight: f64 = weight.into();
                add(target as usize, self.factor * (weight * self.gain));
                counts[1] += u64::from(weight != 0.0);
            }
        }
        counts
    }
}

/// Neurons of one population.
pub(super) struct Cells {
    /// Ids of the neurons within the population; the first is a multiple of the size of a group.
    pub ids: Range<u32>,
    neuron: Neuron,
    threshold: Threshold,
    /// The threshold less the steady state: deviations are compared with it.
    limit: Threshold,
    /// The lowest limit of each row of cues and all later ones.
    cue_low: Vec<f64>,
    maps: Maps,
    inputs: Vec<Input>,
    /// Whether arrivals reach the membrane in their tick.
    immediate: bool,
    /// Components and whether any couples to the next: which instance of the generic functions is called.
    kind: (usize, bool),
    /// At the present if clock-driven, else as of each group's last act.
    state: State,
    /// The membrane of refractory neurons; empty if all are reset to one value.
    held: Vec<f64>,
    /// What is added to it when they are free again; empty if nothing is.
    later: Vec<f64>,
    /// The first clock at which a membrane moves again. Where a bias has to be counted from there, every spike sets it.
    free_at: Vec<Tick>,
    /// Of each group, the last clock at which it acted: ends of refractory times excepted if event-driven.
    acts: Vec<Tick>,
    mode: Mode,
    /// Groups with neurons whose variables are recorded, ascending.
    recorded: Vec<u32>,
    /// Local ids of those that fire at the present tick.
    fired: Vec<u32>,
    /// Blocks with such.
    crossing: Vec<usize>,
    /// Groups with arrivals, over all ticks since it was last asked for.
    pub activity: u64,
    pub counts: LayerCounts,
    pub input: InputCounts,
}

/// What has come in, by any driver.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct InputCounts {
    /// Spikes emitted by the sources of each projection.
    pub spikes: u64,
    /// The same, each times the neurons that its projection can reach.
    pub spikes_x_neurons: u64,
    /// Spikes that arrived times their fan-out.
    pub spikes_x_fan_out: u64,
    /// Products with analog values.
    pub analog_macs: u64,
}

impl std::ops::AddAssign for InputCounts {
    fn add_assign(&mut self, other: Self) {
        self.spikes += other.spikes;
        self.spikes_x_neurons += other.spikes_x_neurons;
        self.spikes_x_fan_out += other.spikes_x_fan_out;
        self.analog_macs += other.analog_macs;
    }
}

/// What only one driver needs.
enum Mode {
    Event(Sparse),
    Clock(Clocked),
}

/// Calls a function that is generic over the number of components and whether any couples to the next.
macro_rules! dispatch {
    ($cells:expr, $call:ident($($argument:expr),*)) => {
        match $cells.kind {
            (0, _) => $cells.$call::<0, false>($($argument),*),
            (1, _) => $cells.$call::<1, false>($($argument),*),
            (2, false) => $cells.$call::<2, false>($($argument),*),
            (2, true) => $cells.$call::<2, true>($($argument),*),
            (4, _) => $cells.$call::<4, true>($($argument),*),
            _ => $cells.$call::<8, true>($($argument),*),
        }
    };
}

impl Cells {
    /// Neurons `ids` of a population, before the first tick.
    pub fn new(population: &Population, ids: Range<u32>) -> Self {
        let n = ids.len();
        let padded = n.next_multiple_of(BLOCK);
        let neuron = population.neuron.clone();
        let (mut inputs, mut components, mut alpha) = (Vec::new(), 0, false);
        for receptor in &neuron.receptors {
            let current = Some(components);
            inputs.push(match *receptor {
                Receptor::Delta { gain } => Input { component: None, current: None, gain, gain_now: 0.0 },
                Receptor::Exponential { gain, gain_now, .. } => {
                    components += 1;
                    Input { component: current, current, gain, gain_now }
                }
                Receptor::Alpha { gain, .. } => {
                    alpha = true;
                    components += 2;
                    Input { component: Some(components - 1), current, gain, gain_now: 0.0 }
                }
            });
        }
        let kind = match components {
            0..=2 => (components, alpha),
            3..=4 => (4, true),
            _ => (8, true),
        };
        let limit = relative(&population.threshold, neuron.steady);
        let lowest = match &limit {
            Threshold::Never => f64::INFINITY,
            Threshold::Fixed(theta) | Threshold::Adaptive { base: theta, .. } => *theta,
            Threshold::Cue { values, .. } => values.iter().fold(f64::INFINITY, |least, theta| least.min(*theta)),
        };
        let cue_low = match &limit {
            Threshold::Cue { values, width } => {
                let mut low = values.to_vec();
                for at in (0..low.len() - width).rev() {
                    low[at] = low[at].min(low[at + width]);
                }
                low
            }
            _ => Vec::new(),
        };
        let adaptive = matches!(population.threshold, Threshold::Adaptive { .. });
        let mut state = State::zeros(padded, kind.0, adaptive);
        let initial = &population.initial_mv;
        for (membrane, id) in state.membranes.iter_mut().zip(ids.clone()) {
            *membrane = initial[if initial.len() == 1 { 0 } else { id as usize }] - neuron.steady;
        }
        // Nobody is behind the last neuron: never free, never fires.
        let mut free_at = vec![0; padded];
        free_at[n..].fill(Tick::MAX);
        state.membranes[n..].fill(f64::NEG_INFINITY);
        let later = vec![0.0; if keeps(&neuron) { padded } else { 0 }];
        Cells {
            maps: Maps::new(&neuron, &limit, lowest),
            threshold: population.threshold.clone(),
            limit,
            cue_low,
            inputs,
            immediate: neuron.is_immediate(),
            kind,
            state,
            held: vec![0.0; if holds(&neuron) { padded } else { 0 }],
            later,
            free_at,
            acts: vec![0; padded / GROUP],
            mode: Mode::Event(Sparse::new(vec![Watch::new(0); padded / GROUP], Followed::default())),
            recorded: Vec::new(),
            fired: Vec::new(),
            crossing: Vec::new(),
            activity: 0,
            counts: LayerCounts::default(),
            input: InputCounts::default(),
            neuron,
            ids,
        }
    }

    /// From now on variables of these neurons of the population will be asked for at every tick.
    pub fn record(&mut self, ids: &[u32]) {
        let first = self.ids.start;
        self.recorded.extend(ids.iter().map(|id| (id - first) / GROUP as u32));
        self.recorded.sort_unstable();
        self.recorded.dedup();
        let followed = self.followed();
        if let Mode::Event(sparse) = &mut self.mode {
            sparse.followed = followed;
        }
    }

    /// What follows the recorded groups, before it has seen any.
    fn followed(&self) -> Followed {
        let [adaptive, ..] = self.optional();
        Followed::new(self.recorded.clone(), self.kind.0, adaptive)
    }

    /// Components of the currents in a state, those included that the population does not have.
    pub fn components(&self) -> usize {
        self.kind.0
    }

    /// Whether a state has excesses of thresholds, membranes of refractory neurons, and input kept for later.
    pub fn optional(&self) -> [bool; 3] {
        let adaptive = matches!(self.threshold, Threshold::Adaptive { .. });
        [adaptive, holds(&self.neuron), keeps(&self.neuron)]
    }

    /// Neurons.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// What arrivals at a receptor do.
    pub fn input_of(&self, receptor: usize) -> Input {
        self.inputs[receptor]
    }

    /// Whether arrivals have to be announced before they come.
    pub fn wants_announcements(&self) -> bool {
        matches!(self.mode, Mode::Event(_))
    }

    /// Whether arrivals reach the membrane in their tick: then they have to come before its end.
    pub fn immediate(&self) -> bool {
        self.immediate
    }

    /// Begins a tick: what comes before arrivals.
    pub fn begin(&mut self, tick: Tick) {
        match &mut self.mode {
            Mode::Event(sparse) => {
                sparse.queue.pop(&mut sparse.due);
            }
            Mode::Clock(_) => dispatch!(self, sweep(clock(tick))),
        }
    }

    /// Something will arrive at neurons `targets` at this tick.
    pub fn announce(&mut self, targets: &[u32], tick: Tick) {
        if let Mode::Event(sparse) = &mut self.mode {
            targets.iter().for_each(|&target| sparse.announce(&mut self.acts, target as usize, clock(tick)));
        }
    }

    /// The same, for a range of neurons.
    pub fn announce_all(&mut self, targets: Range<usize>, tick: Tick) {
        if let Mode::Event(sparse) = &mut self.mode {
            targets.for_each(|target| sparse.announce(&mut self.acts, target, clock(tick)));
        }
    }

    /// Brings those to the present to whom something was announced.
    pub fn bring(&mut self, tick: Tick) {
        dispatch!(self, bring_touched(clock(tick)));
    }

    /// What stands in `rows` of `arrivals` arrives. Says how many there were and how many of them with a weight other than zero.
    pub fn hear(&mut self, arrivals: &Arrivals, rows: &[Range<usize>], tick: Tick) -> [u64; 2] {
        let (input, now) = (arrivals.input, clock(tick));
        let clocked = matches!(self.mode, Mode::Clock(_));
        let sums = match input.component {
            Some(c) if input.gain_now == 0.0 => &mut self.state.currents[c][..],
            None if self.later.is_empty() => &mut self.state.membranes[..],
            _ => {
                return arrivals.each(rows, |target, weight| {
                    self.activity += act(&mut self.acts, target, now);
                    self.hear_one(input, target, weight, now);
                });
            }
        };
        if !clocked {
            return arrivals.each(rows, |target, weight| sums[target] += weight);
        }
        let (acts, mut activity) = (&mut self.acts[..], 0);
        let heard = arrivals.each(rows, |target, weight| {
            sums[target] += weight;
            activity += act(acts, target, now);
        });
        self.activity += activity;
        heard
    }

    /// After the last arrival of a tick.
    pub fn heard(&mut self, tick: Tick) -> Result<()> {
        if self.immediate {
            return Ok(());
        }
        dispatch!(self, look_again(clock(tick)))
    }

    /// `sums[k]` arrives at neuron `targets.start + k`.
    pub fn hear_all(&mut self, input: Input, targets: Range<usize>, sums: &[f64], tick: Tick) {
        for (target, &sum) in targets.zip(sums) {
            self.activity += act(&mut self.acts, target, clock(tick));
            self.hear_one(input, target, sum, clock(tick));
        }
    }

    #[inline(always)]
    fn hear_one(&mut self, input: Input, target: usize, weight: f64, now: Tick) {
        let mut jump = weight;
        if let Some(c) = input.component {
            self.state.currents[c][target] += weight;
            jump = weight * input.gain_now;
        }
        if self.later.is_empty() || now >= self.free_at[target] {
            self.state.membranes[target] += jump;
        } else if input.component.is_none() {
            let rest = self.free_at[target] - 1 - now;
            self.later[target] += self.neuron.retention.powf(rest.into()) * jump;
        }
    }

    /// Ends a tick: who crosses the threshold, fires. Adds their ids, ascending.
    pub fn finish(&mut self, tick: Tick, ids: &mut Vec<u32>) -> Result<()> {
        let now = clock(tick);
        if let Mode::Event(_) = self.mode {
            dispatch!(self, finish_sparse(now))?;
            // They come in the order of arrivals.
            self.fired.sort_unstable();
        } else {
            self.finish_clocked(now);
            self.counts.membrane_updates += self.len() as u64;
        }
        self.counts.spikes += self.fired.len() as u64;
        ids.extend(self.fired.drain(..).map(|j| self.ids.start + j));
        Ok(())
    }

    /// Counts an analog value that met some synapses, of which `effective` have a weight other than zero.
    pub fn count_values(&mut self, value: f64, synapses: u64, effective: u64) {
        self.counts.macs += synapses;
        self.input.analog_macs += synapses;
        match value.abs() {
            1.0 => self.counts.effective_acs += effective,
            _ => self.counts.effective_macs += effective,
        }
    }

    /// Operations so far: a threshold that adapts is brought to the present with its membrane.
    pub fn operations(&self) -> LayerCounts {
        match self.threshold {
            Threshold::Adaptive { .. } => {
                LayerCounts { threshold_updates: self.counts.membrane_updates, ..self.counts }
            }
            _ => self.counts,
        }
    }

    /// Groups, those behind the last neuron included.
    fn groups(&self) -> usize {
        self.acts.len()
    }

    /// Whether neuron j is refractory at `now`.
    #[inline(always)]
    fn rests(&self, j: usize, now: Tick) -> bool {
        self.neuron.refractory > 0 && self.free_at[j] > now
    }

    /// The membrane of neuron j in its refractory time.
    #[inline(always)]
    fn held(&self, j: usize) -> f64 {
        match self.neuron.reset {
            Reset::To(value) => value - self.neuron.steady,
            Reset::Subtract => self.held.get(j).copied().unwrap_or_default(),
        }
    }

    /// The membrane of neuron j at the end of its refractory time.
    #[inline(always)]
    fn released(&self, j: usize) -> f64 {
        self.held(j) + self.later.get(j).copied().unwrap_or_default()
    }

    /// What a constant bias has added to the membrane of a neuron that is free from a clock on, if it has no leak.
    #[inline(always)]
    fn driven(&self, free_at: Tick, now: Tick) -> f64 {
        self.neuron.drive * f64::from(now.saturating_sub(free_at.saturating_sub(1)))
    }

    /// Membranes of a group, what is driven included.
    #[inline(always)]
    fn risen(&self, group: usize, membranes: &[f64; GROUP], now: Tick) -> [f64; GROUP] {
        let free_at: &[Tick; GROUP] = &self.free_at.as_chunks().0[group];
        match self.neuron.drive {
            0.0 => *membranes,
            _ => std::array::from_fn(|lane| membranes[lane] + self.driven(free_at[lane], now)),
        }
    }

    /// The thresholds of a group at a clock, given their excess there: themselves, or the limits of deviations.
    #[inline(always)]
    fn thresholds(&self, of: &Threshold, group: usize, excess: &[f64; GROUP], now: Tick) -> [f64; GROUP] {
        match of {
            Threshold::Never => [f64::INFINITY; GROUP],
            Threshold::Fixed(theta) => [*theta; GROUP],
            Threshold::Adaptive { base, .. } => excess.map(|excess| base + excess),
            Threshold::Cue { values, width } => {
                let first = self.ids.start as usize + group * GROUP;
                std::array::from_fn(|lane| cue(values, *width, first + lane, now))
            }
        }
    }

    /// Which of a group fire at clock `now`, the clock of their state.
    #[inline(always)]
    fn fires<const K: usize>(&self, group: usize, state: &Group<K>, now: Tick) -> [bool; GROUP] {
        if let Threshold::Never = self.limit {
            return [false; GROUP];
        }
        let free_at: &[Tick; GROUP] = &self.free_at.as_chunks().0[group];
        let v = self.risen(group, &state.membranes, now);
        let theta = self.thresholds(&self.limit, group, &state.excess, now);
        match self.neuron.strict {
            true => std::array::from_fn(|lane| (v[lane] > theta[lane]) & (free_at[lane] <= now)),
            false => std::array::from_fn(|lane| (v[lane] >= theta[lane]) & (free_at[lane] <= now)),
        }
    }

    /// Neuron j fires; its state is at `now`.
    fn fire(&mut self, j: usize, now: Tick) {
        let membrane = match self.neuron.reset {
            Reset::To(value) => value - self.neuron.steady,
            Reset::Subtract => {
                let (group, lane) = (j / GROUP, j % GROUP);
                let state = self.state.load::<0>(group);
                let theta = self.thresholds(&self.threshold, group, &state.excess, now);
                self.risen(group, &state.membranes, now)[lane] - theta[lane]
            }
        };
        self.state.membranes[j] = membrane;
        if let (Threshold::Adaptive { jump, .. }, Some(excess)) = (&self.threshold, self.state.excess.get_mut(j)) {
            *excess += jump;
        }
        if self.neuron.refractory > 0 || self.neuron.drive != 0.0 {
            self.free_at[j] = now.saturating_add(self.neuron.refractory).saturating_add(1);
            if let Some(held) = self.held.get_mut(j) {
                *held = membrane;
            }
            if let Some(later) = self.later.get_mut(j) {
                *later = 0.0;
            }
        }
        self.acts[j / GROUP] = now;
    }

    /// Goes on after `now` ticks with the one driver or the other.
    pub fn start(&mut self, now: Tick, dense: bool) -> Result<()> {
        dispatch!(self, become_sparse(now));
        if dense {
            dispatch!(self, become_clocked(now));
            return Ok(());
        }
        dispatch!(self, schedule_all(now))
    }

    /// Goes on with the looks that the imported state awaits.
    pub fn resume(&mut self, now: Tick) -> Result<()> {
        match &mut self.mode {
            Mode::Event(sparse) => sparse.queue_awaited(now),
            Mode::Clock(_) => Ok(()),
        }
    }

    /// Writes this share into the state of the whole population of `n` neurons.
    pub fn export(&self, state: &mut PopulationState, n: usize, now: Tick) {
        dispatch!(self, export_groups(state, n, now));
        let range = self.ids.start as usize..self.ids.end as usize;
        state.free_at[range.clone()].copy_from_slice(&self.free_at[..range.len()]);
        if !self.held.is_empty() {
            state.held.resize(n, 0.0);
            state.held[range.clone()].copy_from_slice(&self.held[..range.len()]);
        }
        if !self.later.is_empty() {
            state.later.resize(n, 0.0);
            state.later[range.clone()].copy_from_slice(&self.later[..range.len()]);
        }
    }

    fn export_groups<const K: usize, const ALPHA: bool>(&self, to: &mut PopulationState, n: usize, now: Tick) {
        if !self.state.excess.is_empty() {
            to.excess.resize(n, 0.0);
        }
        if let Mode::Event(_) = self.mode {
            to.looks.resize(n, 0);
        }
        for group in 0..self.len().div_ceil(GROUP) {
            let (state, clock) = self.represent::<K>(group, now);
            let first = self.ids.start as usize + group * GROUP;
            for (lane, id) in (first..self.ids.end as usize).take(GROUP).enumerate() {
                to.membranes[id] = state.membranes[lane];
                to.last[id] = clock;
                if let (Mode::Event(sparse), Some(look)) = (&self.mode, to.looks.get_mut(id)) {
                    *look = sparse.watches[group].look_of(lane);
                }
                for c in 0..K {
                    to.currents[c * n + id] = state.currents[c][lane];
                }
                if let Some(excess) = to.excess.get_mut(id) {
                    *excess = state.excess[lane];
                }
            }
        }
    }

    /// Takes this share of the state of the whole population.
    pub fn import(&mut self, from: &PopulationState) {
        let n = from.membranes.len();
        let range = self.ids.start as usize..self.ids.end as usize;
        let len = range.len();
        self.state.membranes[..len].copy_from_slice(&from.membranes[range.clone()]);
        for (c, currents) in self.state.currents.iter_mut().enumerate() {
            currents[..len].copy_from_slice(&from.currents[c * n..][range.clone()]);
        }
        self.free_at[..len].copy_from_slice(&from.free_at[range.clone()]);
        if !self.state.excess.is_empty() {
            self.state.excess[..len].copy_from_slice(&from.excess[range.clone()]);
        }
        if !self.held.is_empty() {
            self.held[..len].copy_from_slice(&from.held[range.clone()]);
        }
        if !self.later.is_empty() {
            self.later[..len].copy_from_slice(&from.later[range.clone()]);
        }
        let mut watches = vec![Watch::new(0); self.groups()];
        for (group, of_group) in from.last[range.clone()].chunks(GROUP).enumerate() {
            self.acts[group] = of_group[0];
            watches[group] = Watch::new(of_group[0]);
        }
        if !from.looks.is_empty() {
            for (watch, looks) in watches.iter_mut().zip(from.looks[range].chunks(GROUP)) {
                watch.await_looks(looks);
            }
        }
        self.mode = Mode::Event(Sparse::new(watches, self.followed()));
    }

    /// Makes ready to show variables of recorded neurons at the end of `tick`.
    pub fn ready(&mut self, tick: Tick) {
        if !self.recorded.is_empty() {
            dispatch!(self, follow(clock(tick)));
        }
    }

    /// A variable of neuron `id` of the population, which is recorded, at the end of `tick`.
    pub fn show(&self, variable: Variable, id: u32, tick: Tick) -> f64 {
        dispatch!(self, show_at(variable, (id - self.ids.start) as usize, clock(tick)))
    }

    fn show_at<const K: usize, const ALPHA: bool>(&self, variable: Variable, j: usize, now: Tick) -> f64 {
        let (group, lane) = (j / GROUP, j % GROUP);
        let state = match &self.mode {
            Mode::Event(sparse) => sparse.followed.state::<K>(group),
            Mode::Clock(_) => None,
        };
        let state = state.unwrap_or_else(|| self.state.load(group));
        match variable {
            Variable::Membrane if self.rests(j, now) => match self.neuron.reset {
                Reset::To(value) => value,
                Reset::Subtract => self.held(j) + self.neuron.steady,
            },
            Variable::Membrane => self.risen(group, &state.membranes, now)[lane] + self.neuron.steady,
            Variable::Threshold => self.thresholds(&self.threshold, group, &state.excess, now)[lane],
            Variable::Current => {
                let currents = self.inputs.iter().filter_map(|input| input.current);
                // An empty sum of floats is -0.
                currents.map(|c| state.currents[c][lane]).reduce(|a, b| a + b).unwrap_or(0.0)
            }
        }
    }

    /// The state of a group at clock `now`, all acts up to there included.
    #[inline(always)]
    fn present<const K: usize, const ALPHA: bool>(&self, group: usize, now: Tick) -> Group<K> {
        match &self.mode {
            Mode::Event(sparse) => self.path::<K, ALPHA>(group, sparse.watches[group].last, now).0,
            Mode::Clock(_) => self.state.load(group),
        }
    }
}

/// Whether membranes of refractory neurons differ.
fn holds(neuron: &Neuron) -> bool {
    neuron.refractory > 0 && neuron.reset == Reset::Subtract
}

/// Whether input is kept for the end of refractory times.
fn keeps(neuron: &Neuron) -> bool {
    neuron.refractory > 0 && neuron.keep_refractory_input
}

/// A threshold less the steady state.
fn relative(threshold: &Threshold, steady: f64) -> Threshold {
    match threshold {
        Threshold::Fixed(theta) => Threshold::Fixed(theta - steady),
        Threshold::Adaptive { base, jump, retention } => {
            Threshold::Adaptive { base: base - steady, jump: *jump, retention: *retention }
        }
        Threshold::Cue { values, width } if steady != 0.0 => {
            Threshold::Cue { values: values.iter().map(|theta| theta - steady).collect(), width: *width }
        }
        _ => threshold.clone(),
    }
}

/// Notes that the group of neuron `target` acts at clock `now`; 1 if that is new.
#[inline(always)]
fn act(acts: &mut [Tick], target: usize, now: Tick) -> u64 {
    let act = &mut acts[target / GROUP];
    let new = u64::from(*act != now);
    *act = now;
    new
}

/// The cue of a neuron at a clock.
#[inline(always)]
fn cue(values: &[f64], width: usize, neuron: usize, now: Tick) -> f64 {
    let rows = values.len() / width;
    let row = (now.saturating_sub(1) as usize).min(rows - 1);
    values[row * width + if width == 1 { 0 } else { neuron.min(width - 1) }]
}
