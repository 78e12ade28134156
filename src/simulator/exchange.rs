//! What parts tell each other at the end of an epoch.

use crossbeam::channel::{Receiver, Sender, unbounded};
use crossbeam::utils::CachePadded;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// What one part did in one epoch; all parts get it.
#[derive(Default)]
pub(super) struct Outbox {
    /// For each population its activity; then for each of its ticks the number of spikes, and the
    /// ids of the neurons, ascending. Then for each source and tick the same without activity.
    pub words: Vec<u32>,
    /// For each tick of the epoch and each probe: values of the part's neurons. Only the first part
    /// receives them.
    pub values: Vec<Vec<Vec<f64>>>,
    /// The run is to end after this epoch.
    pub stop: bool,
}

impl Outbox {
    /// Adds what one origin emitted in each tick; leaves the lists empty.
    pub fn put(&mut self, emitted: &mut [Vec<u32>]) {
        for ids in emitted {
            self.words.push(ids.len() as u32);
            self.words.extend_from_slice(ids);
            ids.clear();
        }
    }
}

/// Words that fit beside the rest of a [`Line`].
const SHORT: usize = 14;

/// A sender in epoch k has received epoch k - 2, whose senders had received k - 4, so the lines of
/// epoch k - 4 are free to reuse.
const LINES: usize = 4;

/// A message with few spikes: one cache line, which is all that another core has to fetch.
#[derive(Default)]
struct Line {
    /// Number of the epoch, from 1 on; written last.
    epoch: AtomicU32,
    /// Number of words. If it is more than [`SHORT`], the message is in the channel.
    len: AtomicU32,
    words: [AtomicU32; SHORT],
}

/// From one part to another.
#[derive(Default)]
struct Way {
    /// Lines, which the epochs use in turn.
    lines: [CachePadded<Line>; LINES],
    /// Whether the sender has gone and sends nothing more.
    closed: AtomicBool,
}

/// A part's ways to all others and back. Long messages go through channels.
pub(super) struct Exchange {
    part: usize,
    /// Epochs that were sent, and that were received.
    sent: u32,
    received: u32,
    to: Vec<(usize, Arc<Way>, Sender<Outbox>)>,
    from: Vec<(usize, Arc<Way>, Receiver<Outbox>)>,
}

impl Exchange {
    pub fn between(parts: usize) -> Vec<Exchange> {
        let new = |part| Exchange { part, sent: 0, received: 0, to: Vec::new(), from: Vec::new() };
        let mut all: Vec<Exchange> = (0..parts).map(new).collect();
        for from in 0..parts {
            for to in (0..parts).filter(|&to| to != from) {
                let (sender, receiver) = unbounded();
                let way = Arc::<Way>::default();
                all[from].to.push((to, way.clone(), sender));
                all[to].from.push((from, way, receiver));
            }
        }
        all
    }

    /// Index of the part that owns this exchange.
    pub fn part(&self) -> usize {
        self.part
    }

    /// Number of parts.
    pub fn parts(&self) -> usize {
        self.to.len() + 1
    }

    /// Sends what this part did in the next epoch to all others. Returns None if one is gone.
    pub fn send(&mut self, own: &mut Outbox) -> Option<()> {
        self.sent = self.sent.wrapping_add(1);
        for (part, way, channel) in &self.to {
            let values = if *part == 0 { std::mem::take(&mut own.values) } else { Vec::new() };
            let line = way.line(self.sent);
            if own.words.len() <= SHORT && values.is_empty() && !own.stop {
                for (to, word) in line.words.iter().zip(&own.words) {
                    to.store(*word, Ordering::Relaxed);
                }
                line.len.store(own.words.len() as u32, Ordering::Relaxed);
            } else {
                channel.send(Outbox { words: own.words.clone(), values, stop: own.stop }).ok()?;
                line.len.store(u32::MAX, Ordering::Relaxed);
            }
            line.epoch.store(self.sent, Ordering::Release);
        }
        Some(())
    }

