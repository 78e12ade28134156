//! The weights of a convolution as a spike meets them.

use super::window::{Kernel, Window};

/// For each input channel and place of the kernel, the weights of all output channels of its group
/// side by side, so that a spike adds them in one go. A pool has one weight for all.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Spread {
    /// Output channels of a group.
    width: usize,
    /// Places of the kernel: rows times columns; 0 if all have one weight.
    places: usize,
    /// `[input channels, places, output channels of the group]`.
    weights: Vec<f64>,
    /// How many of them are not zero: `[input channels, places]`.
    effective: Vec<u32>,
}

impl Spread {
    pub fn new(window: &Window) -> Spread {
        let (rows, columns) = (window.rows.kernel, window.columns.kernel);
        let (width, places, weights) = match window.kernel {
            Kernel::Same(weight) => (1, 0, vec![weight]),
            Kernel::Each(_) => {
                let mut weights = Vec::with_capacity(window.channels[0] * window.reached(0).len() * rows * columns);
                for channel in 0..window.channels[0] {
                    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                        let own = window.reached(channel);
                        weights.extend(own.map(|to| window.weights(to, channel % window.seen(), row).at(column)));
                    }
                }
                (window.reached(0).len(), rows * columns, weights)
            }
        };
        let effective = weights.chunks(width).map(|own| own.iter().filter(|&&w| w != 0.0).count() as u32);
        Spread { width, places, effective: effective.collect(), weights }
    }

    /// What an input of `channel` adds to the output channels of its group under a place of the
    /// kernel, and how many of these weights are not zero.
    #[inline(always)]
    pub fn at(&self, channel: usize, place: usize) -> (&[f64], u64) {
        let row = if self.places == 0 { 0 } else { channel * self.places + place };
        (&self.weights[row * self.width..(row + 1) * self.width], self.effective[row].into())
    }
}
