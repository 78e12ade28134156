//! The documented equations, tick by tick, in the simplest loops: every neuron at every tick, every
//! edge a struct, every arrival a struct in the list of its tick.

use crate::oracle::network::*;
use std::collections::BTreeSet;

/// Closer to its threshold than this, relative to the largest numbers of its neuron, a membrane
/// says nothing: there rounding decides.
const TIE: f64 = 1e-12;

/// Or closer than this, mV.
const LEAST: f64 = 1e-300;

/// What a run leaves behind.
pub struct Run {
    /// Tick, population, neuron; ascending.
    pub spikes: Vec<(u32, u32, u32)>,
    /// Tick, source, id; ascending.
    pub emitted: Vec<(u32, u32, u32)>,
    /// Of each population, at the end of each tick, by tick, then by neuron.
    pub traces: Vec<Traces>,
    /// Of each population.
    pub counts: Vec<Counts>,
    /// Weights of zero, and all.
    pub zero_weights: (u64, u64),
    /// The first tick at which a membrane was too close to its threshold to say who is right.
    pub tie: Option<u32>,
}

#[derive(Default)]
pub struct Traces {
    pub membrane: Vec<f64>,
    pub threshold: Vec<f64>,
    pub current: Vec<f64>,
    /// Beside them, whether the neuron is refractory.
    pub refractory: Vec<bool>,
    /// The largest magnitude among a neuron's membranes, currents and thresholds up to there.
    pub scale: Vec<f64>,
}

#[derive(Default, Debug, Clone)]
pub struct Counts {
    pub spikes: u64,
    /// Spikes that arrived at synapses, and those of them that came through full matrices with one
    /// delay.
    pub synops: u64,
    pub through_matrices: u64,
    /// Analog values other than zero that arrived at synapses.
    pub products: u64,
    pub effective_acs: u64,
    pub effective_macs: u64,
    /// Sources times targets times ticks, of all projections.
    pub dense: u64,
    /// Neurons times ticks at which something arrived.
    pub heard: u64,
    /// Sources that emit spikes, and what they emitted, once and times the targets, of all
    /// projections.
    pub inputs: u64,
    pub emitted: u64,
    pub emitted_x_targets: u64,
    /// Sources times targets of full matrices with one delay, at each tick at which something may
    /// arrive.
    pub matrix_products: u64,
    /// Whether all that can arrive are analog values.
    pub analog: bool,
}

/// Something that arrives.
struct Arrival {
    population: usize,
    target: u32,
    receptor: usize,
    weight: f64,
    value: f64,
    analog: bool,
    full: bool,
}

/// One neuron. Its membrane is `base + apart`: the membrane that its bias leads to (of
/// integrate-and-fire: has led to since the last reset), and what it is apart from that, which
/// decays.
#[derive(Clone)]
struct Cell {
    apart: f64,
    /// Ticks that bias has acted on an integrate-and-fire neuron since the membrane was last set.
    drifted: u32,
    current: Vec<f64>,
    rise: Vec<f64>,
    excess: f64,
    refractory: u32,
    kept: f64,
    /// Magnitudes of what `apart` is the sum of, decayed like it.
    size: f64,
    /// The largest magnitude of any of its numbers.
    scale: f64,
}

/// The equations of a population.
struct Equations<'a> {
    p: &'a Population,
    dt: f64,
}

impl Equations<'_> {
    fn leaks(&self) -> bool {
        self.p.model != Model::If
    }

    /// What a tick leaves of something that decays with `tau`.
    fn left(&self, tau: f64) -> f64 {
        match self.p.form {
            Form::Exact => (-self.dt / tau).exp(),
            Form::Discrete { .. } => 1.0 - self.dt / tau,
        }
    }

    /// What a tick leaves of the membrane's distance from where bias leads.
    fn membrane_left(&self) -> f64 {
        if self.leaks() { self.left(self.p.tau) } else { 1.0 }
    }

    /// Where rest and bias lead a membrane.
    fn base(&self, drifted: u32) -> f64 {
        let driven = self.p.r * self.p.bias;
        match (self.leaks(), self.p.form) {
            (false, _) => f64::from(drifted) * (driven * self.dt),
            // Bias is undivided, leak is divided by tau / dt.
            (true, Form::Discrete { decay_input: false }) => self.p.rest + driven * (self.p.tau / self.dt),
            (true, _) => self.p.rest + driven,
        }
    }

    /// What 1 mV or 1 pA of input during a whole tick adds to a membrane in the discrete forms.
    fn discrete_gain(&self) -> f64 {
        match (self.leaks(), self.p.form) {
            (true, Form::Discrete { decay_input: true }) => self.dt / self.p.tau,
            _ => 1.0,
        }
    }

    /// What currents add to the membrane in a tick: in the exact form R / tau times the integral
    /// over the tick of what is left at its end of I(s) = (g + d s) exp(-s / tau_syn), by Simpson's
    /// rule.
    fn response(&self, tau_syn: f64, current: f64, rise: f64) -> f64 {
        const PIECES: usize = 1024;
        let (dt, p) = (self.dt, self.p);
        let kernel = |s: f64| {
            let input = (current + rise * s) * (-s / tau_syn).exp();
            if self.leaks() { input * (-(dt - s) / p.tau).exp() / p.tau } else { input }
        };
        let h = dt / PIECES as f64;
        let simpson = |k: usize| {
            let s = k as f64 * h;
            (kernel(s) + 4.0 * kernel(s + h / 2.0) + kernel(s + h)) * h / 6.0
        };
        p.r * (0..PIECES).map(simpson).sum::<f64>()
    }
}

