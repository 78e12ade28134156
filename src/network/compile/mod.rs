//! From what a network file says to a [`crate::network::Network`] that can be run: counted in
//! ticks, files read, everything checked.
//!
//! # Example
//! ```
//! use spikefuse::network::compile::{NetworkFile, Settings};
//! use std::path::Path;
//!
//! let text = r#"(
//!     format: 1, dt_ms: 0.1, duration_ms: 100,
//!     populations: [(name: "cells", size: 2, neuron: Lif(tau_m_ms: 10))],
//!     sources: [(name: "beat", size: 1, emits: Regular(period_ms: 5))],
//!     projections: [(from: "beat", to: "cells", rule: AllToAll(), weight: Constant(30))],
//! )"#;
//! let compile = |text: &str| {
//!     NetworkFile::parse(Path::new("net.ron"), text.into())?.compile(&Settings::default())
//! };
//! assert_eq!(compile(text)?.simulate().run()?.spikes("cells")?.rate_hz(), 200.0);
//! let error = compile(&text.replace("size: 2", "size: 0")).unwrap_err();
//! assert!(error.to_string().starts_with("net.ron:3:"));
//! # Ok::<(), spikefuse::Error>(())
//! ```

mod compiler;
mod file;
mod fixed_point;
mod layers;
mod population;
mod projection;
mod record;
mod settings;
mod source;
mod text;

pub use compiler::Contents;
pub use file::{Compiled, NetworkFile, compile};
pub use record::Record;
pub use settings::Settings;
pub use source::DEFAULT_STRIDE;
pub use text::TextFault;
pub(super) use text::{one_line, options};
