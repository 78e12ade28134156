//! What everything stands on: files, memory, random numbers, aligned vectors. For the program and its tests, not for users of the library.

pub mod files;
pub mod lanes;
pub mod memory;
pub mod rng;
pub mod splitmix;
pub mod text;
