//! Populations: the neuron models of a file as the one linear neuron that is run, with receptors,
//! thresholds and initial states.

use super::compiler::Compiler;
use crate::base::counter::unit;
use crate::network::check::check_receptor;
use crate::network::input::Array;
use crate::network::name::check_name;
use crate::network::numbers::{finite, positive};
use crate::network::population::{Population, Threshold};
use crate::network::problem::{Checked, Problem, shown};
use crate::network::spec::*;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::linear::{Form, Leak, Neuron, Receptor};
use std::collections::HashSet;

/// What all firing models have in common; the names of its fields are those of the file.
struct Model<'a> {
    tau_m_ms: Option<f64>,
    v_rest_mv: f64,
    r_m_gohm: f64,
    bias_pa: f64,
    form: FormSpec,
    fires: Option<Fires<'a>>,
}

struct Fires<'a> {
    threshold: std::borrow::Cow<'a, ThresholdSpec>,
    reset: &'a Option<ResetSpec>,
    refractory_ms: f64,
    input: RefractoryInput,
    compare: Compare,
}

fn model(neuron: &NeuronSpec) -> Model<'_> {
    use std::borrow::Cow::{Borrowed, Owned};
    macro_rules! model {
        ($n:expr, $tau:expr, $rest:expr, $threshold:expr) => {
            Model {
                tau_m_ms: $tau,
                v_rest_mv: $rest,
                r_m_gohm: $n.r_m_gohm,
                bias_pa: $n.bias_pa,
                form: $n.form,
                fires: Some(Fires {
                    threshold: $threshold,
                    reset: &$n.reset,
                    refractory_ms: $n.refractory_ms,
                    input: $n.refractory_input,
                    compare: $n.compare,
                }),
            }
        };
    }
    match neuron {
        NeuronSpec::If(n) => model!(n, None, 0.0, Borrowed(&n.threshold)),
        NeuronSpec::Lif(n) => model!(n, Some(n.tau_m_ms), n.v_rest_mv, Borrowed(&n.threshold)),
        NeuronSpec::CubaLif(n) => model!(n, Some(n.tau_m_ms), n.v_rest_mv, Borrowed(&n.threshold)),
        NeuronSpec::Alif(n) => {
            let (v_th_mv, jump_mv, tau_ms) = (n.v_th_mv, n.jump_mv, n.tau_threshold_ms);
            model!(n, Some(n.tau_m_ms), n.v_rest_mv, Owned(ThresholdSpec::Adaptive { v_th_mv, jump_mv, tau_ms }))
        }
        NeuronSpec::I(n) => Model {
            tau_m_ms: None,
            v_rest_mv: 0.0,
            r_m_gohm: n.r_m_gohm,
            bias_pa: n.bias_pa,
            form: n.form,
            fires: None,
        },
        NeuronSpec::Li(n) => Model {
            tau_m_ms: Some(n.tau_m_ms),
            v_rest_mv: n.v_rest_mv,
            r_m_gohm: n.r_m_gohm,
            bias_pa: n.bias_pa,
            form: n.form,
            fires: None,
        },
    }
}

impl<'a> Compiler<'a> {
    pub(super) fn population(&mut self, n: usize) -> Checked<Population> {
        let PopulationSpec { name, size, neuron, receptors, initial } = &self.spec.populations[n];
        let place = format!("populations[{n}]");
        let model = model(neuron);
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
        let receptors = self.receptors(n, receptors, neuron, &model, &leak)?;
        let (threshold, reset, refractory, keep, strict) = match &model.fires {
            None => (Threshold::Never, Reset::To(model.v_rest_mv), 0, false, false),
            Some(fires) => {
                let adaptive_fields = match neuron {
                    NeuronSpec::Alif(_) => (at("v_th_mv"), at("jump_mv"), at("tau_threshold_ms")),
                    _ => (at("threshold.v_th_mv"), at("threshold.jump_mv"), at("threshold.tau_ms")),
                };
                let threshold =
                    self.threshold(&at("threshold"), &adaptive_fields, &fires.threshold, model.form, *size)?;
                let reset = match fires.reset {
                    None => Reset::To(model.v_rest_mv),
                    Some(ResetSpec::Soft) => Reset::Subtract,
                    Some(ResetSpec::Hard { v_reset_mv }) => Reset::To(finite(&at("reset.v_reset_mv"), *v_reset_mv)?),
                };
                if let (Reset::To(value), Threshold::Fixed(theta)) = (reset, &threshold)
                    && value >= *theta
                {
                    let field = if fires.reset.is_some() { at("reset.v_reset_mv") } else { at("reset") };
                    let message = format!("{value}: expected a membrane below the threshold, {theta} mV");
                    return Err(Problem::new(field, message));
                }
                let refractory = self.ticks(&at("refractory_ms"), fires.refractory_ms)?;
                let keep = fires.input == RefractoryInput::Keep;
                (threshold, reset, refractory, keep, fires.compare == Compare::Above)
            }
        };
        let initial_mv = self.initial(n, initial, *size, model.v_rest_mv)?;
        let neuron =
            Neuron { retention, steady, drive, reset, refractory, keep_refractory_input: keep, strict, receptors };
        Ok(Population { name: name.clone(), size: *size, neuron, threshold, initial_mv })
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
                Some(tau) => {
                    leak.exponential(self.time_constant(&field, tau.unwrap_or(DEFAULT_TAU_SYN_MS), model.form)?, r)
                }
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
                    let problem = format!(
                        "{}: shape {shape:?}: expected [ticks], [ticks, 1] or [ticks, {size}]",
                        shown(&file.to_string_lossy())
                    );
                    return Err(Problem::new(field, problem));
                }
                Ok(Threshold::Cue { values: values.into(), width })
            }
        }
    }

    fn initial(&mut self, n: usize, initial: &Option<InitialSpec>, size: u32, rest_mv: f64) -> Checked<Vec<f64>> {
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
