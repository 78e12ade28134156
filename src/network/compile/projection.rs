//! Projections: ends, rules, weights and delays.

use super::check::{check_name, finite, fraction, not_negative};
use super::text::one_line;
use super::{BYTES_PER_SYNAPSE, Checked, Compiler, MOST_PAIRS};
use crate::network::input::{Array, read_edges};
use crate::network::place::{Problem, shown, unknown};
use crate::network::spec::*;
use crate::network::{Delays, Network, Origin, Projection, Rule, Weights};
use std::ops::Range;

/// Ends of a projection.
pub(super) struct Ends<'a> {
    name: std::borrow::Cow<'a, str>,
    from: Origin,
    from_ids: Range<u32>,
    to: usize,
    to_ids: Range<u32>,
}

impl<'a> Compiler<'a> {
    /// Names and ranges of a projection, and its memory if that does not lie in a file.
    pub(super) fn ends(&mut self, n: usize) -> Checked<Ends<'a>> {
        let spec = self.spec;
        let projection = &spec.projections[n];
        let at = |field: &str| format!("projections[{n}].{field}");
        let (from, from_ids) = self.reference(&at("from"), &projection.from)?;
        let (to, to_ids) = self.population_reference(&at("to"), &projection.to)?;
        let name = match &projection.name {
            Some(name) => {
                check_name(&at("name"), name)?;
                name.into()
            }
            None => format!("{} -> {}", projection.from, projection.to).into(),
        };
        let (sources, targets) = (u64::from(from_ids.end - from_ids.start), u64::from(to_ids.end - to_ids.start));
        let rule = at("rule");
        let edges = match &projection.rule {
            RuleSpec::AllToAll { .. } => sources * targets,
            RuleSpec::OneToOne if sources != targets => {
                let message = format!("one to one: {sources} sources and {targets} targets: expected as many");
                return Err(Problem::new(rule, message));
            }
            RuleSpec::OneToOne => targets,
            RuleSpec::FixedProbability { probability, .. } => {
                let p = fraction(&at("rule.probability"), *probability)?;
                let pairs = sources * targets;
                if pairs > MOST_PAIRS {
                    let message = format!(
                        "{pairs} pairs to draw: expected at most {MOST_PAIRS}; a fixed degree draws edges only"
                    );
                    return Err(Problem::new(rule, message));
                }
                (p * pairs as f64).ceil() as u64
            }
            RuleSpec::FixedInDegree { degree, stride, offset, allow_autapses, allow_multapses, .. } => {
                self.degree(&rule, *degree, *stride, *offset, to_ids.end)?;
                let without = !allow_autapses && from == Origin::Population(to);
                check_drawn(&rule, *degree, "source", &from_ids, without.then_some(&to_ids), *allow_multapses)?;
                targets.saturating_mul(u64::from(*degree))
            }
            RuleSpec::FixedOutDegree { degree, stride, offset, allow_autapses, allow_multapses, .. } => {
                self.degree(&rule, *degree, *stride, *offset, from_ids.end)?;
                let without = !allow_autapses && from == Origin::Population(to);
                check_drawn(&rule, *degree, "target", &to_ids, without.then_some(&from_ids), *allow_multapses)?;
                sources.saturating_mul(u64::from(*degree))
            }
            RuleSpec::List(edges) => edges.len() as u64,
            // Counted when they are read.
            RuleSpec::ListFile(_) | RuleSpec::Matrix { .. } => 0,
        };
        self.charge(&rule, edges.saturating_mul(BYTES_PER_SYNAPSE))?;
        Ok(Ends { name, from, from_ids, to, to_ids })
    }

    /// Checks the counters of a degree and returns their stride.
    fn degree(&self, rule: &str, degree: u32, stride: Option<u64>, offset: u64, ids: u32) -> Checked<u64> {
        if degree == 0 {
            return Err(Problem::new(format!("{rule}.degree"), "0: expected at least 1"));
        }
        let overflow = || Problem::new(format!("{rule}.stride"), "expected counters below 2^64");
        let own = offset.checked_add(u64::from(degree)).ok_or_else(overflow)?;
        let stride = stride.unwrap_or(own);
        let last = u64::from(ids).checked_mul(stride).and_then(|n| n.checked_add(own));
        last.map(|_| stride).ok_or_else(overflow)
    }

    pub(super) fn projection(&mut self, n: usize, ends: Ends<'a>, network: &Network) -> Checked<Projection> {
        let spec = self.spec;
        let projection = &spec.projections[n];
        let at = |field: &str| format!("projections[{n}].{field}");
        let Ends { name, from, from_ids, to, to_ids } = ends;
        if !self.projection_names.insert(name.to_string()) {
            let field = if projection.name.is_some() { at("name") } else { format!("projections[{n}]") };
            let message = format!("{} names a projection already: give each its own `name`", shown(&name));
            return Err(Problem::new(field, message));
        }
        let receptor = self.receptor(&at("receptor"), &projection.receptor, to)?;
        let seeds = |given: Option<u64>, stream| self.derived_seed(given, &name, stream);
        let mut file_weights = None;
        let rule = match &projection.rule {
            &RuleSpec::AllToAll { allow_autapses } => Rule::AllToAll { allow_autapses },
            RuleSpec::OneToOne => Rule::OneToOne,
            &RuleSpec::FixedProbability { probability, seed, allow_autapses } => {
                Rule::FixedProbability { probability, seed: seeds(seed, "edges"), allow_autapses }
            }
            &RuleSpec::FixedInDegree { degree, seed, stride, offset, allow_autapses, allow_multapses } => {
                let (seed, stride) = (seeds(seed, "edges"), stride.unwrap_or(offset + u64::from(degree)));
                Rule::FixedInDegree { degree, seed, stride, offset, allow_autapses, allow_multapses }
            }
            &RuleSpec::FixedOutDegree { degree, seed, stride, offset, allow_autapses, allow_multapses } => {
                let (seed, stride) = (seeds(seed, "edges"), stride.unwrap_or(offset + u64::from(degree)));
                Rule::FixedOutDegree { degree, seed, stride, offset, allow_autapses, allow_multapses }
            }
            RuleSpec::List(edges) => {
                check_edges(&at("rule"), edges, &from_ids, &to_ids)?;
                Rule::List(edges.as_slice().into())
            }
            RuleSpec::ListFile(file) => {
                let (edges, weights) = read_edges(&self.file(&at("rule"), file)?, self.left())
                    .map_err(|e| Problem::new(at("rule"), one_line(&e.to_string())))?;
                self.charge(&at("rule"), (edges.len() as u64).saturating_mul(BYTES_PER_SYNAPSE + 12))?;
                check_edges(&at("rule"), &edges, &from_ids, &to_ids)?;
                file_weights = weights;
                Rule::List(edges.into())
            }
            RuleSpec::Matrix { file } => {
                let field = at("rule.file");
                let Array { shape, values } = self.array(&field, file)?;
                let (rows, columns) = (to_ids.len(), from_ids.len());
                // A list is a row or a column.
                let fits = values.len() == rows * columns && (shape == [rows, columns] || rows == 1 || columns == 1);
                if !fits {
                    let problem = format!(
                        "{}: shape {shape:?}: expected [{rows}, {columns}], targets and sources",
                        shown(&file.to_string_lossy())
                    );
                    return Err(Problem::new(field, problem));
                }
                self.charge(&field, (values.len() as u64).saturating_mul(BYTES_PER_SYNAPSE + 8))?;
                values.iter().try_for_each(|&v| finite(&field, v).map(|_| ()))?;
                Rule::Matrix(values.into())
            }
        };
        let mut made = Projection {
            from,
            from_ids,
            to,
            to_ids,
            receptor,
            rule,
            weights: Weights::Constant(1.0),
            delays: Delays::Constant(1),
        };
        let counters = counters(&made, network);
        made.weights = match (&projection.weight, file_weights) {
            (None, Some(weights)) => Weights::Each(weights.into()),
            (None, None) if matches!(made.rule, Rule::Matrix(_)) => Weights::Constant(1.0),
            (None, None) => {
                return Err(Problem::new(format!("projections[{n}]"), "has no `weight`, and its rule brings none"));
            }
            (Some(WeightSpec::Constant(factor)), Some(weights)) => {
                let field = at("weight");
                let scale = |&w: &f64| finite(&field, w * factor);
                Weights::Each(weights.iter().map(scale).collect::<Checked<Vec<_>>>()?.into())
            }
            (Some(_), Some(_)) => {
                return Err(Problem::new(
                    at("weight"),
                    "the file has weights: expected a constant that multiplies them, or nothing",
                ));
            }
            (Some(spec), None) => self.weights(&at("weight"), spec, &name, &made, counters)?,
        };
        if let Some(spec) = &projection.delay_ms {
            made.delays = self.delays(&at("delay_ms"), spec, &name, &made, counters)?;
        }
        Ok(made)
    }

    fn receptor(&self, field: &str, name: &Option<String>, to: usize) -> Checked<usize> {
        let receptors = &self.spec.populations[to].receptors;
        let names: Vec<&str> =
            if receptors.is_empty() { vec!["input"] } else { receptors.iter().map(ReceptorSpec::name).collect() };
        match name {
            Some(name) => names
                .iter()
                .position(|known| known == name)
                .ok_or_else(|| Problem::new(field, unknown("receptor", name, names.iter().copied()))),
            None if names.len() == 1 => Ok(0),
            None => {
                let names: Vec<String> = names.iter().take(8).map(|name| shown(name)).collect();
                Err(Problem::new(field, format!("is missing: expected one of {}", names.join(", "))))
            }
        }
    }

    fn weights(
        &mut self,
        place: &str,
        spec: &WeightSpec,
        name: &str,
        made: &Projection,
        counters: Option<u64>,
    ) -> Checked<Weights> {
        let at = |field: &str| format!("{place}.{field}");
        Ok(match spec {
            WeightSpec::Constant(value) => Weights::Constant(finite(place, *value)?),
            WeightSpec::Uniform { low, high, seed, first } => {
                let (low, high) = (finite(&at("low"), *low)?, finite(&at("high"), *high)?);
                if high < low {
                    return Err(Problem::new(at("high"), format!("{high}: expected at least low, {low}")));
                }
                check_counters(&at("first"), counters, *first, 1)?;
                Weights::Uniform { low, high, seed: self.derived_seed(*seed, name, "weights"), first: *first }
            }
            WeightSpec::Normal { mean, sd, seed, first } => {
                let (mean, sd) = (finite(&at("mean"), *mean)?, not_negative(&at("sd"), *sd)?);
                // Box-Muller stays below 9 standard deviations.
                finite(&at("sd"), mean.abs() + 9.0 * sd)?;
                check_counters(&at("first"), counters, *first, 2)?;
                Weights::Normal { mean, sd, seed: self.derived_seed(*seed, name, "weights"), first: *first }
            }
            WeightSpec::Values(values) => Weights::Each(each(place, made, values.clone(), finite)?.into()),
            WeightSpec::File(file) => {
                let values = self.array(place, file)?.values;
                Weights::Each(each(place, made, values, finite)?.into())
            }
        })
    }

    fn delays(
        &mut self,
        place: &str,
        spec: &DelaySpec,
        name: &str,
        made: &Projection,
        counters: Option<u64>,
    ) -> Checked<Delays> {
        let at = |field: &str| format!("{place}.{field}");
        Ok(match spec {
            DelaySpec::Constant(ms) => Delays::Constant(self.delay(place, *ms)?),
            DelaySpec::Uniform { low, high, seed, first } => {
                let (low, high) = (self.delay(&at("low"), *low)?, self.delay(&at("high"), *high)?);
                if high < low {
                    return Err(Problem::new(at("high"), format!("{high} ticks: expected at least low, {low} ticks")));
                }
                check_counters(&at("first"), counters, *first, 1)?;
                Delays::Uniform { low, high, seed: self.derived_seed(*seed, name, "delays"), first: *first }
            }
            DelaySpec::Values(_) | DelaySpec::File(_) => {
                let values = match spec {
                    DelaySpec::File(file) => self.array(place, file)?.values,
                    DelaySpec::Values(values) => values.clone(),
                    _ => Vec::new(),
                };
                // Padding in front of a one-to-one range is no delay of any edge, but must not be 0 either.
                let ticks = each(place, made, values, |field, ms| self.delay(field, ms))?;
                Delays::Each(ticks.into())
            }
        })
    }
}

