//! Numbers from a seed and a counter, as `src/network/mod.rs` documents them, and a small generator on top.

/// The n-th output of SplitMix64 that starts at `seed`.
pub fn bits(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(n.wrapping_add(1)));
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

/// In \[0, 1).
pub fn unit(seed: u64, n: u64) -> f64 {
    (bits(seed, n) >> 11) as f64 / 2f64.powi(53)
}

/// In 0..m.
pub fn below(seed: u64, n: u64, m: u32) -> u32 {
    ((u128::from(bits(seed, n) >> 32) * u128::from(m)) >> 32) as u32
}

/// The seed of what is drawn under `name`, where the file gives none.
pub fn derived(run_seed: u64, name: &str) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    bits(run_seed, hash)
}

/// Draws for random networks, one after another.
pub struct Draw {
    seed: u64,
    n: u64,
}

impl Draw {
    pub fn new(seed: u64) -> Draw {
        Draw { seed: bits(seed, 7), n: 0 }
    }

    pub fn unit(&mut self) -> f64 {
        self.n += 1;
        unit(self.seed, self.n)
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub fn below(&mut self, m: u32) -> u32 {
        self.n += 1;
        below(self.seed, self.n, m)
    }

    /// In low..=high.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// True once in `n` draws.
    pub fn once_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    pub fn flip(&mut self) -> bool {
        self.once_in(2)
    }

    pub fn maybe<T>(&mut self, value: impl FnOnce(&mut Draw) -> T) -> Option<T> {
        if self.flip() { Some(value(self)) } else { None }
    }
}
