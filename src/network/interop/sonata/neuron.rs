//! Neurons: NEST's `iaf_psc_alpha`.

use crate::error::{Error, Result};
use crate::network::population::{Arithmetic, Population, Threshold};
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::linear::{Form, Leak, Neuron};
use serde::Deserialize;
use std::path::Path;

/// Parameters of `iaf_psc_alpha` with NEST's defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct IafPscAlpha {
    #[serde(rename = "C_m")]
    c_m: f64,
    tau_m: f64,
    t_ref: f64,
    #[serde(rename = "E_L")]
    e_l: f64,
    #[serde(rename = "V_th")]
    v_th: f64,
    #[serde(rename = "V_reset")]
    v_reset: f64,
    #[serde(rename = "V_m")]
    v_m: f64,
    #[serde(rename = "I_e")]
    i_e: f64,
    tau_syn_ex: f64,
    tau_syn_in: f64,
}

impl Default for IafPscAlpha {
    fn default() -> Self {
        IafPscAlpha {
            c_m: 250.0,
            tau_m: 10.0,
            t_ref: 2.0,
            e_l: -70.0,
            v_th: -55.0,
            v_reset: -70.0,
            v_m: -70.0,
            i_e: 0.0,
            tau_syn_ex: 2.0,
            tau_syn_in: 2.0,
        }
    }
}

/// The receptors of a neuron.
pub(super) const EXCITATORY: usize = 0;
pub(super) const INHIBITORY: usize = 1;

impl IafPscAlpha {
    pub fn population(&self, path: &Path, name: String, size: u32, dt_ms: f64) -> Result<Population> {
        let fail = |field: &str, problem: String| Err(Error::file(path, format!("'{field}' {problem}")));
        let positive = [
            ("C_m", self.c_m),
            ("tau_m", self.tau_m),
            ("tau_syn_ex", self.tau_syn_ex),
            ("tau_syn_in", self.tau_syn_in),
        ];
        for (field, value) in positive {
            if !(value.is_finite() && value > 0.0) {
                return fail(field, format!("is {value}: expected a positive number"));
            }
        }
        if !(self.t_ref.is_finite() && self.t_ref >= 0.0 && self.t_ref / dt_ms < f64::from(u32::MAX)) {
            return fail("t_ref", format!("is {}: expected a time in ms", self.t_ref));
        }
        if self.v_reset >= self.v_th {
            return fail("V_reset", format!("is {}, which is not below V_th, {}", self.v_reset, self.v_th));
        }
        // MOhm times nA, or GOhm times pA, is mV.
        let resistance = self.tau_m / self.c_m;
        let leak = Leak {
            tau_ms: Some(self.tau_m),
            rest_mv: self.e_l,
            bias_mv: resistance * self.i_e,
            dt_ms,
            form: Form::Exact,
        };
        let (retention, steady, drive) = leak.coefficients();
        let neuron = Neuron {
            retention,
            steady,
            drive,
            reset: Reset::To(self.v_reset),
            refractory: (self.t_ref / dt_ms).round() as u32,
            keep_refractory_input: false,
            strict: false,
            receptors: vec![leak.alpha(self.tau_syn_ex, resistance), leak.alpha(self.tau_syn_in, resistance)],
        };
        Ok(Population {
            name,
            size,
            neuron,
            threshold: Threshold::Fixed(self.v_th),
            initial_mv: vec![self.v_m],
            each: None,
            arithmetic: Arithmetic::Double,
        })
    }
}
