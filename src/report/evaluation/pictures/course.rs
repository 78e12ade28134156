//! When the decision is right.

use crate::plot::WIDTH;
use crate::plot::axes::{
    BOTTOM, DOT, EDGE, Panel, Sample, Ticks, colour, fitting, fitting_log, legend, margin, overhang, overhang_log,
    upward_label,
};
use crate::plot::figure::{Figure, Shape};
use crate::report::evaluation::document::{AtStep, EvaluationReport};
use crate::report::pictures::Picture;

/// Accuracy after each number of steps, and the share of clips that had been right before.
pub fn picture(report: &EvaluationReport) -> Picture {
    Picture {
        name: "accuracy_steps",
        title: "Accuracy over the steps",
        caption: "Right: share of clips whose decision after so many steps is their class; a clip that has ended keeps its last \
                  decision. Right once: share of clips whose decision has been their class at that step or before: how soon the \
                  first right decision comes."
            .into(),
        figure: if report.after_steps.is_empty() {
            Err("no clip has steps".into())
        } else {
            Ok(draw(&report.after_steps))
        },
    }
}

fn draw(after: &[AtStep]) -> Figure {
    const HEIGHT: f64 = 360.0;
    let share = |line: usize, at: &AtStep| if line == 0 { at.accuracy } else { at.right_once };
    let lines = [("right", Shape::Disc), ("right once", Shape::Square)];
    let last = after.last().map_or(1, |at| at.steps);
    // Marks lie denser at the beginning, and so do decisions.
    let log_x = last > 100;
    let x = if log_x { (1.0, f64::from(last)) } else { (0.5, f64::from(last) + 0.5) };
    let ticks = Ticks::vertical(0.0, 100.0, HEIGHT);

    let mut figure = Figure::new();
    let left = margin(ticks.width(), true);
    let wide = f64::from(WIDTH) - left - EDGE;
    let whole = |mut ticks: Ticks| {
        ticks.0.retain(|(step, _)| step.fract() == 0.0 && *step >= 1.0);
        ticks.0.iter_mut().for_each(|(step, label)| *label = step.to_string());
        ticks
    };
    let fit = |wide: f64| if log_x { fitting_log(x, wide) } else { whole(fitting(x, wide)) };
    let over = if log_x { overhang_log(&fit(wide), x, wide) } else { overhang(&fit(wide), x, wide) };
    let wide = (f64::from(WIDTH) - left - over).floor();
    let sample = |n: usize, shape| Sample::Signed(colour(n), shape, 0.7 * DOT);
    let entries: Vec<_> =
        lines.iter().enumerate().map(|(n, (name, shape))| (sample(n, *shape), (*name).to_owned())).collect();
    let top = 4.0 + legend(&mut figure, (left, left + wide), 4.0, &entries) + 18.0;
    let panel = Panel { left, top, width: wide, height: HEIGHT, x, y: (0.0, 100.0), log_x };
    for (n, (_, shape)) in lines.iter().enumerate().rev() {
        let points: Vec<_> =
            after.iter().map(|at| (panel.at_x(f64::from(at.steps)), panel.at_y(100.0 * share(n, at)))).collect();
        figure.line(points.clone(), 3.0, colour(n));
        figure.dots(*shape, if after.len() > 20 { 0.5 * DOT } else { 0.7 * DOT }, colour(n), points);
    }
    panel.left_axis(&mut figure, &ticks);
    upward_label(&mut figure, top + HEIGHT / 2.0, HEIGHT, ["Share of clips (%)", "Clips (%)"]);
    panel.bottom_axis(&mut figure, &fit(wide), "Steps");
    figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
    figure
}
