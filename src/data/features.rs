//! Features of many clips in one block of memory.

use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// One modality of `len()` clips: clip `i` is a row-major matrix `[segments(i), dim()]`.
/// Clip-averaged features have one segment per clip.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    dim: usize,
    offsets: Vec<usize>,
    values: Vec<f32>,
}

impl Features {
    /// Features of size `dim`; clip `i` owns the segments `offsets[i]..offsets[i + 1]` of `values`.
    ///
    /// # Errors
    /// When `offsets` does not start at 0 or decreases, or `values` does not hold `last offset *
    /// dim` numbers.
    pub fn new(dim: usize, offsets: Vec<usize>, values: Vec<f32>) -> Result<Features> {
        if offsets.first() != Some(&0) || offsets.windows(2).any(|pair| pair[0] > pair[1]) {
            return Err(Error::value("features", "the offsets of clips must start at 0 and not decrease"));
        }
        let segments = offsets.last().copied().unwrap_or(0);
        if segments.checked_mul(dim) != Some(values.len()) {
            return Err(Error::Shape {
                what: "features".into(),
                expected: vec![segments, dim],
                found: vec![values.len()],
            });
        }
        Ok(Features { dim, offsets, values })
    }

    /// Clips of `segments` segments each.
    pub(super) fn of_equal_clips(dim: usize, segments: usize, values: Vec<f32>) -> Features {
        let clips = values.len() / (dim * segments);
        Features { dim, offsets: (0..=clips).map(|clip| clip * segments).collect(), values }
    }

    /// Numbers per segment.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of clips.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no clip.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of segments of clip `i < len()`.
    pub fn segments(&self, i: usize) -> usize {
        self.offsets[i + 1] - self.offsets[i]
    }

    /// Clip `i < len()`, row-major `[segments(i), dim()]`.
    pub fn clip(&self, i: usize) -> &[f32] {
        &self.values[self.offsets[i] * self.dim..self.offsets[i + 1] * self.dim]
    }

    /// The segments of all clips, row-major `[segments, dim()]`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Memory in bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.values[..]) + size_of_val(&self.offsets[..])
    }

    /// Puts the clips of `other`, of the same size, after the clips here.
    pub(super) fn append(&mut self, other: &Features) {
        let start = self.offsets.last().copied().unwrap_or(0);
        self.offsets.extend(other.offsets.iter().skip(1).map(|offset| start + offset));
        self.values.extend_from_slice(&other.values);
    }
}

/// Labelled audio-visual clips: entry `i` of each field belongs to clip `i`.
#[derive(Debug, Clone, PartialEq)]
pub struct Clips {
    /// Names of the clips, as in the files.
    pub ids: Vec<String>,
    /// Class id of each clip, an index into `Dataset::classes`.
    pub labels: Vec<usize>,
    /// Audio features, `[segments, dim]` per clip.
    pub audio: Features,
    /// Video features, `[segments, dim]` per clip.
    pub video: Features,
}

impl Clips {
    /// Number of clips.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no clip.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Class id -> number of clips, for the classes that have any.
    pub fn class_counts(&self) -> BTreeMap<usize, usize> {
        let mut counts = BTreeMap::new();
        for &label in &self.labels {
            *counts.entry(label).or_insert(0) += 1;
        }
        counts
    }

    /// Memory of the features in bytes.
    pub fn bytes(&self) -> usize {
        self.audio.bytes() + self.video.bytes()
    }

    pub(super) fn append(&mut self, other: &Clips) {
        self.ids.extend_from_slice(&other.ids);
        self.labels.extend_from_slice(&other.labels);
        self.audio.append(&other.audio);
        self.video.append(&other.video);
    }
}

/// Names, lengths and size of one modality of some clips, read before the values.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    pub ids: Vec<String>,
    /// Segments of each clip.
    pub lengths: Vec<usize>,
    /// Size of a segment; unknown (0) without clips.
    pub dim: usize,
}

impl Heading {
    /// Total number of segments.
    pub fn segments(&self) -> usize {
        self.lengths.iter().sum()
    }
}

/// A zeroed buffer, or an error when the memory is not there.
pub(super) fn buffer(len: usize, what: &str) -> Result<Vec<f32>> {
    let mut values = Vec::new();
    values.try_reserve_exact(len).map_err(|_| {
        Error::value(what, format!("no memory for {} MB of features", len * size_of::<f32>() / 1_000_000))
    })?;
    values.resize(len, 0.0);
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_are_views_of_one_block() {
        let features = Features::new(2, vec![0, 1, 3], vec![1., 2., 3., 4., 5., 6.]).unwrap();
        assert_eq!((features.len(), features.dim(), features.segments(1)), (2, 2, 2));
        assert_eq!(features.clip(0), [1., 2.]);
        assert_eq!(features.clip(1), [3., 4., 5., 6.]);
        assert_eq!(features.bytes(), 6 * 4 + 3 * 8);
        let mut twice = features.clone();
        twice.append(&features);
        assert_eq!((twice.len(), twice.clip(3)), (4, features.clip(1)));
    }

    #[test]
    fn wrong_offsets_and_sizes_are_refused() {
        assert!(Features::new(2, vec![], vec![]).is_err());
        assert!(Features::new(2, vec![1, 2], vec![0.0; 4]).is_err());
        assert!(Features::new(2, vec![0, 2, 1], vec![0.0; 2]).is_err());
        assert!(Features::new(2, vec![0, 2], vec![0.0; 3]).is_err());
        assert!(Features::new(usize::MAX, vec![0, 2], vec![0.0; 3]).is_err());
    }
}
