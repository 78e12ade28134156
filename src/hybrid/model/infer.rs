//! Inference: the dense branch in batches, the spiking branch event by event (or tick by tick),
//! joined by the time-step factor. No operator behind the factor sees a spike.

use super::activity::{Activity, add_run};
use super::batch::{check_clips, clip_batch, word_batch};
use super::stft::{BLOCKS, Semantic, Stft, block_name, factor_bias};
use crate::data::Clips;
use crate::energy::{Cost, DenseOperator, add_operators};
use crate::error::Result;
use crate::hybrid::config::{self, ThresholdMode};
use crate::hybrid::parameters::{ByModality, MODALITIES, Modality, Parameters, Pass};
use crate::hybrid::tensor::{Graph, Var};
use crate::hybrid::time_step;
use crate::spiking::Driver;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::lif::LifParams;
use crate::spiking::stack::DenseSynapses;
use crate::spiking::stack::{ClipInput, ClipRun, Input, Layer, Stack, run_batch};
use crate::spiking::threshold::{DynamicThreshold, LayerThreshold};
use std::time::Instant;

/// Clips that go through the dense operators together. Another number changes results only by the
/// rounding of the products.
const BATCH: usize = 256;

/// A trained model made ready to run: batch normalisation folded into the spiking weights.
pub struct Hybrid<'a> {
    model: &'a Stft,
    parameters: &'a Parameters<f32>,
    stacks: Option<ByModality<Stack>>,
}

/// A batch of clips in front of the spiking branch: dense features, and inputs of the spiking
/// branch.
pub struct Prepared {
    semantic: Semantic<f32>,
    /// Inputs of the spiking branch; none without that branch.
    inputs: Option<ByModality<SpikingInput>>,
    clips: usize,
}

/// Input of the spiking branch of a modality.
struct SpikingInput {
    refined: Var<f32>,
    pooling: Var<f32>,
    /// `c_s tanh(..)` by block, `[clips, D]`; empty for fixed thresholds.
    cues: Vec<Vec<f32>>,
}

impl Prepared {
    /// Refined input of the spiking branch of a modality, `[clips * bins, features]`; none without
    /// that branch.
    pub fn refined(&self, modality: Modality) -> Option<&Var<f32>> {
        self.inputs.as_ref().map(|inputs| &inputs[modality].refined)
    }

    /// Number of clips.
    pub fn clips(&self) -> usize {
        self.clips
    }
}

/// Embeddings of clips and what they cost.
#[derive(Debug, Clone, Default)]
pub struct Inference {
    /// `[clips, E]` per modality.
    pub embeddings: ByModality<Vec<f32>>,
    /// What the spiking branch did; none if the model has no such branch.
    pub activity: Option<Activity>,
    /// Operations of the dense operators, summed over clips.
    pub dense: Vec<DenseOperator>,
}

impl<'a> Hybrid<'a> {
    /// The model ready to run: normalisation is folded into the spiking weights and biases.
    ///
    /// # Errors
    /// If a folded weight is not finite or a constant is out of its domain.
    pub fn new(model: &'a Stft, parameters: &'a Parameters<f32>) -> Result<Self> {
        let stacks = if model.has_spikes() {
            let [audio, video] = MODALITIES.map(|m| stack(model, parameters, m));
            Some(ByModality { audio: audio?, video: video? })
        } else {
            None
        };
        Ok(Hybrid { model, parameters, stacks })
    }

    /// Shape and options of the model.
    pub fn model(&self) -> &Stft {
        self.model
    }

    /// The spiking networks, audio and video.
    pub fn stacks(&self) -> Option<&ByModality<Stack>> {
        self.stacks.as_ref()
    }

    /// Embeds `clips`, with `progress(clips done)` after each batch.
    ///
    /// # Errors
    /// If the clips do not fit the model.
    pub fn infer(&self, clips: &Clips, driver: Driver, mut progress: impl FnMut(usize)) -> Result<Inference> {
        let mut result = Inference::default();
        for start in (0..clips.len()).step_by(BATCH) {
            let rows: Vec<usize> = (start..(start + BATCH).min(clips.len())).collect();
            let graph = Graph::inference();
            let prepared = self.prepare(&graph, clips, &rows)?;
            let s = match &self.stacks {
                Some(stacks) => {
                    let started = Instant::now();
                    let runs = self.spike(stacks, &prepared, driver)?;
                    let activity = result.activity.get_or_insert_with(|| Activity::new(self.model));
                    activity.seconds += started.elapsed().as_secs_f64();
                    Some(self.join_time(&graph, &runs, activity))
                }
                None => None,
            };
            let theta = self.finish(&graph, &prepared, s.as_ref());
            for (all, theta) in result.embeddings.iter_mut().zip(theta.iter()) {
                all.extend_from_slice(theta.values());
            }
            add_operators(&mut result.dense, graph.take_costs());
            progress(rows.len());
        }
        Ok(result)
    }

