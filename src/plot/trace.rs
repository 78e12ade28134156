//! Membrane potentials and thresholds of single neurons over time.

use super::axes::{
    BOTTOM, COLOURS, EDGE, NOTE, Panel, ROW, Sample, TICK, Ticks, TimeAxis, colour, dashes, envelope, legend, margin,
    overhang, padded, upward_label,
};
use super::data::Table;
use super::figure::{Anchor, Figure, GREY, INK, WIDTH};
use super::font::{shorten, width};
use crate::base::text::{grouped, some};
use crate::error::{Error, Result};
use crate::recording::{MOST_NAMES, Span, SpikeRecording, Trace, Variable, Window};
use crate::spiking::Tick;

/// Most panels in a figure.
const MOST_PANELS: usize = 6;
/// Height of the spikes above a membrane.
const SPIKES: f64 = 26.0;

/// Options of figures of traces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraceOptions {
    /// The part of the recording to draw.
    pub span: Span,
    /// Ids of the neurons to draw; the first recorded ones if empty.
    pub neurons: Vec<u32>,
}

/// What a variable is called in figures and messages.
pub(super) fn noun(variable: Variable) -> &'static str {
    match variable {
        Variable::Membrane => "membrane potential",
        Variable::Threshold => "threshold",
        Variable::Current => "current",
    }
}

/// A trace that was checked, and the part of it to draw.
struct Part<'a> {
    trace: &'a Trace,
    window: Window,
}

impl<'a> Part<'a> {
    fn new(trace: &'a Trace, variable: Variable, span: Span) -> Result<Part<'a>> {
        if trace.variable != variable {
            return Err(Error::value(
                "trace",
                format!("a {} is needed, this is a {}", noun(variable), noun(trace.variable)),
            ));
        }
        let columns = trace.neurons.len();
        if columns == 0 {
            return Err(Error::value("trace", "it has no neurons: there is nothing to draw"));
        }
        let rows = trace.values.len() / columns;
        if rows * columns != trace.values.len() {
            let (what, expected) = (format!("trace of {}", trace.population), vec![rows, columns]);
            return Err(Error::Shape { what, expected, found: vec![trace.values.len()] });
        }
        if let Some(at) = trace.values.iter().position(|value| !value.is_finite()) {
            let tick = u64::from(trace.first_tick) + (at / columns) as u64;
            let problem =
                format!("it is {} at tick {tick} of neuron {}", trace.values[at], trace.neurons[at % columns]);
            return Err(Error::value(format!("trace of {}", trace.population), problem));
        }
        let window = Window::new(span, trace.dt_ms, trace.first_tick, u64::from(trace.first_tick) + rows as u64)?;
        Ok(Part { trace, window })
    }

    /// The column of a neuron.
    fn column(&self, neuron: u32) -> Result<usize> {
        self.trace.neurons.iter().position(|n| *n == neuron).ok_or_else(|| {
            let problem = format!("the {} of neuron {neuron} was not recorded", noun(self.trace.variable));
            let recorded: Vec<String> = self.trace.neurons.iter().map(u32::to_string).collect();
            let recorded: Vec<&str> = recorded.iter().map(String::as_str).collect();
            Error::value(format!("trace of {}", self.trace.population), problem)
                .with_hint(format!("recorded were {}", some(&recorded, MOST_NAMES)))
        })
    }

    /// The neurons to draw, at most `most` of those recorded if none are asked for.
    fn neurons(&self, options: &TraceOptions, most: usize) -> Result<Vec<u32>> {
        if options.neurons.len() > most {
            return Err(Error::value(
                "neurons",
                format!("a figure has room for {most}, not for {}", options.neurons.len()),
            ));
        }
        for neuron in &options.neurons {
            self.column(*neuron)?;
        }
        let chosen = if options.neurons.is_empty() { &self.trace.neurons } else { &options.neurons };
        Ok(chosen.iter().take(most).copied().collect())
    }

    /// Ticks and values of a column in `window`.
    fn values(&self, column: usize, window: Window) -> impl Iterator<Item = (Tick, f64)> + '_ {
        (window.from..window.to).map(move |tick| (tick, self.value(tick, column)))
    }