    /// Blocks until every other part's next unreceived epoch has arrived, and puts it into `all`,
    /// by part. Returns None if one is gone.
    pub fn receive(&mut self, all: &mut [Outbox]) -> Option<()> {
        self.received = self.received.wrapping_add(1);
        for (part, way, channel) in &self.from {
            let line = way.line(self.received);
            let outbox = &mut all[*part];
            way.wait(self.received)?;
            let len = line.len.load(Ordering::Relaxed) as usize;
            if len > SHORT {
                *outbox = channel.recv().ok()?;
                continue;
            }
            outbox.words.clear();
            outbox.words.extend(line.words[..len].iter().map(|word| word.load(Ordering::Relaxed)));
            outbox.values.clear();
            outbox.stop = false;
        }
        Some(())
    }
}

impl Way {
    fn line(&self, epoch: u32) -> &Line {
        &self.lines[epoch as usize % LINES]
    }

    /// Blocks until the line of `epoch` is there; None if it will not come. It spins for a while
    /// before it sleeps, since waking a thread takes longer than most epochs, and yields after the
    /// first tries, since there may be fewer cores than parts.
    fn wait(&self, epoch: u32) -> Option<()> {
        const ALONE: u32 = 4000;
        const TRIES: u32 = 10_000;
        const SLEEP: Duration = Duration::from_micros(50);
        let is_there = || self.line(epoch).epoch.load(Ordering::Acquire) == epoch;
        for tries in 0..TRIES {
            if is_there() {
                return Some(());
            }
            if tries > ALONE {
                std::thread::yield_now();
            }
        }
        while !is_there() {
            if self.closed.load(Ordering::Acquire) {
                return is_there().then_some(());
            }
            std::thread::sleep(SLEEP);
        }
        Some(())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.to.iter().for_each(|(_, way, _)| way.closed.store(true, Ordering::Release));
    }
}

#[cfg(test)]
mod tests {
    use super::{Exchange, Outbox, SHORT};

    const EPOCHS: u32 = 500;

    /// What part `part` says in an epoch: now a line's worth, now more, with values or without.
    fn message(part: usize, epoch: u32) -> Outbox {
        let len = (epoch as usize * 7 + part * 5) % (2 * SHORT);
        let words = (0..len as u32).map(|word| word ^ epoch ^ (part as u32) << 16).collect();
        let values = if epoch % 5 == 3 { vec![vec![vec![f64::from(epoch), part as f64]]] } else { Vec::new() };
        Outbox { words, values, stop: false }
    }

    #[test]
    fn everybody_hears_everything_in_order() {
        // More parts than most machines have cores.
        let exchanges = Exchange::between(5);
        std::thread::scope(|scope| {
            for mut exchange in exchanges {
                scope.spawn(move || {
                    let part = exchange.part();
                    let mut all: Vec<Outbox> = (0..exchange.parts()).map(|_| Outbox::default()).collect();
                    // As far ahead as parts go.
                    exchange.send(&mut message(part, 0)).expect("all are there");
                    for epoch in 0..EPOCHS {
                        // Who has heard the last goes.
                        if epoch + 1 < EPOCHS {
                            exchange.send(&mut message(part, epoch + 1)).expect("all are there");
                        }
                        exchange.receive(&mut all).expect("all are there");
                        for (of, heard) in all.iter().enumerate().filter(|&(of, _)| of != part) {
                            let said = message(of, epoch);
                            assert_eq!(heard.words, said.words, "part {part} hears {of} at {epoch}");
                            if part == 0 {
                                assert_eq!(heard.values, said.values, "part 0 hears {of} at {epoch}");
                            }
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn who_waits_for_a_part_that_is_gone_is_told() {
        let mut exchanges = Exchange::between(2);
        let gone = exchanges.pop();
        let mut left = exchanges.remove(0);
        let mut all = [Outbox::default(), Outbox::default()];
        assert!(left.send(&mut all[0]).is_some(), "a line needs no reader");
        drop(gone);
        assert!(left.receive(&mut all).is_none());
    }

    #[test]
    fn last_words_are_heard() {
        for len in [1, SHORT + 1] {
            let mut exchanges = Exchange::between(2);
            let (mut last, mut left) = (exchanges.remove(1), exchanges.remove(0));
            let mut all = [Outbox::default(), Outbox { words: vec![7; len], ..Outbox::default() }];
            last.send(&mut all[1]).expect("somebody listens");
            left.send(&mut all[0]).expect("somebody listens");
            drop(last);
            all[1].words.clear();
            left.receive(&mut all).expect("it spoke before it went");
            assert_eq!(all[1].words, vec![7; len]);
        }
    }
}
