//! Spikes in the HDF5 layout of SONATA.

use super::choice::Recorded;
use super::header::{Header, check_dt, group_problem};
use super::raw::{Choose, Raw, Spikes, UNNAMED, checked_id, checked_tick, checked_time};
use super::sink::SpikeSink;
use crate::base::files::Partial;
use crate::error::{Error, Result};
use crate::formats::h5::H5;
use crate::spiking::Tick;
use hdf5_pure::{AttrValue, Dataset, File, FileAccessProperties, FileBuilder, MaxExtent, SyncPolicy};
use std::path::Path;

/// Spikes of a population that are collected in memory before they are written.
pub(super) const CHUNK: usize = 8192;

/// Starts a file of spikes.
pub(super) fn create(partial: Partial, header: &Header) -> Result<Box<dyn SpikeSink>> {
    Ok(Box::new(Writer::create(partial, header)?))
}

/// A file of spikes being written.
struct Writer {
    partial: Partial,
    file: File,
    populations: Vec<Population>,
    dt_ms: f64,
}

struct Population {
    group: String,
    /// In the order of [`COLUMNS`].
    columns: [Dataset; 3],
    ticks: Vec<u32>,
    ids: Vec<u64>,
}

/// Name of the list of ranges of recorded neurons, `[first, one past the last, ...]`; absent if all
/// are recorded.
const RECORDED: &str = "recorded";

const COLUMNS: [&str; 3] = ["timestamps", "node_ids", "ticks"];

impl Writer {
    fn create(mut partial: Partial, header: &Header) -> Result<Writer> {
        let mut builder = FileBuilder::new();
        let mut spikes = builder.create_group("spikes");
        for (index, (name, size)) in header.populations.iter().enumerate() {
            if let Some(problem) = group_problem(name) {
                return Err(Error::value("population", problem).with_hint("rename it or record as csv or npz"));
            }
            let mut group = spikes.create_group(name);
            // The specification has an enumeration here, which this library cannot write; the Allen
            // Institute's own tools write and read the name.
            group.set_attr("sorting", AttrValue::VarLenString("by_time".into()));
            group.set_attr("dt_ms", AttrValue::F64(header.dt_ms));
            group.set_attr("size", AttrValue::U32(*size));
            group.set_attr("index", AttrValue::U32(index as u32));
            group.set_attr("recorded_ticks", AttrValue::U32(0));
            if header.recorded != Recorded::All {
                let ranges = header.recorded.of(index, *size);
                let ends: Vec<u32> = ranges.into_iter().flat_map(|ids| [ids.start, ids.end]).collect();
                group.create_dataset(RECORDED).with_u32_data(&ends).with_shape(&[ends.len() as u64]);
            }
            for column in COLUMNS {
                let dataset = group.create_dataset(column);
                match column {
                    "timestamps" => {
                        dataset.with_f64_data(&[]).set_attr("units", AttrValue::VarLenString("milliseconds".into()))
                    }
                    "node_ids" => dataset.with_u64_data(&[]),
                    _ => dataset.with_u32_data(&[]),
                };
                dataset.with_shape(&[0]).with_maxshape(&[MaxExtent::Unlimited]).with_chunks(&[CHUNK as u64]);
            }
            spikes.add_group(group.finish());
        }
        builder.add_group(spikes.finish());
        let properties = FileAccessProperties::new().with_sync_policy(SyncPolicy::OnClose);
        let path = partial.handed_over();
        let file = builder.write(path).and_then(|()| File::open_rw_with_options(path, properties));
        let fail = |e: hdf5_pure::Error| partial.error(e);
        let file = file.map_err(fail)?;
        let open = |(name, _): &(String, u32)| {
            let group = format!("spikes/{name}");
            let [a, b, c] = COLUMNS.map(|column| file.dataset(&format!("{group}/{column}")));
            Ok(Population { group, columns: [a?, b?, c?], ticks: Vec::new(), ids: Vec::new() })
        };
        let populations = header.populations.iter().map(open).collect::<std::result::Result<_, _>>().map_err(fail)?;
        Ok(Writer { partial, file, populations, dt_ms: header.dt_ms })
    }
}

