//! Layers and stacks of layers.

use super::synapses::DenseSynapses;
use crate::base::aligned::Lanes;
use crate::error::{Error, Result};
use crate::spiking::neuron::lif::{LifDerived, LifParams};
use crate::spiking::threshold::LayerThreshold;

/// Synapses and the neurons that they end on.
#[derive(Debug, Clone)]
pub struct Layer {
    pub(super) synapses: DenseSynapses,
    pub(super) bias: Lanes,
    pub(super) lif: LifDerived,
    pub(super) threshold: LayerThreshold,
}

impl Layer {
    /// `bias` \[n\] is a constant current into each of the n targets of `synapses`.
    ///
    /// # Errors
    /// If the bias has another length or is not finite, or a parameter is out of its domain.
    pub fn new(synapses: DenseSynapses, bias: &[f32], lif: LifParams, threshold: LayerThreshold) -> Result<Self> {
        check_vector("bias", bias, synapses.outputs())?;
        threshold.validate()?;
        Ok(Layer { bias: Lanes::from_slice(bias), lif: lif.derive()?, synapses, threshold })
    }

    /// The synapses.
    pub fn synapses(&self) -> &DenseSynapses {
        &self.synapses
    }

    /// The constant current of each neuron.
    pub fn bias(&self) -> &[f32] {
        self.bias.as_slice()
    }

    /// The neurons' time constant, form and reset.
    pub fn lif(&self) -> &LifDerived {
        &self.lif
    }

    /// The neurons' thresholds.
    pub fn threshold(&self) -> &LayerThreshold {
        &self.threshold
    }

    /// Neurons.
    pub fn neurons(&self) -> usize {
        self.synapses.outputs()
    }
}

/// A validated feed-forward network.
#[derive(Debug, Clone)]
pub struct Stack {
    pub(super) layers: Vec<Layer>,
}

impl Stack {
    /// `layers` in feed-forward order.
    ///
    /// # Errors
    /// If there is no layer, or one does not take what the layer before it gives.
    pub fn new(layers: Vec<Layer>) -> Result<Self> {
        if layers.is_empty() {
            return Err(Error::value("stack", "no layers"));
        }
        for (l, pair) in layers.windows(2).enumerate() {
            let (given, taken) = (pair[0].neurons(), pair[1].synapses.inputs());
            if given != taken {
                let (what, neurons) = (format!("weight of layer {}", l + 1), pair[1].neurons());
                return Err(Error::Shape { what, expected: vec![neurons, given], found: vec![neurons, taken] });
            }
        }
        Ok(Stack { layers })
    }

    /// The layers, in feed-forward order.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Width of the input.
    pub fn inputs(&self) -> usize {
        self.layers[0].synapses.inputs()
    }
}

pub(super) fn check_vector(what: &str, values: &[f32], len: usize) -> Result<()> {
    if values.len() != len {
        return Err(Error::Shape { what: what.into(), expected: vec![len], found: vec![values.len()] });
    }
    check_finite(what, values)
}

pub(super) fn check_finite(what: &str, values: &[f32]) -> Result<()> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(at) => Err(Error::value(what, format!("{} at {at}", values[at]))),
        None => Ok(()),
    }
}
