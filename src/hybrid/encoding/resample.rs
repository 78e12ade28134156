//! A clip of any length as a fixed number of bins.

use crate::energy::Cost;

/// Averages `segments` (row-major, `dim` wide) into `bins` rows appended to `out`. Bin j covers the
/// segments from `floor(j n / k)` to `floor((j + 1) n / k)`, at least one.
pub fn resample(segments: &[f32], dim: usize, bins: usize, out: &mut Vec<f32>) {
    let n = segments.len() / dim;
    for bin in 0..bins {
        let first = bin * n / bins;
        let end = ((bin + 1) * n / bins).max(first + 1);
        let scale = 1.0 / (end - first) as f32;
        let start = out.len();
        out.extend_from_slice(&segments[first * dim..(first + 1) * dim]);
        for segment in segments[(first + 1) * dim..end * dim].chunks_exact(dim) {
            for (sum, &x) in out[start..].iter_mut().zip(segment) {
                *sum += x;
            }
        }
        if end - first > 1 {
            out[start..].iter_mut().for_each(|x| *x *= scale);
        }
    }
}

/// Arithmetic of [`resample`] on `segments` segments: for a bin of more than one segment an
/// addition for each but the first, and one multiplication.
pub fn resampling_cost(segments: usize, dim: usize, bins: usize) -> Cost {
    let mut cost = Cost::ZERO;
    for bin in 0..bins {
        let first = bin * segments / bins;
        let covered = ((bin + 1) * segments / bins).max(first + 1) - first;
        if covered > 1 {
            cost += Cost { additions: ((covered - 1) * dim) as u64, multiplies: dim as u64, ..Cost::ZERO };
        }
    }
    cost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_average_what_they_cover() {
        let run = |segments: &[f32], bins| {
            let mut out = Vec::new();
            resample(segments, 1, bins, &mut out);
            out
        };
        assert_eq!(run(&[1.0, 3.0, 5.0, 7.0], 2), [2.0, 6.0]);
        assert_eq!(run(&[1.0, 2.0], 4), [1.0, 1.0, 2.0, 2.0]);
        assert_eq!(run(&[0.3], 3), [0.3, 0.3, 0.3]);
        assert_eq!(run(&[1.0, 2.0, 6.0], 2), [1.0, 4.0]);
    }
}
