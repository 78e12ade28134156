//! The Spiking Tucker Fusion Transformer, assembled. `docs/model.md` has every equation.
//!
//! # Example
//! ```
//! # use spikefuse::data::Dataset;
//! # use spikefuse::hybrid::config::{Config, ModelConfig, TrainingConfig};
//! # use spikefuse::hybrid::train::train;
//! # let model = ModelConfig { width: 16, time_steps: 4, ..Default::default() };
//! # let training =
//! #     TrainingConfig { epochs: 1, batches_per_epoch: 1, batch: 16, ..Default::default() };
//! # let dataset = Dataset::embedded(0);
//! # let trained = train(&Config { model, training }, &dataset, 1, None, &mut ())?;
//! use spikefuse::data::Part;
//! use spikefuse::hybrid::model::Hybrid;
//! use spikefuse::spiking::Driver;
//!
//! // `trained` is a model that was trained, or what `load` returned.
//! let hybrid = Hybrid::new(&trained.model, &trained.parameters)?;
//! let clips = dataset.load(Part::Stage2TestUnseen)?;
//! let found = hybrid.infer(&clips, Driver::Event, |_| ())?;
//! let size = trained.model.config.embedding;
//! assert_eq!(found.embeddings.map(|values| values.len()).into_array(), [clips.len() * size; 2]);
//! for layer in found.activity.iter().flat_map(|activity| activity.all_layers()) {
//!     println!("{}: {} spikes, {} SynOps", layer.name, layer.counts.spikes, layer.counts.synops);
//! }
//! # Ok::<(), spikefuse::Error>(())
//! ```

mod activity;
mod batch;
mod declare;
mod infer;
mod stft;
mod twin;
mod weights;

pub use activity::{Activity, LayerRecord};
pub use batch::{clip_batch, features, set_input_statistics, word_batch};
pub use declare::declarations;
pub use infer::{Hybrid, Inference, Prepared};
pub use stft::{BLOCKS, BlockCues, ClipBatch, Dimensions, Semantic, Spiking, Stft, block_name};
pub use twin::DenseTwin;
pub use weights::{load, save};
