//! The configuration: one RON document, every field with a default.
//!
//! # Example
//! ```
//! use spikefuse::hybrid::config::{Config, ThresholdMode};
//!
//! let config = Config::parse("(model: (width: 64, threshold: Fixed), training: (epochs: 3))")?;
//! config.check()?;
//! assert_eq!((config.model.width, config.model.threshold), (64, ThresholdMode::Fixed));
//! assert_eq!(config.training.margin, 1.0);
//! let wrong = Config::parse("(model: (tau: 0.5))")?;
//! assert!(wrong.check().unwrap_err().to_string().starts_with("model.tau: 0.5 is outside"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::base::files::read_text;
use crate::base::ron_fault::ron_problem;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// All options of a run. A field that a file leaves out has its default; an unknown field is
/// refused.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Shape and parts of the model.
    pub model: ModelConfig,
    /// Options of training.
    pub training: TrainingConfig,
}

/// Shape and parts of the model; `docs/model.md` gives the equations. The defaults are small, for
/// the embedded data set; `networks/stft.ron` has the published sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// Model width D: neurons per spiking layer and size of a token.
    pub width: usize,
    /// Hidden size H of the encoders and of the embedding heads.
    pub encoder_hidden: usize,
    /// Size E of the space that clips and class names share.
    pub embedding: usize,
    /// Attention heads.
    pub heads: usize,
    /// Size of one attention head.
    pub head_dim: usize,
    /// Slots M of the latent knowledge combiner.
    pub slots: usize,
    /// Segments L that the dense branch sees of a sequence (1: the clip's average).
    pub segments: usize,
    /// Time steps T of the spiking branch, 1 to 64.
    pub time_steps: usize,
    /// Membrane time constant in time steps, at least 1.
    pub tau: f64,
    /// Threshold at rest, in the unit of the membrane potential.
    pub theta_0: f64,
    /// Lower bound of the dynamic threshold's target.
    pub theta_min: f64,
    /// Upper bound of the dynamic threshold's target.
    pub theta_max: f64,
    /// Decay of the neuron's own spike trace per step, in [0, 1).
    pub trace_decay: f64,
    /// Rank of the map from the dense features to the thresholds.
    pub semantic_rank: usize,
    /// Effect of a spike on the membrane.
    pub reset: ResetMode,
    /// Whether thresholds move.
    pub threshold: ThresholdMode,
    /// Global-local pooling of the input current; off: the features as they are.
    pub glp: bool,
    /// Time-step factor; off: the mean over time steps.
    pub time_step_factor: bool,
    /// Surrogate gradient: the derivative used in place of the spike's.
    pub surrogate: Surrogate,
    /// Steepness of the surrogate.
    pub surrogate_slope: f64,
    /// Form of the fusion of the dense and the spiking feature.
    pub fusion: Fusion,
    /// Core sizes of the Tucker fusion; their results are added.
    pub scales: Vec<usize>,
    /// Width of the projections of the slice form.
    pub slice_width: usize,
    /// Transformer blocks of the joint reasoning.
    pub joint_blocks: usize,
    /// Hidden width of the joint blocks' perceptron.
    pub joint_mlp: usize,
    /// Dropout rate in the encoders.
    pub dropout_encoder: f64,
    /// Dropout rate in the embedding heads.
    pub dropout_heads: f64,
    /// Dropout rate of the refined input of the spiking branch; one mask per clip for all time
    /// steps.
    pub dropout_spiking_input: f64,
    /// Dropout rate of the dense feature where it enters the fusion.
    pub dropout_semantic: f64,
    /// Dropout rate of the spiking feature where it enters the fusion.
    pub dropout_spikes: f64,
    /// Add the dense feature to the fusion's result.
    pub fusion_residual: bool,
    /// Add a normalised Linear of the clip's average to each embedding.
    pub skip: bool,
    /// Dropout rate of the clip's average where it enters the skip and the linear members.
    pub dropout_skip: f64,
    /// Linear models that are trained beside this one, each with a loss of its own; clips are
    /// scored by all embeddings together.
    pub linear_members: usize,
    /// Whether embeddings end in a ReLU, in front of what `skip` adds.
    pub embedding_relu: bool,
    /// Scale embeddings of clips and class names to unit length.
    pub normalize_embeddings: bool,
    /// Subtract the training classes' mean from class vectors and scale them to unit length.
    pub center_words: bool,
    /// Standardise each input feature with the training clips' mean and deviation.
    pub standardize: bool,
    /// Score clips through the training classes; without it by the distances of embeddings.
    pub read_out: Option<ReadOut>,
}

