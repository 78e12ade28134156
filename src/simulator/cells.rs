//! One thread's share of a population: state, step, and when to look at a neuron that hears nothing.

use super::checkpoint::PopulationState;
use super::tables::{REACH, STRETCH, Tables};
use crate::counts::LayerCounts;
use crate::error::Result;
use crate::event::{BucketQueue, Tick};
use crate::lanes::simd;
use crate::network::{Population, Threshold};
use crate::neuron::linear::{Neuron, Receptor, Reset};
use crate::recording::Variable;
use std::ops::Range;

/// Ticks ahead for which looks are queued; a later one is looked at once more on the way.
const HORIZON: usize = 2 * REACH;

/// No look is queued.
const NEVER: Tick = Tick::MAX;

/// Neurons that a sweep takes together.
const BLOCK: usize = 32;

/// Ticks after which running states are brought back to the states proper.
const REFRESH: Tick = 256;

/// What a running state may be off, relative to its scale: in each of `REFRESH` ticks up to seven roundings of 2^-24, those
/// of the coefficients included.
const RUNNING_MARGIN: f64 = 7.0 * REFRESH as f64 / (1 << 24) as f64;

/// A slack with which single precision says nothing more; every neuron is then evaluated.
const MOST_SLACK: f32 = 1e30;

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
    gain_now: Vec<f64>,
    rests: bool,
    scale: f64,
    records: Records,
    /// Of adaptive thresholds, above the base.
    excess: Vec<f64>,
    /// Of alpha currents.
    rises: Vec<Vec<f64>>,
    /// Sums of what arrives at the present tick: for delta receptors in mV (empty without any), then for each current.
    pub inputs: Vec<Vec<f64>>,
    /// Neurons that something arrived at, once each, if `tracked`.
    pub touched: Vec<u32>,
    stamps: Vec<Tick>,
    looks: BucketQueue<u32>,
    due: Vec<u32>,
    /// Every neuron goes through every tick in `running`; no looks are queued, only ends of refractory times.
    dense: bool,
    running: Running,
    /// Local ids of those that fire at the present tick, ascending.
    pub fired: Vec<u32>,
    /// Steps with input since it was last asked for.
    pub activity: u64,
    pub counts: LayerCounts,
}

/// The state of a neuron with C currents, but for what few models have: together, since neurons are touched in no order.
#[derive(Debug, Clone, Copy)]
struct Record<const C: usize> {
    /// V at clock `last`.
    membrane: f64,
    /// g at clock `last`.
    currents: [f64; C],
    /// The clock of this state.
    last: Tick,
    /// The clock of the next look that is queued.
    look: Tick,
}

/// The records of a population, by the number of its currents and whether any may be an alpha current. Only these few kinds
/// are compiled; currents that a population does not have are zero.
enum Records {
    None(Vec<Record<0>>),
    One(Vec<Record<1>>),
    Two(Vec<Record<2>>),
    TwoAlpha(Vec<Record<2>>),
    FourAlpha(Vec<Record<4>>),
}

/// The most currents a population may have.
pub const MOST_CURRENTS: usize = 4;

impl Records {
    fn new(currents: usize, alpha: bool, membranes: impl Iterator<Item = f64>) -> Self {
        fn all<const C: usize>(membranes: impl Iterator<Item = f64>) -> Vec<Record<C>> {
            membranes.map(|membrane| Record { membrane, currents: [0.0; C], last: 0, look: NEVER }).collect()
        }
        match (currents, alpha) {
            (0, _) => Records::None(all(membranes)),
            (1, false) => Records::One(all(membranes)),
            (2, false) => Records::Two(all(membranes)),
            (1 | 2, true) => Records::TwoAlpha(all(membranes)),
            _ => Records::FourAlpha(all(membranes)),
        }
    }

