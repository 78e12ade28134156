//! Populations: neurons of one model.

use crate::spiking::neuron::fixed_point::FixedPoint;
use crate::spiking::neuron::linear::Neuron;
use std::sync::Arc;

/// Neurons of one model.
#[derive(Debug, Clone)]
pub struct Population {
    /// Unique among populations and sources.
    pub name: String,
    /// Number of neurons, at least one.
    pub size: u32,
    /// Membrane, synaptic currents, refractoriness.
    pub neuron: Neuron,
    /// When a neuron fires.
    pub threshold: Threshold,
    /// Membranes before the first tick, mV: one for all or one per neuron.
    pub initial_mv: Vec<f64>,
    /// What differs from neuron to neuron, if anything does.
    pub each: Option<Arc<Each>>,
    /// The numbers in which it is computed.
    pub arithmetic: Arithmetic,
}

/// The numbers in which a population is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// Double precision.
    Double,
    /// Whole numbers, in the fixed-point form of its neuron ([`FixedPoint::of`]); membranes,
    /// threshold, reset and weights are whole too.
    FixedPoint,
}

/// Parameters of each neuron of a population.
#[derive(Debug, Clone, PartialEq)]
pub struct Each {
    /// As many as the population has, each with its kinds of receptors, of reset, and of comparison.
    pub neurons: Vec<Neuron>,
    /// Thresholds of each, or their bases where they adapt, mV; empty where they are alike.
    pub thresholds: Vec<f64>,
}

impl Population {
    /// Whether its neurons have a threshold: leaky integrators have none.
    pub fn can_fire(&self) -> bool {
        self.threshold != Threshold::Never
    }

    /// What its neurons are if they are computed in fixed point.
    pub fn fixed_point(&self) -> Option<FixedPoint> {
        match self.arithmetic {
            Arithmetic::Double => None,
            Arithmetic::FixedPoint => FixedPoint::of(&self.neuron),
        }
    }
}

/// When a neuron fires.
#[derive(Debug, Clone, PartialEq)]
pub enum Threshold {
    /// Never: a leaky integrator.
    Never,
    /// At this membrane, mV.
    Fixed(f64),
    /// At `base + a`; a is multiplied by `retention` at every tick and grows by `jump` at every own
    /// spike, after it.
    Adaptive {
        /// Threshold of a neuron that has not fired, mV.
        base: f64,
        /// What a spike adds to a, mV.
        jump: f64,
        /// Factor of a per tick, in \[0, 1\].
        retention: f64,
    },
    /// At a value given from outside for each tick, mV.
    Cue {
        /// `[ticks, 1]` or `[ticks, size]`, row by row; the last row holds from then on.
        values: Arc<[f64]>,
        /// Values in a row: 1 or the size of the population.
        width: usize,
    },
}
