//! The hybrid model: the Spiking Tucker Fusion Transformer, trained and evaluated.
//!
//! # Example
//! ```
//! use spikefuse::data::Dataset;
//! use spikefuse::hybrid::config::{Config, ModelConfig, TrainingConfig};
//! use spikefuse::hybrid::saved::{Saved, TestClips};
//! use spikefuse::hybrid::train::train;
//! use spikefuse::spiking::Driver;
//!
//! let config = Config {
//!     model: ModelConfig { width: 16, time_steps: 4, ..ModelConfig::default() },
//!     training: TrainingConfig {
//!         epochs: 1,
//!         batches_per_epoch: 1,
//!         batch: 16,
//!         ..TrainingConfig::default()
//!     },
//! };
//! let dataset = Dataset::embedded(0);
//! let seed = 1;
//! let trained = train(&config, &dataset, seed, None, &mut ())?;
//!
//! let saved = Saved::new(trained, &config, &dataset, seed);
//! let clips = TestClips::load(&dataset)?;
//! let tested = saved.test(&dataset, &clips, Driver::Event, &[], |_| ())?;
//! assert_eq!(tested.whole.clips, clips.count());
//! println!("harmonic mean of both recalls: {:.3}", tested.whole.accuracy.both.hm);
//! let parity = saved.compare(&clips, |_| ())?;
//! assert!(parity.is_some_and(|parity| parity.holds()), "both drivers give the same bits");
//! # Ok::<(), spikefuse::Error>(())
//! ```

pub mod compare;
pub mod config;
mod dense;
pub mod encoding;
pub mod evaluate;
pub mod fusion;
pub mod gzsl;
pub mod model;
pub mod parameters;
pub mod saved;
mod snn;
pub mod tensor;
pub mod time_step;
pub mod train;
