//! The model at work: the dense branch in batches, the spiking branch event by event (or tick by tick), joined by the time-step
//! factor. Nothing behind the factor sees a spike.

use super::batch::{check_clips, clip_batch, word_batch};
use super::{BLOCKS, Semantic, Stft, block_name};
use crate::data::Clips;
use crate::energy::counts::LayerCounts;
use crate::energy::{Cost, DenseOperator, add_operators};
use crate::error::Result;
use crate::hybrid::config::{self, ThresholdMode};
use crate::hybrid::parameters::{MODALITIES, Modality, Parameters, Pass};
use crate::hybrid::tensor::{Graph, Var};
use crate::hybrid::time_step;
use crate::spiking::Driver;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::lif::LifParams;
use crate::spiking::stack::DenseSynapses;
use crate::spiking::stack::{ClipInput, ClipRun, Input, Layer, Stack, run_batch};
use crate::spiking::threshold::{DynamicThreshold, LayerThreshold};
use std::time::Instant;

/// Clips that go through the dense operators together. The result does not depend on it beyond the rounding of the products.
const BATCH: usize = 256;

/// A trained model made ready to run: batch normalisation folded into the spiking weights.
pub struct Hybrid<'a> {
    model: &'a Stft,
    parameters: &'a Parameters<f32>,
    stacks: Option<[Stack; 2]>,
}

/// What the dense branch and the pooling hand on for a batch of clips.
pub struct Prepared {
    semantic: Semantic<f32>,
    /// For the spiking branch, audio and video; empty without one.
    inputs: Vec<SpikingInput>,
    clips: usize,
}

/// What the spiking branch of a modality gets.
struct SpikingInput {
    refined: Var<f32>,
    pooling: Var<f32>,
    /// `c_s tanh(..)` by block, `[clips, D]`; empty for fixed thresholds.
    cues: Vec<Vec<f32>>,
}

impl Prepared {
    /// Refined input of the spiking branch of a modality, `[clips * bins, features]`; none without that branch.
    pub fn refined(&self, modality: Modality) -> Option<&Var<f32>> {
        self.inputs.get(modality as usize).map(|input| &input.refined)
    }

    /// Number of clips.
    pub fn clips(&self) -> usize {
        self.clips
    }
}

/// Spiking activity of many clips, by modality and block.
#[derive(Debug, Clone, Default)]
pub struct Activity {
    /// Operations, `[modality][block]`.
    pub counts: [Vec<LayerCounts>; 2],
    /// Operations of each clip, `[modality][clip][block]`.
    pub per_clip: [Vec<Vec<LayerCounts>>; 2],
    /// Spikes per time step, `[modality][block][step]`.
    pub spikes: [Vec<Vec<u64>>; 2],
    /// Sums over clips of the time-step factor, `[modality][step]`.
    pub factors: [Vec<f64>; 2],
    /// Cost of the time-step factor, by modality.
    pub factor_cost: [Cost; 2],
    /// Seconds that the spiking branch took.
    pub seconds: f64,
}

/// Embeddings of clips and what they cost.
#[derive(Debug, Clone, Default)]
pub struct Inference {
    /// `[clips, E]` per modality.
    pub embeddings: [Vec<f32>; 2],
    /// What the spiking branch did; none if the model has no such branch.
    pub activity: Option<Activity>,
    /// Operations of the dense operators, summed over clips.
    pub dense: Vec<DenseOperator>,
}

impl<'a> Hybrid<'a> {
    /// Folds normalisation into weights and biases.
    ///
    /// # Errors
    /// If a folded weight is not finite or a constant is out of its domain.
    pub fn new(model: &'a Stft, parameters: &'a Parameters<f32>) -> Result<Self> {
        let stacks = match model.has_spikes() {
            true => Some([stack(model, parameters, Modality::Audio)?, stack(model, parameters, Modality::Video)?]),
            false => None,
        };
        Ok(Hybrid { model, parameters, stacks })
    }

    /// The model.
    pub fn model(&self) -> &Stft {
        self.model
    }

