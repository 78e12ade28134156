//! The model: its shape, its options, and its equations in terms of the dense operators.

use crate::energy::Branch;
use crate::error::{Error, Result};
use crate::hybrid::config::{Fusion, ModelConfig, ThresholdMode};
use crate::hybrid::dense;
use crate::hybrid::encoding;
use crate::hybrid::fusion::{Cube, Slice};
use crate::hybrid::parameters::{ByModality, MODALITIES, Modality, Parameters, Pass};
use crate::hybrid::snn::{Cues, Lif};
use crate::hybrid::tensor::{Real, Var};
use crate::hybrid::time_step;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Spiking blocks per modality.
pub const BLOCKS: usize = 3;

/// Sizes of a model that follow from the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimensions {
    /// Size of an audio feature.
    pub audio: usize,
    /// Size of a video feature.
    pub video: usize,
    /// Size of a class vector.
    pub words: usize,
    /// Whether clips are sequences; clip-averaged features are the same at each step.
    pub temporal: bool,
}

impl Dimensions {
    /// Feature size of a modality.
    pub fn features(&self, modality: Modality) -> usize {
        match modality {
            Modality::Audio => self.audio,
            Modality::Video => self.video,
        }
    }

    /// Bins that the spiking branch sees of a clip.
    pub fn bins(&self, config: &ModelConfig) -> usize {
        if self.temporal { config.time_steps } else { 1 }
    }

    /// Segments that the dense branch sees of a clip.
    pub fn segments(&self, config: &ModelConfig) -> usize {
        if self.temporal { config.segments } else { 1 }
    }
}

/// Standardised features of a batch of clips, per modality.
pub struct ClipBatch<R: Real> {
    /// `[clips * segments, features]`, for the dense branch.
    pub segments: ByModality<Var<R>>,
    /// `[clips * bins, features]`, for the spiking branch.
    pub bins: ByModality<Var<R>>,
}

/// The dense branch's view of a batch.
pub struct Semantic<R: Real> {
    /// `phi_m [clips, D]`, the encoded features.
    pub phi: ByModality<Var<R>>,
    /// `r_m [clips, D]`.
    pub r: ByModality<Var<R>>,
    /// What the skip adds to each embedding, `[clips, E]`; none without it.
    pub skip: Option<ByModality<Var<R>>>,
    /// Embeddings `[clips, E]` of each linear member.
    pub members: Vec<ByModality<Var<R>>>,
}

/// The spiking branch's view of a batch, as trained.
pub struct Spiking<R: Real> {
    /// `S_m [clips, D]` per modality.
    pub s: ByModality<Var<R>>,
    /// Spikes `[clips * steps, D]` of each block, per modality.
    pub spikes: ByModality<Vec<Var<R>>>,
}

/// The cues that move the thresholds of one block ([`crate::spiking::threshold`]).
pub struct BlockCues<R: Real> {
    /// `tanh(A2 A1 phi) [clips, D]`.
    pub semantic: Var<R>,
    /// Gains of semantic cue, entropy, pooling and trace, `[1, 4]`.
    pub gains: Var<R>,
}

/// The model: shape and options. Its weights are [`Parameters`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stft {
    /// Options.
    pub config: ModelConfig,
    /// Sizes that follow from the data.
    pub dimensions: Dimensions,
}

impl Stft {
    /// The same model run for its first `steps` time steps. There cannot be more than it was
    /// trained with, as the time-step factor has a bias for each of them.
    ///
    /// # Errors
    /// If `steps` is 0 or above the model's.
    pub fn shortened(&self, parameters: &Parameters<f32>, steps: usize) -> Result<(Stft, Parameters<f32>)> {
        if !(1..=self.config.time_steps).contains(&steps) {
            return Err(Error::value("time_steps", format!("{steps} is outside 1..={}", self.config.time_steps)));
        }
        let mut model = self.clone();
        model.config.time_steps = steps;
        let mut short = parameters.clone();
        // The factor's biases are the only tensors with a value for each time step.
        let biases = MODALITIES.map(factor_bias);
        for entry in short.entries_mut().iter_mut().filter(|e| biases.contains(&e.declaration.name)) {
            entry.declaration.shape = vec![steps];
            entry.values = Arc::new(entry.values[..steps].to_vec());
        }
        Ok((model, short))
    }

