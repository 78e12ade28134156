//! AEDAT 2.0 and 3.1, as jAER and cAER write them.

use super::bytes::{Bytes, halves};
use super::event::{Event, Take};
use crate::error::Result;
use std::path::Path;

/// The first line of a file, before its version.
const START: &str = "#!AER-DAT";

/// The line behind which an AEDAT 3.1 file has its packets.
const END: &str = "#!END-HEADER";

/// Pixels of a DVS128 along each side.
const DVS128: u32 = 128;

/// The versions that are read.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Version {
    V2,
    V3,
}

/// The sensor's width and height where the header has them.
pub(super) fn sensor(path: &Path) -> Result<Option<[u32; 2]>> {
    Ok(open(path)?.2)
}

/// The file behind its header.
fn open(path: &Path) -> Result<(Bytes, Version, Option<[u32; 2]>)> {
    let mut bytes = Bytes::open(path)?;
    let header = bytes.lines(b"#", END)?;
    let version = header.first().and_then(|line| line.strip_prefix(START)).map(str::trim);
    let value = |name: &str| header.iter().find_map(|line| line.split_once(name)).map(|(_, value)| value.trim());
    match version {
        Some("2.0") => match value("AEChip:") {
            Some(chip) if !chip.ends_with("DVS128") => {
                let problem = format!("is of the camera '{chip}': AEDAT 2.0 is read of a DVS128");
                Err(bytes.wrong(problem).with_hint("write its events as numpy records x, y, t, p"))
            }
            _ => Ok((bytes, Version::V2, Some([DVS128; 2]))),
        },
        Some("3.1") => {
            if header.last().is_none_or(|line| line != END) {
                return Err(bytes.wrong(format!("has no line '{END}'; is it truncated?")));
            }
            if let Some(format) = value("#Format:").filter(|format| *format != "RAW") {
                return Err(bytes.wrong(format!("has packets in the format '{format}': RAW is read")));
            }
            let camera = header.iter().find_map(|line| line.strip_prefix("#Source ")?.split_once(':'));
            let sensor = camera.and_then(|(_, name)| match name.trim() {
                "DVS128" => Some([DVS128; 2]),
                name if name.starts_with("DAVIS240") => Some([240, 180]),
                name if name.starts_with("DAVIS346") => Some([346, 260]),
                _ => None,
            });
            Ok((bytes, Version::V3, sensor))
        }
        Some(version) => {
            let problem = format!("is AEDAT {version}: versions 2.0 and 3.1 are read");
            Err(bytes.wrong(problem).with_hint(
                "write its events as numpy records x, y, t, p, for instance with the Python package aedat or dv-processing",
            ))
        }
        None => Err(bytes.wrong(format!("is no AEDAT file: expected it to begin with {START}"))),
    }
}

pub(super) fn each(path: &Path, take: &mut Take) -> Result<()> {
    let (bytes, version, _) = open(path)?;
    match version {
        Version::V2 => each_of_2(bytes, take),
        Version::V3 => each_of_3(bytes, take),
    }
}

/// An event is 8 bytes: an address and a time in microseconds, 32 bits each, big endian. In the
/// address of a DVS128, bit 15 is set for what is no pixel, bits 14 to 8 are the row from below, bits
/// 7 to 1 the column from the right, and bit 0 is set if the pixel became darker.
fn each_of_2(mut bytes: Bytes, take: &mut Take) -> Result<()> {
    while let Some(record) = bytes.next::<8>()? {
        let [address, us] = halves(record).map(u32::from_be_bytes);
        if address >> 15 & 1 == 1 {
            continue;
        }
        let [column, row] = [address >> 1 & 0x7f, address >> 8 & 0x7f];
        let event = Event { us: us.into(), x: DVS128 - 1 - column, y: DVS128 - 1 - row, on: address & 1 == 0 };
        if take(event)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Packets of events of one type, little endian. Of polarity events, type 1, 8 bytes each, the first
/// word has from the lowest bit on: valid, polarity (1: brighter), 15 bits y, 15 bits x; the second
/// is the time in microseconds, whose overflows the packet counts.
fn each_of_3(mut bytes: Bytes, take: &mut Take) -> Result<()> {
    let (mut packet, mut events) = (0_u64, 0_u64);
    let cut =
        |packet: u64, events: u64| format!("ends within packet {packet}, behind event {events}; is it truncated?");
    while bytes.left() > 0 {
        if bytes.left() < 28 {
            return Err(bytes.wrong(cut(packet, events)));
        }
        let Some(head) = bytes.next::<28>()? else { break };
        let kind = i16::from_le_bytes([head[0], head[1]]);
        let word = |at: usize| i32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let [size, overflows, capacity, number] = [4, 12, 16, 20].map(|at| u64::try_from(word(at)).ok());
        let (Some(size), Some(overflows), Some(capacity), Some(number)) = (size, overflows, capacity, number) else {
            return Err(bytes.wrong(format!("has a negative size in the header of packet {packet}; is it damaged?")));
        };
        if number > capacity || kind == 1 && size != 8 {
            let problem = format!("packet {packet} has {number} of {capacity} events of {size} bytes; is it damaged?");
            return Err(bytes.wrong(problem));
        }
        let body = capacity * size;
        if body > bytes.left() {
            return Err(bytes.wrong(cut(packet, events)));
        }
        packet += 1;
        if kind != 1 {
            bytes.skip(body)?;
            continue;
        }
        for _ in 0..number {
            let Some(record) = bytes.next::<8>()? else { break };
            let [word, time] = halves(record).map(u32::from_le_bytes);
            events += 1;
            if word & 1 == 0 {
                continue;
            }
            let us = overflows << 31 | u64::from(time & 0x7fff_ffff);
            let event = Event { us, x: word >> 17, y: word >> 2 & 0x7fff, on: word >> 1 & 1 == 1 };
            if take(event)?.is_break() {
                return Ok(());
            }
        }
        bytes.skip((capacity - number) * size)?;
    }
    Ok(())
}