    fn value(&self, tick: Tick, column: usize) -> f64 {
        self.trace.values[(tick - self.trace.first_tick) as usize * self.trace.neurons.len() + column]
    }

    /// The lowest and highest value of a column in `window`.
    fn range(&self, column: usize, window: Window) -> (f64, f64) {
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        self.values(column, window).fold(ends, |(lo, hi), (_, value)| (lo.min(value), hi.max(value)))
    }

    /// A column as a line in a panel.
    fn line(&self, column: usize, window: Window, panel: &Panel, time: &TimeAxis) -> Vec<(f64, f64)> {
        let x = |tick: Tick| panel.at_x(f64::from(tick) * window.dt_ms / time.unit_ms);
        envelope(self.values(column, window).map(|(tick, value)| (x(tick), panel.at_y(value))))
    }

    /// The same neurons and ticks of another trace of the population.
    fn beside<'b>(&self, other: &'b Trace, variable: Variable) -> Result<Part<'b>> {
        let part = Part::new(other, variable, Span::default())?;
        let (a, b) = (self.window, part.window);
        if other.population != self.trace.population || a.dt_ms != b.dt_ms || b.from > a.from || b.to < a.to {
            let problem = "it is not of the same population, time step and ticks as the membrane potential";
            return Err(Error::value(noun(variable), problem));
        }
        Ok(part)
    }
}

/// A range that can be divided by ticks.
fn axis_range(what: &str, (lo, hi): (f64, f64)) -> Result<(f64, f64)> {
    let (lo, hi) = padded(lo, hi);
    // Larger differences are no voltages, and an axis shorter than an ulp cannot be drawn.
    if hi - lo > 1e12 || hi - lo < 1e-9 * lo.abs().max(hi.abs()) {
        return Err(Error::value(what, format!("no axis can show values from {lo} to {hi}")));
    }
    Ok((lo, hi))
}

/// What a figure of membrane potentials is made of.
struct Membranes<'a> {
    part: Part<'a>,
    threshold: Option<Part<'a>>,
    neurons: Vec<u32>,
    /// Of each neuron, where the spikes of any are known; none of those whose spikes were not
    /// recorded.
    spikes: Option<Vec<Option<Vec<Tick>>>>,
}

impl<'a> Membranes<'a> {
    fn new(
        trace: &'a Trace,
        threshold: Option<&'a Trace>,
        spikes: Option<&SpikeRecording>,
        options: &TraceOptions,
    ) -> Result<Membranes<'a>> {
        let part = Part::new(trace, Variable::Membrane, options.span)?;
        let threshold = threshold.map(|threshold| part.beside(threshold, Variable::Threshold)).transpose()?;
        let neurons = part.neurons(options, MOST_PANELS)?;
        let spikes = spikes.map(|spikes| spikes_of(spikes, &part, &neurons)).transpose()?;
        let spikes = spikes.filter(|spikes| spikes.iter().any(Option::is_some));
        Ok(Membranes { part, threshold, neurons, spikes })
    }

    /// Columns of a neuron's membrane potential and threshold.
    fn columns(&self, neuron: u32) -> Result<(usize, Option<usize>)> {
        Ok((self.part.column(neuron)?, self.threshold.as_ref().map(|t| t.column(neuron)).transpose()?))
    }
}

