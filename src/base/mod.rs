//! What everything stands on: files, memory, random numbers, aligned vectors. For the program and its tests, not for users of the library.

pub mod aligned;
pub mod counter;
pub mod files;
pub mod fnv;
pub mod memory;
pub mod rng;
pub mod text;
