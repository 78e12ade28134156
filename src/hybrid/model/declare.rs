//! Every tensor of the model: name, shape, initial values.

use super::stft::{BLOCKS, Dimensions, Stft, block_name, factor_bias};
use crate::hybrid::config::{Fusion, ModelConfig, ThresholdMode};
use crate::hybrid::parameters::{Declaration, Initial, MODALITIES, Modality};

struct List(Vec<Declaration>);

impl List {
    fn tensor(&mut self, name: impl Into<String>, shape: &[usize], initial: Initial) {
        self.0.push(Declaration { name: name.into(), shape: shape.to_vec(), initial, trainable: true });
    }

    fn statistic(&mut self, name: String, length: usize, value: f64) {
        self.0.push(Declaration { name, shape: vec![length], initial: Initial::Constant(value), trainable: false });
    }

    /// `[out, inputs]`, uniform in ±1/sqrt(inputs).
    fn matrix(&mut self, name: impl Into<String>, out: usize, inputs: usize) {
        self.tensor(name, &[out, inputs], Initial::Uniform((inputs as f64).powf(-0.5)));
    }

    fn linear(&mut self, name: &str, inputs: usize, out: usize) {
        self.matrix(format!("{name}.weight"), out, inputs);
        self.tensor(format!("{name}.bias"), &[out], Initial::Constant(0.0));
    }

    fn layer_norm(&mut self, name: &str, size: usize) {
        self.tensor(format!("{name}.weight"), &[size], Initial::Constant(1.0));
        self.tensor(format!("{name}.bias"), &[size], Initial::Constant(0.0));
    }

    fn batch_norm(&mut self, name: &str, size: usize) {
        self.layer_norm(name, size);
        self.statistic(format!("{name}.running_mean"), size, 0.0);
        self.statistic(format!("{name}.running_var"), size, 1.0);
    }

    fn block(&mut self, name: &str, width: usize, inner: usize, mlp: usize) {
        self.layer_norm(&format!("{name}.norm1"), width);
        self.linear(&format!("{name}.qkv"), width, 3 * inner);
        self.linear(&format!("{name}.out"), inner, width);
        self.layer_norm(&format!("{name}.norm2"), width);
        self.linear(&format!("{name}.mlp1"), width, mlp);
        self.linear(&format!("{name}.mlp2"), mlp, width);
    }

    /// Input statistics and encoders.
    fn encoders(&mut self, c: &ModelConfig, dims: &Dimensions) {
        for m in MODALITIES {
            let features = dims.features(m);
            self.statistic(format!("input.{}.mean", m.name()), features, 0.0);
            self.statistic(format!("input.{}.std", m.name()), features, 1.0);
            let name = format!("encoder.{}", m.name());
            self.linear(&format!("{name}.linear1"), features, c.encoder_hidden);
            self.batch_norm(&format!("{name}.norm1"), c.encoder_hidden);
            self.linear(&format!("{name}.linear2"), c.encoder_hidden, c.width);
            self.batch_norm(&format!("{name}.norm2"), c.width);
        }
        if c.center_words {
            self.statistic("input.words.mean".to_owned(), dims.words, 0.0);
        }
    }

    /// The latent knowledge combiner.
    fn combiner(&mut self, c: &ModelConfig) {
        let d = c.width;
        self.matrix("combiner.slots", c.slots * d, d);
        for m in MODALITIES {
            self.linear(&format!("combiner.{}", m.name()), d, d);
        }
        self.tensor("combiner.alpha", &[1], Initial::Constant(0.0));
        self.tensor("combiner.initial", &[d], Initial::Normal(0.02));
        self.block("combiner.block", d, c.heads * c.head_dim, 2 * d);
    }

    /// The spiking blocks and the time-step factor of a modality.
    fn spiking(&mut self, c: &ModelConfig, dims: &Dimensions, m: Modality) {
        let d = c.width;
        if c.glp && dims.temporal {
            self.tensor(format!("spiking.{}.glp_beta", m.name()), &[1], Initial::Constant(0.0));
        }
        for block in 0..BLOCKS {
            let name = block_name(m, block);
            self.matrix(format!("{name}.weight"), d, if block == 0 { dims.features(m) } else { d });
            self.batch_norm(&format!("{name}.norm"), d);
            if c.threshold == ThresholdMode::Dynamic {
                self.matrix(format!("{name}.threshold.semantic_in"), c.semantic_rank, d);
                self.tensor(format!("{name}.threshold.semantic_out"), &[d, c.semantic_rank], Initial::Normal(0.01));
                self.tensor(format!("{name}.threshold.gains"), &[4], Initial::Constant(0.1));
            }
        }
        if c.time_step_factor {
            self.tensor(factor_bias(m), &[c.time_steps], Initial::Constant(0.0));
        }
    }