/// Scoring through the training classes: a clip's place among the class names is the mean of the
/// training classes' places, weighted by its nearness to each. Names are placed by a graph of
/// nearest neighbours among them, which may have further names than the classes' (`--vocabulary`).
/// Training does not use the read-out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadOut {
    /// Steepness of the softmax over distances that weighs the training classes.
    pub steepness: f64,
    /// Neighbours that a name keeps in the graph: the mean is taken over graphs from the first
    /// number to the second.
    pub neighbours: [usize; 2],
    /// How far nearness spreads along the graph, 0 (not at all) to below 1.
    pub spread: f64,
}

impl Default for ReadOut {
    fn default() -> Self {
        ReadOut { steepness: 8.0 / 3.0, neighbours: [4, 8], spread: 0.95 }
    }
}

/// Effect of a spike on the membrane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResetMode {
    /// Sets it to zero.
    Hard,
    /// Subtracts the threshold.
    Soft,
}

/// Whether thresholds move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThresholdMode {
    /// Per neuron, driven by the dense branch, the layer's entropy, the pooling and the neuron's
    /// own trace.
    Dynamic,
    /// `theta_0` at all times.
    Fixed,
}

/// Surrogate gradient: the derivative used in place of the spike's in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Surrogate {
    /// `k s (1 - s)`, `s = sigmoid(k (h - theta))`.
    Sigmoid,
    /// `k / (2 (1 + (pi k (h - theta) / 2)^2))`.
    Arctan,
}

/// Form of the fusion of the dense and the spiking feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fusion {
    /// Tucker form with a full core of `R x R x R`.
    Cube,
    /// Tucker form whose core slices have rank R (MUTAN).
    Slice,
    /// Ablation: one Linear of both.
    Concatenation,
    /// Ablation: one Linear of the dense feature; there is no spiking branch.
    SemanticOnly,
}

/// Options of training; `docs/model.md` gives the losses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingConfig {
    /// Epochs of stage 1; stage 2 takes the best of them.
    pub epochs: usize,
    /// Batches per epoch of stage 1; stage 2 has more in proportion to its clips.
    pub batches_per_epoch: usize,
    /// Positive clips per batch; as many negatives go with them.
    pub batch: usize,
    /// Batches without dropout from which normalisation statistics are taken anew after each epoch;
    /// 0 keeps the running ones.
    pub calibration_batches: usize,
    /// Learning rate of Adam at the start.
    pub learning_rate: f64,
    /// L2 penalty, added to the gradient.
    pub weight_decay: f64,
    /// Factor on the learning rate when validation stops improving.
    pub plateau_factor: f64,
    /// Epochs without improvement after which `plateau_factor` applies.
    pub plateau_patience: usize,
    /// Margin of the triplet losses.
    pub margin: f64,
    /// Weight of the triplet losses.
    pub weight_triplet: f64,
    /// Weight of the projection loss.
    pub weight_projection: f64,
    /// Weight of the reconstruction losses.
    pub weight_reconstruction: f64,
    /// Weight of the cross-entropy over the training classes.
    pub weight_classification: f64,
    /// Steepness of the softmax over distances in the cross-entropy.
    pub classification_scale: f64,
    /// Draw sound and picture of a training clip independently from the clips of its class.
    pub independent_modalities: bool,
    /// Calibrated stacking: number of steps of the gamma grid.
    pub gamma_steps: usize,
    /// Calibrated stacking: width of a step. The grid is widened when the best gamma lies on its
    /// edge.
    pub gamma_step: f64,
}

