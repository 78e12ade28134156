//! Times in ms as whole numbers of ticks.

use super::spec::GRID_TOLERANCE;
use crate::error::short;
use crate::spiking::Tick;

/// A time in ms.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Ms(pub f64);

/// The longest run.
pub const MOST_TICKS: Tick = Tick::MAX / 2;

/// The ticks in `ms`, which must be a whole number of them to within [`GRID_TOLERANCE`] and at most
/// `most`, 2^n - 1 or 2^n - 2.
pub(super) fn ticks(ms: f64, dt_ms: f64, most: Tick) -> Result<Tick, String> {
    let exact = ms / dt_ms;
    let ticks = exact.round();
    if !(ms.is_finite() && ms >= 0.0) {
        return Err(format!("{} ms: expected a time of at least 0", short(ms)));
    }
    if ticks > f64::from(most) {
        let power = 32 - most.leading_zeros();
        let less = (1_u64 << power) - u64::from(most);
        // Fifteen digits: 2147483647 x 0.1 is 214748364.7.
        let longest = format!("{:.14e}", f64::from(most) * dt_ms).parse().unwrap_or(f64::INFINITY);
        return Err(format!("{} ms: expected at most 2^{power} - {less} ticks, {} ms", short(ms), short(longest)));
    }
    match (exact - ticks).abs() <= GRID_TOLERANCE {
        true => Ok(ticks as Tick),
        false => Err(format!(
            "{} ms: expected a multiple of dt_ms, {} ms, to within {GRID_TOLERANCE} of a tick",
            short(ms),
            short(dt_ms)
        )),
    }
}

/// The ticks of a run of `ms` in ticks of `dt_ms`: at least one, at most [`MOST_TICKS`].
///
/// # Errors
/// If it is no such time.
pub fn duration(ms: f64, dt_ms: f64) -> Result<Tick, String> {
    match ticks(ms, dt_ms, MOST_TICKS)? {
        0 => Err(format!("{} ms: expected a positive time, at least one tick of {} ms", short(ms), short(dt_ms))),
        ticks => Ok(ticks),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_and_not_too_long() {
        assert_eq!(duration(100.0, 0.1), Ok(1000));
        assert_eq!(duration(214_748_364.7, 0.1), Ok(MOST_TICKS));
        for (ms, problem) in [
            (3e8, "300000000 ms: expected at most 2^31 - 1 ticks, 214748364.7 ms"),
            (214_748_364.8, "at most 2^31 - 1 ticks"),
            (1e300, "1e300 ms: expected at most"),
            (0.0, "0 ms: expected a positive time"),
            (-1.0, "-1 ms: expected a time of at least 0"),
            (f64::INFINITY, "inf ms: expected a time"),
            (f64::NAN, "NaN ms: expected a time"),
            (0.25, "0.25 ms: expected a multiple of dt_ms, 0.1 ms"),
        ] {
            let found = duration(ms, 0.1).unwrap_err();
            assert!(found.contains(problem), "{found}");
        }
        let longest = ticks(1e300, 0.1, Tick::MAX - 1).unwrap_err();
        assert!(longest.contains("at most 2^32 - 2 ticks, 429496729.4 ms"), "{longest}");
    }
}
