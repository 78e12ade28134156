//! Leaky integrate-and-fire over all time steps of a clip, with back-propagation through time.
//!
//! One operator instead of thirty per step: the forward pass is bound by memory (read the current,
//! write the spike: 8 bytes a neuron-step), the backward pass likewise (read current and gradient,
//! write the current's gradient).

use crate::hybrid::config::{ModelConfig, ResetMode, Surrogate};
use crate::hybrid::tensor::{Filed, Graph, Real, Var, simd, sum_by};
use rayon::prelude::*;

/// Bounds of the firing rate in the entropy, where its derivative is still finite.
const RATE_FLOOR: f64 = 1e-4;

/// The neurons' constants; see [`ModelConfig`].
#[derive(Clone, Copy)]
pub struct Lif<R> {
    steps: usize,
    leak: R,
    theta_0: R,
    theta_min: R,
    theta_max: R,
    trace_decay: R,
    soft_reset: bool,
    surrogate: Surrogate,
    slope: R,
    /// Emit the surrogate's primitive instead of a step, so that finite differences see what the
    /// gradient claims.
    smooth: bool,
}

/// What moves the thresholds:
/// `theta_i[t+1] = 0.5 theta_i[t] + 0.5 clamp(target)`,
/// `target = theta_0 + c_s cue_i + c_h H[t] + c_g g[t] + c_r trace_i[t]`.
pub struct Cues<'a, R: Real> {
    /// `[clips, neurons]`
    pub semantic: &'a Var<R>,
    /// Mean pooled gate g, `[clips, steps]`
    pub pooling: &'a Var<R>,
    /// `[1, 4]`: c_s, c_h, c_g, c_r
    pub gains: &'a Var<R>,
}

/// [`Cues`] of one clip.
#[derive(Clone, Copy)]
struct ClipCues<'a, R> {
    semantic: &'a [R],
    pooling: &'a [R],
    gains: [R; 4],
}

impl<'a, R: Real> Cues<'a, R> {
    fn of_clip(&self, clip: usize) -> ClipCues<'a, R> {
        let gains = [0, 1, 2, 3].map(|i| self.gains.values()[i]);
        ClipCues { semantic: self.semantic.row(clip), pooling: self.pooling.row(clip), gains }
    }
}

/// What happens in one clip, `[steps, neurons]` unless said. It stays in a core's caches and is
/// computed once more by the backward pass: that is cheaper than to keep it for all clips.
struct States<R> {
    spikes: Vec<R>,
    /// h, the membranes before the reset.
    charged: Vec<R>,
    /// Thresholds of each step, and of the one after the last.
    thresholds: Vec<R>,
    /// Spike traces: zeros before the first step, then those of each step; with cues only.
    traces: Vec<R>,
    /// Membranes between steps, `[neurons]`.
    u: Vec<R>,
    /// `theta_0 + c_s cue [neurons]`
    base: Vec<R>,
}

impl<R: Real> States<R> {
    fn new(steps: usize, n: usize) -> Self {
        let zeros = |len| vec![R::ZERO; len];
        let [spikes, charged] = [(); 2].map(|()| zeros(steps * n));
        let [thresholds, traces] = [(); 2].map(|()| zeros((steps + 1) * n));
        States { spikes, charged, thresholds, traces, u: zeros(n), base: zeros(n) }
    }
}

impl<R: Real> Lif<R> {
    /// The constants of `config`.
    pub fn new(config: &ModelConfig) -> Self {
        Lif {
            steps: config.time_steps,
            leak: R::of(1.0 / config.tau),
            theta_0: R::of(config.theta_0),
            theta_min: R::of(config.theta_min),
            theta_max: R::of(config.theta_max),
            trace_decay: R::of(config.trace_decay),
            soft_reset: config.reset == ResetMode::Soft,
            surrogate: config.surrogate,
            slope: R::of(config.surrogate_slope),
            smooth: false,
        }
    }

    #[inline(always)]
    fn spike(&self, over: R) -> R {
        if self.smooth {
            match self.surrogate {
                Surrogate::Sigmoid => (self.slope * over).sigmoid(),
                Surrogate::Arctan => {
                    let x = std::f64::consts::FRAC_PI_2 * (self.slope * over).f64();
                    R::of(x.atan() / std::f64::consts::PI + 0.5)
                }
            }
        } else if over >= R::ZERO {
            R::ONE
        } else {
            R::ZERO
        }
    }

    #[inline(always)]
    fn surrogate(&self, over: R) -> R {
        match self.surrogate {
            Surrogate::Sigmoid => {
                let s = (self.slope * over).sigmoid();
                self.slope * s * (R::ONE - s)
            }
            Surrogate::Arctan => {
                let x = R::of(std::f64::consts::FRAC_PI_2) * self.slope * over;
                self.slope / (R::of(2.0) * (R::ONE + x * x))
            }
        }
    }

