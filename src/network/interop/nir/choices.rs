//! What a file leaves open: unit of times, length of a step, reset.

use super::graph::Graph;
use super::units::{DT, RESET, ResetChoice, TimeUnit, close, exact, guess_unit, implied_steps, single};
use crate::error::{Error, Result};

/// What a NIR file does not say. What is left out is taken from the file's metadata, from its
/// parameters ([`implied_steps`], [`guess_unit`]), or refused.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Choices {
    /// Length of a tick, ms.
    pub dt_ms: Option<f64>,
    /// Unit of all times of the file.
    pub time_unit: Option<TimeUnit>,
    /// What a spike does; default: as the file's metadata say, else its `v_reset`.
    pub reset: Option<ResetChoice>,
}

/// What a spike does to the membrane.
pub(super) fn reset(graph: &Graph, choices: &Choices) -> Result<ResetChoice> {
    match (choices.reset, graph.text(RESET)) {
        (Some(reset), _) => Ok(reset),
        (None, None) => Ok(ResetChoice::File),
        (None, Some(name)) => ResetChoice::of_name(name).ok_or_else(|| {
            let problem = format!("is '{name}': expected zero, subtract or file");
            Error::value(format!("metadata/{RESET}"), problem).with_hint("choose one with --reset")
        }),
    }
}

/// The unit of times and the length of a step.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    pub unit: TimeUnit,
    pub dt_ms: f64,
}

impl Clock {
    pub fn new(graph: &Graph, choices: &Choices) -> Result<Clock> {
        let is_time = |name: &str| name.starts_with("tau") || name == "delay";
        let timed = graph.all_nodes().iter().any(|(_, node)| node.kind.arrays().iter().any(|(name, _)| is_time(name)));
        let guess = guess_unit(graph);
        let unit = choices.time_unit.or(guess.unit).or((!timed).then_some(TimeUnit::Steps));
        let unit = unit.ok_or_else(|| {
            let problem = format!("is not in the file, and cannot be told: {}", guess.why);
            Error::value("the unit of times", problem).with_hint("choose it with --time-unit s, ms or steps")
        })?;
        let to_ms = |dt: f64| match unit {
            TimeUnit::S => single(dt * 1e3),
            TimeUnit::Ms => single(dt),
            TimeUnit::Steps => 1.0,
        };
        let stated = graph.number(DT).map(|dt| single(dt * 1e3));
        let implied = implied_steps(graph);
        let agreed = implied.first().filter(|first| implied.iter().all(|other| close(other.dt, first.dt)));
        let steps = (unit == TimeUnit::Steps).then_some(1.0);
        let dt_ms = choices.dt_ms.or(stated).or(steps).or(agreed.map(|implied| to_ms(implied.dt)));
        let dt_ms = dt_ms.ok_or_else(|| {
            let problem = "is not in the file, and does not follow from its parameters";
            Error::value("the length of a step", problem).with_hint("choose it with --dt, in ms")
        })?;
        if !(dt_ms.is_finite() && dt_ms > 0.0) {
            return Err(Error::value("the length of a step", format!("is {dt_ms} ms: expected more than 0")));
        }
        Ok(Clock { unit, dt_ms })
    }

    /// A time of the file in ms.
    pub fn ms(self, time: f64) -> f64 {
        match self.unit {
            // Three decimal digits more, without the rounding of a product.
            TimeUnit::S => exact(time * 1e3),
            TimeUnit::Ms => time,
            TimeUnit::Steps => time * self.dt_ms,
        }
    }

    /// A step in the unit of the file.
    pub fn step(self) -> f64 {
        match self.unit {
            TimeUnit::S => self.dt_ms / 1e3,
            TimeUnit::Ms => self.dt_ms,
            TimeUnit::Steps => 1.0,
        }
    }
}
