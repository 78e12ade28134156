//! Small networks whose spikes, membranes and counts are known by hand.

use super::{Keep, run};
use crate::energy::synops::LayerSynops;
use crate::network::Network;
use crate::network::compile::{Settings, compile};
use crate::network::spec::NetworkSpec;
use crate::recording::{Ignore, Probe, Variable};
use crate::simulator::Simulation;
use crate::simulator::part::make_cells;
use crate::spiking::Driver;
use crate::spiking::Tick;
use std::path::Path;

const DRIVERS: [Driver; 3] = [Driver::Event, Driver::Clock, Driver::Auto];

pub(super) fn network(text: &str, folder: &Path) -> Network {
    let spec = NetworkSpec::from_ron(text).unwrap();
    compile(&spec, folder, &Settings::default()).unwrap().network
}

/// One population named "p", with a source "s" that fires at given ticks; `more` follows the
/// population's neuron.
fn one(size: u32, neuron: &str, more: &str, ticks: &[Tick], weight: &str) -> Network {
    let spikes: Vec<String> = ticks.iter().map(|tick| format!("({tick}, 0)")).collect();
    let text = format!(
        "(format: 1, dt_ms: 0.1, populations: [(name: \"p\", size: {size}, neuron: {neuron}, {more})],
          sources: [(name: \"s\", size: 1, emits: Spikes(at_ticks: [{}]))],
          projections: [(from: \"s\", to: \"p\", rule: AllToAll(), weight: {weight})])",
        spikes.join(", ")
    );
    network(&text, Path::new("."))
}

/// What is recorded of the first neuron, tick by tick, which all drivers agree on.
fn trace(network: &Network, variable: Variable, ticks: Tick) -> Vec<f64> {
    let probe = Probe { variable, population: 0, neurons: vec![0] };
    let kept: Vec<Keep> =
        DRIVERS.iter().map(|&driver| run(network, driver, 1, &[ticks], std::slice::from_ref(&probe))).collect();
    assert_eq!((&kept[1], &kept[2]), (&kept[0], &kept[0]));
    kept[0].values.iter().map(|(_, _, values)| f64::from_bits(values[0])).collect()
}

fn spike_ticks(network: &Network, ticks: Tick) -> Vec<Tick> {
    let kept: Vec<Keep> = DRIVERS.iter().map(|&driver| run(network, driver, 1, &[ticks], &[])).collect();
    assert_eq!((&kept[1], &kept[2]), (&kept[0], &kept[0]));
    kept[0].spikes.iter().map(|&(tick, ..)| tick).collect()
}

/// V(t) = 15 (1 - exp(-t / tau)) stays below 15 for ever, and so does what falls short of the
/// steady state in other ways.
#[test]
fn a_membrane_that_only_approaches_its_threshold_never_fires() {
    let cases = [
        ("Lif(tau_m_ms: 20, bias_pa: 15, threshold: Fixed(v_th_mv: 15), compare: Above)", ""),
        ("Lif(tau_m_ms: 20, bias_pa: 15, threshold: Fixed(v_th_mv: 15), compare: AtLeast)", ""),
        ("Lif(tau_m_ms: 0.3, bias_pa: 15, threshold: Fixed(v_th_mv: 15), compare: AtLeast)", ""),
        (
            "Lif(tau_m_ms: 7, v_rest_mv: -50, threshold: Fixed(v_th_mv: -50), reset: Hard(v_reset_mv: -70))",
            "initial: Constant(v_mv: -51.3),",
        ),
        (
            "Lif(tau_m_ms: 20, r_m_gohm: 0.1, bias_pa: 33, v_rest_mv: -1.3, threshold: Fixed(v_th_mv: 2.0000000000000004), compare: Above)",
            "",
        ),
        ("Lif(tau_m_ms: 5, bias_pa: 0.7, threshold: Fixed(v_th_mv: 0.7), form: Discrete(decay_input: true))", ""),
        // What a negative current takes away comes back, and no more.
        ("CubaLif(tau_m_ms: 20, tau_syn_ms: 3, bias_pa: 15, threshold: Fixed(v_th_mv: 15), compare: Above)", ""),
        (
            "Lif(tau_m_ms: 4, bias_pa: 15, threshold: Fixed(v_th_mv: 15), compare: Above)",
            "receptors: [Alpha(name: \"i\", tau_ms: 2)],",
        ),
    ];
    for (neuron, more) in cases {
        let network = one(9, neuron, more, &[3, 700, 701, 5000], "Constant(-2)");
        assert_eq!(spike_ticks(&network, 40_000), [0; 0], "{neuron} {more}");
    }
}

/// The same with a threshold that falls onto the membrane, which lies still where the threshold
/// ends.
#[test]
fn a_threshold_that_only_approaches_the_membrane_meets_nobody() {
    let neuron = "Alif(tau_m_ms: 10, v_th_mv: 5, jump_mv: 2, tau_threshold_ms: 3, v_rest_mv: 0, bias_pa: 5, reset: Hard(v_reset_mv: 4), compare: Above)";
    let network = one(3, neuron, "initial: Constant(v_mv: 6),", &[], "Constant(1)");
    assert_eq!(spike_ticks(&network, 30_000), [0]);
}

/// Ten equal steps of 0.1 are 1, where ten rounded sums are less: without leak the interval is that
/// of the closed form, wherever it begins.
#[test]
fn equal_steps_of_a_bias_are_one_product() {
    for (reset, refractory, interval) in
        [("Hard(v_reset_mv: 0)", 0, 10), ("Hard(v_reset_mv: 0)", 7, 17), ("Soft", 0, 10)]
    {
        let neuron = format!(
            "If(bias_pa: 1, threshold: Fixed(v_th_mv: 1), reset: {reset}, refractory_ms: {})",
            f64::from(refractory) * 0.1
        );
        let network = one(9, &neuron, "", &[], "Constant(1)");
        let times = spike_ticks(&network, 3000);
        let expected: Vec<Tick> = (0..).map(|n| 9 + n * interval).take_while(|&tick| tick < 3000).collect();
        assert_eq!(times, expected, "{neuron}");
    }
}

/// A spike at tick 10, then five refractory ticks with two arrivals of 40 mV at ticks 12 and 14:
/// kept for the end, where they are worth 40 exp(-0.04) + 40 exp(-0.02) mV. Until then the membrane
/// is where the reset has put it.
#[test]
fn a_refractory_membrane_shows_its_reset_value() {
    const TOLERANCE: f64 = 1e-12;
    let later = 40.0 * (-0.04_f64).exp() + 40.0 * (-0.02_f64).exp();
    for (reset, value) in [("Hard(v_reset_mv: 0)", 0.0), ("Hard(v_reset_mv: -3)", -3.0), ("Soft", 17.0)] {
        for (input, extra) in [("Keep", later), ("Drop", 0.0)] {
            let neuron = format!(
                "Lif(tau_m_ms: 10, threshold: Fixed(v_th_mv: 23), refractory_ms: 0.5, refractory_input: {input}, reset: {reset})"
            );
            let network = one(2, &neuron, "", &[9, 11, 13], "Constant(40)");
            let membrane = trace(&network, Variable::Membrane, 30);
            assert_eq!(membrane[..10], [0.0; 10], "{neuron}");
            assert_eq!(membrane[10..16], [value; 6], "{neuron}");
            let fires = input == "Keep";
            assert_eq!(spike_ticks(&network, 20), if fires { vec![10, 16] } else { vec![10] }, "{neuron}");
            let left = value * (-0.01_f64).exp() + extra;
            let expected = match (fires, reset) {
                (true, "Soft") => left - 23.0,
                (true, _) => value,
                (false, _) => left,
            };
            assert!((membrane[16] - expected).abs() < TOLERANCE, "{neuron}: {} {expected}", membrane[16]);
        }
    }
}

/// Currents go on in the refractory time; their part for the membrane in the tick of arrival does
/// not.
#[test]
fn only_delta_arrivals_are_kept() {
    let membrane = |input| {
        let neuron = format!(
            "CubaLif(tau_m_ms: 10, tau_syn_ms: 2, threshold: Fixed(v_th_mv: 10), refractory_ms: 0.5, refractory_input: {input}, form: Discrete(decay_input: false))"
        );
        let network = one(1, &neuron, "initial: Constant(v_mv: 20),", &[2], "Constant(0.5)");
        assert_eq!(spike_ticks(&network, 12), [0]);
        (trace(&network, Variable::Membrane, 12), trace(&network, Variable::Current, 12))
    };
    let (kept, dropped) = (membrane("Keep"), membrane("Drop"));
    assert_eq!(kept, dropped);
    assert_eq!(kept.0[..6], [0.0; 6]);
    assert!(kept.0[6] > 0.0 && kept.1[3] == 0.5 && kept.1[4] == 0.5 * 0.95);
}

/// Neurons without currents have none: 0, not the -0 of an empty sum.
#[test]
fn no_current_is_zero() {
    for neuron in ["If()", "Lif(tau_m_ms: 10)"] {
        let current = trace(&one(1, neuron, "", &[2], "Constant(0.5)"), Variable::Current, 5);
        assert!(current.iter().all(|current| current.to_bits() == 0), "{neuron}: {current:?}");
    }
}

/// Eleven doubles of 0.1 reach 1 where ten do not; ten singles would.
#[test]
fn a_weight_is_the_same_in_every_spelling() {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [("list.csv", "source,target,weight\n0,0,0.1\n"), ("matrix.csv", "0.1\n"), ("tenth.csv", "1\n")]
    {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    for spelling in [
        "rule: OneToOne, weight: Constant(0.1)",
        "rule: OneToOne, weight: Values([0.1])",
        "rule: OneToOne, weight: Uniform(low: 0.1, high: 0.1)",
        "rule: OneToOne, weight: Normal(mean: 0.1, sd: 0)",
        "rule: OneToOne, weight: File(\"matrix.csv\")",
        "rule: List([(0, 0)]), weight: Values([0.1])",
        "rule: ListFile(\"list.csv\")",
        "rule: Matrix(file: \"matrix.csv\")",
        "rule: Matrix(file: \"tenth.csv\"), weight: Constant(0.1)",
    ] {
        let text = format!(
            "(format: 1, dt_ms: 1, populations: [(name: \"p\", size: 1, neuron: If(threshold: Fixed(v_th_mv: 1)))],
              sources: [(name: \"s\", size: 1, emits: Regular(period_ms: 1))], projections: [(from: \"s\", to: \"p\", {spelling})])"
        );
        assert_eq!(spike_ticks(&network(&text, folder.path()), 25), [11, 22], "{spelling}");
    }
}

fn synops(network: &Network, driver: Driver, ticks: Tick) -> (LayerSynops, u64) {
    let mut simulation = Simulation::in_parts(network, driver, 1, Vec::new(), &make_cells, &|_| {}).unwrap();
    simulation.run(ticks, &mut Ignore, &mut |_| {}).unwrap();
    let analog = |e: &crate::energy::Entry| e.operator == "analog_input";
    (simulation.synops().layers[0].clone(), simulation.ledger().count(crate::energy::Kind::Mac, analog))
}

/// Rows of weights 2, 1, 3 and 1 non-zero ones, values that hold for two ticks: 1 x 2 + 1 x 1 = 3
/// ACs and 0.5 x 3 MACs; nothing; ones: 7 ACs; 2 x 2 + 0.25 x 1: 3 MACs. The first frame arrives at
/// tick 1.
#[test]
fn operations_of_analog_input_leave_zero_weights_out() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("frames.csv"), "1,-1,0.5,0\n0,0,0,0\n1,1,1,1\n2,0,0,0.25\n").unwrap();
    std::fs::write(folder.path().join("w.csv"), "0.5,0,1,0\n0.5,1,1,0\n0,0,1,-2\n").unwrap();
    std::fs::write(
        folder.path().join("list.csv"),
        "source,target,weight\n0,0,0.5\n0,1,0.5\n1,1,1\n2,0,1\n2,1,1\n2,2,1\n3,2,-2\n3,1,0\n",
    )
    .unwrap();
    for rule in ["Matrix(file: \"w.csv\")", "ListFile(\"list.csv\")"] {
        let text = format!(
            "(format: 1, dt_ms: 1, populations: [(name: \"p\", size: 3, neuron: Lif(tau_m_ms: 2, threshold: Fixed(v_th_mv: 1e6)))],
              sources: [(name: \"s\", size: 4, emits: Frames(file: \"frames.csv\", frame_ms: 2))],
              projections: [(from: \"s\", to: \"p\", rule: {rule})])"
        );
        let network = network(&text, folder.path());
        for driver in DRIVERS {
            let (found, analog) = synops(&network, driver, 9);
            assert_eq!((found.effective_acs, found.effective_macs), (20, 12), "{rule} {driver:?}");
            assert_eq!((found.spikes_x_fan_out, found.rate_x_dense, found.input_rate), (None, None, None));
            assert_eq!(found.dense, 4 * 3 * 9);
            assert!(analog >= 28);
        }
    }
}

/// Two sources with ten spikes each on three neurons, and a hundred on a hundred of which each
/// reaches some.
#[test]
fn input_spikes_are_spikes_with_every_driver() {
    let all = "(format: 1, dt_ms: 1, populations: [(name: \"p\", size: 3, neuron: If(threshold: Fixed(v_th_mv: 5)))],
        sources: [(name: \"s\", size: 2, emits: Regular(period_ms: 10))],
        projections: [(from: \"s\", to: \"p\", rule: AllToAll(), weight: Constant(1))])";
    let some = "(format: 1, dt_ms: 1, seed: 1, populations: [(name: \"p\", size: 100, neuron: If(threshold: Fixed(v_th_mv: 5)))],
        sources: [(name: \"s\", size: 100, emits: Regular(period_ms: 10))],
        projections: [(from: \"s\", to: \"p\", rule: FixedProbability(probability: 0.1), weight: Constant(1))])";
    for driver in DRIVERS {
        let (found, analog) = synops(&network(all, Path::new(".")), driver, 100);
        assert_eq!((found.spikes_x_fan_out, found.rate_x_dense, found.dense, analog), (Some(60), Some(60.0), 600, 0));
        assert_eq!((found.effective_acs, found.effective_macs), (60, 0));
        let (found, _) = synops(&network(some, Path::new(".")), driver, 100);
        assert_eq!((found.dense, found.rate_x_dense, found.input_rate), (1_000_000, Some(100_000.0), Some(0.1)));
        assert!(found.spikes_x_fan_out.is_some_and(|n| (8_000..12_000).contains(&n)));
    }
}
