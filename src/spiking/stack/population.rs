//! The state of one layer in one clip and its step, vectorised over the neurons. Both drivers use it.

use super::layers::Layer;
use super::observer::{Observer, Snapshot};
use crate::base::aligned::{LANE, Lanes, simd};
use crate::energy::counts::{LayerCounts, Tally};
use crate::spiking::SpikeTrain;
use crate::spiking::neuron::lif::{LifState, lif_charge, lif_fires, lif_reset};
use crate::spiking::threshold::{LayerThreshold, entropy, threshold_step, trace_step};

/// For each byte the places of its ones, ascending; what stands behind them is not used.
const PLACES: [[u8; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut place, mut found) = (0, 0);
        while place < 8 {
            table[byte][found % 8] = place;
            found += byte >> place & 1;
            place += 1;
        }
        byte += 1;
    }
    table
};

/// The cues of the tick before, which move a dynamic threshold.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cues {
    pub entropy: f32,
    pub pooling: f32,
}

#[derive(Debug, Default)]
pub(super) struct Population {
    pub lif: LifState,
    pub charged: Lanes,
    pub thresholds: Lanes,
    pub traces: Lanes,
    pub cues: Lanes,
    /// Synaptic input of the present tick.
    pub currents: Lanes,
    /// 1 where a neuron fired in the last whole-layer step, else 0; padded to whole lanes.
    fired: Vec<u8>,
    /// H of each tick so far, for layers with dynamic thresholds.
    pub entropies: Vec<f32>,
    /// Who fires at the present tick, ascending.
    pub firing: Vec<u32>,
    pub train: SpikeTrain,
    pub tally: Tally,
}

impl Population {
    /// The state at the start of a clip with these threshold cues.
    pub fn reset(&mut self, layer: &Layer, cues: &[f32]) {
        let n = layer.neurons();
        for zeroed in [&mut self.lif.membranes, &mut self.charged, &mut self.traces, &mut self.cues, &mut self.currents]
        {
            zeroed.reset(n, 0.0);
        }
        self.fired.clear();
        self.fired.resize(n.next_multiple_of(LANE), 0);
        self.thresholds.reset(n, layer.threshold.initial());
        if !cues.is_empty() {
            self.cues.as_mut_slice().copy_from_slice(cues);
        }
        self.entropies.clear();
        self.train.reset(n);
        self.tally.counts = LayerCounts::default();
    }

    /// The cues for `tick`, from the tick before.
    pub fn cues_at(&self, tick: usize, pooling: &[f32]) -> Option<Cues> {
        let before = tick.checked_sub(1)?;
        let entropy = *self.entropies.get(before)?;
        Some(Cues { entropy, pooling: pooling.get(before).copied().unwrap_or(0.0) })
    }

    /// Every neuron goes through one tick with its entry of `currents`; `firing` becomes those that fire. `cues`: of the
    /// tick before; none for the first tick and for fixed thresholds.
    pub fn step_all(&mut self, layer: &Layer, cues: Option<Cues>) {
        let n = layer.neurons() as u64;
        self.tally.add(|counts| {
            counts.membrane_updates += n;
            counts.threshold_updates += if cues.is_some() { n } else { 0 };
        });
        simd(
            #[inline(always)]
            || {
                self.step_lanes(layer, cues);
                self.find_firing(layer.neurons());
            },
        );
    }

    #[inline(always)]
    fn step_lanes(&mut self, layer: &Layer, cues: Option<Cues>) {
        let membranes = self.lif.membranes.padded_mut();
        let n = membranes.len();
        let (bias, currents) = (&layer.bias.padded()[..n], &self.currents.padded()[..n]);
        let (thresholds, charged) = (&mut self.thresholds.padded_mut()[..n], &mut self.charged.padded_mut()[..n]);
        let (traces, own) = (&mut self.traces.padded_mut()[..n], &self.cues.padded()[..n]);
        let fired = &mut self.fired[..n];
        let lif = layer.lif;
        if let (LayerThreshold::Dynamic(d), Some(cues)) = (&layer.threshold, cues) {
            for i in 0..n {
                thresholds[i] = threshold_step(thresholds[i], own[i], cues.entropy, cues.pooling, traces[i], d);
            }
        }
        for i in 0..n {
            let h = lif_charge(membranes[i], currents[i] + bias[i], &lif);
            let fires = lif_fires(h, thresholds[i]);
            charged[i] = h;
            fired[i] = u8::from(fires);
            membranes[i] = lif_reset(h, thresholds[i], fires, lif.reset);
        }
        if let LayerThreshold::Dynamic(d) = &layer.threshold {
            for i in 0..n {
                traces[i] = trace_step(traces[i], f32::from(fired[i]), d);
            }
        }
    }

    /// Makes `firing` the places of the ones in `fired`, eight at a time and without a branch: who fires cannot be foreseen.
    #[inline(always)]
    fn find_firing(&mut self, n: usize) {
        self.fired[n..].fill(0);
        self.firing.resize(self.fired.len() + 8, 0);
        let (firing, mut count) = (&mut self.firing[..], 0);
        for (start, ones) in (0..).step_by(8).zip(self.fired.as_chunks::<8>().0) {
            // The product moves the one of byte i to bit 56 + i.
            let ones = u64::from_le_bytes(*ones).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            let mut places = [start; 8];
            for k in 0..8 {
                places[k] += u32::from(PLACES[ones as usize][k]);
            }
            firing[count..][..8].copy_from_slice(&places);
            count += ones.count_ones() as usize;
        }
        self.firing.truncate(count);
    }

    /// Writes the present tick down: spikes, entropy, counts.
    pub fn record(&mut self, layer: &Layer) {
        self.tally.add(|counts| counts.spikes += self.firing.len() as u64);
        self.train.append(&self.firing);
        if let LayerThreshold::Dynamic(_) = layer.threshold {
            self.tally.add(|counts| counts.entropies += 1);
            self.entropies.push(entropy(self.firing.len() as f32 / layer.neurons() as f32));
        }
    }

    /// Shows the state, which must be that of the end of `tick`.
    pub fn show(&self, layer: usize, tick: usize, probe: &mut dyn Observer) {
        let (charged, membranes) = (self.charged.as_slice(), self.lif.membranes.as_slice());
        probe.tick(layer, tick, Snapshot { charged, membranes, thresholds: self.thresholds.as_slice() });
    }
}
