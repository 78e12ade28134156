//! Clips and class vectors as the model takes them.

use super::stft::{ClipBatch, Stft};
use crate::data::{Clips, Features};
use crate::energy::{Branch, Cost};
use crate::error::{Error, Result};
use crate::hybrid::encoding::{resample, resampling_cost};
use crate::hybrid::parameters::{ByModality, MODALITIES, Modality, Parameters};
use crate::hybrid::tensor::{Graph, Real, Var};
use rayon::prelude::*;

/// Floor of a feature's standard deviation.
const DEVIATION_FLOOR: f64 = 1e-6;

/// The features of a modality.
pub fn features(clips: &Clips, modality: Modality) -> &Features {
    match modality {
        Modality::Audio => &clips.audio,
        Modality::Video => &clips.video,
    }
}

/// Standardised and resampled features of the rows of `audio` and `video`, lists of clip numbers of
/// the same length.
pub fn clip_batch<R: Real>(
    graph: &Graph<R>,
    model: &Stft,
    parameters: &Parameters<R>,
    clips: &Clips,
    rows: ByModality<&[usize]>,
) -> ClipBatch<R> {
    let (bins, segments) = (model.dimensions.bins(&model.config), model.dimensions.segments(&model.config));
    let gather = |m: Modality, count: usize| {
        let source = features(clips, m);
        let dim = source.dim();
        let [mean, deviation] =
            ["mean", "std"].map(|part| &parameters.get(&format!("input.{}.{part}", m.name())).values);
        let rows = rows[m];
        let inverse: Vec<R> = deviation.iter().map(|d| R::ONE / d.larger(R::of(DEVIATION_FLOOR))).collect();
        let mut out = graph.buffer(rows.len() * count * dim);
        out.par_chunks_mut(count * dim).zip(rows).for_each_init(Vec::new, |resampled, (out, &clip)| {
            resampled.clear();
            resample(source.clip(clip), dim, count, resampled);
            for (out, row) in out.chunks_exact_mut(dim).zip(resampled.chunks_exact(dim)) {
                for j in 0..dim {
                    out[j] = (R::of(f64::from(row[j])) - mean[j]) * inverse[j];
                }
            }
        });
        graph.scope(Branch::Dense, &format!("input.{}", m.name()));
        let values = out.len() as u64;
        let standardised = Cost { additions: values, multiplies: values, ..Cost::ZERO };
        let resampled: Cost = rows.iter().map(|&clip| resampling_cost(source.segments(clip), dim, count)).sum();
        let filed = graph.cost("standardize", standardised + resampled);
        graph.record(filed, rows.len() * count, dim, out, &[], |_, _| {})
    };
    let for_spikes = ByModality::of(|m| gather(m, bins));
    let for_dense = if segments == bins { for_spikes.clone() } else { ByModality::of(|m| gather(m, segments)) };
    ClipBatch { segments: for_dense, bins: for_spikes }
}

/// Class vectors as rows: less the training classes' mean and scaled to unit length, if so
/// configured.
pub fn word_batch<'a, R: Real>(
    graph: &Graph<R>,
    model: &Stft,
    parameters: &Parameters<R>,
    vectors: impl ExactSizeIterator<Item = &'a [f32]>,
) -> Var<R> {
    let (rows, dim) = (vectors.len(), model.dimensions.words);
    let mut out = graph.buffer(rows * dim);
    for (out, vector) in out.chunks_exact_mut(dim).zip(vectors) {
        for (out, &x) in out.iter_mut().zip(vector) {
            *out = R::of(f64::from(x));
        }
        if model.config.center_words {
            for (out, &mean) in out.iter_mut().zip(&*parameters.get("input.words.mean").values) {
                *out -= mean;
            }
            let norm = out.iter().fold(R::ZERO, |sum, &x| sum + x * x).sqrt().larger(R::of(1e-12));
            out.iter_mut().for_each(|x| *x = *x / norm);
        }
    }
    graph.scope(Branch::Classes, "input.words");
    let values = (rows * dim) as u64;
    let cost = if model.config.center_words {
        Cost {
            additions: values,
            macs: values,
            functions: values + rows as u64,
            comparisons: rows as u64,
            ..Cost::ZERO
        }
    } else {
        Cost::ZERO
    };
    let filed = graph.cost("center", cost);
    graph.record(filed, rows, dim, out, &[], |_, _| {})
}

/// Sets the input statistics of `parameters` from the training clips and the training classes'
/// vectors.
///
/// # Errors
/// If a statistic is not finite.
pub fn set_input_statistics(
    model: &Stft,
    parameters: &mut Parameters<f32>,
    clips: &Clips,
    vectors: &[&[f32]],
) -> Result<()> {
    if model.config.standardize {
        for m in MODALITIES {
            let source = features(clips, m);
            let (mean, variance) = column_moments(source.values(), source.dim());
            let deviation: Vec<f32> = variance.iter().map(|v| v.sqrt() as f32).collect();
            let name = |part: &str| format!("input.{}.{part}", m.name());
            let mean: Vec<f32> = mean.iter().map(|&m| m as f32).collect();
            parameters.set(&name("mean"), &[source.dim()], mean)?;
            parameters.set(&name("std"), &[source.dim()], deviation)?;
        }
    }
    if model.config.center_words {
        let (mean, _) = column_moments(&vectors.concat(), model.dimensions.words);
        parameters.set("input.words.mean", &[mean.len()], mean.iter().map(|&m| m as f32).collect())?;
    }
    Ok(())
}

/// Mean and variance of each column, in f64.
fn column_moments(values: &[f32], cols: usize) -> (Vec<f64>, Vec<f64>) {
    let rows = (values.len() / cols).max(1) as f64;
    let sums = |f: &dyn Fn(usize, f64) -> f64| {
        let mut sums = vec![0.0; cols];
        for row in values.chunks_exact(cols) {
            for (j, (sum, &x)) in sums.iter_mut().zip(row).enumerate() {
                *sum += f(j, f64::from(x));
            }
        }
        sums.iter_mut().for_each(|sum| *sum /= rows);
        sums
    };
    let mean = sums(&|_, x| x);
    let variance = sums(&|j, x| (x - mean[j]).powi(2));
    (mean, variance)
}

/// Checks that clips fit the model.
///
/// # Errors
/// If their features have other sizes, or are sequences and the model takes averages.
pub fn check_clips(model: &Stft, clips: &Clips) -> Result<()> {
    for m in MODALITIES {
        let (expected, found) = (model.dimensions.features(m), features(clips, m).dim());
        if expected != found {
            let what = format!("{} features of the data for this model", m.name());
            return Err(Error::Shape { what, expected: vec![expected], found: vec![found] });
        }
        let source = features(clips, m);
        if !model.dimensions.temporal && (0..source.len()).any(|clip| source.segments(clip) > 1) {
            return Err(Error::value(
                format!("{} features", m.name()),
                "these clips are sequences, but the model was trained on clip averages",
            ));
        }
    }
    Ok(())
}