    /// Currents of a record, and whether any may be an alpha current.
    fn kind(&self) -> (usize, bool) {
        match self {
            Records::None(_) => (0, false),
            Records::One(_) => (1, false),
            Records::Two(_) => (2, false),
            Records::TwoAlpha(_) => (2, true),
            Records::FourAlpha(_) => (4, true),
        }
    }
}

/// The state of all neurons at the present, moved on tick by tick in single precision: quick to go through, but not rounded
/// as the state proper. It only tells who may cross the threshold; the state proper decides.
#[derive(Default)]
struct Running {
    /// Minus infinity in the refractory time.
    membranes: Vec<[f32; BLOCK]>,
    currents: Vec<Vec<[f32; BLOCK]>>,
    rises: Vec<Vec<[f32; BLOCK]>>,
    excess: Vec<[f32; BLOCK]>,
    /// The largest scale of any neuron so far, mV.
    scale: f64,
    /// Who may cross at the present tick.
    candidates: Vec<u32>,
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

/// The parts of [`Cells`] that a step needs, for C currents.
struct View<'a, const C: usize> {
    cells: &'a Fixed<'a>,
    records: &'a mut [Record<C>],
    excess: &'a mut [f64],
    rises: &'a mut [Vec<f64>],
    jumps: &'a mut [f64],
    inputs: [&'a mut [f64]; C],
    running: &'a mut Running,
}

/// What does not change while the simulation runs.
struct Fixed<'a> {
    first: u32,
    neuron: &'a Neuron,
    threshold: &'a Threshold,
    cue_low: &'a [f64],
    tables: &'a Tables,
    gain_now: &'a [f64],
    /// Whether a neuron without input stays below its threshold in the end.
    rests: bool,
    /// What leak, drive and threshold add to the scale of roundings, mV.
    scale: f64,
}

/// State of a neuron.
#[derive(Clone, Copy)]
struct State<const C: usize> {
    membrane: f64,
    currents: [f64; C],
    rises: [f64; C],
    excess: f64,
}

/// Calls a method of [`View`], generic over the number of currents and whether any is an alpha current.
macro_rules! dispatch {
    ($cells:expr, $call:ident ($($argument:expr),*)) => {
        match &mut $cells.records {
            Records::None(records) => view!($cells, records, $call, false, ($($argument),*)),
            Records::One(records) => view!($cells, records, $call, false, ($($argument),*)),
            Records::Two(records) => view!($cells, records, $call, false, ($($argument),*)),
            Records::TwoAlpha(records) => view!($cells, records, $call, true, ($($argument),*)),
            Records::FourAlpha(records) => view!($cells, records, $call, true, ($($argument),*)),
        }
    };
}

macro_rules! view {
    ($cells:expr, $records:ident, $call:ident, $alpha:literal, ($($argument:expr),*)) => {{
        let fixed = Fixed {
            first: $cells.ids.start,
            neuron: &$cells.neuron,
            threshold: &$cells.threshold,
            cue_low: &$cells.cue_low,
            tables: &$cells.tables,
            gain_now: &$cells.gain_now,
            rests: $cells.rests,
            scale: $cells.scale,
        };
        let n = $records.len();
        let (jumps, inputs) = $cells.inputs.split_at_mut(1);
        let mut inputs = inputs.iter_mut();
        #[allow(unused_mut)]
        let mut view = View {
            cells: &fixed,
            records: $records,
            excess: &mut $cells.excess,
            rises: &mut $cells.rises,
            jumps: &mut jumps[0],
            inputs: std::array::from_fn(|_| inputs.next().map_or(&mut [][..], |input| &mut input[..n])),
            running: &mut $cells.running,
        };
        view.$call::<$alpha>($($argument),*)
    }};
}

