//! Linear neurons of one part: parameters, state, and what both drivers do with it.

use super::anchors::Anchors;
use super::maps::{Bounds, Map, Maps};
use super::parameters::{Parameters, relative};
use super::recorded::RecordedGroups;
use super::schedule::{EventDriven, Schedule};
use super::state::{BLOCK, Group, State};
use super::stretches::ClockDriven;
use crate::network::{Population, Threshold};
use crate::simulator::cell_group::{GROUP, Tally};
use crate::spiking::Tick;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::linear::{Neuron, Receptor};
use std::collections::VecDeque;
use std::ops::Range;

/// Time as the drivers count it: `clock(t) = t + 1` is the state after tick t, clock 0 the initial
/// state.
pub(super) fn clock(tick: Tick) -> Tick {
    tick + 1
}

/// What an arrival at a receptor does to the state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input {
    /// The component that it raises; without one the membrane.
    pub component: Option<usize>,
    /// The component that is the receptor's current.
    pub current: Option<usize>,
    /// Factor of weights.
    pub gain: f64,
    /// Share of the arrival that the membrane gets in the same tick, beside the current.
    pub gain_now: f64,
}

/// Neurons of one population.
pub struct LinearCells {
    /// Ids of the neurons within the population; the first is a multiple of [`GROUP`].
    pub(super) ids: Range<u32>,
    pub(super) neuron: Neuron,
    pub(super) parameters: Parameters,
    pub(super) threshold: Threshold,
    /// The threshold less the steady state, where neurons are alike: what deviations of the membrane
    /// are compared with.
    pub(super) limit: Threshold,
    /// The lowest limit of each row of cues and all later rows.
    pub(super) cue_low: Vec<f64>,
    pub(super) maps: Maps,
    /// Of each receptor.
    pub(super) inputs: Vec<Input>,
    /// Whether arrivals reach the membrane in their tick.
    pub(super) immediate: bool,
    /// State components per neuron, rounded up to an instantiated size, and whether any of them
    /// couples to the next: which instance of the generic functions is called.
    pub(super) kind: (usize, bool),
    pub(super) anchors: Anchors,
    /// Where anchors are apart the state of an anchor, event-driven of each group's own. Else
    /// clock-driven the present state, event-driven that of each group's last active tick.
    pub(super) state: State,
    /// Membranes of refractory neurons; empty if all are reset to one value.
    pub(super) held: Vec<f64>,
    /// Input that arrived in the refractory period and is added at its end; empty if none is kept.
    pub(super) kept_input: Vec<f64>,
    /// The first clock at which a membrane moves again. Where a constant bias is counted from
    /// there, every spike sets it.
    pub(super) free_at: Vec<Tick>,
    /// The last clock at which each group was active. The event-driven driver does not note ends of
    /// refractory periods here.
    pub(super) active_at: Vec<Tick>,
    pub(super) mode: Mode,
    /// Groups with recorded neurons, ascending.
    pub(super) recorded: Vec<u32>,
    /// Refractory neurons, by the end of their refractory period; not kept event-driven, unless
    /// anchors are apart.
    pub(super) refractory: VecDeque<u32>,
    /// Local ids of the neurons that fire in the present tick.
    pub(super) fired: Vec<u32>,
    /// Blocks that contain a firing neuron.
    pub(super) crossing: Vec<usize>,
    /// Groups whose next check has to be found anew.
    pub(super) changed: Vec<u32>,
    pub(super) tally: Tally,
}

/// What only one driver needs.
pub(super) enum Mode {
    Event(EventDriven),
    Clock(ClockDriven),
}

