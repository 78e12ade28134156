//! Evaluation of any network on labelled inputs: each is a clip of its own, from the state before
//! the first tick, and clips are shared out among threads.
//!
//! A network that was trained elsewhere step by step has projections without delay
//! ([`crate::network::spec::DelaySpec`]), so a clip of n steps takes n ticks.
//!
//! ```
//! use spikefuse::evaluation::Evaluation;
//! use spikefuse::network::Ms;
//! use spikefuse::network::build::NetworkBuilder;
//! use spikefuse::network::spec::{If, Spikes, ThresholdSpec};
//! use spikefuse::samples::Samples;
//!
//! // Each element drives one neuron: the stronger one fires first and more often.
//! let mut net = NetworkBuilder::new(Ms(1.0));
//! let out = net.population("out", 2, If::default().threshold(ThresholdSpec::fixed_mv(1.0)));
//! let input = net.source("input", 2, Spikes::default());
//! net.connect(input, out).one_to_one().weight(0.5).delay_ms(0.0);
//! let samples = Samples::of_values(vec![2], vec![0.9, 0.2, 0.1, 0.8], vec![0, 1])?;
//! let outcome = Evaluation::new(&net.build()?).steps(20).run(&samples, &|_| {})?;
//! assert_eq!((outcome.accuracy(), outcome.totals.clips), (1.0, 2));
//! # Ok::<(), spikefuse::Error>(())
//! ```

mod clip;
mod options;
mod outcome;
mod run;
mod steps;

pub use options::{Encoding, ReadOut};
pub use outcome::{AfterSteps, ClipOutcome, Outcome};
pub use run::Evaluation;
