//! One thread's share of a population: state, step, and when to look at a neuron that hears nothing.

use super::tables::{REACH, STRETCH, Tables};
use crate::counts::LayerCounts;
use crate::error::Result;
use crate::event::{BucketQueue, Tick};
use crate::network::{Population, Threshold};
use crate::neuron::linear::{Neuron, Receptor, Reset};
use crate::recording::Variable;
use std::ops::Range;

/// Ticks ahead for which looks are queued; a later one is looked at once more on the way.
const HORIZON: usize = 2 * REACH;

/// No look is queued.
const NEVER: Tick = Tick::MAX;

/// Relative margin of the bounds on membrane and threshold over the rounding of their evaluation.
const MARGIN: f64 = 1e-9;

/// Time inside: the state before tick 0 is that of clock 0, a tick t happens at clock t + 1.
pub(super) fn clock(tick: Tick) -> Tick {
    tick + 1
}

/// A range of neurons of one population.
///
/// The state of neuron j is that at clock `last[j]`: of its last touch, or in the future if it is refractory, with its
/// currents brought there in advance. A neuron is *touched* when its summed input differs from zero, when it fires, and when
/// `STRETCH` ticks have passed since the last touch: the state then moves to the present. Which neurons are touched when
/// depends on the network alone, not on the driver, so drivers agree bit for bit.
pub(super) struct Cells {
    /// Ids of the neurons within the population.
    pub ids: Range<u32>,
    neuron: Neuron,
    threshold: Threshold,
    /// The lowest cue of each row and all later ones.
    cue_low: Vec<f64>,
    tables: Tables,
    /// Which receptors are currents, by receptor: index of the current.
    current_of: Vec<Option<usize>>,
    alpha: bool,
    gain_now: Vec<f64>,
    pub membranes: Vec<f64>,
    pub last: Vec<Tick>,
    /// Of adaptive thresholds, above the base.
    pub excess: Vec<f64>,
    pub currents: Vec<Vec<f64>>,
    pub rises: Vec<Vec<f64>>,
    /// Sums of what arrives at the present tick: for delta receptors in mV, then for each current.
    pub inputs: Vec<Vec<f64>>,
    /// Neurons that something arrived at, once each, if `tracked`.
    pub touched: Vec<u32>,
    stamps: Vec<Tick>,
    looks: BucketQueue<u32>,
    look: Vec<Tick>,
    due: Vec<u32>,
    next_looks: Vec<Tick>,
    /// Every neuron is evaluated at every tick; nothing is queued.
    dense: bool,
    /// Local ids of those that fire at the present tick, ascending.
    pub fired: Vec<u32>,
    /// Steps with input since it was last asked for.
    pub activity: u64,
    pub counts: LayerCounts,
}

/// How arrivals of a tick are found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrivals {
    /// There are none.
    None,
    /// In the list `touched`.
    Listed,
    /// By going through all sums.
    Anywhere,
}

