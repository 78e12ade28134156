//! Spikes of all neurons over time, and how often they fire.

use super::axes::{
    BOTTOM, COLOURS, EDGE, NOTE, Panel, ROW, TICK, Ticks, TimeAxis, colour, margin, overhang, short_ms, upward_label,
};
use super::data::Table;
use super::figure::{Anchor, Colour, Figure, GREY, INK, RunsByKind, WIDTH};
use super::font::{shorten, width};
use super::key::notes;
use super::rate::{Rates, binned, default_width_ms, draw_steps};
use crate::base::text::grouped;
use crate::error::Result;
use crate::recording::{Chosen, Span, SpikeRecording};
use std::collections::BTreeMap;

/// Heights: of the raster at most, of a neuron, and of a population whose label is to fit.
const TALL: u32 = 480;
const ROW_OF_ONE: u32 = 36;
const LEAST_BAND: u32 = 36;
const MOST: u32 = 1000;
/// Most populations: more than the raster has pixels cannot be seen.
const MOST_BANDS: usize = 1000;
/// Gap between two populations.
const GAP: u32 = 4;
/// Height of the rates.
const RATES: f64 = 170.0;
/// Part of the raster's pixels with spikes above which dots would run into one another, and are
/// replaced by shades.
const DENSE: f64 = 0.3;
const SHADES: u32 = 6;

/// Options of a raster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RasterOptions {
    /// The part of the recording to draw.
    pub span: Span,
    /// Names of the populations to draw, with or without neurons (`exc`, `exc[0..10]`); all if
    /// empty.
    pub populations: Vec<String>,
    /// Width of the rates' bins in ms, rounded to whole ticks; if not given, about a hundredth of
    /// the span, but 2 ms at least, or a fifth of a span shorter than 10 ms, and never below a
    /// tick.
    pub bin_ms: Option<f64>,
}

/// The rows of a population.
struct Band<'a> {
    name: &'a str,
    size: u32,
    top: u32,
    height: u32,
    colour: Colour,
}

impl Band<'_> {
    fn row_height(&self) -> f64 {
        f64::from(self.height) / f64::from(self.size)
    }

    /// Whether neurons have rows that can be told apart.
    fn tall_rows(&self) -> bool {
        self.row_height() >= 4.0
    }

    /// The middle of a neuron's row, in pixels from the top of the raster.
    fn y(&self, neuron: u32) -> u32 {
        self.top + ((f64::from(neuron) + 0.5) * self.row_height()) as u32
    }

    /// Top of a mark of the given height about `y`, inside the band.
    fn mark_top(&self, y: u32, mark: u32) -> u32 {
        y.saturating_sub(mark / 2).clamp(self.top, self.top + self.height.saturating_sub(mark))
    }
}

