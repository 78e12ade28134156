//! The memory that is free, and the refusal of requests for more.

use crate::error::{Error, Result};

/// Memory limit when the free memory is unknown.
const DEFAULT_LIMIT: u64 = 16 << 30;

/// Free memory in bytes: that of the system, or less if the process or its control group has a
/// limit.
pub(crate) fn free() -> u64 {
    let system = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    });
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    let [limits, status] = ["/proc/self/limits", "/proc/self/status"].map(|path| std::fs::read_to_string(path).ok());
    let own = limits.zip(status).and_then(|(limits, status)| left_of_addresses(&limits, &status));
    system.into_iter().chain(group).chain(own).min().unwrap_or(DEFAULT_LIMIT)
}

/// Bytes of address space that a process may still take, if they are limited, by its `limits` and
/// `status`.
fn left_of_addresses(limits: &str, status: &str) -> Option<u64> {
    let most = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let taken = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?.trim().strip_suffix("kB")?;
    let most: u64 = most.split_whitespace().next()?.parse().ok()?;
    Some(most.saturating_sub(taken.trim().parse::<u64>().ok()?.saturating_mul(1024)))
}

/// A number of bytes in the unit that makes it short: `1.5 MiB`.
pub fn bytes(n: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let power = (0..6).rev().find(|&power| n >> (10 * (power + 1)) > 0).map_or(0, |power| power + 1);
    match power {
        0 => format!("{n} bytes"),
        _ => format!("{:.1} {}", n as f64 / (1_u64 << (10 * power)) as f64, units[power]),
    }
}

/// Refuses an allocation that does not fit in the free memory, before it is made.
///
/// # Errors
/// If `needed` bytes are more than the free memory.
pub(crate) fn check(what: &str, needed: u64) -> Result<()> {
    let free = free();
    if needed <= free {
        Ok(())
    } else {
        Err(Error::value(what, format!("needs {} of memory, {} are free", bytes(needed), bytes(free))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_the_process_counts() {
        let limits = "Limit   Soft Limit   Hard Limit   Units\nMax address space         8192000              unlimited            bytes\n";
        assert_eq!(left_of_addresses(limits, "Name:\tx\nVmSize:\t    2000 kB\n"), Some(8_192_000 - 2_048_000));
        assert_eq!(left_of_addresses(&limits.replace("8192000 ", "unlimited "), "VmSize:\t 2000 kB\n"), None);
    }
}
