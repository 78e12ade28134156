//! Neuron models with their parameters.

use super::array_file::ArrayFile;
use super::fields::{defaults, parameters, variants};
use serde::{Deserialize, Serialize};

/// A neuron model. Names and equations as in NIR where NIR has them;
/// [`crate::spiking::neuron::linear`] has what a tick does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum NeuronSpec {
    /// Integrate and fire: dV/dt = R (I + bias) / (1 ms).
    If(If),
    /// Leaky integrate and fire: tau_m dV/dt = -(V - v_rest) + R (I + bias).
    Lif(Lif),
    /// Integrator: as [`NeuronSpec::If`], never fires.
    I(I),
    /// Leaky integrator: as [`NeuronSpec::Lif`], never fires.
    Li(Li),
    /// LIF whose input is an exponential current.
    CubaLif(CubaLif),
    /// LIF whose threshold jumps at its own spikes and decays.
    Alif(Alif),
    /// CUBA LIF in whole numbers, as on chips.
    FixedPointCubaLif(FixedPointCubaLif),
}

defaults! {
    /// Parameters of [`NeuronSpec::If`].
    If {
        /// R; default 1.
        r_m_gohm: f64 = 1.0,
        /// Constant current; default 0.
        bias_pa: f64 = 0.0,
        /// Default: fixed at 20 mV.
        threshold: ThresholdSpec = ThresholdSpec::default(),
        /// Default: to 0 mV.
        #[serde(skip_serializing_if = "Option::is_none")]
        reset: Option<ResetSpec> = None,
        /// How long after a spike the membrane rests; default 0.
        refractory_ms: f64 = 0.0,
        /// Default: dropped.
        refractory_input: RefractoryInput = RefractoryInput::Drop,
        /// Default: at least.
        compare: Compare = Compare::AtLeast,
        /// Default: exact.
        form: FormSpec = FormSpec::Exact,
    }
}

defaults! {
    /// Parameters of [`NeuronSpec::Lif`].
    Lif {
        /// Membrane time constant; default 20.
        tau_m_ms: f64 = 20.0,
        /// Resting membrane; default 0.
        v_rest_mv: f64 = 0.0,
        /// R; default 1.
        r_m_gohm: f64 = 1.0,
        /// Constant current; default 0.
        bias_pa: f64 = 0.0,
        /// Default: fixed at 20 mV.
        threshold: ThresholdSpec = ThresholdSpec::default(),
        /// Default: to the resting membrane.
        #[serde(skip_serializing_if = "Option::is_none")]
        reset: Option<ResetSpec> = None,
        /// How long after a spike the membrane rests; default 0.
        refractory_ms: f64 = 0.0,
        /// Default: dropped.
        refractory_input: RefractoryInput = RefractoryInput::Drop,
        /// Default: at least.
        compare: Compare = Compare::AtLeast,
        /// Default: exact.
        form: FormSpec = FormSpec::Exact,
    }
}

defaults! {
    /// Parameters of [`NeuronSpec::I`].
    I {
        /// R; default 1.
        r_m_gohm: f64 = 1.0,
        /// Constant current; default 0.
        bias_pa: f64 = 0.0,
        /// Default: exact.
        form: FormSpec = FormSpec::Exact,
    }
}

defaults! {
    /// Parameters of [`NeuronSpec::Li`].
    Li {
        /// Membrane time constant; default 20.
        tau_m_ms: f64 = 20.0,
        /// Resting membrane; default 0.
        v_rest_mv: f64 = 0.0,
        /// R; default 1.
        r_m_gohm: f64 = 1.0,
        /// Constant current; default 0.
        bias_pa: f64 = 0.0,
        /// Default: exact.
        form: FormSpec = FormSpec::Exact,
    }
}

defaults! {
    /// Parameters of [`NeuronSpec::CubaLif`].
    CubaLif {
        /// Membrane time constant; default 20.
        tau_m_ms: f64 = 20.0,
        /// Time constant of the synaptic current where the population names no receptors; default
        /// 5.
        #[serde(skip_serializing_if = "Option::is_none")]
        tau_syn_ms: Option<f64> = None,
        /// Resting membrane; default 0.
        v_rest_mv: f64 = 0.0,
        /// R; default 1.
        r_m_gohm: f64 = 1.0,
        /// Constant current; default 0.
        bias_pa: f64 = 0.0,
        /// Default: fixed at 20 mV.
        threshold: ThresholdSpec = ThresholdSpec::default(),
        /// Default: to the resting membrane.
        #[serde(skip_serializing_if = "Option::is_none")]
        reset: Option<ResetSpec> = None,
        /// How long after a spike the membrane rests; default 0.
        refractory_ms: f64 = 0.0,
        /// Default: dropped.
        refractory_input: RefractoryInput = RefractoryInput::Drop,
        /// Default: at least.
        compare: Compare = Compare::AtLeast,
        /// Default: exact.
        form: FormSpec = FormSpec::Exact,
    }
}

