//! Prophesee's `.dat`.

use super::bytes::{Bytes, halves};
use super::event::{Event, Take};
use super::evt::sizes;
use crate::error::Result;
use std::path::Path;

/// The file behind its header, and the sensor's width and height where the header has them.
pub(super) fn open(path: &Path) -> Result<(Bytes, Option<[u32; 2]>)> {
    let mut bytes = Bytes::open(path)?;
    let header = bytes.lines(b"% ", "% end")?;
    let value = |name: &str| {
        let fields = header.iter().filter_map(|line| line.strip_prefix("% ")?.trim().split_once(' '));
        fields.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    };
    if let Some(version) = value("version").filter(|version| *version != "2") {
        return Err(bytes.wrong(format!("is of version '{version}' of .dat: version 2 is read")));
    }
    let sensor = sizes(value("width"), value("height")).map_err(|problem| bytes.wrong(problem))?;
    // Files without a header are older than these two bytes.
    if !header.is_empty() {
        let Some([kind, size]) = bytes.next()? else { return Ok((bytes, sensor)) };
        if !matches!((kind, size), (0 | 12, 8)) {
            let problem = format!("has events of type {kind} and {size} bytes: changes of pixels are 0 or 12, of 8");
            return Err(bytes.wrong(problem));
        }
    }
    Ok((bytes, sensor))
}

/// An event is 8 bytes, little endian: 32 bits of time in microseconds, 14 bits x, 14 bits y and 4
/// bits of polarity (1: brighter), from the lowest on.
pub(super) fn each(path: &Path, take: &mut Take) -> Result<()> {
    let (mut bytes, _) = open(path)?;
    while let Some(record) = bytes.next::<8>()? {
        let [us, word] = halves(record).map(u32::from_le_bytes);
        let event = Event { us: us.into(), x: word & 0x3fff, y: word >> 14 & 0x3fff, on: word >> 28 & 1 == 1 };
        if take(event)?.is_break() {
            break;
        }
    }
    Ok(())
}
