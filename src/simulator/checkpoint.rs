//! A simulation between two ticks: everything that what follows depends on, whatever the number of
//! threads.

use super::auto::Auto;
use super::cell_group::{InputCounts, PopulationState, Tally};
use super::simulation::Simulation;
use crate::base::files::write_atomic;
use crate::energy::counts::LayerCounts;
use crate::error::{Error, Result};
use crate::formats::sealed;
use crate::spiking::Tick;
use safetensors::tensor::{Dtype, TensorView};
use std::path::Path;

/// A state from which a simulation of the same network goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The tick that comes next.
    pub tick: Tick,
    pub(super) populations: Vec<PopulationState>,
    /// Spikes that may still be under way: tick, origin (populations, then sources), neuron.
    pub(super) spikes: Vec<[u32; 3]>,
    pub(super) counts: Vec<LayerCounts>,
    input: Vec<InputCounts>,
    /// Spikes that the sources of each projection have emitted, by target population.
    emitted: Vec<u64>,
    /// What the choice of drivers rests on: operation counts go on as if there had been no
    /// interruption.
    auto: Auto,
}

/// Key of the header entry that says what the state belongs to.
const KEY: &str = "simulation";

#[derive(serde::Serialize, serde::Deserialize)]
struct Header {
    tick: Tick,
    counts: Vec<LayerCounts>,
    input: Vec<InputCounts>,
    emitted: Vec<u64>,
    auto: Auto,
    /// The network and its settings, as the caller names them.
    of: String,
}

impl Checkpoint {
    /// Writes it. `of` names network and settings.
    ///
    /// # Errors
    /// If the file cannot be written; it is then as it was before.
    pub fn save(&self, path: &Path, of: &str) -> Result<()> {
        let fail = |e: &dyn std::fmt::Display| Error::file(path, format!("cannot write: {e}"));
        let header = Header {
            tick: self.tick,
            counts: self.counts.clone(),
            input: self.input.clone(),
            emitted: self.emitted.clone(),
            auto: self.auto.clone(),
            of: of.to_owned(),
        };
        let header = serde_json::to_string(&header).map_err(|e| fail(&e))?;
        let floats = |values: &[f64]| (Dtype::F64, values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>());
        let ticks = |values: &[u32]| (Dtype::U32, values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>());
        let mut tensors = vec![("spikes".to_owned(), ticks(self.spikes.as_flattened()))];
        for (p, state) in self.populations.iter().enumerate() {
            let name = |name: &str| format!("population.{p}.{name}");
            tensors.extend(state.floats.iter().map(|(of, values)| (name(of), floats(values))));
            tensors.extend(state.ticks.iter().map(|(of, values)| (name(of), ticks(values))));
        }
        let mut views = Vec::new();
        for (name, (dtype, bytes)) in &tensors {
            let size = if *dtype == Dtype::F64 { 8 } else { 4 };
            let view = TensorView::new(*dtype, vec![bytes.len() / size], bytes).map_err(|e| fail(&e))?;
            views.push((name.clone(), view));
        }
        let file = sealed::seal(views, KEY, header).map_err(|e| fail(&e))?;
        write_atomic(path, |out| out.write_all(&file))
    }

    /// Reads what [`Checkpoint::save`] wrote of the same network and settings.
    ///
    /// # Errors
    /// If it cannot be read, is damaged or belongs to something else.
    pub fn load(path: &Path, of: &str) -> Result<Checkpoint> {
        let wrong = |problem: String| Error::file(path, problem);
        let bytes = std::fs::read(path).map_err(|e| wrong(format!("cannot read: {e}")))?;
        let anew = "begin anew, without --resume";
        let (text, tensors) = sealed::open(&bytes, KEY).map_err(|problem| wrong(problem).with_hint(anew))?;
        let header: Header = serde_json::from_str(&text).map_err(|e| wrong(format!("header: {e}")).with_hint(anew))?;
        if header.of != of {
            let problem = format!("belongs to {}; this run is of {of}", header.of);
            return Err(wrong(problem).with_hint(
                "resume with the network, options, seed and version of this program that the run began with",
            ));
        }
        let data = |name: &str, dtype| match tensors.tensor(name) {
            Ok(tensor) if tensor.dtype() == dtype => Ok(tensor.data().to_vec()),
            _ => Err(wrong(format!("tensor {name} is missing or not {dtype:?}"))),
        };
        let floats = |name: &str| -> Result<Vec<f64>> {
            Ok(data(name, Dtype::F64)?.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect())
        };
        let ticks = |name: &str| -> Result<Vec<u32>> {
            Ok(data(name, Dtype::U32)?.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect())
        };
        let population = |p: usize| -> Result<PopulationState> {
            let mut state = PopulationState::default();
            let prefix = format!("population.{p}.");
            for (name, tensor) in tensors.iter().filter(|(name, _)| name.starts_with(&prefix)) {
                let of = name[prefix.len()..].to_owned();
                match tensor.dtype() {
                    Dtype::F64 => drop(state.floats.insert(of, floats(name)?)),
                    _ => drop(state.ticks.insert(of, ticks(name)?)),
                }
            }
            Ok(state)
        };
        Ok(Checkpoint {
            tick: header.tick,
            populations: (0..header.counts.len()).map(population).collect::<Result<_>>()?,
            spikes: ticks("spikes")?.as_chunks().0.to_vec(),
            counts: header.counts,
            input: header.input,
            emitted: header.emitted,
            auto: header.auto,
        })
    }
}

