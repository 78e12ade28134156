//! Networks of other simulators. [Example](sonata#example).

pub mod netx;
pub mod nir;
pub mod sonata;
#[cfg(test)]
mod tests;