impl Default for ModelConfig {
    fn default() -> Self {
        ModelConfig {
            width: 128,
            encoder_hidden: 256,
            embedding: 64,
            heads: 2,
            head_dim: 32,
            slots: 2,
            segments: 1,
            time_steps: 10,
            tau: 2.0,
            theta_0: 0.5,
            theta_min: 0.25,
            theta_max: 2.0,
            trace_decay: 0.5,
            semantic_rank: 16,
            reset: ResetMode::Hard,
            threshold: ThresholdMode::Dynamic,
            glp: true,
            time_step_factor: true,
            surrogate: Surrogate::Sigmoid,
            surrogate_slope: 4.0,
            fusion: Fusion::Slice,
            scales: vec![4],
            slice_width: 32,
            joint_blocks: 1,
            joint_mlp: 64,
            dropout_encoder: 0.5,
            dropout_heads: 0.1,
            dropout_spiking_input: 0.5,
            dropout_semantic: 0.3,
            dropout_spikes: 0.5,
            fusion_residual: true,
            skip: false,
            dropout_skip: 0.5,
            linear_members: 0,
            embedding_relu: false,
            normalize_embeddings: true,
            center_words: true,
            standardize: true,
            read_out: None,
        }
    }
}

impl Default for TrainingConfig {
    fn default() -> Self {
        TrainingConfig {
            epochs: 10,
            batches_per_epoch: 15,
            batch: 64,
            calibration_batches: 8,
            learning_rate: 1e-3,
            weight_decay: 1e-5,
            plateau_factor: 0.1,
            plateau_patience: 3,
            margin: 1.0,
            weight_triplet: 0.5,
            weight_projection: 0.5,
            weight_reconstruction: 0.5,
            weight_classification: 1.0,
            classification_scale: 8.0,
            independent_modalities: false,
            gamma_steps: 60,
            gamma_step: 0.05,
        }
    }
}

impl Config {
    /// Reads and checks a RON file.
    ///
    /// # Errors
    /// If the file cannot be read, is no configuration, or a value is outside its domain.
    pub fn read(path: &Path) -> Result<Config> {
        let text = read_text(path)?;
        let config = Config::parse(&text)
            .map_err(|e| Error::text(path, e.span.start.line, e.span.start.col, ron_problem(&text, &e)))?;
        config.check().map_err(|e| Error::file(path, e))?;
        Ok(config)
    }

