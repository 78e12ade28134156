//! Firing thresholds: fixed, or driven by cues that arrive while the clip runs.
//! [Example](super#example).
//!
//! Dynamic, for neuron i of a layer and one clip (STFT eq. 9: Li, Wang, Xiong, Fan, IEEE TIP
//! 33:4840, 2024), theta\[0\] = theta_0:
//! ```text
//! theta[t+1] = 0.5 theta[t] + 0.5 clamp(theta_0 + cue_i + c_h H[t] + c_g gbar[t] + c_r trace_i[t], theta_min, theta_max)
//! trace[t]   = rho trace[t-1] + s[t],  trace[-1] = 0
//! H[t]       = binary entropy in bits of the layer's mean firing rate at t
//! ```
//! cue_i: per neuron and clip, from the dense branch; gbar\[t\]: per clip and tick, from the
//! input's pooling.

use crate::error::{Error, Result};

/// The thresholds of a layer.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerThreshold {
    /// The same value for every neuron, at all times.
    Fixed(f32),
    /// One per neuron, moving.
    Dynamic(DynamicThreshold),
}

/// Parameters of a dynamic threshold. Thresholds and gains are in units of the membrane.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DynamicThreshold {
    /// Value at the first tick and centre of the cues.
    pub theta_0: f32,
    /// Lowest value.
    pub theta_min: f32,
    /// Highest value.
    pub theta_max: f32,
    /// c_h, gain of the entropy of the layer's rate.
    pub gain_entropy: f32,
    /// c_g, gain of the pooling cue.
    pub gain_pooling: f32,
    /// c_r, gain of the neuron's own trace.
    pub gain_trace: f32,
    /// rho, what a tick leaves of the trace, in \[0, 1\].
    pub trace_decay: f32,
}

impl LayerThreshold {
    /// The threshold at the first tick.
    pub fn initial(&self) -> f32 {
        match self {
            LayerThreshold::Fixed(theta) => *theta,
            LayerThreshold::Dynamic(dynamic) => dynamic.theta_0,
        }
    }

    /// # Errors
    /// If a value is not finite, the bounds are in the wrong order or the trace would grow.
    pub(crate) fn validate(&self) -> Result<()> {
        let finite = |name: &str, value: f32| match value.is_finite() {
            true => Ok(()),
            false => Err(Error::value(name, format!("{value} is not finite"))),
        };
        let d = match self {
            LayerThreshold::Fixed(theta) => return finite("threshold", *theta),
            LayerThreshold::Dynamic(dynamic) => dynamic,
        };
        finite("theta_0", d.theta_0)?;
        finite("theta_min", d.theta_min)?;
        finite("theta_max", d.theta_max)?;
        finite("gain_entropy", d.gain_entropy)?;
        finite("gain_pooling", d.gain_pooling)?;
        finite("gain_trace", d.gain_trace)?;
        if d.theta_min > d.theta_max {
            return Err(Error::value("theta_min", format!("{} is above theta_max {}", d.theta_min, d.theta_max)));
        }
        if !(0.0..=1.0).contains(&d.trace_decay) {
            return Err(Error::value("trace_decay", format!("{} is outside [0, 1]", d.trace_decay)));
        }
        Ok(())
    }
}

/// Binary entropy in bits of a firing rate, which is first kept in \[1e-4, 1 - 1e-4\].
pub fn entropy(rate: f32) -> f32 {
    let p = rate.clamp(1e-4, 1.0 - 1e-4);
    let q = 1.0 - p;
    -(p * p.log2() + q * q.log2())
}

/// What the cues ask the threshold to be, within its bounds. A sum that is no number asks for the
/// lower bound.
#[inline(always)]
pub fn threshold_target(cue: f32, entropy: f32, pooling: f32, trace: f32, d: &DynamicThreshold) -> f32 {
    threshold_bounded(cue, d.gain_entropy * entropy, d.gain_pooling * pooling, d.gain_trace * trace, d)
}

/// [`threshold_target`] from the products of gain and cue. Rounded addition and the bounds are
/// monotone, so lower products never give a higher target.
#[inline(always)]
pub(crate) fn threshold_bounded(cue: f32, entropy: f32, pooling: f32, trace: f32, d: &DynamicThreshold) -> f32 {
    let sum = d.theta_0 + cue + entropy + pooling + trace;
    // Selections, not f32::max and f32::min: those may return either zero of 0.0 and -0.0,
    // differently in vector code.
    let raised = if sum >= d.theta_min { sum } else { d.theta_min };
    if raised > d.theta_max { d.theta_max } else { raised }
}

/// theta\[t+1\] from theta\[t\], the neuron's cue, H\[t\], gbar\[t\] and trace\[t\].
#[inline(always)]
pub fn threshold_step(threshold: f32, cue: f32, entropy: f32, pooling: f32, trace: f32, d: &DynamicThreshold) -> f32 {
    0.5 * threshold + 0.5 * threshold_target(cue, entropy, pooling, trace, d)
}

/// trace\[t\] from trace\[t-1\] and the spike at t, 0 or 1.
#[inline(always)]
pub fn trace_step(trace: f32, spike: f32, d: &DynamicThreshold) -> f32 {
    d.trace_decay * trace + spike
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: DynamicThreshold = DynamicThreshold {
        theta_0: 1.0,
        theta_min: 0.25,
        theta_max: 2.0,
        gain_entropy: 0.5,
        gain_pooling: -0.25,
        gain_trace: 0.125,
        trace_decay: 0.5,
    };

    #[test]
    fn entropy_has_its_closed_form_values() {
        assert_eq!(entropy(0.5), 1.0);
        assert!((entropy(0.25) - (2.0 - 0.75 * 3_f32.log2())).abs() < 1e-6);
        assert_eq!((entropy(0.0), entropy(1.0)), (entropy(1e-4), entropy(1.0 - 1e-4)));
    }

    #[test]
    fn a_step_goes_half_way_to_the_bounded_target() {
        assert_eq!(threshold_step(1.0, 0.25, 0.5, 1.0, 2.0, &D), 0.5 + 0.5 * 1.5);
        assert_eq!(threshold_step(1.0, 9.0, 0.0, 0.0, 0.0, &D), 1.5);
        assert_eq!(threshold_step(1.0, -9.0, 0.0, 0.0, 0.0, &D), 0.625);
        assert_eq!(trace_step(1.0, 1.0, &D), 1.5);
    }

    #[test]
    fn impossible_parameters_are_refused() {
        assert!(LayerThreshold::Dynamic(D).validate().is_ok());
        for bad in [
            DynamicThreshold { theta_min: 3.0, ..D },
            DynamicThreshold { trace_decay: 1.5, ..D },
            DynamicThreshold { trace_decay: f32::NAN, ..D },
            DynamicThreshold { gain_trace: f32::INFINITY, ..D },
        ] {
            assert!(LayerThreshold::Dynamic(bad).validate().is_err());
        }
        assert!(LayerThreshold::Fixed(f32::NAN).validate().is_err());
    }
}
