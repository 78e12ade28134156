//! Counter-based random draws: the `n`-th output of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014),
//! so that a network or an input can be rebuilt exactly in any language. Random draws of the model
//! use [`crate::base::rng`].

/// The `n`-th output of the generator that starts at `seed`.
pub fn bits(seed: u64, n: u64) -> u64 {
    let z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Uniform in [0, 1): the upper 53 bits.
pub fn unit(seed: u64, n: u64) -> f64 {
    (bits(seed, n) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The number of draws `bits >> 11` that mean `unit < probability`: units are multiples of 2^-53,
/// so `bits >> 11 < draws_below(p)` says the same as `unit < p`.
pub(crate) fn draws_below(probability: f64) -> u64 {
    (probability.clamp(0.0, 1.0) * (1_u64 << 53) as f64).ceil() as u64
}

/// An integer in `0..m`, from the upper 32 bits.
pub fn below(seed: u64, n: u64, m: u32) -> u32 {
    (((bits(seed, n) >> 32) * u64::from(m)) >> 32) as u32
}

/// A draw of the normal distribution with mean 0 and this standard deviation, from two uniform ones
/// in [0, 1): `deviation sqrt(-2 ln(1 - u)) cos(2 pi v)` (Box and Muller 1958). 1 - u is never 0.
#[inline]
pub fn normal(u: f64, v: f64, deviation: f64) -> f64 {
    deviation * (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first three outputs of the published generator for seed 1234567
    /// (<https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64>).
    #[test]
    fn agrees_with_the_published_sequence() {
        let first = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([0, 1, 2].map(|n| bits(1_234_567, n)), first);
        assert!((0..1000).all(|n| below(7, n, 10) < 10 && (0.0..1.0).contains(&unit(7, n))));
    }
}
