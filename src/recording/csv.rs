//! Spikes and traces as tables.
//!
//! A table of this crate begins with `# spikefuse spikes {...}` or `# spikefuse traces {...}`,
//! which holds what was known before the first row, and ends with `# end {...}`, which holds what
//! is known after the last, so that a truncated table is recognised.

use super::about::AboutProbe;
use super::choice::Recorded;
use super::header::{Header, check_dt};
use super::memory::Trace;
use super::raw::{Raw, Spikes, UNNAMED, checked_id, checked_tick, checked_time};
use super::sink::{SpikeSink, TraceSink};
use crate::base::files::{Partial, cell_text, read_text, sync, table_problem};
use crate::error::{Error, Result};
use crate::spiking::Tick;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

const SPIKES: &str = "# spikefuse spikes ";
const TRACES: &str = "# spikefuse traces ";
const END: &str = "# end ";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpikeHead {
    dt_ms: f64,
    populations: Vec<(String, u32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recorded: Option<Vec<(String, u32, u32)>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpikeEnd {
    ticks: Tick,
    spikes: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TraceHead {
    dt_ms: f64,
    probes: Vec<AboutProbe>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TraceEnd {
    rows: u64,
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::value("recording", e))
}

/// Quotes a name as a cell where needed.
fn cell(name: &str) -> String {
    let name = cell_text(name);
    if name.contains([',', '"', '\n', '\r', ' ', '#']) || name.is_empty() {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.into_owned()
    }
}

/// A table being written.
struct Table {
    partial: Partial,
    file: BufWriter<File>,
    rows: u64,
}

impl Table {
    fn create(partial: Partial, start: &str, head: &impl Serialize, columns: &str) -> Result<Table> {
        let head = json(head)?;
        let mut table = Table { file: partial.create()?, partial, rows: 0 };
        table.line(format_args!("{start}{head}"))?;
        table.line(format_args!("{columns}"))?;
        Ok(table)
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) -> Result<()> {
        writeln!(self.file, "{line}").map_err(|e| self.partial.error(e))
    }

    fn row(&mut self, row: std::fmt::Arguments<'_>) -> Result<()> {
        self.rows += 1;
        self.line(row)
    }

    fn finish(mut self, end: &impl Serialize) -> Result<Partial> {
        let end = json(end)?;
        self.line(format_args!("{END}{end}"))?;
        sync(self.file).map_err(|e| self.partial.error(e))?;
        Ok(self.partial)
    }
}

/// Spikes being written.
pub(super) struct SpikeTable {
    table: Table,
    dt_ms: f64,
    names: Vec<String>,
}

impl SpikeTable {
    pub fn create(partial: Partial, header: &Header) -> Result<SpikeTable> {
        let recorded = header.recorded.named(&header.populations);
        let head = SpikeHead { dt_ms: header.dt_ms, populations: header.populations.clone(), recorded };
        let table = Table::create(partial, SPIKES, &head, "tick,time_ms,population,neuron")?;
        let names = header.populations.iter().map(|(name, _)| cell(name)).collect();
        Ok(SpikeTable { table, dt_ms: header.dt_ms, names })
    }
}

impl SpikeSink for SpikeTable {
    fn push(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
        let (time, name) = (f64::from(tick) * self.dt_ms, &self.names[population]);
        neurons.iter().try_for_each(|neuron| self.table.row(format_args!("{tick},{time},{name},{neuron}")))
    }

    fn finish(self: Box<Self>, ticks: Tick) -> Result<Partial> {
        let end = SpikeEnd { ticks, spikes: self.table.rows };
        self.table.finish(&end)
    }
}

/// Traces being written.
pub(super) struct TraceTable {
    table: Table,
    dt_ms: f64,
    /// `variable,population` and neurons of each probe.
    probes: Vec<(String, Vec<u32>)>,
}

impl TraceTable {
    pub fn create(partial: Partial, header: &Header) -> Result<TraceTable> {
        let about = AboutProbe::all(header);
        let name = |about: &AboutProbe| format!("{},{}", about.variable.name(), cell(&about.population));
        let probes = about.iter().map(|about| (name(about), about.neurons.clone())).collect();
        let head = TraceHead { dt_ms: header.dt_ms, probes: about };
        let table = Table::create(partial, TRACES, &head, "probe,tick,time_ms,variable,population,neuron,value")?;
        Ok(TraceTable { table, dt_ms: header.dt_ms, probes })
    }
}

impl TraceSink for TraceTable {
    fn push(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()> {
        let time = f64::from(tick) * self.dt_ms;
        let (name, neurons) = &self.probes[probe];
        for (neuron, value) in neurons.iter().zip(values) {
            // {:?} has as many digits as it takes to get the same value back.
            self.table.row(format_args!("{probe},{tick},{time},{name},{neuron},{value:?}"))?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Partial> {
        let end = TraceEnd { rows: self.table.rows };
        self.table.finish(&end)
    }
}

/// The text of a table.
struct Text<'a> {
    path: &'a Path,
    text: String,
}

impl<'a> Text<'a> {
    fn read(path: &'a Path) -> Result<Text<'a>> {
        Ok(Text { path, text: read_text(path)? })
    }

    fn fail(&self, line: usize, column: usize, problem: impl ToString) -> Error {
        Error::text(self.path, line, column + 1, problem)
    }

    /// Content of the first and last comment, if the table begins with `start`.
    fn frame<H, E>(&self, start: &str) -> Result<Option<(H, E)>>
    where
        H: for<'de> Deserialize<'de>,
        E: for<'de> Deserialize<'de>,
    {
        let Some(head) = self.text.strip_prefix(start) else { return Ok(None) };
        let head = head.lines().next().unwrap_or_default();
        let head = serde_json::from_str(head).map_err(|e| self.fail(1, start.len() + e.column() - 1, e))?;
        let last = self.text.lines().next_back().unwrap_or_default();
        let end = last.strip_prefix(END).filter(|_| self.text.ends_with('\n'));
        let end = end.and_then(|end| serde_json::from_str(end).ok());
        let cut = || self.fail(self.text.lines().count(), 0, "the last line is not `# end {...}`; is it truncated?");
        Ok(Some((head, end.ok_or_else(cut)?)))
    }

    /// Calls `columns` with the heading, then `row` with its result, the line and the cells of each
    /// row.
    fn rows<C>(
        &self,
        columns: impl FnOnce(&[String]) -> Result<C>,
        mut row: impl FnMut(&C, usize, &csv::StringRecord) -> Result<()>,
    ) -> Result<()> {
        let heading = self.text.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
        let delimiter = if heading.contains(',') { b',' } else { b' ' };
        let mut builder = csv::ReaderBuilder::new();
        builder.comment(Some(b'#')).trim(csv::Trim::All).has_headers(true).delimiter(delimiter);
        let mut reader = builder.from_reader(self.text.as_bytes());
        let csv_error = |e: csv::Error| {
            let (line, problem) = table_problem(&e);
            self.fail(line, 0, problem)
        };
        let heading: Vec<String> = reader.headers().map_err(csv_error)?.iter().map(str::to_owned).collect();
        let columns = columns(&heading)?;
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(csv_error)? {
            let line = record.position().map_or(0, csv::Position::line);
            row(&columns, line as usize, &record)?;
        }
        Ok(())
    }

    fn number(&self, line: usize, record: &csv::StringRecord, column: usize) -> Result<f64> {
        let cell = record.get(column).unwrap_or_default();
        let problem = || format!("'{cell}' is not a number, which may have a decimal point and no unit");
        cell.parse().map_err(|_| self.fail(line, column, problem()))
    }

    fn whole<T: std::str::FromStr>(&self, line: usize, record: &csv::StringRecord, column: usize) -> Result<T> {
        let cell = record.get(column).unwrap_or_default();
        cell.parse().map_err(|_| self.fail(line, column, format!("'{cell}' is not a whole number")))
    }
}

/// Columns of a table of spikes: the time and whether it is a tick, the neuron, the population.
struct Columns {
    time: (usize, bool),
    neuron: usize,
    population: Option<usize>,
}

/// Reads a table of spikes of this crate or another.
pub(super) fn read_spikes(path: &Path) -> Result<Raw> {
    let text = Text::read(path)?;
    let frame: Option<(SpikeHead, SpikeEnd)> = text.frame(SPIKES)?;
    let (dt_ms, ticks, promised, known, recorded) = match frame {
        Some((head, end)) => {
            let recorded = Recorded::from_named(head.recorded, &head.populations).map_err(|e| text.fail(1, 0, e))?;
            (Some(head.dt_ms), Some(end.ticks), Some(end.spikes), head.populations, recorded)
        }
        None => (None, None, None, Vec::new(), Recorded::All),
    };
    let ours = dt_ms.is_some();
    if let Some(dt_ms) = dt_ms {
        check_dt(dt_ms).map_err(|e| text.fail(1, 0, e))?;
    }
    let mut indices: HashMap<String, u32> =
        known.iter().zip(0..).map(|((name, _), i)| (cell_text(name).into_owned(), i)).collect();
    let mut populations: Vec<(String, Option<u32>)> =
        known.into_iter().map(|(name, size)| (name, Some(size))).collect();
    let (mut exact, mut times) = (Vec::new(), Vec::new());
    let columns = |heading: &[String]| {
        let find = |names: &[&str]| heading.iter().position(|column| names.contains(&column.as_str()));
        let time = find(&["tick"]).map(|column| (column, true));
        let time = time.or_else(|| find(&["time_ms", "timestamps"]).map(|column| (column, false)));
        let neuron = find(&["neuron", "node_id", "node_ids", "id"]);
        match (time, neuron) {
            (Some(time), Some(neuron)) => Ok(Columns { time, neuron, population: find(&["population"]) }),
            _ => Err(Error::file(path, "expected columns `tick` or `time_ms` and `neuron`, with commas between them")),
        }
    };
    text.rows(columns, |columns, line, record| {
        let name = columns.population.and_then(|column| record.get(column)).unwrap_or(UNNAMED);
        let population = match indices.get(name) {
            Some(&population) => population,
            None if ours => {
                return Err(text.fail(line, columns.population.unwrap_or(0), format!("'{name}' is no population")));
            }
            None => {
                let population = populations.len() as u32;
                indices.insert(name.to_owned(), population);
                populations.push((name.to_owned(), None));
                population
            }
        };
        let id = checked_id(text.whole(line, record, columns.neuron)?)
            .map_err(|problem| text.fail(line, columns.neuron, problem))?;
        let (column, is_tick) = columns.time;
        if is_tick {
            let tick = checked_tick(text.whole(line, record, column)?);
            exact.push((tick.map_err(|problem| text.fail(line, column, problem))?, population, id));
        } else {
            let time = checked_time(text.number(line, record, column)?);
            times.push((time.map_err(|problem| text.fail(line, column, problem))?, population, id));
        }
        Ok(())
    })?;
    let found = exact.len() as u64;
    if promised.is_some_and(|promised| promised != found) {
        return Err(Error::file(path, format!("{found} spikes, but its last line says {}", promised.unwrap_or(0))));
    }
    let spikes = if times.is_empty() { Spikes::Ticks(exact) } else { Spikes::Times(times) };
    Ok(Raw { dt_ms, ticks, populations, recorded, spikes })
}

/// Reads a table of traces.
pub(super) fn read_traces(path: &Path) -> Result<Vec<Trace>> {
    let text = Text::read(path)?;
    let frame: Option<(TraceHead, TraceEnd)> = text.frame(TRACES)?;
    let (head, end) =
        frame.ok_or_else(|| text.fail(1, 0, format!("expected `{TRACES}{{...}}`: not a table of traces")))?;
    check_dt(head.dt_ms).map_err(|e| text.fail(1, 0, e))?;
    if head.probes.iter().any(|probe| probe.neurons.is_empty()) {
        return Err(text.fail(1, 0, "a probe without neurons"));
    }
    let mut traces: Vec<Trace> = head.probes.into_iter().map(|probe| probe.trace(head.dt_ms)).collect();
    let mut found = 0;
    let columns = |heading: &[String]| {
        let find = |name: &str| heading.iter().position(|column| column == name);
        match ["probe", "tick", "neuron", "value"].map(find) {
            [Some(probe), Some(tick), Some(neuron), Some(value)] => Ok([probe, tick, neuron, value]),
            _ => Err(Error::file(path, "expected columns `probe`, `tick`, `neuron` and `value`")),
        }
    };
    text.rows(columns, |&[probe, tick, neuron, value], line, record| {
        found += 1;
        let probe_index: usize = text.whole(line, record, probe)?;
        let unknown = || text.fail(line, probe, format!("there is no probe {probe_index}"));
        let trace = traces.get_mut(probe_index).ok_or_else(unknown)?;
        let now: Tick = text.whole(line, record, tick)?;
        let (row, place) = (trace.values.len() / trace.neurons.len(), trace.values.len() % trace.neurons.len());
        if trace.values.is_empty() {
            trace.first_tick = now;
        }
        let expected = u64::from(trace.first_tick) + row as u64;
        if u64::from(now) != expected {
            return Err(text.fail(line, tick, format!("tick {now} of probe {probe_index} where {expected} should be")));
        }
        let id: u32 = text.whole(line, record, neuron)?;
        if id != trace.neurons[place] {
            let problem = format!("neuron {id} of probe {probe_index} where {} should be", trace.neurons[place]);
            return Err(text.fail(line, neuron, problem));
        }
        trace.values.push(text.number(line, record, value)?);
        Ok(())
    })?;
    if found != end.rows {
        return Err(Error::file(path, format!("{found} rows, but its last line says {}", end.rows)));
    }
    match traces.iter().position(|trace| trace.values.len() % trace.neurons.len() != 0) {
        Some(probe) => Err(Error::file(path, format!("the last tick of probe {probe} lacks values"))),
        None => Ok(traces),
    }
}
