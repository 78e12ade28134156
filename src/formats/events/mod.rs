//! Recordings of event cameras: which pixel became brighter or darker, and when.
//!
//! | ending | format | source |
//! |---|---|---|
//! | `.bin` `.bs2` | N-MNIST | Orchard et al. 2015, <https://www.garrickorchard.com/datasets/n-mnist> |
//! | `.aedat` | AEDAT 2.0 of a DVS128, AEDAT 3.1 | <https://docs.inivation.com/software/software-advanced-usage/file-formats> |
//! | `.raw` | EVT 2.0 and 3.0 | <https://docs.prophesee.ai/stable/data/encoding_formats> |
//! | `.dat` | events of Prophesee's older tools | <https://docs.prophesee.ai/stable/data/file_formats/dat.html> |
//! | `.npy` `.npz` | numpy records, or arrays, x, y, t, p | |
//!
//! Times are microseconds and never go back, coordinates count from the upper left corner.

mod aedat;
mod bytes;
mod dat;
mod event;
mod evt;
mod file;
mod nmnist;
mod numpy;
#[cfg(test)]
mod tests;

pub(crate) use file::EventFile;
