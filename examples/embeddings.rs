//! What a trained model makes of clips, as a file for other programs: the features and class
//! vectors that go in, the embeddings that come out, and every spike on the way.
//! `benches/peers/stft_torch.py` does the same from the same weights.
//!
//!     cargo run --release --example embeddings -- MODEL OUT.safetensors [DATA DATASET]
//!
//! Takes the test clips of unseen classes, at most 256; without DATA and DATASET those of the
//! embedded set.

use safetensors::tensor::{Dtype, TensorView, serialize};
use spikefuse::data::{ClassVectors, Dataset, Features, Part, Split};
use spikefuse::hybrid::evaluate::class_vectors;
use spikefuse::hybrid::model::{Activity, BLOCKS, Hybrid, Stft, features, load};
use spikefuse::hybrid::parameters::MODALITIES;
use spikefuse::hybrid::tensor::Graph;
use spikefuse::spiking::Driver;
use spikefuse::spiking::stack::ClipRun;
use spikefuse::{Error, Result};
use std::path::Path;

/// A tensor for the file: name, kind, shape, bytes.
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

fn floats(name: String, cols: usize, values: &[f32]) -> Tensor {
    let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    (name, Dtype::F32, vec![values.len() / cols, cols], bytes)
}

/// The first `clips` clips: their segments, and where each starts.
fn inputs(name: &str, features: &Features, clips: usize) -> [Tensor; 2] {
    let mut offsets = vec![0];
    for clip in 0..clips {
        offsets.push(offsets[clip] + features.segments(clip) as i64);
    }
    let values = &features.values()[..offsets[clips] as usize * features.dim()];
    let bytes = offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect();
    [
        floats(format!("{name}.values"), features.dim(), values),
        (format!("{name}.offsets"), Dtype::I64, vec![offsets.len()], bytes),
    ]
}

/// 1 where a neuron fired: `[clips, block, step, neuron]`.
fn spikes(name: &str, model: &Stft, runs: &[ClipRun]) -> Tensor {
    let (steps, width) = (model.config.time_steps, model.config.width);
    let mut bytes = vec![0; runs.len() * BLOCKS * steps * width];
    for (rows, run) in bytes.chunks_exact_mut(BLOCKS * steps * width).zip(runs) {
        for (row, fired) in rows.chunks_exact_mut(width).enumerate() {
            for &neuron in run.trains[row / steps].at((row % steps) as u32) {
                fired[neuron as usize] = 1;
            }
        }
    }
    (format!("spikes_{name}"), Dtype::U8, vec![runs.len(), BLOCKS, steps, width], bytes)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, out, dataset) = match &arguments[..] {
        [folder, out] => (folder, out, Dataset::embedded(0)),
        [folder, out, root, name] => {
            (folder, out, Dataset::open(Path::new(root), name, Split::Main, ClassVectors::Aligned)?)
        }
        _ => return Err(Error::value("arguments", "give MODEL OUT.safetensors [DATA DATASET]")),
    };
    let (model, parameters) = load(&Path::new(folder).join("weights.safetensors"))?;
    let network = Hybrid::new(&model, &parameters)?;
    let clips = dataset.load(Part::Stage2TestUnseen)?;
    let rows: Vec<usize> = (0..clips.len().min(256)).collect();
    let vectors = class_vectors(&dataset, dataset.classes_of(Part::Stage2TestUnseen))?;
    let mut tensors = vec![floats("words".to_owned(), model.dimensions.words, &vectors.concat())];

    let graph = Graph::inference();
    let prepared = network.prepare(&graph, &clips, &rows)?;
    let mut s = None;
    if let Some(stacks) = network.stacks() {
        let runs = network.spike(stacks, &prepared, Driver::Event)?;
        tensors.extend(MODALITIES.map(|m| spikes(m.name(), &model, &runs[m])));
        s = Some(network.join_time(&graph, &runs, &mut Activity::new(&model)));
    }
    let theta = network.finish(&graph, &prepared, s.as_ref());
    let size = theta.audio.cols();
    for m in MODALITIES {
        tensors.extend(inputs(m.name(), features(&clips, m), rows.len()));
        tensors.push(floats(format!("theta_{}", m.name()), size, theta[m].values()));
    }
    tensors.push(floats("theta_words".to_owned(), size, &network.embed_classes(&vectors).0));

    let fail = |e: safetensors::SafeTensorError| Error::file(out, e.to_string());
    let views = tensors.iter().map(|(name, kind, shape, bytes)| {
        TensorView::new(*kind, shape.clone(), bytes).map(|view| (name.as_str(), view)).map_err(fail)
    });
    let bytes = serialize(views.collect::<Result<Vec<_>>>()?, None).map_err(fail)?;
    std::fs::write(out, bytes).map_err(|e| Error::file(out, e))
}
