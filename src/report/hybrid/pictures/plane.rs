//! Embeddings of clips and classes in the plane.

use crate::base::text::grouped;
use crate::plot::WIDTH;
use crate::plot::axes::{
    BOTTOM, EDGE, NOTE, Panel, ROW, Sample, Ticks, colour, fitting, legend, margin, overhang, upward_label,
};
use crate::plot::figure::{Anchor, Colour, Figure, GREY, INK, Shape, WHITE};
use crate::report::hybrid::document::Report;
use crate::report::hybrid::projection::Plane;
use crate::report::pictures::Picture;

/// Colours of clips of seen and of unseen classes, lighter than those of the classes.
const CLIPS: [Colour; 2] = [[0x74, 0xB3, 0xD8], [0xEE, 0x9F, 0x69]];
const CLIP: f64 = 4.5;
const CLASS: f64 = 10.0;

/// Clips as small signs, classes as large ones.
pub fn picture(report: &Report) -> Picture {
    let figure = match &report.projection {
        Some(projection) if !projection.points.is_empty() => Ok(draw(projection)),
        _ => Err("there are fewer than three test clips or dimensions".to_owned()),
    };
    let method = report.projection.as_ref().map_or("", |p| p.method.as_str());
    Picture {
        name: "embeddings",
        title: "Embeddings of clips and classes",
        caption: format!(
            "The plane: {method}. Small signs are clips, large ones the embeddings of the classes' word vectors; discs are classes that \
             were trained, triangles classes that were not. Percentages are shares of the variance of the clips."
        ),
        figure,
    }
}

fn draw(projection: &Plane) -> Figure {
    const SHAPES: [Shape; 2] = [Shape::Disc, Shape::Triangle];
    // 0 for seen, 1 for unseen.
    let kind = |class: usize| usize::from(!projection.seen.get(class).copied().unwrap_or(true));
    let all = || projection.points.iter().map(|p| p.at).chain(projection.class_points.iter().copied());
    let ends: [(f64, f64); 2] = std::array::from_fn(|i| {
        let (lo, hi) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), at| (lo.min(at[i]), hi.max(at[i])));
        let pad = ((hi - lo) * 0.04).max(1e-6);
        (lo - pad, hi + pad)
    });

    let mut figure = Figure::new();
    // Both axes have one scale, as clips are classified by distances.
    let spans = ends.map(|(lo, hi)| hi - lo);
    let shape = (spans[1] / spans[0]).clamp(0.45, 1.1);
    let rough = (f64::from(WIDTH) - 140.0) * shape;
    let left = margin(Ticks::vertical(ends[1].0, ends[1].1, rough).width(), true);
    let wide = f64::from(WIDTH) - left - EDGE;
    let wide = (f64::from(WIDTH) - left - overhang(&fitting(ends[0], wide), ends[0], wide)).floor();
    let high = (wide * shape).round();
    let per_pixel = (spans[0] / wide).max(spans[1] / high);
    let widened = |(lo, hi): (f64, f64), pixels: f64| {
        let more = (per_pixel * pixels - (hi - lo)).max(0.0) / 2.0;
        (lo - more, hi + more)
    };
    let (x, y) = (widened(ends[0], wide), widened(ends[1], high));

    let entries = [
        (Sample::Dot(Shape::Disc, colour(0)), "seen class".to_owned()),
        (Sample::Dot(Shape::Disc, CLIPS[0]), "its clips".to_owned()),
        (Sample::Dot(Shape::Triangle, colour(1)), "unseen class".to_owned()),
        (Sample::Dot(Shape::Triangle, CLIPS[1]), "its clips".to_owned()),
    ];
    let top = 4.0 + legend(&mut figure, (EDGE, f64::from(WIDTH) - EDGE), 4.0, &entries) + ROW;
    let unseen = (0..projection.classes.len()).filter(|&class| kind(class) == 1).count();
    let (shown, clips) = (projection.points.len(), projection.clips);
    let of = if shown < clips {
        format!("{} of {}", grouped(shown as u64), grouped(clips as u64))
    } else {
        grouped(shown as u64)
    };
    let text = format!("{of} clips; classes: {} seen, {unseen} unseen", projection.classes.len() - unseen);
    figure.text((left + wide, top - 9.0), NOTE, Anchor::End, GREY, &text);
    let panel = Panel { left, top, width: wide, height: high, x, y, log_x: false };
    let place = |at: [f64; 2]| (panel.at_x(at[0]), panel.at_y(at[1]));
    for of in [0, 1] {
        let clips = projection.points.iter().filter(|p| kind(p.class) == of).map(|p| place(p.at));
        figure.dots(SHAPES[of], CLIP, CLIPS[of], clips.collect());
    }
    for of in [0, 1] {
        let classes = projection.class_points.iter().enumerate().filter(|(class, _)| kind(*class) == of);
        let classes: Vec<_> = classes.map(|(_, at)| place(*at)).collect();
        figure.dots(SHAPES[of], CLASS + 5.0, WHITE, classes.clone());
        figure.dots(SHAPES[of], CLASS + 3.0, INK, classes.clone());
        figure.dots(SHAPES[of], CLASS, colour(of), classes);
    }
    panel.left_axis(&mut figure, &Ticks::vertical(y.0, y.1, high * 0.7));
    let label = |i: usize| format!("Component {} ({:.1} % of variance)", i + 1, 100.0 * projection.explained[i]);
    panel.bottom_axis(&mut figure, &fitting(x, wide), &label(0));
    let short = format!("Component 2 ({:.0} %)", 100.0 * projection.explained[1]);
    upward_label(&mut figure, top + high / 2.0, high, [&label(1), &short]);
    figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
    figure
}
