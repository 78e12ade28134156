//! Networks in the terms of their files, and random ones of every model, threshold, reset,
//! receptor, source, rule, weight and delay. Numbers are not round: what decides must not be the
//! last bit of a sum.

use crate::oracle::counter::Draw;
use std::ops::Range;

pub struct Network {
    pub dt: f64,
    pub ticks: u32,
    pub run_seed: u64,
    pub populations: Vec<Population>,
    pub sources: Vec<Source>,
    pub projections: Vec<Projection>,
    pub record_currents: bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Model {
    If,
    Lif,
    Li,
    CubaLif,
    Alif,
    FixedPointCubaLif,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Form {
    Exact,
    Discrete { decay_input: bool },
}

pub enum Threshold {
    Never,
    Fixed(f64),
    Adaptive {
        base: f64,
        jump: f64,
        tau: f64,
    },
    /// Rows of one value or one per neuron.
    Cue(Vec<Vec<f64>>),
}

#[derive(Clone, Copy)]
pub enum Reset {
    Rest,
    To(f64),
    Subtract,
}

#[derive(Clone, Copy)]
pub enum Receptor {
    Delta,
    Exponential(f64),
    Alpha(f64),
}

pub enum Initial {
    Rest,
    Constant(f64),
    Uniform(f64, f64, Option<u64>),
    Each(Vec<f64>),
}

pub struct Population {
    pub name: String,
    pub size: u32,
    pub model: Model,
    /// ms; not of IF.
    pub tau: f64,
    pub rest: f64,
    pub r: f64,
    pub bias: f64,
    pub form: Form,
    pub threshold: Threshold,
    pub reset: Reset,
    /// Ticks.
    pub refractory: u32,
    pub keep: bool,
    pub strict: bool,
    pub receptors: Vec<Receptor>,
    /// Whether the file lists the receptors; else it is the model's own.
    pub listed: bool,
    pub initial: Initial,
    /// In fixed point: decays of current and membrane in parts of 4096, and the exponent of weights.
    pub fixed: [u32; 3],
}

pub enum Emits {
    /// (tick, id).
    Spikes(Vec<(u32, u32)>),
    SpikeFile(Vec<(u32, u32)>),
    Regular {
        first: u32,
        period: u32,
    },
    Probability {
        p: f64,
        seed: Option<u64>,
        stride: Option<u64>,
    },
    RateHz {
        rate: f64,
        seed: Option<u64>,
        stride: Option<u64>,
    },
    Poisson {
        rate: f64,
        seed: Option<u64>,
        stride: Option<u64>,
    },
    Rate {
        values: Vec<f64>,
        most: f64,
        seed: Option<u64>,
        stride: Option<u64>,
    },
    Latency {
        values: Vec<f64>,
        first: u32,
        window: u32,
    },
    Frames {
        rows: Vec<Vec<f64>>,
        ticks: u32,
    },
}

pub struct Source {
    pub name: String,
    pub size: u32,
    pub emits: Emits,
}

#[derive(Clone, Copy, PartialEq)]
pub enum End {
    Population(usize),
    Source(usize),
}

pub struct Degree {
    pub degree: u32,
    pub seed: Option<u64>,
    pub stride: Option<u64>,
    pub offset: u64,
    pub autapses: bool,
    pub multapses: bool,
}

pub enum Rule {
    AllToAll {
        autapses: bool,
    },
    OneToOne,
    FixedProbability {
        p: f64,
        seed: Option<u64>,
        autapses: bool,
    },
    FixedInDegree(Degree),
    FixedOutDegree(Degree),
    List(Vec<(u32, u32)>),
    ListFile(Vec<(u32, u32)>, Option<Vec<f64>>),
    /// Row by row, `[targets, sources]`.
    Matrix(Vec<f64>),
}

pub enum Weights {
    /// The rule brings them.
    Absent,
    Constant(f64),
    Uniform {
        low: f64,
        high: f64,
        seed: Option<u64>,
        first: u64,
    },
    Normal {
        mean: f64,
        sd: f64,
        seed: Option<u64>,
        first: u64,
    },
    Values(Vec<f64>),
    File(Vec<f64>),
}

/// In ticks.
pub enum Delays {
    Absent,
    Constant(u32),
    Uniform { low: u32, high: u32, seed: Option<u64>, first: u64 },
    Values(Vec<u32>),
    File(Vec<u32>),
}

pub struct Projection {
    pub name: String,
    /// Whether the file gives the name; else it is that of its ends.
    pub named: bool,
    pub from: End,
    pub from_ids: Range<u32>,
    pub to: usize,
    pub to_ids: Range<u32>,
    pub receptor: usize,
    pub rule: Rule,
    pub weights: Weights,
    pub delays: Delays,
}

impl Network {
    pub fn size_of(&self, end: End) -> u32 {
        match end {
            End::Population(p) => self.populations[p].size,
            End::Source(s) => self.sources[s].size,
        }
    }

    pub fn random(seed: u64) -> Network {
        let d = &mut Draw::new(seed);
        let dt = match d.below(4) {
            0 => 0.1,
            1 => 1.0,
            2 => 0.25,
            _ => d.between(0.05, 2.0),
        };
        // Some run through many of the longest stretches that the simulator takes at once.
        let ticks = if d.once_in(5) { d.whole(1000, 1700) } else { d.whole(20, 400) };
        let populations: Vec<_> = (0..d.whole(1, 3)).map(|p| population(d, p, dt, ticks)).collect();
        let sources: Vec<_> = (0..d.whole(1, 2)).map(|s| source(d, s, dt, ticks)).collect();
        let mut network = Network {
            dt,
            ticks,
            run_seed: d.below(1000).into(),
            populations,
            sources,
            projections: Vec::new(),
            record_currents: d.flip(),
        };
        // Long delays let the simulator divide a network into parts.
        let base = if d.flip() { d.whole(20, 50) } else { 0 };
        for n in 0..d.whole(1, 7) {
            let made = projection(d, &network, n, base);
            network.projections.push(made);
        }
        network
    }
}

/// Neurons in fixed point, whose numbers are whole.
fn fixed_point_population(d: &mut Draw, p: u32) -> Population {
    let size = d.whole(1, 150);
    let decay = |d: &mut Draw| match d.below(6) {
        0 => 0,
        1 => 4096,
        _ => d.whole(1, 4095),
    };
    let fixed = [decay(d), decay(d), d.below(9)];
    let whole = |d: &mut Draw, low: f64, high: f64| (d.between(low, high) * f64::from(1 << fixed[2])).round();
    let threshold = whole(d, -2.0, 150.0);
    let reset = match d.below(3) {
        0 if threshold >= 0.0 => Reset::Rest,
        0 | 1 => Reset::To(threshold - whole(d, 0.0, 90.0)),
        _ => Reset::Subtract,
    };
    let initial = match d.below(3) {
        0 => Initial::Constant(whole(d, -20.0, 200.0)),
        1 => Initial::Each((0..size).map(|_| whole(d, -20.0, 100.0)).collect()),
        _ => Initial::Rest,
    };
    Population {
        name: ["exc", "inh", "out"][p as usize].into(),
        size,
        model: Model::FixedPointCubaLif,
        tau: 1.0,
        rest: 0.0,
        r: 1.0,
        bias: 0.0,
        form: Form::Discrete { decay_input: false },
        threshold: Threshold::Fixed(threshold),
        reset,
        refractory: 0,
        keep: false,
        strict: true,
        receptors: vec![Receptor::Exponential(1.0)],
        listed: false,
        initial,
        fixed,
    }
}

fn population(d: &mut Draw, p: u32, dt: f64, ticks: u32) -> Population {
    if d.once_in(6) {
        return fixed_point_population(d, p);
    }
    let model = [Model::If, Model::Lif, Model::Lif, Model::CubaLif, Model::Alif, Model::Li][d.below(6) as usize];
    let form = if d.once_in(3) { Form::Discrete { decay_input: d.flip() } } else { Form::Exact };
    let size = if d.once_in(3) { d.whole(60, 150) } else { d.whole(1, 30) };
    let time_constant = |d: &mut Draw| dt * (1.3 + 60.0 * d.unit().powi(2));
    let (tau, r) = (time_constant(d), d.between(0.3, 2.5));
    let rest = if model == Model::If { 0.0 } else { d.between(-70.0, 10.0) };
    // The membrane that bias leads to, from below to above the threshold.
    let settles = if d.flip() { 0.0 } else { d.between(-10.0, 22.0) };
    let bias = match (model, form) {
        (Model::If, _) => settles / (40.0 * r * dt),
        (_, Form::Discrete { decay_input: false }) => settles * dt / (r * tau),
        _ => settles / r,
    };
    // Some membranes go towards their threshold for ever.
    let base = match d.below(6) {
        0 if settles > 2.0 && model != Model::If => match form {
            Form::Discrete { decay_input: false } => rest + r * bias * (tau / dt),
            _ => rest + r * bias,
        },
        _ => rest + d.between(2.0, 18.0),
    };
    let threshold = match (model, d.below(4)) {
        (Model::Li, _) => Threshold::Never,
        (Model::Alif, _) | (_, 0) => {
            Threshold::Adaptive { base, jump: d.between(-0.5, 6.0), tau: time_constant(d) * 2.0 }
        }
        (_, 1) => {
            let width = if d.flip() { 1 } else { size };
            let rows = d.whole(1, ticks + 10);
            Threshold::Cue((0..rows).map(|_| (0..width).map(|_| base + d.between(-3.0, 9.0)).collect()).collect())
        }
        _ => Threshold::Fixed(base),
    };
    let reset = match d.below(3) {
        0 => Reset::Rest,
        1 => Reset::To(rest + d.between(-12.0, 1.9)),
        _ => Reset::Subtract,
    };
    let listed = d.flip();
    let receptors = match (model, listed) {
        (_, true) => (0..d.whole(1, 4))
            .map(|_| match d.below(3) {
                0 => Receptor::Delta,
                1 if form == Form::Exact => Receptor::Alpha(time_constant(d)),
                _ => Receptor::Exponential(time_constant(d)),
            })
            .collect(),
        (Model::CubaLif, _) => vec![Receptor::Exponential(time_constant(d).max(dt))],
        _ => vec![Receptor::Delta],
    };
    let initial = match d.below(4) {
        0 => Initial::Constant(rest + d.between(-5.0, 25.0)),
        1 => Initial::Uniform(rest - d.unit(), rest + d.between(0.0, 12.0), d.maybe(|d| d.below(99).into())),
        2 => Initial::Each((0..size).map(|_| rest + d.between(-8.0, 8.0)).collect()),
        _ => Initial::Rest,
    };
    let refractory = if d.flip() { 0 } else { d.whole(1, 20) };
    let (keep, strict) = (d.flip(), d.flip());
    let name = ["exc", "inh", "out"][p as usize].into();
    #[rustfmt::skip]
    let made = Population {
        name, size, model, tau, rest, r, bias, form, threshold, reset, refractory, keep, strict, receptors, listed, initial, fixed: [0; 3],
    };
    made
}

fn source(d: &mut Draw, s: u32, dt: f64, ticks: u32) -> Source {
    let size = d.whole(1, 25);
    let list = |d: &mut Draw| (0..d.below(size * ticks / 8 + 2)).map(|_| (d.below(ticks), d.below(size))).collect();
    let values = |d: &mut Draw| (0..size).map(|_| if d.once_in(5) { 0.0 } else { d.unit() }).collect();
    let seed = |d: &mut Draw| d.maybe(|d| d.below(1000).into());
    // Not too short: no tick may repeat another source's draw.
    let stride = |d: &mut Draw| d.maybe(|d| u64::from(d.whole(2000, 9000)));
    let most = 1000.0 / dt;
    let emits = match d.below(10) {
        0 => Emits::Spikes(list(d)),
        1 => {
            // Not empty: an empty file has no populations.
            let mut spikes: Vec<_> = list(d);
            spikes.push((d.below(ticks), d.below(size)));
            Emits::SpikeFile(spikes)
        }
        2 => Emits::Regular { first: d.below(30), period: d.whole(1, 40) },
        3 => Emits::Probability { p: d.unit().powi(3), seed: seed(d), stride: stride(d) },
        4 => Emits::RateHz { rate: most * d.unit().powi(3), seed: seed(d), stride: stride(d) },
        5 => Emits::Poisson { rate: most * 2.0 * d.unit().powi(3), seed: seed(d), stride: stride(d) },
        6 => Emits::Rate { values: values(d), most: most * d.unit().powi(2), seed: seed(d), stride: stride(d) },
        7 => Emits::Latency { values: values(d), first: d.below(20), window: d.below(ticks) },
        _ => {
            let frame = d.whole(1, 30);
            let value = |d: &mut Draw| match d.below(6) {
                0 | 1 => 0.0,
                2 => 1.0,
                3 => -1.0,
                _ => d.between(-1.5, 2.5),
            };
            let frames = if d.flip() { ticks.div_ceil(frame) } else { d.whole(1, 9) };
            let rows = (0..frames).map(|_| (0..size).map(|_| value(d)).collect()).collect();
            Emits::Frames { rows, ticks: frame }
        }
    };
    Source { name: ["input", "noise"][s as usize].into(), size, emits }
}

fn range(d: &mut Draw, size: u32) -> Range<u32> {
    if d.flip() {
        return 0..size;
    }
    let start = d.below(size);
    start..d.whole(start + 1, size)
}

fn projection(d: &mut Draw, network: &Network, n: u32, base: u32) -> Projection {
    let sources = network.sources.len() as u32;
    let from = match n < sources || d.once_in(3) {
        true => End::Source((n % sources) as usize),
        false => End::Population(d.below(network.populations.len() as u32) as usize),
    };
    let to = d.below(network.populations.len() as u32) as usize;
    let target = &network.populations[to];
    let (mut from_ids, mut to_ids) = (range(d, network.size_of(from)), range(d, target.size));
    let seed = |d: &mut Draw| d.maybe(|d| u64::from(d.below(1000)));
    let receptor = d.below(target.receptors.len() as u32) as usize;
    // mV, or pA that come to about as much.
    let scale = match (from, target.receptors[receptor]) {
        (End::Source(_), Receptor::Delta) => 6.0,
        (End::Source(_), _) => 20.0,
        (_, Receptor::Delta) => 1.2,
        _ => 4.0,
    };
    let fixed_point = target.model == Model::FixedPointCubaLif;
    let weight = |d: &mut Draw| match d.once_in(6) {
        true => 0.0,
        false if fixed_point => (10.0 * scale * d.between(-0.3, 0.7)).round(),
        false => scale * d.between(-0.3, 0.7),
    };
    let pair = |d: &mut Draw, from: &Range<u32>, to: &Range<u32>| {
        (d.whole(from.start, from.end - 1), d.whole(to.start, to.end - 1))
    };
    // Of `range.len()` others, one of which may be the neuron itself.
    let degree = |d: &mut Draw, range: &Range<u32>| {
        let others = range.end - range.start - 1;
        let (autapses, multapses) = (others == 0 || d.flip(), others == 0 || d.flip());
        let degree = d.whole(1, if multapses { 9 } else { others.min(9) });
        let offset = if d.flip() { 0 } else { d.below(30).into() };
        Degree { degree, offset, seed: seed(d), stride: d.maybe(|d| u64::from(d.whole(10, 60))), autapses, multapses }
    };
    let rule = match d.below(8) {
        0 => Rule::AllToAll { autapses: d.flip() },
        1 => {
            let pairs = (from_ids.end - from_ids.start).min(to_ids.end - to_ids.start);
            (from_ids.end, to_ids.end) = (from_ids.start + pairs, to_ids.start + pairs);
            Rule::OneToOne
        }
        2 => Rule::FixedProbability { p: d.unit(), seed: seed(d), autapses: d.flip() },
        3 => Rule::FixedInDegree(degree(d, &from_ids)),
        4 => Rule::FixedOutDegree(degree(d, &to_ids)),
        5 => Rule::List((0..d.whole(1, 90)).map(|_| pair(d, &from_ids, &to_ids)).collect()),
        6 => {
            let edges: Vec<_> = (0..d.whole(1, 90)).map(|_| pair(d, &from_ids, &to_ids)).collect();
            let weights = d.maybe(|d| edges.iter().map(|_| weight(d)).collect());
            Rule::ListFile(edges, weights)
        }
        _ => Rule::Matrix((0..from_ids.len() * to_ids.len()).map(|_| weight(d)).collect()),
    };
    // Edges that can have values of their own.
    let each = match &rule {
        Rule::OneToOne => from_ids.len(),
        Rule::List(edges) | Rule::ListFile(edges, None) => edges.len(),
        _ => 0,
    };
    let brings = matches!(rule, Rule::Matrix(_) | Rule::ListFile(_, Some(_)));
    let weights = match d.below(5) {
        0 | 1 if brings => Weights::Absent,
        _ if brings && fixed_point => Weights::Constant(f64::from(d.below(4)) - 1.0),
        _ if brings => Weights::Constant(d.between(-0.5, 1.5)),
        0 => Weights::Constant(weight(d)),
        1 if !fixed_point => {
            let first = if d.flip() { 0 } else { d.below(9).into() };
            Weights::Normal { mean: 0.2, sd: scale * 0.4, seed: seed(d), first }
        }
        2 if each > 0 => Weights::Values((0..each).map(|_| weight(d)).collect()),
        3 if each > 0 => Weights::File((0..each).map(|_| weight(d)).collect()),
        _ if fixed_point => Weights::Constant(weight(d)),
        _ => Weights::Uniform { low: -0.4 * scale, high: scale * d.unit(), seed: seed(d), first: d.below(4).into() },
    };
    let analog = matches!(from, End::Source(s) if matches!(network.sources[s].emits, Emits::Frames { .. }));
    let delays = match d.below(5) {
        0 if base == 0 => Delays::Absent,
        1 if each > 0 && !analog => Delays::Values((0..each).map(|_| base + d.whole(1, 9)).collect()),
        2 if each > 0 && !analog => Delays::File((0..each).map(|_| base + d.whole(1, 9)).collect()),
        1..=3 if !analog => {
            let (low, high) = (base + d.whole(1, 4), base + d.whole(4, 25));
            Delays::Uniform { low, high, seed: seed(d), first: d.below(4).into() }
        }
        _ => Delays::Constant(base + d.whole(1, 20)),
    };
    let default = format!("{} -> {}", network.shown(from, &from_ids), network.shown(End::Population(to), &to_ids));
    let named = d.flip() || network.projections.iter().any(|other| other.name == default);
    let name = if named { format!("projection {n}") } else { default };
    Projection { name, named, from, from_ids, to, to_ids, receptor, rule, weights, delays }
}
