//! Pictures of an evaluation.

mod all;
mod confusion;
mod course;
mod layers;
mod recall;
mod tradeoff;

#[cfg(test)]
mod tests;

pub use all::pictures;
