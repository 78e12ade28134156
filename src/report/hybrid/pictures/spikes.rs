//! Pictures of spikes that there are none of.

/// Why a report has no pictures of spikes.
pub const NO_SPIKES: &str = "the model has no spiking branch";
