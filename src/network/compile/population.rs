//! Populations: the neuron models of a file as the one linear neuron that is run, with receptors,
//! thresholds and initial states.

use super::compiler::{Compiler, title};
use crate::base::counter::unit;
use crate::network::check::{check_numbers, check_receptor};
use crate::network::input::Array;
use crate::network::memory::BYTES_PER_NEURON_OF_ITS_OWN;
use crate::network::name::check_name;
use crate::network::numbers::{finite, positive};
use crate::network::population::{Arithmetic, Each, Population, Threshold};
use crate::network::problem::{Checked, Problem, shown};
use crate::network::projection::Weights;
use crate::network::spec::*;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::linear::{Form, Leak, Neuron, Receptor};
use std::collections::HashSet;

/// What all firing models have in common; the names of its fields are those of the file.
struct Model<'a> {
    tau_m_ms: Option<f64>,
    /// Of the current, where the population names no receptors.
    tau_syn_ms: f64,
    v_rest_mv: f64,
    r_m_gohm: f64,
    bias_pa: f64,
    form: FormSpec,
    fires: Option<Fires<'a>>,
}

struct Fires<'a> {
    threshold: std::borrow::Cow<'a, ThresholdSpec>,
    reset: Option<ResetSpec>,
    refractory_ms: f64,
    input: RefractoryInput,
    compare: Compare,
}

/// What a linear model is; another kind of neuron as it stands.
fn model(neuron: &NeuronSpec) -> std::result::Result<Model<'_>, &FixedPointCubaLif> {
    use std::borrow::Cow::{Borrowed, Owned};
    macro_rules! model {
        ($n:expr, $tau:expr, $rest:expr, $threshold:expr) => {
            Model {
                tau_m_ms: $tau,
                tau_syn_ms: DEFAULT_TAU_SYN_MS,
                v_rest_mv: $rest,
                r_m_gohm: $n.r_m_gohm,
                bias_pa: $n.bias_pa,
                form: $n.form,
                fires: Some(Fires {
                    threshold: $threshold,
                    reset: $n.reset.clone(),
                    refractory_ms: $n.refractory_ms,
                    input: $n.refractory_input,
                    compare: $n.compare,
                }),
            }
        };
    }
    Ok(match neuron {
        NeuronSpec::If(n) => model!(n, None, 0.0, Borrowed(&n.threshold)),
        NeuronSpec::Lif(n) => model!(n, Some(n.tau_m_ms), n.v_rest_mv, Borrowed(&n.threshold)),
        NeuronSpec::CubaLif(n) => Model {
            tau_syn_ms: n.tau_syn_ms.unwrap_or(DEFAULT_TAU_SYN_MS),
            ..model!(n, Some(n.tau_m_ms), n.v_rest_mv, Borrowed(&n.threshold))
        },
        NeuronSpec::Alif(n) => {
            let (v_th_mv, jump_mv, tau_ms) = (n.v_th_mv, n.jump_mv, n.tau_threshold_ms);
            model!(n, Some(n.tau_m_ms), n.v_rest_mv, Owned(ThresholdSpec::Adaptive { v_th_mv, jump_mv, tau_ms }))
        }
        NeuronSpec::I(n) => Model {
            tau_m_ms: None,
            tau_syn_ms: DEFAULT_TAU_SYN_MS,
            v_rest_mv: 0.0,
            r_m_gohm: n.r_m_gohm,
            bias_pa: n.bias_pa,
            form: n.form,
            fires: None,
        },
        NeuronSpec::Li(n) => Model {
            tau_m_ms: Some(n.tau_m_ms),
            tau_syn_ms: DEFAULT_TAU_SYN_MS,
            v_rest_mv: n.v_rest_mv,
            r_m_gohm: n.r_m_gohm,
            bias_pa: n.bias_pa,
            form: n.form,
            fires: None,
        },
        NeuronSpec::FixedPointCubaLif(neuron) => return Err(neuron),
    })
}