    /// Runs everything in front of the spikes, for the clips `rows`.
    ///
    /// # Errors
    /// If the clips do not fit the model.
    pub fn prepare(&self, graph: &Graph<f32>, clips: &Clips, rows: &[usize]) -> Result<Prepared> {
        check_clips(self.model, clips)?;
        let pass = Pass::new(graph, self.parameters, None);
        let batch = clip_batch(graph, self.model, self.parameters, clips, ByModality { audio: rows, video: rows });
        let semantic = self.model.semantic(&pass, &batch);
        let input = |m: Modality| {
            let (refined, pooling) = self.model.refined(&pass, m, &batch.bins[m]);
            let cues = (0..BLOCKS).map_while(|block| self.model.cues(&pass, m, block, &semantic.phi[m]));
            let cues = cues.map(|cues| {
                let gain = cues.gains.values()[0];
                let scaled: Vec<f32> = cues.semantic.values().iter().map(|cue| gain * cue).collect();
                let _filed = graph.cost("gain", Cost { multiplies: scaled.len() as u64, ..Cost::ZERO });
                scaled
            });
            SpikingInput { refined, pooling, cues: cues.collect() }
        };
        let inputs = self.model.has_spikes().then(|| ByModality::of(input));
        Ok(Prepared { semantic, inputs, clips: rows.len() })
    }

    /// Runs the spiking branch on a prepared batch: a run for each modality and clip.
    ///
    /// # Errors
    /// If a value is not finite.
    pub fn spike(
        &self,
        stacks: &ByModality<Stack>,
        prepared: &Prepared,
        driver: Driver,
    ) -> Result<ByModality<Vec<ClipRun>>> {
        let run = |m: Modality| {
            let inputs = self.clip_inputs(prepared, m);
            run_batch(&stacks[m], driver, &inputs, self.model.config.time_steps)
        };
        Ok(ByModality { audio: run(Modality::Audio)?, video: run(Modality::Video)? })
    }

    /// Input of the spiking branch of `modality` for each clip; empty without that branch.
    pub fn clip_inputs<'b>(&self, prepared: &'b Prepared, modality: Modality) -> Vec<ClipInput<'b>> {
        let Some(inputs) = &prepared.inputs else { return Vec::new() };
        let SpikingInput { refined, pooling, cues } = &inputs[modality];
        let bins = self.model.dimensions.bins(&self.model.config);
        let size = bins * refined.cols();
        let width = self.model.config.width;
        (0..prepared.clips)
            .map(|clip| {
                let frames = &refined.values()[clip * size..][..size];
                ClipInput {
                    input: if bins == 1 { Input::Constant(frames) } else { Input::Frames(frames) },
                    cues: cues.iter().map(|cues| &cues[clip * width..][..width]).collect(),
                    pooling: pooling.row(clip),
                }
            })
            .collect()
    }

    /// The time-step factor over the spikes of the last block: `S_m [clips, D]`. Adds the runs to
    /// `activity`.
    pub fn join_time(
        &self,
        graph: &Graph<f32>,
        runs: &ByModality<Vec<ClipRun>>,
        activity: &mut Activity,
    ) -> ByModality<Var<f32>> {
        let (width, steps) = (self.model.config.width, self.model.config.time_steps);
        ByModality::of(|m| {
            let runs = &runs[m];
            let mut s = graph.buffer(runs.len() * width);
            for (run, s) in runs.iter().zip(s.chunks_exact_mut(width)) {
                add_run(&mut activity.layers[m], run);
                let last = &run.trains[BLOCKS - 1];
                let spikes_at = |t: usize| last.at(t as u32);
                let cost = if self.model.config.time_step_factor {
                    let bias = &self.parameters.get(&factor_bias(m)).values;
                    let (factors, cost) = time_step::from_events(width, bias, spikes_at, s);
                    for (sum, factor) in activity.factors[m].iter_mut().zip(factors) {
                        *sum += f64::from(factor);
                    }
                    cost
                } else {
                    time_step::mean_of_events(steps, spikes_at, s)
                };
                activity.factor_cost[m] += cost;
            }
            graph.constant(runs.len(), width, s)
        })
    }

    /// Runs everything behind the time-step factor: embeddings `[clips, E]`, with linear members
    /// `[clips, (1 + members) E]`.
    pub fn finish(
        &self,
        graph: &Graph<f32>,
        prepared: &Prepared,
        s: Option<&ByModality<Var<f32>>>,
    ) -> ByModality<Var<f32>> {
        let pass = Pass::new(graph, self.parameters, None);
        let fused = self.model.fuse(&pass, &prepared.semantic.r, s);
        let theta = self.model.embed(&pass, &fused, prepared.semantic.skip.as_ref());
        ByModality::of(|m| {
            let views = std::iter::once(&theta).chain(&prepared.semantic.members).map(|theta| &theta[m]);
            side_by_side(&pass, &views.collect::<Vec<_>>())
        })
    }

    /// Embeddings of class vectors, as long as those of clips, and their cost.
    pub fn embed_classes(&self, vectors: &[&[f32]]) -> (Vec<f32>, Vec<DenseOperator>) {
        let graph = Graph::inference();
        let pass = Pass::of_classes(&graph, self.parameters);
        let words = word_batch(&graph, self.model, self.parameters, vectors.iter().copied());
        let theta = side_by_side(&pass, &self.model.embed_words(&pass, &words).iter().collect::<Vec<_>>());
        let mut costs = Vec::new();
        add_operators(&mut costs, graph.take_costs());
        (theta.values().to_vec(), costs)
    }
}

