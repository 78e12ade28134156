//! The same as dense products, zeros included.

use super::chain::{Layer, Layers};
use super::window::Window;
use std::ops::Range;

impl Layers {
    /// Makes all outputs of all inputs.
    pub fn dense(&self, values: &mut Vec<f64>) {
        for layer in self.layers() {
            let mut sums = vec![0.0; layer.outputs()];
            match layer {
                Layer::Window(window) => dense_window(window, values, &mut sums),
                Layer::Linear { weights, outputs } => {
                    for (value, row) in values.iter().zip(weights.chunks(*outputs)) {
                        sums.iter_mut().zip(row).for_each(|(sum, w)| *sum += value * w);
                    }
                }
                Layer::Scale(factors) => {
                    let all = sums.iter_mut().zip(values.iter().zip(&factors[..]));
                    all.for_each(|(sum, (value, factor))| *sum = value * factor);
                }
            }
            *values = sums;
        }
    }

    /// Products with weights that the outputs `range` take densely, places beyond the border left
    /// out; those in front of the last layer only if they are `first` computed here.
    pub fn dense_products(&self, range: Range<usize>, first: bool) -> u64 {
        let last = self.layers().len() - 1;
        let counted = self.layers().iter().enumerate().filter(|&(n, _)| self.counts(n) && (first || n == last));
        let products = counted.map(|(n, layer)| {
            let range = if n == last { range.clone() } else { 0..layer.outputs() };
            match layer {
                Layer::Window(window) => window.count_ways(&vec![1; layer.inputs()])[range].iter().sum(),
                Layer::Linear { .. } => (layer.inputs() * range.len()) as u64,
                Layer::Scale(_) => range.len() as u64,
            }
        });
        products.sum()
    }
}

/// Outputs of a window; each sums up its inputs by channel, row and column.
fn dense_window(window: &Window, values: &[f64], sums: &mut [f64]) {
    let Window { rows, columns, .. } = window;
    let (width, outputs) = (columns.input, columns.output());
    for (to, plane) in sums.chunks_mut(window.plane()).enumerate() {
        let first = to / (window.channels[1] / window.groups) * window.seen();
        for from in 0..window.seen() {
            let input = &values[(first + from) * rows.input * width..][..rows.input * width];
            for ky in 0..rows.kernel {
                let weights = window.weights(to, from, ky);
                for row in rows.within(ky) {
                    let Some(y) = rows.under(row, ky) else { continue };
                    let (line, sums) = (&input[y * width..][..width], &mut plane[row * outputs..][..outputs]);
                    for kx in 0..columns.kernel {
                        let within = columns.within(kx);
                        let Some(x) = columns.under(within.start, kx).filter(|_| !within.is_empty()) else { continue };
                        let weight = weights.at(kx);
                        let sums = &mut sums[within];
                        match columns.stride {
                            1 => sums.iter_mut().zip(&line[x..]).for_each(|(sum, value)| *sum += value * weight),
                            stride => {
                                let seen = line[x..].iter().step_by(stride);
                                sums.iter_mut().zip(seen).for_each(|(sum, value)| *sum += value * weight);
                            }
                        }
                    }
                }
            }
        }
    }
}
