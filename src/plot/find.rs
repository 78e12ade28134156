//! Which of the recorded traces are drawn.

use super::trace::noun;
use crate::error::{Error, Result};
use crate::recording::{Trace, Variable};
use std::path::Path;

/// The trace of a variable of a population, or of any population without a name; with these neurons
/// if there is one. `input` is the file or folder that the traces were read from.
///
/// # Errors
/// If the variable was not recorded.
pub fn find_trace<'a>(
    input: &Path,
    traces: &'a [Trace],
    variable: Variable,
    population: Option<&str>,
    neurons: &[u32],
) -> Result<&'a Trace> {
    let known = || traces.iter().filter(|trace| trace.variable == variable);
    let named = || known().filter(|trace| population.is_none_or(|name| trace.population == name));
    let best = named().find(|trace| neurons.iter().all(|n| trace.neurons.contains(n)));
    best.or_else(|| named().next()).ok_or_else(|| {
        let what = variable.name();
        let of = population.map_or(String::new(), |name| format!(" of {name}"));
        let error = Error::file(input, format!("the {}{of} was not recorded", noun(variable)));
        let names: Vec<&str> = known().map(|trace| trace.population.as_str()).collect();
        if names.is_empty() {
            error.with_hint(format!("simulate again with --record spikes,{what}:POPULATION"))
        } else {
            error.with_hint(format!("recorded were {}", names.join(", ")))
        }
    })
}

/// The thresholds to draw beside the membrane potentials `trace` of `neurons`, if they were recorded. Those of
/// a leaky integrator are infinite and are left out.
pub fn threshold_beside<'a>(trace: &Trace, traces: &'a [Trace], neurons: &[u32]) -> Option<&'a Trace> {
    traces.iter().find(|other| {
        other.variable == Variable::Threshold
            && other.population == trace.population
            && neurons.iter().all(|n| other.neurons.contains(n))
            && other.values.iter().all(|value| value.is_finite())
    })
}
