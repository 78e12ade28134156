use super::*;
use crate::base::counter::unit;
use crate::energy::counts::LayerCounts;
use crate::error::Result;
use crate::spiking::Spike;
use crate::spiking::neuron::Reset;
use crate::spiking::neuron::lif::LifParams;
use crate::spiking::threshold::DynamicThreshold;
use crate::spiking::threshold::LayerThreshold;
use crate::spiking::{Driver, SpikeTrain};
use proptest::prelude::*;

/// What a layer of a random stack is made from.
#[derive(Debug, Clone)]
struct LayerSpec {
    neurons: usize,
    /// Share of non-zero weights.
    density: f64,
    gain: f32,
    bias: f32,
    lif: LifParams,
    threshold: LayerThreshold,
}

#[derive(Debug, Clone)]
struct Case {
    inputs: usize,
    layers: Vec<LayerSpec>,
    ticks: usize,
    /// 0: spikes, 1: frames, 2: constant.
    input: u8,
    /// Share of ticks with spikes, and share of sources that fire in those.
    busy: f64,
    rate: f64,
    cues: bool,
    seed: u64,
}

/// A [`Case`] as plain numbers, from which both the stack and the reference below are made.
struct Built {
    weights: Vec<Vec<f32>>,
    biases: Vec<Vec<f32>>,
    cues: Vec<Vec<f32>>,
    pooling: Vec<f32>,
    /// [ticks, inputs]
    frames: Vec<f32>,
    train: SpikeTrain,
    stack: Stack,
}

impl Case {
    fn build(&self) -> Built {
        let uniform = |stream: u64, n: usize| -> Vec<f32> {
            (0..n as u64).map(|i| 2.0 * unit(self.seed ^ (stream << 32), i) as f32 - 1.0).collect()
        };
        let kept = |stream: u64, i: u64, share: f64| unit(self.seed ^ (stream << 40), i) < share;
        let mut inputs = self.inputs;
        let (mut weights, mut biases, mut cues, mut layers) = (vec![], vec![], vec![], vec![]);
        for (l, spec) in self.layers.iter().enumerate() {
            let stream = 10 * (l as u64 + 1);
            let mut weight = uniform(stream, spec.neurons * inputs);
            for (i, w) in (0..).zip(&mut weight) {
                *w = if kept(stream, i, spec.density) { (*w + 0.3) * spec.gain } else { 0.0 };
            }
            let bias: Vec<f32> = uniform(stream + 1, spec.neurons).iter().map(|b| (b + 0.5) * spec.bias).collect();
            let projection = DenseSynapses::dense(spec.neurons, inputs, &weight).unwrap();
            layers.push(Layer::new(projection, &bias, spec.lif, spec.threshold).unwrap());
            cues.push(if self.cues { uniform(stream + 2, spec.neurons) } else { vec![0.0; spec.neurons] });
            weights.push(weight);
            biases.push(bias);
            inputs = spec.neurons;
        }
        let pooling = uniform(1, self.ticks);
        let mut frames = uniform(2, self.ticks * self.inputs);
        if self.input == 2 {
            frames = frames[..self.inputs].repeat(self.ticks);
        }
        let mut train = SpikeTrain::new(self.inputs);
        if self.input == 0 {
            for t in 0..self.ticks as u64 {
                let busy = kept(3, t, self.busy);
                let fires = |i: &u32| busy && kept(4, t * self.inputs as u64 + u64::from(*i), self.rate);
                train.push_tick((0..self.inputs as u32).filter(fires)).unwrap();
            }
            frames = vec![0.0; self.ticks * self.inputs];
            for spike in train.iter() {
                frames[spike.tick as usize * self.inputs + spike.source as usize] = 1.0;
            }
        }
        Built { weights, biases, cues, pooling, frames, train, stack: Stack::new(layers).unwrap() }
    }
}

