//! The neurons of the general simulator: linear between spikes.
//!
//! Per tick, for membrane V, its steady state V_inf and each receptor's current g (and rise d of
//! alpha currents), in this order:
//! ```text
//! V - V_inf <- e (V - V_inf) + sum over receptors (a g + h d)     unless refractory: then V stays at the reset value
//! g <- p g + q d,   d <- p d
//! arrivals of the tick:   delta        V += w gain
//!                         exponential  g += w gain, V += w gain_now
//!                         alpha        d += w gain
//! V >= theta (or > if strict): a spike; V <- reset value, or V - theta; refractory for the next `refractory` ticks
//! ```
//! A membrane is kept as its deviation V - V_inf and compared with theta - V_inf: one that comes
//! towards V_inf from below never gets past it by rounding, so it never fires at a threshold that
//! it only approaches.
//!
//! Without leak (e = 1) there is no V_inf. V is then U + n b, where b is what a constant bias adds
//! in a tick, n the number of ticks since the last reset (or the beginning) and U everything else:
//! n equal steps are one product, rounded once, not n rounded sums.
//!
//! IF, LIF, LI, CubaLIF and ALIF in their exact and discrete forms differ in the coefficients only;
//! [`Neuron`]'s constructors give them. The map of one tick is linear, so k idle ticks are one
//! linear map too: the simulator looks it up ([`crate::simulator`]) and touches a neuron only when
//! something arrives.
//!
//! # Example
//! A membrane 5 mV above rest has lost all but 1/e of that after its time constant:
//! ```
//! use spikefuse::spiking::neuron::linear::{Form, Leak};
//!
//! let leak =
//!     Leak { tau_ms: Some(10.0), rest_mv: -65.0, bias_mv: 0.0, dt_ms: 0.1, form: Form::Exact };
//! let (retention, steady, _) = leak.coefficients();
//! let after_10_ms = steady + 5.0 * retention.powi(100);
//! assert!((after_10_ms + 65.0 - 5.0 * (-1.0_f64).exp()).abs() < 1e-9);
//! ```

use super::reset::Reset;

/// How time constants become factors of one tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The solution of the differential equation over one tick: exp(-dt / tau).
    Exact,
    /// Forward Euler: 1 - dt / tau. With `decay_input` arrivals are multiplied by dt / tau as well.
    Discrete {
        /// Whether arrivals are multiplied by dt / tau.
        decay_input: bool,
    },
}

/// What arrivals do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Receptor {
    /// The membrane jumps by `gain` times the weight.
    Delta {
        /// mV per unit of weight.
        gain: f64,
    },
    /// A current that jumps and decays.
    Exponential {
        /// p, what a tick leaves of the current.
        retention: f64,
        /// a, mV that a current of 1 adds to the membrane in the next tick.
        into_membrane: f64,
        /// Unit of current per unit of weight.
        gain: f64,
        /// mV per unit of weight that reach the membrane in the tick of arrival.
        gain_now: f64,
    },
    /// A current in the form of an alpha function, with its rise as a second state.
    Alpha {
        /// p, what a tick leaves of current and rise.
        retention: f64,
        /// q, current that a rise of 1 becomes in a tick.
        rise: f64,
        /// a, mV that a current of 1 adds to the membrane in the next tick.
        into_membrane: f64,
        /// h, mV that a rise of 1 adds to the membrane in the next tick.
        rise_into_membrane: f64,
        /// Rise per unit of weight: the current peaks at the weight.
        gain: f64,
    },
}

/// A model with all its coefficients.
#[derive(Debug, Clone, PartialEq)]
pub struct Neuron {
    /// e, what a tick leaves of the membrane.
    pub retention: f64,
    /// V_inf, mV: where the membrane comes to rest without input. 0 without leak.
    pub steady: f64,
    /// b, mV that the bias of a neuron without leak adds in a tick; 0 with leak.
    pub drive: f64,
    /// What a spike does to the membrane.
    pub reset: Reset<f64>,
    /// Ticks after the tick of a spike in which the membrane stays at the reset value.
    pub refractory: u32,
    /// Whether delta arrivals in refractory ticks are kept, discounted as the membrane would have
    /// done, and added at the end; otherwise they are dropped. Currents go on in either case.
    pub keep_refractory_input: bool,
    /// Whether the neuron fires only above the threshold, not at it.
    pub strict: bool,
    /// What arrivals do, by projection.
    pub receptors: Vec<Receptor>,
}

