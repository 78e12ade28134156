//! Embeddings in the plane: the two principal components of the clips' embeddings.

use crate::hybrid::evaluate::Evaluation;
use crate::hybrid::gzsl::Candidates;
use crate::hybrid::parameters::ByModality;
use serde::{Deserialize, Serialize};

/// Largest number of listed clips; of more clips, evenly spaced ones are listed.
const LISTED: usize = 2000;
/// Steps of the power iteration. It stops earlier when a step changes nothing.
const STEPS: usize = 1000;

/// Clips and classes in the plane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plane {
    /// How the plane was chosen.
    pub method: String,
    /// Share of the variance along each axis.
    pub explained: [f64; 2],
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Whether each class was trained.
    pub seen: Vec<bool>,
    /// Embedding of each class.
    pub class_points: Vec<[f64; 2]>,
    /// Clips: the mean of their audio and video embeddings.
    pub points: Vec<Point>,
    /// Number of clips; `points` has all of them, or evenly spaced ones.
    pub clips: usize,
}

/// A clip in the plane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Position of its class in `classes`.
    pub class: usize,
    /// Coordinates.
    pub at: [f64; 2],
}

/// The plane of an evaluation, with the names of all classes; none for fewer than three clips or
/// dimensions.
pub fn of(result: &Evaluation, candidates: &Candidates, names: &[String]) -> Option<Plane> {
    let size = result.class_embeddings.len() / candidates.classes.len().max(1);
    if result.clips < 3 || size < 3 {
        return None;
    }
    let ByModality { audio, video } = &result.embeddings;
    let clips: Vec<f64> = audio.iter().zip(video).map(|(&a, &v)| 0.5 * (f64::from(a) + f64::from(v))).collect();
    let mut mean = vec![0.0; size];
    for row in clips.chunks_exact(size) {
        mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += x / result.clips as f64);
    }
    let (axes, explained) = principal(&clips, &mean);
    let place = |row: &mut dyn Iterator<Item = f64>| {
        let centred: Vec<f64> = row.zip(&mean).map(|(x, mean)| x - mean).collect();
        axes.each_ref().map(|axis| dot(axis, &centred))
    };
    let stride = result.clips.div_ceil(LISTED);
    let points = clips.chunks_exact(size).zip(&result.labels).step_by(stride).filter_map(|(row, label)| {
        let class = candidates.classes.iter().position(|class| class == label)?;
        Some(Point { class, at: place(&mut row.iter().copied()) })
    });
    Some(Plane {
        method: "the two principal components of the mean of each clip's audio and video embedding".into(),
        explained,
        classes: candidates.classes.iter().map(|&class| names[class].clone()).collect(),
        seen: candidates.seen.clone(),
        class_points: (result.class_embeddings.chunks_exact(size))
            .map(|row| place(&mut row.iter().map(|&x| f64::from(x))))
            .collect(),
        points: points.collect(),
        clips: result.clips,
    })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The two first principal axes of the rows of `x` around `mean`, and the share of the variance
/// along each, by power iteration.
fn principal(x: &[f64], mean: &[f64]) -> ([Vec<f64>; 2], [f64; 2]) {
    let n = mean.len();
    let mut covariance = vec![0.0; n * n];
    let mut centred = vec![0.0; n];
    for row in x.chunks_exact(n) {
        centred.iter_mut().zip(row.iter().zip(mean)).for_each(|(c, (x, mean))| *c = x - mean);
        for (i, out) in covariance.chunks_exact_mut(n).enumerate() {
            out.iter_mut().zip(&centred).for_each(|(out, c)| *out += centred[i] * c);
        }
    }
    let total: f64 = (0..n).map(|i| covariance[i * n + i]).sum();
    let mut explained = [0.0; 2];
    let mut axes: [Vec<f64>; 2] = Default::default();
    for k in 0..2 {
        // A fixed start vector, which no data set favours.
        let mut axis: Vec<f64> = (0..n).map(|i| 1.0 + (i as f64 + k as f64).sin()).collect();
        let mut value = 0.0;
        for _ in 0..STEPS {
            let mut next: Vec<f64> = covariance.chunks_exact(n).map(|row| dot(row, &axis)).collect();
            let length = dot(&next, &next).sqrt();
            if length == 0.0 {
                break;
            }
            next.iter_mut().for_each(|x| *x /= length);
            let change: f64 = next.iter().zip(&axis).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            (axis, value) = (next, length);
            if change < 1e-12 {
                break;
            }
        }
        // Deflation: the covariance that is left is orthogonal to this axis.
        for i in 0..n {
            for j in 0..n {
                covariance[i * n + j] -= value * axis[i] * axis[j];
            }
        }
        explained[k] = if total > 0.0 { value / total } else { 0.0 };
        // The sign of an axis is arbitrary: its largest component is made positive.
        let largest = axis.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
        if largest < 0.0 {
            axis.iter_mut().for_each(|x| *x = -*x);
        }
        axes[k] = axis;
    }
    (axes, explained)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points on an ellipse in a known plane of three dimensions: the axes are its axes, the shares
    /// those of its squared radii.
    #[test]
    fn axes_of_an_ellipse_are_found() {
        let mut x = Vec::new();
        for i in 0..360 {
            let (s, c) = f64::from(i).to_radians().sin_cos();
            let (major, minor) = (3.0 * c, 1.0 * s);
            x.extend([0.6 * major + 5.0, 0.8 * major, minor]);
        }
        let ([first, second], explained) = principal(&x, &[5.0, 0.0, 0.0]);
        for (axis, expected) in [(first, [0.6, 0.8, 0.0]), (second, [0.0, 0.0, 1.0])] {
            assert!(axis.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{axis:?}");
        }
        assert!((explained[0] - 0.9).abs() < 1e-9 && (explained[1] - 0.1).abs() < 1e-9, "{explained:?}");
    }
}