/// Refuses to draw more than there are: of `range`, for each of `without`, if those may not draw themselves.
fn check_drawn(
    rule: &str,
    degree: u32,
    what: &str,
    range: &Range<u32>,
    without: Option<&Range<u32>>,
    allow_multapses: bool,
) -> Checked<()> {
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

/// The number of counters that a rule uses, if they fit.
fn counters(projection: &Projection, network: &Network) -> Option<u64> {
    let size = u64::from(network.populations[projection.to].size);
    let (sources, targets) = (u64::from(projection.from_ids.end), u64::from(projection.to_ids.end));
    match &projection.rule {
        Rule::AllToAll { .. } | Rule::FixedProbability { .. } => sources.checked_mul(size),
        Rule::OneToOne => Some(sources),
        Rule::FixedInDegree { degree, stride, offset, .. } => {
            targets.checked_mul(*stride)?.checked_add(*offset)?.checked_add(u64::from(*degree))
        }
        Rule::FixedOutDegree { degree, stride, offset, .. } => {
            sources.checked_mul(*stride)?.checked_add(*offset)?.checked_add(u64::from(*degree))
        }
        Rule::List(edges) => Some(edges.len() as u64),
        Rule::Matrix(weights) => Some(weights.len() as u64),
    }
}

/// Refuses a `first` behind which the counters would wrap.
fn check_counters(field: &str, counters: Option<u64>, first: u64, each: u64) -> Checked<()> {
    let last = counters.and_then(|n| n.checked_add(first)).and_then(|n| n.checked_mul(each));
    last.map(|_| ()).ok_or_else(|| Problem::new(field, format!("{first}: expected counters below 2^64")))
}

/// One value per edge, by counter; values of a one-to-one range start at the range's first source.
fn each<T: Clone>(
    field: &str,
    made: &Projection,
    values: Vec<f64>,
    mut f: impl FnMut(&str, f64) -> Checked<T>,
) -> Checked<Vec<T>> {
    let skipped = match &made.rule {
        Rule::OneToOne => made.from_ids.start as usize,
        Rule::List(_) => 0,
        _ => {
            let message = "one value per edge: expected the rule one to one or a list; a matrix has its own weights";
            return Err(Problem::new(field, message));
        }
    };
    let edges = made.edges().at_least_about();
    if values.len() as u64 != edges {
        return Err(Problem::new(field, format!("{} values: expected {edges}, one per edge", values.len())));
    }
    let made = values.into_iter().map(|value| f(field, value)).collect::<Checked<Vec<T>>>()?;
    let padding = made.first().cloned().into_iter().cycle().take(skipped);
    Ok(padding.chain(made.iter().cloned()).collect())
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
