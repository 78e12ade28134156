//! The event-driven driver.
//!
//! Spikes reach a layer through its queue. The projection is dense, so a spike touches all neurons of the layer: they are
//! brought to the present together and stepped together, vectorised. Without a spike nobody is touched, except neurons whose
//! *wake* tick has come.
//!
//! # When an idle neuron must be woken
//! A bias, a membrane left above the threshold by a soft reset, or a falling threshold can make a neuron fire without input.
//! A neuron in state (u, theta, trace) after some tick, idle from then on, has k ticks later, in real arithmetic,
//! ```text
//! h(k)      =  u + (r - u) (1 - (1 - 1/tau)^k)             r: resting membrane of its bias; monotone in k
//! theta(k) >=  low + (theta - low) 2^-k                     monotone in k
//! low       =  theta, or the target with the lowest cues still to come if that is less: H in [0, 1], gbar known,
//!              trace only decaying
//! ```
//! with a margin for rounding. Over an interval of ticks h is at most the larger of its two ends and theta at least the
//! smaller of its two bounds; where the one stays below the other nobody can fire. Bisection finds the first tick that
//! is not excluded. Waking too early costs a step and another look; waking too late cannot happen.
//!
//! Wakes are looked for at the first silent tick after a touch: in a layer that hears something at every tick they cost
//! nothing.

use super::clip::{ClipInput, Input};
use super::layers::{Layer, Stack};
use super::observer::Observer;
use super::population::{Cues, Population};
use crate::base::aligned::{LANE, simd};
use crate::error::Result;
use crate::spiking::neuron::lif::{lif_charge, lif_fires, lif_reset};
use crate::spiking::threshold::{LayerThreshold, threshold_bounded, threshold_step, trace_step};
use crate::spiking::{BucketQueue, Tick};

/// What the event driver knows of a layer beyond its state.
#[derive(Debug, Default)]
pub(super) struct Lazy {
    /// Sources of the spikes that arrive.
    arrivals: BucketQueue<u32>,
    /// Neurons to look at; at most one entry each.
    wakes: BucketQueue<u32>,
    /// Whether the wakes of the present state have been looked for.
    scheduled: bool,
    /// The first tick that each neuron has not gone through, or a tick before `complete`; padded to whole lanes.
    next: Vec<Tick>,
    /// A tick before which no neuron has missed any.
    complete: Tick,
    /// Neurons that the quick test does not clear, padded like `next`.
    suspects: Vec<bool>,
    /// The lowest c_g gbar of each tick and all later ones.
    pooling_low: Vec<f32>,
    /// What the present tick takes from the queues.
    sources: Vec<u32>,
    woken: Vec<u32>,
}

pub(super) fn run(
    stack: &Stack,
    clip: &ClipInput,
    ticks: usize,
    populations: &mut [Population],
    lazy: &mut Vec<Lazy>,
    mut probe: Option<&mut dyn Observer>,
) -> Result<()> {
    lazy.resize_with(stack.layers.len(), Lazy::default);
    for (lazy, layer) in lazy.iter_mut().zip(&stack.layers) {
        lazy.reset(layer, ticks, clip.pooling);
    }
    for tick in 0..ticks {
        if let Input::Spikes(train) = clip.input {
            lazy[0].push(tick, train.at(tick as Tick), &mut populations[0])?;
        }
        for (l, layer) in stack.layers.iter().enumerate() {
            let (upto, rest) = populations.split_at_mut(l + 1);
            let population = &mut upto[l];
            let touched = lazy[l].receive(layer, if l == 0 { Some(clip) } else { None }, tick, ticks, population);
            if touched {
                lazy[l].catch_up(layer, tick, clip.pooling, population);
                population.step_all(layer, population.cues_at(tick, clip.pooling));
                lazy[l].complete = tick as Tick + 1;
            } else {
                lazy[l].wake(layer, tick, ticks, clip.pooling, population)?;
            }
            population.record(layer);
            if let Some(probe) = probe.as_deref_mut().filter(|probe| probe.wants(l, tick)) {
                lazy[l].catch_up(layer, tick + 1, clip.pooling, population);
                population.show(l, tick, probe);
            }
            if let Some(next) = rest.first_mut() {
                lazy[l + 1].push(tick, &population.firing, next)?;
            }
        }
    }
    Ok(())
}

