//! Projections: ends, rules, weights and delays.

use super::compiler::{Compiler, title};
use super::text::one_line;
use crate::network::input::{Array, EdgeList, read_edges};
use crate::network::memory::BYTES_PER_SYNAPSE;
use crate::network::name::check_name;
use crate::network::names::unknown;
use crate::network::numbers::positive;
use crate::network::problem::{Checked, Problem, shown};
use crate::network::projection::{Delays, Origin, Precision, Projection, Rule, Weights};
use crate::network::spec::*;
use std::ops::Range;
use std::path::Path;

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
            RuleSpec::AllToAll(_) => sources * targets,
            RuleSpec::OneToOne => targets,
            RuleSpec::FixedProbability(FixedProbability { probability, .. }) => {
                (probability.clamp(0.0, 1.0) * (sources * targets) as f64).ceil() as u64
            }
            RuleSpec::FixedInDegree(FixedInDegree { degree, .. }) => targets.saturating_mul(u64::from(*degree)),
            RuleSpec::FixedOutDegree(FixedOutDegree { degree, .. }) => sources.saturating_mul(u64::from(*degree)),
            RuleSpec::List(edges) => edges.len() as u64,
            // Counted when they are read.
            RuleSpec::ListFile(_) | RuleSpec::Matrix { .. } | RuleSpec::Layers(_) => 0,
        };
        self.charge(&rule, edges.saturating_mul(BYTES_PER_SYNAPSE))?;
        Ok(Ends { name, from, from_ids, to, to_ids })
    }

    pub(super) fn projection(&mut self, n: usize, ends: Ends<'a>) -> Checked<Projection> {
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
        let precision = match projection.precision {
            None => Precision::Double,
            Some(PrecisionSpec::Int8(scale)) => Precision::Int8 { scale: positive(&at("precision"), scale)? },
            Some(PrecisionSpec::Int16(scale)) => Precision::Int16 { scale: positive(&at("precision"), scale)? },
        };
        let (rule, file_weights) = self.rule(&at("rule"), &projection.rule, &name, [&from_ids, &to_ids], precision)?;
        let mut made = Projection {
            from,
            from_ids,
            to,
            to_ids,
            receptor,
            rule,
            weights: Weights::Constant(1.0),
            delays: Delays::Constant(1),
            precision,
        };
        made.weights = match (&projection.weight, file_weights) {
            (None, Some(weights)) => Weights::Each(weights.into()),
            (None, None) if made.rule.has_weights() => Weights::Constant(1.0),
            (None, None) => {
                return Err(Problem::new(format!("projections[{n}]"), "has no `weight`, and its rule brings none"));
            }
            (Some(WeightSpec::Constant(factor)), Some(weights)) => {
                Weights::Each(weights.iter().map(|weight| weight * factor).collect())
            }
            (Some(_), Some(_)) => {
                return Err(Problem::new(
                    at("weight"),
                    "the file has weights: expected a constant that multiplies them, or nothing",
                ));
            }
            (Some(spec), None) => self.weights(&at("weight"), spec, &name, &made)?,
        };
        if !made.rule.has_weights() {
            match &mut made.weights {
                Weights::Constant(weight) => *weight = precision.quantised(*weight, &at("weight"))?,
                Weights::Each(weights) => {
                    *weights =
                        weights.iter().map(|&w| precision.quantised(w, &at("weight"))).collect::<Checked<_>>()?;
                }
                // Refused by the check.
                Weights::Uniform { .. } | Weights::Normal { .. } => {}
            }
        }
        if let Some(spec) = &projection.delay_ms {
            made.delays = self.delays(&at("delay_ms"), spec, &name, &made)?;
        }
        Ok(made)
    }

    /// The rule, and the weights that its file has.
    fn rule(
        &mut self,
        field: &str,
        rule: &RuleSpec,
        name: &str,
        [from, to]: [&Range<u32>; 2],
        precision: Precision,
    ) -> Checked<(Rule, Option<Vec<f64>>)> {
        let seed = |given: Option<u64>| self.derived_seed(given, name, "edges");
        // One that would overflow is refused by the check of counters.
        let stride =
            |given: Option<u64>, offset: u64, degree| given.unwrap_or(offset.saturating_add(u64::from(degree)));
        let made = match rule {
            &RuleSpec::AllToAll(AllToAll { allow_autapses }) => Rule::AllToAll { allow_autapses },
            RuleSpec::OneToOne => Rule::OneToOne,
            RuleSpec::FixedProbability(rule) => Rule::FixedProbability {
                probability: rule.probability,
                seed: seed(rule.seed),
                allow_autapses: rule.allow_autapses,
            },
            RuleSpec::FixedInDegree(rule) => Rule::FixedInDegree {
                degree: rule.degree,
                seed: seed(rule.seed),
                stride: stride(rule.stride, rule.offset, rule.degree),
                offset: rule.offset,
                allow_autapses: rule.allow_autapses,
                allow_multapses: rule.allow_multapses,
            },
            RuleSpec::FixedOutDegree(rule) => Rule::FixedOutDegree {
                degree: rule.degree,
                seed: seed(rule.seed),
                stride: stride(rule.stride, rule.offset, rule.degree),
                offset: rule.offset,
                allow_autapses: rule.allow_autapses,
                allow_multapses: rule.allow_multapses,
            },
            RuleSpec::List(edges) => Rule::List(edges.as_slice().into()),
            RuleSpec::ListFile(file) => {
                let (edges, weights) = self.edges(field, file)?;
                return Ok((Rule::List(edges.into()), weights));
            }
            RuleSpec::Matrix { file } => {
                Rule::Matrix(self.matrix(&format!("{field}.file"), file, from, to, precision)?.into())
            }
            RuleSpec::Layers(layers) => Rule::Layers(self.layers(field, layers, from.len(), precision)?.into()),
        };
        Ok((made, None))
    }

    fn edges(&mut self, field: &str, file: &Path) -> Checked<EdgeList> {
        let read = read_edges(&self.file(field, file)?, self.left())
            .map_err(|e| Problem::new(field, one_line(&e.to_string())))?;
        self.charge(field, (read.0.len() as u64).saturating_mul(BYTES_PER_SYNAPSE + 12))?;
        Ok(read)
    }

    fn matrix(
        &mut self,
        field: &str,
        file: &ArrayFile,
        from: &Range<u32>,
        to: &Range<u32>,
        precision: Precision,
    ) -> Checked<Vec<f64>> {
        let Array { shape, values } = self.weight_array(field, file, precision)?;
        let (rows, columns) = (to.len(), from.len());
        // A list is a row or a column.
        let fits = values.len() == rows * columns && (shape == [rows, columns] || rows == 1 || columns == 1);
        if !fits {
            let file = title(file);
            let problem = format!("{file}: shape {shape:?}: expected [{rows}, {columns}], targets and sources");
            return Err(Problem::new(field, problem));
        }
        self.charge(field, (values.len() as u64).saturating_mul(BYTES_PER_SYNAPSE + 8))?;
        Ok(values)
    }

    /// An array of weights.
    pub(super) fn weight_array(&mut self, field: &str, file: &ArrayFile, precision: Precision) -> Checked<Array> {
        let mut array = self.array(field, file)?;
        for (n, value) in array.values.iter_mut().enumerate() {
            *value = precision.quantised(*value, field).map_err(|problem| {
                let message = format!("{}: weight {n}, counted from 0: {}", title(file), problem.message);
                Problem::new(field, message)
            })?;
        }
        Ok(array)
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

    fn weights(&mut self, place: &str, spec: &WeightSpec, name: &str, made: &Projection) -> Checked<Weights> {
        let seed = |given: Option<u64>| self.derived_seed(given, name, "weights");
        Ok(match spec {
            WeightSpec::Constant(weight) => Weights::Constant(*weight),
            &WeightSpec::Uniform(Uniform { low, high, seed: given, first }) => {
                Weights::Uniform { low, high, seed: seed(given), first }
            }
            &WeightSpec::Normal(Normal { mean, sd, seed: given, first }) => {
                Weights::Normal { mean, sd, seed: seed(given), first }
            }
            WeightSpec::Values(values) => Weights::Each(by_counter(made, values.clone()).into()),
            WeightSpec::File(file) => Weights::Each(by_counter(made, self.array(place, file)?.values).into()),
        })
    }

    fn delays(&mut self, place: &str, spec: &DelaySpec, name: &str, made: &Projection) -> Checked<Delays> {
        let at = |field: &str| format!("{place}.{field}");
        let values = match spec {
            DelaySpec::Constant(ms) => return Ok(Delays::Constant(self.delay(place, *ms)?)),
            &DelaySpec::Uniform(Uniform { low, high, seed, first }) => {
                let (low, high) = (self.delay(&at("low"), low)?, self.delay(&at("high"), high)?);
                return Ok(Delays::Uniform { low, high, seed: self.derived_seed(seed, name, "delays"), first });
            }
            DelaySpec::Values(values) => values,
            DelaySpec::File(file) => &self.array(place, file)?.values,
        };
        let ticks = values.iter().map(|&ms| self.delay(place, ms)).collect::<Checked<Vec<_>>>()?;
        Ok(Delays::Each(by_counter(made, ticks).into()))
    }
}

/// One value per edge, by counter. Counters in front of a one-to-one range get the first value: no
/// edge has it, but a delay there must not be 0 either.
fn by_counter<T: Copy>(made: &Projection, values: Vec<T>) -> Vec<T> {
    let unused = match &made.rule {
        Rule::OneToOne => made.from_ids.start as usize,
        _ => 0,
    };
    let padding = values.first().copied().into_iter().cycle().take(unused);
    padding.chain(values.iter().copied()).collect()
}
