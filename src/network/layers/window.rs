//! Windows that move over rows and columns: convolutions and pools.

use std::ops::Range;
use std::sync::Arc;

/// The most places of a kernel along an axis.
const MOST_PLACES: usize = 1 << 16;

/// How a window moves along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// Places of the input.
    pub input: usize,
    /// Places of the kernel.
    pub kernel: usize,
    /// Places from one output to the next.
    pub stride: usize,
    /// Places from one weight to the next.
    pub dilation: usize,
    /// Zeros before the first place of the input, and behind the last.
    pub padding: [usize; 2],
}

impl Axis {
    /// An axis of one place, for what has fewer axes.
    pub const SINGLE: Axis = Axis { input: 1, kernel: 1, stride: 1, dilation: 1, padding: [0, 0] };

    /// The padding with which strides of 1 give as many outputs as inputs; an odd zero is behind.
    pub fn same_padding(kernel: usize, dilation: usize) -> [usize; 2] {
        let all = kernel.saturating_sub(1).saturating_mul(dilation);
        [all / 2, all - all / 2]
    }

    /// Places that the kernel spans.
    fn span(&self) -> usize {
        (self.kernel - 1) * self.dilation + 1
    }

    /// Places of the output: as in PyTorch, only whole windows count.
    pub fn output(&self) -> usize {
        let padded = self.input + self.padding[0] + self.padding[1];
        padded.checked_sub(self.span()).map_or(0, |rest| rest / self.stride + 1)
    }

    /// The place of the input under place `k` of the kernel at an output; None beyond the border.
    pub fn under(&self, output: usize, k: usize) -> Option<usize> {
        (output * self.stride + k * self.dilation).checked_sub(self.padding[0]).filter(|&at| at < self.input)
    }

    /// Adds (place of the kernel, output) for every window in which `input` lies.
    pub fn windows(&self, input: usize, found: &mut Vec<(usize, usize)>) {
        let (at, outputs) = (input + self.padding[0], self.output());
        for k in 0..self.kernel {
            let Some(first) = at.checked_sub(k * self.dilation) else { break };
            if first.is_multiple_of(self.stride) && first / self.stride < outputs {
                found.push((k, first / self.stride));
            }
        }
    }

    /// Outputs at which place `k` of the kernel lies within the border.
    pub fn within(&self, k: usize) -> Range<usize> {
        let shift = k * self.dilation;
        let first = self.padding[0].saturating_sub(shift).div_ceil(self.stride);
        let end = (self.input + self.padding[0]).saturating_sub(shift).div_ceil(self.stride);
        first..end.min(self.output()).max(first)
    }
}

/// The weights of a window.
#[derive(Debug, Clone, PartialEq)]
pub enum Kernel {
    /// `[output channels, input channels / groups, rows, columns]`, row by row.
    Each(Arc<[f64]>),
    /// One for all places, each channel for itself: a pool.
    Same(f64),
}

/// A row of a kernel.
#[derive(Debug, Clone, Copy)]
pub struct KernelRow<'a> {
    weights: &'a [f64],
    /// The weight of all places, where there is no list.
    same: f64,
}

impl KernelRow<'_> {
    /// The weight at a place.
    #[inline(always)]
    pub fn at(&self, column: usize) -> f64 {
        self.weights.get(column).copied().unwrap_or(self.same)
    }
}

/// A convolution or pool. One axis is [`Axis::SINGLE`] where there are no rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Channels of the input and of the output.
    pub channels: [usize; 2],
    /// Groups of channels that do not see each other.
    pub groups: usize,
    /// Along rows.
    pub rows: Axis,
    /// Along columns.
    pub columns: Axis,
    /// Its weights.
    pub kernel: Kernel,
}

impl Window {
    /// A window over no, one or two axes.
    pub fn new(channels: [usize; 2], groups: usize, axes: &[Axis], kernel: Kernel) -> Window {
        let columns = axes.last().copied().unwrap_or(Axis::SINGLE);
        let rows = if axes.len() == 2 { axes[0] } else { Axis::SINGLE };
        Window { channels, groups, rows, columns, kernel }
    }

