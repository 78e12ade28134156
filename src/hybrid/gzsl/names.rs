//! Similarity of class names along a graph of names.
//!
//! Cosines of word vectors say well which names are close neighbours and badly how the others
//! relate. So each name keeps only its nearest neighbours, and nearness spreads along the graph of
//! these edges (Zhou et al. 2003). Further names, which need no clips, make it denser.

use crate::energy::Cost;
use crate::hybrid::config::ReadOut;
use crate::hybrid::tensor::dot;

/// Cosines above this are those of the same name.
const SAME: f64 = 0.999;
const FLOOR: f64 = 1e-12;

/// Inner products `[n, n]` of the `classes`' places in the graph of their names and those of the
/// `vocabulary`, with the mean of the `seen` ones subtracted and scaled to unit length; and what
/// they cost.
pub fn name_cosines(classes: &[&[f32]], seen: &[bool], vocabulary: &[Vec<f32>], options: &ReadOut) -> (Vec<f64>, Cost) {
    let cosine = |a: &[f32], b: &[f32]| {
        let product =
            |x: &[f32], y: &[f32]| x.iter().zip(y).fold(0.0, |sum, (&x, &y)| sum + f64::from(x) * f64::from(y));
        product(a, b) / (product(a, a) * product(b, b)).sqrt().max(FLOOR)
    };
    let further = vocabulary.iter().map(|v| &v[..]).filter(|v| classes.iter().all(|c| cosine(c, v) <= SAME));
    // The classes come last: then what their rows of the inverse need is the last rows of the
    // factor.
    let names: Vec<&[f32]> = further.chain(classes.iter().copied()).collect();
    let (n, count) = (names.len(), classes.len());
    let edges = edges(&names);
    let [fewest, most] = options.neighbours;
    let mut total = vec![0.0; count * count];
    for neighbours in fewest..=most {
        let inverse = inverse_end(spreading(&edges, n, neighbours, options.spread), n, count);
        add_cosines(&mut total, &inverse, count, 1.0 / (most - fewest + 1) as f64);
    }
    let trained: Vec<usize> = (0..count).filter(|&i| seen[i]).collect();
    let mean = |i: usize| trained.iter().map(|&j| total[i * count + j]).sum::<f64>() / trained.len() as f64;
    let means: Vec<f64> = (0..count).map(mean).collect();
    let middle = trained.iter().map(|&i| means[i]).sum::<f64>() / trained.len() as f64;
    let centred: Vec<f64> =
        (0..count * count).map(|i| total[i] - means[i / count] - means[i % count] + middle).collect();
    let mut out = vec![0.0; count * count];
    add_cosines(&mut out, &centred, count, 1.0);

    let graphs = most - fewest + 1;
    (out, cost([graphs, n, count, names[0].len(), vocabulary.len(), trained.len()].map(|x| x as u64)))
}

/// Operations of [`name_cosines`] for `graphs` graphs of `n` names with vectors of `dim` numbers;
/// `count` of the names are classes, and `trained` of these were trained.
fn cost([graphs, n, count, dim, vocabulary, trained]: [u64; 6]) -> Cost {
    // Which names of the vocabulary are classes; the names' cosines; the mean of the trained ones.
    let once = Cost {
        macs: vocabulary * count * 3 * dim + n * dim + n * n * dim,
        multiplies: vocabulary * count,
        additions: 2 * n * dim + (count + 1) * trained + 3 * count * count,
        comparisons: vocabulary * count + 2 * n * n,
        functions: 2 * vocabulary * count + 2 * n * dim + n + count + 1,
        ..Cost::ZERO
    };
    // Each graph: sorting, choosing and scaling edges; the factor; the classes' part of its
    // inverse, and that with itself.
    let graph = Cost {
        macs: (n * n * n - n) / 6 + (count * count * count - count) / 3 + count * count * count,
        multiplies: 2 * n * n,
        additions: 2 * n * n + n * (n + 1) / 2 + count * (count + 1) / 2,
        comparisons: n * n * u64::from(n.ilog2() + 1) + 2 * n * n,
        functions: 2 * n * n + n * (n + 1) / 2 + count * (count + 1) / 2,
        ..Cost::ZERO
    };
    // Scaling to a unit diagonal, of each graph and of the end.
    let scaling = Cost {
        multiplies: 2 * count * count,
        additions: count * count,
        functions: count * count + count,
        ..Cost::ZERO
    };
    once + (0..graphs).map(|_| graph + scaling).sum::<Cost>() + scaling
}

/// Cosines `[n, n]` of the names' vectors less their mean; 0 where they are negative, or between
/// equal names.
fn edges(names: &[&[f32]]) -> Vec<f64> {
    let (n, dim) = (names.len(), names[0].len());
    let mut mean = vec![0.0; dim];
    for name in names {
        mean.iter_mut().zip(*name).for_each(|(mean, &x)| *mean += f64::from(x) / n as f64);
    }
    let unit: Vec<Vec<f64>> = names
        .iter()
        .map(|name| {
            let centred: Vec<f64> = name.iter().zip(&mean).map(|(&x, mean)| f64::from(x) - mean).collect();
            let length = dot(&centred, &centred).sqrt().max(FLOOR);
            centred.iter().map(|x| x / length).collect()
        })
        .collect();
    let pairs = (0..n * n).map(|i| dot(&unit[i / n], &unit[i % n]));
    pairs.map(|cosine| if cosine > SAME { 0.0 } else { cosine.max(0.0) }).collect()
}