impl Built {
    fn clip(&self, case: &Case) -> ClipInput<'_> {
        let input = match case.input {
            0 => Input::Spikes(&self.train),
            1 => Input::Frames(&self.frames),
            _ => Input::Constant(&self.frames[..case.inputs]),
        };
        ClipInput { input, cues: self.cues.iter().map(Vec::as_slice).collect(), pooling: &self.pooling }
    }
}

/// h, u and theta of every layer, tick and neuron as bits, where the mask says so.
#[derive(Debug, PartialEq, Default)]
struct Trace {
    mask: u64,
    seen: Vec<(usize, usize, Vec<[u32; 3]>)>,
}

impl Trace {
    fn every_tick() -> Self {
        Trace { mask: u64::MAX, seen: Vec::new() }
    }
}

impl Observer for Trace {
    fn wants(&self, _: usize, tick: usize) -> bool {
        self.mask >> (tick % 64) & 1 == 1
    }

    fn tick(&mut self, layer: usize, tick: usize, s: Snapshot<'_>) {
        let values = s.charged.iter().zip(s.membranes).zip(s.thresholds);
        self.seen.push((layer, tick, values.map(|((h, u), t)| [h, u, t].map(|v| v.to_bits())).collect()));
    }
}

/// The equations of the layer once more, neuron by neuron without any of the engine's functions; every operation is counted
/// where it stands.
fn reference(case: &Case, built: &Built) -> (Vec<SpikeTrain>, Vec<LayerCounts>, Trace) {
    let sizes: Vec<usize> = case.layers.iter().map(|l| l.neurons).collect();
    let mut trains: Vec<SpikeTrain> = sizes.iter().map(|&n| SpikeTrain::new(n)).collect();
    let mut counts = vec![LayerCounts::default(); sizes.len()];
    let mut trace_out = Trace::every_tick();
    let zeros = || sizes.iter().map(|&n| vec![0.0_f32; n]).collect::<Vec<_>>();
    let (mut u, mut trace) = (zeros(), zeros());
    let mut theta: Vec<Vec<f32>> = case.layers.iter().map(|l| vec![l.threshold.initial(); l.neurons]).collect();
    let mut entropies = vec![0.0_f32; sizes.len()];
    for t in 0..case.ticks {
        let mut input = built.frames[t * case.inputs..][..case.inputs].to_vec();
        for (l, spec) in case.layers.iter().enumerate() {
            let (mut output, mut seen) = (vec![0.0; spec.neurons], vec![]);
            for j in 0..spec.neurons {
                if let (LayerThreshold::Dynamic(d), true) = (spec.threshold, t > 0) {
                    let target = d.theta_0
                        + built.cues[l][j]
                        + d.gain_entropy * entropies[l]
                        + d.gain_pooling * built.pooling[t - 1]
                        + d.gain_trace * trace[l][j];
                    theta[l][j] = 0.5 * theta[l][j] + 0.5 * target.clamp(d.theta_min, d.theta_max);
                    counts[l].threshold_updates += 1;
                }
                let mut sum = 0.0_f32;
                for (i, &x) in input.iter().enumerate() {
                    let w = built.weights[l][j * input.len() + i];
                    sum += w * x;
                    counts[l].macs += 1;
                    if w != 0.0 && x != 0.0 {
                        match x.abs() == 1.0 {
                            true => counts[l].effective_acs += 1,
                            false => counts[l].effective_macs += 1,
                        }
                    }
                }
                let current = sum + built.biases[l][j];
                let old = u[l][j];
                let tau = spec.lif.tau;
                let h = if spec.lif.decay_input { old + (current - old) / tau } else { old - old / tau + current };
                let s = if h >= theta[l][j] { 1.0 } else { 0.0 };
                u[l][j] = match (s == 1.0, spec.lif.reset) {
                    (false, _) => h,
                    (true, Reset::To(value)) => value,
                    (true, Reset::Subtract) => h - theta[l][j],
                };
                counts[l].membrane_updates += 1;
                if let LayerThreshold::Dynamic(d) = spec.threshold {
                    trace[l][j] = d.trace_decay * trace[l][j] + s;
                }
                output[j] = s;
                seen.push([h, u[l][j], theta[l][j]].map(f32::to_bits));
            }
            trace_out.seen.push((l, t, seen));
            let fired: Vec<u32> = (0..spec.neurons as u32).filter(|&j| output[j as usize] == 1.0).collect();
            counts[l].spikes += fired.len() as u64;
            if let LayerThreshold::Dynamic(_) = spec.threshold {
                let p = (fired.len() as f32 / spec.neurons as f32).clamp(1e-4, 1.0 - 1e-4);
                entropies[l] = -(p * p.log2() + (1.0 - p) * (1.0 - p).log2());
                counts[l].entropies += 1;
            }
            trains[l].push_tick(fired).unwrap();
            input = output;
        }
    }
    (trains, counts, trace_out)
}