    /// Entropy in bits of a layer whose neurons fire with `rate`, and its derivative.
    fn entropy(rate: R) -> (R, R) {
        let p = rate.f64().clamp(RATE_FLOOR, 1.0 - RATE_FLOOR);
        let entropy = -(p * p.log2() + (1.0 - p) * (1.0 - p).log2());
        let slope = if p == rate.f64() { ((1.0 - p) / p).log2() } else { 0.0 };
        (R::of(entropy), R::of(slope))
    }

    /// Runs the neurons. `current` is `[clips * steps, neurons]`, clip after clip, or
    /// `[clips, neurons]` when it is the same at every step; the spikes are
    /// `[clips * steps, neurons]`. Without `cues` the thresholds stay at theta_0.
    ///
    /// `h[t] = u[t-1] + (I[t] - u[t-1]) / tau`, `s = 1[h >= theta]`, `u = h (1 - s)` or
    /// `h - theta s` (equations 5 and 9 of the paper; `docs/model.md`, 2.3 and 2.4).
    pub fn run(&self, graph: &Graph<R>, current: &Var<R>, clips: usize, cues: Option<Cues<'_, R>>) -> Var<R> {
        let (lif, steps, n) = (*self, self.steps, current.cols());
        let repeated = current.rows() == clips;
        assert!(repeated || current.rows() == clips * steps, "{} rows of current", current.rows());
        let clip_rows = if repeated { n } else { steps * n };
        let mut spikes = graph.buffer(clips * steps * n);
        let parts = spikes.par_chunks_mut(steps * n).zip(current.values().par_chunks(clip_rows)).enumerate();
        parts.for_each_init(
            || States::new(steps, n),
            |states, (clip, (spikes, current))| {
                lif.forward(current, cues.as_ref().map(|cues| cues.of_clip(clip)), states);
                spikes.copy_from_slice(&states.spikes);
            },
        );
        let saved = (current.clone(), cues.as_ref().map(|c| [c.semantic, c.pooling, c.gains].map(Var::clone)));
        let mut inputs = vec![current];
        if let Some(cues) = &cues {
            inputs.extend([cues.semantic, cues.pooling, cues.gains]);
        }
        graph.record(Filed::training_only(), clips * steps, n, spikes, &inputs, move |gradient, gradients| {
            let (current, cues) = &saved;
            let cues = cues.as_ref().map(|[semantic, pooling, gains]| Cues { semantic, pooling, gains });
            let mut d_current = gradients.zeros(current.values().len());
            let parts = d_current.par_chunks_mut(clip_rows).zip(current.values().par_chunks(clip_rows));
            let per_clip: Vec<(Vec<R>, Vec<R>, [R; 4])> = parts
                .zip(gradient.par_chunks(steps * n))
                .enumerate()
                .map_init(
                    || States::new(steps, n),
                    |states, (clip, ((d_current, current), gradient))| {
                        let cues = cues.as_ref().map(|cues| cues.of_clip(clip));
                        lif.forward(current, cues, states);
                        lif.backward(states, cues, gradient, d_current)
                    },
                )
                .collect();
            if current.needs_gradient() {
                gradients.add(current, d_current);
            }
            if let Some(Cues { semantic, pooling, gains }) = cues {
                gradients.add_with(semantic, |d| {
                    d.chunks_exact_mut(n).zip(&per_clip).for_each(|(d, clip)| d.copy_from_slice(&clip.0));
                });
                gradients.add_with(pooling, |d| {
                    d.chunks_exact_mut(steps).zip(&per_clip).for_each(|(d, clip)| d.copy_from_slice(&clip.1));
                });
                gradients.add_with(gains, |d| {
                    for i in 0..4 {
                        d[i] = per_clip.iter().fold(R::ZERO, |sum, clip| sum + clip.2[i]);
                    }
                });
            }
        })
    }

