//! Events as numpy keeps them: records with the fields x, y, t and p in `.npy`, as Tonic has them,
//! or arrays of these names in `.npz`, as SpikingJelly has them. Times are microseconds, p is 1 or
//! true for brighter, 0, -1 or false for darker.

use super::bytes::Bytes;
use super::event::{Event, Take};
use crate::base::files::ending;
use crate::error::{Error, Result};
use crate::formats::npy::{Records, integers};
use crate::formats::npz::Npz;
use std::io::Read;
use std::path::Path;

/// Names of the fields.
const FIELDS: [&str; 4] = ["x", "y", "t", "p"];

/// The most bytes that a header takes.
const MOST_HEADER: u64 = 1 << 16;

/// Whether a file is one of events, of records or with arrays of their names.
pub(super) fn holds_events(path: &Path) -> bool {
    match ending(path) == "npz" {
        true => Npz::open(path).is_ok_and(|file| FIELDS.iter().all(|name| file.has(name))),
        false => head(path).is_ok_and(|bytes| Records::parse(&bytes).is_ok()),
    }
}

/// The first bytes of a file.
fn head(path: &Path) -> Result<Vec<u8>> {
    let fail = |e| Error::caused_by(path, "cannot read", e);
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(fail)?.take(MOST_HEADER).read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

/// An event of its four numbers.
fn event(path: &Path, number: usize, [x, y, t, p]: [i64; 4]) -> Result<Event> {
    let parts = (u64::try_from(t).ok(), u32::try_from(x).ok(), u32::try_from(y).ok());
    match (parts, p) {
        ((Some(us), Some(x), Some(y)), -1..=1) => Ok(Event { us, x, y, on: p == 1 }),
        _ => {
            let problem =
                format!("event {number} has x {x}, y {y}, t {t}, p {p}: expected x, y and t of 0 and more, p 0 or 1");
            Err(Error::file(path, problem))
        }
    }
}

pub(super) fn each(path: &Path, take: &mut Take) -> Result<()> {
    match ending(path) == "npz" {
        true => each_of_arrays(path, take),
        false => each_record(path, take),
    }
}

fn each_record(path: &Path, take: &mut Take) -> Result<()> {
    let header = Records::parse(&head(path)?).map_err(|problem| Error::file(path, problem))?;
    let size = header.fields.iter().try_fold(0_usize, |sum, (_, dtype)| sum.checked_add(dtype.size));
    let mut bytes = Bytes::open(path)?;
    bytes.skip(header.data_start as u64)?;
    let Some(size) = size.filter(|size| size.checked_mul(header.count).is_some_and(|n| n as u64 == bytes.left()))
    else {
        let problem = format!("{} bytes of data are not {} records; is it truncated?", bytes.left(), header.count);
        return Err(bytes.wrong(problem));
    };
    let place = |name: &str| {
        let known = header.fields.iter().position(|(field, dtype)| field == name && dtype.is_integer());
        let start = known.map(|at| (header.fields[..at].iter().map(|(_, dtype)| dtype.size).sum::<usize>(), at));
        start.ok_or_else(|| {
            let known: Vec<&str> = header.fields.iter().map(|(name, _)| &name[..]).collect();
            let problem = format!("has no integers '{name}' among its fields {}", known.join(", "));
            bytes.wrong(problem).with_hint("events are records with the fields x, y, t (microseconds) and p")
        })
    };
    let mut places = [(0, 0); 4];
    for (found, name) in places.iter_mut().zip(FIELDS) {
        *found = place(name)?;
    }
    let mut record = vec![0; size];
    for number in 0..header.count {
        bytes.fill(&mut record)?;
        let value = |(start, at): (usize, usize)| {
            let dtype = header.fields[at].1;
            let raw = &record[start..start + dtype.size];
            integers(raw, dtype.size, dtype.kind == 'i', dtype.big_endian).next().unwrap_or_default()
        };
        if take(event(path, number, places.map(value))?)?.is_break() {
            break;
        }
    }
    Ok(())
}

fn each_of_arrays(path: &Path, take: &mut Take) -> Result<()> {
    let mut file = Npz::open(path)?;
    let mut list = |name: &str| {
        let array = file.array(name)?;
        match array.shape[..] {
            [_] => array.integers(),
            ref shape => Err(array.wrong(format!("should be a list, has shape {shape:?}"))),
        }
    };
    let [x, y, t, p] = [list("x")?, list("y")?, list("t")?, list("p")?];
    let counts = [x.len(), y.len(), t.len(), p.len()];
    if counts.iter().any(|&count| count != counts[0]) {
        return Err(Error::file(path, format!("x, y, t and p have {counts:?} values: expected as many of each")));
    }
    for number in 0..x.len() {
        let found = event(path, number, [x[number], y[number], t[number], p[number]])?;
        if take(found)?.is_break() {
            break;
        }
    }
    Ok(())
}