/// Draws the membrane potential in mV of up to six neurons, a panel for each, over a common time
/// axis; in each its threshold as a dashed line, if given, and above it a tick for each of its
/// spikes, if given. Beside neurons whose spikes were recorded, one whose spikes were not is called
/// so. A value and a spike of tick t stand at t times the time step.
///
/// With more ticks than pixels, a pixel column shows first, lowest, highest and last value, so that
/// no peak is lost; with more than a hundred ticks per pixel, the figure has a [hint](Figure::hint).
/// If more neurons were recorded than are drawn, the figure says so. It is 1020 pixels wide and at
/// most 1500 high.
///
/// # Errors
/// If values are not numbers, traces or spikes do not belong together, or an option is not possible
/// for them.
pub fn membrane(
    trace: &Trace,
    threshold: Option<&Trace>,
    spikes: Option<&SpikeRecording>,
    options: &TraceOptions,
) -> Result<Figure> {
    /// With more, spikes and what lies between them run into one another.
    const MOST_TICKS_PER_PIXEL: f64 = 100.0;
    let of = Membranes::new(trace, threshold, spikes, options)?;
    let Membranes { part, threshold, neurons, spikes } = &of;

    struct Row {
        column: usize,
        threshold: Option<usize>,
        range: (f64, f64),
        ticks: Ticks,
    }
    let height = [340.0, 240.0, 190.0, 160.0, 145.0, 130.0][neurons.len().clamp(1, MOST_PANELS) - 1];
    let mut rows = Vec::new();
    for neuron in neurons {
        let (column, beside) = of.columns(*neuron)?;
        let (mut lo, mut hi) = part.range(column, part.window);
        if let Some((threshold, column)) = threshold.as_ref().zip(beside) {
            let (low, high) = threshold.range(column, part.window);
            (lo, hi) = (lo.min(low), hi.max(high));
        }
        let range = axis_range("membrane potential", (lo, hi))?;
        rows.push(Row { column, threshold: beside, range, ticks: Ticks::vertical(range.0, range.1, height) });
    }

    let mut figure = Figure::new();
    let left = margin(rows.iter().map(|row| row.ticks.width()).fold(0.0, f64::max), true);
    let wide = f64::from(WIDTH) - left - EDGE;
    let time = TimeAxis::new(&part.window, wide);
    let wide = (f64::from(WIDTH) - left - overhang(&time.ticks, time.range, wide)).floor();
    let mut entries = vec![(Sample::Line(colour(0)), noun(Variable::Membrane).to_owned())];
    if threshold.is_some() {
        entries.push((Sample::Dashes(colour(1)), "threshold".to_owned()));
    }
    if spikes.is_some() {
        entries.push((Sample::Tick(INK), "spike".to_owned()));
    }
    let mut top = 4.0 + legend(&mut figure, (left, left + wide), 4.0, &entries);
    if let Some(note) = of_all(neurons.len(), trace) {
        top += ROW;
        figure.text((left + wide, top - 9.0), NOTE, Anchor::End, GREY, &note);
    }
    let first_top = top;
    let mut bottom = top;
    for (n, (row, neuron)) in rows.iter().zip(neurons).enumerate() {
        let number = format!(" {neuron}");
        let room = wide - width(&number, TICK) - 260.0;
        let name = shorten(&trace.population, TICK, room) + &number;
        figure.text((left, top + 27.0), TICK, Anchor::Start, GREY, &name);
        top += ROW;
        match spikes.as_ref().map(|spikes| &spikes[n]) {
            Some(Some(spikes)) => {
                draw_spikes(&mut figure, spikes, part, &time, (left, top, wide));
                top += SPIKES + 6.0;
            }
            Some(None) => {
                let place = (left + wide, top + 27.0 - ROW);
                figure.text(place, NOTE, Anchor::End, GREY, "spikes not recorded");
            }
            None => {}
        }
        let panel = Panel { left, top, width: wide, height, x: time.range, y: row.range, log_x: false };
        figure.line(part.line(row.column, part.window, &panel, &time), 3.0, colour(0));
        if let Some((threshold, column)) = threshold.as_ref().zip(row.threshold) {
            for dash in dashes(&threshold.line(column, part.window, &panel, &time), 14.0, 9.0) {
                figure.line(dash, 3.0, colour(1));
            }
        }
        panel.left_axis(&mut figure, &row.ticks);
        bottom = panel.bottom();
        if n + 1 == rows.len() {
            panel.bottom_axis(&mut figure, &time.ticks, time.label);
        }
        top = bottom + 12.0;
    }
    let label = ["Membrane potential (mV)", "mV"];
    upward_label(&mut figure, (first_top + bottom) / 2.0, bottom - first_top + 80.0, label);
    figure.height = (bottom + BOTTOM).ceil() as u32;
    let per_pixel = f64::from(part.window.ticks()) / wide;
    if per_pixel > MOST_TICKS_PER_PIXEL {
        let problem = format!("a pixel of this figure is {per_pixel:.0} ticks wide");
        figure.hint = Some(format!("{problem}; --from MS and --to MS draw a part of the time"));
    }
    Ok(figure)
}