/// The parts of [`Cells`] that a step needs, as slices of one length, for C currents.
struct View<'a, const C: usize> {
    cells: &'a Fixed<'a>,
    membranes: &'a mut [f64],
    last: &'a mut [Tick],
    excess: &'a mut [f64],
    currents: [&'a mut [f64]; C],
    rises: [&'a mut [f64]; C],
    jumps: &'a mut [f64],
    inputs: [&'a mut [f64]; C],
}

/// What does not change while the simulation runs.
struct Fixed<'a> {
    first: u32,
    neuron: &'a Neuron,
    threshold: &'a Threshold,
    cue_low: &'a [f64],
    tables: &'a Tables,
    gain_now: &'a [f64],
}

/// State of a neuron.
#[derive(Clone, Copy)]
struct State<const C: usize> {
    membrane: f64,
    currents: [f64; C],
    rises: [f64; C],
    excess: f64,
}

/// Calls a function generic over the number of currents and whether any is an alpha current.
macro_rules! dispatch {
    ($cells:expr, |$view:ident| $call:ident ($($argument:expr),*)) => {
        match ($cells.currents.len(), $cells.alpha) {
            (0, _) => { view!($cells, $view, 0); $view.$call::<false>($($argument),*) }
            (1, false) => { view!($cells, $view, 1); $view.$call::<false>($($argument),*) }
            (1, true) => { view!($cells, $view, 1); $view.$call::<true>($($argument),*) }
            (2, false) => { view!($cells, $view, 2); $view.$call::<false>($($argument),*) }
            (2, true) => { view!($cells, $view, 2); $view.$call::<true>($($argument),*) }
            (3, false) => { view!($cells, $view, 3); $view.$call::<false>($($argument),*) }
            (3, true) => { view!($cells, $view, 3); $view.$call::<true>($($argument),*) }
            (_, false) => { view!($cells, $view, 4); $view.$call::<false>($($argument),*) }
            (_, true) => { view!($cells, $view, 4); $view.$call::<true>($($argument),*) }
        }
    };
}

/// The most currents a population may have.
pub const MOST_CURRENTS: usize = 4;

macro_rules! view {
    ($cells:expr, $view:ident, $c:literal) => {
        let fixed = Fixed {
            first: $cells.ids.start,
            neuron: &$cells.neuron,
            threshold: &$cells.threshold,
            cue_low: &$cells.cue_low,
            tables: &$cells.tables,
            gain_now: &$cells.gain_now,
        };
        let n = $cells.membranes.len();
        let (jumps, inputs) = $cells.inputs.split_at_mut(1);
        let (mut currents, mut rises, mut inputs) =
            ($cells.currents.iter_mut(), $cells.rises.iter_mut(), inputs.iter_mut());
        #[allow(unused_mut)]
        let mut $view = View::<$c> {
            cells: &fixed,
            membranes: &mut $cells.membranes[..n],
            last: &mut $cells.last[..n],
            excess: &mut $cells.excess,
            currents: std::array::from_fn(|_| slice(&mut currents, n)),
            rises: std::array::from_fn(|_| slice(&mut rises, n)),
            jumps: &mut jumps[0][..n],
            inputs: std::array::from_fn(|_| slice(&mut inputs, n)),
        };
    };
}

/// The next of some vectors, cut to `n`; empty where there is none.
fn slice<'a>(vectors: &mut impl Iterator<Item = &'a mut Vec<f64>>, n: usize) -> &'a mut [f64] {
    match vectors.next() {
        Some(vector) => {
            let n = n.min(vector.len());
            &mut vector[..n]
        }
        None => &mut [],
    }
}

