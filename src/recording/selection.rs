//! The part of a recording to draw or to count, checked.

use super::choice::{Recorded, ids as ids_of, name_and_ids};
use super::header::check_dt;
use super::memory::SpikeRecording;
use crate::base::text::some;
use crate::error::{Error, Result, short};
use crate::spiking::Tick;
use std::ops::Range;

/// A part of a recording: ticks that start in `from_ms..to_ms`, in ms from tick 0. A bound that is
/// not given is the recording's own.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Span {
    /// Start in ms, inclusive.
    pub from_ms: Option<f64>,
    /// End in ms, exclusive.
    pub to_ms: Option<f64>,
}

/// Part of a recording in ticks, `from..to`, never empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    pub from: Tick,
    pub to: Tick,
    pub dt_ms: f64,
}

impl Window {
    /// The part `span` of a recording of the ticks `first..end`.
    pub fn new(span: Span, dt_ms: f64, first: Tick, end: u64) -> Result<Window> {
        check_dt(dt_ms)?;
        let end =
            Tick::try_from(end).map_err(|_| Error::value("recording", "it has more ticks than can be counted"))?;
        if first >= end {
            return Err(Error::value("recording", "it has no ticks: there is nothing in it"));
        }
        let (start_ms, end_ms) = (f64::from(first) * dt_ms, f64::from(end) * dt_ms);
        let (from_ms, to_ms) = (span.from_ms.unwrap_or(start_ms), span.to_ms.unwrap_or(end_ms));
        if !(from_ms.is_finite() && to_ms.is_finite()) {
            return Err(Error::value("from and to", "they must be numbers of ms"));
        }
        if from_ms >= to_ms {
            let problem = format!("{} ms is not before {} ms", short(from_ms), short(to_ms));
            let extent = format!("the recording goes from {} ms to {} ms", short(start_ms), short(end_ms));
            return Err(Error::value("from", problem).with_hint(extent));
        }
        // A bound is the tick that starts at it, or the next; products of ms and dt are not exact.
        let tick = |ms: f64| (ms / dt_ms - 1e-6).ceil();
        let (from, to) = (tick(from_ms), tick(to_ms));
        if from < f64::from(first) || to > f64::from(end) {
            let problem = format!("{} ms to {} ms is not inside the recording", short(from_ms), short(to_ms));
            return Err(Error::value("from and to", problem).with_hint(format!(
                "the recording goes from {} ms to {} ms",
                short(start_ms),
                short(end_ms)
            )));
        }
        if from >= to {
            let problem = format!(
                "no tick starts from {} ms to before {} ms; a tick is {} ms",
                short(from_ms),
                short(to_ms),
                short(dt_ms)
            );
            return Err(Error::value("from and to", problem));
        }
        Ok(Window { from: from as Tick, to: to as Tick, dt_ms })
    }

    pub fn ticks(&self) -> Tick {
        self.to - self.from
    }

    pub fn start_ms(&self) -> f64 {
        f64::from(self.from) * self.dt_ms
    }

    pub fn end_ms(&self) -> f64 {
        f64::from(self.to) * self.dt_ms
    }

    pub fn contains(&self, tick: Tick) -> bool {
        (self.from..self.to).contains(&tick)
    }

    /// `width_ms` in whole ticks, at least one.
    pub fn bin(&self, what: &str, width_ms: f64) -> Result<Tick> {
        if !(width_ms.is_finite() && width_ms > 0.0) {
            return Err(Error::value(what, format!("{} ms is not a width: expected more than 0 ms", short(width_ms))));
        }
        let ticks = (width_ms / self.dt_ms).round();
        if ticks < 1.0 {
            return Err(Error::value(
                what,
                format!("{} ms is less than a tick of {} ms", short(width_ms), short(self.dt_ms)),
            ));
        }
        // A bin longer than any recording is one bin.
        Ok(ticks.min(f64::from(Tick::MAX)) as Tick)
    }
}

/// Names that a message lists at most.
pub const MOST_NAMES: usize = 20;

/// The chosen populations and their spikes in a window.
pub struct Chosen<'a> {
    recording: &'a SpikeRecording,
    pub window: Window,
    /// Chosen populations: name, with the range of neurons if only some are chosen, and number of
    /// chosen neurons.
    pub populations: Vec<(String, u32)>,
    /// Populations that would have been chosen, had their spikes been recorded.
    pub not_recorded: Vec<&'a str>,
    /// For each population of the recording: its index in `populations` and the chosen
    /// neurons, ascending.
    places: Vec<Option<(usize, Vec<Range<u32>>)>>,
}

