//! Networks as graphs.

use super::array::{Array, Numbers, size};
use super::check::check;
use super::cycles::back_edges;
use super::finding::{Finding, Severity};
use super::graph::{Conv, Flatten, Graph, NodeKind, Padding, Pool, Value};
use super::units::{DT, RESET, ResetChoice, TIME_UNIT, TimeUnit, exact};
use crate::base::files::Reach;
use crate::base::memory;
use crate::error::{Error, Result};
use crate::network::input;
use crate::network::spec::{self, *};
use crate::network::tensors::read_file;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Most values of an array that is made of a single one.
const MOST_VALUES: u64 = 1 << 26;

/// Makes a graph of a network whose files are relative to `folder`, and says what the graph cannot
/// say. Times are in seconds. With `anywhere` the network may name files outside the folder.
///
/// # Errors
/// If the network has what NIR has not, or a file that cannot be read; the error names the
/// population or projection.
pub fn from_network(spec: &NetworkSpec, folder: &Path, anywhere: bool) -> Result<(Graph, Vec<Finding>)> {
    let mut maker = Maker {
        spec,
        dt: exact(spec.dt_ms / 1e3),
        reach: Reach::new(folder, anywhere),
        graph: Graph::default(),
        findings: Vec::new(),
        reset: None,
    };
    maker.network()?;
    let Maker { mut graph, findings, reset, dt, .. } = maker;
    graph.metadata.insert(DT.into(), Value::Array(Array::single(dt)));
    graph.metadata.insert(TIME_UNIT.into(), Value::Text(TimeUnit::S.name().into()));
    if let Some(reset) = reset {
        graph.metadata.insert(RESET.into(), Value::Text(reset.name().into()));
    }
    match check(&graph).into_iter().find(|finding| finding.severity == Severity::Error) {
        Some(wrong) => Err(Error::value("network", format!("becomes a wrong graph: {wrong}"))),
        None => Ok((graph, findings)),
    }
}

/// What constants add to each neuron of a population in each step, by population.
type Biases<'a> = BTreeMap<&'a str, Vec<f64>>;

struct Maker<'a> {
    spec: &'a NetworkSpec,
    /// Length of a step, s.
    dt: f64,
    reach: Reach,
    graph: Graph,
    findings: Vec<Finding>,
    reset: Option<ResetChoice>,
}

fn wrong(what: &str, name: &str, problem: impl std::fmt::Display) -> Error {
    Error::value(format!("{what} '{name}'"), problem)
}

/// The projection's name for messages.
fn title(projection: &ProjectionSpec) -> String {
    projection.name.clone().unwrap_or_else(|| format!("{} -> {}", projection.from, projection.to))
}

impl<'a> Maker<'a> {
    fn network(&mut self) -> Result<()> {
        let spec = self.spec;
        let shapes = self.shapes()?;
        for population in &spec.populations {
            let kind = self.neuron(population, &shapes[&population.name[..]])?;
            self.graph.nodes.insert(self.node(&population.name), kind.into());
        }
        let (mut biases, constant) = self.biases()?;
        for source in spec.sources.iter().filter(|source| !constant.contains(&source.name[..])) {
            let shape = shapes[&source.name[..]].clone();
            self.graph.nodes.insert(self.node(&source.name), NodeKind::Input(shape).into());
        }
        let ends: Vec<(&str, &str)> =
            spec.projections.iter().map(|projection| (&projection.from[..], &projection.to[..])).collect();
        let inputs: BTreeSet<&str> = spec.sources.iter().map(|source| &source.name[..]).collect();
        let back = back_edges(&ends, &inputs);
        for projection in spec.projections.iter().filter(|projection| !constant.contains(&projection.from[..])) {
            let closes = back.contains(&(&projection.from[..], &projection.to[..]));
            let bias = if closes { None } else { biases.remove(&projection.to[..]) };
            self.projection(projection, closes, bias, &shapes)?;
        }
        if let Some(to) = biases.keys().next() {
            let problem =
                "gets a constant, but nothing that could carry it: expected a Matrix to it that closes no cycle";
            return Err(wrong("population", to, problem));
        }
        let sending: BTreeSet<&str> = spec.projections.iter().map(|projection| &projection.from[..]).collect();
        let mut last: Vec<&str> = spec
            .populations
            .iter()
            .map(|population| &population.name[..])
            .filter(|name| !sending.contains(name))
            .collect();
        if last.is_empty() {
            last.extend(spec.populations.last().map(|population| &population.name[..]));
        }
        for name in &last {
            let output = if last.len() == 1 { "output".to_owned() } else { format!("output_{name}") };
            let (from, output) = (self.node(name), self.free(&output));
            self.graph.nodes.insert(output.clone(), NodeKind::Output(shapes[name].clone()).into());
            self.graph.edges.push((from, output));
        }
        Ok(())
    }