/// Runs a network.
pub fn run(network: &Network) -> Run {
    let dt = network.dt;
    let models: Vec<_> = network.populations.iter().map(|p| Equations { p, dt }).collect();
    // Responses to a current and to a rise of 1, which are linear.
    let responses: Vec<Vec<[f64; 2]>> = models.iter().map(Equations::responses).collect();
    let mut cells: Vec<Vec<Cell>> = models.iter().map(|m| initial(network, m)).collect();
    let rows: Vec<_> = network.projections.iter().map(|p| network.rows(p)).collect();
    let mut inbox: Vec<Vec<Arrival>> = (0..network.ticks).map(|_| Vec::new()).collect();
    let mut run = Run {
        spikes: Vec::new(),
        emitted: Vec::new(),
        traces: models.iter().map(|_| Traces::default()).collect(),
        counts: vec![Counts::default(); models.len()],
        zero_weights: (0, 0),
        tie: None,
    };
    for edge in rows.iter().flatten().flatten() {
        run.zero_weights.0 += u64::from(edge.weight == 0.0);
        run.zero_weights.1 += 1;
    }
    for (p, counts) in run.counts.iter_mut().enumerate() {
        let ends_here: Vec<_> = network.projections.iter().filter(|projection| projection.to == p).collect();
        counts.analog = !ends_here.is_empty() && ends_here.iter().all(|projection| network.is_analog(projection));
        for projection in ends_here {
            let (sources, targets) = (projection.from_ids.len() as u64, projection.to_ids.len() as u64);
            counts.dense += sources * targets * u64::from(network.ticks);
            if !network.is_analog(projection) {
                let ticks = projection.full_delay().map_or(0, |delay| network.ticks.saturating_sub(delay));
                counts.inputs += sources;
                counts.matrix_products += sources * targets * u64::from(ticks);
            }
        }
    }
    for tick in 0..network.ticks {
        // Membranes go on, then currents.
        for (p, model) in models.iter().enumerate() {
            for cell in &mut cells[p] {
                cell.step(model, &responses[p]);
            }
        }
        // What arrives.
        let mut heard = BTreeSet::new();
        for a in inbox[tick as usize].drain(..) {
            cells[a.population][a.target as usize].hear(&models[a.population], a.receptor, a.weight * a.value);
            heard.insert((a.population, a.target));
            run.counts[a.population].arrival(&a);
        }
        heard.iter().for_each(|&(p, _)| run.counts[p].heard += 1);
        // Who fires, and what is seen.
        let mut fired: Vec<(End, u32, f64)> = Vec::new();
        for (p, model) in models.iter().enumerate() {
            for (j, cell) in cells[p].iter_mut().enumerate() {
                let theta = cell.threshold(model, tick, j);
                let (fires, tie) = cell.fires(model, theta);
                if tie && run.tie.is_none() {
                    run.tie = Some(tick);
                }
                let was_refractory = cell.refractory > 0;
                cell.refractory = cell.refractory.saturating_sub(1);
                if fires {
                    cell.fire(model, theta);
                    run.spikes.push((tick, p as u32, j as u32));
                    run.counts[p].spikes += 1;
                    fired.push((End::Population(p), j as u32, 1.0));
                }
                let traces = &mut run.traces[p];
                traces.membrane.push(model.base(cell.drifted) + cell.apart);
                traces.threshold.push(cell.threshold(model, tick, j));
                traces.current.push(cell.current.iter().sum());
                traces.refractory.push(was_refractory);
                traces.scale.push(cell.scale);
            }
        }
        for (s, source) in network.sources.iter().enumerate() {
            let emitted = network.emitted(source, tick).into_iter().filter(|&(_, value)| value != 0.0);
            let emitted: Vec<_> = emitted.collect();
            if !matches!(source.emits, Emits::Frames { .. }) {
                run.emitted.extend(emitted.iter().map(|&(id, _)| (tick, s as u32, id)));
            }
            fired.extend(emitted.into_iter().map(|(id, value)| (End::Source(s), id, value)));
        }
        // What is emitted arrives a delay later.
        for (p, rows) in network.projections.iter().zip(&rows) {
            let (analog, full) = (network.is_analog(p), p.full_delay().is_some());
            for &(_, id, value) in fired.iter().filter(|(from, _, _)| *from == p.from) {
                if !analog && p.from_ids.contains(&id) {
                    run.counts[p.to].emitted += 1;
                    run.counts[p.to].emitted_x_targets += p.to_ids.len() as u64;
                }
                for edge in &rows[id as usize] {
                    if let Some(arrivals) = inbox.get_mut((tick + edge.delay) as usize) {
                        let (target, weight, receptor) = (edge.target, edge.weight, p.receptor);
                        arrivals.push(Arrival { population: p.to, target, receptor, weight, value, analog, full });
                    }
                }
            }
        }
    }
    run.emitted.sort_unstable();
    run
}

