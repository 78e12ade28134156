//! Networks of other simulators.

pub mod sonata;
#[cfg(test)]
mod tests;
