//! The built-in font: figures need no font of the system, and text can be measured before it is
//! drawn.

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::sync::OnceLock;

/// Family names as in CSS: a viewer of an SVG without DejaVu Sans takes its own sans serif.
const FAMILY: &str = "DejaVu Sans, sans-serif";

/// Height of the font's line over its em: bitmap text is scaled by the one, SVG text by the other.
pub const LINE_PER_EM: f64 = 2384.0 / 2048.0;

/// The font at a size in plotters' sense.
pub fn font(size: f64) -> FontDesc<'static> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        let bytes = include_bytes!("font/DejaVuSans-subset.ttf");
        register_font(FAMILY, FontStyle::Normal, bytes).is_ok()
    });
    FontDesc::new(FontFamily::Name(FAMILY), size, FontStyle::Normal)
}

/// Width of `text` in pixels, at `em` pixels per em.
pub fn width(text: &str, em: f64) -> f64 {
    // plotters rounds widths down to whole pixels: measure large. A font that could not be read
    // fails when it draws.
    const LARGE: f64 = 1000.0;
    let ((left, _), (right, _)) = font(LARGE * LINE_PER_EM).layout_box(text).unwrap_or_default();
    f64::from(right - left) / LARGE * em
}

/// `text`, cut so that it is at most `limit` pixels wide, with an ellipsis where it was cut.
pub fn shorten(text: &str, em: f64, limit: f64) -> String {
    if width(text, em) <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(200).collect();
    while !short.is_empty() && width(&format!("{short}…"), em) > limit {
        short.pop();
    }
    short + "…"
}
