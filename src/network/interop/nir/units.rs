//! The unit of times, the length of a step and the reset, which no file has to say.

use super::array::{Array, rounded};
use super::graph::{Graph, NodeKind};
use serde::Serialize;

/// Metadata of our own graphs: the length of a step in seconds.
pub(super) const DT: &str = "dt";
/// Metadata of our own graphs: the unit of all times, a name of [`TimeUnit`].
pub(super) const TIME_UNIT: &str = "time_unit";
/// Metadata of our own graphs: what a spike does, a name of [`ResetChoice`].
pub(super) const RESET: &str = "reset";

/// The unit of all times of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Seconds.
    S,
    /// Milliseconds.
    Ms,
    /// Steps of the simulation.
    Steps,
}

impl TimeUnit {
    /// Its name in metadata and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            TimeUnit::S => "s",
            TimeUnit::Ms => "ms",
            TimeUnit::Steps => "steps",
        }
    }

    /// The unit of this name.
    pub fn of_name(name: &str) -> Option<TimeUnit> {
        [TimeUnit::S, TimeUnit::Ms, TimeUnit::Steps].into_iter().find(|unit| unit.name() == name)
    }
}

/// What a spike does, where the file or its author leaves that open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetChoice {
    /// The membrane becomes 0.
    Zero,
    /// The threshold is subtracted.
    Subtract,
    /// The membrane becomes the file's `v_reset`, which is 0 where it has none.
    File,
}

impl ResetChoice {
    /// Its name in metadata and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ResetChoice::Zero => "zero",
            ResetChoice::Subtract => "subtract",
            ResetChoice::File => "file",
        }
    }

    /// The choice of this name.
    pub fn of_name(name: &str) -> Option<ResetChoice> {
        [ResetChoice::Zero, ResetChoice::Subtract, ResetChoice::File].into_iter().find(|reset| reset.name() == name)
    }
}

/// The unit that times of a graph seem to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guess {
    /// The unit; none if it cannot be told.
    pub unit: Option<TimeUnit>,
    /// Whether the file says so.
    pub stated: bool,
    /// Why.
    pub why: String,
}

/// The length of a step that follows from parameters of a node, in the unit of the file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Implied {
    /// The path of the node.
    pub node: String,
    /// The rule, as `r = tau / dt`.
    pub rule: &'static str,
    /// The length.
    pub dt: f64,
}

/// Largest time constant that is taken for seconds, and smallest that is taken for milliseconds or
/// steps: membranes of models have 1 ms to 500 ms.
const SECONDS: f64 = 0.5;
const STEPS: f64 = 1.0;

/// Guesses the unit of all time constants.
pub fn guess_unit(graph: &Graph) -> Guess {
    if let Some(name) = graph.text(TIME_UNIT) {
        let unit = TimeUnit::of_name(name);
        let why = match unit {
            Some(_) => format!("the file's metadata/{TIME_UNIT} is '{name}'"),
            None => format!("the file's metadata/{TIME_UNIT} is '{name}', which is no unit: s, ms or steps"),
        };
        return Guess { unit, stated: unit.is_some(), why };
    }
    let mut range: Option<[f64; 2]> = None;
    for (_, node) in graph.all_nodes() {
        for (_, array) in node.kind.arrays().into_iter().filter(|(name, _)| name.starts_with("tau")) {
            for value in array.iter() {
                let [low, high] = range.unwrap_or([value; 2]);
                range = Some([low.min(value), high.max(value)]);
            }
        }
    }
    let Some([low, high]) = range else {
        return Guess { unit: None, stated: false, why: "no node has a time constant".into() };
    };
    let taus = match low == high {
        true => format!("all time constants are {}", rounded(low)),
        false => format!("time constants are {} to {}", rounded(low), rounded(high)),
    };
    let in_steps = implied_steps(graph).iter().any(|implied| (implied.dt - 1.0).abs() < 1e-3);
    let (unit, why) = if high < SECONDS {
        let ms = |tau: f64| rounded(tau * 1e3);
        let range = if low == high { ms(low) } else { format!("{} to {}", ms(low), ms(high)) };
        (Some(TimeUnit::S), format!("{range} ms if they are seconds, less than a step if they are steps"))
    } else if low >= STEPS && in_steps {
        (Some(TimeUnit::Steps), "r or w_in equals a time constant, so a step has length 1".to_owned())
    } else if low >= STEPS {
        (None, "steps or milliseconds, too long for seconds".to_owned())
    } else {
        (None, "some would be too long for seconds, others too short for steps".to_owned())
    };
    Guess { unit, stated: false, why: format!("{taus}: {why}") }
}

/// Lengths of a step that follow from resistances and input factors, in the order of the nodes. A
/// resistance of 1 says nothing, except for integrate-and-fire neurons.
pub fn implied_steps(graph: &Graph) -> Vec<Implied> {
    let mut all = Vec::new();
    for (path, node) in graph.all_nodes() {
        let mut found = |rule, dt: Option<f64>| {
            all.extend(dt.map(|dt| Implied { node: path.clone(), rule, dt }));
        };
        match &node.kind {
            NodeKind::Li { tau, r, .. } | NodeKind::Lif { tau, r, .. } => found("r = tau / dt", ratio(tau, r)),
            NodeKind::CubaLi { tau_syn, tau_mem, r, w_in, .. }
            | NodeKind::CubaLif { tau_syn, tau_mem, r, w_in, .. } => {
                found("r = tau_mem / dt", ratio(tau_mem, r));
                found("w_in = tau_syn / dt", ratio(tau_syn, w_in));
            }
            NodeKind::If { r, .. } => {
                found("r = 1 / dt", r.uniform().filter(|&r| r != 1.0 && r > 0.0).map(|r| 1.0 / r));
            }
            _ => {}
        }
    }
    all
}

/// The quotient of time constants and factors, if all neurons have the same, and the factors are
/// not all 1.
fn ratio(tau: &Array, factors: &Array) -> Option<f64> {
    if factors.uniform() == Some(1.0) {
        return None;
    }
    let mut ratios = tau.iter().zip(factors.iter()).map(|(tau, factor)| tau / factor);
    let first = ratios.next().filter(|first| first.is_finite() && *first > 0.0)?;
    ratios.all(|ratio| close(ratio, first)).then_some(first)
}

/// Whether two numbers agree to single precision, more or less.
pub(super) fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-5 * b.abs() + 1e-12
}

/// A number to six digits, as far as singles go.
pub(super) fn single(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// A product or quotient with a power of ten, without the rounding of its last digit.
pub(super) fn exact(value: f64) -> f64 {
    format!("{value:.14e}").parse().unwrap_or(value)
}
