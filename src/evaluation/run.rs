//! Clip after clip, on all threads.

use super::clip::Watch;
use super::options::{Encoding, ReadOut};
use super::outcome::{AfterSteps, ClipOutcome, Outcome};
use super::steps::{Course, marks};
use crate::base::counter::bits;
use crate::base::memory;
use crate::error::{Error, Result};
use crate::network::{Emits, Network, Origin};
use crate::recording::{Probe, Variable};
use crate::samples::{Input, Samples};
use crate::simulator::{Simulation, Totals};
use crate::spiking::{Driver, Tick};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// An evaluation of a network, before it begins.
#[derive(Debug, Clone)]
#[must_use = "an evaluation begins with `.run(..)`"]
pub struct Evaluation<'a> {
    network: &'a Network,
    source: Option<&'a str>,
    output: Option<&'a str>,
    steps: Option<Tick>,
    read_out: Option<ReadOut>,
    encoding: Encoding,
    bin_ms: Option<f64>,
    seed: u64,
    driver: Driver,
    threads: usize,
}

/// Where input goes in and output comes out.
struct Ends {
    source: usize,
    output: usize,
}

impl<'a> Evaluation<'a> {
    /// One of this network: event-driven, on one thread, values encoded directly.
    pub fn new(network: &'a Network) -> Self {
        Evaluation {
            network,
            source: None,
            output: None,
            steps: None,
            read_out: None,
            encoding: Encoding::Direct,
            bin_ms: None,
            seed: 0,
            driver: Driver::Event,
            threads: 1,
        }
    }

    /// The source that the input takes the place of; default: its only one, or that named `input`.
    pub fn source(self, name: &'a str) -> Self {
        Evaluation { source: Some(name), ..self }
    }

    /// The population that is read out; default: the only one that no projection starts from, or
    /// that named `output`.
    pub fn output(self, name: &'a str) -> Self {
        Evaluation { output: Some(name), ..self }
    }

    /// Ticks of every clip; default: up to its last spike or frame.
    pub fn steps(self, steps: Tick) -> Self {
        Evaluation { steps: Some(steps), ..self }
    }

    /// What the network is taken to say; default: counts, or where the output cannot fire, its last
    /// membrane potential.
    pub fn read_out(self, read_out: ReadOut) -> Self {
        Evaluation { read_out: Some(read_out), ..self }
    }

    /// How values become input.
    pub fn encoding(self, encoding: Encoding) -> Self {
        Evaluation { encoding, ..self }
    }

    /// Time of events that one tick takes in, ms; default: the length of a tick.
    pub fn bin_ms(self, bin_ms: f64) -> Self {
        Evaluation { bin_ms: Some(bin_ms), ..self }
    }

    /// Seed of rate-coded spikes.
    pub fn seed(self, seed: u64) -> Self {
        Evaluation { seed, ..self }
    }

    /// How time is gone through. No result depends on it.
    pub fn driver(self, driver: Driver) -> Self {
        Evaluation { driver, ..self }
    }

    /// The most threads. No result depends on it.
    pub fn threads(self, threads: usize) -> Self {
        Evaluation { threads, ..self }
    }

