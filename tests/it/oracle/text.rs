//! Networks as files: RON, and beside it what it names, as `.csv` or `.npy`.

use crate::oracle::network::*;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

/// Writes `net.ron` and its files into `folder`; the text of the former.
pub fn write(network: &Network, folder: &Path) -> String {
    let mut files = Files { folder, count: 0 };
    let ms = |ticks: u32| f64::from(ticks) * network.dt;
    let mut text = format!(
        "(format: 1, dt_ms: {:?}, duration_ms: {:?}, seed: {},\n populations: [\n",
        network.dt,
        ms(network.ticks),
        network.run_seed
    );
    for p in &network.populations {
        writeln!(
            text,
            "  (name: {:?}, size: {}, neuron: {}{}),",
            p.name,
            p.size,
            neuron(p, ms(p.refractory), &mut files),
            {
                let receptors: String = p.receptors.iter().enumerate().map(|(k, r)| receptor(k, r)).collect();
                let receptors = if p.listed { format!(", receptors: [{receptors}]") } else { String::new() };
                let initial = match &p.initial {
                    Initial::Rest => String::new(),
                    Initial::Constant(v) => format!(", initial: Constant(v_mv: {v:?})"),
                    Initial::Uniform(low, high, seed) => {
                        format!(", initial: Uniform(low_mv: {low:?}, high_mv: {high:?}{})", given("seed", seed))
                    }
                    Initial::Each(values) => format!(", initial: File(file: {:?})", files.list(values)),
                };
                receptors + &initial
            }
        )
        .unwrap();
    }
    text += " ],\n sources: [\n";
    for s in &network.sources {
        let drawn = |seed: &Option<u64>, stride: &Option<u64>| given("seed", seed) + &given("stride", stride);
        let emits = match &s.emits {
            Emits::Spikes(spikes) => {
                let (a, b) = spikes.split_at(spikes.len() / 2);
                let a: Vec<_> = a.iter().map(|&(tick, id)| (ms(tick), id)).collect();
                format!("Spikes(at_ms: {a:?}, at_ticks: {b:?})")
            }
            Emits::SpikeFile(spikes) => {
                let lines = spikes.iter().map(|&(tick, id)| format!("{:?},{id}\n", ms(tick)));
                format!("SpikeFile(file: {:?})", files.text("time_ms,id\n".to_string() + &lines.collect::<String>()))
            }
            Emits::Regular { first, period } => {
                format!("Regular(first_ms: {:?}, period_ms: {:?})", ms(*first), ms(*period))
            }
            Emits::Probability { p, seed, stride } => {
                format!("Bernoulli(probability: {p:?}{})", drawn(seed, stride))
            }
            Emits::RateHz { rate, seed, stride } => format!("Bernoulli(rate_hz: {rate:?}{})", drawn(seed, stride)),
            Emits::Poisson { rate, seed, stride } => format!("Poisson(rate_hz: {rate:?}{})", drawn(seed, stride)),
            Emits::Rate { values, most, seed, stride } => {
                format!("Rate(values: Values({values:?}), max_rate_hz: {most:?}{})", drawn(seed, stride))
            }
            Emits::Latency { values, first, window } => {
                let (first, window) = (ms(*first), ms(*window));
                format!("Latency(values: File({:?}), first_ms: {first:?}, window_ms: {window:?})", files.list(values))
            }
            Emits::Frames { rows, ticks } => {
                format!("Frames(file: {:?}, frame_ms: {:?})", files.rows(rows), ms(*ticks))
            }
        };
        writeln!(text, "  (name: {:?}, size: {}, emits: {emits}),", s.name, s.size).unwrap();
    }
    text += " ],\n projections: [\n";
    for p in &network.projections {
        text += "  (";
        if p.named {
            write!(text, "name: {:?}, ", p.name).unwrap();
        }
        let (from, to) = (network.shown(p.from, &p.from_ids), network.shown(End::Population(p.to), &p.to_ids));
        write!(text, "from: {from:?}, to: {to:?}, ").unwrap();
        if network.populations[p.to].listed {
            write!(text, "receptor: \"r{}\", ", p.receptor).unwrap();
        }
        writeln!(text, "rule: {}{}{}),", rule(p, &mut files), weights(&p.weights, &mut files), {
            match &p.delays {
                Delays::Absent => String::new(),
                Delays::Constant(ticks) => format!(", delay_ms: Constant({:?})", ms(*ticks)),
                Delays::Uniform { low, high, seed, first } => format!(
                    ", delay_ms: Uniform(low: {:?}, high: {:?}, first: {first}{})",
                    ms(*low),
                    ms(*high),
                    given("seed", seed)
                ),
                Delays::Values(ticks) => {
                    format!(", delay_ms: Values({:?})", ticks.iter().map(|&t| ms(t)).collect::<Vec<_>>())
                }
                Delays::File(ticks) => {
                    let values: Vec<_> = ticks.iter().map(|&t| ms(t)).collect();
                    format!(", delay_ms: File({:?})", files.list(&values))
                }
            }
        })
        .unwrap();
    }
    let all: Vec<_> = network.populations.iter().map(|p| &p.name).collect();
    let currents = if network.record_currents { all.clone() } else { Vec::new() };
    write!(text, " ],\n record: (membrane: {all:?}, threshold: {all:?}, current: {currents:?}))\n").unwrap();
    std::fs::write(folder.join("net.ron"), &text).unwrap();
    text
}

