//! Which clips a batch holds: classes uniformly, with replacement.

use crate::base::rng::{Rng, Streams};
use crate::data::Clips;
use crate::hybrid::parameters::ByModality;
use rand::RngExt as _;

/// A batch: B positive rows, then B negative ones.
pub struct Sample {
    /// Clip of each row, for audio and for video.
    pub rows: ByModality<Vec<usize>>,
    /// Each row's place among [`Sampler::classes`].
    pub labels: Vec<usize>,
}

/// Draws batches from labelled clips.
pub struct Sampler {
    classes: Vec<usize>,
    clips: Vec<Vec<usize>>,
    independent: bool,
}

impl Sampler {
    /// A sampler of `clips`; `independent`: sound and picture come from two clips of the class.
    pub fn new(clips: &Clips, independent: bool) -> Self {
        let classes: Vec<usize> = clips.class_counts().into_keys().collect();
        let mut by_class = vec![Vec::new(); classes.len()];
        for (clip, label) in clips.labels.iter().enumerate() {
            if let Ok(at) = classes.binary_search(label) {
                by_class[at].push(clip);
            }
        }
        Sampler { classes, clips: by_class, independent }
    }

    /// Ids of the classes that have clips, ascending.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// The batch number `step` of `stream`: for each positive a uniform class and a uniform clip of
    /// it, for its negative a uniform other class and a uniform clip of that.
    pub fn sample(&self, streams: Streams, stream: &str, step: u64, batch: usize) -> Sample {
        let rng = &mut streams.stream(stream, step);
        let mut sample = Sample { rows: ByModality::default(), labels: Vec::new() };
        for _ in 0..batch {
            let class = rng.random_range(0..self.classes.len());
            self.push(&mut sample, class, rng);
        }
        for i in 0..batch {
            // Any class but that of the positive, with equal probability.
            let other = rng.random_range(0..self.classes.len() - 1);
            let class = if other < sample.labels[i] { other } else { other + 1 };
            self.push(&mut sample, class, rng);
        }
        sample
    }

    fn push(&self, sample: &mut Sample, class: usize, rng: &mut Rng) {
        let clips = &self.clips[class];
        let audio = clips[rng.random_range(0..clips.len())];
        let video = if self.independent { clips[rng.random_range(0..clips.len())] } else { audio };
        sample.rows.audio.push(audio);
        sample.rows.video.push(video);
        sample.labels.push(class);
    }
}
