//! A picture with its title and caption.

use crate::plot::Figure;

/// A picture of a report, or the reason why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Name of its file, without extension.
    pub name: &'static str,
    /// Title of the picture.
    pub title: &'static str,
    /// Caption: what the picture shows, and how.
    pub caption: String,
    /// The figure, or the reason why the report has none.
    pub figure: std::result::Result<Figure, String>,
}