impl Network {
    /// A population or source, or some of its neurons.
    pub fn shown(&self, end: End, ids: &Range<u32>) -> String {
        let (name, size) = match end {
            End::Population(p) => (&self.populations[p].name, self.populations[p].size),
            End::Source(s) => (&self.sources[s].name, self.sources[s].size),
        };
        match *ids == (0..size) {
            true => name.clone(),
            false => format!("{name}[{}..{}]", ids.start, ids.end),
        }
    }
}

/// A field that stands there if it has a value.
fn given(field: &str, value: &Option<u64>) -> String {
    value.map_or(String::new(), |value| format!(", {field}: {value}"))
}

fn receptor(k: usize, receptor: &Receptor) -> String {
    match receptor {
        Receptor::Delta => format!("Delta(name: \"r{k}\"), "),
        Receptor::Exponential(tau) => format!("Exponential(name: \"r{k}\", tau_ms: {tau:?}), "),
        Receptor::Alpha(tau) => format!("Alpha(name: \"r{k}\", tau_ms: {tau:?}), "),
    }
}

fn fixed_point_neuron(p: &Population) -> String {
    let [current_decay, voltage_decay, exponent] = p.fixed;
    let reset = match p.reset {
        Reset::Rest => String::new(),
        Reset::To(v) => format!(", reset: Hard(v_reset_mv: {v:?})"),
        Reset::Subtract => ", reset: Soft".into(),
    };
    let Threshold::Fixed(v_th) = p.threshold else { panic!() };
    format!(
        "FixedPointCubaLif(current_decay: {current_decay}, voltage_decay: {voltage_decay}, v_th: {v_th:.0}, \
         weight_exponent: {exponent}{reset})"
    )
}

fn neuron(p: &Population, refractory_ms: f64, files: &mut Files) -> String {
    if p.model == Model::FixedPointCubaLif {
        return fixed_point_neuron(p);
    }
    let mut text = format!("{:?}(r_m_gohm: {:?}, bias_pa: {:?}", p.model, p.r, p.bias);
    if p.model != Model::If {
        write!(text, ", tau_m_ms: {:?}, v_rest_mv: {:?}", p.tau, p.rest).unwrap();
    }
    if let (Model::CubaLif, false, Receptor::Exponential(tau)) = (p.model, p.listed, p.receptors[0]) {
        write!(text, ", tau_syn_ms: {tau:?}").unwrap();
    }
    text += match p.form {
        Form::Exact => "",
        Form::Discrete { decay_input: true } => ", form: Discrete(decay_input: true)",
        Form::Discrete { decay_input: false } => ", form: Discrete(decay_input: false)",
    };
    match &p.threshold {
        Threshold::Never => return text + ")",
        Threshold::Fixed(theta) => write!(text, ", threshold: Fixed(v_th_mv: {theta:?})").unwrap(),
        Threshold::Adaptive { base, jump, tau } if p.model == Model::Alif => {
            write!(text, ", v_th_mv: {base:?}, jump_mv: {jump:?}, tau_threshold_ms: {tau:?}").unwrap();
        }
        Threshold::Adaptive { base, jump, tau } => {
            write!(text, ", threshold: Adaptive(v_th_mv: {base:?}, jump_mv: {jump:?}, tau_ms: {tau:?})").unwrap();
        }
        Threshold::Cue(rows) => write!(text, ", threshold: Cue(file: {:?})", files.rows(rows)).unwrap(),
    }
    match p.reset {
        Reset::Rest => {}
        Reset::To(v) => write!(text, ", reset: Hard(v_reset_mv: {v:?})").unwrap(),
        Reset::Subtract => text += ", reset: Soft",
    }
    let (keep, strict) = (if p.keep { "Keep" } else { "Drop" }, if p.strict { "Above" } else { "AtLeast" });
    write!(text, ", refractory_ms: {refractory_ms:?}, refractory_input: {keep}, compare: {strict})").unwrap();
    text
}

