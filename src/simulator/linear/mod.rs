//! Neurons that are linear between spikes ([`crate::spiking::neuron::linear`]).
//!
//! # State and time
//! Neurons are kept in *groups* of eight neighbours. What the state of a group is at a tick follows
//! from what has arrived, fired and left its refractory period, not from who computes it, so both
//! drivers come to the same bits. There are two ways:
//! - **Arrivals raise currents only** (and neurons are alike): states are stored as of *anchors*,
//!   multiples of up to 64 ticks ([`anchors`]). Arrivals are put back to the anchor; the present is
//!   one map of the stored state. The clock-driven driver takes all groups from anchor to anchor
//!   and only reads in between; the event-driven driver does the same for one group when something
//!   arrives there ([`anchored`]).
//! - **Arrivals reach the membrane in their tick**: what arrives has to be added as it is, since a
//!   sum may be compared with a threshold that it equals. A group is *active* in a tick if one of
//!   its neurons receives input, fires, or leaves its refractory period. Ticks are taken one by
//!   one, but a stretch of 8, 64 or 512 ticks that starts at a multiple of its length and in which
//!   the group is not active is taken at once, by the linear map of that many ticks ([`maps`]). The
//!   event-driven driver ([`event`]) keeps the state of each group as of its last active tick, and
//!   takes it from there to the present in few steps; the clock-driven driver ([`clock`]) takes
//!   every group through every tick, and where a group was not active within a stretch it puts the
//!   map of the stretch in the place of its ticks.

mod anchored;
mod anchors;
mod cells;
mod clock;
mod event;
mod group;
mod maps;
mod parameters;
mod recorded;
mod save;
mod schedule;
mod state;
mod stretches;

pub(super) use cells::LinearCells;