    /// The spiking networks, audio and video.
    pub fn stacks(&self) -> Option<&[Stack; 2]> {
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
            for (all, theta) in result.embeddings.iter_mut().zip(&theta) {
                all.extend_from_slice(theta.values());
            }
            add_operators(&mut result.dense, graph.take_costs());
            progress(rows.len());
        }
        Ok(result)
    }

    /// Everything in front of the spikes, for the clips `rows`.
    ///
    /// # Errors
    /// If the clips do not fit the model.
    pub fn prepare(&self, graph: &Graph<f32>, clips: &Clips, rows: &[usize]) -> Result<Prepared> {
        check_clips(self.model, clips)?;
        let pass = Pass::new(graph, self.parameters, None);
        let batch = clip_batch(graph, self.model, self.parameters, clips, [rows, rows]);
        let semantic = self.model.semantic(&pass, &batch);
        let spiking = MODALITIES.into_iter().filter(|_| self.model.has_spikes());
        let inputs = spiking.map(|m| {
            let (refined, pooling) = self.model.refined(&pass, m, &batch.bins[m as usize]);
            let cues = (0..BLOCKS).map_while(|block| self.model.cues(&pass, m, block, &semantic.phi[m as usize]));
            let cues = cues.map(|cues| {
                let gain = cues.gains.values()[0];
                let scaled: Vec<f32> = cues.semantic.values().iter().map(|cue| gain * cue).collect();
                let _filed = graph.cost("gain", Cost { multiplies: scaled.len() as u64, ..Cost::ZERO });
                scaled
            });
            SpikingInput { refined, pooling, cues: cues.collect() }
        });
        let inputs = inputs.collect();
        Ok(Prepared { semantic, inputs, clips: rows.len() })
    }

    /// The spiking branch of a prepared batch: a run per clip, per modality.
    ///
    /// # Errors
    /// If a value is not finite.
    pub fn spike(&self, stacks: &[Stack; 2], prepared: &Prepared, driver: Driver) -> Result<[Vec<ClipRun>; 2]> {
        let [audio, video] = MODALITIES.map(|m| {
            let inputs = self.clip_inputs(prepared, m);
            run_batch(&stacks[m as usize], driver, &inputs, self.model.config.time_steps)
        });
        Ok([audio?, video?])
    }

    /// What each clip gives to the spiking branch of `modality`.
    pub fn clip_inputs<'b>(&self, prepared: &'b Prepared, modality: Modality) -> Vec<ClipInput<'b>> {
        let SpikingInput { refined, pooling, cues } = &prepared.inputs[modality as usize];
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

    /// The time-step factor over the last block's events: `S_m [clips, D]`. Adds what happened to `activity`.
    pub fn join_time(&self, graph: &Graph<f32>, runs: &[Vec<ClipRun>; 2], activity: &mut Activity) -> [Var<f32>; 2] {
        let (width, steps) = (self.model.config.width, self.model.config.time_steps);
        MODALITIES.map(|m| {
            let runs = &runs[m as usize];
            let mut s = graph.buffer(runs.len() * width);
            for (run, s) in runs.iter().zip(s.chunks_exact_mut(width)) {
                activity.add(m, run, steps);
                let last = &run.trains[BLOCKS - 1];
                let spikes_at = |t: usize| last.at(t as u32);
                let cost = if self.model.config.time_step_factor {
                    let bias = &self.parameters.get(&format!("time_step.{}.bias", m.name())).values;
                    let (factors, cost) = time_step::from_events(width, bias, spikes_at, s);
                    for (sum, factor) in activity.factors[m as usize].iter_mut().zip(factors) {
                        *sum += f64::from(factor);
                    }
                    cost
                } else {
                    time_step::mean_of_events(steps, spikes_at, s)
                };
                activity.factor_cost[m as usize] += cost;
            }
            graph.constant(runs.len(), width, s)
        })
    }

    /// Everything behind the time-step factor: embeddings `[clips, E]`, with linear members `[clips, (1 + members) E]`.
    pub fn finish(&self, graph: &Graph<f32>, prepared: &Prepared, s: Option<&[Var<f32>; 2]>) -> [Var<f32>; 2] {
        let pass = Pass::new(graph, self.parameters, None);
        let fused = self.model.fuse(&pass, &prepared.semantic.r, s);
        let theta = self.model.embed(&pass, &fused, prepared.semantic.skip.as_ref());
        MODALITIES.map(|m| {
            let views = std::iter::once(&theta).chain(&prepared.semantic.members).map(|theta| &theta[m as usize]);
            side_by_side(graph, &views.collect::<Vec<_>>())
        })
    }

    /// Embeddings of class vectors, as long as those of clips, and their cost.
    pub fn embed_classes(&self, vectors: &[&[f32]]) -> (Vec<f32>, Vec<DenseOperator>) {
        let graph = Graph::inference();
        let pass = Pass::new(&graph, self.parameters, None);
        let words = word_batch(&graph, self.model, self.parameters, vectors.iter().copied());
        let theta = side_by_side(&graph, &self.model.embed_words(&pass, &words).iter().collect::<Vec<_>>());
        let mut costs = Vec::new();
        add_operators(&mut costs, graph.take_costs());
        (theta.values().to_vec(), costs)
    }
}