impl<'a> Compiler<'a> {
    pub(super) fn population(&mut self, n: usize) -> Checked<Population> {
        let spec = self.spec;
        let PopulationSpec { name, size, neuron, initial, each, .. } = &spec.populations[n];
        let place = format!("populations[{n}]");
        let model = match model(neuron) {
            Ok(model) => model,
            Err(neuron) => return self.fixed_point(n, neuron),
        };
        let made = self.neuron(n, &model)?;
        let threshold = match &model.fires {
            None => Threshold::Never,
            Some(fires) => {
                let at = |field: &str| format!("{place}.neuron.{field}");
                let adaptive_fields = match neuron {
                    NeuronSpec::Alif(_) => (at("v_th_mv"), at("jump_mv"), at("tau_threshold_ms")),
                    _ => (at("threshold.v_th_mv"), at("threshold.jump_mv"), at("threshold.tau_ms")),
                };
                self.threshold(&at("threshold"), &adaptive_fields, &fires.threshold, model.form, *size)?
            }
        };
        let each = each.as_ref().map(|each| self.each(n, &model, each, &threshold)).transpose()?;
        if each.is_none()
            && let (Some(fires), Reset::To(value), Threshold::Fixed(theta)) = (&model.fires, made.reset, &threshold)
        {
            let field = if fires.reset.is_some() { "reset.v_reset_mv" } else { "reset" };
            below_threshold(&format!("{place}.neuron.{field}"), value, *theta, made.strict)?;
        }
        let initial_mv = self.initial(n, initial, *size, model.v_rest_mv)?;
        let (each, arithmetic) = (each.map(std::sync::Arc::new), Arithmetic::Double);
        Ok(Population { name: name.clone(), size: *size, neuron: made, threshold, initial_mv, each, arithmetic })
    }

    /// The neuron of a model.
    fn neuron(&mut self, n: usize, model: &Model) -> Checked<Neuron> {
        let PopulationSpec { neuron, receptors, .. } = &self.spec.populations[n];
        let place = format!("populations[{n}]");
        let at = |field: &str| format!("{place}.neuron.{field}");
        if let Some(tau) = model.tau_m_ms {
            self.time_constant(&at("tau_m_ms"), tau, model.form)?;
        }
        finite(&at("v_rest_mv"), model.v_rest_mv)?;
        positive(&at("r_m_gohm"), model.r_m_gohm)?;
        finite(&at("bias_pa"), model.bias_pa)?;
        let form = match model.form {
            FormSpec::Exact => Form::Exact,
            FormSpec::Discrete { decay_input } => Form::Discrete { decay_input },
        };
        let leak = Leak {
            tau_ms: model.tau_m_ms,
            rest_mv: model.v_rest_mv,
            bias_mv: finite(&at("bias_pa"), model.bias_pa * model.r_m_gohm)?,
            dt_ms: self.dt_ms,
            form,
        };
        let (retention, steady, drive) = leak.coefficients();
        finite(&at("bias_pa"), steady + drive)?;
        let receptors = self.receptors(n, receptors, neuron, model, &leak)?;
        let (reset, refractory, keep_refractory_input, strict) = match &model.fires {
            None => (Reset::To(model.v_rest_mv), 0, false, false),
            Some(fires) => {
                let reset = match fires.reset {
                    None => Reset::To(model.v_rest_mv),
                    Some(ResetSpec::Soft) => Reset::Subtract,
                    Some(ResetSpec::Hard { v_reset_mv }) => Reset::To(finite(&at("reset.v_reset_mv"), v_reset_mv)?),
                };
                let refractory = self.ticks(&at("refractory_ms"), fires.refractory_ms)?;
                (reset, refractory, fires.input == RefractoryInput::Keep, fires.compare == Compare::Above)
            }
        };
        Ok(Neuron { retention, steady, drive, reset, refractory, keep_refractory_input, strict, receptors })
    }

