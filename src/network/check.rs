//! What every network must be, whoever made it: a file, another simulator's files, or code.
//! Whatever passes can be run without a panic, and its numbers stay finite when they are multiplied
//! and added up.

use super::component::{components, digraph};
use super::name::check_name;
use super::numbers::{LARGEST, finite, fraction, in_range, largest, not_negative, positive};
use super::parts::NetworkParts;
use super::population::{Arithmetic, Population, Threshold};
use super::problem::{Checked, Problem, shown};
use super::projection::{Delays, Origin, Projection, Rule, Weights};
use super::source::{Emits, Source};
use super::whole::{check_fixed_point, check_precision, check_whole_weights};
use crate::recording::dt_problem;
use crate::spiking::Tick;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::linear::{Neuron, Receptor};
use std::collections::HashSet;
use std::ops::Range;

/// Exponential and alpha receptors of a population, as many as the simulator has room for.
pub const MOST_CURRENTS: usize = 4;
/// Pairs that a fixed probability may draw: each costs a hash whenever the edges are enumerated.
pub const MOST_PAIRS: u64 = 1 << 40;
/// Expected spikes per tick of a Poisson source; exp(-mean) must not vanish.
pub const MOST_POISSON_SPIKES: f64 = 500.0;

/// Checks everything.
pub(super) fn check(parts: &NetworkParts) -> Checked<()> {
    check_dt(parts.dt_ms)?;
    let populations = parts.populations.iter().map(|p| (&p.name[..], p.size));
    check_names(populations, parts.sources.iter().map(|s| (&s.name[..], s.size)))?;
    for (n, population) in parts.populations.iter().enumerate() {
        check_population(&format!("populations[{n}]"), population)?;
    }
    for (n, source) in parts.sources.iter().enumerate() {
        check_emits(&format!("sources[{n}].emits"), source)?;
    }
    for (n, projection) in parts.projections.iter().enumerate() {
        let at = |field: &str| format!("projections[{n}].{field}");
        check_ends(&at, projection, parts)?;
        check_rule(&at("rule"), projection)?;
        let counters = counters(projection, parts.populations[projection.to].size);
        let counters = counters.ok_or_else(|| Problem::new(at("rule.stride"), "expected counters below 2^64"))?;
        check_weights(&at("weight"), projection, counters)?;
        check_delays(&at("delay_ms"), projection, counters)?;
        check_precision(&at("precision"), projection)?;
    }
    refuse_zero_delays(parts)?;
    refuse_different_delays(parts)?;
    check_products(parts)
}

/// Refuses what is no length of a tick.
pub(super) fn check_dt(dt_ms: f64) -> Checked<()> {
    positive("dt_ms", dt_ms)?;
    dt_problem(dt_ms).map_or(Ok(()), |problem| Err(Problem::new("dt_ms", problem)))
}

