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

/// `text`, at most `limit` pixels wide, with an ellipsis where its middle was cut out: names that
/// belong together often differ at their ends.
pub fn shorten(text: &str, em: f64, limit: f64) -> String {
    if width(text, em) <= limit {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let cut = |kept: usize| -> String {
        let head = letters[..kept.div_ceil(2)].iter();
        head.chain(&['…']).chain(&letters[letters.len() - kept / 2..]).collect()
    };
    let most = letters.len().saturating_sub(1).min(200);
    (0..=most).rev().map(cut).find(|short| width(short, em) <= limit).unwrap_or_else(|| cut(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shorten("exc", 29.0, 100.0), "exc");
        let short = shorten("population of layer 5, subtype 12", 29.0, 200.0);
        assert!(short.starts_with("popu") && short.contains('…') && short.ends_with("12"), "{short}");
        assert!(width(&short, 29.0) <= 200.0);
        assert_eq!(shorten("exc", 29.0, 1.0), "…");
        assert_eq!(shorten("", 29.0, 0.0), "");
        assert!(shorten(&"ö".repeat(5000), 29.0, 300.0).starts_with("öö"));
    }
}