impl Lazy {
    fn reset(&mut self, layer: &Layer, ticks: usize, pooling: &[f32]) {
        self.arrivals.reset(1);
        self.wakes.reset(ticks);
        self.scheduled = false;
        self.next.clear();
        self.next.resize(layer.neurons().next_multiple_of(LANE), 0);
        self.complete = 0;
        self.suspects.resize(self.next.len(), false);
        self.pooling_low.clear();
        if let LayerThreshold::Dynamic(d) = layer.threshold {
            self.pooling_low.extend(pooling.iter().map(|g| d.gain_pooling * g));
            for t in (1..self.pooling_low.len()).rev() {
                self.pooling_low[t - 1] = self.pooling_low[t - 1].min(self.pooling_low[t]);
            }
        }
    }

    /// Puts spikes of `sources` into the queue, for the same tick: there is no delay.
    fn push(&mut self, tick: usize, sources: &[u32], population: &mut Population) -> Result<()> {
        population.tally.add(|counts| counts.queue_operations += sources.len() as u64);
        self.arrivals.push(tick as Tick, sources.iter().copied())
    }

    /// Takes what arrives at `tick`: queued spikes, or for the first layer the analog input of `clip`. Says whether anything
    /// did; then `currents` holds it and the wakes are void.
    fn receive(
        &mut self,
        layer: &Layer,
        clip: Option<&ClipInput>,
        tick: usize,
        ticks: usize,
        population: &mut Population,
    ) -> bool {
        self.arrivals.pop(&mut self.sources);
        let tally = &mut population.tally;
        match clip.map(|clip| clip.input) {
            Some(Input::Constant(row)) => {
                // The product is the same at every tick, and nothing else writes the currents of this layer.
                if tick == 0 {
                    layer.synapses.multiply(row, &mut population.currents, tally);
                    layer.synapses.count_effective(row, ticks as u64 - 1, tally);
                }
            }
            Some(Input::Frames(rows)) => {
                let inputs = layer.synapses.inputs();
                layer.synapses.multiply(&rows[tick * inputs..][..inputs], &mut population.currents, tally);
            }
            Some(Input::Spikes(_)) | None if self.sources.is_empty() => return false,
            Some(Input::Spikes(_)) | None => {
                tally.add(|counts| counts.queue_operations += self.sources.len() as u64);
                layer.synapses.deliver(&self.sources, &mut population.currents, tally);
            }
        }
        let cleared = self.wakes.clear() as u64;
        tally.add(|counts| counts.queue_operations += cleared);
        self.wakes.pop(&mut self.woken);
        self.scheduled = false;
        true
    }

    /// A tick without input: only the neurons whose wake tick it is go through it.
    fn wake(
        &mut self,
        layer: &Layer,
        tick: usize,
        ticks: usize,
        pooling: &[f32],
        population: &mut Population,
    ) -> Result<()> {
        if !self.scheduled {
            self.scheduled = true;
            let (pooling_low, remaining) = (self.pooling_low_for(tick), ticks - self.complete as usize);
            simd(
                #[inline(always)]
                || find_suspects(layer, population, pooling_low, remaining, &mut self.suspects),
            );
            for j in 0..layer.neurons() {
                if self.suspects[j] {
                    self.schedule(j, layer, ticks, population)?;
                }
            }
        }
        population.firing.clear();
        let mut woken = std::mem::take(&mut self.woken);
        self.wakes.pop(&mut woken);
        population.tally.add(|counts| {
            counts.queue_operations += woken.len() as u64;
            counts.wakes += woken.len() as u64;
        });
        for &j in &woken {
            let neuron = j as usize;
            for missed in self.next(neuron)..tick {
                let fired = step_one(layer, neuron, population.cues_at(missed, pooling), population);
                debug_assert!(!fired, "an idle neuron fired before its wake tick");
            }
            if step_one(layer, neuron, population.cues_at(tick, pooling), population) {
                population.firing.push(j);
            }
            self.next[neuron] = tick as Tick + 1;
            self.schedule(neuron, layer, ticks, population)?;
        }
        self.woken = woken;
        // Neurons wake in the order in which their wakes were put in; spikes go out in ascending order.
        population.firing.sort_unstable();
        Ok(())
    }

    /// Puts the next wake of neuron `j` into the queue if there is one before the end of the clip.
    fn schedule(&mut self, j: usize, layer: &Layer, ticks: usize, population: &mut Population) -> Result<()> {
        let next = self.next(j);
        let idle = Idle::new(j, layer, population, self.pooling_low_for(next), ticks - next);
        if let Some(k) = idle.first_suspect(1, ticks - next + 1) {
            population.tally.add(|counts| counts.queue_operations += 1);
            self.wakes.push((next + k - 1) as Tick, [j as u32])?;
        }
        Ok(())
    }

