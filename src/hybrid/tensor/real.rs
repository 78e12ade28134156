//! The number types that the dense operators run on: f32 for work, f64 so that gradients can be
//! checked sharply.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// f32 or f64. Everything here is made of +, -, *, / and comparisons in a fixed order, so that a
/// result does not depend on the instruction set or the platform's mathematics library.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
{
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;
    /// Nearest value to `x`.
    fn of(x: f64) -> Self;
    /// Exact value as f64.
    fn f64(self) -> f64;
    /// e^self; f32: relative error below 2e-7, arguments beyond ±87 are cut there.
    fn exp(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// The larger of two numbers that are not NaN.
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if self > other { self } else { other }
    }
    /// The smaller of two numbers that are not NaN.
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        if self < other { self } else { other }
    }
    /// Absolute value.
    #[inline(always)]
    fn magnitude(self) -> Self {
        if self < Self::ZERO { -self } else { self }
    }
    /// 1 / (1 + e^-self)
    #[inline(always)]
    fn sigmoid(self) -> Self {
        Self::ONE / (Self::ONE + (-self).exp())
    }
    /// Hyperbolic tangent, through the logistic function.
    #[inline(always)]
    fn tanh(self) -> Self {
        let two = Self::ONE + Self::ONE;
        two * (two * self).sigmoid() - Self::ONE
    }
}

impl Real for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    #[inline(always)]
    fn of(x: f64) -> f64 {
        x
    }
    #[inline(always)]
    fn f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn exp(self) -> f64 {
        f64::exp(self)
    }
    #[inline(always)]
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
}

impl Real for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
    #[inline(always)]
    fn of(x: f64) -> f32 {
        x as f32
    }
    #[inline(always)]
    fn f64(self) -> f64 {
        f64::from(self)
    }
    /// e^x = 2^n e^r, n the nearest integer to x / ln 2, e^r by its Taylor polynomial on |r| <= ln
    /// 2 / 2 (degree 7: the first omitted term is below 6e-9). Adding 1.5 * 2^23 rounds to an
    /// integer and leaves it in the low mantissa bits.
    #[inline(always)]
    fn exp(self) -> f32 {
        const ROUND: f32 = 12_582_912.0;
        // ln 2 split so that n * LN2_HIGH is exact.
        const LN2_HIGH: f32 = 0.693_359_4;
        const LN2_LOW: f32 = -2.121_944_4e-4;
        let x = self.larger(-87.0).smaller(87.0);
        let shifted = x * std::f32::consts::LOG2_E + ROUND;
        let n = shifted - ROUND;
        let r = (x - n * LN2_HIGH) - n * LN2_LOW;
        let mut p = 1.0 / 5040.0;
        for c in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
            p = p * r + c;
        }
        p * f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23))
    }
    #[inline(always)]
    fn sqrt(self) -> f32 {
        f32::sqrt(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_as_accurate_as_stated() {
        let worst = (-86_000..86_000)
            .map(|i| {
                let x = i as f32 / 1000.0;
                let exact = f64::from(x).exp();
                ((Real::exp(x).f64() - exact) / exact).abs()
            })
            .fold(0.0, f64::max);
        assert!(worst < 2e-7, "relative error {worst}");
        assert!(Real::exp(-1e30_f32) < 1e-37 && Real::exp(1e30_f32).is_finite());
    }

    #[test]
    fn sigmoid_and_tanh_follow_their_definition() {
        for i in -200..200 {
            let x = i as f32 / 10.0;
            assert!((Real::tanh(x).f64() - f64::from(x).tanh()).abs() < 2e-7);
            assert!((Real::sigmoid(x).f64() - 1.0 / (1.0 + (-f64::from(x)).exp())).abs() < 2e-7);
        }
    }
}
