//! Graphs as networks that can be run.
//!
//! Nodes with a membrane or a threshold become populations, what lies between them projections of layers, Inputs
//! become sources without spikes. A forward edge has no delay, an edge that closes a cycle one
//! tick, as in the programs that step through NIR. Neurons are stepped by forward Euler, as there.

use super::array::{Array, Numbers};
use super::check::check;
use super::choices::{Choices, Clock, reset};
use super::constants::constants;
use super::cycles::{back_edges, forward_order};
use super::finding::{Finding, Severity, wrong};
use super::flat::Flat;
use super::graph::{Conv, Graph, NodeKind, Padding, Pool};
use super::shapes::{Shapes, infer};
use super::units::{ResetChoice, close};
use super::way::{From, Way};
use crate::error::{Error, Result};
use crate::formats::npy;
use crate::network::compile::NetworkFile;
use crate::network::spec::{self, *};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A network made of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeNetwork {
    /// The network, which names the files.
    pub spec: NetworkSpec,
    /// Names relative to the network file, and contents.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// What was chosen, and what differs from the graph.
    pub findings: Vec<Finding>,
}

impl MadeNetwork {
    /// Makes a network of a graph that is to be saved at `path`: its weights stand in the folder
    /// `NAME.weights` beside it.
    ///
    /// # Errors
    /// As [`to_network`].
    pub fn new(graph: &Graph, path: &Path, choices: &Choices) -> Result<MadeNetwork> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        to_network(graph, &name, Path::new(&format!("{name}.weights")), choices)
    }

    /// The network as a file at `path` would be, without writing it.
    pub fn into_file(self, path: &Path) -> NetworkFile {
        let contents = self.files.into_iter().collect();
        NetworkFile {
            path: path.to_path_buf(),
            text: self.spec.to_ron(),
            spec: self.spec,
            contents: Arc::new(contents),
        }
    }

    /// Writes the network to `path`, and its files beside it.
    ///
    /// # Errors
    /// As [`NetworkFile::save`].
    pub fn save(&self, path: &Path) -> Result<()> {
        self.clone().into_file(path).save()
    }
}

/// Most nodes that all ways between neurons may pass: two ways through each of many nodes in a row
/// are a power of two.
const MOST_STEPS: usize = 100_000;

/// Makes a network of a graph, with the files of its weights in `folder`, relative to the network
/// file.
///
/// # Errors
/// If the graph is wrong ([`super::check`]), has a node that cannot be part of a network, or times
/// whose unit or step is neither known nor chosen; the error names the node.
pub fn to_network(graph: &Graph, name: &str, folder: &Path, choices: &Choices) -> Result<MadeNetwork> {
    if let Some(wrong) = check(graph).into_iter().find(|finding| finding.severity == Severity::Error) {
        return Err(Error::value("graph", wrong).with_hint("spikefuse nir check lists everything that is wrong"));
    }
    let clock = Clock::new(graph, choices)?;
    let flat = Flat::new(graph);
    let shapes = infer(graph);
    let mut maker = Maker {
        flat: &flat,
        shapes: &shapes,
        clock,
        reset: reset(graph, choices)?,
        folder,
        names: BTreeMap::new(),
        taken: BTreeSet::new(),
        files: BTreeMap::new(),
        findings: Vec::new(),
    };
    maker.findings.push(Finding::of_graph(
        Severity::Note,
        format!("a step is {} ms, times are in {}, reset is {}", clock.dt_ms, clock.unit.name(), maker.reset.name()),
    ));
    let spec = maker.network(name)?;
    Ok(MadeNetwork { spec, files: maker.files.into_iter().collect(), findings: maker.findings })
}

/// The form of neurons whose time constant is a step: a step leaves nothing of the membrane, and
/// arrivals stay as they are.
const WITHOUT_MEMORY: FormSpec = FormSpec::Discrete { decay_input: true };

/// The neurons of a node.
struct Neurons {
    neuron: NeuronSpec,
    receptors: Vec<ReceptorSpec>,
    each: EachSpec,
    factors: Factors,
}

/// What arrivals of a population are multiplied by.
enum Factors {
    Same(f64),
    Each(Vec<f64>),
}

struct Maker<'a> {
    flat: &'a Flat<'a>,
    shapes: &'a Shapes,
    clock: Clock,
    reset: ResetChoice,
    folder: &'a Path,
    /// Names of populations and sources by paths of nodes.
    names: BTreeMap<String, String>,
    /// These names.
    taken: BTreeSet<String>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    findings: Vec<Finding>,
}