fn thresholds() -> impl Strategy<Value = LayerThreshold> {
    let gain = || -1.0_f32..1.0;
    let dynamic = (gain(), gain(), gain(), 0.0_f32..=1.0, -0.5_f32..0.9, 0.0_f32..2.0);
    prop_oneof![
        (-0.2_f32..2.0).prop_map(LayerThreshold::Fixed),
        dynamic.prop_map(|(gain_entropy, gain_pooling, gain_trace, trace_decay, theta_min, width)| {
            LayerThreshold::Dynamic(DynamicThreshold {
                theta_0: 1.0,
                theta_min,
                theta_max: theta_min + width,
                gain_entropy,
                gain_pooling,
                gain_trace,
                trace_decay,
            })
        }),
    ]
}

fn layers() -> impl Strategy<Value = LayerSpec> {
    let reset = prop_oneof![Just(Reset::To(0.0)), Just(Reset::Subtract)];
    let tau = prop_oneof![Just(1.0_f32), Just(2.0), 1.0_f32..5.0, 5.0_f32..200.0, Just(1e20)];
    let lif = (tau, any::<bool>(), reset).prop_map(|(tau, decay_input, reset)| LifParams { tau, decay_input, reset });
    let bias = prop_oneof![Just(0.0_f32), -0.5_f32..0.5, 0.5_f32..4.0];
    (1..40_usize, 0.0..1.0, 0.05_f32..3.0, bias, lif, thresholds()).prop_map(
        |(neurons, density, gain, bias, lif, threshold)| LayerSpec { neurons, density, gain, bias, lif, threshold },
    )
}

fn cases() -> impl Strategy<Value = Case> {
    let layers = prop::collection::vec(layers(), 1..=4);
    let rates = (0.0..1.0, 0.0..0.6);
    (1..40_usize, layers, 1..=20_usize, 0..3_u8, rates, any::<bool>(), any::<u64>()).prop_map(
        |(inputs, layers, ticks, input, (busy, rate), cues, seed)| Case {
            inputs,
            layers,
            ticks,
            input,
            busy: if rate < 0.1 { busy * 0.3 } else { busy },
            rate,
            cues,
            seed,
        },
    )
}

fn traced(stack: &Stack, driver: Driver, clip: &ClipInput, ticks: usize, mask: u64) -> (ClipRun, Trace) {
    let mut trace = Trace { mask, seen: Vec::new() };
    let run = run(stack, driver, clip, ticks, &mut Scratch::default(), Some(&mut trace)).unwrap();
    (run, trace)
}

