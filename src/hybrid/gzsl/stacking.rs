//! Calibrated stacking: scores of labelled clips for any gamma.

use crate::hybrid::config::TrainingConfig;
use serde::{Deserialize, Serialize};

/// Figures of one split, fractions of 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// S: mean recall over seen classes.
    pub seen: f64,
    /// U: mean recall over unseen classes.
    pub unseen: f64,
    /// Harmonic mean of both; 0 when both are 0.
    pub hm: f64,
    /// Mean recall over unseen classes when only those are allowed.
    pub zsl: f64,
    /// Distance that was added to each seen class.
    pub gamma: f64,
}

/// The classes of a split, in a fixed order.
#[derive(Debug, Clone)]
pub struct Candidates {
    /// Class ids, ascending.
    pub classes: Vec<usize>,
    /// Whether each class was trained.
    pub seen: Vec<bool>,
}

impl Candidates {
    /// `seen` and `unseen` are lists of class ids without a common one.
    pub fn new(seen: &[usize], unseen: &[usize]) -> Self {
        let mut all: Vec<(usize, bool)> =
            seen.iter().map(|&c| (c, true)).chain(unseen.iter().map(|&c| (c, false))).collect();
        all.sort_unstable();
        let (classes, seen) = all.into_iter().unzip();
        Candidates { classes, seen }
    }
}

/// The nearest seen and the nearest unseen class of a clip, from which the decision for any gamma
/// follows.
struct Nearest {
    label: usize,
    seen: Option<(f32, usize)>,
    unseen: Option<(f32, usize)>,
}

impl Nearest {
    /// The class chosen with `gamma`; of equally near classes the first.
    fn choose(&self, gamma: f32) -> Option<usize> {
        match (self.seen, self.unseen) {
            (Some((s, seen)), Some((u, unseen))) => {
                let s = s + gamma;
                Some(if s < u || (s == u && seen < unseen) { seen } else { unseen })
            }
            (one, other) => one.or(other).map(|(_, class)| class),
        }
    }
}

/// Distances of labelled clips, ready to be scored with any gamma.
pub struct Scored {
    clips: Vec<Nearest>,
    candidates: Candidates,
}

impl Scored {
    /// `distances` are `[clips, classes]` in the order of `candidates`; `labels` are class ids.
    pub fn new(distances: &[f32], labels: &[usize], candidates: &Candidates) -> Self {
        let rows = distances.chunks_exact(candidates.classes.len());
        let clips = rows
            .zip(labels)
            .map(|(row, &label)| {
                let nearest = |want: bool| {
                    let mut best: Option<(f32, usize)> = None;
                    for (i, &d) in row.iter().enumerate() {
                        if candidates.seen[i] == want && best.is_none_or(|(b, _)| d < b) {
                            best = Some((d, candidates.classes[i]));
                        }
                    }
                    best
                };
                Nearest { label, seen: nearest(true), unseen: nearest(false) }
            })
            .collect();
        Scored { clips, candidates: candidates.clone() }
    }

    /// The class chosen for each clip.
    pub fn predictions(&self, gamma: f64) -> Vec<usize> {
        self.clips.iter().filter_map(|clip| clip.choose(gamma as f32)).collect()
    }

    /// Candidate classes without a clip: they are left out of every mean.
    pub fn absent(&self) -> Vec<usize> {
        let present = |class: &usize| self.clips.iter().any(|clip| clip.label == *class);
        self.candidates.classes.iter().copied().filter(|class| !present(class)).collect()
    }

    /// Mean over the classes that are seen or not, and have clips, of the share of their clips for
    /// which `right` holds.
    fn recall(&self, seen: bool, right: impl Fn(&Nearest) -> bool) -> f64 {
        let mut counts = vec![(0, 0); self.candidates.classes.len()];
        for clip in &self.clips {
            if let Ok(class) = self.candidates.classes.binary_search(&clip.label) {
                counts[class].0 += usize::from(right(clip));
                counts[class].1 += 1;
            }
        }
        let wanted = counts.iter().zip(&self.candidates.seen).filter(|((_, clips), s)| **s == seen && *clips > 0);
        let recalls: Vec<f64> = wanted.map(|((hits, clips), _)| *hits as f64 / *clips as f64).collect();
        if recalls.is_empty() { 0.0 } else { recalls.iter().sum::<f64>() / recalls.len() as f64 }
    }

