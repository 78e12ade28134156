//! Populations in fixed point.

use super::compiler::Compiler;
use crate::network::population::{Arithmetic, Population, Threshold};
use crate::network::problem::{Checked, Problem};
use crate::network::spec::{FixedPointCubaLif, PopulationSpec, ResetSpec};
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::fixed_point::{FixedPoint, LARGEST_EXPONENT, WHOLE_DECAY};

impl Compiler<'_> {
    /// Population `n`, whose neuron is `neuron`.
    pub(super) fn fixed_point(&mut self, n: usize, neuron: &FixedPointCubaLif) -> Checked<Population> {
        let PopulationSpec { name, size, receptors, initial, each, .. } = &self.spec.populations[n];
        let &FixedPointCubaLif { current_decay, voltage_decay, v_th, weight_exponent, ref reset } = neuron;
        let at = |field: &str| format!("populations[{n}].{field}");
        for (field, value, most) in [
            ("current_decay", current_decay, WHOLE_DECAY),
            ("voltage_decay", voltage_decay, WHOLE_DECAY),
            ("weight_exponent", weight_exponent, LARGEST_EXPONENT),
        ] {
            if value > most {
                let message = format!("{value}: expected a number from 0 to {most}");
                return Err(Problem::new(at(&format!("neuron.{field}")), message));
            }
        }
        if !receptors.is_empty() {
            return Err(Problem::new(at("receptors"), "expected none: FixedPointCubaLif has its own, `input`"));
        }
        if each.is_some() {
            return Err(Problem::new(at("each"), "expected none: neurons of FixedPointCubaLif are alike"));
        }
        let reset = match reset {
            None => Reset::To(0.0),
            Some(ResetSpec::Hard { v_reset_mv }) => Reset::To(*v_reset_mv),
            Some(ResetSpec::Soft) => Reset::Subtract,
        };
        if let Reset::To(value) = reset
            && value > f64::from(v_th)
        {
            let message = format!("{value}: expected a membrane that is not above the threshold, {v_th}");
            return Err(Problem::new(at("neuron.reset.v_reset_mv"), message));
        }
        let initial_mv = self.initial(n, initial, *size, 0.0)?;
        Ok(Population {
            name: name.clone(),
            size: *size,
            neuron: FixedPoint { current_decay, voltage_decay, weight_exponent }.neuron(reset),
            threshold: Threshold::Fixed(v_th.into()),
            initial_mv,
            each: None,
            arithmetic: Arithmetic::FixedPoint,
        })
    }
}