fn plain(stack: &Stack, driver: Driver, clip: &ClipInput, ticks: usize) -> ClipRun {
    run(stack, driver, clip, ticks, &mut Scratch::default(), None).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Both drivers give the bits of the written-out equations: spikes, h, u and theta at every tick, and at some ticks only,
    /// so that several missed ticks are replayed at once.
    #[test]
    fn drivers_agree_with_the_equations_bit_by_bit(case in cases(), mask in any::<u64>()) {
        let built = case.build();
        let clip = built.clip(&case);
        let (trains, counts, trace) = reference(&case, &built);
        for driver in [Driver::Clock, Driver::Event] {
            let (run, seen) = traced(&built.stack, driver, &clip, case.ticks, u64::MAX);
            prop_assert_eq!(&run.trains, &trains);
            prop_assert_eq!(&seen, &trace);
            let sparse = traced(&built.stack, driver, &clip, case.ticks, mask & mask >> 7).1;
            let wanted: Vec<_> = trace.seen.iter().filter(|(l, t, _)| sparse.wants(*l, *t)).cloned().collect();
            prop_assert_eq!(&sparse.seen, &wanted);
            prop_assert_eq!(&plain(&built.stack, driver, &clip, case.ticks).trains, &trains);
        }
        prop_assert_eq!(plain(&built.stack, Driver::Clock, &clip, case.ticks).counts, counts);
    }

    /// The event driver's counts, against what the spikes say must have happened.
    #[test]
    fn event_counts_follow_from_the_spikes(case in cases()) {
        let built = case.build();
        let (trains, counts, _) = reference(&case, &built);
        let run = plain(&built.stack, Driver::Event, &built.clip(&case), case.ticks);
        for (l, (found, clocked)) in run.counts.iter().zip(&counts).enumerate() {
            let n = case.layers[l].neurons as u64;
            let arrivals = if l > 0 { &trains[l - 1] } else { &built.train };
            let analog = l == 0 && case.input > 0;
            let products = match (analog, case.input) { (false, _) => 0, (true, 2) => 1, _ => case.ticks as u64 };
            let touched = if analog { case.ticks } else { arrivals.iter().last().map_or(0, |s| s.tick as usize + 1) };
            prop_assert_eq!(found.synops, arrivals.total() as u64 * built.stack.layers()[l].neurons() as u64);
            prop_assert_eq!(found.macs, products * n * built.stack.layers()[l].synapses().inputs() as u64);
            prop_assert_eq!(
                (found.spikes, found.effective_acs, found.effective_macs, found.entropies),
                (clocked.spikes, clocked.effective_acs, clocked.effective_macs, clocked.entropies)
            );
            let least = n * touched as u64;
            prop_assert!((least..=n * case.ticks as u64).contains(&found.membrane_updates));
            prop_assert!(found.threshold_updates <= clocked.threshold_updates);
            let spikes = 2 * arrivals.total() as u64;
            prop_assert!(found.queue_operations >= spikes + 2 * found.wakes);
            if found.queue_operations == spikes {
                prop_assert_eq!(found.membrane_updates, least);
                let dynamic = matches!(case.layers[l].threshold, LayerThreshold::Dynamic(_));
                prop_assert_eq!(found.threshold_updates, if dynamic { least.saturating_sub(n) } else { 0 });
            }
        }
        prop_assert_eq!(run.total().synops, run.counts.iter().map(|c| c.synops).sum::<u64>());
        prop_assert_eq!(run.total().membrane_updates, run.counts.iter().map(|c| c.membrane_updates).sum::<u64>());
    }
}

/// One neuron with one input of weight `weight`.
fn single(weight: f32, bias: f32, lif: LifParams, threshold: LayerThreshold) -> Stack {
    let projection = DenseSynapses::dense(1, 1, &[weight]).unwrap();
    Stack::new(vec![Layer::new(projection, &[bias], lif, threshold).unwrap()]).unwrap()
}

fn spikes(neurons: usize, ticks: usize, spikes: &[(u32, u32)]) -> SpikeTrain {
    SpikeTrain::from_spikes(neurons, ticks, spikes.iter().map(|&(tick, source)| Spike { tick, source })).unwrap()
}

fn ticks_of(train: &SpikeTrain) -> Vec<u32> {
    train.iter().map(|s| s.tick).collect()
}