    /// Whether it can be.
    ///
    /// # Errors
    /// With what was expected.
    pub fn check(&self) -> Result<(), String> {
        let Window { channels: [from, to], groups, rows, columns, kernel } = self;
        for (axis, name) in [(rows, "rows"), (columns, "columns")] {
            if [axis.input, axis.kernel, axis.stride, axis.dilation].contains(&0) {
                return Err(format!("{name}: expected sizes, strides and dilations of at least 1"));
            }
            if axis.kernel > MOST_PLACES {
                return Err(format!("{name}: a kernel of {} places: expected at most {MOST_PLACES}", axis.kernel));
            }
            if axis.padding.iter().any(|&padding| padding >= axis.span()) {
                return Err(format!(
                    "{name}: a padding of {:?}: expected less than the kernel spans, {}",
                    axis.padding,
                    axis.span()
                ));
            }
            if axis.output() == 0 {
                return Err(format!(
                    "{name}: the kernel spans {} of {} places, padding included",
                    axis.span(),
                    axis.input + axis.padding[0] + axis.padding[1]
                ));
            }
        }
        if *groups == 0 || !from.is_multiple_of(*groups) || !to.is_multiple_of(*groups) {
            return Err(format!("{groups} groups: expected a divisor of {from} and {to} channels"));
        }
        let needed = to * (from / groups) * rows.kernel * columns.kernel;
        match kernel {
            Kernel::Each(weights) if weights.len() != needed => {
                Err(format!("{} weights: expected {needed}", weights.len()))
            }
            Kernel::Same(_) if [*from, *to] != [*groups; 2] => Err("a pool has as many groups as channels".into()),
            _ => Ok(()),
        }
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.channels[0] * self.rows.input * self.columns.input
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.channels[1] * self.plane()
    }

    /// Outputs of one channel.
    pub fn plane(&self) -> usize {
        self.rows.output() * self.columns.output()
    }

    /// Input channels that an output sees.
    pub fn seen(&self) -> usize {
        self.channels[0] / self.groups
    }

    /// The most inputs of an output.
    pub(super) fn fan_in(&self) -> usize {
        self.seen() * self.rows.kernel * self.columns.kernel
    }

    /// Output channels of the group of an input channel.
    pub fn reached(&self, channel: usize) -> Range<usize> {
        let width = self.channels[1] / self.groups;
        let group = channel / self.seen();
        group * width..(group + 1) * width
    }

    /// One row of the weights of output channel `to` for the `from`-th input channel that it sees.
    #[inline(always)]
    pub fn weights(&self, to: usize, from: usize, row: usize) -> KernelRow<'_> {
        match &self.kernel {
            Kernel::Each(weights) => {
                let first = ((to * self.seen() + from) * self.rows.kernel + row) * self.columns.kernel;
                KernelRow { weights: &weights[first..first + self.columns.kernel], same: 0.0 }
            }
            Kernel::Same(weight) => KernelRow { weights: &[], same: *weight },
        }
    }

    /// Ways to each output, given those to each input.
    pub(super) fn count_ways(&self, inputs: &[u64]) -> Vec<u64> {
        let (rows, columns) = (&self.rows, &self.columns);
        let input_plane = rows.input * columns.input;
        // Of all channels of a group together.
        let mut group_plane = vec![0_u64; input_plane];
        let mut counts = Vec::with_capacity(self.outputs());
        for group in 0..self.groups {
            group_plane.fill(0);
            let own = &inputs[group * self.seen() * input_plane..(group + 1) * self.seen() * input_plane];
            for (at, &n) in own.iter().enumerate() {
                let sum = &mut group_plane[at % input_plane];
                *sum = sum.saturating_add(n);
            }
            let mut plane = Vec::with_capacity(self.plane());
            for row in 0..rows.output() {
                for column in 0..columns.output() {
                    let mut sum = 0_u64;
                    for y in (0..rows.kernel).filter_map(|k| rows.under(row, k)) {
                        for x in (0..columns.kernel).filter_map(|k| columns.under(column, k)) {
                            sum = sum.saturating_add(group_plane[y * columns.input + x]);
                        }
                    }
                    plane.push(sum);
                }
            }
            for _ in 0..self.channels[1] / self.groups {
                counts.extend_from_slice(&plane);
            }
        }
        counts
    }
}
