//! Leaky integrate-and-fire neuron in discrete time. [Example](crate::spiking#example).
//!
//! Per tick, with input current I\[t\] (bias included), membrane u, threshold theta\[t\]:
//! ```text
//! h[t] = u[t-1] + (I[t] - u[t-1]) / tau        decay_input
//! h[t] = u[t-1] - u[t-1] / tau + I[t]          otherwise
//! s[t] = 1 if h[t] >= theta[t], else 0
//! u[t] = h[t] (1 - s[t]) + v s[t]              reset to v
//! u[t] = h[t] - theta[t] s[t]                  reset by subtraction
//! ```
//! u before the first tick is 0. There is no refractory period: a neuron may fire at every tick.
//!
//! | parameter | unit | domain | meaning |
//! |---|---|---|---|
//! | `tau` | ticks | >= 1 | membrane time constant |
//! | `decay_input` | | | whether the input is divided by tau as well |
//! | `reset` | | | to a value, or by subtraction |
//!
//! u, h, I and theta share one unit, that of the threshold.
//!
//! The two forms are those of SpikingJelly's `LIFNode` with `v_reset = 0` or `None` (Fang et al.,
//! Science Advances 9:eadi1480, 2023). Its division by tau is kept as a division: a product with 1
//! / tau rounds differently.

use super::reset::Reset;
use crate::base::aligned::Lanes;
use crate::error::{Error, Result};

/// What a user sets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LifParams {
    /// Membrane time constant in ticks, >= 1.
    pub tau: f32,
    /// Whether the input is divided by tau as well.
    pub decay_input: bool,
    /// What happens when the neuron fires.
    pub reset: Reset<f32>,
}

/// The state of a population.
#[derive(Debug, Clone, Default)]
pub struct LifState {
    /// u of each neuron.
    pub membranes: Lanes,
}

/// What the step needs, computed once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LifDerived {
    /// Membrane time constant in ticks.
    pub tau: f32,
    /// Whether the input is divided by tau as well.
    pub decay_input: bool,
    /// What happens when the neuron fires.
    pub reset: Reset<f32>,
    /// ln(1 - 1 / tau), the logarithm of what is left of a membrane after a tick; minus infinity
    /// for tau = 1.
    pub log_retention: f64,
    /// The membrane at which a constant current of 1 holds an idle neuron: 1, or tau without
    /// `decay_input`.
    pub rest_gain: f32,
}

impl LifParams {
    /// The derived values.
    ///
    /// # Errors
    /// If tau is not a finite number >= 1: the membrane would overshoot its input.
    pub fn derive(&self) -> Result<LifDerived> {
        let LifParams { tau, decay_input, reset } = *self;
        if !(tau >= 1.0 && tau.is_finite()) {
            return Err(Error::value("tau", format!("{tau} is not a finite number >= 1")));
        }
        let log_retention = (-1.0 / f64::from(tau)).ln_1p();
        Ok(LifDerived { tau, decay_input, reset, log_retention, rest_gain: if decay_input { 1.0 } else { tau } })
    }
}

/// The membrane h before the comparison, from u and the current I.
#[inline(always)]
pub fn lif_charge(membrane: f32, current: f32, lif: &LifDerived) -> f32 {
    if lif.decay_input { membrane + (current - membrane) / lif.tau } else { membrane - membrane / lif.tau + current }
}

/// Whether the neuron fires.
#[inline(always)]
pub fn lif_fires(charged: f32, threshold: f32) -> bool {
    charged >= threshold
}

/// The membrane u after the comparison.
#[inline(always)]
pub fn lif_reset(charged: f32, threshold: f32, fires: bool, reset: Reset<f32>) -> f32 {
    let after = match reset {
        Reset::To(membrane) => membrane,
        Reset::Subtract => charged - threshold,
    };
    if fires { after } else { charged }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_membrane_decays_by_the_same_factor_in_both_forms() {
        for decay_input in [true, false] {
            let lif = LifParams { tau: 4.0, decay_input, reset: Reset::To(0.0) }.derive().unwrap();
            assert_eq!(lif_charge(1.0, 0.0, &lif), 0.75);
            assert_eq!(lif.log_retention.exp(), 0.75);
            let rest = lif.rest_gain * 0.5;
            assert_eq!(lif_charge(rest, 0.5, &lif), rest);
        }
    }

    #[test]
    fn impossible_time_constants_are_refused() {
        for tau in [0.5, 0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(LifParams { tau, decay_input: true, reset: Reset::Subtract }.derive().is_err());
        }
    }
}