impl Neuron {
    /// Whether something that arrives can change the membrane in its tick; else it does so from the
    /// next one on.
    pub fn is_immediate(&self) -> bool {
        self.receptors.iter().any(|receptor| match receptor {
            Receptor::Delta { .. } => true,
            Receptor::Exponential { gain_now, .. } => *gain_now != 0.0,
            Receptor::Alpha { .. } => false,
        })
    }

    /// Receptors that are currents.
    pub fn currents(&self) -> usize {
        self.receptors.iter().filter(|receptor| !matches!(receptor, Receptor::Delta { .. })).count()
    }
}

/// The membrane equation tau dV/dt = -(V - rest) + R I of a leaky neuron; without tau it is dV/dt =
/// R I / (1 ms): IF.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leak {
    /// Membrane time constant, ms; none for IF.
    pub tau_ms: Option<f64>,
    /// Resting membrane, mV; 0 for IF.
    pub rest_mv: f64,
    /// R I of a constant current, mV (IF: mV per ms).
    pub bias_mv: f64,
    /// Length of a tick, ms.
    pub dt_ms: f64,
    /// How a time constant becomes a factor.
    pub form: Form,
}

impl Leak {
    /// What a tick leaves of something with time constant tau.
    fn factor(&self, tau_ms: f64) -> f64 {
        match self.form {
            Form::Exact => (-self.dt_ms / tau_ms).exp(),
            Form::Discrete { .. } => 1.0 - self.dt_ms / tau_ms,
        }
    }

    /// (e, V_inf, b) of the membrane.
    pub fn coefficients(&self) -> (f64, f64, f64) {
        let Some(tau) = self.tau_ms else { return (1.0, 0.0, self.bias_mv * self.dt_ms) };
        let lost = match self.form {
            Form::Exact => -(-self.dt_ms / tau).exp_m1(),
            Form::Discrete { .. } => self.dt_ms / tau,
        };
        // Of one tick and of all. Without decay_input the bias is an arrival of every tick and is
        // not divided.
        let (step, sum) = match self.form {
            Form::Discrete { decay_input: false } => (self.bias_mv, self.bias_mv * (tau / self.dt_ms)),
            _ => (self.bias_mv * lost, self.bias_mv),
        };
        match self.factor(tau) {
            // A leak too slow to be told from none.
            1.0 => (1.0, 0.0, self.rest_mv * lost + step),
            e => (e, self.rest_mv + sum, 0.0),
        }
    }

    /// A delta receptor: w mV, in the discrete form with `decay_input` w dt / tau.
    pub fn delta(&self) -> Receptor {
        let gain = match (self.form, self.tau_ms) {
            (Form::Discrete { decay_input: true }, Some(tau)) => self.dt_ms / tau,
            _ => 1.0,
        };
        Receptor::Delta { gain }
    }

    /// A current I with dI/dt = -I / tau_syn that a spike raises by the weight; `r`: mV per unit of
    /// current.
    ///
    /// Exact: V gains r I(0) / tau times the integral of exp(-(dt - s) / tau) exp(-s / tau_syn),
    /// the propagator of Rotter and Diesmann (Biol. Cybern. 81:381, 1999). Discrete: the current is
    /// updated first and then felt by the membrane in the same tick, as in snnTorch's and Norse's
    /// current-based neurons.
    pub fn exponential(&self, tau_syn_ms: f64, r: f64) -> Receptor {
        let retention = self.factor(tau_syn_ms);
        match self.form {
            Form::Exact => {
                let into_membrane = r * self.exact_response(tau_syn_ms);
                Receptor::Exponential { retention, into_membrane, gain: 1.0, gain_now: 0.0 }
            }
            Form::Discrete { decay_input } => {
                let gain_now = match (decay_input, self.tau_ms) {
                    (true, Some(tau)) => r * self.dt_ms / tau,
                    (_, None) => r * self.dt_ms,
                    _ => r,
                };
                Receptor::Exponential { retention, into_membrane: gain_now * retention, gain: 1.0, gain_now }
            }
        }
    }