    /// Runs all samples. `progress` is told of every clip that is done.
    ///
    /// # Errors
    /// If samples and network do not fit each other, a file is damaged, or there is no memory.
    pub fn run(&self, samples: &Samples, progress: &(dyn Fn(usize) + Sync)) -> Result<Outcome> {
        let begun = Instant::now();
        if self.steps == Some(0) {
            return Err(Error::value("steps", "0: expected at least 1"));
        }
        if let Some(bin_ms) = self.bin_ms.filter(|bin_ms| !(bin_ms.is_finite() && *bin_ms > 0.0)) {
            return Err(Error::value("bin", format!("{bin_ms}: expected a number above 0")));
        }
        let ends = self.ends(samples)?;
        let network = self.with_input(&ends, samples)?;
        let read_out = self.decided_by(&network, &ends)?;
        let next = AtomicUsize::new(0);
        let work = || self.work(&network, &ends, read_out, samples, &next, progress);
        let workers = self.threads.clamp(1, samples.len());
        let done: Vec<Result<Done>> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
            let own = work();
            let stopped = || Err(Error::value("evaluation", "a thread stopped early"));
            std::iter::once(own).chain(others.into_iter().map(|one| one.join().unwrap_or_else(|_| stopped()))).collect()
        });
        let done = done.into_iter().collect::<Result<Vec<Done>>>()?;
        let mut all = done.into_iter().reduce(Done::and).ok_or_else(|| Error::value("samples", "there are none"))?;
        let (clips, right_by_step) = all.in_order();
        let longest = clips.iter().map(|clip| clip.ticks).max().unwrap_or(0);
        let first_right: Vec<Tick> = clips.iter().filter_map(|clip| clip.first_right).collect();
        let after_steps =
            std::mem::take(&mut all.course).totals(longest).into_iter().map(|(steps, totals)| AfterSteps {
                steps,
                right: right_by_step[steps as usize - 1],
                right_once: first_right.iter().filter(|&&tick| tick < steps).count() as u64,
                totals,
            });
        Ok(Outcome {
            after_steps: after_steps.collect(),
            output: network.populations()[ends.output].name.clone(),
            read_out,
            names: samples.names().to_vec(),
            classes: samples.classes(),
            totals: all.totals,
            spikes_by_step: all.spikes_by_step,
            right_by_step,
            zero_weights: all.zero_weights,
            driver: self.driver,
            threads: workers,
            run_s: begun.elapsed().as_secs_f64(),
            network,
            clips,
        })
    }

    /// What one thread does: clip after clip, until there is none left.
    fn work(
        &self,
        network: &Network,
        ends: &Ends,
        read_out: ReadOut,
        samples: &Samples,
        next: &AtomicUsize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Done> {
        let neurons = network.populations()[ends.output].size;
        let probe = Probe { variable: Variable::Membrane, population: ends.output, neurons: (0..neurons).collect() };
        let probes = if matches!(read_out, ReadOut::Membrane | ReadOut::Last) { vec![probe] } else { Vec::new() };
        let mut simulation = Simulation::new(network, self.driver, 1, probes)?;
        let populations = network.populations().len();
        let (mut clips, mut spikes_by_step, mut right_by_step) =
            (Vec::new(), vec![Vec::new(); populations], Vec::new());
        let mut course = Course::default();
        let mut watch = Watch::new(ends.output, neurons as usize, populations, read_out);
        let mut longest = 0;
        loop {
            let sample = next.fetch_add(1, Ordering::Relaxed);
            if sample >= samples.len() {
                break;
            }
            let input = samples.read(sample, self.bin_ms.unwrap_or(network.dt_ms()))?;
            let (emits, steps) = self.input(input, sample)?;
            if steps > longest {
                // A thread counts spikes of each population and right decisions by step.
                let needed =
                    8 * u64::from(steps) * (populations as u64 + 1) * self.threads.clamp(1, samples.len()) as u64;
                memory::check(&format!("clip '{}' of {steps} steps", samples.names()[sample]), needed)?;
                longest = steps;
            }
            simulation.begin_again(vec![(ends.source, emits)])?;
            watch.begin(samples.labels()[sample]);
            course.begin(&simulation);
            for (n, mark) in marks().enumerate().take_while(|&(_, mark)| mark < steps) {
                simulation.run(mark, &mut watch, &mut |_| {})?;
                course.at(n, &simulation);
            }
            simulation.run(steps, &mut watch, &mut |_| {})?;
            course.end(steps, &simulation);
            clips.push((sample, watch.end(steps)));
            watch.add_steps(steps, &mut spikes_by_step, &mut right_by_step);
            progress(1);
        }
        let (zero_weights, totals) = (simulation.zero_weights(), simulation.totals());
        Ok(Done { clips, course, spikes_by_step, right_by_step, zero_weights, totals })
    }

    /// What a sample's input emits, and for how many ticks.
    fn input(&self, input: Input, sample: usize) -> Result<(Emits, Tick)> {
        Ok(match input {
            Input::Spikes { mut spikes, ticks } => {
                let steps = self.steps.unwrap_or(ticks).max(1);
                spikes.truncate(spikes.partition_point(|&(tick, _)| tick < steps));
                (Emits::Spikes(spikes.into()), steps)
            }
            Input::Values { steps: rows, values } => {
                let steps = match (self.steps, rows) {
                    (Some(steps), _) => steps,
                    (None, 1) => {
                        let problem = "images last for as long as one likes: how many steps is not said";
                        return Err(Error::value("steps", problem).with_hint("give --steps N"));
                    }
                    (None, rows) => Tick::try_from(rows).unwrap_or(Tick::MAX - 1),
                };
                let in_range = |value: &f32| (0.0..=1.0).contains(value);
                if self.encoding != Encoding::Direct {
                    if rows != 1 {
                        let problem = "samples of several steps are direct input: expected samples of one step";
                        return Err(Error::value("encoding", problem));
                    }
                    if let Some(value) = values.iter().find(|value| !in_range(value)) {
                        let problem = format!("sample {sample} has a value of {value}: expected values from 0 to 1");
                        return Err(Error::value("encoding", problem));
                    }
                }
                let emits = match self.encoding {
                    Encoding::Direct => Input::Values { steps: rows, values }.emits(),
                    Encoding::Rate => Emits::Bernoulli {
                        probability: values.into_iter().map(f64::from).collect(),
                        seed: bits(self.seed, sample as u64),
                        stride: 1 << 32,
                    },
                    Encoding::Latency => {
                        let last = f64::from(steps - 1);
                        let spiking = (0..).zip(values).filter(|&(_, value)| value > 0.0);
                        let at = |value: f32| ((1.0 - f64::from(value)) * last).round() as Tick;
                        let mut spikes: Vec<(Tick, u32)> = spiking.map(|(id, value)| (at(value), id)).collect();
                        spikes.sort_unstable();
                        Emits::Spikes(spikes.into())
                    }
                };
                (emits, steps)
            }
        })
    }

    /// The network with the kind of input that it will get.
    fn with_input(&self, ends: &Ends, samples: &Samples) -> Result<Network> {
        let analog = samples.is_analog() && self.encoding == Encoding::Direct;
        let size = samples.elements();
        let emits = match analog {
            true => Emits::Frames { values: vec![0.0; size].into(), ticks_per_frame: 1 },
            false => Emits::Spikes(Vec::new().into()),
        };
        Ok(self.network.clone().edit(|parts| parts.sources[ends.source].emits = emits)?)
    }

    fn ends(&self, samples: &Samples) -> Result<Ends> {
        let network = self.network;
        let names = |names: &mut dyn Iterator<Item = &str>| names.take(8).collect::<Vec<_>>().join(", ");
        let sources: Vec<&str> = network.sources().iter().map(|source| &source.name[..]).collect();
        let source = match (self.source, &sources[..]) {
            (Some(name), all) => all.iter().position(|known| *known == name),
            (None, [_]) => Some(0),
            (None, all) => all.iter().position(|known| *known == "input"),
        };
        let Some(source) = source else {
            let problem = format!("which source the input takes the place of: {}", names(&mut sources.iter().copied()));
            return Err(Error::value("input", problem).with_hint("name it with --input NAME"));
        };
        let ends =
            |p: &usize| !network.projections().iter().any(|projection| projection.from == Origin::Population(*p));
        let last: Vec<usize> = (0..network.populations().len()).filter(ends).collect();
        let name = |p: usize| &network.populations()[p].name[..];
        let output = match (self.output, &last[..]) {
            (Some(wanted), _) => (0..network.populations().len()).find(|&p| name(p) == wanted),
            (None, &[only]) => Some(only),
            (None, _) => (0..network.populations().len()).find(|&p| name(p) == "output"),
        };
        let Some(output) = output else {
            let all = names(&mut (0..network.populations().len()).map(name));
            let problem = format!("which population is read out: {all}");
            return Err(Error::value("output", problem).with_hint("name it with --output NAME"));
        };
        let (found, expected) = (samples.elements(), network.sources()[source].size as usize);
        if found != expected {
            let problem =
                format!("have {found} elements, {:?}; source '{}' has {expected}", samples.shape(), sources[source]);
            return Err(Error::value("samples", problem));
        }
        let (classes, neurons) = (samples.classes(), network.populations()[output].size as usize);
        if classes > neurons {
            let problem =
                format!("have the class {}; population '{}' has {neurons} neurons", classes - 1, name(output));
            return Err(Error::value("samples", problem).with_hint("classes are counted from 0"));
        }
        Ok(Ends { source, output })
    }

    fn decided_by(&self, network: &Network, ends: &Ends) -> Result<ReadOut> {
        let population = &network.populations()[ends.output];
        match (self.read_out, population.can_fire()) {
            (None, true) => Ok(ReadOut::Counts),
            // A sum holds the whole clip at its end; what leaks holds only the last steps.
            (None, false) if population.neuron.retention == 1.0 => Ok(ReadOut::Last),
            (None, false) => Ok(ReadOut::Membrane),
            (Some(ReadOut::Counts | ReadOut::FirstSpike), false) => {
                let problem = format!("population '{}' cannot fire", population.name);
                Err(Error::value("read-out", problem).with_hint("read its membrane potential: last or membrane"))
            }
            (Some(read_out), _) => Ok(read_out),
        }
    }
}

