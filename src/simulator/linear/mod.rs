//! Neurons that are linear between spikes ([`crate::spiking::neuron::linear`]).
//!
//! # State and time
//! Neurons are kept in *groups* of eight neighbours. A group is *active* in a tick if one of its
//! neurons receives input, fires, or leaves its refractory period. Ticks are taken one by one, but
//! a stretch of 8, 64 or 512 ticks that starts at a multiple of its length and in which the group
//! is not active is taken at once, by the linear map of that many ticks ([`maps`]). So the state at
//! any tick follows from the active ticks alone:
//! - the event-driven driver ([`event`]) keeps the state of each group as of its last active tick,
//!   and takes it from there to the present in few steps;
//! - the clock-driven driver ([`clock`]) takes every group through every tick, and where a group
//!   was not active within a stretch it puts the map of the stretch in the place of its ticks.
//!
//! Both come to the same bits.

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
