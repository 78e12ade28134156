//! Memory that is free, and what asks for more.

use crate::error::{Error, Result};

/// What may be used where the memory that is free cannot be found out.
const DEFAULT_LIMIT: u64 = 16 << 30;

/// Memory that is free, bytes: what the system says, or a limit that was set for this group of processes.
pub(crate) fn free() -> u64 {
    let system = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    });
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    system.into_iter().chain(group).min().unwrap_or(DEFAULT_LIMIT)
}

/// Bytes in the unit that leaves a short number.
pub fn bytes(n: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let power = (0..6).rev().find(|&power| n >> (10 * (power + 1)) > 0).map_or(0, |power| power + 1);
    match power {
        0 => format!("{n} bytes"),
        _ => format!("{:.1} {}", n as f64 / (1_u64 << (10 * power)) as f64, units[power]),
    }
}

/// Refuses a request that the free memory does not hold, before it is made.
///
/// # Errors
/// With its size.
pub(crate) fn check(what: &str, needed: u64) -> Result<()> {
    let free = free();
    match needed <= free {
        true => Ok(()),
        false => Err(Error::value(what, format!("needs {} of memory, {} are free", bytes(needed), bytes(free)))),
    }
}
