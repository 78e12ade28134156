//! A picture with its title and caption.

use crate::plot::Figure;

/// A picture of a report, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Name of its file, without extension.
    pub name: &'static str,
    /// Title.
    pub title: &'static str,
    /// What it shows, and how.
    pub caption: String,
    /// The figure, or why the report has none.
    pub figure: std::result::Result<Figure, String>,
}
