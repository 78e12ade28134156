//! When the event-driven driver checks a group that receives nothing.

use super::recorded::RecordedGroups;
use crate::error::Result;
use crate::simulator::cell_group::GROUP;
use crate::spiking::{BucketQueue, Tick};

/// Ticks ahead for which checks are queued. A later check is queued for the end of that time and
/// then put off once more.
pub(super) const HORIZON: Tick = 1024;

/// The clock of a check that is not queued.
pub(super) const NEVER: Tick = Tick::MAX;

/// What the event-driven driver needs beside the state.
pub(super) struct EventDriven {
    /// Of each group.
    pub schedules: Vec<Schedule>,
    /// Groups by the tick of their check.
    pub queue: BucketQueue<u32>,
    /// Of each group: neurons at which something arrives in the present tick.
    pub receiving: Vec<u8>,
    /// Groups at which something arrives in the present tick, in the order of arrival.
    pub marked: Vec<u32>,
    /// Groups to check in the present tick.
    pub due: Vec<u32>,
    pub recorded: RecordedGroups,
}

/// What the event-driven driver knows of a group. Sets have one bit per neuron.
#[derive(Clone)]
pub(super) struct Schedule {
    /// Clock of the stored state.
    pub last: Tick,
    /// Clock of the next check.
    pub check_at: Tick,
    /// Clock at which the neurons in `counted` were updated.
    counted_at: Tick,
    /// Neurons that may fire at the next check.
    pub awaiting: u8,
    /// Neurons whose update at `counted_at` has been counted.
    counted: u8,
}

impl Schedule {
    /// The schedule of a group whose stored state is that of clock `last`.
    pub fn new(last: Tick) -> Self {
        Schedule { last, check_at: NEVER, counted_at: NEVER, awaiting: 0, counted: 0 }
    }

    /// Notes that the neurons of `set` are updated at `now`. Returns how many of them were not yet.
    #[inline(always)]
    pub fn count(&mut self, set: u8, now: Tick) -> u64 {
        let before = if self.counted_at == now { self.counted } else { 0 };
        (self.counted_at, self.counted) = (now, before | set);
        (set & !before).count_ones().into()
    }

    /// Sets the next check to the first of those that its neurons wait for.
    pub fn await_checks(&mut self, checks: &[Tick]) {
        self.check_at = checks.iter().copied().min().unwrap_or(NEVER);
        let first = checks.iter().enumerate().filter(|&(_, &at)| at == self.check_at && at != NEVER);
        self.awaiting = first.map(|(lane, _)| 1 << lane).sum();
    }

    /// The check that neuron `lane` waits for.
    pub fn check_of(&self, lane: usize) -> Tick {
        if self.awaiting & 1 << lane != 0 { self.check_at } else { NEVER }
    }
}

impl EventDriven {
    /// The driver of groups with these schedules.
    pub fn new(schedules: Vec<Schedule>, recorded: RecordedGroups) -> Self {
        let receiving = vec![0; schedules.len()];
        let queue = BucketQueue::default();
        EventDriven { schedules, queue, receiving, marked: Vec::new(), due: Vec::new(), recorded }
    }

    /// Something will arrive at neurons `targets`.
    #[inline(always)]
    pub fn mark(&mut self, targets: impl ExactSizeIterator<Item = usize>) {
        // Room for all and no branch: whether a group is new cannot be predicted.
        let mut marked = self.marked.len();
        self.marked.resize(marked + targets.len(), 0);
        for target in targets {
            let group = target / GROUP;
            let receiving = &mut self.receiving[group];
            self.marked[marked] = group as u32;
            marked += usize::from(*receiving == 0);
            *receiving |= 1 << (target % GROUP);
        }
        self.marked.truncate(marked);
    }

    /// Queues a check of a group at clock `next` for the neurons `awaiting`, unless an earlier one
    /// is queued. Returns the operations of the queue that this takes, taking it out included.
    #[inline(always)]
    pub fn schedule(&mut self, group: usize, (next, awaiting): (Tick, u8), now: Tick) -> Result<u64> {
        let schedule = &mut self.schedules[group];
        if next >= schedule.check_at {
            schedule.awaiting |= if next == schedule.check_at { awaiting } else { 0 };
            return Ok(0);
        }
        (schedule.check_at, schedule.awaiting) = (next.min(now.saturating_add(HORIZON - 1)), awaiting);
        self.queue.push(schedule.check_at - 1, [group as u32])?;
        Ok(2)
    }

    /// Queues the checks that the schedules have, as of clock `now`.
    pub fn queue_checks(&mut self, now: Tick) -> Result<()> {
        self.queue.reset_at(HORIZON as usize, now);
        for (group, schedule) in self.schedules.iter().enumerate().filter(|(_, s)| s.check_at != NEVER) {
            self.queue.push(schedule.check_at - 1, [group as u32])?;
        }
        Ok(())
    }
}
