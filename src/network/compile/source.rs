//! Sources: what feeds spikes or values in.

use super::compiler::{Compiler, title};
use super::text::one_line;
use crate::network::input::{Array, read_spikes};
use crate::network::numbers::{fraction, not_negative};
use crate::network::problem::{Checked, Problem};
use crate::network::source::{Emits, Source};
use crate::network::spec::*;
use crate::spiking::Tick;

/// Draws per element of a source where no stride is given: as many as there are ticks.
pub const DEFAULT_STRIDE: u64 = 1 << 32;

impl<'a> Compiler<'a> {
    pub(super) fn source(&mut self, n: usize) -> Checked<Source> {
        let SourceSpec { name, size, emits } = &self.spec.sources[n];
        let at = |field: &str| format!("sources[{n}].emits.{field}");
        let stride = |stride: Option<u64>| stride.unwrap_or(DEFAULT_STRIDE);
        let emits = match emits {
            EmitsSpec::Spikes(Spikes { at_ms, at_ticks }) => {
                let mut spikes = Vec::with_capacity(at_ms.len() + at_ticks.len());
                for (k, &(ms, id)) in at_ms.iter().enumerate() {
                    let field = at(&format!("at_ms[{k}]"));
                    spikes.push((self.ticks(&field, ms)?, check_id(&field, id, *size)?));
                }
                for (k, &(tick, id)) in at_ticks.iter().enumerate() {
                    spikes.push((tick, check_id(&at(&format!("at_ticks[{k}]")), id, *size)?));
                }
                spikes.sort_unstable();
                Emits::Spikes(spikes.into())
            }
            EmitsSpec::SpikeFile(SpikeFile { file, population }) => {
                let field = at("file");
                let read = read_spikes(&self.file(&field, file)?, self.dt_ms, population.as_deref(), self.left())
                    .map_err(|e| Problem::new(&field, one_line(&e.to_string())))?;
                self.charge(&field, 20 * read.spikes.len() as u64)?;
                let spikes = read.for_source(0, name, *size).map_err(|e| Problem::new(field, e))?;
                Emits::Spikes(spikes.into())
            }
            EmitsSpec::Regular(Regular { first_ms, period_ms }) => {
                let first = self.ticks(&at("first_ms"), *first_ms)?;
                let period = self.ticks(&at("period_ms"), *period_ms)?;
                Emits::Regular { first, period }
            }
            EmitsSpec::Bernoulli(Bernoulli { probability, rate_hz, seed, stride: given }) => {
                let probability = match (probability, rate_hz) {
                    (Some(p), None) => *p,
                    (None, Some(rate)) => self.probability(&at("rate_hz"), *rate)?,
                    _ => {
                        let message = "expected either `probability` or `rate_hz`";
                        return Err(Problem::new(format!("sources[{n}].emits"), message));
                    }
                };
                let seed = self.derived_seed(*seed, name, "spikes");
                Emits::Bernoulli { probability: vec![probability].into(), seed, stride: stride(*given) }
            }
            EmitsSpec::Poisson(Poisson { rate_hz, seed, stride: given }) => {
                let mean = not_negative(&at("rate_hz"), *rate_hz)? * (self.dt_ms / 1000.0);
                Emits::Poisson { mean, seed: self.derived_seed(*seed, name, "spikes"), stride: stride(*given) }
            }
            EmitsSpec::Frames(Frames { file, frame_ms }) => {
                let ticks_per_frame = self.ticks(&at("frame_ms"), *frame_ms)?;
                let field = at("file");
                let Array { shape, values } = self.array(&field, file)?;
                if shape.get(1).copied().unwrap_or(1) != *size as usize {
                    let problem = format!("{}: shape {shape:?}: expected [frames, {size}]", title(file));
                    return Err(Problem::new(field, problem));
                }
                Emits::Frames { values: values.into(), ticks_per_frame }
            }
            EmitsSpec::Rate(Rate { values, max_rate_hz, seed, stride: given }) => {
                let most = self.probability(&at("max_rate_hz"), *max_rate_hz)?;
                let values = self.values(&at("values"), values, *size)?;
                let probability = values.into_iter().map(|value| value * most).collect::<Vec<_>>().into();
                Emits::Bernoulli { probability, seed: self.derived_seed(*seed, name, "spikes"), stride: stride(*given) }
            }
            EmitsSpec::Latency(Latency { values, first_ms, window_ms }) => {
                let first = self.ticks(&at("first_ms"), *first_ms)?;
                let window = self.ticks(&at("window_ms"), *window_ms)?;
                if first.checked_add(window).is_none_or(|last| last == Tick::MAX) {
                    return Err(Problem::new(at("window_ms"), "ends behind the last tick, 2^32 - 2"));
                }
                let values = self.values(&at("values"), values, *size)?;
                let mut spikes: Vec<(Tick, u32)> = (0..)
                    .zip(values)
                    .filter(|&(_, value)| value > 0.0)
                    .map(|(id, value)| (first + ((1.0 - value) * f64::from(window)).round() as Tick, id))
                    .collect();
                spikes.sort_unstable();
                Emits::Spikes(spikes.into())
            }
        };
        Ok(Source { name: name.clone(), size: *size, emits })
    }

    /// rate dt, which must be a probability.
    fn probability(&self, field: &str, rate_hz: f64) -> Checked<f64> {
        let probability = not_negative(field, rate_hz)? * (self.dt_ms / 1000.0);
        match probability <= 1.0 {
            true => Ok(probability),
            false => Err(Problem::new(
                field,
                format!("{rate_hz}: expected at most {} Hz, one per tick", 1000.0 / self.dt_ms),
            )),
        }
    }

    /// Numbers of a source, one each.
    fn values(&mut self, field: &str, values: &ValuesSpec, size: u32) -> Checked<Vec<f64>> {
        let values = match values {
            ValuesSpec::File(file) => self.list(field, file, size as usize, "one value per source")?,
            ValuesSpec::Values(values) if values.len() == size as usize => values.clone(),
            ValuesSpec::Values(values) => {
                return Err(Problem::new(field, format!("{} values: expected {size}, one per source", values.len())));
            }
        };
        for &value in &values {
            fraction(field, value)?;
        }
        Ok(values)
    }
}

fn check_id(field: &str, id: u32, size: u32) -> Checked<u32> {
    match id < size {
        true => Ok(id),
        false => Err(Problem::new(field, format!("id {id}: expected less than {size}, the size of the source"))),
    }
}