    /// The name of a population or source as a node.
    fn node(&self, name: &str) -> String {
        name.replace('/', ".")
    }

    /// A name that no node has.
    fn free(&self, name: &str) -> String {
        let name = self.node(name);
        let names = (1..).map(|n| if n == 1 { name.clone() } else { format!("{name}_{n}") });
        names.into_iter().find(|name| !self.graph.nodes.contains_key(name)).unwrap_or_default()
    }

    /// The shape of each population and source: that which the layers behind it take, else a list.
    fn shapes(&self) -> Result<BTreeMap<&'a str, Vec<usize>>> {
        let populations = self.spec.populations.iter().map(|population| (&population.name[..], population.size));
        let sources = self.spec.sources.iter().map(|source| (&source.name[..], source.size));
        let mut shapes: BTreeMap<&str, Vec<usize>> =
            populations.chain(sources).map(|(name, size)| (name, vec![size as usize])).collect();
        for projection in &self.spec.projections {
            let title = title(projection);
            for end in [&projection.from, &projection.to] {
                if !shapes.contains_key(&end[..]) {
                    let problem = format!("has the end '{end}': expected a whole population or source");
                    return Err(wrong("projection", &title, problem));
                }
            }
            let RuleSpec::Layers(layers) = &projection.rule else { continue };
            let input: Vec<usize> = layers.input.iter().map(|&n| n as usize).collect();
            let Some(shape) = shapes.get_mut(&projection.from[..]) else { continue };
            if *shape != input && shape.len() != 1 {
                let problem = format!("takes '{}' in the shape {input:?}, another one in {shape:?}", projection.from);
                return Err(wrong("projection", &title, problem));
            }
            *shape = input;
        }
        Ok(shapes)
    }

    fn neuron(&mut self, population: &PopulationSpec, shape: &[usize]) -> Result<NodeKind> {
        let PopulationSpec { name, neuron, receptors, initial, each, .. } = population;
        let fail = |problem: &str| Err(wrong("population", name, problem));
        let each = each.clone().unwrap_or_default();
        let count = size(shape).unwrap_or_default();
        if count as u64 > MOST_VALUES {
            return fail("has more than 2^26 neurons, each of which gets its own parameters");
        }
        if initial.is_some() {
            self.note(name, "its initial membranes are left out: NIR has none");
        }
        let tau_syn_ms = match (neuron, &receptors[..]) {
            (NeuronSpec::CubaLif(n), []) => n.tau_syn_ms.unwrap_or(DEFAULT_TAU_SYN_MS),
            (NeuronSpec::CubaLif(_) | NeuronSpec::Li(_), [ReceptorSpec::Exponential { tau_ms, .. }]) => *tau_ms,
            (NeuronSpec::CubaLif(_), _) => return fail("has receptors, of which CubaLIF has one, exponential"),
            (_, [] | [ReceptorSpec::Delta { .. }]) => 0.0,
            _ => return fail("has receptors, of which NIR has one: exponential for CubaLif and Li, else delta"),
        };
        // The model's parameters; those that it has not are never asked for.
        let (tau_m, rest, r_m, bias, form) = match neuron {
            NeuronSpec::If(n) => (1.0, 0.0, n.r_m_gohm, n.bias_pa, n.form),
            NeuronSpec::I(n) => (1.0, 0.0, n.r_m_gohm, n.bias_pa, n.form),
            NeuronSpec::Lif(n) => (n.tau_m_ms, n.v_rest_mv, n.r_m_gohm, n.bias_pa, n.form),
            NeuronSpec::Li(n) => (n.tau_m_ms, n.v_rest_mv, n.r_m_gohm, n.bias_pa, n.form),
            NeuronSpec::CubaLif(n) => (n.tau_m_ms, n.v_rest_mv, n.r_m_gohm, n.bias_pa, n.form),
            NeuronSpec::Alif(_) => return fail("has an adaptive threshold, which NIR has not"),
            NeuronSpec::FixedPointCubaLif(_) => return fail("is in fixed point, which NIR has not"),
        };
        if bias != 0.0 || each.bias_pa.is_some() {
            return fail("has a bias_pa, which NIR has not: use a source of Frames that is always 1");
        }
        if form == FormSpec::Exact && !matches!(neuron, NeuronSpec::If(_) | NeuronSpec::I(_)) {
            self.note(name, "its form is Exact: programs that read NIR step by forward Euler");
        }
        let values = |own: &Option<EachValues>, alike: f64| self.values(name, own, alike, count);
        let array = |values: Vec<f64>| Array::new(shape.to_vec(), Numbers::F64(values));
        let taus_ms = values(&each.tau_m_ms, tau_m)?;
        let tau = || array(taus_ms.iter().map(|ms| exact(ms / 1e3)).collect());
        // The resistance of neurons that add their input as it is in each step.
        let decays = form == FormSpec::Discrete { decay_input: true };
        let unit = |tau_ms: f64| if decays { 1.0 } else { tau_ms / self.spec.dt_ms };
        let r = || array(taus_ms.iter().map(|&tau| unit(tau)).collect());
        let currents = || {
            let r_m = values(&each.r_m_gohm, r_m)?;
            array(taus_ms.iter().zip(r_m).map(|(&tau, r_m)| unit(tau) * r_m).collect())
        };
        let steps = || array(vec![1.0 / self.dt; count]);
        let tau_syns_ms = values(&each.tau_syn_ms, tau_syn_ms)?;
        let tau_syn = || array(tau_syns_ms.iter().map(|ms| exact(ms / 1e3)).collect());
        let w_in = || array(tau_syns_ms.iter().map(|ms| ms / self.spec.dt_ms).collect());
        let v_leak = || array(values(&each.v_rest_mv, rest)?);
        Ok(match neuron {
            NeuronSpec::I(_) => NodeKind::I { r: steps()? },
            NeuronSpec::Li(_) if tau_syn_ms > 0.0 => NodeKind::CubaLi {
                tau_syn: tau_syn()?,
                tau_mem: tau()?,
                r: currents()?,
                v_leak: v_leak()?,
                w_in: w_in()?,
            },
            NeuronSpec::Li(_) => NodeKind::Li { tau: tau()?, r: r()?, v_leak: v_leak()? },
            NeuronSpec::If(n) => {
                let r = steps()?;
                let fires = Fires::new(&n.threshold, &n.reset, n.refractory_ms, n.compare, 0.0);
                let [v_threshold, v_reset] = self.fires(name, fires, &each, shape)?;
                NodeKind::If { r, v_threshold, v_reset: Some(v_reset) }
            }
            NeuronSpec::Lif(n) => {
                let (tau, r, v_leak) = (tau()?, r()?, v_leak()?);
                let fires = Fires::new(&n.threshold, &n.reset, n.refractory_ms, n.compare, n.v_rest_mv);
                let [v_threshold, v_reset] = self.fires(name, fires, &each, shape)?;
                NodeKind::Lif { tau, r, v_leak, v_threshold, v_reset: Some(v_reset) }
            }
            NeuronSpec::CubaLif(n) => {
                let (tau_syn, tau_mem, r, v_leak, w_in) = (tau_syn()?, tau()?, currents()?, v_leak()?, w_in()?);
                let fires = Fires::new(&n.threshold, &n.reset, n.refractory_ms, n.compare, n.v_rest_mv);
                let [v_threshold, v_reset] = self.fires(name, fires, &each, shape)?;
                NodeKind::CubaLif { tau_syn, tau_mem, r, v_leak, v_threshold, v_reset: Some(v_reset), w_in }
            }
            NeuronSpec::Alif(_) => return fail("has an adaptive threshold, which NIR has not"),
            NeuronSpec::FixedPointCubaLif(_) => return fail("is in fixed point, which NIR has not"),
        })
    }

    /// A parameter of each of `count` neurons, which is `alike` for all unless they have their `own`.
    fn values(&self, name: &str, own: &Option<EachValues>, alike: f64, count: usize) -> Result<Vec<f64>> {
        let values = match own {
            None => return Ok(vec![alike; count]),
            Some(EachValues::Values(values)) => values.clone(),
            Some(EachValues::File(file)) => self.read("population", name, file)?.values,
            Some(EachValues::Uniform(_) | EachValues::Normal(_)) => {
                return Err(wrong("population", name, "has parameters that are drawn: NIR has values only"));
            }
        };
        if values.len() != count {
            return Err(wrong("population", name, format!("has {} values of a parameter", values.len())));
        }
        Ok(values)
    }

    fn note(&mut self, node: &str, text: &str) {
        self.findings.push(Finding::new(Severity::Warning, node, text));
    }

    /// Thresholds and resets of a population, mV.
    fn fires(&mut self, name: &str, fires: Fires, each: &EachSpec, shape: &[usize]) -> Result<[Array; 2]> {
        let &ThresholdSpec::Fixed { v_th_mv } = fires.threshold else {
            return Err(wrong("population", name, "has a threshold that moves, which NIR has not"));
        };
        if fires.refractory_ms != 0.0 || each.refractory_ms.is_some() {
            return Err(wrong("population", name, "has a refractory time, which NIR has not"));
        }
        if fires.compare == Compare::AtLeast {
            self.note(name, "it fires at its threshold; in NIR above it");
        }
        let rests = if fires.reset.is_none() && each.v_reset_mv.is_none() { &each.v_rest_mv } else { &each.v_reset_mv };
        let (reset, v_reset) = match fires.reset {
            None => (ResetChoice::File, fires.rest),
            Some(ResetSpec::Hard { v_reset_mv }) => (ResetChoice::File, *v_reset_mv),
            Some(ResetSpec::Soft) => (ResetChoice::Subtract, 0.0),
        };
        if *self.reset.get_or_insert(reset) != reset {
            let problem = "has another kind of reset than those before it: a graph has one for all nodes";
            return Err(wrong("population", name, problem));
        }
        if reset == ResetChoice::Subtract {
            self.note(name, "it is reset by subtraction, which only the file's metadata say");
        }
        let count = size(shape).unwrap_or_default();
        let array = |values: Vec<f64>| Array::new(shape.to_vec(), Numbers::F64(values));
        let thresholds = self.values(name, &each.v_th_mv, v_th_mv, count)?;
        Ok([array(thresholds)?, array(self.values(name, rests, v_reset, count)?)?])
    }

    fn read(&self, what: &str, name: &str, file: &ArrayFile) -> Result<input::Array> {
        let path = self.reach.path(file.file()).map_err(|problem| wrong(what, name, problem))?;
        read_file(file, &path, memory::free())
    }

    /// What constant sources add to populations in each step, by population; and the names of these
    /// sources.
    fn biases(&self) -> Result<(Biases<'a>, BTreeSet<&'a str>)> {
        let (mut biases, mut constant) = (BTreeMap::new(), BTreeSet::new());
        for source in &self.spec.sources {
            let EmitsSpec::Frames(Frames { file, .. }) = &source.emits else { continue };
            if source.size != 1 {
                continue;
            }
            let values = self.read("source", &source.name, file)?.values;
            let Some(&value) = values.first().filter(|first| values.iter().all(|value| value == *first)) else {
                continue;
            };
            constant.insert(&source.name[..]);
            for projection in self.spec.projections.iter().filter(|projection| projection.from == source.name) {
                let title = title(projection);
                let RuleSpec::Matrix { file } = &projection.rule else {
                    let problem = "comes from a constant: expected a Matrix";
                    return Err(wrong("projection", &title, problem));
                };
                let factor = value * constant_weight(projection, &title)?;
                let new: Vec<f64> =
                    self.read("projection", &title, file)?.values.into_iter().map(|bias| bias * factor).collect();
                let bias: &mut Vec<f64> = biases.entry(&projection.to[..]).or_default();
                bias.resize(new.len(), 0.0);
                bias.iter_mut().zip(new).for_each(|(bias, new)| *bias += new);
            }
        }
        Ok((biases, constant))
    }

    /// The nodes of a projection.
    fn projection(
        &mut self,
        projection: &ProjectionSpec,
        closes: bool,
        bias: Option<Vec<f64>>,
        shapes: &BTreeMap<&str, Vec<usize>>,
    ) -> Result<()> {
        let title = title(projection);
        let fail = |problem: String| Err(wrong("projection", &title, problem));
        let (from, to) = (&shapes[&projection.from[..]], &shapes[&projection.to[..]]);
        let [sources, targets] = [from, to].map(|shape| size(shape).unwrap_or_default());
        let weight = constant_weight(projection, &title)?;
        let mut shape = from.clone();
        let mut kinds: Vec<NodeKind> = Vec::new();
        let ticks = match &projection.delay_ms {
            None => 1.0,
            Some(DelaySpec::Constant(ms)) => ms / self.spec.dt_ms,
            Some(_) => return fail("has delays of its own for each edge: expected one for all".into()),
        };
        let steps = (ticks - f64::from(u8::from(closes))).max(0.0).round();
        match &projection.rule {
            RuleSpec::OneToOne => {}
            RuleSpec::AllToAll(AllToAll { allow_autapses }) => {
                if !allow_autapses && projection.from == projection.to {
                    return fail("leaves out autapses: expected a Matrix".into());
                }
                if (sources as u64).saturating_mul(targets as u64) > MOST_VALUES {
                    return fail(format!("needs more than {MOST_VALUES} weights"));
                }
                self.flatten(&mut shape, &mut kinds);
                let values = Numbers::F64(vec![1.0; sources * targets]);
                kinds.push(NodeKind::Linear { weight: Array::new(vec![targets, sources], values)? });
            }
            RuleSpec::Matrix { file } => {
                self.flatten(&mut shape, &mut kinds);
                kinds.push(self.linear(&title, file, sources)?);
            }
            RuleSpec::Layers(layers) => {
                for layer in &layers.layers {
                    match (self.layer(&title, layer, &shape, &mut kinds)?, kinds.last_mut()) {
                        // Factors of a dense layer's outputs are factors of its rows.
                        (NodeKind::Scale { scale }, Some(NodeKind::Linear { weight })) => {
                            *weight = rows_times(weight, |row| scale.at(row))?;
                        }
                        (kind, _) => kinds.push(kind),
                    }
                }
            }
            _ => return fail("has a rule that NIR has not: expected OneToOne, AllToAll, Matrix or Layers".into()),
        }
        // The weight of all edges multiplies the last dense layer, or is a layer.
        if weight != 1.0 {
            match kinds.last_mut() {
                Some(NodeKind::Linear { weight: matrix }) => *matrix = rows_times(matrix, |_| weight)?,
                _ => {
                    let shape = output(&kinds, &shape);
                    let values = Numbers::F64(vec![weight; size(&shape).unwrap_or_default()]);
                    kinds.push(NodeKind::Scale { scale: Array::new(shape, values)? });
                }
            }
        }
        if let Some(bias) = bias {
            match kinds.last_mut() {
                Some(kind @ NodeKind::Linear { .. }) => {
                    if let NodeKind::Linear { weight } = kind.clone() {
                        *kind = NodeKind::Affine { weight, bias: Array::f64s(bias) };
                    }
                }
                Some(NodeKind::Conv1d(conv)) => per_channel(&mut conv.bias, &bias, &title)?,
                Some(NodeKind::Conv2d(conv)) => per_channel(&mut conv.bias, &bias, &title)?,
                _ => return fail("has no dense layer or convolution at its end that could carry a bias".into()),
            }
        }
        let last = output(&kinds, &shape);
        if last != *to {
            if to.len() != 1 || size(&last) != size(to) {
                return fail(format!("gives {last:?} to '{}', which has the shape {to:?}", projection.to));
            }
            kinds.push(NodeKind::Flatten(Flatten { start_dim: 0, end_dim: -1, input_shape: Some(last) }));
        }
        if steps > 0.0 {
            self.note(&projection.to, &format!("'{title}' is delayed by {steps} steps: few programs know Delay"));
            let values = Numbers::F64(vec![steps * self.dt; targets]);
            kinds.push(NodeKind::Delay { delay: Array::new(to.clone(), values)? });
        }
        let mut before = self.node(&projection.from);
        let single = kinds.len() == 1;
        for (n, kind) in kinds.into_iter().enumerate() {
            let base = format!("{}_{}", projection.from, projection.to);
            let name = self.free(&if single { base } else { format!("{base}_{n}") });
            self.graph.nodes.insert(name.clone(), kind.into());
            self.graph.edges.push((before, name.clone()));
            before = name;
        }
        let edge = (before, self.node(&projection.to));
        if self.graph.edges.contains(&edge) {
            return fail("joins two that another one joins already".into());
        }
        self.graph.edges.push(edge);
        Ok(())
    }

    /// Makes a list of several axes.
    fn flatten(&self, shape: &mut Vec<usize>, kinds: &mut Vec<NodeKind>) {
        if shape.len() > 1 {
            let input_shape = Some(shape.clone());
            kinds.push(NodeKind::Flatten(Flatten { start_dim: 0, end_dim: -1, input_shape }));
            *shape = vec![size(shape).unwrap_or_default()];
        }
    }

    fn linear(&self, title: &str, file: &ArrayFile, inputs: usize) -> Result<NodeKind> {
        let input::Array { shape, values } = self.read("projection", title, file)?;
        // A single column may be a list.
        let shape = if shape.len() == 1 && inputs == 1 { vec![shape[0], 1] } else { shape };
        if shape.len() != 2 || shape[1] != inputs {
            return Err(wrong("projection", title, format!("has weights of shape {shape:?} for {inputs} inputs")));
        }
        Ok(NodeKind::Linear { weight: weights(shape, values)? })
    }

    /// A layer behind `kinds`, of what had the shape `shape` before them.
    fn layer(&self, title: &str, layer: &LayerSpec, shape: &[usize], kinds: &mut Vec<NodeKind>) -> Result<NodeKind> {
        let mut now = output(kinds, shape);
        Ok(match layer {
            LayerSpec::Linear { file } => {
                self.flatten(&mut now, kinds);
                self.linear(title, file, now.iter().product())?
            }
            LayerSpec::Scale { file } => {
                let values = Numbers::F64(self.read("projection", title, file)?.values);
                NodeKind::Scale { scale: Array::new(now, values)? }
            }
            LayerSpec::SumPool(pool) => NodeKind::SumPool2d(window(title, pool)?),
            LayerSpec::AvgPool(pool) => NodeKind::AvgPool2d(window(title, pool)?),
            LayerSpec::Conv(conv) => {
                let input::Array { shape: found, values } = self.read("projection", title, &conv.file)?;
                let weight = weights(found, values)?;
                match now[..] {
                    [_, places] => NodeKind::Conv1d(convolution(title, conv, weight, [places])?),
                    [_, rows, columns] => NodeKind::Conv2d(convolution(title, conv, weight, [rows, columns])?),
                    _ => return Err(wrong("projection", title, format!("has a convolution of the shape {now:?}"))),
                }
            }
        })
    }
}

