//! The builder against network files that say the same, and the way through RON and back.

use crate::base::counter::{below, bits, unit};
use crate::network::build::NetworkBuilder;
use crate::network::spec::*;
use crate::network::{Ms, Threshold};
use proptest::prelude::*;
use std::path::PathBuf;

const PAIR: &str = r#"(
    format: 1,
    name: "pair",
    dt_ms: 0.1,
    duration_ms: 1000,
    seed: 1,
    populations: [
        (name: "exc", size: 400, neuron: Alif(tau_m_ms: 20, v_th_mv: 15, jump_mv: 3, tau_threshold_ms: 100, refractory_ms: 2)),
        (name: "inh", size: 100, neuron: Lif(tau_m_ms: 10, threshold: Fixed(v_th_mv: 15), refractory_ms: 1)),
    ],
    sources: [(name: "noise", size: 400, emits: Poisson(rate_hz: 800))],
    projections: [
        (from: "noise", to: "exc", rule: OneToOne, weight: Constant(1.5)),
        (from: "exc", to: "inh", rule: FixedInDegree(degree: 40), weight: Normal(mean: 1.5, sd: 0.2), delay_ms: Constant(1.5)),
        (from: "inh", to: "exc", rule: FixedProbability(probability: 0.1), weight: Constant(-1), delay_ms: Uniform(low: 1, high: 3)),
    ],
    record: (membrane: ["exc[0..2]"], threshold: ["exc[0..2]"]),
)"#;

fn pair() -> NetworkBuilder {
    let mut net = NetworkBuilder::new(Ms(0.1)).name("pair").seed(1).duration(Ms(1000.0));
    let exc = net.population("exc", 400, Alif::default().v_th_mv(15.0).jump_mv(3.0).refractory_ms(2.0));
    let inh = Lif::default().tau_m_ms(10.0).threshold(ThresholdSpec::fixed_mv(15.0)).refractory_ms(1.0);
    let inh = net.population("inh", 100, inh);
    let noise = net.source("noise", 400, Poisson::hz(800.0));
    net.connect(noise, exc).one_to_one().weight(1.5);
    net.connect(exc, inh).fixed_in_degree(40).weight(Normal::new(1.5, 0.2)).delay_ms(1.5);
    net.connect(inh, exc).fixed_probability(0.1).weight(-1.0).delay_ms(Uniform::new(1.0, 3.0));
    net.record_membrane(exc.ids(0..2));
    net.record_threshold(exc.ids(0..2));
    net
}

#[test]
fn a_network_made_in_code_is_that_of_the_file() {
    let net = pair();
    assert_eq!(net.spec().unwrap(), &NetworkSpec::from_ron(PAIR).unwrap());
    let compiled = net.compile().unwrap();
    assert_eq!((compiled.duration, compiled.seed, compiled.record.probes.len()), (Some(10_000), 1, 2));
    let network = net.build().unwrap();
    assert_eq!(network.populations()[1].threshold, Threshold::Fixed(15.0));
    assert_eq!(network.projections()[1].shortest_delay(), 15);
}

#[test]
fn whole_numbers_are_numbers() {
    let made = |net: &mut NetworkBuilder, v_th: ThresholdSpec| {
        let source = net.source("source", 1, Poisson::hz(80.0));
        (source, net.population("cells", 2, Lif::default().tau_m_ms(10.0).threshold(v_th)))
    };
    let (mut floats, mut integers) = (NetworkBuilder::new(Ms(0.1)), NetworkBuilder::new(Ms(0.1)));
    let (source, cells) = made(&mut floats, ThresholdSpec::fixed_mv(15.0));
    floats.connect(source, cells).fixed_probability(1.0).weight(-30.0).delay_ms(2.0);
    let (source, cells) = made(&mut integers, ThresholdSpec::fixed_mv(15));
    integers.connect(source, cells).fixed_probability(1).weight(-30).delay_ms(2);
    assert_eq!(integers.spec().unwrap(), floats.spec().unwrap());
}