    /// Each neuron of a population, where parameters differ.
    fn each(&mut self, n: usize, model: &Model, each: &EachSpec, threshold: &Threshold) -> Checked<Each> {
        let PopulationSpec { size, receptors, neuron, .. } = &self.spec.populations[n];
        let place = format!("populations[{n}].each");
        let at = |field: &str| format!("{place}.{field}");
        let fires = model.fires.as_ref();
        let own_receptors = matches!(neuron, NeuronSpec::CubaLif(_)) && receptors.is_empty();
        let constant = matches!(threshold, Threshold::Fixed(_) | Threshold::Adaptive { .. });
        // Each parameter, and why the model has none.
        let parameters = [
            ("tau_m_ms", &each.tau_m_ms, model.tau_m_ms.is_some(), "the model has no leak"),
            ("v_rest_mv", &each.v_rest_mv, model.tau_m_ms.is_some(), "the model has no leak"),
            ("tau_syn_ms", &each.tau_syn_ms, own_receptors, "the receptors have their own, or there is no current"),
            ("r_m_gohm", &each.r_m_gohm, true, ""),
            ("bias_pa", &each.bias_pa, true, ""),
            ("v_th_mv", &each.v_th_mv, constant, "the threshold is from a file, or the model never fires"),
            (
                "v_reset_mv",
                &each.v_reset_mv,
                fires.is_some_and(|fires| fires.reset != Some(ResetSpec::Soft)),
                "nothing is reset to a value",
            ),
            ("refractory_ms", &each.refractory_ms, fires.is_some(), "the model never fires"),
        ];
        let mut values: [Option<Vec<f64>>; 8] = Default::default();
        for (found, (field, spec, exists, why)) in values.iter_mut().zip(parameters) {
            let Some(spec) = spec else { continue };
            if !exists {
                return Err(Problem::new(at(field), format!("is no parameter here: {why}")));
            }
            *found = Some(self.each_value(n, field, spec)?);
        }
        self.charge(&place, u64::from(*size).saturating_mul(BYTES_PER_NEURON_OF_ITS_OWN))?;
        let [tau_m, v_rest, tau_syn, r_m, bias, v_th, v_reset, refractory] = values;
        let of = |values: &Option<Vec<f64>>, j: usize, alike: f64| values.as_ref().map_or(alike, |values| values[j]);
        let mut neurons = Vec::with_capacity(*size as usize);
        for j in 0..*size as usize {
            let own = Model {
                tau_m_ms: model.tau_m_ms.map(|tau| of(&tau_m, j, tau)),
                tau_syn_ms: of(&tau_syn, j, model.tau_syn_ms),
                v_rest_mv: of(&v_rest, j, model.v_rest_mv),
                r_m_gohm: of(&r_m, j, model.r_m_gohm),
                bias_pa: of(&bias, j, model.bias_pa),
                form: model.form,
                fires: fires.map(|fires| Fires {
                    threshold: fires.threshold.clone(),
                    reset: match &v_reset {
                        Some(values) => Some(ResetSpec::Hard { v_reset_mv: values[j] }),
                        None => fires.reset.clone(),
                    },
                    refractory_ms: of(&refractory, j, fires.refractory_ms),
                    ..*fires
                }),
            };
            let made = self.neuron(n, &own).map_err(|problem| {
                let field = problem.field.rsplit('.').next().unwrap_or_default().to_owned();
                Problem::new(at(&field), format!("of neuron {j}: {}", problem.message))
            })?;
            let theta = match threshold {
                Threshold::Fixed(theta) => Some(of(&v_th, j, *theta)),
                _ => None,
            };
            if let (Reset::To(value), Some(theta), Some(_)) = (made.reset, theta, fires) {
                let field = at(if v_th.is_some() { "v_th_mv" } else { "v_reset_mv" });
                below_threshold(&field, value, theta, made.strict)?;
            }
            neurons.push(made);
        }
        for value in v_th.iter().flatten() {
            finite(&at("v_th_mv"), *value)?;
        }
        Ok(Each { neurons, thresholds: v_th.unwrap_or_default() })
    }

    /// A parameter of each neuron.
    fn each_value(&mut self, n: usize, field: &str, values: &EachValues) -> Checked<Vec<f64>> {
        let PopulationSpec { name, size, .. } = &self.spec.populations[n];
        let place = format!("populations[{n}].each.{field}");
        let count = u64::from(*size);
        self.charge(&place, 8 * count)?;
        let drawn = match values {
            EachValues::Values(values) if values.len() as u64 == count => return Ok(values.clone()),
            EachValues::Values(values) => {
                return Err(Problem::new(place, format!("{} values: expected {size}, one per neuron", values.len())));
            }
            EachValues::File(file) => return self.list(&place, file, *size as usize, "one value per neuron"),
            &EachValues::Uniform(Uniform { low, high, seed, first }) => {
                Weights::Uniform { low, high, seed: self.derived_seed(seed, name, field), first }
            }
            &EachValues::Normal(Normal { mean, sd, seed, first }) => {
                Weights::Normal { mean, sd, seed: self.derived_seed(seed, name, field), first }
            }
        };
        check_numbers(&place, &drawn, count)?;
        Ok((0..count).map(|j| drawn.at(j)).collect())
    }