    /// Whether there is a spiking branch at all.
    pub fn has_spikes(&self) -> bool {
        self.config.fusion != Fusion::SemanticOnly
    }

    /// The dense branch: encoders and latent knowledge combiner (equations 1-4), skip and linear
    /// members.
    pub fn semantic<R: Real>(&self, pass: &Pass<'_, R>, batch: &ClipBatch<R>) -> Semantic<R> {
        let segments = self.dimensions.segments(&self.config);
        let phi = ByModality::of(|m| dense::encode(pass, &self.config, m, &batch.segments[m]));
        let r = dense::combine(pass, &self.config, &phi, segments);
        let past = |name: &str, m: Modality| {
            let name = format!("{name}.{}", m.name());
            dense::skip(pass, &self.config, &name, &batch.segments[m], segments)
        };
        let skip = self.config.skip.then(|| ByModality::of(|m| past("skip", m)));
        let members = (1..=self.config.linear_members).map(|member| format!("member{member}"));
        let members =
            members.map(|name| ByModality::of(|m| dense::finish(pass, &self.config, past(&name, m)))).collect();
        Semantic { phi: phi.map(|phi| pass.graph.mean_rows(&phi, segments)), r, skip, members }
    }

    /// Refined input of a modality and the pooled gate of its clips (equation 7).
    pub fn refined<R: Real>(&self, pass: &Pass<'_, R>, modality: Modality, x: &Var<R>) -> (Var<R>, Var<R>) {
        let (graph, steps) = (pass.graph, self.config.time_steps);
        let bins = self.dimensions.bins(&self.config);
        if !self.config.glp {
            let clips = x.rows() / bins;
            return (x.clone(), graph.constant(clips, steps, graph.zeros(clips * steps)));
        }
        let name = format!("spiking.{}", modality.name());
        let logit = self.dimensions.temporal.then(|| pass.var(&format!("{name}.glp_beta")));
        graph.scope(Branch::Spiking, &name);
        let refined = encoding::refine(graph, x, bins, logit.as_ref());
        let pooled = encoding::pooled_gate(graph, x, bins, steps, logit.as_ref());
        (refined, pooled)
    }

    /// The cues that move the thresholds of a block, from the dense features `phi` (equation 9);
    /// none for fixed thresholds.
    pub fn cues<R: Real>(
        &self,
        pass: &Pass<'_, R>,
        modality: Modality,
        block: usize,
        phi: &Var<R>,
    ) -> Option<BlockCues<R>> {
        if self.config.threshold == ThresholdMode::Fixed {
            return None;
        }
        let name = format!("{}.threshold", block_name(modality, block));
        // The dense twin has no thresholds.
        pass.graph.scope_outside_twin(Branch::Spiking, &name);
        let inner = pass.graph.linear(phi, &pass.var(&format!("{name}.semantic_in")), None);
        let outer = pass.graph.linear(&inner, &pass.var(&format!("{name}.semantic_out")), None);
        Some(BlockCues { semantic: pass.graph.tanh(&outer), gains: pass.var(&format!("{name}.gains")) })
    }

    /// The spiking branch over all steps as one differentiable run (equations 5-9).
    pub fn spiking<R: Real>(&self, pass: &Pass<'_, R>, batch: &ClipBatch<R>, phi: &ByModality<Var<R>>) -> Spiking<R> {
        let lif = Lif::new(&self.config);
        let clips = phi.audio.rows();
        let mut spikes = ByModality::of(|_| Vec::new());
        let s = ByModality::of(|m| {
            let (refined, pooling) = self.refined(pass, m, &batch.bins[m]);
            let bins = self.dimensions.bins(&self.config);
            let place = format!("spiking.{}.input", m.name());
            let mut x = pass.dropout(&refined, &place, self.config.dropout_spiking_input, bins);
            for block in 0..BLOCKS {
                let name = block_name(m, block);
                let current = pass.batch_norm(&pass.linear(&x, &name), &format!("{name}.norm"), false, 0.0);
                let cues = self.cues(pass, m, block, &phi[m]);
                let cues = cues.as_ref().map(|c| Cues { semantic: &c.semantic, pooling: &pooling, gains: &c.gains });
                x = lif.run(pass.graph, &current, clips, cues);
                spikes[m].push(x.clone());
            }
            if self.config.time_step_factor {
                time_step::from_spikes(pass.graph, &x, &pass.var(&factor_bias(m)))
            } else {
                pass.graph.mean_rows(&x, self.config.time_steps)
            }
        });
        Spiking { s, spikes }
    }