impl Population {
    fn flush(&mut self, dt_ms: f64) -> std::result::Result<(), hdf5_pure::Error> {
        let times: Vec<f64> = self.ticks.iter().map(|&tick| f64::from(tick) * dt_ms).collect();
        let [timestamps, node_ids, ticks] = &mut self.columns;
        timestamps.append(&times)?;
        node_ids.append(&self.ids)?;
        ticks.append(&self.ticks)?;
        self.ticks.clear();
        self.ids.clear();
        Ok(())
    }
}

impl SpikeSink for Writer {
    fn push(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
        let population = &mut self.populations[population];
        for &neuron in neurons {
            population.ticks.push(tick);
            population.ids.push(neuron.into());
            if population.ticks.len() == CHUNK {
                population.flush(self.dt_ms).map_err(|e| self.partial.error(e))?;
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, ticks: Tick) -> Result<Partial> {
        let Writer { partial, file, populations, dt_ms } = *self;
        let end = || {
            for mut population in populations {
                if !population.ticks.is_empty() {
                    population.flush(dt_ms)?;
                }
                file.group(&population.group)?.set_attr("recorded_ticks", AttrValue::U32(ticks))?;
            }
            file.close()
        };
        end().map_err(|e: hdf5_pure::Error| partial.error(e))?;
        Ok(partial)
    }
}

/// Reads `/spikes/<population>/{timestamps, node_ids}`, with `ticks` where this crate wrote the
/// file; or, in the older layout without names of populations, `/spikes/{timestamps, gids}`.
pub(super) fn read(path: &Path, choose: Option<Choose>, memory: u64) -> Result<Raw> {
    let file = H5::open_within(path, memory)?;
    let (groups, datasets) = file.members("spikes")?;
    if datasets.iter().any(|name| name == "timestamps") {
        choose.map_or(Ok(0), |choose| choose(&[UNNAMED]))?;
        let ids = if datasets.iter().any(|name| name == "gids") { "spikes/gids" } else { "spikes/node_ids" };
        let spikes = columns(&file, "spikes/timestamps", ids)?;
        let spikes = spikes.into_iter().map(|(time, id)| (time, 0, id)).collect();
        let populations = vec![(UNNAMED.to_owned(), None)];
        let recorded = Recorded::All;
        return Ok(Raw { dt_ms: None, ticks: None, populations, recorded, spikes: Spikes::Times(spikes) });
    }
    if groups.is_empty() {
        return Err(file.wrong("spikes", "holds no population"));
    }
    let mut names = in_order(&file, groups)?;
    if let Some(choose) = choose {
        let wanted = choose(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
        names = vec![names.swap_remove(wanted)];
    }
    let (mut dt_ms, mut length, mut populations) = (None, None, Vec::with_capacity(names.len()));
    let (mut exact, mut times, mut recorded) = (Vec::new(), Vec::new(), Vec::new());
    for (index, name) in names.into_iter().enumerate() {
        let field = |column: &str| format!("spikes/{name}/{column}");
        let (_, datasets) = file.members(&format!("spikes/{name}"))?;
        if datasets.iter().any(|name| name == "ticks") {
            let missing = || file.wrong(&format!("spikes/{name}"), "has 'ticks' but no attribute 'dt_ms'");
            let own = attribute(&file, &name, "dt_ms")?.ok_or_else(missing)?;
            check_dt(own).map_err(|e| file.wrong(&format!("spikes/{name}"), e))?;
            if *dt_ms.get_or_insert(own) != own {
                return Err(file.wrong(&format!("spikes/{name}"), "has another dt_ms than the populations before"));
            }
            length = length.max(whole(&file, &name, "recorded_ticks")?);
            let spikes = exact_columns(&file, &field("ticks"), &field("node_ids"))?;
            exact.extend(spikes.into_iter().map(|(tick, id)| (tick, index as u32, id)));
        } else {
            let spikes = columns(&file, &field("timestamps"), &field("node_ids"))?;
            times.extend(spikes.into_iter().map(|(time, id)| (time, index as u32, id)));
        }
        let size = whole(&file, &name, "size")?;
        if datasets.iter().any(|name| name == RECORDED) {
            let ends = file.integers(&field(RECORDED))?;
            let ids = ends.chunks(2).map(|ends| match ends {
                &[from, to] if 0 <= from && from < to && to <= size.map_or(0, i64::from) => {
                    Some((index, from as u32..to as u32))
                }
                _ => None,
            });
            let wrong = || file.wrong(&field(RECORDED), "has neurons that do not exist");
            recorded.extend(ids.collect::<Option<Vec<_>>>().ok_or_else(wrong)?);
        } else {
            recorded.push((index, 0..size.unwrap_or(u32::MAX)));
        }
        populations.push((name, size));
    }
    let sized: Vec<(String, u32)> =
        populations.iter().map(|(name, size): &(String, _)| (name.clone(), size.unwrap_or(u32::MAX))).collect();
    let recorded = Recorded::new(recorded, &sized);
    // Merged files may have populations with and without ticks; both have times.
    let spikes = if times.is_empty() {
        Spikes::Ticks(exact)
    } else {
        let own = dt_ms.unwrap_or(1.0);
        times.extend(exact.into_iter().map(|(tick, p, id)| (f64::from(tick) * own, p, id)));
        Spikes::Times(times)
    };
    Ok(Raw { dt_ms, ticks: length, populations, recorded, spikes })
}

/// The populations `names`, by their attribute `index`; those without one come last, by name.
fn in_order(file: &H5, names: Vec<String>) -> Result<Vec<String>> {
    let mut order = Vec::with_capacity(names.len());
    for name in names {
        let index = attribute(file, &name, "index")?;
        order.push((index.unwrap_or(f64::INFINITY), name));
    }
    order.sort_by(|(a, x), (b, y)| a.total_cmp(b).then_with(|| x.cmp(y)));
    Ok(order.into_iter().map(|(_, name)| name).collect())
}

/// Tick and id of each spike.
fn exact_columns(file: &H5, ticks: &str, node_ids: &str) -> Result<Vec<(Tick, u32)>> {
    let (found, ids) = (file.integers(ticks)?, file.integers(node_ids)?);
    same_length(file, node_ids, ids.len(), found.len())?;
    let pair = |(i, (tick, id)): (usize, (i64, i64))| {
        let tick = checked_tick(tick).map_err(|e| at(file, ticks, i, e))?;
        Ok((tick, checked_id(id).map_err(|e| at(file, node_ids, i, e))?))
    };
    found.into_iter().zip(ids).enumerate().map(pair).collect()
}

/// Time in ms and id of each spike.
fn columns(file: &H5, timestamps: &str, node_ids: &str) -> Result<Vec<(f64, u32)>> {
    let units = file.dataset(timestamps)?.attribute("units").and_then(|units| units.read_string());
    if let Some(other) = units.ok().filter(|units| !matches!(units.as_str(), "ms" | "milliseconds" | "millisecond")) {
        return Err(file.wrong(timestamps, format!("is in {other}: expected milliseconds")));
    }
    let times = file.floats(timestamps)?;
    let ids = file.integers(node_ids)?;
    same_length(file, node_ids, ids.len(), times.len())?;
    let pair = |(i, (time, id)): (usize, (f64, i64))| {
        let time = checked_time(time).map_err(|e| at(file, timestamps, i, e))?;
        Ok((time, checked_id(id).map_err(|e| at(file, node_ids, i, e))?))
    };
    times.into_iter().zip(ids).enumerate().map(pair).collect()
}

fn same_length(file: &H5, name: &str, found: usize, expected: usize) -> Result<()> {
    if found == expected { Ok(()) } else { Err(file.wrong(name, format!("has {found} values for {expected} spikes"))) }
}

fn at(file: &H5, name: &str, i: usize, problem: String) -> Error {
    file.wrong(name, format!("at place {i} {problem}"))
}

/// A numeric attribute of a population, if present.
fn attribute(file: &H5, population: &str, name: &str) -> Result<Option<f64>> {
    let group = format!("spikes/{population}");
    let attributes = file.group(&group).and_then(|found| file.read(&group, || found.attributes()))?;
    let found = attributes.iter().find(|attribute| attribute.name == name);
    found.map(|attribute| file.read(&group, || attribute.read_as_f64())).transpose()
}

/// An attribute of a population that must be an unsigned integer, if present.
fn whole(file: &H5, population: &str, name: &str) -> Result<Option<u32>> {
    let fits =
        |value: f64| (value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value)).then_some(value as u32);
    let wrong = || file.wrong(&format!("spikes/{population}"), format!("has a wrong attribute {name}"));
    attribute(file, population, name)?.map(|value| fits(value).ok_or_else(wrong)).transpose()
}
