//! The choice of a driver for each population by its measured activity.

use super::cell_group::GROUP;
use super::part::Part;
use crate::error::Result;
use crate::network::Network;
use crate::spiking::{Driver, Tick};

/// Ticks after which [`Driver::Auto`] chooses anew.
const AUTO_WINDOW: Tick = 64;

/// Ticks after which it chooses for the first time: until then all populations are event-driven.
const FIRST_WINDOW: Tick = 8;

/// Share of a population's groups with arrivals in a tick above which [`Driver::Auto`] makes it
/// clock-driven.
const BUSY: f64 = 0.025;

/// What [`Driver::Auto`] has measured and chosen. It chooses at ends of whole epochs only, so that the
/// choice does not depend on interruptions.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Auto {
    pub driver: Driver,
    /// Of each population: groups with arrivals, summed over the ticks from `since` on.
    #[serde(rename = "touches")]
    pub activity: Vec<u64>,
    pub since: Tick,
    /// Of each population: whether it is clock-driven.
    #[serde(rename = "dense")]
    pub clock_driven: Vec<bool>,
    /// The same from a tick on.
    pub planned: Option<(Tick, Vec<bool>)>,
}

impl Auto {
    /// Before the first tick.
    pub fn new(driver: Driver, populations: usize) -> Auto {
        let clock_driven = vec![driver == Driver::Clock; populations];
        Auto { driver, activity: vec![0; populations], since: 0, clock_driven, planned: None }
    }

    /// Whether it is time to choose, by what is known up to `known`.
    pub fn is_due(&self, known: Tick) -> bool {
        let window = if self.since == 0 { FIRST_WINDOW } else { AUTO_WINDOW };
        self.driver == Driver::Auto && known - self.since >= window
    }

    /// Chooses for each population from `from` on, by what is known up to `known`. All parts see the
    /// same figures and choose alike.
    pub fn choose(&mut self, known: Tick, from: Tick, network: &Network) {
        let window = known - self.since;
        let dense = network.populations().iter().enumerate().map(|(p, population)| {
            let groups = population.size.div_ceil(GROUP as u32);
            let share = self.activity[p] as f64 / (f64::from(window) * f64::from(groups));
            // Hysteresis: back only below half of it.
            share > if self.clock_driven[p] { BUSY / 2.0 } else { BUSY }
        });
        self.planned = Some((from, dense.collect()));
        self.activity.fill(0);
        self.since = known;
    }

    /// Goes over to the drivers that were chosen from `now` on.
    pub fn apply(&mut self, part: &mut Part, now: Tick) -> Result<()> {
        let Some((_, dense)) = self.planned.take_if(|(from, _)| *from == now) else { return Ok(()) };
        if dense != self.clock_driven {
            part.catch_up(now)?;
            for (cells, (&before, &after)) in part.cells.iter_mut().zip(self.clock_driven.iter().zip(&dense)) {
                if before != after {
                    cells.drive(now, after)?;
                }
            }
            self.clock_driven = dense;
        }
        Ok(())
    }
}
