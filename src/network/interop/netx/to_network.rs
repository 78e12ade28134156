//! A file's layers as a network.

use super::layer::{self, Dense};
use crate::error::{Error, Result};
use crate::formats::h5::H5;
use crate::formats::npy;
use crate::network::compile::NetworkFile;
use crate::network::spec::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads the network of a NetX file. Its weights are [`NetworkFile::contents`].
///
/// # Errors
/// If the file cannot be read, or has a layer or neuron of another kind; the error names it.
pub fn read(path: &Path) -> Result<NetworkFile> {
    let file = H5::open(path)?;
    if !file.members("/")?.0.iter().any(|name| name == "layer") {
        return Err(Error::file(path, "no NetX network: there is no group 'layer'")
            .with_hint("export it with net.export_hdf5 of lava-dl"));
    }
    let (groups, _) = file.members("layer")?;
    let mut layers: Vec<Dense> = Vec::new();
    for n in 0..groups.len() {
        let group = format!("layer/{n}");
        if !groups.iter().any(|name| *name == n.to_string()) {
            return Err(file.wrong("layer", format!("has no layer {n}: expected 0 to {}", groups.len() - 1)));
        }
        let dense = layer::read(&file, &group)?;
        if let Some(before) = layers.last()
            && before.shape[0] != dense.shape[1]
        {
            let problem = format!("has shape {:?}, behind a layer of {} neurons", dense.shape, before.shape[0]);
            return Err(file.wrong(&format!("{group}/weight"), problem));
        }
        layers.push(dense);
    }
    let Some(inputs) = layers.first().map(|first| first.shape[1]) else {
        return Err(file.wrong("layer", "has no layers"));
    };
    network(path, inputs, &layers)
}

/// An input of 1, in the steps in which it is added up: those of an image of bytes.
const INPUT_ONE: i32 = 255;

/// A number of neurons.
fn size(path: &Path, n: usize) -> Result<u32> {
    let size = u32::try_from(n).ok().filter(|&size| size > 0 && size < u32::MAX);
    size.ok_or_else(|| Error::file(path, format!("a layer of {n} neurons: expected 1 to 2^32 - 2")))
}

fn network(path: &Path, inputs: usize, layers: &[Dense]) -> Result<NetworkFile> {
    let inputs = size(path, inputs)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut spec = NetworkSpec { name, ..NetworkSpec::new(1.0) };
    let mut contents = std::collections::BTreeMap::new();
    spec.sources.push(SourceSpec { name: "input".into(), size: inputs, emits: Spikes::default().into() });
    // It keeps what it gets, and no current.
    let encoder = FixedPointCubaLif::new(4096_u32, 0_u32, INPUT_ONE).weight_exponent(0_u32);
    let mut add = |name: &str, size, neuron: NeuronSpec, from: &str, rule: RuleSpec, weight| {
        let (name, receptors) = (name.to_owned(), Vec::new());
        spec.projections.push(ProjectionSpec {
            name: None,
            from: from.into(),
            to: name.clone(),
            receptor: None,
            rule,
            weight,
            delay_ms: Some(DelaySpec::Constant(0.0)),
            precision: None,
        });
        spec.populations.push(PopulationSpec { name, size, neuron, receptors, initial: None, each: None });
    };
    add("encoder", inputs, encoder.into(), "input", RuleSpec::OneToOne, Some(INPUT_ONE.into()));
    let mut before = "encoder".to_owned();
    for (n, layer) in layers.iter().enumerate() {
        let name = format!("layer{n}");
        let file = PathBuf::from(format!("{name}.weight.npy"));
        let data = layer.weights.iter().flat_map(|weight| weight.to_le_bytes());
        contents.insert(file.clone(), npy::header("<i4", &layer.shape).into_iter().chain(data).collect());
        let neuron = FixedPointCubaLif::new(layer.current_decay, layer.voltage_decay, layer.threshold);
        add(&name, size(path, layer.shape[0])?, neuron.into(), &before, RuleSpec::Matrix { file: file.into() }, None);
        before = name;
    }
    Ok(NetworkFile { path: path.to_path_buf(), text: spec.to_ron(), spec, contents: Arc::new(contents) })
}