/// A run need not copy a network.
#[test]
fn clones_share_their_parts_until_one_is_edited() {
    let network = pair().build().unwrap();
    let copy = network.clone();
    assert!(std::ptr::eq(network.populations(), copy.populations()));
    let edited = copy.edit(|parts| parts.name = "other".into()).unwrap();
    assert_eq!((network.name(), edited.name()), ("pair", "other"));
}

/// Every model, source, receptor, rule, weight and delay of the format, with every field that may
/// be left out.
#[test]
fn whatever_a_file_can_say_can_be_made() {
    let text = r#"(
        format: 1, dt_ms: 0.5,
        populations: [
            (name: "if", size: 4, neuron: If(r_m_gohm: 2, bias_pa: 1, reset: Soft)),
            (name: "lif", size: 4, neuron: Lif(reset: Hard(v_reset_mv: 1), refractory_input: Keep, compare: Above,
                threshold: Adaptive(v_th_mv: 9, jump_mv: 1, tau_ms: 50)),
                receptors: [Delta(name: "d"), Exponential(name: "e", tau_ms: 3), Alpha(name: "a", tau_ms: 2)],
                initial: Uniform(low_mv: 0, high_mv: 5, seed: 3)),
            (name: "li", size: 4, neuron: Li(v_rest_mv: -60), initial: Constant(v_mv: -65)),
            (name: "cuba", size: 4, neuron: CubaLif(tau_syn_ms: 4, form: Discrete(decay_input: true))),
            (name: "alif", size: 4, neuron: Alif(tau_threshold_ms: 30)),
        ],
        sources: [
            (name: "list", size: 4, emits: Spikes(at_ms: [(1, 0)], at_ticks: [(7, 3)])),
            (name: "file", size: 4, emits: SpikeFile(file: "s.csv", population: "p")),
            (name: "clock", size: 4, emits: Regular(first_ms: 1, period_ms: 5)),
            (name: "coin", size: 4, emits: Bernoulli(probability: 0.1, seed: 1, stride: 100)),
            (name: "rate", size: 4, emits: Bernoulli(rate_hz: 10)),
            (name: "noise", size: 4, emits: Poisson(rate_hz: 10, seed: 2, stride: 100)),
            (name: "frames", size: 4, emits: Frames(file: "f.npy", frame_ms: 2)),
            (name: "code", size: 2, emits: Rate(values: Values([0.1, 0.2]), max_rate_hz: 9, seed: 3)),
            (name: "late", size: 4, emits: Latency(values: File("v.csv"), first_ms: 1, window_ms: 8)),
        ],
        projections: [
            (from: "list", to: "lif", receptor: "d", rule: AllToAll(allow_autapses: false), weight: Constant(1)),
            (name: "own", from: "clock[1..3]", to: "if[0..2]", rule: OneToOne, weight: Values([1, 2]), delay_ms: Values([1, 2])),
            (from: "if", to: "if", rule: FixedProbability(probability: 0.5, seed: 4, allow_autapses: false), weight: Constant(1)),
            (from: "lif", to: "li", rule: FixedInDegree(degree: 2, seed: 5, stride: 9, offset: 1, allow_autapses: false,
                allow_multapses: false), weight: Uniform(low: 0, high: 1, seed: 6, first: 2)),
            (from: "li", to: "cuba", rule: FixedOutDegree(degree: 2), weight: Normal(mean: 0, sd: 1, seed: 7, first: 3),
                delay_ms: Uniform(low: 1, high: 2, seed: 8, first: 4)),
            (from: "cuba", to: "alif", rule: List([(0, 1)]), weight: File("w.npy"), delay_ms: File("d.npy")),
            (from: "alif", to: "if", rule: ListFile("e.csv")),
            (from: "frames", to: "if", rule: Matrix(file: "m.npy")),
        ],
        record: (spikes: ["lif", "noise[0..2]"], membrane: ["if"], threshold: ["lif"], current: ["cuba[1..2]"]),
    )"#;
    let mut net = NetworkBuilder::new(Ms(0.5));
    let if_ = net.population("if", 4, If::default().r_m_gohm(2.0).bias_pa(1.0).reset(ResetSpec::Soft));
    let threshold = ThresholdSpec::Adaptive { v_th_mv: 9.0, jump_mv: 1.0, tau_ms: 50.0 };
    let model = Lif::default().reset(ResetSpec::Hard { v_reset_mv: 1.0 }).refractory_input(RefractoryInput::Keep);
    let lif = net.population("lif", 4, model.compare(Compare::Above).threshold(threshold));
    net.receptor(lif, ReceptorSpec::Delta { name: "d".into() });
    net.receptor(lif, ReceptorSpec::Exponential { name: "e".into(), tau_ms: 3.0 });
    net.receptor(lif, ReceptorSpec::Alpha { name: "a".into(), tau_ms: 2.0 });
    net.initial(lif, InitialSpec::Uniform { low_mv: 0.0, high_mv: 5.0, seed: Some(3) });
    let li = net.population("li", 4, Li::default().v_rest_mv(-60.0));
    net.initial(li, InitialSpec::Constant { v_mv: -65.0 });
    let model = CubaLif::default().tau_syn_ms(4.0).form(FormSpec::Discrete { decay_input: true });
    let cuba = net.population("cuba", 4, model);
    let alif = net.population("alif", 4, Alif::default().tau_threshold_ms(30.0));
    let list = net.source("list", 4, Spikes::default().at_ms(vec![(1.0, 0)]).at_ticks(vec![(7, 3)]));
    net.source("file", 4, SpikeFile::new("s.csv").population("p".to_owned()));
    let clock = net.source("clock", 4, Regular::every_ms(5.0).first_ms(1.0));
    net.source("coin", 4, Bernoulli::default().probability(0.1).seed(1).stride(100));
    net.source("rate", 4, Bernoulli::default().rate_hz(10.0));
    let noise = net.source("noise", 4, Poisson::hz(10.0).seed(2).stride(100));
    let frames = net.source("frames", 4, Frames::new("f.npy", 2.0));
    net.source("code", 2, Rate::new(vec![0.1, 0.2], 9.0).seed(3));
    net.source("late", 4, Latency::new(ValuesSpec::File("v.csv".into()), 8.0).first_ms(1.0));
    net.connect(list, lif).rule(AllToAll::default().allow_autapses(false)).receptor("d").weight(1.0);
    let values = || vec![1.0, 2.0];
    let own = net.connect(clock.ids(1..3), if_.ids(0..2)).one_to_one().name("own");
    own.weight(WeightSpec::Values(values())).delay_ms(DelaySpec::Values(values()));
    net.connect(if_, if_).rule(FixedProbability::new(0.5).seed(4).allow_autapses(false)).weight(1.0);
    let degree = FixedInDegree::new(2_u32).seed(5).stride(9).offset(1_u64).allow_autapses(false).allow_multapses(false);
    net.connect(lif, li).rule(degree).weight(Uniform::new(0.0, 1.0).seed(6).first(2_u64));
    let connection = net.connect(li, cuba).fixed_out_degree(2);
    connection.weight(Normal::new(0.0, 1.0).seed(7).first(3_u64)).delay_ms(Uniform::new(1.0, 2.0).seed(8).first(4_u64));
    let connection = net.connect(cuba, alif).rule(RuleSpec::List(vec![(0, 1)]));
    connection.weight(WeightSpec::File("w.npy".into())).delay_ms(DelaySpec::File("d.npy".into()));
    net.connect(alif, if_).rule(RuleSpec::ListFile("e.csv".into()));
    net.connect(frames, if_).rule(RuleSpec::Matrix { file: "m.npy".into() });
    net.record_spikes(lif);
    net.record_spikes(noise.ids(0..2));
    net.record_membrane(if_);
    net.record_threshold(lif);
    net.record_current(cuba.ids(1..2));
    let spec = net.spec().unwrap();
    assert_eq!(spec, &NetworkSpec::from_ron(text).unwrap());
    assert_eq!(&NetworkSpec::from_ron(&spec.to_ron()).unwrap(), spec, "{}", spec.to_ron());
}