fn initial(network: &Network, model: &Equations) -> Vec<Cell> {
    let p = model.p;
    let v = |j: u32| match &p.initial {
        Initial::Rest => p.rest,
        Initial::Constant(v) => *v,
        Initial::Uniform(low, high, seed) => {
            let seed = seed
                .unwrap_or_else(|| crate::oracle::counter::derived(network.run_seed, &format!("{}/initial", p.name)));
            low + (high - low) * crate::oracle::counter::unit(seed, j.into())
        }
        Initial::Each(values) => values[j as usize],
    };
    let zeros = vec![0.0; p.receptors.len()];
    let cell = |j| Cell {
        apart: v(j) - model.base(0),
        drifted: 0,
        current: zeros.clone(),
        rise: zeros.clone(),
        excess: 0.0,
        refractory: 0,
        kept: 0.0,
        size: (v(j) - model.base(0)).abs(),
        scale: 0.0,
    };
    (0..p.size).map(cell).collect()
}

impl Equations<'_> {
    fn responses(&self) -> Vec<[f64; 2]> {
        let of = |receptor: &Receptor| match *receptor {
            Receptor::Delta => [0.0, 0.0],
            Receptor::Exponential(tau) | Receptor::Alpha(tau) => {
                [self.response(tau, 1.0, 0.0), self.response(tau, 0.0, 1.0)]
            }
        };
        self.p.receptors.iter().map(of).collect()
    }
}

impl Cell {
    /// A tick without arrivals.
    fn step(&mut self, model: &Equations, responses: &[[f64; 2]]) {
        if model.p.model == Model::FixedPointCubaLif {
            return;
        }
        let free = self.refractory == 0;
        let left = model.membrane_left();
        if free {
            // What was kept comes with the end of the refractory time.
            let kept = std::mem::take(&mut self.kept);
            self.apart = (self.apart + kept) * left;
            self.size = (self.size + kept.abs()) * left;
            self.drifted += 1;
        } else {
            self.kept *= left;
        }
        for (c, receptor) in model.p.receptors.iter().enumerate() {
            let (Receptor::Exponential(tau) | Receptor::Alpha(tau)) = *receptor else { continue };
            let p = model.left(tau);
            let (g, d) = (self.current[c], self.rise[c]);
            (self.current[c], self.rise[c]) = (p * g + model.dt * p * d, p * d);
            if free {
                self.push(match model.p.form {
                    Form::Exact => responses[c][0] * g + responses[c][1] * d,
                    Form::Discrete { .. } => model.felt(self.current[c]),
                });
            }
        }
        if let Threshold::Adaptive { tau, .. } = model.p.threshold {
            self.excess *= model.left(tau);
        }
    }

    fn push(&mut self, mv: f64) {
        self.apart += mv;
        self.size += mv.abs();
    }

    /// A tick in fixed point, once all that arrives has been added up.
    fn step_in_whole_numbers(&mut self, model: &Equations) {
        let [current_decay, voltage_decay, exponent] = model.p.fixed.map(i64::from);
        let decay = |z: f64, d: i64| z.signum() * ((z.abs() as i64 * (4096 - d)) >> 12) as f64;
        let in_24_bits = |z: f64| z.clamp(-8_388_607.0, 8_388_607.0);
        let input = (std::mem::take(&mut self.kept) * f64::from(1 << exponent)).round();
        self.current[0] = in_24_bits(decay(self.current[0], current_decay) + input);
        self.apart = in_24_bits(decay(self.apart, voltage_decay) + self.current[0]);
    }