/// Draws the spikes, one row per neuron, populations from top to bottom in the recording's order
/// and neurons likewise, with their rate in Hz per neuron below. A neuron without spikes keeps its
/// row. Rows of a population are of one height; a population that would be lower than its label is
/// drawn as high as that. More than seven populations have one rate together; more than 1000 are
/// refused.
///
/// A pixel has at most one mark. Where marks are fewer than spikes the figure says how many there
/// are; where they would cover more than 30 % of the raster, it shows the number of spikes per cell
/// of 2 x 2 pixels as shades and says so; the full colour is what one cell in a hundred of the
/// population's reaches. The figure is 1020 pixels wide and at most 1360 high; a PNG is below 1 MB
/// and an SVG below 2 MB, however many spikes there are.
///
/// # Errors
/// If the recording is empty or contradicts itself, or an option is not possible for it.
pub fn raster(recording: &SpikeRecording, options: &RasterOptions) -> Result<Figure> {
    let chosen = Chosen::new(recording, options.span, &options.populations, MOST_BANDS)?;
    let (rates, together) = rates(&chosen, options)?;
    let (bands, high) = bands(&chosen.populations);

    let most = rates.values.iter().flatten().fold(0.0, |a: f64, b| a.max(*b));
    let top_rate = if most > 0.0 { most * 1.08 } else { 1.0 };
    let rate_ticks = Ticks::vertical(0.0, top_rate, RATES);
    let names: Vec<String> = bands.iter().map(|band| shorten(band.name, TICK, 260.0)).collect();
    let sizes: Vec<String> = bands.iter().map(|band| format!("n = {}", grouped(band.size.into()))).collect();
    let labelled = names.iter().map(|name| width(name, TICK)).chain(sizes.iter().map(|size| width(size, NOTE)));
    let left = margin(labelled.fold(rate_ticks.width(), f64::max), true);
    let wide = f64::from(WIDTH) - left - EDGE;
    let time = TimeAxis::new(&chosen.window, wide);
    let wide = (f64::from(WIDTH) - left - overhang(&time.ticks, time.range, wide)).floor();

    let mut figure = Figure::new();
    let labels = labels(&bands);
    let rows = if chosen.not_recorded.is_empty() { 1.0 } else { 2.0 };
    let top = (rows * ROW + 4.0) as u32;
    let marks = draw_spikes(&mut figure, &chosen, &bands, (left as u32, top), (wide as u32, high));
    let (ends, lowest) = ((left, left + wide), f64::from(top) - 12.0);
    notes(&mut figure, ends, lowest - ROW, "", &chosen.not_recorded);
    notes(&mut figure, ends, lowest, &marks, &[]);
    for band in &bands {
        figure.rect(left - 8.0, f64::from(top + band.top), 6.0, f64::from(band.height), band.colour);
    }
    let below = f64::from(top + high) + ROW;
    if labels.len() < bands.len() {
        let text = format!("{} of {} populations named", labels.len(), bands.len());
        figure.text((EDGE, below), NOTE, Anchor::Start, GREY, &text);
    }
    for (n, name_y, size_y) in labels {
        let at = |y: f64| (left - 17.0, f64::from(top) + y);
        figure.text(at(name_y), TICK, Anchor::End, INK, &names[n]);
        if let Some(y) = size_y {
            figure.text(at(y), NOTE, Anchor::End, GREY, &sizes[n]);
        }
    }
    upward_label(&mut figure, f64::from(top) + f64::from(high) / 2.0, f64::from(high), ["Neuron", ""]);

    let panel =
        Panel { left, top: below + 8.0, width: wide, height: RATES, x: time.range, y: (0.0, top_rate), log_x: false };
    let of = if together { "all neurons, per neuron" } else { "per neuron" };
    let note = format!("{of}, {} ms bins", short_ms(rates.bin_ms));
    figure.text((panel.right(), panel.top - 8.0), NOTE, Anchor::End, GREY, &note);
    draw_rates(&mut figure, &panel, &time, &rates, if together { GREY } else { colour(0) });
    panel.left_axis(&mut figure, &rate_ticks);
    panel.bottom_axis(&mut figure, &time.ticks, time.label);
    upward_label(&mut figure, panel.top + panel.height / 2.0, panel.height + 40.0, ["Rate (Hz)", ""]);
    figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
    Ok(figure)
}