/// The numbers that [`membrane`] draws, of each neuron and tick: membrane potential and threshold
/// in mV, and the number of spikes.
///
/// # Errors
/// As of [`membrane`].
pub fn membrane_data<'a>(
    trace: &'a Trace,
    threshold: Option<&'a Trace>,
    spikes: Option<&SpikeRecording>,
    options: &TraceOptions,
) -> Result<Table<'a>> {
    let of = Membranes::new(trace, threshold, spikes, options)?;
    let columns = of.neurons.iter().map(|neuron| of.columns(*neuron)).collect::<Result<Vec<_>>>()?;
    let window = of.part.window;
    let places = (0..columns.len()).flat_map(move |n| (window.from..window.to).map(move |tick| (n, tick)));
    let rows = places.map(move |(n, tick)| {
        let (column, beside) = columns[n];
        let threshold = of.threshold.as_ref().zip(beside);
        let spikes = of.spikes.as_ref().and_then(|spikes| spikes[n].as_ref());
        let before = |spikes: &[Tick], tick| spikes.partition_point(|spike| *spike < tick);
        let in_tick = |spikes: &Vec<Tick>| before(spikes, tick + 1) - before(spikes, tick);
        vec![
            trace.population.clone(),
            of.neurons[n].to_string(),
            (f64::from(tick) * window.dt_ms).to_string(),
            of.part.value(tick, column).to_string(),
            threshold.map_or(String::new(), |(part, column)| part.value(tick, column).to_string()),
            spikes.map_or(String::new(), |spikes| in_tick(spikes).to_string()),
        ]
    });
    Ok(Table::new(&["population", "neuron", "time_ms", "membrane_potential_mv", "threshold_mv", "spikes"], rows))
}

/// Draws the thresholds in mV of up to seven neurons as lines in one panel of 1020 pixels width. If
/// more were recorded than are drawn, the figure says so. Time and thinning are as in [`membrane`].
///
/// # Errors
/// If values are not numbers or an option is not possible for them.
pub fn threshold(trace: &Trace, options: &TraceOptions) -> Result<Figure> {
    let (part, neurons, columns) = thresholds(trace, options)?;
    let ends = columns.iter().map(|column| part.range(*column, part.window));
    let range = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0.0, 1.0));
    let y = axis_range("threshold", range)?;
    let ticks = Ticks::vertical(y.0, y.1, 340.0);

    let mut figure = Figure::new();
    let left = margin(ticks.width(), true);
    let wide = f64::from(WIDTH) - left - EDGE;
    let time = TimeAxis::new(&part.window, wide);
    let wide = (f64::from(WIDTH) - left - overhang(&time.ticks, time.range, wide)).floor();
    let name = shorten(&trace.population, TICK, 300.0);
    let entries: Vec<_> =
        neurons.iter().enumerate().map(|(n, neuron)| (Sample::Line(colour(n)), format!("{name} {neuron}"))).collect();
    let mut top = 4.0 + legend(&mut figure, (left, left + wide), 4.0, &entries) + 12.0;
    if let Some(note) = of_all(neurons.len(), trace) {
        top += ROW;
        figure.text((left + wide, top - 9.0), NOTE, Anchor::End, GREY, &note);
    }
    let panel = Panel { left, top, width: wide, height: 340.0, x: time.range, y, log_x: false };
    for (n, column) in columns.iter().enumerate() {
        figure.line(part.line(*column, part.window, &panel, &time), 3.0, colour(n));
    }
    panel.left_axis(&mut figure, &ticks);
    panel.bottom_axis(&mut figure, &time.ticks, time.label);
    upward_label(&mut figure, top + panel.height / 2.0, panel.height, ["Threshold (mV)", ""]);
    figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
    Ok(figure)
}

