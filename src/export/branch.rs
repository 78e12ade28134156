//! Stacks as networks of the simulator.

use crate::error::{Error, Result};
use crate::formats::npy;
use crate::network::compile::NetworkFile;
use crate::network::spec::*;
use crate::spiking::Driver;
use crate::spiking::neuron::Reset;
use crate::spiking::stack::{ClipInput, ClipRun, Input, Layer, Observer, Scratch, Snapshot, Stack, run};
use crate::spiking::threshold::LayerThreshold;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Length of a time step in the network.
pub(super) const DT_MS: f64 = 1.0;

/// The spiking branch of a modality.
#[derive(Debug, Clone)]
pub struct Branch<'a> {
    /// Its name, which the names of its source and its populations begin with.
    pub name: &'a str,
    /// Its layers.
    pub stack: &'a Stack,
    /// The clip whose input the network is to have.
    pub clip: Option<ClipInput<'a>>,
}

/// A network of spiking branches.
#[derive(Debug, Clone)]
pub struct SpikingNetwork {
    /// The network, with the contents of the files beside it.
    pub file: NetworkFile,
    /// What the stack of each branch gives for its clip, if it has one.
    pub runs: Vec<ClipRun>,
}

impl Branch<'_> {
    /// The name of the population of a layer.
    pub(super) fn population(&self, layer: usize) -> String {
        format!("{}.block{}", self.name, layer + 1)
    }
}

/// Makes a network of branches that is to be saved at `path`, for clips of so many `steps`: a source
/// with the name of each branch, a population `NAME.block1` and so on for each layer. Its weights,
/// inputs and thresholds stand in the folder `NAME.weights` beside it. Where a branch has a clip its
/// source emits the clip's input, and dynamic thresholds are those that the layer has in that clip;
/// without one the source is silent until it is given something.
///
/// # Errors
/// If a layer has dynamic thresholds and there is no clip, since no network file can say them; if a
/// clip does not fit its stack.
pub fn spiking_network(branches: &[Branch], steps: usize, path: &Path) -> Result<SpikingNetwork> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut maker = Maker { folder: PathBuf::from(format!("{name}.weights")), files: Vec::new() };
    let mut spec = NetworkSpec { name: name.into_owned(), ..NetworkSpec::new(DT_MS) };
    spec.duration_ms = Some(steps as f64 * DT_MS);
    let mut runs = Vec::new();
    for branch in branches {
        let mut seen = Thresholds { layers: vec![Vec::new(); branch.stack.layers().len()] };
        if let Some(clip) = &branch.clip {
            runs.push(run(branch.stack, Driver::Event, clip, steps, &mut Scratch::default(), Some(&mut seen))?);
        }
        spec.sources.push(maker.source(branch, steps)?);
        for (l, (layer, thresholds)) in branch.stack.layers().iter().zip(&seen.layers).enumerate() {
            let from = if l == 0 { branch.name.to_owned() } else { branch.population(l - 1) };
            spec.populations.push(maker.population(branch, l, layer, thresholds)?);
            spec.projections.push(maker.projection(branch, l, layer, from));
        }
    }
    let contents = maker.files.into_iter().collect();
    let file = NetworkFile { path: path.to_path_buf(), text: spec.to_ron(), spec, contents: Arc::new(contents) };
    Ok(SpikingNetwork { file, runs })
}

/// The error of a layer whose thresholds cannot be said.
pub(super) fn dynamic(population: &str, hint: &str) -> Error {
    let problem = "are dynamic: they follow the features of the clip and the firing rate of the layer itself, which no \
                   network can say";
    Error::value(format!("thresholds of {population}"), problem).with_hint(hint)
}

/// The thresholds of each layer, `[steps, neurons]`.
struct Thresholds {
    layers: Vec<Vec<f32>>,
}

impl Observer for Thresholds {
    fn tick(&mut self, layer: usize, _: usize, snapshot: Snapshot<'_>) {
        self.layers[layer].extend_from_slice(snapshot.thresholds);
    }
}

struct Maker {
    folder: PathBuf,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Maker {
    /// Writes an array into a file of the network.
    fn file(&mut self, name: &str, shape: &[usize], values: &[f32]) -> PathBuf {
        let path = self.folder.join(format!("{name}.npy"));
        let values = values.iter().flat_map(|value| value.to_le_bytes());
        self.files.push((path.clone(), npy::header("<f4", shape).into_iter().chain(values).collect()));
        path
    }

    fn source(&mut self, branch: &Branch, steps: usize) -> Result<SourceSpec> {
        let size = branch.stack.inputs();
        let emits = match branch.clip.as_ref().map(|clip| clip.input) {
            None => Spikes::default().into(),
            // The last row holds to the end.
            Some(Input::Constant(row)) => {
                Frames::new(self.file(&format!("{}.input", branch.name), &[1, size], row), DT_MS).into()
            }
            Some(Input::Frames(rows)) => {
                Frames::new(self.file(&format!("{}.input", branch.name), &[steps, size], rows), DT_MS).into()
            }
            Some(Input::Spikes(train)) => {
                Spikes { at_ticks: train.iter().map(|spike| (spike.tick, spike.source)).collect(), ..Spikes::default() }
                    .into()
            }
        };
        Ok(SourceSpec { name: branch.name.to_owned(), size: small("input", size)?, emits })
    }

    fn population(&mut self, branch: &Branch, l: usize, layer: &Layer, seen: &[f32]) -> Result<PopulationSpec> {
        let (name, neurons) = (branch.population(l), layer.neurons());
        let threshold = match layer.threshold() {
            LayerThreshold::Fixed(theta) => ThresholdSpec::fixed_mv(*theta),
            LayerThreshold::Dynamic(_) if branch.clip.is_none() => {
                return Err(dynamic(&name, "give --clip N for those of one clip, or train with `threshold: Fixed`"));
            }
            LayerThreshold::Dynamic(_) => {
                let shape = [seen.len() / neurons, neurons];
                ThresholdSpec::Cue { file: self.file(&format!("{name}.threshold"), &shape, seen).into() }
            }
        };
        let lif = layer.lif();
        let neuron = Lif {
            tau_m_ms: f64::from(lif.tau) * DT_MS,
            threshold,
            reset: Some(match lif.reset {
                Reset::To(value) => ResetSpec::Hard { v_reset_mv: value.into() },
                Reset::Subtract => ResetSpec::Soft,
            }),
            form: FormSpec::Discrete { decay_input: lif.decay_input },
            ..Lif::default()
        };
        let bias = self.file(&format!("{name}.bias"), &[neurons], layer.bias());
        let each = EachSpec { bias_pa: Some(EachValues::File(bias.into())), ..EachSpec::default() };
        Ok(PopulationSpec {
            size: small(&name, neurons)?,
            neuron: NeuronSpec::Lif(neuron),
            receptors: Vec::new(),
            initial: None,
            each: Some(each),
            name,
        })
    }

    fn projection(&mut self, branch: &Branch, l: usize, layer: &Layer, from: String) -> ProjectionSpec {
        let (to, synapses) = (branch.population(l), layer.synapses());
        let shape = [synapses.outputs(), synapses.inputs()];
        ProjectionSpec {
            rule: RuleSpec::Matrix { file: self.file(&format!("{to}.weight"), &shape, &synapses.weights()).into() },
            name: None,
            from,
            to,
            receptor: None,
            weight: None,
            delay_ms: Some(DelaySpec::Constant(0.0)),
            precision: None,
        }
    }
}

fn small(what: &str, size: usize) -> Result<u32> {
    u32::try_from(size).map_err(|_| Error::value(what, format!("{size} are more than a population can have")))
}
