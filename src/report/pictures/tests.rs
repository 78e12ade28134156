//! What every picture of a report has to be.

use super::Picture;
use crate::plot::tests::check;

/// Draws every picture that there is, and says which there are not.
pub fn check_all(name: &str, pictures: &[Picture]) -> Vec<&'static str> {
    let mut missing = Vec::new();
    for picture in pictures {
        match &picture.figure {
            Ok(figure) => {
                assert!(!picture.caption.contains("  "), "{}", picture.caption);
                let (svg, png) = check(&format!("{name}-{}", picture.name), figure);
                assert!(svg.len() < 500_000 && png < 2_000_000, "{name} {}: {} {png}", picture.name, svg.len());
                assert!(figure.size_px().1 <= 2700, "{name} {}: {:?}", picture.name, figure.size_px());
            }
            Err(_) => missing.push(picture.name),
        }
    }
    missing
}