impl Simulation {
    /// The present state.
    pub fn checkpoint(&self) -> Checkpoint {
        let populations = self.network.populations().iter().enumerate().map(|(p, population)| {
            let mut state = PopulationState::default();
            self.parts.iter().for_each(|part| part.cells[p].save(&mut state, population.size as usize, self.now));
            state
        });
        let mut spikes = Vec::new();
        let origins = self.network.populations().len() + self.network.sources().len();
        for tick in self.now.saturating_sub(self.longest_delay)..self.now {
            for origin in 0..origins {
                let ids = self.parts[0].recent(origin, tick, self.now);
                spikes.extend(ids.iter().map(|&id| [tick, origin as u32, id]));
            }
        }
        let mut auto = self.auto.clone();
        for (p, activity) in auto.activity.iter_mut().enumerate() {
            // That of the last tick, which no message has told yet.
            *activity += self.parts.iter().map(|part| part.cells[p].tally().activity).sum::<u64>();
        }
        let input = (0..self.network.populations().len()).map(|p| self.input(p)).collect();
        Checkpoint {
            tick: self.now,
            populations: populations.collect(),
            spikes,
            counts: self.counts(),
            input,
            emitted: self.emitted().map(|(_, emitted)| emitted).collect(),
            auto,
        }
    }

    /// Goes on from `checkpoint`, which must be of the same network; nothing has been run yet.
    ///
    /// # Errors
    /// If it is of another network.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let populations = self.network.populations();
        let wrong = |problem: String| Error::value("checkpoint", problem);
        if [checkpoint.populations.len(), checkpoint.input.len()] != [populations.len(); 2] {
            return Err(wrong(format!("{} populations, not {}", checkpoint.populations.len(), populations.len())));
        }
        let projections = self.network.projections().len();
        if checkpoint.emitted.len() != projections {
            return Err(wrong(format!("{} projections, not {projections}", checkpoint.emitted.len())));
        }
        for (p, (state, population)) in checkpoint.populations.iter().zip(populations).enumerate() {
            let fits = self.parts[0].cells[p].fits(state, population.size as usize, checkpoint.tick);
            if !fits {
                return Err(wrong(format!("the state of population '{}' does not fit it", population.name)));
            }
        }
        let sizes = populations.iter().map(|p| p.size).chain(self.network.sources().iter().map(|s| s.size));
        let sizes: Vec<u32> = sizes.collect();
        let known = |&[tick, origin, id]: &[u32; 3]| {
            tick < checkpoint.tick && sizes.get(origin as usize).is_some_and(|&size| id < size)
        };
        if !checkpoint.spikes.iter().all(known) || !checkpoint.spikes.is_sorted() {
            return Err(wrong("it has spikes that cannot be".into()));
        }
        let auto = &checkpoint.auto;
        let planned = auto.planned.as_ref().map_or(populations.len(), |(_, dense)| dense.len());
        if [auto.activity.len(), auto.clock_driven.len(), planned] != [populations.len(); 3]
            || auto.since > checkpoint.tick
        {
            return Err(wrong("what it says of drivers does not fit the network".into()));
        }
        // Of another driver nothing can be gone on with.
        match self.auto.driver == auto.driver {
            true => self.auto = auto.clone(),
            false => self.auto.since = checkpoint.tick,
        }
        let clock_driven = self.auto.clock_driven.iter().copied();
        let wakes = checkpoint.populations.iter().map(|state| !state.ticks("looks").is_empty());
        let drivers: Vec<(bool, bool)> = clock_driven.zip(wakes).collect();
        for (at, part) in self.parts.iter_mut().enumerate() {
            for (p, cells) in part.cells.iter_mut().enumerate() {
                cells.restore(&checkpoint.populations[p]);
                // The counts of all parts go on in the first.
                let (counts, input) = (checkpoint.counts[p], checkpoint.input[p]);
                let so_far = Tally { counts, input, activity: 0 };
                *cells.tally_mut() = if at == 0 { so_far } else { Tally::default() };
            }
            part.set_emitted(&checkpoint.emitted);
            part.restart(checkpoint.tick, &checkpoint.spikes, &drivers)?;
        }
        self.now = checkpoint.tick;
        Ok(())
    }
}
