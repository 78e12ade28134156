//! What is particular to one clip.

use super::layers::{Stack, check_finite, check_vector};
use crate::error::{Error, Result};
use crate::spiking::SpikeTrain;

/// What enters the first layer.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The same analog values \[inputs\] at every tick.
    Constant(&'a [f32]),
    /// Analog values \[ticks, inputs\], row by row.
    Frames(&'a [f32]),
    /// Spikes. Ticks behind the end of the train are silent; ticks of the train behind the run are
    /// not used.
    Spikes(&'a SpikeTrain),
}

/// All that is particular to one clip.
#[derive(Debug, Clone)]
pub struct ClipInput<'a> {
    /// What enters the first layer.
    pub input: Input<'a>,
    /// For each layer the threshold cue of each neuron. Empty, or empty for a layer: zeros. A layer
    /// with fixed thresholds does not use its cues.
    pub cues: Vec<&'a [f32]>,
    /// The pooling cue gbar of each tick. Empty: zeros.
    pub pooling: &'a [f32],
}

impl<'a> ClipInput<'a> {
    /// Without cues.
    pub fn new(input: Input<'a>) -> Self {
        ClipInput { input, cues: Vec::new(), pooling: &[] }
    }

    pub(super) fn check(&self, stack: &Stack, ticks: usize) -> Result<()> {
        match self.input {
            Input::Constant(row) => check_vector("input", row, stack.inputs())?,
            Input::Frames(rows) => {
                if ticks.checked_mul(stack.inputs()) != Some(rows.len()) {
                    let (expected, found) = (vec![ticks, stack.inputs()], vec![rows.len()]);
                    return Err(Error::Shape { what: "input".into(), expected, found });
                }
                check_finite("input", rows)?;
            }
            Input::Spikes(train) if train.neurons() != stack.inputs() => {
                let (expected, found) = (vec![stack.inputs()], vec![train.neurons()]);
                return Err(Error::Shape { what: "neurons of the input train".into(), expected, found });
            }
            Input::Spikes(_) => {}
        }
        if !self.cues.is_empty() && self.cues.len() != stack.layers.len() {
            let (expected, found) = (vec![stack.layers.len()], vec![self.cues.len()]);
            return Err(Error::Shape { what: "cues by layer".into(), expected, found });
        }
        for (layer, cues) in stack.layers.iter().zip(&self.cues).filter(|(_, cues)| !cues.is_empty()) {
            check_vector("threshold cues", cues, layer.neurons())?;
        }
        if !self.pooling.is_empty() {
            check_vector("pooling cues", self.pooling, ticks)?;
        }
        Ok(())
    }
}