/// What is wrong is named, not counted.
#[test]
fn errors_name_population_source_and_connection() {
    let said = |change: &dyn Fn(&mut NetworkBuilder)| {
        let mut net = pair();
        change(&mut net);
        net.build().unwrap_err().to_string()
    };
    let others = NetworkBuilder::new(Ms(1.0)).population("first", 1, Li::default());
    type Case<'a> = (&'a dyn Fn(&mut NetworkBuilder), &'a str);
    let cases: [Case<'_>; 11] = [
        (
            &|net| _ = net.population("li", 1, Li::default().tau_m_ms(0.0)),
            "population 'li': neuron.tau_m_ms: 0: expected a number above 0",
        ),
        (&|net| _ = net.population("inh", 1, Li::default()), "population 'inh': name: `inh` names a population"),
        (&|net| _ = net.source("s", 0, Poisson::hz(1.0)), "source 's': size: 0: expected at least 1"),
        (&|net| _ = net.source("s", 1, Poisson::hz(-1.0)), "source 's': emits.rate_hz: -1: expected"),
        (
            &|net| {
                let more = net.population("more", 3, Li::default());
                net.connect(more, more).all_to_all();
            },
            "connection 'more -> more': has no `weight`",
        ),
        (
            &|net| {
                let more = net.population("more", 3, Li::default());
                net.connect(more.ids(1..9), more).all_to_all().weight(1.0).name("n");
            },
            "connection 'n': from: ",
        ),
        (
            &|net| {
                let more = net.population("more", 3, Li::default());
                net.connect(more, more).fixed_in_degree(9_000).weight(1.0).delay_ms(0.25).name("n");
            },
            "connection 'n': delay_ms: 0.25 ms: expected a multiple of dt_ms",
        ),
        (
            &|net| {
                let more = net.population("more", 3, Li::default());
                net.receptor(more.ids(0..1), ReceptorSpec::Delta { name: "d".into() });
            },
            "more[0..1]: is a range",
        ),
        (&|net| *net = NetworkBuilder::new(Ms(0.1)), "populations: is empty"),
        (&|net| *net = NetworkBuilder::new(Ms(0.0)), "dt_ms: 0: expected a number above 0"),
        (
            &|net| {
                *net = NetworkBuilder::new(Ms(0.1));
                net.record_membrane(others);
            },
            "another builder",
        ),
    ];
    for (change, expected) in cases {
        let said = said(change);
        assert!(said.contains(expected), "{said}");
    }
}