/// Embeddings of the same rows by the model and its linear members as one, scaled so that a
/// distance is the root mean square of theirs.
fn side_by_side(pass: &Pass<'_, f32>, views: &[&Var<f32>]) -> Var<f32> {
    if let [only] = views {
        return (*only).clone();
    }
    let graph = pass.graph;
    let (rows, cols) = (views[0].rows(), views[0].cols());
    let scale = (views.len() as f32).sqrt().recip();
    let mut out = graph.buffer(rows * views.len() * cols);
    for (i, out) in out.chunks_exact_mut(cols).enumerate() {
        let from = views[i % views.len()].row(i / views.len());
        out.iter_mut().zip(from).for_each(|(out, x)| *out = scale * x);
    }
    pass.scope("members");
    let filed = graph.cost("scale", Cost { multiplies: out.len() as u64, ..Cost::ZERO });
    graph.record(filed, rows, views.len() * cols, out, &[], |_, _| {})
}

/// The spiking network of a modality: `W' = W * w / sqrt(var + eps)` by row,
/// `b' = b - mean * w / sqrt(var + eps)`.
fn stack(model: &Stft, parameters: &Parameters<f32>, modality: Modality) -> Result<Stack> {
    let config = &model.config;
    let layers = (0..BLOCKS).map(|block| {
        let name = block_name(modality, block);
        let weight = parameters.get(&format!("{name}.weight"));
        let (rows, cols) = weight.matrix();
        let [scale, shift, mean, variance] = ["weight", "bias", "running_mean", "running_var"]
            .map(|part| &parameters.get(&format!("{name}.norm.{part}")).values);
        let factor: Vec<f32> = (0..rows).map(|i| scale[i] * (1.0 / (variance[i] + 1e-5).sqrt())).collect();
        let folded: Vec<f32> =
            weight.values.chunks_exact(cols).zip(&factor).flat_map(|(row, f)| row.iter().map(move |w| w * f)).collect();
        let bias: Vec<f32> = (0..rows).map(|i| shift[i] - mean[i] * factor[i]).collect();
        let threshold = match config.threshold {
            ThresholdMode::Fixed => LayerThreshold::Fixed(config.theta_0 as f32),
            ThresholdMode::Dynamic => {
                let gains = &parameters.get(&format!("{name}.threshold.gains")).values;
                LayerThreshold::Dynamic(DynamicThreshold {
                    theta_0: config.theta_0 as f32,
                    theta_min: config.theta_min as f32,
                    theta_max: config.theta_max as f32,
                    gain_entropy: gains[1],
                    gain_pooling: gains[2],
                    gain_trace: gains[3],
                    trace_decay: config.trace_decay as f32,
                })
            }
        };
        let reset = match config.reset {
            config::ResetMode::Hard => Reset::To(0.0),
            config::ResetMode::Soft => Reset::Subtract,
        };
        let lif = LifParams { tau: config.tau as f32, decay_input: true, reset };
        Layer::new(DenseSynapses::dense(rows, cols, &folded)?, &bias, lif, threshold)
    });
    Stack::new(layers.collect::<Result<_>>()?)
}
