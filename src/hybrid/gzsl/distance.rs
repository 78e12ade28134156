//! Distances between embeddings.

use crate::energy::Cost;

/// Euclidean distances `[clips, classes]` between rows of `x` and of `classes`, both `size` wide.
pub fn distances(x: &[f32], classes: &[f32], size: usize) -> Vec<f32> {
    let distance = |a: &[f32], b: &[f32]| a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + (a - b) * (a - b)).sqrt();
    x.chunks_exact(size).flat_map(|x| classes.chunks_exact(size).map(move |c| distance(x, c))).collect()
}

/// Operations of `pairs` distances between vectors of `size` values: a subtraction and a MAC for
/// each value, and a root.
pub fn distance_cost(pairs: usize, size: usize) -> Cost {
    let values = (pairs * size) as u64;
    Cost { macs: values, additions: values, functions: pairs as u64, ..Cost::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_euclidean() {
        assert_eq!(distances(&[0.0, 0.0, 3.0, 4.0], &[3.0, 4.0], 2), [5.0, 0.0]);
    }
}