/// Draws for [`any_spec`].
struct Draw {
    seed: u64,
    n: u64,
}

impl Draw {
    fn below(&mut self, m: u32) -> u32 {
        self.n += 1;
        below(self.seed, self.n, m)
    }

    fn integer(&mut self) -> u64 {
        self.n += 1;
        bits(self.seed, self.n)
    }

    /// Any number that is not NaN, or a small one.
    fn number(&mut self) -> f64 {
        let drawn = f64::from_bits(self.integer());
        if drawn.is_nan() || self.below(2) == 0 { (unit(self.seed, self.n) * 1000.0).round() / 8.0 } else { drawn }
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Draw) -> T) -> Option<T> {
        if self.flip() { Some(value(self)) } else { None }
    }

    fn list<T>(&mut self, mut value: impl FnMut(&mut Draw) -> T) -> Vec<T> {
        (0..self.below(4)).map(|_| value(self)).collect()
    }

    fn text(&mut self) -> String {
        self.list(|d| ['a', '"', '\\', ' ', '\n', 'é', '[', '\u{1F600}'][d.below(8) as usize]).into_iter().collect()
    }

    fn array_file(&mut self) -> ArrayFile {
        let path = self.path();
        if self.flip() { path.into() } else { ArrayFile::Tensor(path, self.text()) }
    }

    fn path(&mut self) -> PathBuf {
        self.text().into()
    }

    fn neuron(&mut self) -> NeuronSpec {
        let form = if self.flip() { FormSpec::Exact } else { FormSpec::Discrete { decay_input: self.flip() } };
        let threshold = match self.below(3) {
            0 => ThresholdSpec::fixed_mv(self.number()),
            1 => ThresholdSpec::Adaptive { v_th_mv: self.number(), jump_mv: self.number(), tau_ms: self.number() },
            _ => ThresholdSpec::Cue { file: self.array_file() },
        };
        let reset = self.maybe(|d| if d.flip() { ResetSpec::Soft } else { ResetSpec::Hard { v_reset_mv: d.number() } });
        let refractory_input = if self.flip() { RefractoryInput::Keep } else { RefractoryInput::Drop };
        let compare = if self.flip() { Compare::Above } else { Compare::AtLeast };
        let (tau, bias, refractory) = (self.number(), self.number(), self.number());
        macro_rules! fires {
            ($model:expr) => {
                $model
                    .bias_pa(bias)
                    .form(form)
                    .reset(reset)
                    .refractory_ms(refractory)
                    .refractory_input(refractory_input)
                    .compare(compare)
                    .into()
            };
        }
        match self.below(6) {
            5 => FixedPointCubaLif::new(self.below(9), self.below(9), -3)
                .weight_exponent(self.below(9))
                .reset(reset)
                .into(),
            0 => fires!(If::default().threshold(threshold)),
            1 => fires!(Lif::default().tau_m_ms(tau).threshold(threshold)),
            2 => Li::default().tau_m_ms(tau).bias_pa(bias).form(form).into(),
            3 => fires!(CubaLif::default().tau_syn_ms(self.maybe(Draw::number)).threshold(threshold)),
            _ => fires!(Alif::default().v_th_mv(tau).jump_mv(self.number()).tau_threshold_ms(self.number())),
        }
    }

    fn emits(&mut self) -> EmitsSpec {
        let (seed, stride) = (self.maybe(Draw::integer), self.maybe(Draw::integer));
        let values = if self.flip() { ValuesSpec::File(self.array_file()) } else { self.list(Draw::number).into() };
        match self.below(8) {
            0 => {
                let at_ticks = self.list(|d| (d.below(99), d.below(9)));
                Spikes::default().at_ms(self.list(|d| (d.number(), d.below(9)))).at_ticks(at_ticks).into()
            }
            1 => SpikeFile::new(self.path()).population(self.maybe(Draw::text)).into(),
            2 => Regular::every_ms(self.number()).first_ms(self.number()).into(),
            3 => {
                let probability = self.maybe(Draw::number);
                let rate = self.maybe(Draw::number);
                Bernoulli::default().probability(probability).rate_hz(rate).seed(seed).stride(stride).into()
            }
            4 => Poisson::hz(self.number()).seed(seed).stride(stride).into(),
            5 => Frames::new(self.path(), self.number()).into(),
            6 => Rate::new(values, self.number()).seed(seed).stride(stride).into(),
            _ => Latency::new(values, self.number()).first_ms(self.number()).into(),
        }
    }

    fn rule(&mut self) -> RuleSpec {
        let (seed, stride) = (self.maybe(Draw::integer), self.maybe(Draw::integer));
        let (autapses, multapses) = (self.flip(), self.flip());
        macro_rules! degree {
            ($rule:expr) => {
                $rule
                    .seed(seed)
                    .stride(stride)
                    .offset(self.integer())
                    .allow_autapses(autapses)
                    .allow_multapses(multapses)
                    .into()
            };
        }
        match self.below(8) {
            0 => AllToAll::default().allow_autapses(autapses).into(),
            1 => RuleSpec::OneToOne,
            2 => FixedProbability::new(self.number()).seed(seed).allow_autapses(autapses).into(),
            3 => degree!(FixedInDegree::new(self.below(9))),
            4 => degree!(FixedOutDegree::new(self.below(9))),
            5 => RuleSpec::List(self.list(|d| (d.below(9), d.below(9)))),
            6 => RuleSpec::ListFile(self.path()),
            _ => RuleSpec::Matrix { file: self.array_file() },
        }
    }

    fn uniform(&mut self) -> Uniform {
        Uniform::new(self.number(), self.number()).seed(self.maybe(Draw::integer)).first(self.integer())
    }

    fn weight(&mut self) -> WeightSpec {
        match self.below(5) {
            0 => self.number().into(),
            1 => self.uniform().into(),
            2 => Normal::new(self.number(), self.number()).seed(self.maybe(Draw::integer)).first(self.integer()).into(),
            3 => WeightSpec::Values(self.list(Draw::number)),
            _ => WeightSpec::File(self.array_file()),
        }
    }

    fn delay(&mut self) -> DelaySpec {
        match self.below(4) {
            0 => self.number().into(),
            1 => self.uniform().into(),
            2 => DelaySpec::Values(self.list(Draw::number)),
            _ => DelaySpec::File(self.array_file()),
        }
    }

    fn each(&mut self) -> Option<EachSpec> {
        let values = |d: &mut Self| {
            Some(match d.below(4) {
                0 => EachValues::Uniform(Uniform::new(1.0, 2.0).seed(d.below(9) as u64)),
                1 => Normal::new(1.0, 2.0).into(),
                2 => EachValues::Values(vec![0.5, 1.5]),
                _ => EachValues::File("each.npy".into()),
            })
        };
        let (bias_pa, tau_m_ms) = (values(self), values(self));
        (self.below(2) == 0).then(|| EachSpec { bias_pa, tau_m_ms, ..EachSpec::default() })
    }

    fn population(&mut self) -> PopulationSpec {
        let receptors = self.list(|d| match d.below(3) {
            0 => ReceptorSpec::Delta { name: d.text() },
            1 => ReceptorSpec::Exponential { name: d.text(), tau_ms: d.number() },
            _ => ReceptorSpec::Alpha { name: d.text(), tau_ms: d.number() },
        });
        let initial = self.maybe(|d| match d.below(3) {
            0 => InitialSpec::Constant { v_mv: d.number() },
            1 => InitialSpec::Uniform { low_mv: d.number(), high_mv: d.number(), seed: d.maybe(Draw::integer) },
            _ => InitialSpec::File { file: d.array_file() },
        });
        PopulationSpec {
            name: self.text(),
            size: self.below(99),
            neuron: self.neuron(),
            receptors,
            initial,
            each: self.each(),
        }
    }
}