/// Whether a node becomes a population: a threshold is one without memory.
fn is_population(kind: &NodeKind) -> bool {
    kind.is_neuron() || matches!(kind, NodeKind::Threshold { .. })
}

/// The bias of a node, unless it is 0.
fn bias(kind: &NodeKind) -> Option<&Array> {
    kind.array("bias").filter(|bias| bias.iter().any(|value| value != 0.0))
}

impl<'a> Maker<'a> {
    fn kind(&self, path: &str) -> &'a NodeKind {
        self.flat.nodes[path]
    }

    fn is_input(&self, path: &str) -> bool {
        matches!(self.kind(path), NodeKind::Input(_)) && !path.contains('/')
    }

    fn is_output(&self, path: &str) -> bool {
        matches!(self.kind(path), NodeKind::Output(_)) && !path.contains('/')
    }

    /// Number of elements that a node gives.
    fn size(&self, path: &str) -> Result<u32> {
        let size = super::array::size(&self.shapes.nodes[path].output).and_then(|size| u32::try_from(size).ok());
        let size = size.filter(|size| (1..u32::MAX).contains(size));
        size.ok_or_else(|| wrong(path, "has none, or too many elements: expected 1 to 2^32 - 2"))
    }

    fn network(&mut self, name: &str) -> Result<NetworkSpec> {
        let ways = self.ways()?;
        let readouts: BTreeSet<&str> = ways.iter().map(|way| way.to).filter(|to| self.is_output(to)).collect();
        let ends: Vec<(&str, &str)> = ways.iter().filter_map(Way::ends).collect();
        let inputs = self.flat.nodes.keys().map(|path| &path[..]).filter(|path| self.is_input(path)).collect();
        let back = back_edges(&ends, &inputs);
        let mut spec = NetworkSpec { name: name.to_owned(), ..NetworkSpec::new(self.clock.dt_ms) };
        let mut factors = BTreeMap::new();
        let paths = self.flat.nodes.keys().map(|path| &path[..]);
        for path in forward_order(paths, &ends, &back) {
            let kind = self.kind(path);
            let readout = readouts.contains(path);
            if is_population(kind) || readout {
                let name = self.name(path);
                let Neurons { neuron, receptors, each, factors: own } =
                    if readout { self.readout() } else { self.neuron(path, kind)? };
                if matches!(neuron, NeuronSpec::Li(_) | NeuronSpec::I(_)) {
                    spec.record.membrane.push(name.clone());
                }
                let rests = kind.array("v_leak").is_some_and(|rests| rests.iter().any(|rest| rest != 0.0));
                let initial = rests.then_some(InitialSpec::Constant { v_mv: 0.0 });
                factors.insert(path, own);
                let each = (each != EachSpec::default()).then_some(each);
                let size = self.size(path)?;
                spec.populations.push(PopulationSpec { name, size, neuron, receptors, initial, each });
            } else if self.is_input(path) {
                let (name, size) = (self.name(path), self.size(path)?);
                spec.sources.push(SourceSpec { name, size, emits: Spikes::default().into() });
            }
        }
        if ways.iter().any(|way| matches!(way.from, From::Bias(_))) {
            let file = self.file("bias", &Array::f64s(vec![1.0]));
            let emits = Frames::new(file, self.clock.dt_ms).into();
            let name = self.name("/bias");
            spec.sources.push(SourceSpec { name, size: 1, emits });
        }
        for way in &ways {
            let Some(factor) = factors.get(way.to) else { continue };
            let closes = way.ends().is_some_and(|ends| back.contains(&ends));
            let projection = self.projection(way, factor, closes)?;
            spec.projections.push(projection);
        }
        Ok(spec)
    }

    /// A name for a node that no other has.
    fn name(&mut self, path: &str) -> String {
        const LONGEST: usize = 90;
        if let Some(name) = self.names.get(path) {
            return name.clone();
        }
        let plain = |c: char| if c.is_control() || "[]/".contains(c) { '.' } else { c };
        let text: String = path.trim_start_matches('/').chars().map(plain).take(LONGEST).collect();
        let text = if text.trim().is_empty() { "node".to_owned() } else { text.trim().to_owned() };
        let name = (1..).map(|n| if n == 1 { text.clone() } else { format!("{text}_{n}") });
        let name = name.into_iter().find(|name| !self.taken.contains(name)).unwrap_or(text);
        self.taken.insert(name.clone());
        self.names.insert(path.to_owned(), name.clone());
        name
    }

    /// All ways to populations, and to Outputs that more than spikes of populations reach.
    fn ways(&self) -> Result<Vec<Way<'a>>> {
        let (mut ways, mut steps) = (Vec::new(), 0);
        for (path, kind) in &self.flat.nodes {
            let path = &path[..];
            if bias(kind).is_some() {
                self.follow(From::Bias(path), path, &mut steps, &mut ways)?;
            }
            if is_population(kind) || self.is_input(path) {
                self.follow(From::Node(path), path, &mut steps, &mut ways)?;
            }
        }
        // A population that is itself all that leaves the graph by an Output needs no readout.
        let plain = |way: &Way| !self.is_analog(way.from) && way.via.iter().all(|via| self.is_identity(via));
        let readouts: BTreeSet<&str> = ways.iter().filter(|way| !plain(way)).map(|way| way.to).collect();
        ways.retain(|way| !self.is_output(way.to) || readouts.contains(way.to));
        for way in &ways {
            if let From::Node(from) = way.from
                && self.kind(from).is_neuron()
                && !self.kind(from).fires()
            {
                let problem = format!("gives values to '{}', but neurons here send spikes only", way.to);
                return Err(wrong(from, problem).with_hint("LI and CubaLI can stand before an Output alone"));
            }
        }
        Ok(ways)
    }

    fn is_identity(&self, path: &str) -> bool {
        matches!(self.kind(path), NodeKind::Input(_) | NodeKind::Output(_) | NodeKind::Flatten(_))
    }

    fn is_analog(&self, from: From) -> bool {
        match from {
            From::Node(path) => self.is_input(path),
            From::Bias(_) => true,
        }
    }

    fn follow(&self, from: From<'a>, start: &'a str, steps: &mut usize, ways: &mut Vec<Way<'a>>) -> Result<()> {
        let mut open: Vec<Vec<&'a str>> = vec![vec![start]];
        while let Some(trail) = open.pop() {
            let last = trail[trail.len() - 1];
            let targets = self.flat.targets.get(last).into_iter().flatten();
            for to in targets.rev() {
                let to = &to[..];
                *steps += 1;
                if *steps > MOST_STEPS {
                    return Err(Error::value("graph", format!("more than {MOST_STEPS} nodes on ways between neurons")));
                }
                let end = is_population(self.kind(to)) || self.is_output(to);
                if end {
                    ways.push(Way { from, to, via: trail[1..].to_vec() });
                } else if trail[1..].contains(&to) {
                    return Err(wrong(to, "is in a cycle without neurons"));
                } else {
                    open.push([&trail[..], &[to]].concat());
                }
            }
        }
        Ok(())
    }

    /// A population without memory, whose membrane is what leaves the graph.
    fn readout(&self) -> Neurons {
        let neuron = Li::default().tau_m_ms(self.clock.dt_ms).form(WITHOUT_MEMORY).into();
        Neurons { neuron, receptors: Vec::new(), each: EachSpec::default(), factors: Factors::Same(1.0) }
    }

    /// The first value of parameter `name`; where they differ, all of them as a file for `each`.
    fn own(&mut self, path: &str, name: &str, each: &mut Option<EachValues>) -> Result<f64> {
        let Some(array) = self.kind(path).array(name) else { return Ok(0.0) };
        let time = name.starts_with("tau");
        let values: Vec<f64> = array.iter().map(|value| if time { self.clock.ms(value) } else { value }).collect();
        if let Some(short) = values.iter().find(|value| time && **value < self.clock.dt_ms) {
            let problem = format!("has {name} of {short} ms, which is less than a step of {} ms", self.clock.dt_ms);
            return Err(wrong(path, problem).with_hint("choose a shorter step with --dt"));
        }
        let first = values.first().copied().unwrap_or(0.0);
        if values.iter().any(|value| *value != first) {
            *each = Some(EachValues::File(self.file(&format!("{path}.{name}"), &Array::f64s(values))));
        }
        Ok(first)
    }

    /// Threshold and reset of a node that fires.
    fn fires(&mut self, path: &str, each: &mut EachSpec) -> Result<(ThresholdSpec, ResetSpec)> {
        let threshold = ThresholdSpec::fixed_mv(self.own(path, "v_threshold", &mut each.v_th_mv)?);
        let reset = match self.reset {
            ResetChoice::Subtract => ResetSpec::Soft,
            ResetChoice::Zero => ResetSpec::Hard { v_reset_mv: 0.0 },
            ResetChoice::File => ResetSpec::Hard { v_reset_mv: self.own(path, "v_reset", &mut each.v_reset_mv)? },
        };
        Ok((threshold, reset))
    }

    /// The neurons of a node.
    fn neuron(&mut self, path: &str, kind: &NodeKind) -> Result<Neurons> {
        let step = self.clock.step();
        // Resistances of tau / dt are steps that are added as they are; others multiply weights.
        let resistance = |tau: &Array, r: &Array| {
            let plain = tau.iter().zip(r.iter()).all(|(tau, r)| close(r, tau / step));
            let form = FormSpec::Discrete { decay_input: !plain };
            (form, if plain { r.filled(1.0) } else { r.clone() })
        };
        let mut each = EachSpec::default();
        let mut receptors = Vec::new();
        let (neuron, factors): (NeuronSpec, Factors) = match kind {
            NodeKind::I { r } | NodeKind::If { r, .. } => {
                let factor = if r.uniform() == Some(1.0) { 1.0 } else { step };
                let factors = factors(r, |r| r * factor);
                match kind.fires() {
                    false => (I::default().into(), factors),
                    true => {
                        let (threshold, reset) = self.fires(path, &mut each)?;
                        let fires = If::default().threshold(threshold).reset(reset).compare(Compare::Above);
                        (fires.into(), factors)
                    }
                }
            }
            NodeKind::Li { tau, r, .. } | NodeKind::Lif { tau, r, .. } => {
                let (form, r) = resistance(tau, r);
                let tau_m_ms = self.own(path, "tau", &mut each.tau_m_ms)?;
                let rest = self.own(path, "v_leak", &mut each.v_rest_mv)?;
                let factors = factors(&r, |r| r);
                match kind.fires() {
                    false => (Li::default().tau_m_ms(tau_m_ms).v_rest_mv(rest).form(form).into(), factors),
                    true => {
                        let (threshold, reset) = self.fires(path, &mut each)?;
                        let lif = Lif::default().tau_m_ms(tau_m_ms).v_rest_mv(rest).form(form);
                        (lif.threshold(threshold).reset(reset).compare(Compare::Above).into(), factors)
                    }
                }
            }
            NodeKind::CubaLi { tau_mem, tau_syn, r, w_in, .. }
            | NodeKind::CubaLif { tau_mem, tau_syn, r, w_in, .. } => {
                let (form, r) = resistance(tau_mem, r);
                let plain = tau_syn.iter().zip(w_in.iter()).all(|(tau, w_in)| close(w_in, tau / step));
                let arrivals = tau_syn.iter().zip(w_in.iter()).zip(r.iter());
                let arrivals = arrivals.map(|((tau, w_in), r)| if plain { r } else { r * w_in * step / tau });
                let factors = factors(&Array::f64s(arrivals.collect()), |factor| factor);
                let tau_m_ms = self.own(path, "tau_mem", &mut each.tau_m_ms)?;
                let tau_ms = self.own(path, "tau_syn", &mut each.tau_syn_ms)?;
                let rest = self.own(path, "v_leak", &mut each.v_rest_mv)?;
                match kind.fires() {
                    false => {
                        if each.tau_syn_ms.take().is_some() {
                            let problem = "has a tau_syn of its own for each neuron: expected one for all in CubaLI";
                            return Err(wrong(path, problem));
                        }
                        receptors.push(ReceptorSpec::Exponential { name: "input".into(), tau_ms });
                        (Li::default().tau_m_ms(tau_m_ms).v_rest_mv(rest).form(form).into(), factors)
                    }
                    true => {
                        let (threshold, reset) = self.fires(path, &mut each)?;
                        let cuba = CubaLif::default().tau_m_ms(tau_m_ms).tau_syn_ms(tau_ms).v_rest_mv(rest).form(form);
                        (cuba.threshold(threshold).reset(reset).compare(Compare::Above).into(), factors)
                    }
                }
            }
            NodeKind::Threshold { .. } => {
                let threshold = ThresholdSpec::fixed_mv(self.own(path, "threshold", &mut each.v_th_mv)?);
                let lif = Lif::default().tau_m_ms(self.clock.dt_ms).form(WITHOUT_MEMORY);
                let reset = ResetSpec::Hard { v_reset_mv: 0.0 };
                (lif.threshold(threshold).reset(reset).compare(Compare::Above).into(), Factors::Same(1.0))
            }
            other => return Err(wrong(path, format!("of type {} is no neuron", other.type_name()))),
        };
        Ok(Neurons { neuron, receptors, each, factors })
    }

    /// Writes an array into a file of the network, once.
    fn file(&mut self, name: &str, array: &Array) -> ArrayFile {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let name: String = name.chars().map(plain).take(100).collect();
        let (descr, data) = match array.numbers() {
            Numbers::F32(values) => ("<f4", values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>()),
            Numbers::F64(values) => ("<f8", values.iter().flat_map(|value| value.to_le_bytes()).collect()),
            Numbers::I64(values) => ("<i8", values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        };
        let shape = if array.shape().is_empty() { &[1] } else { array.shape() };
        let bytes = [npy::header(descr, shape), data].concat();
        let paths = (1..).map(|n| if n == 1 { format!("{name}.npy") } else { format!("{name}_{n}.npy") });
        let mut paths = paths.map(|name| self.folder.join(name));
        let free = |path: &PathBuf| self.files.get(path).is_none_or(|other| *other == bytes);
        let path = paths.find(free).unwrap_or_default();
        self.files.insert(path.clone(), bytes);
        path.into()
    }

    fn projection(&mut self, way: &Way, factors: &Factors, back: bool) -> Result<ProjectionSpec> {
        let to = self.name(way.to);
        let (from, rule, scale) = match way.from {
            From::Node(path) => {
                let (mut layers, factor) = self.layers(path, &way.via)?;
                let input = layers_input(&self.shapes.nodes[path].output, self.size(path)?);
                let scale = match factors {
                    Factors::Same(scale) => scale * factor,
                    Factors::Each(values) => {
                        let file = self.file(&format!("{}.factors", way.to), &Array::f64s(values.clone()));
                        layers.push(LayerSpec::Scale { file });
                        factor
                    }
                };
                let rule = match &layers[..] {
                    [] => RuleSpec::OneToOne,
                    [LayerSpec::Linear { file }] => RuleSpec::Matrix { file: file.clone() },
                    _ => spec::Layers::new(input, layers).into(),
                };
                (self.name(path), rule, scale)
            }
            From::Bias(path) => {
                let mut values = constants(self.flat, self.shapes, path, &way.via)?;
                if let Factors::Each(factors) = factors {
                    values.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
                }
                let shape = vec![values.len(), 1];
                let matrix = Array::new(shape, Numbers::F64(values))?;
                let file = self.file(&format!("{path}.bias"), &matrix);
                let scale = if let Factors::Same(scale) = factors { *scale } else { 1.0 };
                (self.name("/bias"), RuleSpec::Matrix { file }, scale)
            }
        };
        let ticks = self.delay(way)?.max(u32::from(back));
        let needs_weight = matches!(rule, RuleSpec::OneToOne) || scale != 1.0;
        Ok(ProjectionSpec {
            name: Some(way.name(&from, &to)),
            from,
            to,
            receptor: None,
            rule,
            weight: needs_weight.then_some(WeightSpec::Constant(scale)),
            delay_ms: Some(DelaySpec::Constant(f64::from(ticks) * self.clock.dt_ms)),
            precision: None,
        })
    }

    /// Ticks of the delays on a way.
    fn delay(&mut self, way: &Way) -> Result<u32> {
        let mut ticks = 0.0;
        for &path in &way.via {
            if matches!(self.kind(path), NodeKind::Delay { .. }) {
                let delay = self.kind(path).array("delay").and_then(Array::uniform);
                let delay =
                    delay.ok_or_else(|| wrong(path, "has a delay of its own for each element: expected one"))?;
                let own = self.clock.ms(delay) / self.clock.dt_ms;
                let rounded = own.round();
                if (own - rounded).abs() > GRID_TOLERANCE {
                    let text = format!("its delay of {own} steps becomes {rounded}");
                    self.findings.push(Finding::new(Severity::Warning, path, text));
                }
                ticks += rounded;
            }
        }
        const MOST: f64 = 65_535.0;
        if ticks > MOST {
            let problem = format!("is reached after {ticks} steps: expected at most {MOST}");
            return Err(wrong(way.to, problem));
        }
        Ok(ticks as u32)
    }

    /// The layers of a way, and what multiplies all that comes through them.
    fn layers(&mut self, from: &str, via: &[&str]) -> Result<(Vec<LayerSpec>, f64)> {
        let (mut layers, mut factor) = (Vec::new(), 1.0);
        // The shape that the layers know: a dense layer leaves elements without places.
        let mut shape = self.shapes.nodes[from].output.clone();
        for &path in via {
            let kind = self.kind(path);
            let known = |shape: &[usize]| match *shape == self.shapes.nodes[path].input[..] {
                true => Ok(()),
                false => Err(wrong(
                    path,
                    format!("takes {:?} of something without these axes", self.shapes.nodes[path].input),
                )),
            };
            match kind {
                NodeKind::Input(_) | NodeKind::Output(_) | NodeKind::Flatten(_) | NodeKind::Delay { .. } => continue,
                NodeKind::Affine { weight, .. } | NodeKind::Linear { weight } => {
                    let &[outputs, _] = weight.shape() else {
                        let problem = format!("has a weight of shape {:?}: expected [out, in]", weight.shape());
                        return Err(wrong(path, problem));
                    };
                    layers.push(LayerSpec::Linear { file: self.file(&format!("{path}.weight"), weight) });
                    shape = vec![outputs];
                    continue;
                }
                NodeKind::Scale { scale } if scale.shape().is_empty() => {
                    factor *= scale.at(0);
                    continue;
                }
                NodeKind::Scale { scale } => {
                    layers.push(LayerSpec::Scale { file: self.file(&format!("{path}.scale"), &scale.flat()) });
                    continue;
                }
                NodeKind::Conv1d(conv) => {
                    known(&shape)?;
                    layers.push(self.conv(path, conv)?);
                }
                NodeKind::Conv2d(conv) => {
                    known(&shape)?;
                    layers.push(self.conv(path, conv)?);
                }
                NodeKind::SumPool2d(pool) => {
                    known(&shape)?;
                    layers.push(LayerSpec::SumPool(window(path, pool)?));
                }
                NodeKind::AvgPool2d(pool) => {
                    known(&shape)?;
                    layers.push(LayerSpec::AvgPool(window(path, pool)?));
                }
                other => return Err(wrong(path, format!("of type {} is no layer", other.type_name()))),
            }
            shape = self.shapes.nodes[path].output.clone();
        }
        Ok((layers, factor))
    }

    fn conv<const N: usize>(&mut self, path: &str, conv: &Conv<N>) -> Result<LayerSpec> {
        let padding = match &conv.padding {
            Padding::Valid => spec::Padding::Valid,
            Padding::Same => spec::Padding::Same,
            Padding::Zeros(zeros) => spec::Padding::Each(small(path, zeros)?),
        };
        let file = self.file(&format!("{path}.weight"), &conv.weight);
        let groups = small(path, &[conv.groups])?[0];
        let made = spec::Conv::new(file).stride(small(path, &conv.stride)?).padding(padding);
        Ok(LayerSpec::Conv(made.dilation(small(path, &conv.dilation)?).groups(groups)))
    }
}

/// The value of all, or of each, after `change`.
fn factors(array: &Array, change: impl Fn(f64) -> f64) -> Factors {
    match array.uniform() {
        Some(value) => Factors::Same(change(value)),
        None => Factors::Each(array.iter().map(change).collect()),
    }
}

/// The shape of sources for layers, which know three axes at most.
fn layers_input(shape: &[usize], size: u32) -> Vec<u32> {
    let axes: Option<Vec<u32>> = shape.iter().map(|&n| u32::try_from(n).ok()).collect();
    axes.filter(|axes| (1..=3).contains(&axes.len())).unwrap_or_else(|| vec![size])
}

fn small(path: &str, sizes: &[usize]) -> Result<Vec<u32>> {
    let small: Option<Vec<u32>> = sizes.iter().map(|&size| u32::try_from(size).ok()).collect();
    small.ok_or_else(|| wrong(path, format!("has sizes {sizes:?}: expected less than 2^32")))
}

fn window(path: &str, pool: &Pool) -> Result<spec::Pool> {
    let made = spec::Pool::new(small(path, &pool.kernel_size)?).stride(small(path, &pool.stride)?);
    Ok(made.padding(small(path, &pool.padding)?))
}