/// `I - spread D^-1/2 G D^-1/2`, with `G` the edges to the nearest `neighbours` names of either end
/// and `D` its row sums.
fn spreading(edges: &[f64], n: usize, neighbours: usize, spread: f64) -> Vec<f64> {
    let least: Vec<f64> = edges
        .chunks_exact(n)
        .map(|row| {
            let mut sorted = row.to_vec();
            sorted.sort_unstable_by(|a, b| b.total_cmp(a));
            sorted[neighbours.min(n) - 1]
        })
        .collect();
    let kept = |i: usize| if edges[i] >= least[i / n].min(least[i % n]) { edges[i] } else { 0.0 };
    let mut matrix: Vec<f64> = (0..n * n).map(kept).collect();
    let degrees: Vec<f64> = matrix.chunks_exact(n).map(|row| row.iter().sum::<f64>().max(FLOOR)).collect();
    for (i, value) in matrix.iter_mut().enumerate() {
        let same = if i / n == i % n { 1.0 } else { 0.0 };
        *value = same - spread * *value / (degrees[i / n] * degrees[i % n]).sqrt();
    }
    matrix
}

/// The last `count` rows and columns of the inverse of the symmetric, positive definite
/// `matrix [n, n]`, by Cholesky's factor.
fn inverse_end(mut matrix: Vec<f64>, n: usize, count: usize) -> Vec<f64> {
    for j in 0..n {
        for i in j..n {
            let rest = matrix[i * n + j] - dot(&matrix[i * n..][..j], &matrix[j * n..][..j]);
            matrix[i * n + j] = if i == j { rest.sqrt() } else { rest / matrix[j * n + j] };
        }
    }
    // The inverse is Y^T Y with Y the factor's inverse, whose column q is zero above q.
    let first = n - count;
    let columns: Vec<Vec<f64>> = (0..count)
        .map(|q| {
            let mut column = vec![0.0; count];
            for i in q..count {
                let row = &matrix[(first + i) * n + first..][..i];
                let start = if i == q { 1.0 } else { 0.0 };
                column[i] = (start - dot(row, &column[..i])) / matrix[(first + i) * n + first + i];
            }
            column
        })
        .collect();
    (0..count * count).map(|i| dot(&columns[i / count], &columns[i % count])).collect()
}

/// Adds `weight` times `products [n, n]`, scaled to a unit diagonal.
fn add_cosines(sum: &mut [f64], products: &[f64], n: usize, weight: f64) {
    let length: Vec<f64> = (0..n).map(|i| products[i * n + i].max(FLOOR).sqrt()).collect();
    for (i, sum) in sum.iter_mut().enumerate() {
        *sum += weight * products[i] / (length[i / n] * length[i % n]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [[f32; 3]; 7] = [
        [3.0, 1.0, 0.0],
        [-2.0, -2.0, -4.0],
        [-4.0, -4.0, -3.0],
        [3.0, 1.0, 4.0],
        [0.0, 1.0, 4.0],
        [2.0, 1.0, 0.0],
        [1.0, 4.0, -2.0],
    ];

    fn cosines(vocabulary: &[Vec<f32>]) -> Vec<f64> {
        let classes: Vec<&[f32]> = NAMES[..4].iter().map(|name| &name[..]).collect();
        let options = ReadOut { neighbours: [2, 4], spread: 0.9, ..ReadOut::default() };
        name_cosines(&classes, &[true, true, false, true], vocabulary, &options).0
    }

    /// Against the same in numpy, with its general inverse.
    #[test]
    fn cosines_are_those_of_a_second_implementation() {
        let vocabulary: Vec<Vec<f32>> = NAMES[4..].iter().map(|name| name.to_vec()).collect();
        #[rustfmt::skip]
        let expected = [
            1.0000000, -0.7630780, -0.6745069, 0.1645761,
            -0.7630780, 1.0000000, 0.8839292, -0.7630780,
            -0.6745069, 0.8839292, 1.0000000, -0.6745069,
            0.1645761, -0.7630780, -0.6745069, 1.0000000,
        ];
        for (found, expected) in cosines(&vocabulary).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn a_class_that_stands_in_the_vocabulary_counts_once() {
        let further: Vec<Vec<f32>> = NAMES[4..].iter().map(|name| name.to_vec()).collect();
        let doubled = NAMES[1].iter().map(|x| 2.0 * x).collect();
        assert_eq!(cosines(&further), cosines(&[&further[..], &[NAMES[0].to_vec(), doubled]].concat()));
        assert_ne!(cosines(&further), cosines(&[]));
    }

    #[test]
    fn the_end_of_an_inverse() {
        // Of [[2, 1], [1, 2]] it is [[2, -1], [-1, 2]] / 3.
        let matrix = vec![2.0, 1.0, 1.0, 2.0];
        for (count, expected) in [(1, vec![2.0]), (2, vec![2.0, -1.0, -1.0, 2.0])] {
            for (found, expected) in inverse_end(matrix.clone(), 2, count).iter().zip(expected) {
                assert!((found - expected / 3.0).abs() < 1e-12);
            }
        }
    }
}
