//! Prophesee's `.raw`: EVT 2.0 and 3.0.

use super::bytes::Bytes;
use super::event::{Event, Take};
use crate::error::{Error, Result};
use std::path::Path;

/// How events are encoded.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Encoding {
    Evt2,
    Evt3,
}

/// Width and height, if there are both.
pub(super) fn sizes(width: Option<&str>, height: Option<&str>) -> std::result::Result<Option<[u32; 2]>, String> {
    let size = |text: &str| text.parse().map_err(|_| format!("has '{text}' for a size of its sensor"));
    Ok(match (width, height) {
        (Some(width), Some(height)) => Some([size(width)?, size(height)?]),
        _ => None,
    })
}

/// The sensor's width and height where the header has them.
pub(super) fn sensor(path: &Path) -> Result<Option<[u32; 2]>> {
    Ok(open(path)?.2)
}

/// The file behind its header.
fn open(path: &Path) -> Result<(Bytes, Encoding, Option<[u32; 2]>)> {
    let mut bytes = Bytes::open(path)?;
    let header = bytes.lines(b"% ", "% end")?;
    let (mut encoding, mut sensor) = (None, None);
    for line in &header {
        let (name, value) = line.trim_start_matches("% ").split_once(' ').unwrap_or_default();
        match name {
            "evt" => encoding = Some(value.trim().to_owned()),
            "format" => {
                let mut fields = value.trim().split(';');
                encoding = fields.next().map(str::to_owned);
                let fields: Vec<(&str, &str)> = fields.filter_map(|field| field.split_once('=')).collect();
                let of = |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
                let found = sizes(of("width"), of("height")).map_err(|problem| bytes.wrong(problem))?;
                sensor = found.or(sensor);
            }
            "geometry" => {
                let (width, height) = value.trim().split_once('x').unzip();
                sensor = sizes(width, height).map_err(|problem| bytes.wrong(problem))?;
            }
            _ => {}
        }
    }
    let encoding = match encoding.as_deref() {
        Some("2.0" | "EVT2") => Encoding::Evt2,
        Some("3.0" | "EVT3") => Encoding::Evt3,
        Some(other) => {
            let problem = format!("is encoded as '{other}': EVT 2.0 and EVT 3.0 are read");
            return Err(bytes.wrong(problem).with_hint("convert it to .dat with Prophesee's metavision_file_to_dat"));
        }
        None => {
            let problem =
                "does not say how it is encoded: expected a line '% evt 2.0' or '% format EVT3' in its header";
            return Err(bytes.wrong(problem));
        }
    };
    Ok((bytes, encoding, sensor))
}

pub(super) fn each(path: &Path, take: &mut Take) -> Result<()> {
    let (bytes, encoding, _) = open(path)?;
    match encoding {
        Encoding::Evt2 => each_of_2(bytes, take),
        Encoding::Evt3 => each_of_3(bytes, take),
    }
}

/// An error about a word of a type that the encoding does not have.
fn unknown(bytes: &Bytes, kind: u32) -> Error {
    bytes.wrong(format!("word {} has the unknown type {kind:#x}; is it damaged?", bytes.records() - 1))
}

/// The high bits of time, which begin again when they run over.
#[derive(Default)]
struct High {
    /// Those of the last word; none before the first.
    last: Option<u64>,
    loops: u64,
}

impl High {
    /// Takes the next, of `1 << bits`. A fall by half of the range and more is the clock that ran over.
    fn set(&mut self, high: u64, bits: u32) {
        if self.last.is_some_and(|last| last >= high + (1 << (bits - 1))) {
            self.loops += 1 << bits;
        }
        self.last = Some(high);
    }

    /// All high bits; none before the first, where times are not known.
    fn all(&self) -> Option<u64> {
        self.last.map(|last| self.loops + last)
    }
}

/// Words of 32 bits, little endian; the highest 4 are the type. Events before the first word of
/// time have no time and are left out, as the maker's decoder does.
fn each_of_2(mut bytes: Bytes, take: &mut Take) -> Result<()> {
    let mut high = High::default();
    while let Some(word) = bytes.next()? {
        let word = u32::from_le_bytes(word);
        match word >> 28 {
            kind @ (0 | 1) => {
                let Some(base) = high.all() else { continue };
                let us = base << 6 | u64::from(word >> 22 & 0x3f);
                let event = Event { us, x: word >> 11 & 0x7ff, y: word & 0x7ff, on: kind == 1 };
                if take(event)?.is_break() {
                    break;
                }
            }
            8 => high.set(u64::from(word & 0x0fff_ffff), 28),
            // Triggers, other measurements and what continues them.
            0xa | 0xe | 0xf => {}
            kind => return Err(unknown(&bytes, kind)),
        }
    }
    Ok(())
}

/// Words of 16 bits, little endian; the highest 4 are the type. A row, a time, a polarity hold until
/// the next one; a word of a vector is 8 or 12 neighbouring pixels.
fn each_of_3(mut bytes: Bytes, take: &mut Take) -> Result<()> {
    let (mut high, mut low) = (High::default(), 0);
    let (mut y, mut base, mut base_on) = (None, None, false);
    while let Some(word) = bytes.next()? {
        let word = u32::from(u16::from_le_bytes(word));
        let (kind, value) = (word >> 12, word & 0xfff);
        // First pixel, one bit for each that changed, polarity.
        let (first, changed, on) = match kind {
            0 => {
                y = Some(value & 0x7ff);
                continue;
            }
            2 => (value & 0x7ff, 1, value >> 11 == 1),
            3 => {
                (base, base_on) = (Some(value & 0x7ff), value >> 11 == 1);
                continue;
            }
            4 | 5 => {
                let Some(first) = base else {
                    let problem = format!("word {} is a vector without a base; is it damaged?", bytes.records() - 1);
                    return Err(bytes.wrong(problem));
                };
                let width = if kind == 4 { 12 } else { 8 };
                base = Some(first.saturating_add(width));
                (first, value & ((1 << width) - 1), base_on)
            }
            6 => {
                low = u64::from(value);
                continue;
            }
            8 => {
                if high.last != Some(u64::from(value)) {
                    low = 0;
                }
                high.set(u64::from(value), 12);
                continue;
            }
            // Triggers, inertia, other measurements and what continues them.
            7 | 0xa..=0xf => continue,
            kind => return Err(unknown(&bytes, kind)),
        };
        let Some(time) = high.all() else { continue };
        let Some(y) = y else {
            let problem = format!("word {} is a pixel without a row; is it damaged?", bytes.records() - 1);
            return Err(bytes.wrong(problem));
        };
        for x in
            (0..12).zip(first..=first.saturating_add(11)).filter(|(bit, _)| changed >> bit & 1 == 1).map(|(_, x)| x)
        {
            if take(Event { us: time << 12 | low, x, y, on })?.is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}