    /// One clip: from its current, `[steps, neurons]` or `[neurons]`, to its `states`.
    fn forward(&self, current: &[R], cues: Option<ClipCues<'_, R>>, states: &mut States<R>) {
        let (lif, n) = (self, states.u.len());
        let States { spikes, charged, thresholds, traces, u, base } = states;
        u.fill(R::ZERO);
        thresholds.fill(lif.theta_0);
        if let Some(cues) = &cues {
            for (base, &cue) in base.iter_mut().zip(cues.semantic) {
                *base = lif.theta_0 + cues.gains[0] * cue;
            }
        }
        for t in 0..lif.steps {
            let at = t * n..(t + 1) * n;
            let current = if current.len() == n { current } else { &current[at.clone()] };
            let (theta, later) = thresholds[t * n..].split_at_mut(n);
            let (s, h) = (&mut spikes[at.clone()], &mut charged[at.clone()]);
            simd(
                #[inline(always)]
                || {
                    let (s, h, u) = (&mut s[..n], &mut h[..n], &mut u[..n]);
                    let (theta, current) = (&theta[..n], &current[..n]);
                    for i in 0..n {
                        h[i] = u[i] + (current[i] - u[i]) * lif.leak;
                        s[i] = lif.spike(h[i] - theta[i]);
                        u[i] = if lif.soft_reset { h[i] - theta[i] * s[i] } else { h[i] * (R::ONE - s[i]) };
                    }
                },
            );
            let Some(cues) = &cues else { continue };
            let (before, trace) = traces[t * n..].split_at_mut(n);
            simd(
                #[inline(always)]
                || {
                    let (trace, before, s) = (&mut trace[..n], &before[..n], &s[..n]);
                    for i in 0..n {
                        trace[i] = lif.trace_decay * before[i] + s[i];
                    }
                },
            );
            let rate = sum_by(
                s,
                #[inline(always)]
                |s| s,
            ) / R::of(n as f64);
            let common = cues.gains[1] * Self::entropy(rate).0 + cues.gains[2] * cues.pooling[t];
            let half = R::of(0.5);
            simd(
                #[inline(always)]
                || {
                    let (later, theta) = (&mut later[..n], &theta[..n]);
                    let (trace, base) = (&trace[..n], &base[..n]);
                    for i in 0..n {
                        let target = base[i] + common + cues.gains[3] * trace[i];
                        later[i] = half * theta[i] + half * target.larger(lif.theta_min).smaller(lif.theta_max);
                    }
                },
            );
        }
    }

