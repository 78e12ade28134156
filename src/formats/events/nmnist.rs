//! N-MNIST's `.bin`, also called `.bs2`.

use super::bytes::Bytes;
use super::event::{Event, Take};
use crate::error::Result;
use std::path::Path;

/// The y of an event that is no pixel: the camera's clock ran over, and all later times are 2^13 us
/// later than they say.
pub(super) const OVERFLOW: u32 = 240;

/// An event is 5 bytes: x, y, then 1 bit of polarity (1: brighter) and 23 bits of time in
/// microseconds, big endian.
pub(super) fn each(path: &Path, take: &mut Take) -> Result<()> {
    let mut bytes = Bytes::open(path)?;
    let mut overflow_us = 0;
    while let Some([x, y, a, b, c]) = bytes.next()? {
        if u32::from(y) == OVERFLOW {
            overflow_us += 1 << 13;
            continue;
        }
        let word = u32::from_be_bytes([0, a, b, c]);
        let us = u64::from(word & 0x7f_ffff) + overflow_us;
        if take(Event { us, x: x.into(), y: y.into(), on: word >> 23 == 1 })?.is_break() {
            break;
        }
    }
    Ok(())
}