/// At least one population; names of populations and sources are names and unique, sizes are not 0.
pub(super) fn check_names<'a>(
    populations: impl Iterator<Item = (&'a str, u32)>,
    sources: impl Iterator<Item = (&'a str, u32)>,
) -> Checked<()> {
    let mut known = HashSet::new();
    let populations = populations.enumerate().map(|(n, one)| (format!("populations[{n}]"), one));
    let sources = sources.enumerate().map(|(n, one)| (format!("sources[{n}]"), one));
    let mut all = populations.chain(sources).peekable();
    if all.peek().is_none_or(|(place, _)| place.starts_with("sources")) {
        return Err(Problem::new("populations", "is empty: expected at least one population"));
    }
    for (place, (name, size)) in all {
        if size == 0 {
            return Err(Problem::new(format!("{place}.size"), "0: expected at least 1"));
        }
        check_name(&format!("{place}.name"), name)?;
        if !known.insert(name) {
            let message = format!("{} names a population or source already: names are unique", shown(name));
            return Err(Problem::new(format!("{place}.name"), message));
        }
    }
    Ok(())
}

fn check_population(place: &str, population: &Population) -> Checked<()> {
    let at = |field: &str| format!("{place}.{field}");
    let Population { size, neuron, threshold, initial_mv, each, .. } = population;
    let size = *size as usize;
    check_neuron(&at, neuron)?;
    if population.arithmetic == Arithmetic::FixedPoint {
        check_fixed_point(place, population)?;
    }
    if let Some(each) = each {
        let alike = |own: &Neuron| {
            let kinds = |neuron: &Neuron| neuron.receptors.iter().map(std::mem::discriminant).collect::<Vec<_>>();
            let discriminant = std::mem::discriminant::<Reset<f64>>;
            discriminant(&own.reset) == discriminant(&neuron.reset)
                && (own.strict, own.keep_refractory_input) == (neuron.strict, neuron.keep_refractory_input)
                && kinds(own) == kinds(neuron)
        };
        let place = at("each");
        if each.neurons.len() != size || !each.neurons.iter().all(alike) {
            return Err(Problem::new(place, format!("expected {size} neurons of the population's kind")));
        }
        let own = |field: &str| format!("{place}.{field}");
        each.neurons.iter().try_for_each(|neuron| check_neuron(&own, neuron))?;
        let adapts = matches!(threshold, Threshold::Fixed(_) | Threshold::Adaptive { .. });
        if !each.thresholds.is_empty() && (each.thresholds.len() != size || !adapts) {
            return Err(Problem::new(
                own("v_th_mv"),
                format!("expected {size} thresholds of a population with constant ones"),
            ));
        }
        finite(&own("v_th_mv"), largest(&each.thresholds))?;
    }
    let threshold_at = at("neuron.threshold");
    match threshold {
        Threshold::Never => {}
        Threshold::Fixed(value) => {
            finite(&threshold_at, *value)?;
        }
        Threshold::Adaptive { base, jump, retention } => {
            finite(&threshold_at, largest(&[*base, *jump]))?;
            fraction(&threshold_at, *retention)?;
        }
        Threshold::Cue { values, width } => {
            finite(&threshold_at, largest(values))?;
            if ![1, size].contains(width) || values.is_empty() || !values.len().is_multiple_of(*width) {
                let message = format!("{} values, {width} in a row: expected rows of 1 or {size}", values.len());
                return Err(Problem::new(threshold_at, message));
            }
        }
    }
    let currents = neuron.receptors.iter().filter(|receptor| !matches!(receptor, Receptor::Delta { .. })).count();
    if currents > MOST_CURRENTS {
        let message = format!("{currents} exponential and alpha receptors: expected at most {MOST_CURRENTS}");
        return Err(Problem::new(at("receptors"), message));
    }
    if ![1, size].contains(&initial_mv.len()) {
        return Err(Problem::new(at("initial"), format!("{} values: expected 1 or {size}", initial_mv.len())));
    }
    finite(&at("initial"), largest(initial_mv)).map(|_| ())
}

fn check_neuron(at: &impl Fn(&str) -> String, neuron: &Neuron) -> Checked<()> {
    fraction(&at("neuron.tau_m_ms"), neuron.retention)?;
    finite(&at("neuron.bias_pa"), largest(&[neuron.steady, neuron.drive]))?;
    if let Reset::To(membrane) = neuron.reset {
        finite(&at("neuron.reset"), membrane)?;
    }
    if neuron.refractory == Tick::MAX {
        return Err(Problem::new(at("neuron.refractory_ms"), "expected at most 2^32 - 2 ticks"));
    }
    for (k, receptor) in neuron.receptors.iter().enumerate() {
        check_receptor(&at(&format!("receptors[{k}]")), receptor)?;
    }
    Ok(())
}

/// Refuses coefficients that are not finite: they come from time constants at the ends of what a
/// float can hold.
pub(super) fn check_receptor(field: &str, receptor: &Receptor) -> Checked<()> {
    let (retention, others) = match *receptor {
        Receptor::Delta { gain } => (0.0, [gain, 0.0, 0.0, 0.0]),
        Receptor::Exponential { retention, into_membrane, gain, gain_now } => {
            (retention, [into_membrane, gain, gain_now, 0.0])
        }
        Receptor::Alpha { retention, rise, into_membrane, rise_into_membrane, gain } => {
            (retention, [rise, into_membrane, rise_into_membrane, gain])
        }
    };
    match (0.0..=1.0).contains(&retention) && others.iter().all(|c| c.is_finite()) {
        true => Ok(()),
        false => Err(Problem::new(field, "expected time constants whose coefficients are finite numbers")),
    }
}

impl Source {
    /// Whether its spikes, values and counters fit its size.
    ///
    /// # Errors
    /// With what was expected.
    pub fn check(&self) -> Checked<()> {
        check_emits(&self.name, self)
    }
}

fn check_emits(place: &str, source: &Source) -> Checked<()> {
    let at = |field: &str| format!("{place}.{field}");
    let size = source.size;
    let check_stride = |stride: u64| {
        // The counter of the last element's last tick.
        let last = u64::from(size - 1).checked_mul(stride).and_then(|s| s.checked_add(Tick::MAX.into()));
        let message = || format!("{stride}: expected counters below 2^64 for {size} sources");
        last.map(|_| ()).ok_or_else(|| Problem::new(at("stride"), message()))
    };
    match &source.emits {
        Emits::Spikes(spikes) => {
            if let Some((tick, id)) = spikes.iter().find(|(_, id)| *id >= size) {
                let message = format!("spike of {id} at tick {tick}: expected an id less than {size}, its size");
                return Err(Problem::new(place, message));
            }
            match spikes.is_sorted() {
                true => Ok(()),
                false => Err(Problem::new(place, "spikes are out of order: expected them by tick, then by id")),
            }
        }
        Emits::Regular { period: 0, .. } => Err(Problem::new(at("period_ms"), "0: expected at least one tick")),
        Emits::Regular { .. } => Ok(()),
        Emits::Bernoulli { probability, stride, .. } => {
            if ![1, size as usize].contains(&probability.len()) {
                let message = format!("{} values: expected 1 or {size}", probability.len());
                return Err(Problem::new(at("probability"), message));
            }
            probability.iter().try_for_each(|&p| fraction(&at("probability"), p).map(|_| ()))?;
            check_stride(*stride)
        }
        Emits::Poisson { mean, stride, .. } => {
            if !(0.0..=MOST_POISSON_SPIKES).contains(mean) {
                let message = format!("{mean} spikes per tick: expected at most {MOST_POISSON_SPIKES}");
                return Err(Problem::new(at("rate_hz"), message));
            }
            check_stride(*stride)
        }
        Emits::Frames { ticks_per_frame: 0, .. } => Err(Problem::new(at("frame_ms"), "0: expected at least one tick")),
        Emits::Frames { values, .. } => {
            if values.is_empty() || !values.len().is_multiple_of(size as usize) {
                return Err(Problem::new(place, format!("{} values: expected [frames, {size}]", values.len())));
            }
            match values.iter().find(|value| !value.is_finite()) {
                None => Ok(()),
                Some(value) => Err(Problem::new(place, format!("{value}: expected finite values"))),
            }
        }
    }
}

/// Origin, target, receptor and ranges exist.
fn check_ends(at: &impl Fn(&str) -> String, projection: &Projection, parts: &NetworkParts) -> Checked<()> {
    let from = match projection.from {
        Origin::Population(n) => parts.populations.get(n).map(|p| (&p.name, p.size)),
        Origin::Source(n) => parts.sources.get(n).map(|s| (&s.name, s.size)),
    };
    let to = parts.populations.get(projection.to);
    let within = |field: &str, ends: Option<(&String, u32)>, ids: &Range<u32>| {
        let (name, size) =
            ends.ok_or_else(|| Problem::new(at(field), "expected a population or source that exists"))?;
        match ids.start < ids.end && ids.end <= size {
            true => Ok(()),
            false => {
                let message = format!("{ids:?} of {}: expected a range that is not empty of 0..{size}", shown(name));
                Err(Problem::new(at(field), message))
            }
        }
    };
    within("from", from, &projection.from_ids)?;
    within("to", to.map(|p| (&p.name, p.size)), &projection.to_ids)?;
    let receptors = to.map_or(0, |p| p.neuron.receptors.len());
    match projection.receptor < receptors {
        true => Ok(()),
        false => {
            let message = format!("{}: expected the index of one of {receptors} receptors", projection.receptor);
            Err(Problem::new(at("receptor"), message))
        }
    }
}

fn check_rule(rule: &str, projection: &Projection) -> Checked<()> {
    let (from, to) = (&projection.from_ids, &projection.to_ids);
    match &projection.rule {
        Rule::AllToAll { .. } => Ok(()),
        Rule::OneToOne if from.len() != to.len() => {
            let message = format!("one to one: {} sources and {} targets: expected as many", from.len(), to.len());
            Err(Problem::new(rule, message))
        }
        Rule::OneToOne => Ok(()),
        Rule::FixedProbability { probability, .. } => {
            fraction(&format!("{rule}.probability"), *probability)?;
            let pairs = from.len() as u64 * to.len() as u64;
            if pairs > MOST_PAIRS {
                let message =
                    format!("{pairs} pairs to draw: expected at most {MOST_PAIRS}; a fixed degree draws edges only");
                return Err(Problem::new(rule, message));
            }
            Ok(())
        }
        Rule::FixedInDegree { degree, allow_autapses, allow_multapses, .. } => {
            let without = !allow_autapses && projection.is_recurrent();
            check_drawn(rule, *degree, "source", from, without.then_some(to), *allow_multapses)
        }
        Rule::FixedOutDegree { degree, allow_autapses, allow_multapses, .. } => {
            let without = !allow_autapses && projection.is_recurrent();
            check_drawn(rule, *degree, "target", to, without.then_some(from), *allow_multapses)
        }
        Rule::List(edges) => check_edges(rule, edges, from, to),
        Rule::Matrix(weights) => {
            let pairs = from.len() as u64 * to.len() as u64;
            if weights.len() as u64 != pairs {
                return Err(Problem::new(rule, format!("{} weights: expected {pairs}, one per pair", weights.len())));
            }
            weights.iter().try_for_each(|&weight| finite(&format!("{rule}.file"), weight).map(|_| ()))
        }
        Rule::Layers(layers) => {
            for (field, what, ids, expected) in
                [("input", "sources", from, layers.inputs()), ("layers", "targets", to, layers.outputs())]
            {
                if ids.len() != expected {
                    let message = format!("{expected} places: expected {}, one for each of the {what}", ids.len());
                    return Err(Problem::new(format!("{rule}.{field}"), message));
                }
            }
            layers.weights().try_for_each(|weight| finite(&format!("{rule}.layers"), weight).map(|_| ()))
        }
    }
}

/// Refuses to draw more than there are: of `range`, for each of `without`, if those may not draw
/// themselves.
fn check_drawn(
    rule: &str,
    degree: u32,
    what: &str,
    range: &Range<u32>,
    without: Option<&Range<u32>>,
    allow_multapses: bool,
) -> Checked<()> {
    if degree == 0 {
        return Err(Problem::new(format!("{rule}.degree"), "0: expected at least 1"));
    }
    let itself = without.is_some_and(|ids| ids.start.max(range.start) < ids.end.min(range.end));
    let left = range.len() - usize::from(itself);
    let but = if itself { " but the neuron itself" } else { "" };
    match (left, degree as usize > left && !allow_multapses) {
        (0, _) => Err(Problem::new(rule, format!("there is no {what} to draw{but}"))),
        (_, true) => {
            let message = format!("{degree} {what}s without multapses: expected at most {left}, all {what}s{but}");
            Err(Problem::new(format!("{rule}.degree"), message))
        }
        _ => Ok(()),
    }
}

fn check_edges(field: &str, edges: &[(u32, u32)], from: &Range<u32>, to: &Range<u32>) -> Checked<()> {
    if edges.is_empty() {
        return Err(Problem::new(field, "has no edges: expected at least one"));
    }
    match edges.iter().position(|(i, j)| !from.contains(i) || !to.contains(j)) {
        None => Ok(()),
        Some(k) => {
            let message = format!(
                "edge {k}, counted from 0, {:?}: expected a source of {from:?} and a target of {to:?}",
                edges[k]
            );
            Err(Problem::new(field, message))
        }
    }
}

/// The number of counters that a rule uses, if they fit. `size` is that of the target population.
fn counters(projection: &Projection, size: u32) -> Option<u64> {
    let (sources, targets) = (u64::from(projection.from_ids.end), u64::from(projection.to_ids.end));
    match &projection.rule {
        Rule::AllToAll { .. } | Rule::FixedProbability { .. } => sources.checked_mul(size.into()),
        Rule::OneToOne => Some(sources),
        Rule::FixedInDegree { degree, stride, offset, .. } => {
            targets.checked_mul(*stride)?.checked_add(*offset)?.checked_add(u64::from(*degree))
        }
        Rule::FixedOutDegree { degree, stride, offset, .. } => {
            sources.checked_mul(*stride)?.checked_add(*offset)?.checked_add(u64::from(*degree))
        }
        Rule::List(edges) => Some(edges.len() as u64),
        Rule::Matrix(weights) => Some(weights.len() as u64),
        Rule::Layers(layers) => (layers.inputs() as u64).checked_mul(layers.outputs() as u64),
    }
}

/// Refuses a `first` behind which the counters would wrap; each edge uses `each` of them.
fn check_first(field: &str, counters: u64, first: u64, each: u64) -> Checked<()> {
    let last = counters.checked_add(first).and_then(|n| n.checked_mul(each));
    last.map(|_| ()).ok_or_else(|| Problem::new(field, format!("{first}: expected counters below 2^64")))
}

fn check_weights(place: &str, projection: &Projection, counters: u64) -> Checked<()> {
    if let Weights::Each(weights) = &projection.weights {
        check_each(place, weights.len(), projection)?;
    }
    check_numbers(place, &projection.weights, counters)
}

/// Refuses numbers that are not finite, and draws with so many counters that would wrap.
pub(super) fn check_numbers(place: &str, numbers: &Weights, counters: u64) -> Checked<()> {
    let at = |field: &str| format!("{place}.{field}");
    match numbers {
        Weights::Constant(weight) => finite(place, *weight).map(|_| ()),
        Weights::Uniform { low, high, first, .. } => {
            let (low, high) = (finite(&at("low"), *low)?, finite(&at("high"), *high)?);
            if high < low {
                return Err(Problem::new(at("high"), format!("{high}: expected at least low, {low}")));
            }
            check_first(&at("first"), counters, *first, 1)
        }
        Weights::Normal { mean, sd, first, .. } => {
            let (mean, sd) = (finite(&at("mean"), *mean)?, not_negative(&at("sd"), *sd)?);
            // Box-Muller stays below 9 standard deviations.
            finite(&at("sd"), mean.abs() + 9.0 * sd)?;
            check_first(&at("first"), counters, *first, 2)
        }
        Weights::Each(numbers) => numbers.iter().try_for_each(|&number| finite(place, number).map(|_| ())),
    }
}

/// A delay of 0 is looked at later, where cycles can be named.
fn check_delays(place: &str, projection: &Projection, counters: u64) -> Checked<()> {
    let at = |field: &str| format!("{place}.{field}");
    match &projection.delays {
        Delays::Constant(_) => Ok(()),
        Delays::Uniform { low, high, .. } if high < low => {
            Err(Problem::new(at("high"), format!("{high} ticks: expected at least low, {low} ticks")))
        }
        Delays::Uniform { first, .. } => check_first(&at("first"), counters, *first, 1),
        Delays::Each(delays) => check_each(place, delays.len(), projection),
    }
}

/// One value per edge, by counter: values of a one-to-one range start at the range's first source.
fn check_each(field: &str, values: usize, projection: &Projection) -> Checked<()> {
    let (unused, edges) = match &projection.rule {
        Rule::OneToOne => (projection.from_ids.start as usize, projection.from_ids.len()),
        Rule::List(edges) => (0, edges.len()),
        _ => {
            let message = "one value per edge: expected the rule one to one or a list; a matrix has its own weights";
            return Err(Problem::new(field, message));
        }
    };
    match values.checked_sub(unused) {
        Some(found) if found == edges => Ok(()),
        found => {
            let message = format!("{} values: expected {edges}, one per edge", found.unwrap_or(0));
            Err(Problem::new(field, message))
        }
    }
}

/// Only a constant delay can be 0, and a cycle of such projections is named: it has no order in which
/// it could be run.
fn refuse_zero_delays(parts: &NetworkParts) -> Checked<()> {
    let zero: Vec<usize> =
        (0..parts.projections.len()).filter(|&n| parts.projections[n].shortest_delay() == 0).collect();
    let refuse = |n: usize, why: &str| {
        let message = format!("a delay of 0: expected at least one tick, {} ms{why}", parts.dt_ms);
        Err(Problem::new(format!("projections[{n}].delay_ms"), message))
    };
    if let Some(&n) = zero.iter().find(|&&n| !matches!(parts.projections[n].delays, Delays::Constant(_))) {
        return refuse(n, ", or Constant(0) for all edges");
    }
    let all = components(&digraph(parts, zero.iter().copied()));
    let Some(cycle) = all.into_iter().find(|component| component.recurrent) else { return Ok(()) };
    let names = cycle.members.iter().map(|&member| match member {
        Origin::Population(n) => shown(&parts.populations[n].name),
        Origin::Source(n) => shown(&parts.sources[n].name),
    });
    let within = |origin: Origin| cycle.members.contains(&origin);
    let inside =
        |&&n: &&usize| within(parts.projections[n].from) && within(Origin::Population(parts.projections[n].to));
    let first = zero.iter().find(inside).copied().unwrap_or(zero[0]);
    refuse(first, &format!("; without delay there is a cycle through {}", names.collect::<Vec<_>>().join(", ")))
}

/// Analog values arrive at every tick, from all their source's elements at once; what arrives through
/// layers is added up first.
fn refuse_different_delays(parts: &NetworkParts) -> Checked<()> {
    for (n, projection) in parts.projections.iter().enumerate() {
        if matches!(projection.rule, Rule::Layers(_)) {
            for (field, alike) in [
                ("weight", matches!(projection.weights, Weights::Constant(_))),
                ("delay_ms", matches!(projection.delays, Delays::Constant(_))),
            ] {
                if !alike {
                    let message = "layers: expected a constant for all";
                    return Err(Problem::new(format!("projections[{n}].{field}"), message));
                }
            }
        }
        let Origin::Source(source) = projection.from else { continue };
        let source = &parts.sources[source];
        if source.emits.is_analog() && !matches!(projection.delays, Delays::Constant(_)) {
            let message = format!("source {} emits analog values: expected one delay for all", shown(&source.name));
            return Err(Problem::new(format!("projections[{n}].delay_ms"), message));
        }
    }
    Ok(())
}

/// Refuses weights whose products with inputs and gains are not finite or, added up, might not stay
/// so.
fn check_products(parts: &NetworkParts) -> Checked<()> {
    for (n, projection) in parts.projections.iter().enumerate() {
        let (input, of) = match projection.from {
            Origin::Source(s) => match &parts.sources[s].emits {
                Emits::Frames { values, .. } => (largest(values), " times the largest value of its source"),
                _ => (1.0, ""),
            },
            Origin::Population(_) => (1.0, ""),
        };
        let to = &parts.populations[projection.to];
        let each = to.each.iter().flat_map(|each| &each.neurons);
        let gains = std::iter::once(&to.neuron).chain(each).map(|neuron| gain(&neuron.receptors[projection.receptor]));
        let gain = gains.fold(0.0, f64::max);
        if to.arithmetic == Arithmetic::FixedPoint {
            check_whole_weights(&format!("projections[{n}].weight"), projection, gain)?;
        }
        let product = projection.strongest() * input * gain;
        if !in_range(product) {
            let message = format!(
                "the largest weight{of}, times the gain of its receptor, {gain:e}, is {product:e}: \
                 expected a finite product of at most {LARGEST:e}"
            );
            return Err(Problem::new(format!("projections[{n}].weight"), message));
        }
    }
    Ok(())
}

/// The most that an arrival of 1 adds to a state.
fn gain(receptor: &Receptor) -> f64 {
    let factors = match *receptor {
        Receptor::Delta { gain } => vec![gain],
        Receptor::Exponential { into_membrane, gain, gain_now, .. } => vec![gain, gain_now, gain * into_membrane],
        Receptor::Alpha { rise, into_membrane, rise_into_membrane, gain, .. } => {
            vec![gain, gain * rise, gain * rise_into_membrane, gain * rise * into_membrane]
        }
    };
    largest(&factors)
}
