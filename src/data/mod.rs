//! Data sets of audio-visual generalised zero-shot learning (GZSL): clips, classes, class vectors,
//! and the parts of a split.
//!
//! Three kinds of data set have the same interface, [`Dataset`]:
//! - the layout in which UCF-, VGGSound- and ActivityNet-GZSL are published: HDF5 files of clip
//!   averages, or pickles of sequences, one per class;
//! - a plain form that needs no HDF5: `clips.csv`, `.npy` matrices;
//! - the embedded demonstration set, [`Dataset::embedded`], made from a seed; [`generate`] writes
//!   it in the published layout.
//!
//! `docs/data.md` describes the files. [`inspect`] lists what a data set has and everything that is
//! wrong with it; [`Dataset::open`] and [`Dataset::load`] fail on what would make a result wrong.
//!
//! ```
//! use spikefuse::data::{Dataset, Part};
//!
//! let dataset = Dataset::embedded(1);
//! let clips = dataset.load(Part::Stage1Train)?;
//! let class = &dataset.classes[clips.labels[0]];
//! let (segments, dim) = (clips.audio.segments(0), clips.audio.dim());
//! println!("{} is of class {class} and has {segments} segments of size {dim}", clips.ids[0]);
//! assert_eq!(clips.audio.clip(0).len(), segments * dim);
//! # Ok::<(), spikefuse::Error>(())
//! ```

mod class_file;
mod dataset;
mod embedded;
mod features;
mod findings;
mod generate;
mod inspect;
mod open;
mod plain;
mod published;
mod source;
mod split;
#[cfg(test)]
mod tests;
mod vectors;

pub use dataset::Dataset;
pub use embedded::EMBEDDED_NAME;
pub use features::{Clips, Features};
pub use generate::generate;
pub use inspect::{DataProblem, Inspection, PartSummary, SegmentRange, VectorSummary, inspect};
pub use split::{ClassVectors, Part, Split};
pub use vectors::Vectors;