impl<const C: usize> View<'_, C> {
    /// The state of neuron j `k` ticks after its `last`, k < `REACH`, without input.
    #[inline(always)]
    fn after<const ALPHA: bool>(&self, j: usize, k: usize) -> State<C> {
        let tables = self.cells.tables;
        let k = k % REACH;
        let record = &self.records[j];
        let mut membrane = tables.membrane[k] * record.membrane + tables.drive[k];
        let (mut currents, mut rises) = ([0.0; C], [0.0; C]);
        for c in 0..C {
            let (table, g) = (&tables.currents[c], record.currents[c]);
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
        let record = &mut self.records[j];
        record.membrane = state.membrane;
        record.currents = state.currents;
        record.last = clock;
        if ALPHA {
            for c in 0..C {
                self.rises[c][j] = state.rises[c];
            }
        }
        if !self.excess.is_empty() {
            self.excess[j] = state.excess;
        }
    }

    /// Sets the running state of neuron j; without a state it is refractory.
    #[inline(always)]
    fn set_running<const ALPHA: bool>(&mut self, j: usize, state: Option<&State<C>>) {
        let (block, k) = (j / BLOCK, j % BLOCK);
        let run = &mut *self.running;
        let Some(state) = state else {
            run.membranes[block][k] = f32::NEG_INFINITY;
            return;
        };
        run.membranes[block][k] = state.membrane as f32;
        let mut scale = state.membrane.abs() + self.cells.scale;
        for c in 0..C {
            let table = &self.cells.tables.currents[c];
            run.currents[c][block][k] = state.currents[c] as f32;
            scale += state.currents[c].abs() * table.into_membrane[table.peak];
            if ALPHA {
                run.rises[c][block][k] = state.rises[c] as f32;
                scale += state.rises[c].abs() * table.rise_into_membrane[table.rise_peak];
            }
        }
        if !self.excess.is_empty() {
            run.excess[block][k] = state.excess as f32;
            scale += state.excess.abs();
        }
        if scale > run.scale || scale.is_nan() {
            run.scale = scale;
        }
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
        let mut bits = self.jumps.get(j).map_or(0, |x| x.to_bits());
        for c in 0..C {
            bits |= self.inputs[c][j].to_bits();
        }
        // Zeros of either sign lose their only bit.
        bits << 1 != 0
    }

    /// Brings neuron j to within a stretch of `now`.
    #[inline(always)]
    fn catch_up<const ALPHA: bool>(&mut self, j: usize, now: Tick) {
        while now > self.records[j].last && now - self.records[j].last > STRETCH {
            let clock = self.records[j].last + STRETCH;
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
        let jump = self.jumps.get_mut(j).map_or(0.0, std::mem::take);
        let mut inputs = [0.0; C];
        for c in 0..C {
            inputs[c] = std::mem::take(&mut self.inputs[c][j]);
        }
        if now <= self.records[j].last {
            self.hear_refractory::<ALPHA>(j, (self.records[j].last - now) as usize, jump, inputs);
            // A neuron released at this very clock runs already, without this input.
            if now == self.records[j].last && !self.running.membranes.is_empty() {
                self.load::<ALPHA>(j, now);
            }
            return false;
        }
        self.catch_up::<ALPHA>(j, now);
        let state = self.after::<ALPHA>(j, (now - self.records[j].last) as usize);
        let mut state = self.hearing::<ALPHA>(state, jump, inputs);
        let theta = self.threshold(j, state.excess, now);
        let fires = self.crosses(state.membrane, theta);
        let dense = !self.running.membranes.is_empty();
        if !fires {
            self.store::<ALPHA>(j, &state, now);
            if dense {
                self.set_running::<ALPHA>(j, Some(&state));
            }
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
        if dense {
            self.set_running::<ALPHA>(j, (ahead == 0).then_some(&state));
        }
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
                self.records[j].currents[c] += q * inputs[c];
                self.rises[c][j] += p * inputs[c];
            } else {
                self.records[j].currents[c] += p * inputs[c];
            }
        }
        if self.cells.neuron.keep_refractory_input {
            self.records[j].membrane += table.membrane * kept;
        }
    }

    /// Whether neuron j, which hears nothing, fires at clock `now` or has to be moved there.
    #[inline(always)]
    fn acts<const ALPHA: bool>(&self, j: usize, now: Tick) -> bool {
        if now <= self.records[j].last {
            return false;
        }
        let k = now - self.records[j].last;
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

    /// Touches all that hear something, and lists them.
    fn touch_any<const ALPHA: bool>(&mut self, now: Tick, fired: &mut Vec<u32>, touched: &mut Vec<u32>) -> u64 {
        simd(
            #[inline(always)]
            || self.list_hearing(touched),
        );
        self.touch_listed::<ALPHA>(touched, now, fired)
    }

    #[inline(always)]
    fn list_hearing(&self, touched: &mut Vec<u32>) {
        let n = self.records.len();
        let mut first = 0;
        while first < n {
            let block = first..(first + BLOCK).min(n);
            let any = |sums: &[f64]| sums[block.clone()].iter().fold(0, |bits, x| bits | x.to_bits());
            let mut bits = if self.jumps.is_empty() { 0 } else { any(self.jumps) };
            for input in &self.inputs {
                bits |= any(input);
            }
            if bits << 1 != 0 {
                // Every place is written and only the next one moves: half of the neurons hear something, in no order.
                let (mut hearing, mut count) = ([0; BLOCK], 0);
                for j in block {
                    hearing[count] = j as u32;
                    count += usize::from(self.hears(j));
                }
                touched.extend_from_slice(&hearing[..count]);
            }
            first += BLOCK;
        }
    }

    /// Moves all running states on by a tick and lists those that may cross.
    fn sweep<const ALPHA: bool>(&mut self, now: Tick, candidates: &mut Vec<u32>) {
        simd(
            #[inline(always)]
            || self.sweep_blocks::<ALPHA>(now, candidates),
        );
    }

    #[inline(always)]
    fn sweep_blocks<const ALPHA: bool>(&mut self, now: Tick, candidates: &mut Vec<u32>) {
        let (e, b) = (self.cells.neuron.retention as f32, self.cells.neuron.drive as f32);
        let one: [[f32; 4]; C] = std::array::from_fn(|c| {
            let t = &self.cells.tables.currents[c];
            [t.retention[1], t.rise[1], t.into_membrane[1], t.rise_into_membrane[1]].map(|x| x as f32)
        });
        let n = self.records.len();
        let run = &mut *self.running;
        let slack = (RUNNING_MARGIN * run.scale) as f32;
        if slack > MOST_SLACK || slack.is_nan() {
            candidates.extend(0..n as u32);
            return;
        }
        let retention = self.cells.tables.threshold[1] as f32;
        for block in 0..run.membranes.len() {
            let membranes = &mut run.membranes[block];
            for k in 0..BLOCK {
                membranes[k] = e * membranes[k] + b;
            }
            for c in 0..C {
                let [p, q, a, h] = one[c];
                let currents = &mut run.currents[c][block];
                if ALPHA {
                    let rises = &mut run.rises[c][block];
                    for k in 0..BLOCK {
                        membranes[k] += a * currents[k] + h * rises[k];
                        currents[k] = p * currents[k] + q * rises[k];
                        rises[k] *= p;
                    }
                } else {
                    for k in 0..BLOCK {
                        membranes[k] += a * currents[k];
                        currents[k] *= p;
                    }
                }
            }
            let first = block * BLOCK;
            let membranes = &*membranes;
            match self.cells.threshold {
                Threshold::Never => {}
                Threshold::Fixed(theta) => {
                    let theta = *theta as f32 - slack;
                    find_over(first, membranes, |_| theta, candidates);
                }
                Threshold::Adaptive { base, .. } => {
                    let (base, excess) = (*base as f32 - slack, &mut run.excess[block]);
                    excess.iter_mut().for_each(|excess| *excess *= retention);
                    find_over(first, membranes, |k| base + excess[k], candidates);
                }
                Threshold::Cue { values, width } => {
                    let neuron = |k: usize| self.cells.first as usize + (first + k).min(n - 1);
                    find_over(first, membranes, |k| cue(values, *width, neuron(k), now) as f32 - slack, candidates);
                }
            }
        }
    }

    /// Brings the running state of neuron j to its state proper at `now`.
    #[inline(always)]
    fn load<const ALPHA: bool>(&mut self, j: usize, now: Tick) {
        if now < self.records[j].last {
            return self.set_running::<ALPHA>(j, None);
        }
        self.catch_up::<ALPHA>(j, now);
        let state = self.after::<ALPHA>(j, (now - self.records[j].last) as usize);
        self.set_running::<ALPHA>(j, Some(&state));
    }

    fn load_listed<const ALPHA: bool>(&mut self, listed: &[u32], now: Tick) {
        listed.iter().for_each(|&j| self.load::<ALPHA>(j as usize, now));
    }

    /// Queues the ends of the refractory times of `neurons`, or a step on the way there.
    fn await_release<const ALPHA: bool>(&self, neurons: &[u32], now: Tick, queue: &mut BucketQueue<u32>) -> Result<()> {
        let ends = neurons.iter().map(|&j| (j, self.records[j as usize].last));
        ends.filter(|&(_, end)| end > now)
            .try_for_each(|(j, end)| queue.push(end.min(now + HORIZON as Tick - 1) - 1, [j]))
    }

    /// Nobody outside `candidates` crosses without input: for debug builds.
    fn all_found<const ALPHA: bool>(&self, now: Tick, candidates: &[u32]) -> bool {
        (0..self.records.len()).all(|j| {
            let near = now > self.records[j].last && now - self.records[j].last < STRETCH;
            !near || self.hears(j) || !self.acts::<ALPHA>(j, now) || candidates.contains(&(j as u32))
        })
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

    /// Queues the next looks at `neurons` where no earlier one is queued already; says how many.
    fn schedule<const ALPHA: bool>(&mut self, neurons: &[u32], now: Tick, queue: &mut BucketQueue<u32>) -> Result<u64> {
        let mut queued = 0;
        for &j in neurons {
            let next = self.next_look::<ALPHA>(j as usize, now);
            let look = &mut self.records[j as usize].look;
            if next < *look {
                *look = next.min(now + HORIZON as Tick - 1);
                queue.push(*look - 1, [j])?;
                queued += 1;
            }
        }
        Ok(queued)
    }

    /// Leaves those of `due` whose look is at `now`; other entries are void, since an earlier look came after them.
    fn due<const ALPHA: bool>(&mut self, due: &mut Vec<u32>, now: Tick) {
        due.retain(|&j| {
            let look = &mut self.records[j as usize].look;
            let valid = *look == now;
            if valid {
                *look = NEVER;
            }
            valid
        });
    }

    /// Leaves those of `due` whose refractory time ends at `now`.
    fn released<const ALPHA: bool>(&self, due: &mut Vec<u32>, now: Tick) {
        due.retain(|&j| self.records[j as usize].last == now);
    }

    fn forget_looks<const ALPHA: bool>(&mut self) {
        self.records.iter_mut().for_each(|record| record.look = NEVER);
    }

    /// The next clock after `now` at which neuron j has to be looked at if it hears nothing.
    fn next_look<const ALPHA: bool>(&self, j: usize, now: Tick) -> Tick {
        let last = self.records[j].last;
        let mut k = (now + 1).saturating_sub(last).max(1) as usize;
        if self.cells.rests && self.bound::<ALPHA>(j, k, None) {
            return NEVER;
        }
        // Near a crossing every tick is looked at.
        for span in [64, 8] {
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
        let leak = |k: usize| tables.membrane[k] * self.records[j].membrane + tables.drive[k];
        let (e, b) = (self.cells.neuron.retention, self.cells.neuron.drive);
        let at_end = match to {
            Some(_) => leak(end),
            None if e < 1.0 => b / (1.0 - e),
            None if b > 0.0 => f64::INFINITY,
            None => leak(from),
        };
        let mut highest = leak(from).max(at_end);
        let mut scale = highest.abs() + self.records[j].membrane.abs();
        let mut add = |table: &[f64; REACH], peak: usize, limit: f64, x: f64| {
            let last = if to.is_some() { table[end] } else { limit };
            let most = if (from..=end).contains(&peak) { table[peak] } else { table[from] };
            let (most, least) = (most.max(last), table[from].min(last));
            highest += if x > 0.0 { x * most } else { x * least };
            scale += x.abs() * most;
        };
        for c in 0..C {
            let table = &tables.currents[c];
            add(&table.into_membrane, table.peak, table.limit, self.records[j].currents[c]);
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
                cue(self.cells.cue_low, *width, self.cells.first as usize + j, self.records[j].last + from as Tick)
            }
        };
        highest + MARGIN * (scale + lowest.abs()) < lowest
    }
}

/// Lists those of a block that start at `first` whose membranes reach their thresholds.
#[inline(always)]
fn find_over(first: usize, membranes: &[f32; BLOCK], threshold: impl Fn(usize) -> f32, found: &mut Vec<u32>) {
    // The sign bit of all differences is set if nobody crosses. Unlike comparisons this stays in vectors.
    let below = |k: usize| (membranes[k] - threshold(k)).to_bits();
    let mut signs = u32::MAX;
    for k in 0..BLOCK {
        signs &= below(k);
    }
    if signs >> 31 == 0 {
        found.extend((0..BLOCK).filter(|&k| below(k) >> 31 == 0).map(|k| (first + k) as u32));
    }
}

/// What a decay by `factor` started from; 0 where nothing is left to tell.
fn before(value: f64, factor: f64) -> f64 {
    if factor == 0.0 { 0.0 } else { value / factor }
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
    pub fn new(population: &Population, ids: Range<u32>) -> Self {
        let n = ids.len();
        let neuron = population.neuron.clone();
        let mut tables = Tables::new(&neuron, &population.threshold);
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
        let initial = &population.initial_mv;
        let membranes = ids.clone().map(|id| if initial.len() == 1 { initial[0] } else { initial[id as usize] });
        let records = Records::new(gain_now.len(), alpha, membranes);
        let (count, alpha) = records.kind();
        gain_now.resize(count, 0.0);
        tables.resize(count);
        let delta = current_of.contains(&None);
        let base = match &population.threshold {
            Threshold::Never => 0.0,
            Threshold::Fixed(theta) => theta.abs(),
            Threshold::Adaptive { base, .. } => base.abs(),
            Threshold::Cue { values, .. } => values.iter().fold(0.0_f64, |most, theta| most.max(theta.abs())),
        };
        let lowest = match &population.threshold {
            Threshold::Never => f64::INFINITY,
            Threshold::Fixed(theta) | Threshold::Adaptive { base: theta, .. } => *theta,
            Threshold::Cue { values, .. } => values.iter().fold(f64::INFINITY, |least, theta| least.min(*theta)),
        };
        let rests = match neuron.retention < 1.0 {
            true => neuron.drive / (1.0 - neuron.retention) < lowest,
            false => neuron.drive <= 0.0,
        };
        let scale = base + tables.drive[STRETCH as usize].abs();
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
        Cells {
            neuron,
            threshold: population.threshold.clone(),
            cue_low,
            tables,
            current_of,
            gain_now,
            rests,
            scale,
            records,
            excess: vec![0.0; if adaptive { n } else { 0 }],
            rises: vec![vec![0.0; n]; if alpha { count } else { 0 }],
            inputs: (0..1 + count).map(|at| vec![0.0; if at > 0 || delta { n } else { 0 }]).collect(),
            touched: Vec::new(),
            stamps: vec![0; n],
            looks: BucketQueue::new(HORIZON),
            due: Vec::new(),
            dense: false,
            running: Running::default(),
            fired: Vec::new(),
            activity: 0,
            counts: LayerCounts::default(),
            ids,
        }
    }

    /// Currents in a state, those included that the population does not have.
    pub fn currents(&self) -> usize {
        self.records.kind().0
    }

    /// Neurons.
    pub fn len(&self) -> usize {
        self.ids.len()
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
        let mut candidates = std::mem::take(&mut self.running.candidates);
        if self.dense {
            if now.is_multiple_of(REFRESH) {
                self.refresh(now - 1);
            }
            candidates.clear();
            dispatch!(self, sweep(now, &mut candidates));
            debug_assert!(dispatch!(self, all_found(now, &candidates)));
            dispatch!(self, await_release(&due, now, &mut self.looks))?;
            dispatch!(self, released(&mut due, now));
            dispatch!(self, load_listed(&due, now));
        } else {
            self.counts.queue_operations += due.len() as u64;
            dispatch!(self, due(&mut due, now));
        }
        let touches = match arrivals {
            Arrivals::None => 0,
            Arrivals::Listed => dispatch!(self, touch_listed(&touched, now, &mut fired)),
            Arrivals::Anywhere => {
                touched.clear();
                dispatch!(self, touch_any(now, &mut fired, &mut touched))
            }
        };
        if self.dense {
            dispatch!(self, look(&candidates, now, &mut fired));
            dispatch!(self, await_release(&fired, now, &mut self.looks))?;
            self.counts.membrane_updates += self.len() as u64;
        } else {
            dispatch!(self, look(&due, now, &mut fired));
            self.counts.membrane_updates += touches + due.len() as u64;
            self.counts.wakes += due.len() as u64;
            touched.extend_from_slice(&due);
            self.counts.queue_operations += dispatch!(self, schedule(&touched, now, &mut self.looks))?;
        }
        self.running.candidates = candidates;
        // Listed and woken neurons come in the order of their arrivals; spikes go out in ascending order.
        fired.sort_unstable();
        touched.clear();
        if matches!(self.threshold, Threshold::Adaptive { .. }) {
            self.counts.threshold_updates = self.counts.membrane_updates;
        }
        self.activity += touches;
        self.counts.spikes += fired.len() as u64;
        (self.fired, self.touched, self.due) = (fired, touched, due);
        Ok(())
    }

    /// From now on, after `tick`, every neuron goes through every tick, or only those with something to do.
    pub fn set_dense(&mut self, dense: bool, tick: Tick) -> Result<()> {
        self.dense = dense;
        self.begin(clock(tick))
    }

    /// Queues and running states as of clock `now`.
    fn begin(&mut self, now: Tick) -> Result<()> {
        dispatch!(self, forget_looks());
        let all: Vec<u32> = (0..self.len() as u32).collect();
        if self.dense {
            self.refresh(now);
            dispatch!(self, await_release(&all, now, &mut self.looks))
        } else {
            self.running = Running::default();
            dispatch!(self, schedule(&all, now, &mut self.looks)).map(drop)
        }
    }

    /// Running states as of clock `now`.
    fn refresh(&mut self, now: Tick) {
        let blocks = self.len().div_ceil(BLOCK);
        let zeros = |n: usize| vec![vec![[0.0; BLOCK]; blocks]; n];
        self.running = Running {
            // Places behind the last neuron never cross.
            membranes: vec![[f32::NEG_INFINITY; BLOCK]; blocks],
            currents: zeros(self.inputs.len() - 1),
            rises: zeros(self.rises.len()),
            excess: vec![[0.0; BLOCK]; if self.excess.is_empty() { 0 } else { blocks }],
            scale: 0.0,
            candidates: Vec::new(),
        };
        let all: Vec<u32> = (0..self.len() as u32).collect();
        dispatch!(self, load_listed(&all, now));
    }

    /// Starts after `ticks` ticks, from the state there.
    pub fn start(&mut self, ticks: Tick, dense: bool) -> Result<()> {
        self.looks = BucketQueue::new(HORIZON);
        let mut nothing = Vec::new();
        (0..ticks).for_each(|_| self.looks.pop(&mut nothing));
        self.dense = dense;
        self.begin(ticks)
    }

    /// Writes this share into the state of the whole population of `n` neurons.
    pub fn export(&self, state: &mut PopulationState, n: usize) {
        fn all<const C: usize>(records: &[Record<C>], first: usize, state: &mut PopulationState, n: usize) {
            for (j, record) in records.iter().enumerate() {
                state.membranes[first + j] = record.membrane;
                state.last[first + j] = record.last;
                for c in 0..C {
                    state.currents[c * n + first + j] = record.currents[c];
                }
            }
        }
        let first = self.ids.start as usize;
        match &self.records {
            Records::None(records) => all(records, first, state, n),
            Records::One(records) => all(records, first, state, n),
            Records::Two(records) | Records::TwoAlpha(records) => all(records, first, state, n),
            Records::FourAlpha(records) => all(records, first, state, n),
        }
        state.rises.resize(self.rises.len() * n, 0.0);
        for (c, rises) in self.rises.iter().enumerate() {
            state.rises[c * n + first..][..rises.len()].copy_from_slice(rises);
        }
        if !self.excess.is_empty() {
            state.excess.resize(n, 0.0);
            state.excess[first..][..self.excess.len()].copy_from_slice(&self.excess);
        }
    }

    /// Takes this share of the state of the whole population.
    pub fn import(&mut self, state: &PopulationState) {
        fn all<const C: usize>(records: &mut [Record<C>], first: usize, state: &PopulationState) {
            let n = state.membranes.len();
            for (j, record) in records.iter_mut().enumerate() {
                record.membrane = state.membranes[first + j];
                record.last = state.last[first + j];
                record.currents = std::array::from_fn(|c| state.currents[c * n + first + j]);
            }
        }
        let (first, n) = (self.ids.start as usize, state.membranes.len());
        match &mut self.records {
            Records::None(records) => all(records, first, state),
            Records::One(records) => all(records, first, state),
            Records::Two(records) | Records::TwoAlpha(records) => all(records, first, state),
            Records::FourAlpha(records) => all(records, first, state),
        }
        for (c, rises) in self.rises.iter_mut().enumerate() {
            let len = rises.len();
            if let Some(values) = state.rises.get(c * n + first..c * n + first + len) {
                rises.copy_from_slice(values);
            }
        }
        if let Some(values) = state.excess.get(first..first + self.excess.len()) {
            self.excess.copy_from_slice(values);
        }
    }

    /// A variable of neuron `id` of the population at the end of `tick`. In the refractory time currents and thresholds are
    /// brought back from its end; what decays to nothing in that time shows as 0.
    pub fn show(&mut self, variable: Variable, id: u32, tick: Tick) -> f64 {
        let (j, now) = ((id - self.ids.start) as usize, clock(tick));
        dispatch!(self, show(variable, j, now))
    }
}

impl<const C: usize> View<'_, C> {
    fn show<const ALPHA: bool>(&mut self, variable: Variable, j: usize, now: Tick) -> f64 {
        if now < self.records[j].last {
            let table = &self.cells.tables.refractory[(self.records[j].last - now) as usize];
            return match variable {
                Variable::Membrane => self.records[j].membrane,
                Variable::Threshold => {
                    let excess = if self.excess.is_empty() { 0.0 } else { before(self.excess[j], table.threshold) };
                    self.threshold(j, excess, now)
                }
                Variable::Current => (0..C)
                    .map(|c| {
                        let (p, q) = table.currents[c];
                        let rise = if ALPHA { before(self.rises[c][j], p) } else { 0.0 };
                        before(self.records[j].currents[c] - q * rise, p)
                    })
                    .sum(),
            };
        }
        self.catch_up::<ALPHA>(j, now);
        let state = self.after::<ALPHA>(j, (now - self.records[j].last) as usize);
        match variable {
            Variable::Membrane => state.membrane,
            Variable::Threshold => self.threshold(j, state.excess, now),
            Variable::Current => state.currents.iter().sum(),
        }
    }
}