    fn receptors(
        &self,
        n: usize,
        receptors: &[ReceptorSpec],
        neuron: &NeuronSpec,
        model: &Model<'_>,
        leak: &Leak,
    ) -> Checked<Vec<Receptor>> {
        let place = format!("populations[{n}]");
        let r = model.r_m_gohm;
        let tau_syn = match neuron {
            NeuronSpec::CubaLif(n) => Some(n.tau_syn_ms),
            _ => None,
        };
        if receptors.is_empty() {
            let field = format!("{place}.neuron.tau_syn_ms");
            let receptor = match tau_syn {
                None => leak.delta(),
                Some(_) => leak.exponential(self.time_constant(&field, model.tau_syn_ms, model.form)?, r),
            };
            check_receptor(&field, &receptor)?;
            return Ok(vec![receptor]);
        }
        if tau_syn.flatten().is_some() {
            let message = "the population names its receptors: expected time constants there and none here";
            return Err(Problem::new(format!("{place}.neuron.tau_syn_ms"), message));
        }
        let mut names = HashSet::new();
        let mut list = Vec::with_capacity(receptors.len());
        for (k, receptor) in receptors.iter().enumerate() {
            let at = |field: &str| format!("{place}.receptors[{k}].{field}");
            check_name(&at("name"), receptor.name())?;
            if !names.insert(receptor.name()) {
                return Err(Problem::new(at("name"), format!("{} stands there twice", shown(receptor.name()))));
            }
            let made = match receptor {
                ReceptorSpec::Delta { .. } => leak.delta(),
                ReceptorSpec::Exponential { tau_ms, .. } => {
                    leak.exponential(self.time_constant(&at("tau_ms"), *tau_ms, model.form)?, r)
                }
                ReceptorSpec::Alpha { tau_ms, .. } => {
                    if model.form != FormSpec::Exact {
                        let message =
                            "an alpha receptor: expected `form: Exact` of its neuron, it has no discrete form";
                        return Err(Problem::new(format!("{place}.receptors[{k}]"), message));
                    }
                    leak.alpha(positive(&at("tau_ms"), *tau_ms)?, r)
                }
            };
            check_receptor(&at("tau_ms"), &made)?;
            list.push(made);
        }
        Ok(list)
    }

    fn threshold(
        &mut self,
        place: &str,
        adaptive: &(String, String, String),
        threshold: &ThresholdSpec,
        form: FormSpec,
        size: u32,
    ) -> Checked<Threshold> {
        match threshold {
            ThresholdSpec::Fixed { v_th_mv } => Ok(Threshold::Fixed(finite(&format!("{place}.v_th_mv"), *v_th_mv)?)),
            ThresholdSpec::Adaptive { v_th_mv, jump_mv, tau_ms } => {
                let tau = self.time_constant(&adaptive.2, *tau_ms, form)?;
                let retention = match form {
                    FormSpec::Exact => (-self.dt_ms / tau).exp(),
                    FormSpec::Discrete { .. } => 1.0 - self.dt_ms / tau,
                };
                Ok(Threshold::Adaptive {
                    base: finite(&adaptive.0, *v_th_mv)?,
                    jump: finite(&adaptive.1, *jump_mv)?,
                    retention,
                })
            }
            ThresholdSpec::Cue { file } => {
                let field = format!("{place}.file");
                let Array { shape, values } = self.array(&field, file)?;
                let width = shape.get(1).copied().unwrap_or(1);
                if width != 1 && width != size as usize {
                    let problem =
                        format!("{}: shape {shape:?}: expected [ticks], [ticks, 1] or [ticks, {size}]", title(file));
                    return Err(Problem::new(field, problem));
                }
                Ok(Threshold::Cue { values: values.into(), width })
            }
        }
    }

    pub(super) fn initial(
        &mut self,
        n: usize,
        initial: &Option<InitialSpec>,
        size: u32,
        rest_mv: f64,
    ) -> Checked<Vec<f64>> {
        let at = |field: &str| format!("populations[{n}].initial.{field}");
        match initial {
            None => Ok(vec![rest_mv]),
            Some(InitialSpec::Constant { v_mv }) => Ok(vec![finite(&at("v_mv"), *v_mv)?]),
            Some(InitialSpec::Uniform { low_mv, high_mv, seed }) => {
                let (low, high) = (finite(&at("low_mv"), *low_mv)?, finite(&at("high_mv"), *high_mv)?);
                let width = finite(&at("high_mv"), high - low)?;
                if width < 0.0 {
                    return Err(Problem::new(at("high_mv"), format!("{high}: expected at least low_mv, {low}")));
                }
                let seed = self.derived_seed(*seed, &self.spec.populations[n].name, "initial");
                Ok((0..u64::from(size)).map(|j| low + width * unit(seed, j)).collect())
            }
            Some(InitialSpec::File { file }) => self.list(&at("file"), file, size as usize, "one value per neuron"),
        }
    }
}

/// Refuses a reset that would fire again at once.
fn below_threshold(field: &str, value: f64, theta: f64, strict: bool) -> Checked<()> {
    match value < theta || (strict && value == theta) {
        true => Ok(()),
        false => {
            let message = format!("{value}: expected a membrane below the threshold, {theta} mV");
            Err(Problem::new(field, message))
        }
    }
}
