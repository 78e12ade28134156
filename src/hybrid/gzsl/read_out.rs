//! Reading a clip off the training classes (convex combination of class names; Norouzi et al.
//! 2014): what it resembles among the classes that were trained says where it lies among all names.

use super::distance::{distance_cost, distances};
use super::names::name_cosines;
use crate::energy::Cost;
use crate::hybrid::config::ReadOut;
use crate::hybrid::tensor::softmax;

/// The candidate classes, made ready to score clips against.
pub struct Reader {
    steepness: f64,
    /// Embeddings `[trained, E]`.
    trained: Vec<f32>,
    size: usize,
    /// Places of the trained classes among the candidates.
    seen: Vec<usize>,
    candidates: usize,
    /// `[candidates, candidates]`
    cosines: Vec<f64>,
}

impl Reader {
    /// `embeddings [candidates, size]` and `vectors` are those of the candidates, of which some
    /// were `seen`. Also what it cost.
    pub fn new(
        options: &ReadOut,
        embeddings: &[f32],
        size: usize,
        vectors: &[&[f32]],
        vocabulary: &[Vec<f32>],
        seen: &[bool],
    ) -> (Reader, Cost) {
        let (cosines, cost) = name_cosines(vectors, seen, vocabulary, options);
        let seen: Vec<usize> = (0..seen.len()).filter(|&class| seen[class]).collect();
        let trained = seen.iter().flat_map(|&class| &embeddings[class * size..][..size]).copied().collect();
        (Reader { steepness: options.steepness, trained, size, seen, candidates: vectors.len(), cosines }, cost)
    }

    /// Distances `[clips, candidates]` of clips with embeddings `x`.
    ///
    /// A clip's place is the mean of the trained names' places, weighted by
    /// `p = softmax(-steepness |x - class|)`, scaled to unit length; it is never computed, as its
    /// inner products follow from those of the names.
    pub fn distances(&self, x: &[f32]) -> Vec<f32> {
        let mut out = Vec::with_capacity(x.len() / self.size * self.candidates);
        let near = distances(x, &self.trained, self.size);
        for near in near.chunks_exact(self.seen.len()) {
            let mut p: Vec<f64> = near.iter().map(|&d| -self.steepness * f64::from(d)).collect();
            softmax(&mut p);
            let mut along = vec![0.0; self.candidates];
            for (p, &class) in p.iter().zip(&self.seen) {
                let cosines = &self.cosines[class * self.candidates..][..self.candidates];
                along.iter_mut().zip(cosines).for_each(|(sum, cosine)| *sum += p * cosine);
            }
            let squared = p.iter().zip(&self.seen).fold(0.0, |sum, (p, &class)| sum + p * along[class]);
            let inverse = 1.0 / squared.max(1e-12).sqrt();
            out.extend(along.iter().map(|along| (2.0 - 2.0 * along * inverse).max(0.0).sqrt() as f32));
        }
        out
    }

    /// Operations of [`distances`](Self::distances) for `clips` clips: the distances to the trained
    /// classes, a softmax as in attention, `p` times the cosines and the place's length, and for
    /// each candidate a multiplication, a MAC, a comparison and a root.
    pub fn cost(&self, clips: usize) -> Cost {
        let near = distance_cost(clips * self.seen.len(), self.size);
        let (clips, trained, candidates) = (clips as u64, self.seen.len() as u64, self.candidates as u64);
        let rest = Cost {
            macs: clips * (trained * candidates + trained + candidates),
            multiplies: clips * (trained + candidates),
            additions: clips * 2 * trained,
            comparisons: clips * (trained + candidates + 1),
            functions: clips * (2 * trained + candidates + 2),
            ..Cost::ZERO
        };
        near + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without spread each name is alone: after the mean of the two trained ones is subtracted,
    /// these point away from each other and the third stands at right angles to both.
    #[test]
    fn a_case_worked_by_hand() {
        let options = ReadOut { steepness: 2.0, neighbours: [1, 1], spread: 0.0 };
        let vectors = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]];
        let (reader, _) =
            Reader::new(&options, &[0.0, 5.0, 3.0], 1, &vectors.each_ref().map(|v| &v[..]), &[], &[true, false, true]);
        let found = reader.distances(&[1.0]);
        // At distances 1 and 2 the weights' difference is positive, so the place is that of the
        // first name.
        for (found, expected) in found.iter().zip([0.0, 2.0_f32.sqrt(), 2.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        assert_eq!(reader.cost(10).macs, 10 * (2 * 3 + 2 + 3 + 2));
    }
}
