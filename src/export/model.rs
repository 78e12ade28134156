//! The spiking branches of a trained model.

use super::branch::{Branch, SpikingNetwork, spiking_network};
use super::graph::spiking_graph;
use crate::data::Clips;
use crate::error::{Error, Result};
use crate::hybrid::model::Hybrid;
use crate::hybrid::parameters::{ByModality, MODALITIES};
use crate::hybrid::saved::{Saved, TestClips};
use crate::hybrid::tensor::Graph as Tensors;
use crate::network::interop::nir::Graph;
use crate::spiking::stack::Stack;
use std::path::Path;

/// The test clip of number `n`, those of trained classes first, as they stand in `clips.csv`: the part
/// that it is in, and its place there.
///
/// # Errors
/// If there are not so many.
pub fn clip_of(clips: &TestClips, n: usize) -> Result<(&Clips, usize)> {
    let TestClips { seen, unseen } = clips;
    match n.checked_sub(seen.len()) {
        None => Ok((seen, n)),
        Some(place) if place < unseen.len() => Ok((unseen, place)),
        Some(_) => Err(Error::value("clip", format!("{n}: there are {} test clips, counted from 0", clips.count()))),
    }
}

fn stacks<'a>(hybrid: &'a Hybrid) -> Result<&'a ByModality<Stack>> {
    hybrid.stacks().ok_or_else(|| Error::value("model", "has no spiking branch: its fusion is SemanticOnly"))
}

/// The spiking branches `audio` and `video` of a model as a network that is to be saved at `path`,
/// with the input and the thresholds of a clip, if one is given ([`spiking_network`]).
///
/// # Errors
/// If the model has no spiking branch or the clip does not fit it, and as [`spiking_network`].
pub fn spiking_of_model(saved: &Saved, clip: Option<(&Clips, usize)>, path: &Path) -> Result<SpikingNetwork> {
    let hybrid = saved.hybrid()?;
    let stacks = stacks(&hybrid)?;
    let tensors = Tensors::inference();
    let prepared = clip.map(|(clips, place)| hybrid.prepare(&tensors, clips, &[place])).transpose()?;
    let branches = MODALITIES.map(|m| Branch {
        name: m.name(),
        stack: &stacks[m],
        clip: prepared.as_ref().and_then(|prepared| hybrid.clip_inputs(prepared, m).pop()),
    });
    spiking_network(&branches, saved.model.config.time_steps, path)
}

/// The same as a graph ([`spiking_graph`]).
///
/// # Errors
/// If the model has no spiking branch, and as [`spiking_graph`].
pub fn spiking_of_model_as_graph(saved: &Saved) -> Result<Graph> {
    let hybrid = saved.hybrid()?;
    let stacks = stacks(&hybrid)?;
    spiking_graph(&MODALITIES.map(|m| Branch { name: m.name(), stack: &stacks[m], clip: None }))
}
