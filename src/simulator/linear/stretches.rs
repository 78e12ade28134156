//! What the clock-driven driver needs beside the state.

use super::maps::LEVELS;
use super::state::State;

/// What the clock-driven driver needs beside the state.
#[derive(Default)]
pub(super) struct ClockDriven {
    /// States at the beginnings of the stretches under way, from level 1 on.
    pub saved: [State; LEVELS - 1],
}