    /// The fusion of both branches of a modality.
    fn fusion(&mut self, c: &ModelConfig, m: Modality) {
        let d = c.width;
        let name = format!("fusion.{}", m.name());
        match c.fusion {
            Fusion::Cube => {
                for &scale in &c.scales {
                    let name = format!("{name}.scale{scale}");
                    self.matrix(format!("{name}.semantic"), scale, d);
                    self.matrix(format!("{name}.spiking"), scale, d);
                    self.matrix(format!("{name}.core"), scale, scale * scale);
                    self.matrix(format!("{name}.out"), d, scale);
                }
            }
            Fusion::Slice => {
                for &scale in &c.scales {
                    let (name, p) = (format!("{name}.scale{scale}"), c.slice_width);
                    self.matrix(format!("{name}.semantic"), p, d);
                    self.matrix(format!("{name}.spiking"), p, d);
                    self.matrix(format!("{name}.slices_semantic"), scale * p, p);
                    self.matrix(format!("{name}.slices_spiking"), scale * p, p);
                    self.matrix(format!("{name}.out"), d, p);
                }
            }
            Fusion::Concatenation => {
                self.matrix(format!("{name}.concat_semantic"), d, d);
                self.matrix(format!("{name}.concat_spiking"), d, d);
            }
            Fusion::SemanticOnly => self.matrix(format!("{name}.semantic_only"), d, d),
        }
        self.tensor(format!("{name}.bias"), &[d], Initial::Constant(0.0));
    }

    /// The embedding heads, the linear members beside them, and the decoders of training.
    fn heads(&mut self, c: &ModelConfig, dims: &Dimensions) {
        let (d, e) = (c.width, c.embedding);
        for m in MODALITIES {
            let name = format!("heads.{}", m.name());
            self.linear(&format!("{name}.linear1"), d, 512);
            self.batch_norm(&format!("{name}.norm1"), 512);
            self.linear(&format!("{name}.linear2"), 512, e);
            self.batch_norm(&format!("{name}.norm2"), e);
            if c.skip {
                self.linear(&format!("skip.{}.linear", m.name()), dims.features(m), e);
                self.batch_norm(&format!("skip.{}.norm", m.name()), e);
            }
        }
        self.linear("heads.words.linear1", dims.words, e);
        self.batch_norm("heads.words.norm1", e);
        for member in 1..=c.linear_members {
            for m in MODALITIES {
                self.linear(&format!("member{member}.{}.linear", m.name()), dims.features(m), e);
                self.batch_norm(&format!("member{member}.{}.norm", m.name()), e);
            }
            self.linear(&format!("member{member}.words.linear1"), dims.words, e);
            self.batch_norm(&format!("member{member}.words.norm1"), e);
        }
        for (name, target) in [("decoder", dims.words), ("audio_reconstruct", d), ("video_reconstruct", d)] {
            let name = format!("heads.{name}");
            self.linear(&format!("{name}.linear1"), e, 64);
            self.batch_norm(&format!("{name}.norm1"), 64);
            self.linear(&format!("{name}.linear2"), 64, target);
        }
    }
}

/// The tensors of `model`, in the order in which weight files list them.
pub fn declarations(model: &Stft) -> Vec<Declaration> {
    let (c, dims) = (&model.config, &model.dimensions);
    let mut list = List(Vec::new());
    list.encoders(c, dims);
    list.combiner(c);
    if model.has_spikes() {
        MODALITIES.into_iter().for_each(|m| list.spiking(c, dims, m));
    }
    MODALITIES.into_iter().for_each(|m| list.fusion(c, m));
    list.tensor("joint.modality", &[2, c.width], Initial::Normal(0.02));
    for i in 0..c.joint_blocks {
        list.block(&format!("joint.block{i}"), c.width, c.heads * c.head_dim, c.joint_mlp);
    }
    list.heads(c, dims);
    list.0
}
