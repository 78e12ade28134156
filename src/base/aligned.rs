//! Vectors that start at a cache line and are padded to whole lines, so that loops over a
//! population need no remainder and no load crosses a line; and a function that runs such loops
//! vectorised.

use bytemuck::{Pod, Zeroable};
use pulp::{Arch, Simd, WithSimd};

/// Values in one [`Lane`]: a cache line, and one AVX-512 register.
pub const LANE: usize = 16;

/// A cache line of values.
#[repr(C, align(64))]
#[derive(Debug, Clone, Copy, Default, Pod, Zeroable)]
pub struct Lane(pub [f32; LANE]);

/// A vector of `len` values in whole lanes. Values of the padding take part in computations and are
/// never read.
#[derive(Debug, Clone, Default)]
pub struct Lanes {
    lanes: Vec<Lane>,
    len: usize,
}

impl Lanes {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        Lanes { lanes: vec![Lane::default(); len.div_ceil(LANE)], len }
    }

    /// A copy of `values`, padded with zeros.
    pub fn from_slice(values: &[f32]) -> Self {
        let mut lanes = Lanes::zeros(values.len());
        lanes.as_mut_slice().copy_from_slice(values);
        lanes
    }

    /// Sets the vector to `len` times `value`, padding included, and keeps its memory.
    pub fn reset(&mut self, len: usize, value: f32) {
        self.lanes.clear();
        self.lanes.resize(len.div_ceil(LANE), Lane([value; LANE]));
        self.len = len;
    }

    /// The values.
    pub fn as_slice(&self) -> &[f32] {
        &bytemuck::cast_slice(&self.lanes)[..self.len]
    }

    /// The values, mutable.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        &mut bytemuck::cast_slice_mut(&mut self.lanes)[..self.len]
    }

    /// The values, padding included.
    pub fn padded(&self) -> &[f32] {
        bytemuck::cast_slice(&self.lanes)
    }

    /// The values, padding included, mutable.
    pub fn padded_mut(&mut self) -> &mut [f32] {
        bytemuck::cast_slice_mut(&mut self.lanes)
    }

    /// The lanes, mutable.
    pub fn lanes_mut(&mut self) -> &mut [Lane] {
        &mut self.lanes
    }
}

/// A cache line of doubles.
#[repr(C, align(64))]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Line([f64; 8]);

/// Doubles that start at a cache line: eight of them from a multiple of eight on cross none.
#[derive(Debug, Clone, Default)]
pub struct Lined(Vec<Line>);

impl Lined {
    /// `len` zeros, a multiple of eight.
    pub fn zeros(len: usize) -> Self {
        Lined(vec![Line([0.0; 8]); len / 8])
    }
}

impl std::ops::Deref for Lined {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        bytemuck::cast_slice(&self.0)
    }
}

impl std::ops::DerefMut for Lined {
    fn deref_mut(&mut self) -> &mut [f64] {
        bytemuck::cast_slice_mut(&mut self.0)
    }
}

/// Runs `f`, once, compiled for the widest vector instructions of this machine. Rust never
/// contracts a*b+c, so the result is the same on every machine. The closure `f` must be marked
/// `#[inline(always)]`. It is `FnMut` and not `FnOnce` because rustc wraps a closure that is called
/// by value in a function that is not always inlined.
#[inline(always)]
pub fn simd<T>(f: impl FnMut() -> T) -> T {
    struct Call<F>(F);
    impl<T, F: FnMut() -> T> WithSimd for Call<F> {
        type Output = T;
        #[inline(always)]
        fn with_simd<S: Simd>(mut self, _: S) -> T {
            (self.0)()
        }
    }
    Arch::new().dispatch(Call(f))
}

/// Prefetches the cache lines of `values`, at most 8. The result of the program does not depend on
/// it.
#[inline(always)]
pub fn prefetch<T>(values: &[T]) {
    const LINE: usize = 64;
    const MOST: usize = 8;
    #[cfg(target_arch = "x86_64")]
    for at in (0..size_of_val(values)).step_by(LINE).take(MOST) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the address lies within `values`, and a prefetch reads nothing that the program
        // could see.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(values.as_ptr().cast::<i8>().add(at)) };
    }
}
