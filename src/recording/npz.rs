//! Spikes and traces as numpy arrays.

use super::about::AboutProbe;
use super::choice::Recorded;
use super::header::{Header, Variable, check_dt};
use super::memory::Trace;
use super::raw::{Raw, Spikes, UNNAMED, checked_id, checked_tick, checked_time};
use super::sink::{SpikeSink, TraceSink};
use crate::base::files::{Partial, folder_of};
use crate::error::{Error, Result};
use crate::formats::npz::{Array, Npz, NpzWriter, Spool};
use crate::spiking::Tick;
use std::path::Path;

fn u32s(values: impl IntoIterator<Item = u32>) -> Vec<u8> {
    values.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// Spikes being written.
pub(super) struct SpikeArrays {
    partial: Partial,
    header: Header,
    /// Ticks, populations, ids.
    columns: [Spool; 3],
    spikes: usize,
}

impl SpikeArrays {
    pub fn create(partial: Partial, header: &Header) -> Result<SpikeArrays> {
        let spool = || Spool::new(folder_of(partial.path()));
        let columns = [spool()?, spool()?, spool()?];
        Ok(SpikeArrays { partial, header: header.clone(), columns, spikes: 0 })
    }
}

impl SpikeSink for SpikeArrays {
    fn push(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
        let [ticks, populations, ids] = &mut self.columns;
        for &neuron in neurons {
            let written = ticks
                .write(&tick.to_le_bytes())
                .and_then(|()| populations.write(&(population as u32).to_le_bytes()))
                .and_then(|()| ids.write(&neuron.to_le_bytes()));
            written.map_err(|e| self.partial.error(e))?;
        }
        self.spikes += neurons.len();
        Ok(())
    }

    fn finish(self: Box<Self>, ticks: Tick) -> Result<Partial> {
        let SpikeArrays { partial, header, columns, spikes } = *self;
        let mut file = NpzWriter::create(partial)?;
        file.array("dt_ms", "<f8", &[], &header.dt_ms.to_le_bytes())?;
        file.array("recorded_ticks", "<u4", &[], &ticks.to_le_bytes())?;
        let names: Vec<&str> = header.populations.iter().map(|(name, _)| name.as_str()).collect();
        file.texts("names", &names)?;
        let sizes = u32s(header.populations.iter().map(|&(_, size)| size));
        file.array("sizes", "<u4", &[names.len()], &sizes)?;
        if let Recorded::Only(some) = &header.recorded {
            let rows = some.iter().flat_map(|(p, ids)| [*p as u32, ids.start, ids.end]);
            file.array("recorded", "<u4", &[some.len(), 3], &u32s(rows))?;
        }
        for (name, spool) in ["ticks", "population", "ids"].into_iter().zip(columns) {
            file.spooled(name, "<u4", &[spikes], spool)?;
        }
        file.finish()
    }
}

/// Traces being written.
pub(super) struct TraceArrays {
    partial: Partial,
    header: Header,
    /// For each probe: its values, first tick and number of ticks.
    probes: Vec<(Spool, Tick, usize)>,
}

impl TraceArrays {
    pub fn create(partial: Partial, header: &Header) -> Result<TraceArrays> {
        let spool = |_: &_| Ok((Spool::new(folder_of(partial.path()))?, 0, 0));
        let probes = header.probes.iter().map(spool).collect::<Result<_>>()?;
        Ok(TraceArrays { partial, header: header.clone(), probes })
    }
}

impl TraceSink for TraceArrays {
    fn push(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()> {
        let (spool, first, ticks) = &mut self.probes[probe];
        if *ticks == 0 {
            *first = tick;
        }
        *ticks += 1;
        values.iter().try_for_each(|value| spool.write(&value.to_le_bytes())).map_err(|e| self.partial.error(e))
    }

    fn finish(self: Box<Self>) -> Result<Partial> {
        let TraceArrays { partial, header, probes } = *self;
        let mut file = NpzWriter::create(partial)?;
        file.array("dt_ms", "<f8", &[], &header.dt_ms.to_le_bytes())?;
        let about = AboutProbe::all(&header);
        file.texts("variables", &about.iter().map(|probe| probe.variable.name()).collect::<Vec<_>>())?;
        file.texts("populations", &about.iter().map(|probe| probe.population.as_str()).collect::<Vec<_>>())?;
        file.array("first_ticks", "<u4", &[probes.len()], &u32s(probes.iter().map(|&(_, first, _)| first)))?;
        for (k, (about, (spool, _, ticks))) in about.into_iter().zip(probes).enumerate() {
            let width = about.neurons.len();
            file.array(&format!("neurons_{k}"), "<u4", &[width], &u32s(about.neurons))?;
            file.spooled(&format!("values_{k}"), "<f8", &[ticks, width], spool)?;
        }
        file.finish()
    }
}

/// The only value of an array.
fn scalar<T>(array: &Array, values: Vec<T>) -> Result<T> {
    let count = values.len();
    let only = values.into_iter().next().filter(|_| count == 1);
    only.ok_or_else(|| array.wrong(format!("should be one value, has shape {:?}", array.shape)))
}

fn list<T>(array: &Array, values: Vec<T>, expected: Option<usize>) -> Result<Vec<T>> {
    match array.shape[..] {
        [n] if expected.is_none_or(|expected| expected == n) => Ok(values),
        _ => {
            let expected = expected.map_or("a list".into(), |n| format!("a list of {n}"));
            Err(array.wrong(format!("should be {expected}, has shape {:?}", array.shape)))
        }
    }
}

/// A list of integers, each converted by `check`.
fn checked<T>(
    file: &mut Npz,
    name: &str,
    expected: Option<usize>,
    check: impl Fn(i64) -> std::result::Result<T, String>,
) -> Result<Vec<T>> {
    let array = file.array(name)?;
    let values = list(&array, array.integers()?, expected)?;
    let at = |(i, value)| check(value).map_err(|problem| array.wrong(format!("at place {i} {problem}")));
    values.into_iter().enumerate().map(at).collect()
}

fn whole(value: i64) -> std::result::Result<u32, String> {
    u32::try_from(value).map_err(|_| format!("is {value}: out of range"))
}

fn read_dt(file: &mut Npz) -> Result<f64> {
    let array = file.array("dt_ms")?;
    let dt_ms = scalar(&array, array.floats()?)?;
    check_dt(dt_ms).map_err(|e| array.wrong(e))?;
    Ok(dt_ms)
}

/// Reads spikes as this crate writes them, or `ids` and `times` in ms.
pub(super) fn read_spikes(path: &Path, memory: u64) -> Result<Raw> {
    let mut file = Npz::open_within(path, memory)?;
    if !file.has("ticks") {
        if !file.has("times") || !file.has("ids") {
            let problem = "expected arrays `ids` and `times` (ms), or `ticks` and what belongs to it";
            return Err(Error::file(path, problem));
        }
        let array = file.array("times")?;
        let times = list(&array, array.floats()?, None)?;
        let ids = checked(&mut file, "ids", Some(times.len()), checked_id)?;
        let time = |(i, time)| checked_time(time).map_err(|problem| array.wrong(format!("at place {i} {problem}")));
        let times = times.into_iter().enumerate().map(time).collect::<Result<Vec<_>>>()?;
        let spikes = times.into_iter().zip(ids).map(|(time, id)| (time, 0, id)).collect();
        let populations = vec![(UNNAMED.to_owned(), None)];
        let recorded = Recorded::All;
        return Ok(Raw { dt_ms: None, ticks: None, populations, recorded, spikes: Spikes::Times(spikes) });
    }
    let dt_ms = read_dt(&mut file)?;
    let array = file.array("recorded_ticks")?;
    let length = whole(scalar(&array, array.integers()?)?).map_err(|problem| array.wrong(problem))?;
    let array = file.array("names")?;
    let names = list(&array, array.texts()?, None)?;
    let sizes = checked(&mut file, "sizes", Some(names.len()), whole)?;
    let sized: Vec<(String, u32)> = names.into_iter().zip(sizes).collect();
    let recorded = read_recorded(&mut file, &sized)?;
    let populations: Vec<_> = sized.into_iter().map(|(name, size)| (name, Some(size))).collect();
    let ticks = checked(&mut file, "ticks", None, checked_tick)?;
    let indices = checked(&mut file, "population", Some(ticks.len()), |value| {
        let known = whole(value).ok().filter(|&index| (index as usize) < populations.len());
        known.ok_or_else(|| format!("is {value}, of {} populations", populations.len()))
    })?;
    let ids = checked(&mut file, "ids", Some(ticks.len()), checked_id)?;
    let spikes = ticks.into_iter().zip(indices).zip(ids).map(|((tick, p), id)| (tick, p, id)).collect();
    Ok(Raw { dt_ms: Some(dt_ms), ticks: Some(length), populations, recorded, spikes: Spikes::Ticks(spikes) })
}

/// Neurons whose spikes the file has.
fn read_recorded(file: &mut Npz, populations: &[(String, u32)]) -> Result<Recorded> {
    if !file.has("recorded") {
        return Ok(Recorded::All);
    }
    let array = file.array("recorded")?;
    let [_, 3] = array.shape[..] else {
        return Err(array.wrong(format!("should be [ranges, 3], has shape {:?}", array.shape)));
    };
    let values = array.integers()?;
    let ids = values.chunks_exact(3).map(|row| {
        let [p, from, to] = [row[0], row[1], row[2]].map(|value| u32::try_from(value).ok());
        let (p, ids) = (p? as usize, from?..to?);
        populations.get(p).filter(|(_, size)| ids.start < ids.end && ids.end <= *size).map(|_| (p, ids))
    });
    let ids = ids.collect::<Option<Vec<_>>>().ok_or_else(|| array.wrong("has neurons that do not exist"))?;
    Ok(Recorded::new(ids, populations))
}

/// Reads traces as this crate writes them.
pub(super) fn read_traces(path: &Path) -> Result<Vec<Trace>> {
    let mut file = Npz::open(path)?;
    let dt_ms = read_dt(&mut file)?;
    let array = file.array("variables")?;
    let variable = |name: String| {
        let known = Variable::ALL.into_iter().find(|variable| variable.name() == name);
        known.ok_or_else(|| array.wrong(format!("has an unknown variable '{name}'")))
    };
    let variables = list(&array, array.texts()?, None)?.into_iter().map(variable).collect::<Result<Vec<_>>>()?;
    let array = file.array("populations")?;
    let names = list(&array, array.texts()?, Some(variables.len()))?;
    let first_ticks = checked(&mut file, "first_ticks", Some(variables.len()), checked_tick)?;
    let mut traces = Vec::with_capacity(variables.len());
    for (k, ((variable, population), first_tick)) in variables.into_iter().zip(names).zip(first_ticks).enumerate() {
        let neurons = checked(&mut file, &format!("neurons_{k}"), None, checked_id)?;
        let array = file.array(&format!("values_{k}"))?;
        let values = match array.shape[..] {
            [_, width] if width == neurons.len() => array.floats()?,
            _ => return Err(array.wrong(format!("should be [ticks, {}], has shape {:?}", neurons.len(), array.shape))),
        };
        traces.push(Trace { variable, population, neurons, dt_ms, first_tick, values });
    }
    Ok(traces)
}
