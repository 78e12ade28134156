//! What an evaluation came to.

use super::options::ReadOut;
use crate::network::Network;
use crate::simulator::Totals;
use crate::spiking::{Driver, Tick};

/// What one clip came to.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipOutcome {
    /// Its class.
    pub label: u32,
    /// What the network said; nothing if its output never fired.
    pub prediction: Option<u32>,
    /// Of each output neuron: spikes, the last membrane potential, or the sum of all of them, mV.
    pub scores: Vec<f64>,
    /// The first tick at which the decision was right.
    pub first_right: Option<Tick>,
    /// Its length.
    pub ticks: Tick,
    /// Spikes of each population.
    pub spikes: Vec<u64>,
    /// A hash of all spikes: which neuron, when.
    pub hash: u64,
}

impl ClipOutcome {
    /// Whether the prediction is the class.
    pub fn is_right(&self) -> bool {
        self.prediction == Some(self.label)
    }
}

/// What all clips had come to after so many steps; a clip that is shorter counts as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct AfterSteps {
    /// Steps.
    pub steps: Tick,
    /// Clips whose decision was right then.
    pub right: u64,
    /// Clips whose decision had been right at least once.
    pub right_once: u64,
    /// What was done in the steps: as if the evaluation had been one of so many.
    pub totals: Totals,
}

/// What an evaluation came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The network with the input's kind of source.
    pub network: Network,
    /// The population that was read out.
    pub output: String,
    /// What it was taken to say.
    pub read_out: ReadOut,
    /// In the order of the samples.
    pub clips: Vec<ClipOutcome>,
    /// Names of the samples.
    pub names: Vec<String>,
    /// Number of classes.
    pub classes: usize,
    /// What all clips took.
    pub totals: Totals,
    /// Spikes of all clips, by population and step.
    pub spikes_by_step: Vec<Vec<u64>>,
    /// Clips whose decision after each step is right; a clip that is shorter counts with its last
    /// decision.
    pub right_by_step: Vec<u64>,
    /// After each of the first 32 steps, then after 16 numbers of steps in every doubling, and at the end
    /// of the longest clip.
    pub after_steps: Vec<AfterSteps>,
    /// How many weights are zero, and how many there are.
    pub zero_weights: (u64, u64),
    /// The driver.
    pub driver: Driver,
    /// Threads.
    pub threads: usize,
    /// Seconds for all of it.
    pub run_s: f64,
}

impl Outcome {
    /// Share of clips whose prediction is their class.
    pub fn accuracy(&self) -> f64 {
        self.clips.iter().filter(|clip| clip.is_right()).count() as f64 / self.clips.len().max(1) as f64
    }

    /// Clips by class and prediction: `[classes, classes + 1]`, without a decision in the last
    /// column; predictions beyond the classes there are too.
    pub fn confusion(&self) -> Vec<Vec<u64>> {
        let mut counts = vec![vec![0; self.classes + 1]; self.classes];
        for clip in &self.clips {
            let column = clip.prediction.map_or(self.classes, |class| (class as usize).min(self.classes));
            counts[clip.label as usize][column] += 1;
        }
        counts
    }

    /// Of each class: share of its clips that were right; none without clips.
    pub fn recall(&self) -> Vec<Option<f64>> {
        let rows = self.confusion().into_iter().enumerate();
        rows.map(|(class, row)| {
            let all: u64 = row.iter().sum();
            (all > 0).then(|| row[class] as f64 / all as f64)
        })
        .collect()
    }

    /// Mean ticks up to the first right decision, of those clips that had one, counted from 1.
    pub fn mean_latency(&self) -> Option<f64> {
        let ticks: Vec<f64> =
            self.clips.iter().filter_map(|clip| clip.first_right).map(|tick| f64::from(tick) + 1.0).collect();
        (!ticks.is_empty()).then(|| ticks.iter().sum::<f64>() / ticks.len() as f64)
    }

    /// The first clip in which another driver's run differs: other spikes or another prediction.
    pub fn first_difference(&self, other: &Outcome) -> Option<&str> {
        let differs = |(a, b): (&ClipOutcome, &ClipOutcome)| {
            let bits = |clip: &ClipOutcome| clip.scores.iter().map(|score| score.to_bits()).collect::<Vec<_>>();
            a.hash != b.hash || a.prediction != b.prediction || bits(a) != bits(b)
        };
        let found = self.clips.iter().zip(&other.clips).position(differs);
        found.map(|clip| &self.names[clip][..])
    }
}