    fn hear(&mut self, model: &Equations, receptor: usize, amount: f64) {
        if model.p.model == Model::FixedPointCubaLif {
            self.kept += amount;
            return;
        }
        let free = self.refractory == 0;
        match model.p.receptors[receptor] {
            Receptor::Delta if free => self.push(amount * model.discrete_gain()),
            Receptor::Delta if model.p.keep => self.kept += amount * model.discrete_gain(),
            Receptor::Delta => {}
            Receptor::Exponential(_) => {
                self.current[receptor] += amount;
                if free && model.p.form != Form::Exact {
                    self.push(model.felt(amount));
                }
            }
            Receptor::Alpha(tau) => self.rise[receptor] += amount * std::f64::consts::E / tau,
        }
    }

    fn threshold(&self, model: &Equations, tick: u32, j: usize) -> f64 {
        match &model.p.threshold {
            Threshold::Never => f64::INFINITY,
            Threshold::Fixed(theta) => *theta,
            Threshold::Adaptive { base, .. } => base + self.excess,
            Threshold::Cue(rows) => {
                let row = &rows[(tick as usize).min(rows.len() - 1)];
                row[j.min(row.len() - 1)]
            }
        }
    }

    /// Whether it fires, and whether that hangs on a rounding. Both sides are seen from where bias
    /// leads: a membrane that comes from below never gets there.
    fn fires(&mut self, model: &Equations, theta: f64) -> (bool, bool) {
        if model.p.model == Model::FixedPointCubaLif {
            self.step_in_whole_numbers(model);
            return (self.apart > theta, false);
        }
        let base = model.base(self.drifted);
        let numbers = [base, self.apart, base + self.apart, self.excess, self.kept];
        let numbers = numbers.iter().chain(&self.current).chain(Some(&theta).filter(|theta| theta.is_finite()));
        self.scale = numbers.fold(self.scale, |scale, x| scale.max(x.abs()));
        if self.refractory > 0 || theta == f64::INFINITY {
            return (false, false);
        }
        let over = theta - base;
        let scale = if over == 0.0 { self.size } else { self.scale };
        // What only approaches its threshold is next to it when there is no smaller number.
        let tie = (self.apart - over).abs() <= (TIE * scale).max(LEAST);
        (if model.p.strict { self.apart > over } else { self.apart >= over }, tie)
    }

    fn fire(&mut self, model: &Equations, theta: f64) {
        let v = match model.p.reset {
            Reset::Rest => model.p.rest,
            Reset::To(v) => v,
            Reset::Subtract => model.base(self.drifted) + self.apart - theta,
        };
        self.drifted = 0;
        self.apart = v - model.base(0);
        self.size = self.apart.abs();
        self.refractory = model.p.refractory;
        if let Threshold::Adaptive { jump, .. } = model.p.threshold {
            self.excess += jump;
        }
    }
}

impl Equations<'_> {
    /// What a current adds to the membrane in a tick of the discrete forms.
    fn felt(&self, current: f64) -> f64 {
        let of_current = if self.leaks() { self.discrete_gain() } else { self.dt };
        of_current * self.p.r * current
    }
}

impl Counts {
    fn arrival(&mut self, a: &Arrival) {
        if a.analog {
            self.products += 1;
        } else {
            self.synops += 1;
            self.through_matrices += u64::from(a.full);
        }
        match (a.weight == 0.0, a.value.abs() == 1.0) {
            (true, _) => {}
            (_, true) => self.effective_acs += 1,
            _ => self.effective_macs += 1,
        }
    }
}

impl Projection {
    /// The delay, if every source reaches every target, all with one delay.
    fn full_delay(&self) -> Option<u32> {
        let full = match self.rule {
            Rule::Matrix(_) => true,
            Rule::AllToAll { autapses } => autapses || self.from != End::Population(self.to),
            _ => false,
        };
        match self.delays {
            Delays::Absent if full => Some(1),
            Delays::Constant(ticks) if full => Some(ticks),
            _ => None,
        }
    }
}

impl Network {
    fn is_analog(&self, p: &Projection) -> bool {
        matches!(p.from, End::Source(s) if matches!(self.sources[s].emits, Emits::Frames { .. }))
    }
}