    /// Tucker fusion of both branches (equations 10-13), joint transformer (14): `f_m [clips, D]`.
    pub fn fuse<R: Real>(
        &self,
        pass: &Pass<'_, R>,
        r: &ByModality<Var<R>>,
        s: Option<&ByModality<Var<R>>>,
    ) -> ByModality<Var<R>> {
        let graph = pass.graph;
        let y = ByModality::of(|m| {
            let name = format!("fusion.{}", m.name());
            pass.scope(&name);
            let whole = &r[m];
            let r = &pass.dropout(whole, &format!("{name}.semantic"), self.config.dropout_semantic, 1);
            let s = s.map(|s| pass.dropout(&s[m], &format!("{name}.spikes"), self.config.dropout_spikes, 1));
            let part = |s: &Var<R>, scale: usize| {
                let var = |part: &str| pass.var(&format!("{name}.scale{scale}.{part}"));
                match self.config.fusion {
                    Fusion::Cube => {
                        let (semantic, spiking) = (var("semantic"), var("spiking"));
                        Cube { semantic, spiking, core: var("core"), out: var("out") }.fuse(graph, r, s)
                    }
                    _ => Slice {
                        semantic: var("semantic"),
                        spiking: var("spiking"),
                        slices_semantic: var("slices_semantic"),
                        slices_spiking: var("slices_spiking"),
                        out: var("out"),
                    }
                    .fuse(graph, r, s),
                }
            };
            let y = match (s.as_ref(), self.config.fusion) {
                (None, _) | (_, Fusion::SemanticOnly) => {
                    graph.linear(r, &pass.var(&format!("{name}.semantic_only")), None)
                }
                (Some(s), Fusion::Concatenation) => {
                    // [r; S] W^T without copying the two halves into one.
                    let a = graph.linear(r, &pass.var(&format!("{name}.concat_semantic")), None);
                    graph.add(&a, &graph.linear(s, &pass.var(&format!("{name}.concat_spiking")), None))
                }
                (Some(s), _) => {
                    let parts: Vec<Var<R>> = self.config.scales.iter().map(|&scale| part(s, scale)).collect();
                    parts[1..].iter().fold(parts[0].clone(), |sum, part| graph.add(&sum, part))
                }
            };
            let y = graph.add_by_token(&y, &pass.var(&format!("{name}.bias")));
            if self.config.fusion_residual { graph.add(&y, whole) } else { y }
        });
        dense::join(pass, &self.config, &y)
    }

    /// Embeddings `theta_m [clips, E]` of fused features and what the skip adds to them.
    pub fn embed<R: Real>(
        &self,
        pass: &Pass<'_, R>,
        f: &ByModality<Var<R>>,
        skip: Option<&ByModality<Var<R>>>,
    ) -> ByModality<Var<R>> {
        ByModality::of(|m| dense::head(pass, &self.config, m.name(), &f[m], skip.map(|skip| &skip[m])))
    }

    /// Embeddings `theta_w [n, E]` of class vectors `[n, words]`: the model's own, then each linear
    /// member's.
    pub fn embed_words<R: Real>(&self, pass: &Pass<'_, R>, words: &Var<R>) -> Vec<Var<R>> {
        let heads = (1..=self.config.linear_members).map(|member| format!("member{member}.words"));
        let heads = std::iter::once("heads.words".to_owned()).chain(heads);
        heads.map(|name| dense::embed_words(pass, &self.config, &name, words)).collect()
    }
}

/// Name of a spiking block's tensors; blocks count from 1 there.
pub fn block_name(modality: Modality, block: usize) -> String {
    format!("spiking.{}.block{}", modality.name(), block + 1)
}

/// Name of the time-step factor's bias.
pub fn factor_bias(modality: Modality) -> String {
    format!("time_step.{}.bias", modality.name())
}
