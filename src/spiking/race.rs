//! At which activity one driver overtakes the other.

/// Rates at which inputs are tried, spikes per input and tick, per cent.
pub(crate) const RATES: [f64; 9] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0];

/// The activity at which the times of event- and clock-driven runs cross for the first time, on
/// logarithmic scales; `points` are activities with both times.
pub(crate) fn crossing(points: &[(f64, [f64; 2])]) -> Option<f64> {
    let lead = |(_, [event, clock]): &(f64, [f64; 2])| (event / clock).ln();
    points.windows(2).find(|pair| lead(&pair[0]) < 0.0 && lead(&pair[1]) >= 0.0).map(|pair| {
        let share = lead(&pair[0]) / (lead(&pair[0]) - lead(&pair[1]));
        let (from, to) = (pair[0].0.max(1e-6).ln(), pair[1].0.max(1e-6).ln());
        (from + share * (to - from)).exp()
    })
}