impl<const C: usize> View<'_, C> {
    /// The state of neuron j `k` ticks after its `last`, k < `REACH`, without input.
    #[inline(always)]
    fn after<const ALPHA: bool>(&self, j: usize, k: usize) -> State<C> {
        let tables = self.cells.tables;
        let k = k % REACH;
        let mut membrane = tables.membrane[k] * self.membranes[j] + tables.drive[k];
        let (mut currents, mut rises) = ([0.0; C], [0.0; C]);
        for c in 0..C {
            let (table, g) = (&tables.currents[c], self.currents[c][j]);
            membrane += table.into_membrane[k] * g;
            currents[c] = table.retention[k] * g;
            if ALPHA {
                let d = self.rises[c][j];
                membrane += table.rise_into_membrane[k] * d;
                currents[c] += table.rise[k] * d;
                rises[c] = table.retention[k] * d;
            }
        }
        let excess = if self.excess.is_empty() { 0.0 } else { tables.threshold[k] * self.excess[j] };
        State { membrane, currents, rises, excess }
    }

    #[inline(always)]
    fn store<const ALPHA: bool>(&mut self, j: usize, state: &State<C>, clock: Tick) {
        self.membranes[j] = state.membrane;
        for c in 0..C {
            self.currents[c][j] = state.currents[c];
            if ALPHA {
                self.rises[c][j] = state.rises[c];
            }
        }
        if !self.excess.is_empty() {
            self.excess[j] = state.excess;
        }
        self.last[j] = clock;
    }

    /// The threshold of neuron j at a clock, given its excess there.
    #[inline(always)]
    fn threshold(&self, j: usize, excess: f64, now: Tick) -> f64 {
        match self.cells.threshold {
            Threshold::Never => f64::INFINITY,
            Threshold::Fixed(theta) => *theta,
            Threshold::Adaptive { base, .. } => base + excess,
            Threshold::Cue { values, width } => cue(values, *width, self.cells.first as usize + j, now),
        }
    }

    #[inline(always)]
    fn crosses(&self, membrane: f64, threshold: f64) -> bool {
        if self.cells.neuron.strict { membrane > threshold } else { membrane >= threshold }
    }

    #[inline(always)]
    fn hears(&self, j: usize) -> bool {
        let mut hears = self.jumps[j] != 0.0;
        for c in 0..C {
            hears |= self.inputs[c][j] != 0.0;
        }
        hears
    }

    /// Brings neuron j to within a stretch of `now`.
    #[inline(always)]
    fn catch_up<const ALPHA: bool>(&mut self, j: usize, now: Tick) {
        while now > self.last[j] && now - self.last[j] > STRETCH {
            let clock = self.last[j] + STRETCH;
            // Zeros are added, as in the touch that another driver makes of it: -0.0 becomes 0.0.
            let state = self.hearing::<ALPHA>(self.after::<ALPHA>(j, STRETCH as usize), 0.0, [0.0; C]);
            self.store::<ALPHA>(j, &state, clock);
        }
    }

    /// A state with the arrivals of a tick added.
    #[inline(always)]
    fn hearing<const ALPHA: bool>(&self, mut state: State<C>, jump: f64, inputs: [f64; C]) -> State<C> {
        state.membrane += jump;
        for c in 0..C {
            state.membrane += inputs[c] * self.cells.gain_now[c];
            if ALPHA && self.cells.tables.currents[c].alpha {
                state.rises[c] += inputs[c];
            } else {
                state.currents[c] += inputs[c];
            }
        }
        state
    }

    /// Neuron j takes the input of clock `now`. Says whether it fires.
    #[inline(always)]
    fn touch<const ALPHA: bool>(&mut self, j: usize, now: Tick) -> bool {
        let jump = std::mem::take(&mut self.jumps[j]);
        let mut inputs = [0.0; C];
        for c in 0..C {
            inputs[c] = std::mem::take(&mut self.inputs[c][j]);
        }
        if now <= self.last[j] {
            self.hear_refractory::<ALPHA>(j, (self.last[j] - now) as usize, jump, inputs);
            return false;
        }
        self.catch_up::<ALPHA>(j, now);
        let state = self.after::<ALPHA>(j, (now - self.last[j]) as usize);
        let mut state = self.hearing::<ALPHA>(state, jump, inputs);
        let theta = self.threshold(j, state.excess, now);
        let fires = self.crosses(state.membrane, theta);
        if !fires {
            self.store::<ALPHA>(j, &state, now);
            return false;
        }
        state.membrane = match self.cells.neuron.reset {
            Reset::To(value) => value,
            Reset::Subtract => state.membrane - theta,
        };
        if let Threshold::Adaptive { jump, .. } = self.cells.threshold {
            state.excess += jump;
        }
        let ahead = self.cells.neuron.refractory;
        if ahead > 0 {
            let table = &self.cells.tables.refractory[ahead as usize];
            for c in 0..C {
                let (p, q) = table.currents[c];
                state.currents[c] *= p;
                if ALPHA {
                    state.currents[c] += q * state.rises[c];
                    state.rises[c] *= p;
                }
            }
            state.excess *= table.threshold;
        }
        self.store::<ALPHA>(j, &state, now + ahead);
        true
    }

    /// Input at `left` ticks before the end of the refractory time, brought to that end.
    fn hear_refractory<const ALPHA: bool>(&mut self, j: usize, left: usize, jump: f64, inputs: [f64; C]) {
        let table = &self.cells.tables.refractory[left];
        let mut kept = jump;
        for c in 0..C {
            let (p, q) = table.currents[c];
            kept += inputs[c] * self.cells.gain_now[c];
            if ALPHA && self.cells.tables.currents[c].alpha {
                self.currents[c][j] += q * inputs[c];
                self.rises[c][j] += p * inputs[c];
            } else {
                self.currents[c][j] += p * inputs[c];
            }
        }
        if self.cells.neuron.keep_refractory_input {
            self.membranes[j] += table.membrane * kept;
        }
    }

    /// Whether neuron j, which hears nothing, fires at clock `now` or has to be moved there.
    #[inline(always)]
    fn acts<const ALPHA: bool>(&self, j: usize, now: Tick) -> bool {
        if now <= self.last[j] {
            return false;
        }
        let k = now - self.last[j];
        if k >= STRETCH {
            return true;
        }
        let state = self.after::<ALPHA>(j, k as usize);
        self.crosses(state.membrane, self.threshold(j, state.excess, now))
    }

    /// Touches those of `listed` that hear something.
    fn touch_listed<const ALPHA: bool>(&mut self, listed: &[u32], now: Tick, fired: &mut Vec<u32>) -> u64 {
        let mut touches = 0;
        for &j in listed {
            if self.hears(j as usize) {
                touches += 1;
                if self.touch::<ALPHA>(j as usize, now) {
                    fired.push(j);
                }
            }
        }
        touches
    }

    /// Touches all that hear something.
    fn touch_any<const ALPHA: bool>(&mut self, now: Tick, fired: &mut Vec<u32>, touched: &mut Vec<u32>) -> u64 {
        let mut touches = 0;
        for j in 0..self.membranes.len() {
            if self.hears(j) {
                touches += 1;
                touched.push(j as u32);
                if self.touch::<ALPHA>(j, now) {
                    fired.push(j as u32);
                }
            }
        }
        touches
    }

    /// Evaluates all.
    fn sweep<const ALPHA: bool>(&mut self, now: Tick, fired: &mut Vec<u32>) -> u64 {
        let mut touches = 0;
        for j in 0..self.membranes.len() {
            let hears = self.hears(j);
            if hears || self.acts::<ALPHA>(j, now) {
                touches += u64::from(hears);
                if self.touch::<ALPHA>(j, now) {
                    fired.push(j as u32);
                }
            }
        }
        touches
    }

    /// Looks at neurons that hear nothing: those that fire, or have not been moved for a stretch, are touched.
    fn look<const ALPHA: bool>(&mut self, due: &[u32], now: Tick, fired: &mut Vec<u32>) {
        for &j in due {
            self.catch_up::<ALPHA>(j as usize, now);
            if self.acts::<ALPHA>(j as usize, now) && self.touch::<ALPHA>(j as usize, now) {
                fired.push(j);
            }
        }
    }

    /// The next looks at `neurons`, `NEVER` where none is needed.
    fn next_looks<const ALPHA: bool>(&self, neurons: &[u32], now: Tick, looks: &mut Vec<Tick>) {
        looks.clear();
        looks.extend(neurons.iter().map(|&j| self.next_look::<ALPHA>(j as usize, now)));
    }

    /// The next clock after `now` at which neuron j has to be looked at if it hears nothing.
    fn next_look<const ALPHA: bool>(&self, j: usize, now: Tick) -> Tick {
        let last = self.last[j];
        let mut k = (now + 1).saturating_sub(last).max(1) as usize;
        if self.bound::<ALPHA>(j, k, None) {
            return NEVER;
        }
        // Long quiet stretches are found in one comparison, short ones in three, and near a crossing every tick is looked at.
        for span in [STRETCH as usize, 128, 32, 8] {
            let end = (k + span).min(STRETCH as usize);
            if end <= k {
                break;
            }
            if self.bound::<ALPHA>(j, k, Some(end)) {
                k = end;
                break;
            }
        }
        last + k as Tick
    }

    /// Whether neuron j cannot fire without input `from..=to` ticks after `last`, or ever from then on.
    fn bound<const ALPHA: bool>(&self, j: usize, from: usize, to: Option<usize>) -> bool {
        let tables = self.cells.tables;
        let (from, end) = (from.min(STRETCH as usize), to.unwrap_or(STRETCH as usize).min(STRETCH as usize));
        let leak = |k: usize| tables.membrane[k] * self.membranes[j] + tables.drive[k];
        let (e, b) = (self.cells.neuron.retention, self.cells.neuron.drive);
        let at_end = match to {
            Some(_) => leak(end),
            None if e < 1.0 => b / (1.0 - e),
            None if b > 0.0 => f64::INFINITY,
            None => leak(from),
        };
        let mut highest = leak(from).max(at_end);
        let mut scale = highest.abs() + self.membranes[j].abs();
        let mut add = |table: &[f64; REACH], peak: usize, limit: f64, x: f64| {
            let last = if to.is_some() { table[end] } else { limit };
            let most = if (from..=end).contains(&peak) { table[peak] } else { table[from] };
            let (most, least) = (most.max(last), table[from].min(last));
            highest += if x > 0.0 { x * most } else { x * least };
            scale += x.abs() * most;
        };
        for c in 0..C {
            let table = &tables.currents[c];
            add(&table.into_membrane, table.peak, table.limit, self.currents[c][j]);
            if ALPHA {
                add(&table.rise_into_membrane, table.rise_peak, table.rise_limit, self.rises[c][j]);
            }
        }
        let lowest = match self.cells.threshold {
            Threshold::Never => return true,
            Threshold::Fixed(theta) => *theta,
            Threshold::Adaptive { base, .. } => {
                let at_end = if to.is_some() { tables.threshold[end] * self.excess[j] } else { 0.0 };
                base + at_end.min(tables.threshold[from] * self.excess[j])
            }
            Threshold::Cue { width, .. } => {
                cue(self.cells.cue_low, *width, self.cells.first as usize + j, self.last[j] + from as Tick)
            }
        };
        highest + MARGIN * (scale + lowest.abs()) < lowest
    }
}