    /// The reverse of [`forward`](Self::forward): gradients of the current (added to `d_current`),
    /// the semantic cue, the pooling and the gains.
    fn backward(
        &self,
        states: &States<R>,
        cues: Option<ClipCues<'_, R>>,
        gradient: &[R],
        d_current: &mut [R],
    ) -> (Vec<R>, Vec<R>, [R; 4]) {
        let (lif, n, steps) = (self, states.u.len(), self.steps);
        let zeros = || vec![R::ZERO; n];
        // Gradients of u[t], theta[t+1] and trace[t] as seen from later steps.
        let (mut gu, mut gtheta, mut gtrace) = (zeros(), zeros(), zeros());
        let mut d_semantic = if cues.is_some() { zeros() } else { Vec::new() };
        let mut d_pooling = vec![R::ZERO; if cues.is_some() { steps } else { 0 }];
        let mut d_gains = [R::ZERO; 4];
        let half = R::of(0.5);
        let count = R::of(n as f64);
        let mut gpre = zeros();
        for t in (0..steps).rev() {
            let at = t * n..(t + 1) * n;
            let [s, h, theta, g] =
                [&states.spikes, &states.charged, &states.thresholds, gradient].map(|rows| &rows[at.clone()]);
            let mut shared = R::ZERO; // gradient that each spike gets through the layer's rate
            if let Some(cues) = &cues {
                let gains = cues.gains;
                let (entropy, slope) = Lif::entropy(
                    sum_by(
                        s,
                        #[inline(always)]
                        |s| s,
                    ) / count,
                );
                let common = gains[1] * entropy + gains[2] * cues.pooling[t];
                let trace = &states.traces[(t + 1) * n..][..n];
                simd(
                    #[inline(always)]
                    || {
                        let (gpre, d_semantic, gtrace) = (&mut gpre[..n], &mut d_semantic[..n], &mut gtrace[..n]);
                        let (gtheta, semantic, trace) = (&gtheta[..n], &cues.semantic[..n], &trace[..n]);
                        for i in 0..n {
                            let target = lif.theta_0 + gains[0] * semantic[i] + common + gains[3] * trace[i];
                            let open = target > lif.theta_min && target < lif.theta_max;
                            gpre[i] = if open { half * gtheta[i] } else { R::ZERO };
                            d_semantic[i] += gains[0] * gpre[i];
                            gtrace[i] += gains[3] * gpre[i];
                        }
                    },
                );
                let total = sum_by(
                    &gpre,
                    #[inline(always)]
                    |s| s,
                );
                d_gains[0] += crate::hybrid::tensor::dot(&gpre, cues.semantic);
                d_gains[1] += entropy * total;
                d_gains[2] += cues.pooling[t] * total;
                d_gains[3] += crate::hybrid::tensor::dot(&gpre, trace);
                d_pooling[t] = gains[2] * total;
                shared = gains[1] * total * slope / count;
            }
            let d_current = if d_current.len() == n { &mut *d_current } else { &mut d_current[at] };
            simd(
                #[inline(always)]
                || {
                    let (d_current, gu, gtheta) = (&mut d_current[..n], &mut gu[..n], &mut gtheta[..n]);
                    let (gtrace, s, h, g, theta) = (&mut gtrace[..n], &s[..n], &h[..n], &g[..n], &theta[..n]);
                    for i in 0..n {
                        let through_reset = if lif.soft_reset { -theta[i] * gu[i] } else { -h[i] * gu[i] };
                        let gs = g[i] + gtrace[i] + shared + through_reset;
                        let gover = gs * lif.surrogate(h[i] - theta[i]);
                        let (gh, gtheta_soft) =
                            if lif.soft_reset { (gu[i], -s[i] * gu[i]) } else { (gu[i] * (R::ONE - s[i]), R::ZERO) };
                        let gh = gh + gover;
                        gtheta[i] = half * gtheta[i] - gover + gtheta_soft;
                        gtrace[i] = lif.trace_decay * gtrace[i];
                        d_current[i] += lif.leak * gh;
                        gu[i] = (R::ONE - lif.leak) * gh;
                    }
                },
            );
        }
        (d_semantic, d_pooling, d_gains)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hybrid::tensor::check::{check_gradients, random};

    fn config(reset: ResetMode, surrogate: Surrogate) -> ModelConfig {
        ModelConfig { time_steps: 5, reset, surrogate, theta_0: 1.0, theta_max: 1.6, ..ModelConfig::default() }
    }

    /// The smooth twin (surrogate's primitive as spike) has the gradient that the operator claims,
    /// through reset, trace, rate, entropy and clamp.
    #[test]
    fn gradients_match_finite_differences() {
        for reset in [ResetMode::Hard, ResetMode::Soft] {
            for surrogate in [Surrogate::Sigmoid, Surrogate::Arctan] {
                for rows in [3, 15] {
                    let lif = Lif { smooth: true, ..Lif::new(&config(reset, surrogate)) };
                    let inputs =
                        [random(rows, 4, 1.5, 1), random(3, 4, 1.0, 2), random(3, 5, 0.5, 3), random(1, 4, 0.4, 4)];
                    check_gradients(&inputs, |graph, vars| {
                        let cues = Cues { semantic: &vars[1], pooling: &vars[2], gains: &vars[3] };
                        lif.run(graph, &vars[0], 3, Some(cues))
                    });
                    check_gradients(&inputs[..1], |graph, vars| lif.run(graph, &vars[0], 3, None));
                }
            }
        }
    }

    /// Constant current I above threshold, hard reset: h after k steps from 0 is I (1 - (1 -
    /// 1/tau)^k), so the interval is the first k with that at or above theta.
    #[test]
    fn interspike_interval_under_constant_current_has_its_closed_form() {
        let config = ModelConfig {
            time_steps: 64,
            tau: 5.0,
            threshold: crate::hybrid::config::ThresholdMode::Fixed,
            ..config(ResetMode::Hard, Surrogate::Sigmoid)
        };
        let current = 1.3;
        let expected = (1..).find(|&k| current * (1.0 - 0.8_f64.powi(k)) >= 1.0).unwrap() as usize;
        let graph = Graph::<f64>::inference();
        let input = graph.constant(1, 1, graph.copied(&[current]));
        let spikes = Lif::new(&config).run(&graph, &input, 1, None);
        let times: Vec<usize> = (0..64).filter(|&t| spikes.values()[t] == 1.0).collect();
        assert!(times.len() > 5);
        assert_eq!(times[0] + 1, expected);
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == expected));
    }

    /// A threshold that only its trace drives settles at theta_0 + c_r / (1 - rho) when the neuron
    /// fires at every step.
    #[test]
    fn threshold_settles_where_its_equation_says() {
        let config = ModelConfig { time_steps: 40, ..config(ResetMode::Hard, Surrogate::Sigmoid) };
        let graph = Graph::<f64>::inference();
        let value = |v: &[f64], rows| graph.constant(rows, v.len() / rows, graph.copied(v));
        // The current grows to just below and just above the expected threshold / leak: never and
        // always spiking.
        let theta = 1.0 + 0.2 / (1.0 - 0.5);
        for (current, spikes_at_end) in [(2.0 * theta - 1e-6, 0.0), (2.0 * theta + 1e-6, 1.0)] {
            let mut currents = vec![100.0; 40];
            currents[39] = current;
            let (semantic, pooling, gains) = (value(&[0.0], 1), value(&[0.0; 40], 1), value(&[0.0, 0.0, 0.0, 0.2], 1));
            let cues = Cues { semantic: &semantic, pooling: &pooling, gains: &gains };
            let spikes = Lif::new(&config).run(&graph, &value(&currents, 40), 1, Some(cues));
            assert_eq!(spikes.values()[39], spikes_at_end);
        }
    }
}