    /// The lowest pooling term that can move a threshold at `tick` or later.
    fn pooling_low_for(&self, tick: usize) -> f32 {
        self.pooling_low.get(tick.saturating_sub(1)).copied().unwrap_or(0.0)
    }

    /// The first tick that neuron `j` has not gone through.
    fn next(&self, j: usize) -> usize {
        self.next[j].max(self.complete) as usize
    }

    /// Takes every neuron through the ticks before `tick` that it has missed. None fires there.
    fn catch_up(&mut self, layer: &Layer, tick: usize, pooling: &[f32], population: &mut Population) {
        for missed in self.complete as usize..tick {
            let cues = population.cues_at(missed, pooling);
            population.tally.add(|counts| {
                let due = self.next[..layer.neurons()].iter().filter(|&&next| next as usize <= missed).count() as u64;
                counts.membrane_updates += due;
                counts.threshold_updates += if cues.is_some() { due } else { 0 };
            });
            simd(
                #[inline(always)]
                || idle_lanes(layer, missed as Tick, cues, &self.next, population),
            );
        }
        self.complete = self.complete.max(tick as Tick);
    }
}

/// Neuron `j` goes through one tick without input. Says whether it fires.
fn step_one(layer: &Layer, j: usize, cues: Option<Cues>, p: &mut Population) -> bool {
    let theta = &mut p.thresholds.as_mut_slice()[j];
    let trace = &mut p.traces.as_mut_slice()[j];
    if let (LayerThreshold::Dynamic(d), Some(cues)) = (&layer.threshold, cues) {
        *theta = threshold_step(*theta, p.cues.as_slice()[j], cues.entropy, cues.pooling, *trace, d);
        p.tally.add(|counts| counts.threshold_updates += 1);
    }
    let membrane = &mut p.lif.membranes.as_mut_slice()[j];
    let h = lif_charge(*membrane, 0.0 + layer.bias.as_slice()[j], &layer.lif);
    let fires = lif_fires(h, *theta);
    *membrane = lif_reset(h, *theta, fires, layer.lif.reset);
    p.charged.as_mut_slice()[j] = h;
    if let LayerThreshold::Dynamic(d) = &layer.threshold {
        *trace = trace_step(*trace, f32::from(fires), d);
    }
    p.tally.add(|counts| counts.membrane_updates += 1);
    fires
}

/// All neurons that have not gone through `tick` do so, without input and without firing.
#[inline(always)]
fn idle_lanes(layer: &Layer, tick: Tick, cues: Option<Cues>, next: &[Tick], p: &mut Population) {
    let membranes = p.lif.membranes.padded_mut();
    let n = membranes.len();
    let (bias, own) = (&layer.bias.padded()[..n], &p.cues.padded()[..n]);
    let (thresholds, traces) = (&mut p.thresholds.padded_mut()[..n], &mut p.traces.padded_mut()[..n]);
    let charged = &mut p.charged.padded_mut()[..n];
    let next = &next[..n];
    let lif = layer.lif;
    if let LayerThreshold::Dynamic(d) = &layer.threshold {
        for i in 0..n {
            let due = next[i] <= tick;
            let (theta, trace) = (thresholds[i], traces[i]);
            if let Some(cues) = cues {
                let stepped = threshold_step(theta, own[i], cues.entropy, cues.pooling, trace, d);
                thresholds[i] = if due { stepped } else { theta };
            }
            traces[i] = if due { trace_step(trace, 0.0, d) } else { trace };
        }
    }
    for i in 0..n {
        let due = next[i] <= tick;
        let u = membranes[i];
        let h = lif_charge(u, 0.0 + bias[i], &lif);
        membranes[i] = if due { h } else { u };
        charged[i] = if due { h } else { charged[i] };
    }
}

/// Bounds on a neuron that receives nothing from now on (see the head of this file).
#[derive(Debug)]
struct Idle {
    membrane: f64,
    rest: f64,
    log_retention: f64,
    threshold: f64,
    low: f64,
    margin: f64,
}