    /// A current I(t) = w (t / tau_syn) exp(1 - t / tau_syn) per spike, peak w at tau_syn, in its
    /// exact form; `r`: mV per unit of current.
    pub fn alpha(&self, tau_syn_ms: f64, r: f64) -> Receptor {
        let (dt, p) = (self.dt_ms, (-self.dt_ms / tau_syn_ms).exp());
        Receptor::Alpha {
            retention: p,
            rise: dt * p,
            into_membrane: r * self.exact_response(tau_syn_ms),
            rise_into_membrane: r * self.exact_ramp_response(tau_syn_ms),
            gain: std::f64::consts::E / tau_syn_ms,
        }
    }

    /// mV at the end of a tick from a current exp(-s / tau_syn): (1 / tau) integral of exp(-(dt -
    /// s) / tau) exp(-s / tau_syn).
    fn exact_response(&self, tau_syn_ms: f64) -> f64 {
        let dt = self.dt_ms;
        let Some(tau) = self.tau_ms else { return -(-dt / tau_syn_ms).exp_m1() * tau_syn_ms };
        // With x = dt (1 / tau - 1 / tau_syn): (dt / tau) exp(-dt / tau) (e^x - 1) / x, no
        // difference of nearly equal numbers.
        let x = dt * (1.0 / tau - 1.0 / tau_syn_ms);
        dt / tau * (-dt / tau).exp() * exp_m1_over(x)
    }

    /// The same from a current s exp(-s / tau_syn).
    fn exact_ramp_response(&self, tau_syn_ms: f64) -> f64 {
        let dt = self.dt_ms;
        let Some(tau) = self.tau_ms else {
            let x = dt / tau_syn_ms;
            return tau_syn_ms * tau_syn_ms * (-(-x).exp_m1() - x * (-x).exp());
        };
        let x = dt * (1.0 / tau - 1.0 / tau_syn_ms);
        dt * dt / tau * (-dt / tau).exp() * ramp_integral(x)
    }
}

/// (e^x - 1) / x.
fn exp_m1_over(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x.exp_m1() / x }
}

/// The integral of u e^(x u) for u from 0 to 1: (e^x (x - 1) + 1) / x^2, by its series where that
/// cancels.
fn ramp_integral(x: f64) -> f64 {
    if x.abs() < 0.5 {
        // sum over n of x^n / (n! (n + 2))
        let (mut term, mut sum) = (1.0, 0.0);
        for n in 0..18 {
            sum += term / f64::from(n + 2);
            term *= x / f64::from(n + 1);
        }
        sum
    } else {
        (x.exp() * (x - 1.0) + 1.0) / (x * x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against a Riemann sum with 200,000 midpoints (error about 1e-11 of the value).
    #[test]
    fn responses_are_the_integrals_they_claim() {
        const TOLERANCE: f64 = 1e-9;
        for (tau, tau_syn) in
            [(Some(20.0), 5.0), (Some(10.0), 10.0), (Some(10.0), 10.000001), (Some(2.0), 30.0), (None, 3.0)]
        {
            let leak = Leak { tau_ms: tau, rest_mv: 0.0, bias_mv: 0.0, dt_ms: 1.0, form: Form::Exact };
            let n = 200_000;
            let (mut flat, mut ramp) = (0.0, 0.0);
            for i in 0..n {
                let s = (f64::from(i) + 0.5) / f64::from(n);
                let kernel =
                    tau.map_or(1.0, |tau| (-(1.0 - s) / tau).exp() / tau) * (-s / tau_syn).exp() / f64::from(n);
                flat += kernel;
                ramp += kernel * s;
            }
            assert!((leak.exact_response(tau_syn) / flat - 1.0).abs() < TOLERANCE, "{tau:?} {tau_syn}");
            assert!((leak.exact_ramp_response(tau_syn) / ramp - 1.0).abs() < TOLERANCE, "{tau:?} {tau_syn}");
        }
    }
}
