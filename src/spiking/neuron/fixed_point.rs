//! Current-based leaky integrate-and-fire in whole numbers, as on chips: decays are products with a
//! 12-bit fraction and a shift.
//!
//! Per tick, for current u and membrane v, both whole:
//! ```text
//! u <- dec(u, current_decay) + 2^weight_exponent (W s)
//! v <- dec(v, voltage_decay) + u
//! v > threshold: a spike; v <- reset value, or v - threshold
//! dec(z, d) = sign(z) ((|z| (4096 - d)) >> 12)
//! ```
//! This is the update of Loihi (Davies et al., IEEE Micro 38(1):82, 2018) as Lava has it. A state has
//! 24 bits, its sign included: what would be larger is [`LARGEST`] in magnitude. (Lava's bit-accurate
//! model saturates membranes in the same way, and lets currents wrap around.)
//!
//! What arrives in a tick is added up first, and saturates once, so its order changes nothing.
//!
//! # Example
//! ```
//! use spikefuse::spiking::neuron::fixed_point::{FixedPoint, decay};
//!
//! assert_eq!((decay(1000, 410), decay(-1000, 410), decay(1, 1)), (899, -899, 0));
//! let neuron = FixedPoint { current_decay: 410, voltage_decay: 410, weight_exponent: 6 };
//! assert_eq!(neuron.step(1000, 0, 64.0), (963, 963));
//! ```

use super::linear::{Neuron, Receptor};
use super::reset::Reset;

/// A decay that leaves nothing: decays are counted in parts of 4096.
pub const WHOLE_DECAY: u32 = 4096;

/// The largest magnitude of a state: 24 bits with the sign.
pub const LARGEST: i32 = (1 << 23) - 1;

/// The largest exponent of weights: a weight of 1 is then the largest power of two of a state.
pub const LARGEST_EXPONENT: u32 = 22;

/// Coefficients of a neuron in fixed point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedPoint {
    /// What the current loses in a tick, of [`WHOLE_DECAY`].
    pub current_decay: u32,
    /// What the membrane loses in a tick, of [`WHOLE_DECAY`].
    pub voltage_decay: u32,
    /// A weight of 1 is 2 to the power of this.
    pub weight_exponent: u32,
}

/// sign(z) ((|z| (4096 - d)) >> 12).
#[inline(always)]
pub fn decay(z: i32, d: u32) -> i32 {
    // Division rounds towards 0, and so does the shift of a magnitude.
    (i64::from(z) * i64::from(WHOLE_DECAY.saturating_sub(d)) / i64::from(WHOLE_DECAY)) as i32
}

#[inline(always)]
fn saturated(z: i64) -> i32 {
    z.clamp((-LARGEST).into(), LARGEST.into()) as i32
}

impl FixedPoint {
    /// Current and membrane after a tick in which `input` arrives: the sum of weights times
    /// 2^weight_exponent. One that is no whole number, as from analog values, is rounded to the
    /// nearest.
    #[inline(always)]
    pub fn step(&self, current: i32, membrane: i32, input: f64) -> (i32, i32) {
        // The conversion saturates.
        let current = saturated(i64::from(decay(current, self.current_decay)).saturating_add(input.round() as i64));
        (current, saturated(i64::from(decay(membrane, self.voltage_decay)) + i64::from(current)))
    }

    /// The neuron of which this is the fixed-point form, in real numbers: a CUBA LIF in the discrete
    /// form whose current is felt in the tick in which it arrives.
    pub fn neuron(&self, reset: Reset<f64>) -> Neuron {
        let kept = |decay: u32| f64::from(WHOLE_DECAY.saturating_sub(decay)) / f64::from(WHOLE_DECAY);
        let retention = kept(self.current_decay);
        let gain = f64::from(2_u32.saturating_pow(self.weight_exponent));
        Neuron {
            retention: kept(self.voltage_decay),
            steady: 0.0,
            drive: 0.0,
            reset,
            refractory: 0,
            keep_refractory_input: false,
            strict: true,
            receptors: vec![Receptor::Exponential { retention, into_membrane: retention, gain, gain_now: 1.0 }],
        }
    }

    /// The fixed-point form of a neuron, if it has one.
    pub fn of(neuron: &Neuron) -> Option<FixedPoint> {
        let [Receptor::Exponential { retention, gain, .. }] = neuron.receptors[..] else { return None };
        let decay = |retention: f64| ((1.0 - retention) * f64::from(WHOLE_DECAY)) as u32;
        let made = FixedPoint {
            current_decay: decay(retention),
            voltage_decay: decay(neuron.retention),
            weight_exponent: gain.log2() as u32,
        };
        (made.weight_exponent <= LARGEST_EXPONENT && made.neuron(neuron.reset) == *neuron).then_some(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the definition, shift and sign apart.
    #[test]
    fn decay_is_a_shift_of_the_magnitude() {
        for z in [0, 1, -1, 9, -9, 4095, -4096, 77_777, LARGEST, -LARGEST] {
            for d in [0, 1, 410, 2048, 4095, 4096] {
                let expected = i64::from(z).signum() * ((i64::from(z).abs() * (4096 - i64::from(d))) >> 12);
                assert_eq!(i64::from(decay(z, d)), expected, "{z} {d}");
            }
        }
    }

    #[test]
    fn states_saturate() {
        let keeps = FixedPoint { current_decay: 0, voltage_decay: 0, weight_exponent: 6 };
        assert_eq!(keeps.step(LARGEST, LARGEST, 1.0), (LARGEST, LARGEST));
        assert_eq!(keeps.step(0, 5, -1e300), (-LARGEST, 5 - LARGEST));
        assert_eq!(keeps.step(i32::MAX, i32::MAX, 1e300), (LARGEST, LARGEST));
        assert_eq!(keeps.step(0, 0, 2.5), (3, 3));
    }

    #[test]
    fn every_form_is_found_again() {
        for decay in [0, 1, 410, 4095, 4096] {
            for weight_exponent in [0, 6, LARGEST_EXPONENT] {
                let form = FixedPoint { current_decay: decay, voltage_decay: 4096 - decay, weight_exponent };
                assert_eq!(FixedPoint::of(&form.neuron(Reset::Subtract)), Some(form));
            }
        }
        let mut neuron = FixedPoint { current_decay: 1, voltage_decay: 2, weight_exponent: 3 }.neuron(Reset::To(0.0));
        neuron.retention += 1e-9;
        assert_eq!(FixedPoint::of(&neuron), None);
    }
}