impl Idle {
    /// Of neuron `j`, for at most `remaining` ticks. `pooling_low`: the lowest pooling term still to come.
    fn new(j: usize, layer: &Layer, p: &Population, pooling_low: f32, remaining: usize) -> Self {
        let (u, theta) = (p.lif.membranes.as_slice()[j], p.thresholds.as_slice()[j]);
        let bias = layer.bias.as_slice()[j];
        let (low, theta_scale) =
            lowest_threshold(theta, p.cues.as_slice()[j], pooling_low, p.traces.as_slice()[j], &layer.threshold);
        let rest = f64::from(bias) * f64::from(layer.lif.rest_gain);
        let mut idle = Idle {
            membrane: u.into(),
            rest,
            log_retention: layer.lif.log_retention,
            threshold: theta.into(),
            low: low.into(),
            margin: 0.0,
        };
        let scale = f64::from(u.abs().max(bias.abs())).max(idle.membrane_at(remaining).abs());
        let steps = (remaining as f64).min(layer.lif.tau.into());
        idle.margin = MARGIN * (steps * scale + f64::from(theta_scale)) + SMALLEST;
        idle
    }

    /// h(k).
    fn membrane_at(&self, k: usize) -> f64 {
        self.membrane + (self.rest - self.membrane) * -(k as f64 * self.log_retention).exp_m1()
    }

    /// The bound on theta(k).
    fn threshold_at(&self, k: usize) -> f64 {
        self.low + (self.threshold - self.low) * (-(k as f64)).exp2()
    }

    /// The first of the ticks `first..end` from now that is not excluded.
    fn first_suspect(&self, first: usize, end: usize) -> Option<usize> {
        if first >= end {
            return None;
        }
        let last = end - 1;
        let highest = self.membrane_at(first).max(self.membrane_at(last));
        let lowest = self.threshold_at(first).min(self.threshold_at(last));
        if highest + self.margin < lowest {
            return None;
        }
        if first == last {
            return Some(first);
        }
        let middle = first + (end - first) / 2;
        self.first_suspect(first, middle).or_else(|| self.first_suspect(middle, end))
    }
}

/// Share of the values' size that rounding may have moved h or theta by. A membrane step rounds three times, each time by at
/// most half an epsilon of a value at most twice the largest membrane or bias; the errors of tau steps at most add up. A
/// threshold step rounds less than eight times, and each step halves the error it finds.
const MARGIN: f64 = 8.0 * f32::EPSILON as f64;
/// The same below the normal numbers, where rounding is not relative.
const SMALLEST: f64 = 64.0 * f32::MIN_POSITIVE as f64;

/// A bound on the threshold of an idle neuron from now on, and the size of what it is summed from.
#[inline(always)]
fn lowest_threshold(theta: f32, cue: f32, pooling_low: f32, trace: f32, threshold: &LayerThreshold) -> (f32, f32) {
    let LayerThreshold::Dynamic(d) = threshold else { return (theta, 0.0) };
    let (entropy, trace) = (d.gain_entropy.min(0.0), (d.gain_trace * trace).min(0.0));
    let low = threshold_bounded(cue, entropy, pooling_low, trace, d).min(theta);
    let size = d.theta_0.abs() + cue.abs() + d.gain_entropy.abs() + pooling_low.abs() + trace.abs();
    (low, size + theta.abs() + low.abs())
}

/// The quick test, for all neurons at once: those whose membrane and resting membrane both are below the lowest threshold
/// cannot fire within `remaining` ticks. A wider margin than that of [`Idle`] pays for the test's own rounding.
#[inline(always)]
fn find_suspects(layer: &Layer, p: &Population, pooling_low: f32, remaining: usize, suspects: &mut [bool]) {
    let membranes = p.lif.membranes.padded();
    let n = membranes.len();
    let (bias, thresholds) = (&layer.bias.padded()[..n], &p.thresholds.padded()[..n]);
    let (cues, traces) = (&p.cues.padded()[..n], &p.traces.padded()[..n]);
    let suspects = &mut suspects[..n];
    let steps = (remaining as f32).min(layer.lif.tau);
    for i in 0..n {
        let (u, b) = (membranes[i], bias[i]);
        let rest = b * layer.lif.rest_gain;
        let (low, size) = lowest_threshold(thresholds[i], cues[i], pooling_low, traces[i], &layer.threshold);
        let scale = u.abs() + b.abs() + rest.abs();
        let margin = 2.0 * MARGIN as f32 * (steps * scale + size) + 2.0 * SMALLEST as f32;
        let highest = if u > rest { u } else { rest };
        // Whatever is not a number is not below: such a neuron is looked at.
        let clear = highest + margin < low;
        suspects[i] = !clear;
    }
}
