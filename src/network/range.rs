//! Numbers of a network that are finite, and stay so when they are multiplied and summed up.

use super::place::Problem;
use super::{Emits, Network, Origin, Projection, Rule, Threshold, Weights};
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::linear::Receptor;

/// The largest magnitude of a number of a network, and of what one value adds to a state: sums of 2^32 of them over 2^32 ticks are
/// finite.
pub const LARGEST: f64 = 1e280;

/// Whether a number is finite and not too large.
pub(super) fn in_range(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// The largest magnitude; NaN if one is.
fn largest(values: &[f64]) -> f64 {
    let larger = |most: f64, value: f64| if most.is_nan() || value <= most { most } else { value };
    values.iter().map(|value| value.abs()).fold(0.0, larger)
}

impl Projection {
    /// The greatest magnitude that a weight can have.
    pub fn strongest(&self) -> f64 {
        let weight = match &self.weights {
            Weights::Constant(weight) => weight.abs(),
            Weights::Uniform { low, high, .. } => low.abs().max(high.abs()),
            // Box-Muller stays below 9 standard deviations.
            Weights::Normal { mean, sd, .. } => mean.abs() + 9.0 * sd,
            Weights::Each(weights) => largest(weights),
        };
        match &self.rule {
            Rule::Matrix(own) => largest(own) * weight,
            _ => weight,
        }
    }
}

/// The most that an arrival of 1 adds to a state.
fn gain(receptor: &Receptor) -> f64 {
    let factors = match *receptor {
        Receptor::Delta { gain } => vec![gain],
        Receptor::Exponential { into_membrane, gain, gain_now, .. } => vec![gain, gain_now, gain * into_membrane],
        Receptor::Alpha { rise, into_membrane, rise_into_membrane, gain, .. } => {
            vec![gain, gain * rise, gain * rise_into_membrane, gain * rise * into_membrane]
        }
    };
    largest(&factors)
}

impl Network {
    /// Refuses weights, inputs and states that are not finite or, added up, might not stay so.
    ///
    /// # Errors
    /// With the field.
    pub fn check_range(&self) -> Result<(), Problem> {
        let refuse = |field: String, value: f64| {
            Err(Problem::new(field, format!("{value:e}: expected a finite number of at most {LARGEST:e}")))
        };
        for (n, population) in self.populations.iter().enumerate() {
            let threshold = match &population.threshold {
                Threshold::Never => 0.0,
                Threshold::Fixed(value) => value.abs(),
                Threshold::Adaptive { base, jump, .. } => largest(&[*base, *jump]),
                Threshold::Cue { values, .. } => largest(values),
            };
            let reset = match population.neuron.reset {
                Reset::To(value) => value,
                Reset::Subtract => 0.0,
            };
            for (field, value) in [
                ("neuron.threshold", threshold),
                ("neuron.reset", reset),
                ("neuron.bias_pa", largest(&[population.neuron.steady, population.neuron.drive])),
                ("initial", largest(&population.initial_mv)),
            ] {
                if !in_range(value) {
                    return refuse(format!("populations[{n}].{field}"), value);
                }
            }
        }
        for (n, projection) in self.projections.iter().enumerate() {
            let field = format!("projections[{n}].weight");
            let (input, of) = match projection.from {
                Origin::Source(s) => match &self.sources[s].emits {
                    Emits::Frames { values, .. } => (largest(values), " times the largest value of its source"),
                    _ => (1.0, ""),
                },
                Origin::Population(_) => (1.0, ""),
            };
            let gain = gain(&self.populations[projection.to].neuron.receptors[projection.receptor]);
            let product = projection.strongest() * input * gain;
            if !in_range(product) {
                let message = format!(
                    "the largest weight{of}, times the gain of its receptor, {gain:e}, is {product:e}: expected a finite product of at most {LARGEST:e}"
                );
                return Err(Problem::new(field, message));
            }
        }
        Ok(())
    }
}