#[test]
fn a_threshold_that_falls_onto_its_membrane_makes_the_neuron_fire_without_input() {
    let d = DynamicThreshold {
        theta_0: 1.0,
        theta_min: 0.25,
        theta_max: 2.0,
        gain_entropy: 0.0,
        gain_pooling: 0.0,
        gain_trace: 0.0,
        trace_decay: 0.5,
    };
    let lif = LifParams { tau: 4096.0, decay_input: false, reset: Reset::To(0.0) };
    let stack = single(0.6, 0.0, lif, LayerThreshold::Dynamic(d));
    let input = spikes(1, 8, &[(0, 0)]);
    // The membrane stays at 0.6; the threshold goes 1, 0.75, 0.625, 0.5625, ... to 0.5.
    let cue = [-0.5];
    let clip = ClipInput { cues: vec![&cue], ..ClipInput::new(Input::Spikes(&input)) };
    for driver in [Driver::Event, Driver::Clock] {
        assert_eq!(ticks_of(&plain(&stack, driver, &clip, 8).trains[0]), [3]);
    }
    let counts = plain(&stack, Driver::Event, &clip, 8).counts[0];
    // Ticks 0 (input) and 3 (the wake), with 1 and 2 replayed; nothing afterwards.
    assert_eq!((counts.membrane_updates, counts.threshold_updates, counts.wakes), (4, 3, 1));
    assert_eq!((counts.synops, counts.queue_operations), (1, 4));
    // Without the cue nothing happens after the input.
    let counts = plain(&stack, Driver::Event, &ClipInput::new(Input::Spikes(&input)), 8).counts[0];
    assert_eq!((counts.spikes, counts.membrane_updates, counts.queue_operations), (0, 1, 2));
}

#[test]
fn a_bias_alone_gives_the_closed_form_interval() {
    // From 0, h after n ticks is bias (1 - (1 - 1/tau)^n): it reaches theta after ln(1 - theta/bias) / ln(1 - 1/tau) ticks.
    let silent = SpikeTrain::new(1);
    let clip = ClipInput::new(Input::Spikes(&silent));
    for (tau, bias) in [(10.0_f32, 1.5_f32), (3.0, 1.1), (20.0, 1.25), (50.0, 9.0), (1.0, 1.5)] {
        let stack =
            single(1.0, bias, LifParams { tau, decay_input: true, reset: Reset::To(0.0) }, LayerThreshold::Fixed(1.0));
        let interval = ((1.0 - 1.0 / f64::from(bias)).ln() / (1.0 - 1.0 / f64::from(tau)).ln()).ceil().max(1.0) as u32;
        let expected: Vec<u32> = (1..).map(|n| n * interval - 1).take_while(|&t| t < 64).collect();
        for driver in [Driver::Event, Driver::Clock] {
            assert_eq!(ticks_of(&plain(&stack, driver, &clip, 64).trains[0]), expected, "tau {tau}");
        }
        let (counts, spikes) = (plain(&stack, Driver::Event, &clip, 64).counts[0], expected.len() as u64);
        assert_eq!((counts.wakes, counts.queue_operations), (spikes, 2 * spikes), "tau {tau}");
        assert_eq!(counts.membrane_updates, spikes * u64::from(interval), "tau {tau}");
    }
}

#[test]
fn a_soft_reset_that_leaves_the_membrane_above_the_threshold_fires_again() {
    let lif = LifParams { tau: 1e20, decay_input: false, reset: Reset::Subtract };
    let stack = single(3.5, 0.0, lif, LayerThreshold::Fixed(1.0));
    let input = spikes(1, 10, &[(2, 0)]);
    for driver in [Driver::Event, Driver::Clock] {
        let run = plain(&stack, driver, &ClipInput::new(Input::Spikes(&input)), 10);
        assert_eq!(ticks_of(&run.trains[0]), [2, 3, 4]);
    }
}

