//! Rows of names with signs on an axis.

use super::parts::{FAINT, Names, log_range};
use crate::base::text::grouped;
use crate::plot::WIDTH;
use crate::plot::axes::{
    BOTTOM, EDGE, NOTE, Panel, ROW, Sample, TICK, Ticks, fitting, fitting_log, legend, overhang, overhang_log, ring,
};
use crate::plot::figure::{Anchor, Figure, GREY, INK, WHITE};

/// Largest height of all rows together.
const HIGHEST: f64 = 2300.0;
const ROW_HEIGHT: f64 = 35.0;

/// A row, and its value in each series; none where it has none.
pub struct Row {
    pub name: String,
    pub values: Vec<Option<f64>>,
}

/// The values of one sign.
pub struct Series {
    pub name: &'static str,
    /// A ring or a sign.
    pub sample: Sample,
    /// Half of a sign's width.
    pub half: f64,
}

/// The axis of rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Logarithmic. The rows with the highest values are shown if there is no room for all.
    Log,
    /// From 0 to 100. The rows with the lowest values are shown.
    Percent,
}

/// A picture of rows.
pub struct Rows {
    pub scale: Scale,
    /// Label of the axis.
    pub label: &'static str,
    /// What rows are, and what those have that are shown if there is no room for all.
    pub noun: (&'static str, &'static str),
    /// In the order of the legend. Rings lie below all other signs.
    pub series: Vec<Series>,
    pub rows: Vec<Row>,
}

impl Rows {
    /// As many rows as there is room for, in their order.
    fn chosen(&self, names: &Names) -> Vec<usize> {
        let key = |&row: &usize| {
            let highest = self.rows[row].values.iter().flatten().copied().fold(0.0, f64::max);
            if self.scale == Scale::Log { -highest } else { highest }
        };
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by(|a, b| key(a).total_cmp(&key(b)));
        let mut height = 0.0;
        order.retain(|&row| {
            height += names.height(row, ROW_HEIGHT);
            height <= HIGHEST
        });
        order.sort_unstable();
        order
    }

    /// Draws them.
    pub fn draw(&self) -> Figure {
        let all = self.rows.len();
        let shown = self.chosen(&Names::new(self.rows.iter().map(|row| &row.name[..])));
        let rows: Vec<&Row> = shown.into_iter().map(|row| &self.rows[row]).collect();
        let values = rows.iter().flat_map(|row| row.values.iter().flatten().copied());
        let log_x = self.scale == Scale::Log;
        let x = if log_x { log_range(values).unwrap_or((1.0, 10.0)) } else { (0.0, 100.0) };

        let mut figure = Figure::new();
        let names = Names::new(rows.iter().map(|row| &row.name[..]));
        let wide = f64::from(WIDTH) - names.width - EDGE;
        let over =
            if log_x { overhang_log(&fitting_log(x, wide), x, wide) } else { overhang(&fitting(x, wide), x, wide) };
        let wide = (f64::from(WIDTH) - names.width - over).floor();
        let entries: Vec<_> = self.series.iter().map(|series| (series.sample, series.name.to_owned())).collect();
        let mut top = 4.0 + legend(&mut figure, (EDGE, f64::from(WIDTH) - EDGE), 4.0, &entries) + 10.0;
        if rows.len() < all {
            let (noun, having) = self.noun;
            let text = format!("the {} of {} {noun} with {having}", rows.len(), grouped(all as u64));
            figure.text((f64::from(WIDTH) - EDGE, top + 24.0), NOTE, Anchor::End, GREY, &text);
            top += ROW;
        }
        let heights: Vec<f64> = (0..rows.len()).map(|row| names.height(row, ROW_HEIGHT)).collect();
        let height = heights.iter().sum::<f64>() + 10.0;
        let panel = Panel { left: names.width, top, width: wide, height, x, y: (0.0, 1.0), log_x };
        let mut places = vec![Vec::new(); self.series.len()];
        let mut y = top + 5.0;
        for (row, values) in rows.iter().map(|row| &row.values).enumerate() {
            let middle = (y + heights[row] / 2.0).round();
            y += heights[row];
            names.draw(&mut figure, row, middle);
            figure.rect(panel.left, middle - 1.0, panel.width, 2.0, FAINT);
            if log_x && values.contains(&Some(0.0)) {
                zero(&mut figure, &panel, middle);
            }
            for (places, value) in places.iter_mut().zip(values) {
                places.extend(value.filter(|value| *value > 0.0 || !log_x).map(|value| (panel.at_x(value), middle)));
            }
        }
        let (rings, signs): (Vec<_>, Vec<_>) =
            self.series.iter().zip(places).partition(|(series, _)| matches!(series.sample, Sample::Ring(_)));
        for (series, places) in rings.into_iter().chain(signs) {
            match series.sample {
                Sample::Ring(colour) => ring(&mut figure, colour, places),
                Sample::Dot(shape, colour) => figure.dots(shape, series.half, colour, places),
                _ => {}
            }
        }
        axis(&mut figure, &panel, self.label);
        figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
        figure
    }
}

/// A zero, which has no place on a logarithmic axis, at the left end of the axis.
pub fn zero(figure: &mut Figure, panel: &Panel, middle: f64) {
    figure.rect(panel.left + 4.0, middle - 2.0, 30.0, 4.0, WHITE);
    figure.text((panel.left + 10.0, middle + 0.36 * TICK), TICK, Anchor::Start, INK, "0");
}

/// The axes of a panel of rows: a bare line at the left, an axis at the bottom.
pub fn axis(figure: &mut Figure, panel: &Panel, label: &str) {
    panel.left_axis(figure, &Ticks(Vec::new()));
    let ticks = if panel.log_x { fitting_log(panel.x, panel.width) } else { fitting(panel.x, panel.width) };
    panel.bottom_axis(figure, &ticks, label);
}
