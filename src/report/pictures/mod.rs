//! What pictures of reports are made of. They are made as those of [`plot`](crate::plot) are: for a
//! column of 3.4 inches, as SVG or PNG.

pub mod energy;
pub mod heat;
pub mod parts;
mod picture;
pub mod rows;
#[cfg(test)]
pub mod tests;
pub mod tradeoff;

pub use picture::Picture;
