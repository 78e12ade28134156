//! One event, and who takes it.

use crate::error::Result;
use std::ops::ControlFlow;

/// A pixel changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    /// Microseconds of the camera's clock.
    pub us: u64,
    /// Column, from the left.
    pub x: u32,
    /// Row, from above.
    pub y: u32,
    /// Whether it became brighter.
    pub on: bool,
}

/// Takes events in the order of the file; `Break` when it needs no more.
pub(super) type Take<'a> = dyn FnMut(Event) -> Result<ControlFlow<()>> + 'a;
