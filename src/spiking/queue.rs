//! The event queue.

use super::time::Tick;
use crate::error::{Error, Result};

/// Events by tick: a ring of buckets, one per tick of the window `[now, now + horizon)`. Putting an
/// event in and taking one out are O(1); within a bucket events keep the order in which they came.
#[derive(Debug, Clone)]
pub struct BucketQueue<E> {
    buckets: Vec<Vec<E>>,
    now: Tick,
    len: usize,
}

impl<E> Default for BucketQueue<E> {
    fn default() -> Self {
        BucketQueue { buckets: Vec::new(), now: 0, len: 0 }
    }
}

impl<E> BucketQueue<E> {
    /// An empty queue at tick 0 that takes events up to `horizon` ticks ahead, the current one
    /// included.
    pub fn new(horizon: usize) -> Self {
        let mut queue = BucketQueue::default();
        queue.reset(horizon);
        queue
    }

    /// As new, with the buckets' memory kept.
    pub fn reset(&mut self, horizon: usize) {
        self.clear();
        self.buckets.resize_with(horizon.max(1), Vec::new);
        self.now = 0;
    }

    /// As new, at tick `now`.
    pub fn reset_at(&mut self, horizon: usize, now: Tick) {
        self.reset(horizon);
        self.now = now;
    }

    /// The tick whose events [`BucketQueue::pop`] takes next.
    pub fn now(&self) -> Tick {
        self.now
    }

    /// Events waiting.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts `events` in for `tick`.
    ///
    /// # Errors
    /// If `tick` is in the past or behind the horizon.
    #[inline]
    pub fn push(&mut self, tick: Tick, events: impl IntoIterator<Item = E>) -> Result<()> {
        let horizon = self.buckets.len();
        if tick < self.now || (tick - self.now) as usize >= horizon {
            return Err(Error::value(
                "event queue",
                format!("an event for tick {tick} is outside the window of {horizon} ticks from {}", self.now),
            ));
        }
        let bucket = &mut self.buckets[tick as usize % horizon];
        let before = bucket.len();
        bucket.extend(events);
        self.len += bucket.len() - before;
        Ok(())
    }

    /// Replaces `out` by the events of the current tick and moves on to the next tick.
    #[inline]
    pub fn pop(&mut self, out: &mut Vec<E>) {
        out.clear();
        let horizon = self.buckets.len();
        if horizon > 0 {
            std::mem::swap(out, &mut self.buckets[self.now as usize % horizon]);
        }
        self.len -= out.len();
        self.now += 1;
    }

    /// Whether no event waits for a tick before `end`.
    pub fn is_empty_until(&self, end: Tick) -> bool {
        let horizon = self.buckets.len();
        self.len == 0 || (self.now..end).take(horizon).all(|tick| self.buckets[tick as usize % horizon].is_empty())
    }

    /// Moves on to tick `end`, before which no event may wait.
    pub fn skip_to(&mut self, end: Tick) {
        debug_assert!(self.is_empty_until(end));
        self.now = end;
    }

    /// Throws all waiting events away and says how many there were.
    pub fn clear(&mut self) -> usize {
        if self.len > 0 {
            self.buckets.iter_mut().for_each(Vec::clear);
        }
        std::mem::take(&mut self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_out_by_tick_in_order_of_arrival_and_the_window_is_kept() {
        let mut queue = BucketQueue::new(3);
        queue.push(2, [7]).unwrap();
        queue.push(0, [1, 2]).unwrap();
        queue.push(2, [8]).unwrap();
        assert!(queue.push(3, [0]).is_err());
        let mut out = vec![99];
        queue.pop(&mut out);
        assert_eq!((out.as_slice(), queue.len(), queue.now()), ([1, 2].as_slice(), 2, 1));
        assert!(queue.push(0, [0]).is_err());
        queue.push(3, [9]).unwrap();
        for expected in [vec![], vec![7, 8], vec![9]] {
            queue.pop(&mut out);
            assert_eq!(out, expected);
        }
        assert!(queue.is_empty() && queue.is_empty_until(100));
        queue.push(6, [1]).unwrap();
        assert!(queue.is_empty_until(6) && !queue.is_empty_until(7));
        queue.skip_to(6);
        queue.pop(&mut out);
        assert_eq!((out.as_slice(), queue.now()), ([1].as_slice(), 7));
        queue.push(8, [1]).unwrap();
        assert_eq!((queue.clear(), queue.len()), (1, 0));
    }
}
