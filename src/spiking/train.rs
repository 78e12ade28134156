//! Spikes and spike trains.

use super::time::Tick;
use crate::error::{Error, Result};

/// A neuron fires at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spike {
    /// When.
    pub tick: Tick,
    /// The neuron that fired.
    pub source: u32,
}

/// The spikes of `neurons` neurons over some ticks, sparse: for each tick the ascending ids of the
/// neurons that fired. In the form of compressed rows: tick t holds
/// `ids[offsets[t]..offsets[t + 1]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpikeTrain {
    neurons: usize,
    offsets: Vec<usize>,
    ids: Vec<u32>,
}

impl Default for SpikeTrain {
    /// An empty train of a population of size 0.
    fn default() -> Self {
        SpikeTrain::new(0)
    }
}

impl SpikeTrain {
    /// No ticks yet, of `neurons` neurons.
    pub fn new(neurons: usize) -> Self {
        SpikeTrain { neurons, offsets: vec![0], ids: Vec::new() }
    }

    /// The train of `spikes`, given in any order.
    ///
    /// # Errors
    /// If a spike lies outside `neurons` x `ticks`, or comes twice.
    pub fn from_spikes(neurons: usize, ticks: usize, spikes: impl IntoIterator<Item = Spike>) -> Result<Self> {
        let mut spikes: Vec<Spike> = spikes.into_iter().collect();
        spikes.sort_unstable();
        let mut train = SpikeTrain::new(neurons);
        let mut rest = spikes.as_slice();
        for tick in 0..ticks {
            let (now, later) = rest.split_at(rest.partition_point(|s| s.tick as usize <= tick));
            train.push_tick(now.iter().map(|s| s.source))?;
            rest = later;
        }
        match rest.first() {
            Some(s) => Err(Error::value("spike", format!("tick {} of a train of {ticks} ticks", s.tick))),
            None => Ok(train),
        }
    }

    /// Appends a tick in which the neurons `ids` fire.
    ///
    /// # Errors
    /// If the ids do not ascend strictly or one is too large; the train is then unchanged.
    pub fn push_tick(&mut self, ids: impl IntoIterator<Item = u32>) -> Result<()> {
        let start = self.ids.len();
        self.ids.extend(ids);
        let added = &self.ids[start..];
        let problem = if added.last().is_some_and(|&id| id as usize >= self.neurons) {
            format!("neuron {} of {}", added[added.len() - 1], self.neurons)
        } else if !added.is_sorted_by(|a, b| a < b) {
            "the neurons of one tick must ascend, each once".to_string()
        } else {
            self.offsets.push(self.ids.len());
            return Ok(());
        };
        self.ids.truncate(start);
        Err(Error::value(format!("spikes at tick {}", self.ticks()), problem))
    }

    /// Appends a tick whose neurons are known to ascend within the population.
    pub(crate) fn append(&mut self, ids: &[u32]) {
        debug_assert!(ids.is_sorted_by(|a, b| a < b) && ids.last().is_none_or(|&id| (id as usize) < self.neurons));
        self.ids.extend_from_slice(ids);
        self.offsets.push(self.ids.len());
    }

    /// Forgets all ticks and keeps the memory.
    pub(crate) fn reset(&mut self, neurons: usize) {
        self.neurons = neurons;
        self.offsets.clear();
        self.offsets.push(0);
        self.ids.clear();
    }

    /// Neurons in the population.
    pub fn neurons(&self) -> usize {
        self.neurons
    }

    /// Ticks.
    pub fn ticks(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The neurons that fire at `tick`, ascending. Ticks past the end are empty.
    pub fn at(&self, tick: Tick) -> &[u32] {
        let tick = tick as usize;
        if tick < self.ticks() { &self.ids[self.offsets[tick]..self.offsets[tick + 1]] } else { &[] }
    }

    /// Spikes per tick.
    pub fn counts(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.offsets.windows(2).map(|w| w[1] - w[0])
    }

    /// All spikes together.
    pub fn total(&self) -> usize {
        self.ids.len()
    }

    /// The spikes by tick, then by neuron.
    pub fn iter(&self) -> impl Iterator<Item = Spike> + '_ {
        (0..self.ticks() as Tick).flat_map(|tick| self.at(tick).iter().map(move |&source| Spike { tick, source }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_train_keeps_its_spikes() {
        let spikes = [(2, 1), (0, 3), (2, 0)].map(|(tick, source)| Spike { tick, source });
        let train = SpikeTrain::from_spikes(4, 4, spikes).unwrap();
        assert_eq!(train.counts().collect::<Vec<_>>(), [1, 0, 2, 0]);
        assert_eq!((train.at(2), train.at(9), train.total()), ([0, 1].as_slice(), [].as_slice(), 3));
        assert_eq!(SpikeTrain::from_spikes(4, 4, train.iter()).unwrap(), train);
    }

    #[test]
    fn impossible_spikes_are_refused() {
        for (tick, source) in [(4, 0), (0, 4)] {
            assert!(SpikeTrain::from_spikes(4, 4, [Spike { tick, source }]).is_err());
        }
        let mut train = SpikeTrain::new(4);
        assert!(train.push_tick([1, 1]).is_err() && train.push_tick([2, 1]).is_err());
        assert_eq!(train, SpikeTrain::new(4));
    }
}