impl<'a> Chosen<'a> {
    /// Checks all of the recording, and that at most `most` populations are chosen: those of
    /// `names`, each with or without neurons (`exc`, `exc[0..10]`), or all of which spikes were
    /// recorded.
    pub fn new(recording: &'a SpikeRecording, span: Span, names: &[String], most: usize) -> Result<Chosen<'a>> {
        let window = Window::new(span, recording.dt_ms, 0, u64::from(recording.ticks))?;
        if recording.populations.is_empty() {
            return Err(Error::value("recording", "it has no populations: there is nothing in it"));
        }
        if let Some((name, _)) = recording.populations.iter().find(|(_, size)| *size == 0) {
            return Err(Error::value("recording", format!("population {name} has no neurons")));
        }
        check_spikes(recording)?;
        let mut wanted: Vec<Vec<Range<u32>>> = if names.is_empty() {
            recording.populations.iter().map(|(_, size)| std::iter::once(0..*size).collect()).collect()
        } else {
            vec![Vec::new(); recording.populations.len()]
        };
        for text in names {
            let (population, ids) = named(recording, text)?;
            wanted[population].push(ids);
        }
        let (mut populations, mut places, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for (p, ((name, size), wanted)) in recording.populations.iter().zip(wanted).enumerate() {
            let known = recording.recorded.of(p, *size);
            let both = |a: &Range<u32>, b: &Range<u32>| a.start.max(b.start)..a.end.min(b.end);
            let drawn = wanted.iter().flat_map(|a| known.iter().map(move |b| both(a, b))).map(|ids| (0, ids)).collect();
            let drawn = Recorded::new(drawn, &[(String::new(), *size)]).of(0, *size);
            if drawn.is_empty() {
                if !wanted.is_empty() && !names.is_empty() {
                    return Err(not_recorded(format!("the spikes of {name} were not recorded"), name));
                }
                if names.is_empty() {
                    unknown.push(name.as_str());
                }
                places.push(None);
                continue;
            }
            let count = drawn.iter().map(|ids| ids.end - ids.start).sum();
            let name = match &drawn[..] {
                [ids] if *ids == (0..*size) => name.clone(),
                [ids] => format!("{name}[{}..{}]", ids.start, ids.end),
                _ => format!("{name}, {count} of {size}"),
            };
            places.push(Some((populations.len(), drawn)));
            populations.push((name, count));
        }
        if populations.is_empty() {
            return Err(not_recorded("no spikes were recorded".into(), &recording.populations[0].0));
        }
        if populations.len() > most {
            let problem = format!("this figure has room for {most}, not for {}", populations.len());
            return Err(Error::value("populations", problem).with_hint("choose some by name"));
        }
        Ok(Chosen { recording, window, populations, not_recorded: unknown, places })
    }

    /// Place of a spike's population in `populations`, and number of the neuron among those that
    /// are chosen; none of a neuron that is not.
    pub fn place(&self, population: u32, neuron: u32) -> Option<(usize, u32)> {
        let (place, chosen) = self.places[population as usize].as_ref()?;
        let mut before = 0;
        for ids in chosen {
            if ids.contains(&neuron) {
                return Some((*place, before + neuron - ids.start));
            }
            before += ids.end - ids.start;
        }
        None
    }

    /// Tick, place of the population in `populations`, number of the neuron among those that are
    /// chosen; of all ticks.
    pub fn all_spikes(&self) -> impl Iterator<Item = (Tick, usize, u32)> + '_ {
        self.recording.spikes.iter().filter_map(|&(tick, population, neuron)| {
            self.place(population, neuron).map(|(place, number)| (tick, place, number))
        })
    }

    /// The spikes of [`all_spikes`](Chosen::all_spikes) inside the window.
    pub fn spikes(&self) -> impl Iterator<Item = (Tick, usize, u32)> + '_ {
        self.all_spikes().filter(|(tick, _, _)| self.window.contains(*tick))
    }

    /// Ticks of the whole recording.
    #[cfg(feature = "plot")]
    pub fn recorded(&self) -> Tick {
        self.recording.ticks
    }
}

fn not_recorded(problem: String, name: &str) -> Error {
    Error::value("recording", problem).with_hint(format!("simulate again with --record spikes:{name}"))
}

/// The population and neurons that `exc` or `exc[0..10]` names.
fn named(recording: &SpikeRecording, text: &str) -> Result<(usize, Range<u32>)> {
    let find = |name: &str| recording.populations.iter().position(|(known, _)| known == name);
    let (name, ids) = match find(text) {
        Some(_) => (text, None),
        None => name_and_ids(text),
    };
    let population = find(name).ok_or_else(|| {
        let known: Vec<&str> = recording.populations.iter().map(|(name, _)| name.as_str()).collect();
        let problem = format!("there is no population {name}");
        Error::value("population", problem).with_hint(format!("there are {}", some(&known, MOST_NAMES)))
    })?;
    let size = recording.populations[population].1;
    let ids = ids.map_or(Ok(0..size), |text| ids_of(text, name, size));
    Ok((population, ids.map_err(|problem| Error::value("population", problem))?))
}

fn check_spikes(recording: &SpikeRecording) -> Result<()> {
    for &(tick, population, neuron) in &recording.spikes {
        let size = recording.populations.get(population as usize).map_or(0, |(_, size)| *size);
        if tick >= recording.ticks || neuron >= size {
            let problem = format!(
                "a spike at tick {tick} of neuron {neuron} of population number {population} is outside the recording"
            );
            return Err(Error::value("spikes", problem));
        }
    }
    // A spike may occur twice: files with finer times have several in one tick.
    if recording.spikes.is_sorted() { Ok(()) } else { Err(Error::value("spikes", "they are not in ascending order")) }
}