/// Embeddings of the same rows by the model and its linear members as one, scaled so that a distance is the root mean square of
/// theirs.
fn side_by_side(graph: &Graph<f32>, views: &[&Var<f32>]) -> Var<f32> {
    if let [only] = views {
        return (*only).clone();
    }
    let (rows, cols) = (views[0].rows(), views[0].cols());
    let scale = (views.len() as f32).sqrt().recip();
    let mut out = graph.buffer(rows * views.len() * cols);
    for (i, out) in out.chunks_exact_mut(cols).enumerate() {
        let from = views[i % views.len()].row(i / views.len());
        out.iter_mut().zip(from).for_each(|(out, x)| *out = scale * x);
    }
    graph.scope("members");
    let filed = graph.cost("scale", Cost { multiplies: out.len() as u64, ..Cost::ZERO });
    graph.record(filed, rows, views.len() * cols, out, &[], |_, _| {})
}

impl Activity {
    /// Nothing yet, for the shape of `model`.
    pub fn new(model: &Stft) -> Self {
        let steps = model.config.time_steps;
        Activity {
            counts: [vec![LayerCounts::default(); BLOCKS], vec![LayerCounts::default(); BLOCKS]],
            spikes: [vec![vec![0; steps]; BLOCKS], vec![vec![0; steps]; BLOCKS]],
            factors: [vec![0.0; steps], vec![0.0; steps]],
            ..Activity::default()
        }
    }

    /// Adds what happened with other clips.
    pub fn append(&mut self, other: &Activity) {
        for m in 0..2 {
            self.counts[m].iter_mut().zip(&other.counts[m]).for_each(|(a, b)| *a += *b);
            let steps = self.spikes[m].iter_mut().flatten().zip(other.spikes[m].iter().flatten());
            steps.for_each(|(a, b)| *a += b);
            self.factors[m].iter_mut().zip(&other.factors[m]).for_each(|(a, b)| *a += b);
            self.factor_cost[m] += other.factor_cost[m];
            self.per_clip[m].extend_from_slice(&other.per_clip[m]);
        }
        self.seconds += other.seconds;
    }

    fn add(&mut self, modality: Modality, run: &ClipRun, steps: usize) {
        let m = modality as usize;
        for (block, counts) in run.counts.iter().enumerate() {
            self.counts[m][block] += *counts;
        }
        self.per_clip[m].push(run.counts.clone());
        for (block, train) in run.trains.iter().enumerate() {
            for t in 0..steps {
                self.spikes[m][block][t] += train.at(t as u32).len() as u64;
            }
        }
    }
}

/// The spiking network of a modality: `W' = W * w / sqrt(var + eps)` by row, `b' = b - mean * w / sqrt(var + eps)`.
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