/// Which populations are named, and where the name and, in high bands, the size stand below the top
/// of the raster. Where there are more populations than labels have room, those are named that fit.
fn labels(bands: &[Band<'_>]) -> Vec<(usize, f64, Option<f64>)> {
    let mut labels = Vec::new();
    let mut last = f64::NEG_INFINITY;
    for (n, band) in bands.iter().enumerate() {
        let high = f64::from(band.height);
        let middle = f64::from(band.top) + high / 2.0;
        let (name, size) = match high >= 70.0 {
            true => (middle - 5.0, Some(middle + 25.0)),
            false => (middle + 0.36 * TICK, None),
        };
        if name - last >= TICK {
            labels.push((n, name, size));
            last = size.unwrap_or(name);
        }
    }
    labels
}

/// The rates below the spikes, and whether they are one of all populations together: lines of one
/// colour cannot be told apart.
fn rates(chosen: &Chosen<'_>, options: &RasterOptions) -> Result<(Rates, bool)> {
    let bin_ms = options.bin_ms.unwrap_or_else(|| default_width_ms(&chosen.window));
    let rates = binned(chosen, chosen.window.bin("bin", bin_ms)?)?;
    let together = rates.values.len() > COLOURS;
    Ok((if together { rates.together(&chosen.populations) } else { rates }, together))
}

/// The numbers that [`raster`] draws: a row for each spike, then one for each bin of the rates, in
/// Hz per neuron. Where the figure has one rate of all populations, so has the table, without a
/// name.
///
/// # Errors
/// As of [`raster`].
pub fn raster_data<'a>(recording: &'a SpikeRecording, options: &RasterOptions) -> Result<Table<'a>> {
    let chosen = Chosen::new(recording, options.span, &options.populations, MOST_BANDS)?;
    let (rates, together) = rates(&chosen, options)?;
    let names: Vec<String> = chosen.populations.iter().map(|(name, _)| name.clone()).collect();
    let of = if together { vec![String::new()] } else { names.clone() };
    let rates = rates.rows(of).map(|[name, from, to, rate]| vec!["rate".into(), name, String::new(), from, to, rate]);
    let dt_ms = chosen.window.dt_ms;
    let spikes = recording.spikes.iter().filter_map(move |&(tick, population, neuron)| {
        let (place, _) = chosen.place(population, neuron).filter(|_| chosen.window.contains(tick))?;
        let (name, ms) = (names[place].clone(), f64::from(tick) * dt_ms);
        Some(vec!["spike".into(), name, neuron.to_string(), ms.to_string(), String::new(), String::new()])
    });
    Ok(Table::new(&["what", "population", "neuron", "from_ms", "to_ms", "rate_hz"], spikes.chain(rates)))
}

/// The populations' rows, and the height of all.
fn bands(populations: &[(String, u32)]) -> (Vec<Band<'_>>, u32) {
    let neurons: u64 = populations.iter().map(|(_, size)| u64::from(*size)).sum();
    let count = populations.len() as u32;
    // Rows of a few neurons need no more than their marks; labels of many populations need more.
    let labels = count.saturating_mul(LEAST_BAND + GAP).min(MOST);
    let high = neurons.saturating_mul(u64::from(ROW_OF_ONE)).min(u64::from(TALL)) as u32;
    let high = high.max(labels).max(2 * ROW_OF_ONE);
    let gap = if count * (GAP + 1) <= high { GAP } else { 0 };
    let room = f64::from(high - gap * (count - 1).min(high));
    let least = f64::from(LEAST_BAND).min(room / f64::from(count));

    // Small populations get the least height, the others share the rest by size; which are small
    // depends on the share.
    let mut small = vec![false; populations.len()];
    let share = loop {
        let fixed = small.iter().filter(|s| **s).count() as f64 * least;
        let rest: f64 =
            populations.iter().zip(&small).filter(|(_, s)| !**s).map(|((_, size), _)| f64::from(*size)).sum();
        let share = (room - fixed) / rest.max(1.0);
        let before = small.clone();
        for ((_, size), small) in populations.iter().zip(&mut small) {
            *small |= f64::from(*size) * share < least;
        }
        if small == before {
            break share;
        }
    };
    let mut bands = Vec::new();
    let mut top = 0.0;
    for (n, ((name, size), small)) in populations.iter().zip(&small).enumerate() {
        let height = if *small { least } else { f64::from(*size) * share };
        let (first, end) = (top as u32, (top + height) as u32);
        bands.push(Band { name, size: *size, top: first, height: (end - first).max(1), colour: colour(n) });
        top += height + f64::from(gap);
    }
    (bands, high)
}