#[test]
fn counts_of_a_small_stack_are_those_worked_out_by_hand() {
    // 3 -> 2 -> 1, tau 2, threshold 1, no bias. Sources 0 and 2 fire at tick 1: neuron 0 gets 3 and fires (h = 1.5), neuron 1
    // gets 1 (h = 0.5). Layer 2 gets 4 from neuron 0 at tick 1 and fires. Nothing else happens in 6 ticks.
    let lif = LifParams { tau: 2.0, decay_input: true, reset: Reset::To(0.0) };
    let layer = |outputs, inputs, weight: &[f32], bias: &[f32]| {
        let projection = DenseSynapses::dense(outputs, inputs, weight).unwrap();
        Layer::new(projection, bias, lif, LayerThreshold::Fixed(1.0)).unwrap()
    };
    let first = layer(2, 3, &[1.0, 5.0, 2.0, 0.0, 5.0, 1.0], &[0.0; 2]);
    let stack = Stack::new(vec![first, layer(1, 2, &[4.0, 4.0], &[0.0])]).unwrap();
    let input = spikes(3, 6, &[(1, 0), (1, 2)]);
    let clip = ClipInput::new(Input::Spikes(&input));
    let event = plain(&stack, Driver::Event, &clip, 6);
    let first = LayerCounts {
        spikes: 1,
        synops: 4,           // 2 spikes x 2 targets
        effective_acs: 3,    // one of the four weights is 0
        membrane_updates: 4, // 2 neurons x ticks 0 and 1
        queue_operations: 4, // 2 spikes in and out
        ..LayerCounts::default()
    };
    let second = LayerCounts {
        spikes: 1,
        synops: 1,
        effective_acs: 1,
        membrane_updates: 2,
        queue_operations: 2,
        ..LayerCounts::default()
    };
    assert_eq!(event.counts, [first, second]);
    assert_eq!(event.total(), first + second);
    let clock = plain(&stack, Driver::Clock, &clip, 6);
    let clocked = |counts: LayerCounts, neurons: u64, inputs: u64| LayerCounts {
        synops: 0,
        queue_operations: 0,
        macs: 6 * neurons * inputs,
        membrane_updates: 6 * neurons,
        ..counts
    };
    assert_eq!(clock.counts, [clocked(first, 2, 3), clocked(second, 1, 2)]);
    assert_eq!(clock.trains, event.trains);

    // Constant analog input: one product per clip and the values that are 1 count as additions, at each tick.
    let run = plain(&stack, Driver::Event, &ClipInput::new(Input::Constant(&[1.0, 0.0, 0.5])), 6);
    assert_eq!((run.counts[0].macs, run.counts[0].synops), (6, 0));
    assert_eq!((run.counts[0].effective_acs, run.counts[0].effective_macs), (6, 12));
    assert_eq!(run.counts[0].membrane_updates, 12);
}

#[test]
fn a_batch_does_not_depend_on_the_number_of_threads_or_on_used_scratch() {
    let spec = LayerSpec {
        neurons: 37,
        density: 0.8,
        gain: 0.5,
        bias: 0.8,
        lif: LifParams { tau: 3.0, decay_input: false, reset: Reset::Subtract },
        threshold: LayerThreshold::Fixed(1.0),
    };
    let layers = vec![spec.clone(), LayerSpec { neurons: 21, ..spec }];
    let case = Case { inputs: 30, layers, ticks: 12, input: 0, busy: 0.5, rate: 0.2, cues: false, seed: 5 };
    let built = case.build();
    let trains: Vec<SpikeTrain> = (0..40).map(|seed| Case { seed, ..case.clone() }.build().train).collect();
    let clips: Vec<ClipInput> = trains.iter().map(|train| ClipInput::new(Input::Spikes(train))).collect();
    for driver in [Driver::Event, Driver::Clock] {
        let alone: Vec<ClipRun> = clips.iter().map(|clip| plain(&built.stack, driver, clip, 12)).collect();
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| run_batch(&built.stack, driver, &clips, 12)).unwrap(), alone);
        }
    }
    let other =
        single(1.0, 0.0, LifParams { tau: 2.0, decay_input: true, reset: Reset::To(0.0) }, LayerThreshold::Fixed(1.0));
    let mut scratch = Scratch::default();
    let silent = SpikeTrain::new(1);
    for _ in 0..2 {
        run(&other, Driver::Event, &ClipInput::new(Input::Spikes(&silent)), 3, &mut scratch, None).unwrap();
        let again = run(&built.stack, Driver::Event, &clips[7], 12, &mut scratch, None).unwrap();
        assert_eq!(again, plain(&built.stack, Driver::Event, &clips[7], 12));
    }
}

