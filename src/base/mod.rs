//! Foundations of all modules: files, text, memory, random numbers, aligned vectors. For this crate
//! and its program; not part of the public interface.

pub mod aligned;
pub mod counter;
pub mod files;
pub mod fnv;
pub mod memory;
#[cfg(feature = "hybrid")]
pub mod rng;
pub mod ron_fault;
pub mod text;