/// The cue of a neuron at a clock.
#[inline(always)]
fn cue(values: &[f64], width: usize, neuron: usize, now: Tick) -> f64 {
    let rows = values.len() / width;
    let row = (now.saturating_sub(1) as usize).min(rows - 1);
    values[row * width + if width == 1 { 0 } else { neuron }]
}

impl Cells {
    /// Neurons `ids` of a population, before the first tick.
    pub fn new(population: &Population, ids: Range<u32>, dense: bool) -> Self {
        let n = ids.len();
        let neuron = population.neuron.clone();
        let tables = Tables::new(&neuron, &population.threshold);
        let (mut gain_now, mut current_of, mut alpha) = (Vec::new(), Vec::new(), false);
        for receptor in &neuron.receptors {
            let gain = match *receptor {
                Receptor::Delta { .. } => {
                    current_of.push(None);
                    continue;
                }
                Receptor::Exponential { gain_now, .. } => gain_now,
                Receptor::Alpha { .. } => {
                    alpha = true;
                    0.0
                }
            };
            current_of.push(Some(gain_now.len()));
            gain_now.push(gain);
        }
        let count = gain_now.len();
        let initial = &population.initial_mv;
        let membranes =
            ids.clone().map(|id| if initial.len() == 1 { initial[0] } else { initial[id as usize] }).collect();
        let cue_low = match &population.threshold {
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
        let mut looks = BucketQueue::new(HORIZON);
        // Every neuron is looked at in the first tick.
        let started = looks.push(0, 0..if dense { 0 } else { n as u32 }).is_ok();
        debug_assert!(started);
        Cells {
            neuron,
            threshold: population.threshold.clone(),
            cue_low,
            tables,
            current_of,
            alpha,
            gain_now,
            membranes,
            last: vec![0; n],
            excess: vec![0.0; if adaptive { n } else { 0 }],
            currents: vec![vec![0.0; n]; count],
            rises: vec![vec![0.0; n]; if alpha { count } else { 0 }],
            inputs: vec![vec![0.0; n]; 1 + count],
            touched: Vec::new(),
            stamps: vec![0; n],
            looks,
            look: vec![if dense { NEVER } else { clock(0) }; n],
            due: Vec::new(),
            next_looks: Vec::new(),
            dense,
            fired: Vec::new(),
            activity: 0,
            counts: LayerCounts::default(),
            ids,
        }
    }

    /// Neurons.
    pub fn len(&self) -> usize {
        self.membranes.len()
    }

    pub fn is_dense(&self) -> bool {
        self.dense
    }

    /// Where what arrives at a receptor is summed: index into `inputs`, and its factor.
    pub fn input_of(&self, receptor: usize) -> (usize, f64) {
        let gain = match self.neuron.receptors[receptor] {
            Receptor::Delta { gain } | Receptor::Exponential { gain, .. } | Receptor::Alpha { gain, .. } => gain,
        };
        (self.current_of[receptor].map_or(0, |c| c + 1), gain)
    }

    /// Sums of input number `input`, the stamps and the list that [`Arrivals::Listed`] needs.
    pub fn arrive(&mut self, input: usize) -> (&mut [f64], &mut [Tick], &mut Vec<u32>) {
        (&mut self.inputs[input], &mut self.stamps, &mut self.touched)
    }

    /// All neurons go through `tick` with what has arrived.
    pub fn step(&mut self, tick: Tick, arrivals: Arrivals) -> Result<()> {
        let now = clock(tick);
        let mut fired = std::mem::take(&mut self.fired);
        let mut touched = std::mem::take(&mut self.touched);
        let mut due = std::mem::take(&mut self.due);
        fired.clear();
        self.looks.pop(&mut due);
        let n = self.len() as u64;
        let touches = if self.dense {
            self.counts.membrane_updates += n;
            dispatch!(self, |view| sweep(now, &mut fired))
        } else {
            let touches = match arrivals {
                Arrivals::None => 0,
                Arrivals::Listed => dispatch!(self, |view| touch_listed(&touched, now, &mut fired)),
                Arrivals::Anywhere => {
                    touched.clear();
                    dispatch!(self, |view| touch_any(now, &mut fired, &mut touched))
                }
            };
            self.counts.queue_operations += due.len() as u64;
            // An entry is void if an earlier look was queued after it.
            due.retain(|&j| self.look[j as usize] == now);
            due.iter().for_each(|&j| self.look[j as usize] = NEVER);
            dispatch!(self, |view| look(&due, now, &mut fired));
            self.counts.membrane_updates += touches + due.len() as u64;
            self.counts.wakes += due.len() as u64;
            touched.extend_from_slice(&due);
            self.schedule(&touched, now)?;
            // Listed and woken neurons come in the order of their arrivals; spikes go out in ascending order.
            fired.sort_unstable();
            touches
        };
        touched.clear();
        if matches!(self.threshold, Threshold::Adaptive { .. }) {
            self.counts.threshold_updates = self.counts.membrane_updates;
        }
        self.activity += touches;
        self.counts.spikes += fired.len() as u64;
        (self.fired, self.touched, self.due) = (fired, touched, due);
        Ok(())
    }

    /// Queues the next looks at `neurons` where no earlier one is queued already.
    fn schedule(&mut self, neurons: &[u32], now: Tick) -> Result<()> {
        let mut looks = std::mem::take(&mut self.next_looks);
        dispatch!(self, |view| next_looks(neurons, now, &mut looks));
        for (&j, &next) in neurons.iter().zip(&looks) {
            if next < self.look[j as usize] {
                let next = next.min(now + HORIZON as Tick - 1);
                self.look[j as usize] = next;
                self.counts.queue_operations += 1;
                self.looks.push(next - 1, [j])?;
            }
        }
        self.next_looks = looks;
        Ok(())
    }

    fn schedule_all(&mut self, now: Tick) -> Result<()> {
        let all: Vec<u32> = (0..self.len() as u32).collect();
        self.schedule(&all, now)
    }

    /// From now on, after `tick`, every neuron is evaluated at every tick, or only those with something to do.
    pub fn set_dense(&mut self, dense: bool, tick: Tick) -> Result<()> {
        if dense != self.dense {
            self.dense = dense;
            self.look.fill(NEVER);
            if !dense {
                self.schedule_all(clock(tick))?;
            }
        }
        Ok(())
    }

    /// Starts from a given state: `tick` ticks are over.
    pub fn restart(&mut self, tick: Tick) -> Result<()> {
        self.looks = BucketQueue::new(HORIZON);
        let mut nothing = Vec::new();
        for _ in 0..tick {
            self.looks.pop(&mut nothing);
        }
        self.look.fill(NEVER);
        if !self.dense {
            self.schedule_all(tick)?;
        }
        Ok(())
    }

    /// A variable of neuron `id` of the population at the end of `tick`. In the refractory time currents and thresholds are
    /// brought back from its end.
    pub fn show(&mut self, variable: Variable, id: u32, tick: Tick) -> f64 {
        let (j, now) = ((id - self.ids.start) as usize, clock(tick));
        dispatch!(self, |view| show(variable, j, now))
    }
}

impl<const C: usize> View<'_, C> {
    fn show<const ALPHA: bool>(&mut self, variable: Variable, j: usize, now: Tick) -> f64 {
        if now < self.last[j] {
            let table = &self.cells.tables.refractory[(self.last[j] - now) as usize];
            return match variable {
                Variable::Membrane => self.membranes[j],
                Variable::Threshold => {
                    let excess = if self.excess.is_empty() { 0.0 } else { self.excess[j] / table.threshold };
                    self.threshold(j, excess, now)
                }
                Variable::Current => (0..C)
                    .map(|c| {
                        let (p, q) = table.currents[c];
                        let rise = if ALPHA { self.rises[c][j] / p } else { 0.0 };
                        (self.currents[c][j] - q * rise) / p
                    })
                    .sum(),
            };
        }
        self.catch_up::<ALPHA>(j, now);
        let state = self.after::<ALPHA>(j, (now - self.last[j]) as usize);
        match variable {
            Variable::Membrane => state.membrane,
            Variable::Threshold => self.threshold(j, state.excess, now),
            Variable::Current => state.currents.iter().sum(),
        }
    }
}
