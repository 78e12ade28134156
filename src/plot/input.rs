//! What to draw of a recording, and whether it can be drawn.

use super::Span;
use crate::error::{Error, Result};
use crate::event::Tick;
use crate::recording::SpikeRecording;

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
        if !(dt_ms.is_finite() && dt_ms > 0.0) {
            return Err(Error::value("dt_ms", format!("{dt_ms} is not a time step")));
        }
        let end =
            Tick::try_from(end).map_err(|_| Error::value("recording", "it has more ticks than can be counted"))?;
        if first >= end {
            return Err(Error::value("recording", "it has no ticks: there is nothing to draw"));
        }
        let (start_ms, end_ms) = (f64::from(first) * dt_ms, f64::from(end) * dt_ms);
        let (from_ms, to_ms) = (span.from_ms.unwrap_or(start_ms), span.to_ms.unwrap_or(end_ms));
        if !(from_ms.is_finite() && to_ms.is_finite()) {
            return Err(Error::value("from and to", "they must be numbers of ms"));
        }
        if from_ms >= to_ms {
            return Err(Error::value("from", format!("{from_ms} ms is not before {to_ms} ms")));
        }
        // A bound is the tick that starts at it, or the next; products of ms and dt are not exact.
        let tick = |ms: f64| (ms / dt_ms - 1e-6).ceil();
        let (from, to) = (tick(from_ms), tick(to_ms));
        if from < f64::from(first) || to > f64::from(end) {
            let problem = format!("{from_ms} ms to {to_ms} ms is not inside the recording");
            return Err(Error::value("from and to", problem)
                .with_hint(format!("the recording goes from {start_ms} ms to {end_ms} ms")));
        }
        if from >= to {
            let problem = format!("no tick starts from {from_ms} ms to before {to_ms} ms; a tick is {dt_ms} ms");
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
            return Err(Error::value(what, format!("{width_ms} ms is not a width")));
        }
        let ticks = (width_ms / self.dt_ms).round();
        if ticks < 1.0 {
            return Err(Error::value(what, format!("{width_ms} ms is less than a tick of {} ms", self.dt_ms)));
        }
        // A bin longer than all time is one bin.
        Ok(ticks.min(f64::from(Tick::MAX)) as Tick)
    }
}

/// The populations to draw and their spikes in a window.
pub struct Chosen<'a> {
    recording: &'a SpikeRecording,
    pub window: Window,
    /// Of those to draw: name and size.
    pub populations: Vec<(&'a str, u32)>,
    /// Where each of the recording's populations is in `populations`.
    place: Vec<Option<usize>>,
}

impl<'a> Chosen<'a> {
    /// Checks all of the recording, and that at most `most` populations are to be drawn.
    pub fn new(recording: &'a SpikeRecording, span: Span, names: &[String], most: usize) -> Result<Chosen<'a>> {
        let window = Window::new(span, recording.dt_ms, 0, u64::from(recording.ticks))?;
        if recording.populations.is_empty() {
            return Err(Error::value("recording", "it has no populations: there is nothing to draw"));
        }
        if let Some((name, _)) = recording.populations.iter().find(|(_, size)| *size == 0) {
            return Err(Error::value("recording", format!("population {name} has no neurons")));
        }
        check_spikes(recording)?;
        let known: Vec<&str> = recording.populations.iter().map(|(name, _)| name.as_str()).collect();
        if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let problem = format!("there is no population {unknown}");
            return Err(Error::value("population", problem).with_hint(format!("there are {}", some(&known))));
        }
        let (mut populations, mut place) = (Vec::new(), Vec::new());
        for (name, size) in &recording.populations {
            let drawn = names.is_empty() || names.contains(name);
            place.push(drawn.then_some(populations.len()));
            if drawn {
                populations.push((name.as_str(), *size));
            }
        }
        if populations.len() > most {
            let problem = format!("this figure has room for {most}, not for {}", populations.len());
            return Err(Error::value("populations", problem).with_hint("choose some by name"));
        }
        Ok(Chosen { recording, window, populations, place })
    }

    /// Tick, place of the population in `populations`, neuron; of all ticks.
    pub fn all_spikes(&self) -> impl Iterator<Item = (Tick, usize, u32)> + '_ {
        let place = |population: u32| self.place[population as usize];
        self.recording.spikes.iter().filter_map(move |&(tick, p, neuron)| Some((tick, place(p)?, neuron)))
    }

    /// The same in the window only.
    pub fn spikes(&self) -> impl Iterator<Item = (Tick, usize, u32)> + '_ {
        self.all_spikes().filter(|(tick, _, _)| self.window.contains(*tick))
    }

    /// Ticks of the whole recording.
    pub fn recorded(&self) -> Tick {
        self.recording.ticks
    }
}

/// Names in a row, not more than fit a message.
pub fn some(names: &[&str]) -> String {
    const MOST: usize = 20;
    let mut text = names[..names.len().min(MOST)].join(", ");
    if names.len() > MOST {
        text += &format!(" and {} more", names.len() - MOST);
    }
    text
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
    // A spike may stand twice: files with fine times put several into a tick.
    match recording.spikes.is_sorted() {
        true => Ok(()),
        false => Err(Error::value("spikes", "they are not in ascending order")),
    }
}