#[test]
fn extreme_but_finite_numbers_neither_panic_nor_part_the_drivers() {
    for (weight, bias, reset) in
        [(3e38, 3e38, Reset::Subtract), (-3e38, 0.0, Reset::To(0.0)), (1e-45, -1e-45, Reset::Subtract)]
    {
        for decay_input in [true, false] {
            let stack = single(weight, bias, LifParams { tau: 1.5, decay_input, reset }, LayerThreshold::Fixed(1e-40));
            let input = spikes(1, 12, &[(1, 0), (2, 0), (7, 0)]);
            let clip = ClipInput::new(Input::Spikes(&input));
            let trains = [Driver::Event, Driver::Clock].map(|driver| plain(&stack, driver, &clip, 12).trains);
            assert_eq!(trains[0], trains[1]);
        }
    }
}

#[test]
fn clips_that_do_not_fit_are_refused() {
    let lif = LifParams { tau: 2.0, decay_input: true, reset: Reset::To(0.0) };
    let stack = single(1.0, 0.0, lif, LayerThreshold::Fixed(1.0));
    let (wide, fits) = (SpikeTrain::new(2), SpikeTrain::new(1));
    let good = ClipInput::new(Input::Spikes(&fits));
    let refused = |clip: &ClipInput| {
        let runs = [Driver::Event, Driver::Clock].map(|d| run(&stack, d, clip, 2, &mut Scratch::default(), None));
        runs.iter().all(Result::is_err)
    };
    assert!(!refused(&good));
    assert!(refused(&ClipInput::new(Input::Spikes(&wide))));
    assert!(refused(&ClipInput::new(Input::Constant(&[1.0, 2.0]))));
    assert!(refused(&ClipInput::new(Input::Constant(&[f32::NAN]))));
    assert!(refused(&ClipInput::new(Input::Frames(&[1.0]))));
    assert!(refused(&ClipInput { cues: vec![&[0.0, 0.0]], ..good.clone() }));
    assert!(refused(&ClipInput { cues: vec![&[], &[]], ..good.clone() }));
    assert!(refused(&ClipInput { cues: vec![&[f32::NAN]], ..good.clone() }));
    assert!(refused(&ClipInput { pooling: &[0.0], ..good.clone() }));
    assert!(run(&stack, Driver::Event, &good, 0, &mut Scratch::default(), None).unwrap().trains[0].ticks() == 0);

    let projection = || DenseSynapses::dense(1, 2, &[1.0, 1.0]).unwrap();
    let layer = || Layer::new(projection(), &[0.0], lif, LayerThreshold::Fixed(1.0)).unwrap();
    assert!(Stack::new(vec![]).is_err() && Stack::new(vec![layer(), layer()]).is_err());
    assert!(Layer::new(projection(), &[0.0, 0.0], lif, LayerThreshold::Fixed(1.0)).is_err());
    assert!(Layer::new(projection(), &[f32::NAN], lif, LayerThreshold::Fixed(1.0)).is_err());
    assert!(Layer::new(projection(), &[0.0], LifParams { tau: 0.5, ..lif }, LayerThreshold::Fixed(1.0)).is_err());
}
