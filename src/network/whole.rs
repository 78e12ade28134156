//! What is whole: all numbers of populations in fixed point, and weights in few bits as multiples of
//! their scale.

use super::layers::{Kernel, Layer, Window};
use super::population::{Population, Threshold};
use super::problem::{Checked, Problem};
use super::projection::{Precision, Projection, Rule, Weights};
use crate::error::short;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::fixed_point::LARGEST;

/// A whole number that a state holds.
fn whole(field: &str, value: f64) -> Checked<f64> {
    match value.fract() == 0.0 && value.abs() <= LARGEST.into() {
        true => Ok(value),
        false => {
            let message = format!("{}: expected a whole number from {} to {LARGEST}", short(value), -LARGEST);
            Err(Problem::new(field, message))
        }
    }
}

/// Refuses what has no fixed-point form.
pub(super) fn check_fixed_point(place: &str, population: &Population) -> Checked<()> {
    let at = |field: &str| format!("{place}.{field}");
    if population.fixed_point().is_none() {
        let message = "has no fixed-point form: expected FixedPointCubaLif, with decays from 0 to 4096 and a \
                       weight_exponent from 0 to 22";
        return Err(Problem::new(at("neuron"), message));
    }
    if population.each.is_some() {
        return Err(Problem::new(at("each"), "has no place in fixed point: all neurons of a population are alike"));
    }
    let Threshold::Fixed(threshold) = population.threshold else {
        return Err(Problem::new(at("neuron.threshold"), "expected a fixed one in fixed point"));
    };
    whole(&at("neuron.v_th"), threshold)?;
    if let Reset::To(membrane) = population.neuron.reset {
        whole(&at("neuron.reset"), membrane)?;
    }
    population.initial_mv.iter().try_for_each(|&membrane| whole(&at("initial"), membrane).map(|_| ()))
}

/// Refuses weights that neurons in fixed point cannot take, whose receptor has this gain.
pub(super) fn check_whole_weights(place: &str, projection: &Projection, gain: f64) -> Checked<()> {
    let fail = |weight: f64| {
        let message = format!(
            "{}: expected whole numbers of at most {} for neurons in fixed point",
            short(weight),
            (f64::from(LARGEST) / gain).floor()
        );
        Err(Problem::new(place, message))
    };
    let fits = |weight: f64| weight.fract() == 0.0 && (weight * gain).abs() <= LARGEST.into();
    let wrong = match (&projection.weights, &projection.rule) {
        (Weights::Uniform { .. } | Weights::Normal { .. }, _) => {
            return Err(Problem::new(place, "are drawn: expected whole numbers for neurons in fixed point"));
        }
        (Weights::Each(weights), _) => weights.iter().copied().find(|&weight| !fits(weight)),
        (Weights::Constant(factor), Rule::Matrix(own)) => own.iter().map(|w| w * factor).find(|&w| !fits(w)),
        (Weights::Constant(factor), Rule::Layers(layers)) => {
            // Whole products of whole numbers.
            layers.weights().chain([*factor]).find(|&weight| !fits(weight))
        }
        (Weights::Constant(weight), _) => Some(*weight).filter(|&weight| !fits(weight)),
    };
    wrong.map_or(Ok(()), fail)
}

/// Refuses weights that are not the multiples that the projection says.
pub(super) fn check_precision(place: &str, projection: &Projection) -> Checked<()> {
    let precision = projection.precision;
    let scale = match precision {
        Precision::Double => return Ok(()),
        Precision::Int8 { scale } | Precision::Int16 { scale } => scale,
    };
    if !(scale > 0.0 && scale.is_finite()) {
        return Err(Problem::new(place, format!("a scale of {}: expected a number above 0", short(scale))));
    }
    let check = |&weight: &f64| match precision.quantised(weight, place)? == weight {
        true => Ok(()),
        false => Err(Problem::new(place, format!("{}: expected multiples of the scale, {scale}", short(weight)))),
    };
    match (&projection.rule, &projection.weights) {
        (Rule::Matrix(own), _) => own.iter().try_for_each(check),
        (Rule::Layers(layers), _) => layers.layers().iter().try_for_each(|layer| match layer {
            Layer::Window(Window { kernel: Kernel::Same(_), .. }) => Ok(()),
            Layer::Window(Window { kernel: Kernel::Each(own), .. })
            | Layer::Linear { weights: own, .. }
            | Layer::Scale(own) => own.iter().try_for_each(check),
        }),
        (_, Weights::Constant(weight)) => check(weight),
        (_, Weights::Each(weights)) => weights.iter().try_for_each(check),
        (_, Weights::Uniform { .. } | Weights::Normal { .. }) => {
            Err(Problem::new(place, "of weights that are drawn: expected weights from a file, a list or a constant"))
        }
    }
}
