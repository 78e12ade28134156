//! One tick of one population, phase by phase.

use super::cell_group::CellGroup;
use super::route::Incoming;
use crate::error::Result;
use crate::recording::Probe;
use crate::spiking::Tick;
use std::ops::Range;

/// When a population takes in what arrives at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TakesIn {
    /// Before thresholds are compared: arrivals reach the membrane in their tick.
    BeforeThreshold,
    /// After that, since arrivals raise currents, which move the membrane from the next tick on.
    AfterThreshold,
    /// At the start of the next tick, which comes to the same where no current is recorded. Spikes
    /// of other parts are then needed one tick later.
    AtNextTick,
}

/// What a cell group needs to go through an epoch, and where it puts what comes of it.
pub(super) struct Epoch<'a> {
    pub ticks: Range<Tick>,
    pub takes_in: TakesIn,
    /// The first tick whose arrivals have not been taken in.
    pub arrived: &'a mut Tick,
    pub incoming: Incoming<'a>,
    /// Of each tick: ids of the neurons that fire.
    pub fired: &'a mut [Vec<u32>],
    /// All probes, with the share of this part in each.
    pub probes: &'a [Probe],
    /// Index of the population.
    pub population: usize,
    /// Of each tick and probe; empty if nothing is recorded.
    pub values: &'a mut [Vec<Vec<f64>>],
}

/// A cell group that can be taken through an epoch by one virtual call.
pub(super) trait Advance: CellGroup {
    /// Takes it through the ticks of an epoch. Everything that arrives there was emitted before it.
    fn advance(&mut self, epoch: &mut Epoch) -> Result<()>;
}

impl<C: CellGroup> Advance for C {
    fn advance(&mut self, epoch: &mut Epoch) -> Result<()> {
        if is_quiet(self, epoch) {
            self.skip(epoch.ticks.clone());
        } else {
            for (at, tick) in epoch.ticks.clone().enumerate() {
                one_tick(self, epoch, at, tick)?;
            }
        }
        let late = Tick::from(epoch.takes_in == TakesIn::AtNextTick);
        *epoch.arrived = epoch.ticks.end - late;
        Ok(())
    }
}

/// The order of events in a tick. Both drivers keep it, and so do all kinds of neurons.
#[inline(always)]
fn one_tick<C: CellGroup>(cells: &mut C, epoch: &mut Epoch, at: usize, tick: Tick) -> Result<()> {
    // Arrivals of the tick before, where they were put off, unless a change of driver has taken them
    // in already.
    if epoch.takes_in == TakesIn::AtNextTick && *epoch.arrived < tick {
        epoch.incoming.deliver(tick - 1, cells)?;
        *epoch.arrived = tick;
    }
    // 1. The linear part of the step: membranes, currents and thresholds move on by one tick.
    cells.begin(tick);
    // 2. Arrivals that reach the membrane.
    if epoch.takes_in == TakesIn::BeforeThreshold {
        epoch.incoming.deliver(tick, cells)?;
    }
    // 3. Membranes are compared with thresholds; who fires is reset.
    cells.fire(tick, &mut epoch.fired[at])?;
    // 4. Arrivals that raise currents.
    if epoch.takes_in == TakesIn::AfterThreshold {
        epoch.incoming.deliver(tick, cells)?;
    }
    // 5. Recorded values are those at the end of the tick.
    if let Some(values) = epoch.values.get_mut(at) {
        cells.prepare_values(tick);
        let own = epoch.probes.iter().zip(values).filter(|(probe, _)| probe.population == epoch.population);
        for (probe, values) in own {
            values.extend(probe.neurons.iter().map(|&id| cells.value(probe.variable, id, tick)));
        }
    }
    Ok(())
}

/// Whether nothing happens in an epoch: nothing arrives, is due or is recorded.
fn is_quiet<C: CellGroup>(cells: &C, epoch: &Epoch) -> bool {
    let late = Tick::from(epoch.takes_in == TakesIn::AtNextTick);
    let first = epoch.ticks.start.saturating_sub(late).max(*epoch.arrived);
    epoch.values.is_empty()
        && !cells.may_fire_alone(epoch.ticks.clone())
        && epoch.incoming.is_quiet(first..epoch.ticks.end - late)
}