/// Calls a function that is generic over the number of components, whether any couples to the next,
/// and whether each neuron has parameters of its own.
macro_rules! dispatch {
    ($cells:expr, $call:ident($($argument:expr),*)) => {
        match ($cells.kind, $cells.parameters.are_alike()) {
            ((0, _), true) => $cells.$call::<0, false, false>($($argument),*),
            ((1, _), true) => $cells.$call::<1, false, false>($($argument),*),
            ((2, false), true) => $cells.$call::<2, false, false>($($argument),*),
            ((2, true), true) => $cells.$call::<2, true, false>($($argument),*),
            ((4, _), true) => $cells.$call::<4, true, false>($($argument),*),
            (_, true) => $cells.$call::<8, true, false>($($argument),*),
            ((0, _), false) => $cells.$call::<0, false, true>($($argument),*),
            ((2, _), false) => $cells.$call::<2, true, true>($($argument),*),
            (_, false) => $cells.$call::<8, true, true>($($argument),*),
        }
    };
}
pub(super) use dispatch;

/// The same for functions of neurons that are alike.
macro_rules! dispatch_alike {
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
pub(super) use dispatch_alike;

impl LinearCells {
    /// Neurons `ids` of a population, before the first tick.
    pub fn new(population: &Population, ids: Range<u32>) -> Self {
        let n = ids.len();
        let padded = n.next_multiple_of(BLOCK);
        let neuron = population.neuron.clone();
        let limit = relative(&population.threshold, neuron.steady);
        let lowest = match &population.threshold {
            Threshold::Never => f64::INFINITY,
            Threshold::Fixed(theta) | Threshold::Adaptive { base: theta, .. } => *theta,
            Threshold::Cue { values, .. } => values.iter().fold(f64::INFINITY, |least, theta| least.min(*theta)),
        };
        let (parameters, maps) = Parameters::new(population, ids.clone(), lowest);
        let (inputs, mut kind) = inputs(&neuron.receptors);
        if !parameters.are_alike() {
            // Fewer instances of what is slower anyway.
            kind = match kind.0 {
                0 => kind,
                1 | 2 => (2, true),
                _ => (8, true),
            };
        }
        let adaptive = matches!(population.threshold, Threshold::Adaptive { .. });
        let schedules = vec![Schedule::new(0); padded / GROUP];
        let mut cells = LinearCells {
            maps,
            threshold: population.threshold.clone(),
            cue_low: lowest_from_row_on(if parameters.are_alike() { &limit } else { &population.threshold }),
            limit,
            inputs,
            immediate: neuron.is_immediate(),
            anchors: Anchors::new(&neuron, &population.threshold, parameters.are_alike()),
            kind,
            state: State::zeros(padded, kind.0, adaptive),
            held: vec![0.0; if holds(&neuron, &parameters) { padded } else { 0 }],
            kept_input: vec![0.0; if keeps(&neuron, &parameters) { padded } else { 0 }],
            free_at: vec![0; padded],
            active_at: vec![0; padded / GROUP],
            mode: Mode::Event(EventDriven::new(schedules, RecordedGroups::default())),
            recorded: Vec::new(),
            fired: Vec::new(),
            crossing: Vec::new(),
            changed: Vec::new(),
            refractory: VecDeque::new(),
            tally: Tally::default(),
            parameters,
            neuron,
            ids,
        };
        cells.set_initial_state(population);
        cells
    }

    /// Sets the state before the first tick, event-driven and without any schedule.
    pub(super) fn set_initial_state(&mut self, population: &Population) {
        let (n, padded) = (self.len(), self.free_at.len());
        let State { membranes, currents, excess } = &mut self.state;
        currents.iter_mut().chain([excess]).for_each(|values| values.fill(0.0));
        let initial = &population.initial_mv;
        for (j, (membrane, id)) in membranes.iter_mut().zip(self.ids.clone()).enumerate() {
            let initial = initial[if initial.len() == 1 { 0 } else { id as usize }];
            *membrane = initial - self.parameters.neuron(j).steady;
        }
        self.free_at.fill(0);
        // Padding lanes: never released, never fire.
        self.free_at[n..].fill(Tick::MAX);
        membranes[n..].fill(f64::NEG_INFINITY);
        self.held.fill(0.0);
        self.kept_input.fill(0.0);
        self.active_at.fill(0);
        self.refractory.clear();
        self.mode = Mode::Event(EventDriven::new(vec![Schedule::new(0); padded / GROUP], self.recorded_groups()));
    }

    /// Neurons, without padding.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Groups, those of padding included.
    pub(super) fn groups(&self) -> usize {
        self.active_at.len()
    }

    /// Whether a state has excesses of thresholds, membranes of refractory neurons, and kept input.
    pub(super) fn optional(&self) -> [bool; 3] {
        let adaptive = matches!(self.threshold, Threshold::Adaptive { .. });
        [adaptive, holds(&self.neuron, &self.parameters), keeps(&self.neuron, &self.parameters)]
    }

    /// The recorded groups, before any state is known.
    pub(super) fn recorded_groups(&self) -> RecordedGroups {
        let [adaptive, ..] = self.optional();
        RecordedGroups::new(self.recorded.clone(), self.kind.0, adaptive)
    }

    /// Moves the state of a group on by the ticks of a map, membranes of neurons only that are free at
    /// the first of them, if `free` is given.
    #[inline(always)]
    pub(super) fn advance_group<const K: usize, const ALPHA: bool, const EACH: bool>(
        &self,
        state: &mut Group<K>,
        group: usize,
        level: usize,
        free: Option<(&[Tick; GROUP], Tick)>,
    ) {
        #[inline(always)]
        fn by<const K: usize, const ALPHA: bool, T: super::maps::Coefficient>(
            state: &mut Group<K>,
            map: &Map<T>,
            free: Option<(&[Tick; GROUP], Tick)>,
        ) {
            match free {
                None => state.advance::<ALPHA, T>(map),
                Some((free_at, clock)) => state.advance_free::<ALPHA, T>(map, free_at, clock),
            }
        }
        match EACH {
            false => by::<K, ALPHA, f64>(state, &self.maps.levels[level], free),
            true => by::<K, ALPHA, [f64; GROUP]>(state, &self.parameters.maps[group].levels[level], free),
        }
    }

    /// Bounds on the neurons of a group.
    #[inline(always)]
    pub(super) fn bounds(&self, group: usize) -> &Bounds {
        match self.parameters.are_alike() {
            true => &self.maps.bounds,
            false => &self.parameters.maps[group].bounds,
        }
    }

    /// The magnitude that vanishing deviations of a group get.
    #[inline(always)]
    pub(super) fn least(&self, group: usize) -> f64 {
        self.bounds(group).least
    }

    /// An arrival at one neuron.
    #[inline(always)]
    pub(super) fn receive_one(&mut self, input: Input, target: usize, weight: f64, now: Tick) {
        let mut jump = weight;
        if let Some(c) = input.component {
            self.state.currents[c][target] += weight;
            jump = weight * input.gain_now;
        }
        if self.kept_input.is_empty() || now >= self.free_at[target] {
            self.state.membranes[target] += jump;
        } else if input.component.is_none() {
            let rest = self.free_at[target] - 1 - now;
            self.kept_input[target] += self.parameters.neuron(target).retention.powf(rest.into()) * jump;
        }
    }

    /// The same with the gains of the neuron, where these differ.
    #[inline(always)]
    pub(super) fn receive_own(&mut self, receptor: usize, target: usize, weight: f64, now: Tick) {
        let [gain, gain_now] = self.parameters.gains[receptor][target];
        self.receive_one(Input { gain_now, ..self.inputs[receptor] }, target, weight * gain, now);
    }

    /// Whether neuron j is refractory at `now`.
    #[inline(always)]
    pub(super) fn is_refractory(&self, j: usize, now: Tick) -> bool {
        self.parameters.longest_refractory > 0 && self.free_at[j] > now
    }

    /// The membrane of neuron j after a spike, where that does not depend on it.
    #[inline(always)]
    fn after_spike(&self, j: usize) -> f64 {
        let own = self.parameters.neuron(j);
        own.reset - own.steady
    }

    /// The membrane of neuron j in its refractory period.
    #[inline(always)]
    pub(super) fn held(&self, j: usize) -> f64 {
        match self.neuron.reset {
            Reset::To(_) => self.after_spike(j),
            Reset::Subtract => self.held.get(j).copied().unwrap_or_default(),
        }
    }

    /// The membrane of neuron j at the end of its refractory period.
    #[inline(always)]
    pub(super) fn after_refractory(&self, j: usize) -> f64 {
        self.held(j) + self.kept_input.get(j).copied().unwrap_or_default()
    }

    /// What a constant bias has added to the membrane of neuron j, without leak, that is free from a
    /// clock on.
    #[inline(always)]
    fn bias_since(&self, j: usize, free_at: Tick, now: Tick) -> f64 {
        self.parameters.neuron(j).drive * f64::from(now.saturating_sub(free_at.saturating_sub(1)))
    }

    /// Membranes of a group, with what a constant bias has added.
    #[inline(always)]
    pub(super) fn with_bias(&self, group: usize, membranes: &[f64; GROUP], now: Tick) -> [f64; GROUP] {
        let free_at: &[Tick; GROUP] = &self.free_at.as_chunks().0[group];
        match self.parameters.has_drive {
            false => *membranes,
            true => {
                std::array::from_fn(|lane| membranes[lane] + self.bias_since(group * GROUP + lane, free_at[lane], now))
            }
        }
    }

    /// The thresholds of a group at a clock, given their excess there; `relative` to the steady
    /// states or not.
    #[inline(always)]
    pub(super) fn thresholds(&self, relative: bool, group: usize, excess: &[f64; GROUP], now: Tick) -> [f64; GROUP] {
        if !self.parameters.are_alike() {
            return self.thresholds_of_each(relative, group, excess, now);
        }
        match if relative { &self.limit } else { &self.threshold } {
            Threshold::Never => [f64::INFINITY; GROUP],
            Threshold::Fixed(theta) => [*theta; GROUP],
            Threshold::Adaptive { base, .. } => excess.map(|excess| base + excess),
            Threshold::Cue { values, width } => {
                let first = self.ids.start as usize + group * GROUP;
                std::array::from_fn(|lane| cue(values, *width, first + lane, now))
            }
        }
    }

    /// The same where each neuron has its own. Not inlined, so that it does not stand in the way of
    /// what is more common.
    #[inline(never)]
    fn thresholds_of_each(&self, relative: bool, group: usize, excess: &[f64; GROUP], now: Tick) -> [f64; GROUP] {
        let first = self.ids.start as usize + group * GROUP;
        std::array::from_fn(|lane| {
            let own = self.parameters.neuron(group * GROUP + lane);
            let shift = if relative { own.steady } else { 0.0 };
            match &self.threshold {
                Threshold::Never => f64::INFINITY,
                Threshold::Fixed(_) => own.threshold - shift,
                Threshold::Adaptive { .. } => own.threshold - shift + excess[lane],
                Threshold::Cue { values, width } => cue(values, *width, first + lane, now) - shift,
            }
        })
    }

    /// Which neurons of a group fire at clock `now`, that of `state`.
    #[inline(always)]
    pub(super) fn fires<const K: usize>(&self, group: usize, state: &Group<K>, now: Tick) -> [bool; GROUP] {
        if let Threshold::Never = self.limit {
            return [false; GROUP];
        }
        let free_at: &[Tick; GROUP] = &self.free_at.as_chunks().0[group];
        let v = self.with_bias(group, &state.membranes, now);
        let theta = self.thresholds(true, group, &state.excess, now);
        match self.neuron.strict {
            true => std::array::from_fn(|lane| (v[lane] > theta[lane]) & (free_at[lane] <= now)),
            false => std::array::from_fn(|lane| (v[lane] >= theta[lane]) & (free_at[lane] <= now)),
        }
    }

    /// The membrane of neuron j after its spike at `now`, given those of its group and the excesses
    /// of their thresholds there.
    pub(super) fn membrane_after_spike(
        &self,
        j: usize,
        membranes: &[f64; GROUP],
        excess: &[f64; GROUP],
        now: Tick,
    ) -> f64 {
        let (group, lane) = (j / GROUP, j % GROUP);
        match self.neuron.reset {
            Reset::To(_) => self.after_spike(j),
            Reset::Subtract => {
                self.with_bias(group, membranes, now)[lane] - self.thresholds(false, group, excess, now)[lane]
            }
        }
    }

    /// Begins the refractory period of neuron j, whose membrane is to stay at `membrane` from `now`
    /// on.
    pub(super) fn begin_refractory(&mut self, j: usize, membrane: f64, now: Tick) {
        if self.parameters.longest_refractory > 0 || self.parameters.has_drive {
            self.free_at[j] = now.saturating_add(self.parameters.neuron(j).refractory).saturating_add(1);
            if let Some(held) = self.held.get_mut(j) {
                *held = membrane;
            }
            if let Some(kept) = self.kept_input.get_mut(j) {
                *kept = 0.0;
            }
        }
    }

    /// Neuron j, whose stored state is that at `now`, fires and is reset.
    pub(super) fn reset(&mut self, j: usize, now: Tick) {
        let state = self.state.load::<0>(j / GROUP);
        let membrane = self.membrane_after_spike(j, &state.membranes, &state.excess, now);
        self.state.membranes[j] = membrane;
        if let (Threshold::Adaptive { jump, .. }, Some(excess)) = (&self.threshold, self.state.excess.get_mut(j)) {
            *excess += jump;
        }
        self.begin_refractory(j, membrane, now);
        self.active_at[j / GROUP] = now;
    }
}

/// What arrivals at each receptor do, and the kind of state that this takes.
fn inputs(receptors: &[Receptor]) -> (Vec<Input>, (usize, bool)) {
    let (mut inputs, mut components, mut alpha) = (Vec::new(), 0, false);
    for receptor in receptors {
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
    (inputs, kind)
}

/// The lowest limit of each row of cues and all later rows; empty for other thresholds.
fn lowest_from_row_on(limit: &Threshold) -> Vec<f64> {
    let Threshold::Cue { values, width } = limit else { return Vec::new() };
    let mut low = values.to_vec();
    for at in (0..low.len() - width).rev() {
        low[at] = low[at].min(low[at + width]);
    }
    low
}

/// Whether membranes of refractory neurons differ.
fn holds(neuron: &Neuron, parameters: &Parameters) -> bool {
    parameters.longest_refractory > 0 && neuron.reset == Reset::Subtract
}

/// Whether input is kept for the end of refractory periods.
fn keeps(neuron: &Neuron, parameters: &Parameters) -> bool {
    parameters.longest_refractory > 0 && neuron.keep_refractory_input
}

/// Notes that the group of neuron `target` is active at clock `now`. Returns 1 if that is new.
#[inline(always)]
pub(super) fn activate(active_at: &mut [Tick], target: usize, now: Tick) -> u64 {
    let active_at = &mut active_at[target / GROUP];
    let new = u64::from(*active_at != now);
    *active_at = now;
    new
}

/// The cue of a neuron at a clock.
#[inline(always)]
pub(super) fn cue(values: &[f64], width: usize, neuron: usize, now: Tick) -> f64 {
    let rows = values.len() / width;
    let row = (now.saturating_sub(1) as usize).min(rows - 1);
    values[row * width + if width == 1 { 0 } else { neuron.min(width - 1) }]
}
