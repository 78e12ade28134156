//! Recordings with other populations than the network has: a SONATA population whose nodes have
//! several models is several populations of the network.

use super::choice::Recorded;
use super::header::Probe;
use super::memory::SpikeRecording;
use super::recorder::Recorder;
use crate::error::Result;
use crate::spiking::Tick;

/// The populations of a recording, each of which consists of whole populations of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Naming {
    /// Name and size of each population of the recording.
    pub populations: Vec<(String, u32)>,
    /// Place of each population of the network.
    parts: Vec<Part>,
}

/// Place of a population of the network in the recording.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    population: usize,
    /// Id of each neuron in the recording, ascending; `None` if ids stay the same.
    ids: Option<Vec<u32>>,
}

/// For a probe of the network: the index of the recording's probe that it is part of, and the
/// columns of its neurons there; `None` if it is the whole probe.
type Place = (usize, Option<Vec<usize>>);

impl Naming {
    /// The naming that keeps the populations of a network as they are.
    pub fn own(populations: Vec<(String, u32)>) -> Naming {
        let parts = (0..populations.len()).map(|population| Part { population, ids: None }).collect();
        Naming { populations, parts }
    }

    #[cfg(feature = "hdf5")]
    /// A naming without populations, to be filled by [`push`](Naming::push).
    pub(crate) fn empty() -> Naming {
        Naming { populations: Vec::new(), parts: Vec::new() }
    }

    #[cfg(feature = "hdf5")]
    /// Adds a population of `size` neurons that consists of the next populations of the network;
    /// `ids` has the ids of the neurons of each of these, ascending.
    pub(crate) fn push(&mut self, name: String, size: u32, ids: Vec<Vec<u32>>) {
        let (population, whole) = (self.populations.len(), ids.len() == 1);
        self.parts.extend(ids.into_iter().map(|ids| Part { population, ids: Some(ids).filter(|_| !whole) }));
        self.populations.push((name, size));
    }

    /// Spikes of the network, renamed.
    pub fn rename(&self, recording: &SpikeRecording) -> SpikeRecording {
        let place = |population: usize, neuron: u32| match self.parts.get(population) {
            Some(Part { population, ids }) => (*population, ids.as_ref().map_or(neuron, |ids| ids[neuron as usize])),
            // Sources follow the populations; their names and ids do not change.
            None => (self.populations.len() + population - self.parts.len(), neuron),
        };
        let rename = |&(tick, population, neuron): &(Tick, u32, u32)| {
            let (population, neuron) = place(population as usize, neuron);
            (tick, population as u32, neuron)
        };
        let mut spikes: Vec<_> = recording.spikes.iter().map(rename).collect();
        spikes.sort_unstable();
        let sources = recording.populations.iter().skip(self.parts.len());
        let populations: Vec<_> = self.populations.iter().chain(sources).cloned().collect();
        let recorded = match &recording.recorded {
            Recorded::All => Recorded::All,
            Recorded::Only(some) => {
                let each = some.iter().flat_map(|(p, ids)| ids.clone().map(|neuron| place(*p, neuron)));
                Recorded::new(each.map(|(population, id)| (population, id..id + 1)).collect(), &populations)
            }
        };
        SpikeRecording { dt_ms: recording.dt_ms, ticks: recording.ticks, populations, recorded, spikes }
    }

    /// The probes of the network that supply `probes`, which are of the recording and whose neurons
    /// ascend.
    pub fn probes(&self, probes: &[Probe]) -> Vec<Probe> {
        self.split(probes).into_iter().map(|(probe, _)| probe).collect()
    }

    /// The probes of the network, each with its place in the recording.
    fn split(&self, probes: &[Probe]) -> Vec<(Probe, Place)> {
        let mut split = Vec::new();
        for (of, probe) in probes.iter().enumerate() {
            for (population, part) in self.parts.iter().enumerate().filter(|(_, p)| p.population == probe.population) {
                let Some(ids) = &part.ids else {
                    split.push((Probe { population, ..probe.clone() }, (of, None)));
                    continue;
                };
                let own = |(place, id)| Some((ids.binary_search(id).ok()? as u32, place));
                let (neurons, places): (Vec<u32>, Vec<usize>) =
                    probe.neurons.iter().enumerate().filter_map(own).unzip();
                if !neurons.is_empty() {
                    split.push((Probe { variable: probe.variable, population, neurons }, (of, Some(places))));
                }
            }
        }
        split
    }

    /// A recorder for the network, with the probes that [`Naming::probes`] makes of `probes`. It
    /// feeds `inner` with renamed spikes and values.
    pub fn recorder<'a>(&'a self, probes: &[Probe], inner: &'a mut dyn Recorder) -> Renamed<'a> {
        let rows = probes.iter().map(|probe| vec![0.0; probe.neurons.len()]).collect();
        let places = self.split(probes).into_iter().map(|(_, places)| places).collect();
        Renamed { naming: self, inner, spikes: None, neurons: Vec::new(), places, rows }
    }
}

/// A recorder that renames what a network fires by a [`Naming`] and passes it on.
pub struct Renamed<'a> {
    naming: &'a Naming,
    inner: &'a mut dyn Recorder,
    /// Tick and population of the waiting neurons.
    spikes: Option<(Tick, usize)>,
    neurons: Vec<u32>,
    /// Place of each probe of the network.
    places: Vec<Place>,
    /// For each probe of the recording, the row that is being assembled.
    rows: Vec<Vec<f64>>,
}

impl Renamed<'_> {
    /// Passes on the spikes that still wait; to be called after the last tick.
    ///
    /// # Errors
    /// If the inner recorder cannot keep them.
    pub fn flush(&mut self) -> Result<()> {
        let Some((tick, population)) = self.spikes.take() else { return Ok(()) };
        self.neurons.sort_unstable();
        self.inner.spikes(tick, population, &self.neurons)?;
        self.neurons.clear();
        Ok(())
    }
}

impl Recorder for Renamed<'_> {
    fn spikes(&mut self, tick: Tick, population: usize, neurons: &[u32]) -> Result<()> {
        let Part { population, ids } = &self.naming.parts[population];
        if self.spikes != Some((tick, *population)) {
            self.flush()?;
        }
        match ids {
            None => self.inner.spikes(tick, *population, neurons),
            Some(ids) => {
                self.spikes = Some((tick, *population));
                self.neurons.extend(neurons.iter().map(|&neuron| ids[neuron as usize]));
                Ok(())
            }
        }
    }

    fn source_spikes(&mut self, tick: Tick, source: usize, ids: &[u32]) -> Result<()> {
        self.flush()?;
        self.inner.source_spikes(tick, source, ids)
    }

    fn values(&mut self, tick: Tick, probe: usize, values: &[f64]) -> Result<()> {
        let (of, places) = &self.places[probe];
        let Some(places) = places else { return self.inner.values(tick, *of, values) };
        let row = &mut self.rows[*of];
        for (&place, &value) in places.iter().zip(values) {
            row[place] = value;
        }
        let last = self.places.get(probe + 1).is_none_or(|(next, _)| next != of);
        if last { self.inner.values(tick, *of, row) } else { Ok(()) }
    }
}