/// What fires, of the neuron models that have it.
struct Fires<'a> {
    threshold: &'a ThresholdSpec,
    reset: &'a Option<ResetSpec>,
    refractory_ms: f64,
    compare: Compare,
    rest: f64,
}

impl<'a> Fires<'a> {
    fn new(
        threshold: &'a ThresholdSpec,
        reset: &'a Option<ResetSpec>,
        refractory_ms: f64,
        compare: Compare,
        rest: f64,
    ) -> Fires<'a> {
        Fires { threshold, reset, refractory_ms, compare, rest }
    }
}

/// A matrix with the rows multiplied.
fn rows_times(matrix: &Array, factor: impl Fn(usize) -> f64) -> Result<Array> {
    let columns = matrix.shape().last().copied().unwrap_or(1).max(1);
    let values = matrix.iter().enumerate().map(|(place, value)| value * factor(place / columns)).collect();
    weights(matrix.shape().to_vec(), values)
}

/// Weights in single precision, as most programs have them, if that changes none.
fn weights(shape: Vec<usize>, values: Vec<f64>) -> Result<Array> {
    let singles: Vec<f32> = values.iter().map(|&value| value as f32).collect();
    let exact = singles.iter().zip(&values).all(|(&single, &value)| f64::from(single) == value);
    Array::new(shape, if exact { Numbers::F32(singles) } else { Numbers::F64(values) })
}

