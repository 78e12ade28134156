//! One `f32` per neuron, padded to whole cache lines, so that loops over a population need no remainder and no load
//! crosses a line.

use pulp::bytemuck::{Pod, Zeroable};

/// Values in one [`Lane`]: a cache line, and one AVX-512 register.
pub const LANE: usize = 16;

/// A cache line of values.
#[repr(C, align(64))]
#[derive(Debug, Clone, Copy, Default)]
pub struct Lane(pub [f32; LANE]);

// SAFETY: 16 floats fill the 64 bytes of the type exactly: no padding, every bit pattern valid, zero too.
unsafe impl Zeroable for Lane {}
// SAFETY: as above; the type is `Copy` and `repr(C)`.
unsafe impl Pod for Lane {}

/// A vector of `len` values in whole lanes. Values behind the end are computed along and never read.
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

    /// Becomes `len` times `value`, padding included, without giving memory back.
    pub fn reset(&mut self, len: usize, value: f32) {
        self.lanes.clear();
        self.lanes.resize(len.div_ceil(LANE), Lane([value; LANE]));
        self.len = len;
    }

    /// The values.
    pub fn as_slice(&self) -> &[f32] {
        &pulp::bytemuck::cast_slice(&self.lanes)[..self.len]
    }

    /// The values, to change.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        &mut pulp::bytemuck::cast_slice_mut(&mut self.lanes)[..self.len]
    }

    /// The lanes, padding included.
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// The lanes, padding included, to change.
    pub fn lanes_mut(&mut self) -> &mut [Lane] {
        &mut self.lanes
    }
}
