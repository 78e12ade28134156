//! Random numbers: one seed, named streams.
//!
//! Every use draws from its own stream, `(seed, name, index)`. No generator state outlives its use,
//! so nothing has to be stored in a checkpoint and no thread count changes a result.

use super::fnv::fnv1a;
use rand::SeedableRng;
pub use rand_chacha::ChaCha8Rng as Rng;

/// All the streams of one seed.
#[derive(Debug, Clone, Copy)]
pub struct Streams {
    seed: u64,
}

impl Streams {
    /// The streams of `seed`.
    pub fn new(seed: u64) -> Self {
        Streams { seed }
    }

    /// The generator `name` at `index`, the number of a step, an epoch or a chunk.
    pub fn stream(&self, name: &str, index: u64) -> Rng {
        // The key is seed | index | FNV-1a of the name in both byte orders: distinct inputs give
        // distinct keys.
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&index.to_le_bytes());
        key[16..24].copy_from_slice(&fnv1a(name.bytes()).to_le_bytes());
        key[24..].copy_from_slice(&fnv1a(name.bytes().rev()).to_le_bytes());
        Rng::from_seed(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;

    #[test]
    fn streams_differ_by_seed_name_and_index_and_repeat() {
        let draw = |seed, name, index| Streams::new(seed).stream(name, index).next_u64();
        let first = draw(1, "a", 0);
        assert_eq!(first, draw(1, "a", 0));
        for other in [draw(2, "a", 0), draw(1, "b", 0), draw(1, "a", 1)] {
            assert_ne!(first, other);
        }
    }
}
