//! Labelled inputs of a network: recordings of event cameras, spike trains, images, arrays.
//!
//! | data | labels |
//! |---|---|
//! | a folder of recordings of event cameras ([`crate::recording::read_events`]) | names of the folders in it, or a list |
//! | such a folder with a table `NAME_labels.csv` beside `NAME.aedat`, as DVS128 Gesture | the tables |
//! | Spiking Heidelberg Digits and Speech Commands, `.h5` | within |
//! | images in the form of MNIST, `idx`, also as `.gz` | the same form, or `.npy` |
//! | `.npy`: `[samples, elements..]`, or with steps `[samples, steps, elements]` | `.npy` or a list |
//! | `.npz` with the arrays `x` and `y` of these shapes | within |
//!
//! A list of labels is text with a name and a class in each line, separated by a comma, a tab or
//! blanks; a line that begins with `#` is a comment. It says which files are taken, and in which
//! order. A class is a number from 0; where all are names, classes are counted by their order.
//!
//! ```
//! use spikefuse::samples::{Input, Samples};
//!
//! let samples = Samples::of_values(vec![2], vec![0.5, 1.0, 0.25, 0.0], vec![1, 0])?;
//! assert_eq!((samples.len(), samples.classes()), (2, 2));
//! assert_eq!(samples.read(1, 1.0)?, Input::Values { steps: 1, values: vec![0.25, 0.0] });
//! # Ok::<(), spikefuse::Error>(())
//! ```

mod arrays;
mod folder;
mod gesture;
mod idx;
mod inspect;
mod labels;
mod open;
mod set;
#[cfg_attr(not(feature = "hdf5"), path = "no_hdf5.rs")]
mod shd;
#[cfg(test)]
mod tests;
#[cfg(feature = "hdf5")]
mod trains;

pub use arrays::{holds_samples, read_sample};
pub use inspect::{ClassSummary, Fault, Inspection, Range, inspect};
pub use open::Opening;
pub use set::{Input, Samples};
