//! What k idle ticks do to a neuron: one linear map, looked up.

use crate::network::Threshold;
use crate::neuron::linear::{Neuron, Receptor};

/// Entries of a table: k runs from 0 to `REACH - 1`. A neuron idle for longer goes in steps of `REACH - 1`.
pub const REACH: usize = 1024;

/// The longest stretch in one step.
pub const STRETCH: u32 = REACH as u32 - 1;

/// One coefficient for each k.
pub type Column = [f64; REACH];

/// The coefficients of a population. With (V, g, d) now, k idle ticks later
/// ```text
/// V' = E V + B + sum over currents (A g + H d),   g' = P g + Q d,   d' = P d,   excess of an adaptive threshold' = R excess
/// ```
#[derive(Debug, Clone)]
pub struct Tables {
    /// E.
    pub membrane: Box<Column>,
    /// B.
    pub drive: Box<Column>,
    /// R.
    pub threshold: Box<Column>,
    /// P, Q, A, H of each current.
    pub currents: Vec<Current>,
    /// The same for k of the refractory time and less, which may be longer than a stretch: (E, R, and P, Q of each current).
    pub refractory: Vec<Refractory>,
}

/// The coefficients of one current.
#[derive(Debug, Clone)]
pub struct Current {
    /// P.
    pub retention: Box<Column>,
    /// Q.
    pub rise: Box<Column>,
    /// A: rises, then falls.
    pub into_membrane: Box<Column>,
    /// H: rises, then falls.
    pub rise_into_membrane: Box<Column>,
    /// Where A is largest.
    pub peak: usize,
    /// Where H is largest.
    pub rise_peak: usize,
    /// A after all time.
    pub limit: f64,
    /// H after all time.
    pub rise_limit: f64,
    /// Whether arrivals raise d, not g.
    pub alpha: bool,
}

/// The coefficients of some ticks within the refractory time.
#[derive(Debug, Clone)]
pub struct Refractory {
    /// E.
    pub membrane: f64,
    /// R.
    pub threshold: f64,
    /// P and Q of each current.
    pub currents: Vec<(f64, f64)>,
}

fn column(mut next: impl FnMut(usize) -> f64) -> Box<Column> {
    let values: Vec<f64> = (0..REACH).map(&mut next).collect();
    values.into_boxed_slice().try_into().unwrap_or_else(|_| Box::new([0.0; REACH]))
}

/// (p, q, a, h) of the receptors that are currents.
fn current_coefficients(neuron: &Neuron) -> Vec<(f64, f64, f64, f64)> {
    let currents = neuron.receptors.iter().filter_map(|receptor| match *receptor {
        Receptor::Delta { .. } => None,
        Receptor::Exponential { retention, into_membrane, .. } => Some((retention, 0.0, into_membrane, 0.0)),
        Receptor::Alpha { retention, rise, into_membrane, rise_into_membrane, .. } => {
            Some((retention, rise, into_membrane, rise_into_membrane))
        }
    });
    currents.collect()
}

impl Tables {
    /// Appends currents that are always zero, to have `count` of them.
    pub fn resize(&mut self, count: usize) {
        let none = || column(|_| 0.0);
        while self.currents.len() < count {
            self.currents.push(Current {
                retention: none(),
                rise: none(),
                into_membrane: none(),
                rise_into_membrane: none(),
                peak: 0,
                rise_peak: 0,
                limit: 0.0,
                rise_limit: 0.0,
                alpha: false,
            });
            self.refractory.iter_mut().for_each(|entry| entry.currents.push((1.0, 0.0)));
        }
    }

    /// Of a model. Each entry follows from the one before by the map of one tick.
    pub fn new(neuron: &Neuron, threshold: &Threshold) -> Self {
        let (e, b) = (neuron.retention, neuron.drive);
        let r = if let Threshold::Adaptive { retention, .. } = threshold { *retention } else { 1.0 };
        let power = |factor: f64| {
            let mut value = 1.0;
            column(move |k| {
                value = if k == 0 { 1.0 } else { value * factor };
                value
            })
        };
        let mut sum = 0.0;
        let drive = column(|k| {
            sum = if k == 0 { 0.0 } else { e * sum + b };
            sum
        });
        let currents = current_coefficients(neuron).into_iter().map(|(p, q, a, h)| {
            let (retention, mut rise, mut into, mut rise_into) = (power(p), vec![0.0], vec![0.0], vec![0.0]);
            for k in 1..REACH {
                let (before, p_before, q_before) = (k - 1, retention[k - 1], rise[k - 1]);
                rise.push(p * q_before + q * p_before);
                into.push(e * into[before] + a * p_before);
                rise_into.push(e * rise_into[before] + a * q_before + h * p_before);
            }
            let largest =
                |values: &[f64]| (1..REACH).fold(0, |best, k| if values[k] > values[best] { k } else { best });
            let (peak, rise_peak) = (largest(&into), largest(&rise_into));
            let fixed = |values: Vec<f64>| column(|k| values[k]);
            let (rise, into_membrane, rise_into_membrane) = (fixed(rise), fixed(into), fixed(rise_into));
            // Only IF (e = 1) keeps what a current has given: the sum of a P, and of a Q + h P.
            let kept = |sum: f64| if e < 1.0 { 0.0 } else { sum };
            let (limit, rise_limit) = (kept(a / (1.0 - p)), kept((a * q / (1.0 - p) + h) / (1.0 - p)));
            let alpha = q > 0.0;
            Current { retention, rise, into_membrane, rise_into_membrane, peak, rise_peak, limit, rise_limit, alpha }
        });
        let currents = currents.collect();
        let mut refractory = vec![Refractory {
            membrane: 1.0,
            threshold: 1.0,
            currents: vec![(1.0, 0.0); current_coefficients(neuron).len()],
        }];
        for k in 0..neuron.refractory as usize {
            let before = &refractory[k];
            let coefficients = current_coefficients(neuron).into_iter().zip(&before.currents);
            let next = Refractory {
                membrane: before.membrane * e,
                threshold: before.threshold * r,
                currents: coefficients.map(|((p, q, ..), (big_p, big_q))| (big_p * p, p * big_q + q * big_p)).collect(),
            };
            refractory.push(next);
        }
        Tables { membrane: power(e), drive, threshold: power(r), currents, refractory }
    }
}