/// The shape of what leaves the last of `kinds`, of which the first takes `shape`.
fn output(kinds: &[NodeKind], shape: &[usize]) -> Vec<usize> {
    kinds.iter().fold(shape.to_vec(), |shape, kind| super::shapes::output(kind, &shape).unwrap_or(shape))
}

/// The one weight of all edges, which multiplies those of the rule.
fn constant_weight(projection: &ProjectionSpec, title: &str) -> Result<f64> {
    if projection.precision.is_some() {
        return Err(wrong("projection", title, "has a precision, which NIR has not: write the rounded weights"));
    }
    match &projection.weight {
        None => Ok(1.0),
        Some(WeightSpec::Constant(weight)) => Ok(*weight),
        Some(_) => Err(wrong("projection", title, "has a weight for each edge: expected a constant, or a Matrix")),
    }
}

/// The numbers of a layer, which are one for all axes or one for each.
fn per_axis<const N: usize>(title: &str, numbers: &[u32]) -> Result<[usize; N]> {
    let all: Vec<usize> = numbers.iter().map(|&n| n as usize).collect();
    match all[..] {
        [one] => Ok([one; N]),
        _ => <[usize; N]>::try_from(all)
            .map_err(|all| wrong("projection", title, format!("has {all:?}: expected a number for each of {N} axes"))),
    }
}