/// Draws the spikes into a raster of `size` at `corner`, and returns what the figure has to say
/// about the marks.
fn draw_spikes(
    figure: &mut Figure,
    chosen: &Chosen<'_>,
    bands: &[Band<'_>],
    corner: (u32, u32),
    (wide, high): (u32, u32),
) -> String {
    // Bands of one pixel may stand below the raster's end by rounding.
    let high = bands.iter().map(|band| band.top + band.height).fold(high, u32::max);
    let mut counts = vec![0_u32; wide as usize * high as usize];
    let ticks = u64::from(chosen.window.ticks());
    let mut spikes = 0;
    for (tick, population, neuron) in chosen.spikes() {
        let x = u64::from(tick - chosen.window.from) * u64::from(wide) / ticks;
        let y = bands[population].y(neuron).min(high - 1);
        counts[y as usize * wide as usize + x as usize] += 1;
        spikes += 1;
    }
    let marks = counts.iter().filter(|count| **count > 0).count() as u64;
    let covered = |band: &Band<'_>, mark: u32| {
        let rows = counts[band.top as usize * wide as usize..][..band.height as usize * wide as usize].iter();
        rows.filter(|count| **count > 0).count() as f64 * f64::from(mark)
    };
    let height_of = |band: &Band<'_>, mark: u32| {
        if band.tall_rows() { ((band.row_height() * 0.7) as u32).clamp(3, 24) } else { mark.min(band.height) }
    };
    let all: f64 = bands.iter().map(|band| covered(band, height_of(band, 1))).sum();
    let area = f64::from(wide) * f64::from(high);
    let mut runs = RunsByKind::default();
    let note = if all > DENSE * area {
        draw_shades(&mut runs, bands, &counts, corner, wide, height_of);
        format!("{} spikes, shaded by number per cell", grouped(spikes))
    } else {
        // The largest mark with which the raster stays open.
        let side = (1..=4).rev().find(|side| f64::from(side * side) * marks as f64 <= DENSE * area).unwrap_or(1);
        for band in bands {
            let (mark, side) = (
                height_of(band, side),
                if !band.tall_rows() {
                    side
                } else if marks < 300 {
                    3
                } else {
                    2
                },
            );
            for y in band.top..band.top + band.height {
                let row = &counts[y as usize * wide as usize..][..wide as usize];
                let top = corner.1 + band.mark_top(y, mark);
                for (start, end) in merged(row, side) {
                    runs.push(band.colour, mark, (corner.0 + start, top, end - start));
                }
            }
        }
        if marks == spikes {
            format!("{} spikes", grouped(spikes))
        } else {
            format!("{} spikes in {} marks (one per pixel)", grouped(spikes), grouped(marks))
        }
    };
    runs.draw(figure);
    note
}

/// Where marks of width `side` stand in a row, those that touch as one.
fn merged(row: &[u32], side: u32) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    let wide = row.len() as u32;
    for (x, _) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
        let start = (x as u32).min(wide.saturating_sub(side));
        match runs.last_mut() {
            Some(last) if last.1 >= start => last.1 = start + side,
            _ => runs.push((start, start + side)),
        }
    }
    runs
}