    /// The figures for `gamma`.
    pub fn scores(&self, gamma: f64) -> Scores {
        let right = |clip: &Nearest| clip.choose(gamma as f32) == Some(clip.label);
        let (seen, unseen) = (self.recall(true, right), self.recall(false, right));
        let hm = if seen + unseen > 0.0 { 2.0 * seen * unseen / (seen + unseen) } else { 0.0 };
        let zsl = self.recall(false, |clip| clip.unseen.is_some_and(|(_, class)| class == clip.label));
        Scores { seen, unseen, hm, zsl, gamma }
    }

    /// The figures with the gamma of the grid that has the best HM, the smallest such: 0 where no
    /// gamma is better than another. The grid is 0, step, 2 step .. and is doubled while the best
    /// lies on its edge or is nothing (at most ten times).
    pub fn best(&self, config: &TrainingConfig) -> Scores {
        let (mut best, mut at, mut tried) = (self.scores(0.0), 0, 0);
        let mut steps = config.gamma_steps;
        for _ in 0..10 {
            for i in tried + 1..=steps {
                let scores = self.scores(i as f64 * config.gamma_step);
                if scores.hm > best.hm {
                    (best, at) = (scores, i);
                }
            }
            if at < steps && best.hm > 0.0 {
                break;
            }
            tried = steps;
            steps *= 2;
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two seen classes (1, 3), two unseen (0, 5); distances by hand.
    fn example() -> Scored {
        let candidates = Candidates::new(&[3, 1], &[5, 0]);
        assert_eq!(
            (&candidates.classes[..], &candidates.seen[..]),
            (&[0, 1, 3, 5][..], &[false, true, true, false][..])
        );
        #[rustfmt::skip]
        let distances = [
            0.9, 0.1, 0.8, 0.7, // class 1: right while gamma < 0.6
            0.5, 0.4, 0.9, 0.9, // class 0: taken for 1 until gamma >= 0.1 (a tie goes to the lower id: 0)
            0.9, 0.4, 0.9, 0.8, // class 0: nearest unseen is 5, so wrong in any case
            0.9, 0.8, 0.2, 0.5, // class 3: right while gamma < 0.3
        ];
        Scored::new(&distances, &[1, 0, 0, 3], &candidates)
    }

    #[test]
    fn figures_of_a_case_worked_by_hand() {
        let scored = example();
        let at = |gamma| scored.scores(gamma);
        assert_eq!((at(0.0).seen, at(0.0).unseen, at(0.0).hm), (1.0, 0.0, 0.0));
        assert_eq!((at(0.2).seen, at(0.2).unseen), (1.0, 0.5));
        assert!((at(0.2).hm - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!((at(0.4).seen, at(0.4).unseen, at(0.4).hm), (0.5, 0.5, 0.5));
        assert_eq!(at(9.0).zsl, 0.5);
        assert_eq!(scored.absent(), [5]);
        assert_eq!(scored.predictions(0.2), [1, 0, 1, 3]);
    }

    #[test]
    fn the_smallest_best_gamma_is_chosen_and_the_grid_widened() {
        let config = TrainingConfig { gamma_steps: 1, gamma_step: 0.04, ..TrainingConfig::default() };
        let best = example().best(&config);
        assert!((best.gamma - 0.12).abs() < 1e-9 && best.hm > 0.6, "{best:?}");
    }

    /// Nothing tells gammas apart: no clip of an unseen class, no clip of a seen one, or none that
    /// any gamma gets right.
    #[test]
    fn without_a_better_gamma_it_is_zero() {
        let candidates = Candidates::new(&[0, 1], &[2, 3]);
        let config = TrainingConfig::default();
        let row = [0.1, 0.5, 0.3, 0.9];
        for labels in [&[0, 0][..], &[2, 2], &[1, 3], &[0, 3], &[1, 2]] {
            let distances = row.repeat(labels.len());
            let best = Scored::new(&distances, labels, &candidates).best(&config);
            assert_eq!((best.gamma, best.hm), (0.0, 0.0), "{labels:?}");
        }
        // Both kinds right for a while: the smallest of the equally good.
        let best = Scored::new(&[0.1, 0.5, 0.3, 0.9, 0.4, 0.5, 0.3, 0.9], &[0, 2], &candidates).best(&config);
        assert_eq!((best.gamma, best.hm), (0.0, 1.0));
    }
}
