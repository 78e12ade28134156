//! The state of one layer in one clip and its step, vectorised over the neurons. Both drivers use it.

use super::{Layer, Probe, Snapshot};
use crate::counts::LayerCounts;
use crate::event::SpikeTrain;
use crate::lanes::{LANE, Lanes};
use crate::neuron::lif::{LifState, lif_charge, lif_fires, lif_reset};
use crate::threshold::{Threshold, entropy, threshold_step, trace_step};
use pulp::Arch;

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
    /// 1.0 where a neuron fired in the last whole-layer step, else 0.0.
    pub fired: Lanes,
    /// H of each tick so far, for layers with dynamic thresholds.
    pub entropies: Vec<f32>,
    /// Who fires at the present tick, ascending.
    pub firing: Vec<u32>,
    pub train: SpikeTrain,
    pub counts: LayerCounts,
}

impl Population {
    /// The state at the start of a clip with these threshold cues.
    pub fn reset(&mut self, layer: &Layer, cues: &[f32]) {
        let n = layer.neurons();
        for zeroed in [
            &mut self.lif.membranes,
            &mut self.charged,
            &mut self.traces,
            &mut self.cues,
            &mut self.currents,
            &mut self.fired,
        ] {
            zeroed.reset(n, 0.0);
        }
        self.thresholds.reset(n, layer.threshold.initial());
        if !cues.is_empty() {
            self.cues.as_mut_slice().copy_from_slice(cues);
        }
        self.entropies.clear();
        self.train.reset(n);
        self.counts = LayerCounts::default();
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
        self.counts.membrane_updates += n;
        if cues.is_some() {
            self.counts.threshold_updates += n;
        }
        Arch::new().dispatch(
            #[inline(always)]
            || {
                self.step_lanes(layer, cues);
                self.find_firing();
            },
        );
    }

    #[inline(always)]
    fn step_lanes(&mut self, layer: &Layer, cues: Option<Cues>) {
        let membranes = self.lif.membranes.lanes_mut();
        let lanes = membranes.len();
        let (bias, currents) = (&layer.bias.lanes()[..lanes], &self.currents.lanes()[..lanes]);
        let thresholds = &mut self.thresholds.lanes_mut()[..lanes];
        let (charged, fired) = (&mut self.charged.lanes_mut()[..lanes], &mut self.fired.lanes_mut()[..lanes]);
        let (traces, own) = (&mut self.traces.lanes_mut()[..lanes], &self.cues.lanes()[..lanes]);
        let lif = layer.lif;
        if let (Threshold::Dynamic(d), Some(cues)) = (&layer.threshold, cues) {
            for l in 0..lanes {
                for k in 0..LANE {
                    let theta = &mut thresholds[l].0[k];
                    *theta = threshold_step(*theta, own[l].0[k], cues.entropy, cues.pooling, traces[l].0[k], d);
                }
            }
        }
        for l in 0..lanes {
            for k in 0..LANE {
                let theta = thresholds[l].0[k];
                let h = lif_charge(membranes[l].0[k], currents[l].0[k] + bias[l].0[k], &lif);
                let fires = lif_fires(h, theta);
                charged[l].0[k] = h;
                fired[l].0[k] = if fires { 1.0 } else { 0.0 };
                membranes[l].0[k] = lif_reset(h, theta, fires, lif.reset);
            }
        }
        if let Threshold::Dynamic(d) = &layer.threshold {
            for l in 0..lanes {
                for k in 0..LANE {
                    traces[l].0[k] = trace_step(traces[l].0[k], fired[l].0[k], d);
                }
            }
        }
    }

    /// Makes `firing` the places of the ones in `fired`: 16 comparisons become one word, whose bits are taken one by one.
    #[inline(always)]
    fn find_firing(&mut self) {
        self.firing.clear();
        let n = self.fired.as_slice().len();
        for (l, lane) in self.fired.lanes().iter().enumerate() {
            let mut bits = 0_u32;
            for k in 0..LANE {
                bits |= u32::from(lane.0[k] != 0.0) << k;
            }
            let start = l * LANE;
            if n - start < LANE {
                bits &= (1 << (n - start)) - 1;
            }
            while bits != 0 {
                self.firing.push(start as u32 + bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
    }

    /// Writes the present tick down: spikes, entropy, counts.
    pub fn record(&mut self, layer: &Layer) {
        self.counts.spikes += self.firing.len() as u64;
        self.train.append(&self.firing);
        if let Threshold::Dynamic(_) = layer.threshold {
            self.counts.entropies += 1;
            self.entropies.push(entropy(self.firing.len() as f32 / layer.neurons() as f32));
        }
    }

    /// Shows the state, which must be that of the end of `tick`.
    pub fn show(&self, layer: usize, tick: usize, probe: &mut dyn Probe) {
        let (charged, membranes) = (self.charged.as_slice(), self.lif.membranes.as_slice());
        probe.tick(layer, tick, Snapshot { charged, membranes, thresholds: self.thresholds.as_slice() });
    }
}