/// Draws the number of spikes per cell as shades.
fn draw_shades(
    runs: &mut RunsByKind,
    bands: &[Band<'_>],
    counts: &[u32],
    corner: (u32, u32),
    wide: u32,
    height_of: impl Fn(&Band<'_>, u32) -> u32,
) {
    const CELL: u32 = 2;
    // For each row of cells: band, top, height, counts.
    let mut rows: Vec<(&Band<'_>, u32, u32, Vec<u32>)> = Vec::new();
    for band in bands {
        let end = band.top + band.height;
        let lines: Vec<(u32, u32)> = if band.tall_rows() {
            (0..band.size).map(|neuron| (band.y(neuron), 1)).collect()
        } else {
            (band.top..end).step_by(CELL as usize).map(|y| (y, CELL.min(end - y))).collect()
        };
        for (y, high) in lines {
            let mut cells = vec![0; wide.div_ceil(CELL) as usize];
            for line in y..y + high {
                let row = &counts[line as usize * wide as usize..][..wide as usize];
                for (x, count) in row.iter().enumerate() {
                    cells[x / CELL as usize] += count;
                }
            }
            if band.tall_rows() {
                rows.push((band, band.mark_top(y, height_of(band, 1)), height_of(band, 1), cells))
            } else {
                rows.push((band, y, high, cells))
            }
        }
    }
    // One cell with far more than the others must not make them pale, nor a large population a
    // small one.
    let full_of = |band: &Band<'_>| {
        let cells = rows.iter().filter(|row| row.0.top == band.top).flat_map(|row| &row.3);
        let mut sorted: Vec<u32> = cells.copied().filter(|count| *count > 0).collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() * 99 / 100).copied().unwrap_or(1)
    };
    let full: BTreeMap<u32, u32> = bands.iter().map(|band| (band.top, full_of(band))).collect();
    for (band, top, high, cells) in rows {
        let full = full[&band.top];
        let shade = |count: u32| (u64::from(count.min(full)) * u64::from(SHADES)).div_ceil(u64::from(full)) as u32;
        let mut x = 0;
        while x < cells.len() {
            let level = shade(cells[x]);
            let same = cells[x..].iter().take_while(|count| shade(**count) == level).count();
            if level > 0 {
                let start = x as u32 * CELL;
                let long = (same as u32 * CELL).min(wide - start);
                let part = f64::from(level) / f64::from(SHADES);
                let mixed = band.colour.map(|c| (255.0 - (255.0 - f64::from(c)) * (0.08 + 0.92 * part)) as u8);
                runs.push(mixed, high, (corner.0 + start, corner.1 + top, long));
            }
            x += same;
        }
    }
}

/// One population's rates as filled bars, those of several as lines.
fn draw_rates(figure: &mut Figure, panel: &Panel, time: &TimeAxis, rates: &Rates, bars: Colour) {
    if rates.values.len() > 1 {
        return draw_steps(figure, panel, time, rates);
    }
    // Bins narrower than a pixel share one: the highest is seen.
    let mut columns = vec![0.0_f64; panel.width as usize];
    for (value, (start, end)) in rates.values[0].iter().zip(rates.edges_ms.windows(2).map(|e| (e[0], e[1]))) {
        let first = (panel.at_x(start / time.unit_ms) - panel.left).round() as usize;
        let end = (panel.at_x(end / time.unit_ms) - panel.left).round() as usize;
        let last = end.max(first + 1).min(columns.len());
        for column in &mut columns[first.min(last)..last] {
            *column = column.max(*value);
        }
    }
    let mut x = 0;
    while x < columns.len() {
        let same = columns[x..].iter().take_while(|value| **value == columns[x]).count();
        let y = panel.at_y(columns[x]);
        if columns[x] > 0.0 {
            figure.rect(panel.left + x as f64, y, same as f64, panel.bottom() - y, bars);
        }
        x += same;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_proportional_but_never_lower_than_a_label() {
        let sized = |populations: &[(&str, u32)]| -> Vec<(String, u32)> {
            populations.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect()
        };
        let populations = sized(&[("e", 8000), ("i", 2000)]);
        let (two, high) = bands(&populations);
        assert_eq!(high, TALL);
        assert_eq!(two[0].height + two[1].height + GAP, TALL);
        assert!((f64::from(two[0].height) / f64::from(two[1].height) - 4.0).abs() < 0.1);
        let populations = sized(&[("e", 100_000), ("i", 3)]);
        let (uneven, _) = bands(&populations);
        assert_eq!(uneven[1].height, LEAST_BAND);
        let populations = sized(&[("n", 1)]);
        let (one, high) = bands(&populations);
        assert_eq!((one[0].height, high), (2 * ROW_OF_ONE, 2 * ROW_OF_ONE));
        let populations = sized(&vec![("p", u32::MAX); 5000]);
        let (many, high) = bands(&populations);
        assert!(high <= MOST && many.iter().all(|band| band.height >= 1));
    }

    #[test]
    fn marks_that_touch_are_one() {
        assert_eq!(merged(&[1, 0, 0, 1, 1, 0, 0, 0, 0, 2], 2), [(0, 2), (3, 6), (8, 10)]);
        assert_eq!(merged(&[0, 0], 4), []);
    }
}