defaults! {
    /// Parameters of [`NeuronSpec::Alif`]: threshold v_th + a; a jumps by `jump_mv` at each own
    /// spike and decays with `tau_threshold_ms`.
    Alif {
        /// Membrane time constant; default 20.
        tau_m_ms: f64 = 20.0,
        /// Resting membrane; default 0.
        v_rest_mv: f64 = 0.0,
        /// R; default 1.
        r_m_gohm: f64 = 1.0,
        /// Constant current; default 0.
        bias_pa: f64 = 0.0,
        /// Threshold without spikes; default 20.
        v_th_mv: f64 = 20.0,
        /// What a spike adds to it; default 2.
        jump_mv: f64 = 2.0,
        /// Time constant of that part of the threshold; default 100.
        tau_threshold_ms: f64 = 100.0,
        /// Default: to the resting membrane.
        #[serde(skip_serializing_if = "Option::is_none")]
        reset: Option<ResetSpec> = None,
        /// How long after a spike the membrane rests; default 0.
        refractory_ms: f64 = 0.0,
        /// Default: dropped.
        refractory_input: RefractoryInput = RefractoryInput::Drop,
        /// Default: at least.
        compare: Compare = Compare::AtLeast,
        /// Default: exact.
        form: FormSpec = FormSpec::Exact,
    }
}

parameters! {
    /// Parameters of [`NeuronSpec::FixedPointCubaLif`]: [`crate::spiking::neuron::fixed_point`] has
    /// its equations. Weights and states are whole; a unit of the membrane is recorded as 1 mV.
    FixedPointCubaLif new {
        /// What the current loses in a tick, in parts of 4096.
        current_decay: u32,
        /// What the membrane loses in a tick, in parts of 4096.
        voltage_decay: u32,
        /// It fires above this membrane.
        v_th: i32,
    } {
        /// A weight of 1 raises the current by 2 to the power of this; default 6.
        #[serde(default = "six")]
        weight_exponent: u32 = six(),
        /// Default: to 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reset: Option<ResetSpec> = None,
    }
}

fn six() -> u32 {
    6
}

variants! { NeuronSpec: If Lif I Li CubaLif Alif FixedPointCubaLif }

/// [`CubaLif::tau_syn_ms`] where neither it nor a receptor is given.
pub const DEFAULT_TAU_SYN_MS: f64 = 5.0;

/// When a neuron fires.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ThresholdSpec {
    /// At this membrane.
    Fixed {
        /// mV.
        v_th_mv: f64,
    },
    /// At v_th + a; a jumps at each own spike and decays.
    Adaptive {
        /// Without spikes, mV.
        v_th_mv: f64,
        /// What a spike adds, mV.
        jump_mv: f64,
        /// Time constant of the decay.
        tau_ms: f64,
    },
    /// From a file with a value in mV per tick, `[ticks]` for all neurons or `[ticks, size]`; the
    /// last row holds from then on.
    Cue {
        /// `.npy` or `.csv`, or a tensor.
        file: ArrayFile,
    },
}

impl ThresholdSpec {
    /// A fixed threshold in mV.
    pub fn fixed_mv(v_th_mv: impl Into<f64>) -> ThresholdSpec {
        ThresholdSpec::Fixed { v_th_mv: v_th_mv.into() }
    }
}

impl Default for ThresholdSpec {
    fn default() -> Self {
        ThresholdSpec::Fixed { v_th_mv: 20.0 }
    }
}

/// What a spike does to the membrane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ResetSpec {
    /// It becomes this.
    Hard {
        /// mV.
        v_reset_mv: f64,
    },
    /// The threshold is subtracted.
    Soft,
}

/// What becomes of delta arrivals in refractory ticks. Currents go on in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefractoryInput {
    /// They are lost.
    Drop,
    /// They decay as the membrane would have let them and are added at the end.
    Keep,
}

/// Whether a membrane exactly at the threshold fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compare {
    /// It does.
    AtLeast,
    /// It does not (as in NIR and Norse).
    Above,
}

/// How time constants become factors of one tick ([`crate::spiking::neuron::linear::Form`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum FormSpec {
    /// exp(-dt / tau).
    Exact,
    /// 1 - dt / tau.
    Discrete {
        /// Whether arrivals are multiplied by dt / tau as well.
        decay_input: bool,
    },
}
