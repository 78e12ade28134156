//! From what a network file says to a [`crate::network::Network`] that can be run: counted in
//! ticks, files read, everything checked.

mod compiler;
mod file;
mod layers;
mod population;
mod projection;
mod record;
mod settings;
mod source;
mod text;

pub use file::{Compiled, NetworkFile, compile};
pub use record::Record;
pub use settings::Settings;
pub use source::DEFAULT_STRIDE;
pub use text::TextFault;
pub(super) use text::{one_line, options};