    /// Parses a RON document; values are not [checked](Self::check).
    ///
    /// # Errors
    /// If the text is no RON, or a field is unknown or of another type.
    pub fn parse(text: &str) -> std::result::Result<Config, ron::error::SpannedError> {
        ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME).from_str(text)
    }

    /// The configuration as a RON document.
    pub fn to_ron(&self) -> String {
        ron::ser::to_string_pretty(self, ron::ser::PrettyConfig::new()).unwrap_or_default()
    }

    /// Checks the domain of every value. RON accepts NaN and infinity, so each number is checked
    /// here.
    ///
    /// # Errors
    /// If a value is outside its domain.
    pub fn check(&self) -> Result<()> {
        let (m, t) = (&self.model, &self.training);
        let ReadOut { steepness, neighbours: [fewest, most], spread } = m.read_out.unwrap_or_default();
        let whole = [
            ("model.width", m.width, 1, 1 << 14),
            ("model.encoder_hidden", m.encoder_hidden, 1, 1 << 14),
            ("model.embedding", m.embedding, 1, 1 << 12),
            ("model.heads", m.heads, 1, 64),
            ("model.head_dim", m.head_dim, 1, 1 << 12),
            ("model.slots", m.slots, 1, 64),
            ("model.segments", m.segments, 1, 256),
            ("model.time_steps", m.time_steps, 1, 64),
            ("model.semantic_rank", m.semantic_rank, 1, 1 << 12),
            ("model.slice_width", m.slice_width, 1, 1 << 12),
            ("model.joint_blocks", m.joint_blocks, 0, 32),
            ("model.joint_mlp", m.joint_mlp, 1, 1 << 14),
            ("model.linear_members", m.linear_members, 0, 64),
            ("model.read_out.neighbours", fewest, 1, 1000),
            ("model.read_out.neighbours", most, fewest, 1000),
            ("training.epochs", t.epochs, 1, 100_000),
            ("training.batches_per_epoch", t.batches_per_epoch, 1, 1_000_000),
            ("training.batch", t.batch, 2, 1 << 16),
            ("training.calibration_batches", t.calibration_batches, 0, 1_000_000),
            ("training.gamma_steps", t.gamma_steps, 1, 10_000),
        ];
        for (name, value, low, high) in whole {
            if !(low..=high).contains(&value) {
                return Err(Error::value(name, format!("{value} is outside {low} to {high}")));
            }
        }
        let real = [
            ("model.tau", m.tau, 1.0, 1e6),
            ("model.theta_0", m.theta_0, 1e-3, 1e3),
            ("model.theta_min", m.theta_min, 1e-3, 1e3),
            ("model.theta_max", m.theta_max, m.theta_min, 1e3),
            ("model.trace_decay", m.trace_decay, 0.0, 0.999),
            ("model.surrogate_slope", m.surrogate_slope, 1e-3, 1e3),
            ("model.dropout_encoder", m.dropout_encoder, 0.0, 0.95),
            ("model.dropout_heads", m.dropout_heads, 0.0, 0.95),
            ("model.dropout_spiking_input", m.dropout_spiking_input, 0.0, 0.95),
            ("model.dropout_semantic", m.dropout_semantic, 0.0, 0.95),
            ("model.dropout_spikes", m.dropout_spikes, 0.0, 0.95),
            ("model.dropout_skip", m.dropout_skip, 0.0, 0.95),
            ("model.read_out.steepness", steepness, 1e-3, 1e3),
            ("model.read_out.spread", spread, 0.0, 0.999),
            ("training.learning_rate", t.learning_rate, 0.0, 10.0),
            ("training.weight_decay", t.weight_decay, 0.0, 10.0),
            ("training.plateau_factor", t.plateau_factor, 0.0, 1.0),
            ("training.margin", t.margin, 0.0, 1e3),
            ("training.weight_triplet", t.weight_triplet, 0.0, 1e3),
            ("training.weight_projection", t.weight_projection, 0.0, 1e3),
            ("training.weight_reconstruction", t.weight_reconstruction, 0.0, 1e3),
            ("training.weight_classification", t.weight_classification, 0.0, 1e3),
            ("training.classification_scale", t.classification_scale, 1e-3, 1e3),
            ("training.gamma_step", t.gamma_step, 1e-6, 1e3),
        ];
        for (name, value, low, high) in real {
            // The negation also catches NaN.
            if !(value >= low && value <= high) {
                return Err(Error::value(name, format!("{value} is outside {low} to {high}")));
            }
        }
        if m.scales.is_empty() || m.scales.iter().any(|&scale| !(1..=256).contains(&scale)) {
            return Err(Error::value(
                "model.scales",
                format!("{:?}: needs at least one size, each 1 to 256", m.scales),
            ));
        }
        if (1..m.scales.len()).any(|i| m.scales[..i].contains(&m.scales[i])) {
            return Err(Error::value("model.scales", format!("{:?}: a size stands there twice", m.scales)));
        }
        Ok(())
    }
}
