//! Weights on disk: one safetensors file whose header also holds the model's shape and options.

use super::declare::declarations;
use super::stft::Stft;
use crate::base::files::write_atomic;
use crate::base::rng::Streams;
use crate::error::{Error, Result};
use crate::hybrid::config::Config;
use crate::hybrid::parameters::{Declaration, Parameters};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;
use std::path::Path;

/// Key of the header entry that holds the model as JSON.
const MODEL_KEY: &str = "model";

/// Writes all tensors of `parameters`, f32, under their names.
///
/// # Errors
/// If the file cannot be written.
pub fn save(path: &Path, model: &Stft, parameters: &Parameters<f32>) -> Result<()> {
    let fail = |e: &dyn std::fmt::Display| Error::file(path, format!("cannot write weights: {e}"));
    let bytes: Vec<Vec<u8>> =
        parameters.entries().iter().map(|e| e.values.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let mut views = Vec::new();
    for (entry, bytes) in parameters.entries().iter().zip(&bytes) {
        let view = TensorView::new(Dtype::F32, entry.declaration.shape.clone(), bytes).map_err(|e| fail(&e))?;
        views.push((entry.declaration.name.clone(), view));
    }
    let header = HashMap::from([(MODEL_KEY.to_owned(), serde_json::to_string(model).map_err(|e| fail(&e))?)]);
    let file = safetensors::serialize(views, Some(header)).map_err(|e| fail(&e))?;
    write_atomic(path, |out| out.write_all(&file))
}

/// Reads a model and its tensors.
///
/// # Errors
/// If the file cannot be read or is not one of a model, a tensor is missing, left over, not f32, of
/// another shape, or not finite.
pub fn load(path: &Path) -> Result<(Stft, Parameters<f32>)> {
    let bytes = std::fs::read(path).map_err(|e| {
        Error::file(path, format!("cannot read weights: {e}"))
            .with_hint("a model folder is what `spikefuse train --out` writes")
    })?;
    let wrong = |problem: String| Error::file(path, problem);
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| wrong(format!("not a safetensors file: {e}")))?;
    let model: Stft = header
        .metadata()
        .as_ref()
        .and_then(|m| m.get(MODEL_KEY))
        .ok_or_else(|| wrong("its header has no field `model`: not written by spikefuse".into()))
        .and_then(|json| serde_json::from_str(json).map_err(|e| wrong(format!("header field `model`: {e}"))))?;
    let config = Config { model: model.config.clone(), ..Config::default() };
    config.check().map_err(|e| wrong(format!("header field `model`: {e}")))?;
    let dims = &model.dimensions;
    if [dims.audio, dims.video, dims.words].iter().any(|d| !(1..=1 << 16).contains(d)) {
        return Err(wrong(format!("header field `model`: dimensions {dims:?} are outside 1 to 65536")));
    }
    let tensors = SafeTensors::deserialize(&bytes).map_err(|e| wrong(format!("not a safetensors file: {e}")))?;
    let declarations = declarations(&model);
    // The sizes are checked before memory for them is allocated.
    let size = |d: &Declaration| d.shape.iter().fold(size_of::<f32>(), |n, &axis| n.saturating_mul(axis));
    let promised = declarations.iter().map(size).fold(0, usize::saturating_add);
    if promised > bytes.len() {
        let problem =
            format!("the model of its header needs {promised} bytes of tensors; the file has {}", bytes.len());
        return Err(wrong(problem).with_hint("is it cut off?"));
    }
    let mut parameters = Parameters::initial(declarations, Streams::new(0));
    let names: Vec<String> = parameters.entries().iter().map(|e| e.declaration.name.clone()).collect();
    for name in &names {
        let tensor = tensors.tensor(name).map_err(|_| wrong(format!("tensor {name} is missing")))?;
        if tensor.dtype() != Dtype::F32 {
            return Err(wrong(format!("tensor {name}: expected F32, found {:?}", tensor.dtype())));
        }
        let values = tensor.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        parameters.set(name, tensor.shape(), values).map_err(|e| wrong(e.to_string()))?;
    }
    if let Some(extra) = tensors.names().into_iter().find(|name| parameters.position(name).is_none()) {
        return Err(wrong(format!("tensor {extra} does not belong to this model")));
    }
    Ok((model, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hybrid::model::Dimensions;

    /// A header of a few bytes must not make as much be allocated as its model would need.
    #[test]
    fn a_header_that_promises_more_than_the_file_has_is_refused() {
        let mut config = Config::default().model;
        (config.encoder_hidden, config.width, config.joint_blocks) = (1 << 14, 1 << 14, 32);
        let dimensions = Dimensions { audio: 1 << 16, video: 1 << 16, words: 300, temporal: true };
        let model = serde_json::to_string(&Stft { config, dimensions }).unwrap();
        let header = Some(HashMap::from([(MODEL_KEY.to_owned(), model)]));
        let none: [(&str, TensorView); 0] = [];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        std::fs::write(&path, safetensors::serialize(none, header).unwrap()).unwrap();
        let error = load(&path).unwrap_err().to_string();
        assert!(error.contains("bytes of tensors"), "{error}");
    }
}
