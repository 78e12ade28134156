//! Networks of other simulators. [Example](sonata#example).

pub mod nir;
pub mod sonata;
#[cfg(test)]
mod tests;
