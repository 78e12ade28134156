//! What the clock-driven driver needs beside the state.

use super::maps::LEVELS;
use super::state::State;
use std::collections::VecDeque;

/// What the clock-driven driver needs beside the state.
pub(super) struct ClockDriven {
    /// States at the beginnings of the stretches under way, from level 1 on.
    pub saved: [State; LEVELS - 1],
    /// Refractory neurons, by the end of their refractory period.
    pub refractory: VecDeque<u32>,
}
