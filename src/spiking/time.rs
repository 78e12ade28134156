//! Simulated time.

/// Simulated time in steps of the network, from 0.
pub type Tick = u32;