/// The part of a figure of thresholds, its neurons and their columns.
fn thresholds<'a>(trace: &'a Trace, options: &TraceOptions) -> Result<(Part<'a>, Vec<u32>, Vec<usize>)> {
    let part = Part::new(trace, Variable::Threshold, options.span)?;
    let neurons = part.neurons(options, COLOURS)?;
    let columns = neurons.iter().map(|neuron| part.column(*neuron)).collect::<Result<_>>()?;
    Ok((part, neurons, columns))
}

/// The numbers that [`threshold`] draws, in mV, of each neuron and tick.
///
/// # Errors
/// As of [`threshold`].
pub fn threshold_data<'a>(trace: &'a Trace, options: &TraceOptions) -> Result<Table<'a>> {
    let (part, neurons, columns) = thresholds(trace, options)?;
    let window = part.window;
    let columns = neurons.into_iter().zip(columns);
    let places = columns.flat_map(move |of| (window.from..window.to).map(move |tick| (of, tick)));
    let rows = places.map(move |((neuron, column), tick)| {
        let ms = f64::from(tick) * window.dt_ms;
        vec![trace.population.clone(), neuron.to_string(), ms.to_string(), part.value(tick, column).to_string()]
    });
    Ok(Table::new(&["population", "neuron", "time_ms", "threshold_mv"], rows))
}

/// The note in the figure if not all recorded neurons are drawn.
fn of_all(drawn: usize, trace: &Trace) -> Option<String> {
    let recorded = trace.neurons.len();
    (drawn < recorded).then(|| format!("{drawn} of {} recorded neurons", grouped(recorded as u64)))
}

/// The spikes of each neuron in the part; none of those whose spikes were not recorded.
fn spikes_of(spikes: &SpikeRecording, part: &Part<'_>, neurons: &[u32]) -> Result<Vec<Option<Vec<Tick>>>> {
    let name = &part.trace.population;
    let known: Vec<&str> = spikes.populations.iter().map(|(name, _)| name.as_str()).collect();
    let population = known.iter().position(|known| known == name).ok_or_else(|| {
        let problem = format!("there is no population {name}, whose membrane potential is to be drawn");
        Error::value("spikes", problem).with_hint(format!("there are {}", some(&known, MOST_NAMES)))
    })?;
    if spikes.dt_ms != part.trace.dt_ms {
        let problem =
            format!("their time step is {} ms, that of the membrane potential {} ms", spikes.dt_ms, part.trace.dt_ms);
        return Err(Error::value("spikes", problem));
    }
    let known = |neuron: &u32| spikes.recorded.contains(population, *neuron);
    let mut of: Vec<_> = neurons.iter().map(|neuron| known(neuron).then(Vec::new)).collect();
    for (tick, _, neuron) in spikes.spikes.iter().filter(|(_, p, _)| *p as usize == population) {
        for (n, _) in neurons.iter().enumerate().filter(|(_, n)| *n == neuron) {
            if let Some(of) = of[n].as_mut().filter(|_| part.window.contains(*tick)) {
                of.push(*tick);
            }
        }
    }
    Ok(of)
}

/// A tick for each spike, those that touch as one.
fn draw_spikes(figure: &mut Figure, spikes: &[Tick], part: &Part<'_>, time: &TimeAxis, place: (f64, f64, f64)) {
    const THICK: f64 = 3.0;
    let (left, top, wide) = place;
    let (lo, hi) = time.range;
    let mut run: Option<(f64, f64)> = None;
    let mut draw = |run: Option<(f64, f64)>| {
        if let Some((start, end)) = run {
            figure.rect(start, top, end - start, SPIKES, INK);
        }
    };
    for tick in spikes {
        let ms = f64::from(*tick) * part.window.dt_ms;
        let x = (left + (ms / time.unit_ms - lo) / (hi - lo) * wide - THICK / 2.0).round();
        match &mut run {
            Some((_, end)) if *end >= x => *end = x + THICK,
            _ => {
                draw(run);
                run = Some((x, x + THICK));
            }
        }
    }
    draw(run);
}
