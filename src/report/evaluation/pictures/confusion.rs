//! Clips by class and prediction.

use crate::plot::WIDTH;
use crate::plot::axes::{BOTTOM, EDGE, NOTE, Panel, TICK, Ticks, margin, upward_label};
use crate::plot::figure::{Anchor, Figure, INK, RunsByKind, WHITE};
use crate::plot::font::width;
use crate::report::evaluation::document::EvaluationReport;
use crate::report::pictures::Picture;
use crate::report::pictures::heat::{scale_bar, shade};

/// Most classes of a map; more have cells that cannot be seen.
const MOST: usize = 250;

/// A map of classes and predictions.
pub fn picture(report: &EvaluationReport) -> Picture {
    let classes = report.confusion.len();
    Picture {
        name: "confusion",
        title: "Confusion matrix",
        caption: "Of the clips of each class (rows) the share that was taken for each class (columns). None: clips without a \
                  decision, or taken for a neuron that stands for no class."
            .into(),
        figure: match classes {
            0 => Err("there are no classes".into()),
            n if n > MOST => Err(format!("there are {n} classes; evaluation.json has the numbers")),
            _ => Ok(draw(&report.confusion)),
        },
    }
}

/// Every so many classes have a tick, so that labels of `size` pixels stand apart.
fn every(cell: f64, size: f64) -> usize {
    [1, 2, 5, 10, 20, 50].into_iter().find(|&n| cell * n as f64 >= size).unwrap_or(100)
}

fn draw(confusion: &[Vec<u64>]) -> Figure {
    const GAP: f64 = 10.0;
    const NONE: &str = "none";
    let classes = confusion.len();
    let none = confusion.iter().any(|row| row.get(classes).is_some_and(|&n| n > 0));
    let shares = |row: &[u64]| {
        let all: f64 = row.iter().map(|&n| n as f64).sum();
        // Of a row that is too long the rest has no column.
        row.iter().take(classes + 1).map(move |&n| if all > 0.0 { n as f64 / all } else { 0.0 }).collect::<Vec<_>>()
    };

    let mut figure = Figure::new();
    let top = 4.0 + scale_bar(&mut figure, "Share of a class (% of its clips)", 1.0);
    let left = margin(width(&(classes - 1).to_string(), TICK), true);
    // The column of those without a decision is as wide as its name.
    let kept = if none { GAP + width(NONE, TICK).max(40.0) } else { 0.0 };
    let cell = ((f64::from(WIDTH) - left - EDGE - kept) / classes as f64).floor().min(90.0);
    let long = cell * classes as f64;
    let aside = width(NONE, TICK).max(40.0).floor();
    let written = cell >= width("100", NOTE) + 4.0;
    let gap = if cell > 12.0 { 1.0 } else { 0.0 };
    let mut runs = RunsByKind::default();
    for (row, counts) in confusion.iter().enumerate() {
        let y = top + cell * row as f64;
        for (column, share) in shares(counts).into_iter().enumerate() {
            let (x, wide) = match column == classes {
                true if none => (left + long + GAP, aside),
                true => continue,
                false => (left + cell * column as f64, cell),
            };
            // A level for each percent, so that cells of one colour are one path.
            let colour = shade((100.0 * share).ceil() / 100.0);
            if !written {
                if share > 0.0 {
                    runs.push(colour, (cell - gap) as u32, (x as u32, y as u32, (wide - gap) as u32));
                }
                continue;
            }
            figure.rect(x, y, wide - gap, cell - gap, colour);
            if share > 0.0 {
                let percent = 100.0 * share;
                let text = if percent < 0.95 { format!("{percent:.1}") } else { format!("{percent:.0}") };
                let ink = if share > 0.72 { WHITE } else { INK };
                let place = (x + wide / 2.0, y + cell / 2.0 + 0.36 * NOTE);
                figure.text(place, NOTE, Anchor::Middle, ink, &text);
            }
        }
    }
    runs.draw(&mut figure);
    let panel = Panel {
        left,
        top,
        width: long,
        height: cell * classes as f64,
        x: (-0.5, classes as f64 - 0.5),
        y: (classes as f64 - 0.5, -0.5),
        log_x: false,
    };
    let ticks = |size: f64| {
        let shown = (0..classes).step_by(every(cell, size));
        Ticks(shown.map(|class| (class as f64, class.to_string())).collect())
    };
    let label = width(&(classes - 1).to_string(), TICK) + 24.0;
    panel.left_axis(&mut figure, &ticks(1.1 * TICK));
    upward_label(&mut figure, top + panel.height / 2.0, panel.height.max(100.0), ["Class", ""]);
    let mut bottom = ticks(label);
    if none {
        // The last label must not run into the name of the column beside.
        let room = panel.right() + GAP - width(NONE, TICK) * 0.1;
        bottom.0.retain(|(class, name)| panel.at_x(*class) + width(name, TICK) / 2.0 <= room);
        let place = (left + long + GAP + aside / 2.0, panel.bottom() + 8.0 + 33.0);
        figure.text(place, TICK, Anchor::Middle, INK, NONE);
    }
    panel.bottom_axis(&mut figure, &bottom, "Prediction");
    figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
    figure
}