fn window(title: &str, pool: &spec::Pool) -> Result<Pool> {
    let kernel_size = per_axis(title, &pool.kernel)?;
    let stride = pool.stride.as_ref().map_or(Ok(kernel_size), |stride| per_axis(title, stride))?;
    Ok(Pool { kernel_size, stride, padding: per_axis(title, &pool.padding)? })
}

fn convolution<const N: usize>(title: &str, conv: &spec::Conv, weight: Array, input: [usize; N]) -> Result<Conv<N>> {
    let channels = weight.shape().first().copied().unwrap_or(0);
    Ok(Conv {
        input_shape: Some(input),
        stride: per_axis(title, &conv.stride)?,
        padding: match &conv.padding {
            spec::Padding::Valid => Padding::Valid,
            spec::Padding::Same => Padding::Same,
            spec::Padding::Each(zeros) => Padding::Zeros(per_axis(title, zeros)?),
        },
        dilation: per_axis(title, &conv.dilation)?,
        groups: conv.groups as usize,
        bias: Array::f64s(vec![0.0; channels]),
        weight,
    })
}

/// Takes the biases of all places of a convolution for its channels, if all places of a channel
/// have the same.
fn per_channel(own: &mut Array, bias: &[f64], title: &str) -> Result<()> {
    let places = bias.len() / own.len().max(1);
    let channels: Vec<&[f64]> = bias.chunks(places.max(1)).collect();
    if channels.iter().any(|channel| channel.iter().any(|value| *value != channel[0])) {
        return Err(wrong("projection", title, "ends in a convolution whose biases differ within a channel"));
    }
    *own = Array::f64s(channels.iter().map(|channel| channel[0]).collect());
    Ok(())
}
