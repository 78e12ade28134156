//! Networks of other simulators.

pub mod nir;
pub mod sonata;
#[cfg(test)]
mod tests;