/// What one thread has done.
struct Done {
    /// By sample.
    clips: Vec<(usize, ClipOutcome)>,
    course: Course,
    /// Of each population and step.
    spikes_by_step: Vec<Vec<u64>>,
    /// Clips whose decision after each step is right, as long as they last.
    right_by_step: Vec<u64>,
    zero_weights: (u64, u64),
    totals: Totals,
}

impl Done {
    /// Both together.
    fn and(mut self, other: Done) -> Done {
        let add = |sums: &mut Vec<u64>, more: &[u64]| {
            sums.resize(sums.len().max(more.len()), 0);
            sums.iter_mut().zip(more).for_each(|(sum, n)| *sum += n);
        };
        self.clips.extend(other.clips);
        self.course = self.course.and(other.course);
        self.spikes_by_step.iter_mut().zip(&other.spikes_by_step).for_each(|(sums, more)| add(sums, more));
        add(&mut self.right_by_step, &other.right_by_step);
        self.totals += &other.totals;
        self
    }

    /// Takes out the clips in the order of the samples, and the right decisions after each step: clips
    /// that are over keep their last decision.
    fn in_order(&mut self) -> (Vec<ClipOutcome>, Vec<u64>) {
        let mut clips = std::mem::take(&mut self.clips);
        clips.sort_unstable_by_key(|&(sample, _)| sample);
        let clips: Vec<ClipOutcome> = clips.into_iter().map(|(_, clip)| clip).collect();
        let mut right_by_step = std::mem::take(&mut self.right_by_step);
        for clip in clips.iter().filter(|clip| clip.is_right()) {
            right_by_step.iter_mut().skip(clip.ticks as usize).for_each(|right| *right += 1);
        }
        (clips, right_by_step)
    }
}
