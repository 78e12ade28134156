//! Figures of recordings, as SVG or PNG: [`raster`], [`rate`], [`isi`], [`membrane`] and
//! [`threshold`].
//!
//! They are made for a column of 3.4 inches, the PNG at 300 pixels per inch (1020 pixels wide),
//! with text of 6 to 8 points, colours that colour-blind readers can tell apart, and a white
//! ground. The font, DejaVu Sans, is built in: no font of the system is needed. Characters other
//! than Latin, Greek and some signs show as boxes in a PNG.
//!
//! Where a figure shows less than the recording has, it says so. The numbers that are drawn come
//! as a [`Table`] from the function of the same name with `_data`.
//!
//! ```
//! use spikefuse::plot::{RasterOptions, raster};
//! use spikefuse::recording::SpikeRecording;
//!
//! let recording = SpikeRecording {
//!     dt_ms: 0.1,
//!     ticks: 1000,
//!     populations: vec![("exc".into(), 3)],
//!     spikes: vec![(12, 0, 2), (400, 0, 0)],
//!     ..SpikeRecording::default()
//! };
//! let figure = raster(&recording, &RasterOptions::default())?;
//! assert!(figure.svg()?.contains("Time (ms)"));
//! # Ok::<(), spikefuse::Error>(())
//! ```

// Building blocks of figures, which the pictures of reports use too.
pub(crate) mod axes;
mod data;
pub(crate) mod figure;
mod find;
pub(crate) mod font;
mod isi;
mod key;
mod raster;
mod rate;
mod trace;

#[cfg(test)]
pub(crate) mod tests;

pub use crate::recording::Span;
pub use data::Table;
pub(crate) use figure::WIDTH;
pub use figure::{Figure, Format};
pub use find::{find_trace, threshold_beside};
pub use isi::{IsiBins, IsiOptions, isi, isi_data};
pub use raster::{RasterOptions, raster, raster_data};
pub use rate::{RateOptions, Smoothing, rate, rate_data};
pub use trace::{TraceOptions, membrane, membrane_data, threshold, threshold_data};