/// Any description, sensible or not.
fn any_spec(seed: u64) -> NetworkSpec {
    let d = &mut Draw { seed, n: 0 };
    NetworkSpec {
        format: FORMAT,
        name: d.text(),
        dt_ms: d.number(),
        duration_ms: d.maybe(Draw::number),
        seed: d.integer(),
        populations: d.list(Draw::population),
        sources: d.list(|d| SourceSpec { name: d.text(), size: d.below(99), emits: d.emits() }),
        projections: d.list(|d| ProjectionSpec {
            name: d.maybe(Draw::text),
            from: d.text(),
            to: d.text(),
            receptor: d.maybe(Draw::text),
            rule: d.rule(),
            weight: d.maybe(Draw::weight),
            delay_ms: d.maybe(Draw::delay),
            precision: d.maybe(|d| {
                let make = if d.flip() { PrecisionSpec::Int8 } else { PrecisionSpec::Int16 };
                make(d.number())
            }),
        }),
        record: RecordSpec {
            spikes: d.maybe(|d| d.list(Draw::text)),
            membrane: d.list(Draw::text),
            threshold: d.list(Draw::text),
            current: d.list(Draw::text),
        },
    }
}

proptest! {
    #[test]
    fn what_is_written_as_ron_is_read_again(seed in any::<u64>()) {
        let spec = any_spec(seed);
        let text = spec.to_ron();
        prop_assert_eq!(NetworkSpec::from_ron(&text), Ok(spec), "{}", text);
    }
}
