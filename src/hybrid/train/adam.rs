//! Adam (Kingma and Ba 2015) with an L2 penalty in the gradient.

use crate::hybrid::parameters::Parameters;
use crate::hybrid::tensor::{Real, simd};
use rayon::prelude::*;
use std::sync::Arc;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// State of the optimiser: moments of every tensor, and the number of steps taken.
#[derive(Clone)]
pub struct Adam {
    /// First and second moments by tensor; empty for tensors that are not trained.
    pub moments: Vec<[Vec<f32>; 2]>,
    /// Steps taken.
    pub step: u64,
}

impl Adam {
    /// The optimiser before its first step: all moments are zero.
    pub fn new(parameters: &Parameters<f32>) -> Self {
        let zeros = |trainable: bool, n: usize| vec![0.0; if trainable { n } else { 0 }];
        let moments = parameters
            .entries()
            .iter()
            .map(|entry| [(); 2].map(|()| zeros(entry.declaration.trainable, entry.values.len())));
        Adam { moments: moments.collect(), step: 0 }
    }

    /// One step along `gradients`, by tensor position.
    pub fn update(
        &mut self,
        parameters: &mut Parameters<f32>,
        gradients: &[Option<&[f32]>],
        learning_rate: f64,
        weight_decay: f64,
    ) {
        self.step += 1;
        let correction = |beta: f64| 1.0 - beta.powf(self.step as f64);
        let rate = f32::of(learning_rate / correction(BETA_1));
        let root = f32::of(1.0 / correction(BETA_2).sqrt());
        let (b1, b2, decay, epsilon) = (f32::of(BETA_1), f32::of(BETA_2), f32::of(weight_decay), f32::of(EPSILON));
        let work = parameters.entries_mut().iter_mut().zip(&mut self.moments).zip(gradients);
        for ((entry, [first, second]), gradient) in work {
            let Some(gradient) = gradient else { continue };
            let chunk = crate::hybrid::tensor::CHUNK;
            let chunks = Arc::make_mut(&mut entry.values).par_chunks_mut(chunk).zip(first.par_chunks_mut(chunk));
            chunks.zip(second.par_chunks_mut(chunk)).zip(gradient.par_chunks(chunk)).for_each(
                |(((values, first), second), gradient)| {
                    simd(
                        #[inline(always)]
                        || {
                            let n = values.len();
                            let (first, second, gradient) = (&mut first[..n], &mut second[..n], &gradient[..n]);
                            for i in 0..n {
                                let g = gradient[i] + decay * values[i];
                                first[i] = b1 * first[i] + (1.0 - b1) * g;
                                second[i] = b2 * second[i] + (1.0 - b2) * g * g;
                                values[i] -= rate * first[i] / (second[i].sqrt() * root + epsilon);
                            }
                        },
                    );
                },
            );
        }
    }
}