fn rule(p: &Projection, files: &mut Files) -> String {
    let degree = |d: &Degree| {
        let drawn = given("seed", &d.seed) + &given("stride", &d.stride);
        let allowed = format!("allow_autapses: {}, allow_multapses: {}", d.autapses, d.multapses);
        format!("(degree: {}, offset: {}{drawn}, {allowed})", d.degree, d.offset)
    };
    match &p.rule {
        Rule::AllToAll { autapses } => format!("AllToAll(allow_autapses: {autapses})"),
        Rule::OneToOne => "OneToOne".into(),
        Rule::FixedProbability { p, seed, autapses } => {
            format!("FixedProbability(probability: {p:?}{}, allow_autapses: {autapses})", given("seed", seed))
        }
        Rule::FixedInDegree(d) => format!("FixedInDegree{}", degree(d)),
        Rule::FixedOutDegree(d) => format!("FixedOutDegree{}", degree(d)),
        Rule::List(edges) => format!("List({edges:?})"),
        Rule::ListFile(edges, weights) => {
            let head = if weights.is_some() { "source,target,weight\n" } else { "source,target\n" };
            let line = |(k, &(i, j)): (usize, &(u32, u32))| {
                let weight = weights.as_ref().map_or(String::new(), |weights| format!(",{:?}", weights[k]));
                format!("{i},{j}{weight}\n")
            };
            let lines: String = edges.iter().enumerate().map(line).collect();
            format!("ListFile({:?})", files.text(head.to_string() + &lines))
        }
        Rule::Matrix(weights) => {
            let rows: Vec<_> = weights.chunks(p.from_ids.len()).map(<[f64]>::to_vec).collect();
            format!("Matrix(file: {:?})", files.rows(&rows))
        }
    }
}

fn weights(weights: &Weights, files: &mut Files) -> String {
    let text = match weights {
        Weights::Absent => return String::new(),
        Weights::Constant(w) => format!("Constant({w:?})"),
        Weights::Uniform { low, high, seed, first } => {
            format!("Uniform(low: {low:?}, high: {high:?}, first: {first}{})", given("seed", seed))
        }
        Weights::Normal { mean, sd, seed, first } => {
            format!("Normal(mean: {mean:?}, sd: {sd:?}, first: {first}{})", given("seed", seed))
        }
        Weights::Values(values) => format!("Values({values:?})"),
        Weights::File(values) => format!("File({:?})", files.list(values)),
    };
    format!(", weight: {text}")
}

/// Numbers the files beside a network.
struct Files<'a> {
    folder: &'a Path,
    count: usize,
}

impl Files<'_> {
    fn put(&mut self, extension: &str, content: &[u8]) -> String {
        self.count += 1;
        let name = format!("{}.{extension}", self.count);
        std::fs::write(self.folder.join(&name), content).unwrap();
        name
    }

    fn text(&mut self, text: String) -> String {
        self.put("csv", text.as_bytes())
    }

    fn list(&mut self, values: &[f64]) -> String {
        let rows: Vec<_> = values.iter().map(|&value| vec![value]).collect();
        self.rows(&rows)
    }

    /// By turns as `.csv` and `.npy`.
    fn rows(&mut self, rows: &[Vec<f64>]) -> String {
        if self.count.is_multiple_of(2) {
            let line = |row: &Vec<f64>| row.iter().map(|x| format!("{x:?}")).collect::<Vec<_>>().join(",") + "\n";
            return self.text(rows.iter().map(line).collect());
        }
        let shape = format!("({}, {})", rows.len(), rows[0].len());
        let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        header += &" ".repeat(64 - (10 + header.len() + 1) % 64);
        header += "\n";
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(rows.iter().flatten().flat_map(|x| x.to_le_bytes()));
        self.put("npy", &bytes)
    }
}
