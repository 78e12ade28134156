//! Networks of other simulators. [Example](sonata#example).

pub mod sonata;
#[cfg(test)]
mod tests;
