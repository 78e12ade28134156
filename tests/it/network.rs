//! Network files: what is refused and where that is said to be, the two verbs, and mutated files.
#![cfg(unix)]

use assert_cmd::Command;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use spikefuse::network::compile::{Compiled, NetworkFile, Settings, compile};
use spikefuse::network::graph::NetworkGraph;
use spikefuse::network::info::Info;
use spikefuse::network::spec::NetworkSpec;
use spikefuse::recording::{Header, Memory};
use spikefuse::simulator::Simulation;
use spikefuse::spiking::Driver;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Each refusal below replaces one piece of this.
const GOOD: &str = r#"// A comment, so that nothing starts in line 1.
(
    format: 1,
    name: "base",
    dt_ms: 0.5,
    duration_ms: 100,
    populations: [
        (
            name: "exc", size: 4, neuron: Lif(tau_m_ms: 10, reset: Hard(v_reset_mv: 5), refractory_ms: 1),
            receptors: [Delta(name: "fast"), Exponential(name: "slow", tau_ms: 4)],
            initial: Uniform(low_mv: 0, high_mv: 10),
        ),
        (name: "inh", size: 2, neuron: Alif(bias_pa: 25, jump_mv: 1)),
    ],
    sources: [
        (name: "input", size: 4, emits: Spikes(at_ms: [(1, 0), (1.5, 3)])),
        (name: "noise", size: 2, emits: Poisson(rate_hz: 100)),
    ],
    projections: [
        (from: "input", to: "exc", receptor: "fast", rule: OneToOne, weight: Constant(2), delay_ms: Constant(1)),
        (from: "exc[0..2]", to: "inh", rule: AllToAll(), weight: Uniform(low: 0, high: 1)),
        (from: "inh", to: "exc", receptor: "slow", rule: FixedInDegree(degree: 2), weight: Normal(mean: -1, sd: 0.1)),
        (from: "noise", to: "inh", rule: FixedProbability(probability: 0.5), weight: Constant(1)),
    ],
    record: (membrane: ["exc[0..1]"]),
)
"#;

/// What is replaced, by what, where the message must point in the new text, and words of the
/// message.
type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);

const REFUSED: &[Case] = &[
    // The text.
    ("format: 1", "format: 2", "2,\n    name", &["format", "expected 1"]),
    ("format: 1,", "", "(\n    \n", &["format: is missing", "`format: 1`"]),
    ("format: 1,", "format: 1, formatt: 1,", "", &["formatt", "format"]),
    ("format: 1,", "format: 1, format: 1,", "", &["format"]),
    ("dt_ms: 0.5", "dt_ms: \"a\"", "", &["expected a number"]),
    ("tau_m_ms: 10", "tau_ms: 10", "", &["tau_ms", "tau_m_ms"]),
    ("rule: OneToOne", "rule: OneToTwo", "", &["OneToTwo", "OneToOne"]),
    ("size: 4, neuron", "size: 4294967296, neuron", "", &["bounds"]),
    ("size: 4, neuron", "size: -1, neuron", "", &["nteger"]),
    ("to: \"exc\", receptor: \"fast\"", "receptor: \"fast\"", "", &["`to`"]),
    ("weight: Constant(2)", "weight: 2", "2, delay", &["near `weight`", "`Constant(1)`"]),
    ("rule: OneToOne", "rule: AllToAll", ", weight", &["near `rule`", "`AllToAll()`"]),
    // Time.
    ("dt_ms: 0.5", "dt_ms: 0", "0,\n    duration", &["dt_ms", "above 0"]),
    ("dt_ms: 0.5", "dt_ms: NaN", "NaN", &["dt_ms", "NaN", "above 0"]),
    ("dt_ms: 0.5", "dt_ms: -0.5", "-0.5", &["dt_ms", "above 0"]),
    ("duration_ms: 100", "duration_ms: inf", "inf", &["duration_ms", "at least 0"]),
    ("duration_ms: 100", "duration_ms: 100.2", "100.2", &["duration_ms", "multiple of dt_ms", "0.000001 of a tick"]),
    ("duration_ms: 100", "duration_ms: 1e300", "1e300", &["duration_ms", "1e300 ms", "2^31 - 1 ticks"]),
    ("duration_ms: 100", "duration_ms: 2e9", "2e9", &["duration_ms", "2^31 - 1 ticks, 1073741823.5 ms"]),
    ("duration_ms: 100", "duration_ms: 0", "0,", &["duration_ms", "positive time, at least one tick of 0.5 ms"]),
    ("dt_ms: 0.5", "dt_ms: 1e300", "1e300", &["dt_ms", "1e300 is not a time step"]),
    // Names.
    ("name: \"inh\"", "name: \"exc\"", "\"exc\", size: 2", &["populations[1].name", "unique"]),
    ("name: \"noise\"", "name: \"exc\"", "\"exc\", size: 2, emits", &["sources[1].name", "unique"]),
    ("name: \"inh\"", "name: \"\"", "\"\"", &["populations[1].name", "is empty"]),
    ("name: \"inh\"", "name: \"a[b\"", "\"a[b\"", &["brackets"]),
    ("name: \"slow\"", "name: \"fast\"", "\"fast\", tau_ms", &["populations[0].receptors[1].name", "twice"]),
    ("from: \"noise\"", "from: \"nose\"", "\"nose\"", &["projections[3].from", "`nose`", "nearest name is `noise`"]),
    ("to: \"inh\", rule: F", "to: \"noise\", rule: F", "\"noise\", rule", &["projections[3].to", "is a source"]),
    ("receptor: \"fast\"", "receptor: \"past\"", "\"past\"", &["projections[0].receptor", "nearest name is `fast`"]),
    ("receptor: \"fast\", ", "", "(from: \"input\"", &["projections[0].receptor", "is missing", "`fast`, `slow`"]),
    ("to: \"inh\", rule: A", "to: \"inh\", name: \"x[\", rule: A", "\"x[\"", &["projections[1].name", "brackets"]),
    (
        "from: \"noise\", to: \"inh\"",
        "from: \"exc[0..2]\", to: \"inh\"",
        "(from: \"exc[0..2]\", to: \"inh\", rule: F",
        &["already"],
    ),
    ("[\"exc[0..1]\"]", "[\"exc[0..9]\"]", "\"exc[0..9]\"", &["record.membrane[0]", "behind 4"]),
    ("[\"exc[0..1]\"]", "[\"input\"]", "\"input\"]", &["record.membrane[0]", "is a source"]),
    ("membrane: [\"exc[0..1]\"]", "spikes: [\"input[4]\"]", "\"input[4]\"", &["record.spikes[0]", "ends behind 4"]),
    // Ranges.
    ("from: \"exc[0..2]\"", "from: \"exc[2..2]\"", "\"exc[2..2]\"", &["projections[1].from", "empty"]),
    ("from: \"exc[0..2]\"", "from: \"exc[3..1]\"", "\"exc[3..1]\"", &["projections[1].from", "empty"]),
    ("from: \"exc[0..2]\"", "from: \"exc[0-2]\"", "\"exc[0-2]\"", &["projections[1].from", "expected a range"]),
    (
        "from: \"exc[0..2]\"",
        "from: \"exc[0..99999999999]\"",
        "\"exc[0..9",
        &["projections[1].from", "expected a range"],
    ),
    // Sizes.
    ("size: 2, neuron", "size: 0, neuron", "0, neuron", &["populations[1].size", "at least 1"]),
    ("size: 2, emits", "size: 0, emits", "0, emits", &["sources[1].size", "at least 1"]),
    (
        "size: 2, neuron",
        "size: 4294967295, neuron",
        "4294967295",
        &["populations[1].size", "bytes of memory", "the limit is 1000000 bytes"],
    ),
    (
        "FixedInDegree(degree: 2)",
        "FixedInDegree(degree: 4294967295)",
        "FixedInDegree",
        &["projections[2].rule", "bytes of memory"],
    ),
    (
        "FixedInDegree(degree: 2)",
        "FixedInDegree(degree: 3, allow_multapses: false)",
        "3, allow",
        &["projections[2].rule.degree", "3 sources without multapses: expected at most 2, all sources"],
    ),
    (
        "from: \"inh\", to: \"exc\", receptor: \"slow\", rule: FixedInDegree(degree: 2)",
        "from: \"inh\", to: \"inh\", rule: FixedInDegree(degree: 2, allow_autapses: false, allow_multapses: false)",
        "2, allow",
        &["projections[2].rule.degree", "at most 1, all sources but the neuron itself"],
    ),
    (
        "from: \"inh\", to: \"exc\", receptor: \"slow\", rule: FixedInDegree(degree: 2)",
        "from: \"inh[1]\", to: \"inh\", rule: FixedOutDegree(degree: 2, allow_multapses: false, allow_autapses: false)",
        "2, allow",
        &["projections[2].rule.degree", "2 targets without multapses", "at most 1"],
    ),
    (
        "from: \"inh\", to: \"exc\", receptor: \"slow\", rule: FixedInDegree(degree: 2)",
        "from: \"inh[1]\", to: \"inh\", rule: FixedInDegree(degree: 1, allow_autapses: false)",
        "FixedInDegree(degree: 1",
        &["projections[2].rule", "no source to draw but the neuron itself"],
    ),
    (
        "FixedInDegree(degree: 2)",
        "FixedInDegree(degree: 0)",
        "0), weight",
        &["projections[2].rule.degree", "at least 1"],
    ),
    (
        "(degree: 2)",
        "(degree: 2, offset: 18446744073709551615)",
        "FixedInDegree",
        &["projections[2].rule.stride", "2^64"],
    ),
    (
        "(degree: 2)",
        "(degree: 2, stride: 18446744073709551615)",
        "18446744073709551615)",
        &["projections[2].rule.stride", "2^64"],
    ),
    // Neurons.
    ("tau_m_ms: 10", "tau_m_ms: 0", "0, reset", &["populations[0].neuron.tau_m_ms", "above 0"]),
    ("tau_m_ms: 10", "tau_m_ms: inf", "inf, reset", &["populations[0].neuron.tau_m_ms", "above 0"]),
    (
        "tau_m_ms: 10",
        "tau_m_ms: 0.4, form: Discrete(decay_input: false)",
        "0.4",
        &["tau_m_ms", "at least dt_ms", "discrete"],
    ),
    ("tau_ms: 4", "tau_ms: -4", "-4", &["populations[0].receptors[1].tau_ms", "above 0"]),
    (
        "tau_m_ms: 10",
        "form: Discrete(decay_input: true), tau_m_ms: 10, v_rest_mv: NaN",
        "NaN",
        &["v_rest_mv", "finite"],
    ),
    ("tau_m_ms: 10", "r_m_gohm: 0", "0, reset", &["r_m_gohm", "above 0"]),
    ("bias_pa: 25", "bias_pa: inf", "inf", &["bias_pa", "finite"]),
    ("bias_pa: 25", "bias_pa: 1e308, r_m_gohm: 10", "1e308", &["bias_pa", "finite"]),
    ("jump_mv: 1", "jump_mv: NaN", "NaN", &["populations[1].neuron.jump_mv", "finite"]),
    ("jump_mv: 1", "tau_threshold_ms: 0", "0)),", &["populations[1].neuron.tau_threshold_ms", "above 0"]),
    ("jump_mv: 1", "v_th_mv: NaN", "NaN", &["populations[1].neuron.v_th_mv", "finite"]),
    ("v_reset_mv: 5", "v_reset_mv: 20", "20)", &["populations[0].neuron.reset.v_reset_mv", "below the threshold"]),
    ("reset: Hard(v_reset_mv: 5)", "threshold: Fixed(v_th_mv: -1)", "Lif(", &["neuron.reset", "below the threshold"]),
    ("reset: Hard(v_reset_mv: 5)", "threshold: Fixed(v_th_mv: inf)", "inf", &["neuron.threshold.v_th_mv", "finite"]),
    (
        "reset: Hard(v_reset_mv: 5)",
        "threshold: Adaptive(v_th_mv: 1, jump_mv: 1, tau_ms: 0)",
        "0)",
        &["neuron.threshold.tau_ms", "above 0"],
    ),
    ("v_reset_mv: 5", "v_reset_mv: NaN", "NaN", &["neuron.reset.v_reset_mv", "finite"]),
    ("refractory_ms: 1", "refractory_ms: 1.2", "1.2", &["neuron.refractory_ms", "multiple of dt_ms"]),
    ("refractory_ms: 1", "refractory_ms: -1", "-1", &["neuron.refractory_ms", "at least 0"]),
    ("Lif(tau_m_ms: 10", "CubaLif(tau_syn_ms: 3", "3, reset", &["neuron.tau_syn_ms", "names its receptors"]),
    (
        "neuron: Alif(bias_pa: 25, jump_mv: 1)",
        "neuron: CubaLif(tau_syn_ms: 0)",
        "0)",
        &["neuron.tau_syn_ms", "above 0"],
    ),
    (
        "Exponential(name: \"slow\", tau_ms: 4)",
        "Alpha(name: \"slow\", tau_ms: 1e-320)",
        "1e-320",
        &["receptors[1].tau_ms", "finite"],
    ),
    ("high_mv: 10", "high_mv: -10", "-10", &["populations[0].initial.high_mv", "at least low_mv"]),
    ("initial: Uniform(low_mv: 0, high_mv: 10)", "initial: Constant(v_mv: inf)", "inf", &["initial.v_mv", "finite"]),
    (
        "Lif(tau_m_ms: 10, reset: Hard(v_reset_mv: 5), refractory_ms: 1),
            receptors: [Delta(name: \"fast\"), Exponential",
        "Lif(form: Discrete(decay_input: true)),
            receptors: [Delta(name: \"fast\"), Alpha",
        "Alpha(",
        &["populations[0].receptors[1]", "no discrete form"],
    ),
    (
        "tau_ms: 4)]",
        "tau_ms: 4), Alpha(name: \"a\", tau_ms: 1), Alpha(name: \"b\", tau_ms: 1), Alpha(name: \"c\", tau_ms: 1), \
         Alpha(name: \"d\", tau_ms: 1)]",
        "[Delta",
        &["populations[0].receptors", "at most 4"],
    ),
    // Sources.
    ("(1.5, 3)", "(1.7, 3)", "(1.7, 3)", &["sources[0].emits.at_ms[1]", "multiple of dt_ms"]),
    ("(1.5, 3)", "(-1.5, 3)", "(-1.5, 3)", &["sources[0].emits.at_ms[1]", "at least 0"]),
    ("(1.5, 3)", "(1.5, 4)", "(1.5, 4)", &["sources[0].emits.at_ms[1]", "id 4", "less than 4"]),
    ("at_ms: [(1, 0), (1.5, 3)]", "at_ticks: [(3, 7)]", "(3, 7)", &["sources[0].emits.at_ticks[0]", "id 7"]),
    ("rate_hz: 100", "rate_hz: -1", "-1", &["sources[1].emits.rate_hz", "at least 0"]),
    ("rate_hz: 100", "rate_hz: 1e9", "1e9", &["sources[1].emits.rate_hz", "at most 500"]),
    ("rate_hz: 100", "rate_hz: 100, stride: 18446744073709551615", "18446744073709551615", &["stride", "2^64"]),
    ("Poisson(rate_hz: 100)", "Bernoulli()", "Bernoulli()", &["sources[1].emits", "either"]),
    ("Poisson(rate_hz: 100)", "Bernoulli(rate_hz: 1, probability: 0.1)", "Bernoulli", &["sources[1].emits", "either"]),
    ("Poisson(rate_hz: 100)", "Bernoulli(probability: 1.5)", "1.5)", &["sources[1].emits.probability", "from 0 to 1"]),
    ("Poisson(rate_hz: 100)", "Bernoulli(rate_hz: 2001)", "2001", &["sources[1].emits.rate_hz", "at most 2000 Hz"]),
    ("Poisson(rate_hz: 100)", "Regular(period_ms: 0)", "0)", &["sources[1].emits.period_ms", "at least one tick"]),
    (
        "Poisson(rate_hz: 100)",
        "Rate(values: Values([0.1]), max_rate_hz: 10)",
        "Values",
        &["sources[1].emits.values", "expected 2"],
    ),
    (
        "Poisson(rate_hz: 100)",
        "Rate(values: Values([0.1, 2]), max_rate_hz: 10)",
        "Values",
        &["sources[1].emits.values", "from 0 to 1"],
    ),
    (
        "Poisson(rate_hz: 100)",
        "Latency(values: Values([1, 1]), first_ms: 2e9, window_ms: 1e9)",
        "1e9)",
        &["window_ms", "last tick"],
    ),
    ("Poisson(rate_hz: 100)", "Frames(file: \"pairs.csv\", frame_ms: 0)", "0)", &["frame_ms", "at least one tick"]),
    (
        "Poisson(rate_hz: 100)",
        "Frames(file: \"rows.csv\", frame_ms: 1)",
        "\"rows.csv\"",
        &["emits.file", "rows.csv", "[2, 3]", "[frames, 2]"],
    ),
    ("Poisson(rate_hz: 100)", "SpikeFile(file: \"none.csv\")", "\"none.csv\"", &["sources[1].emits.file", "none.csv"]),
    (
        "Poisson(rate_hz: 100)",
        "SpikeFile(file: \"spikes.csv\")",
        "\"spikes.csv\"",
        &["emits.file", "neuron 5", "'noise' has 2"],
    ),
    (
        "Poisson(rate_hz: 100)",
        "SpikeFile(file: \"spikes.csv\", population: \"x\")",
        "\"spikes.csv\"",
        &["emits.file", "'x'", "default"],
    ),
    // Projections.
    (
        "Poisson(rate_hz: 100)),\n    ],\n    projections: [",
        "Frames(file: \"pairs.csv\", frame_ms: 1)),\n    ],\n    projections: [\n        \
         (name: \"analog\", from: \"noise\", to: \"inh\", rule: AllToAll(), weight: Constant(1), delay_ms: Uniform(low: 1, high: 2)),",
        "Uniform(low: 1, high: 2)",
        &["projections[0].delay_ms", "noise", "analog", "one delay"],
    ),
    (
        "delay_ms: Constant(1)",
        "delay_ms: Constant(1.2)",
        "Constant(1.2)",
        &["projections[0].delay_ms", "multiple of dt_ms"],
    ),
    (
        "delay_ms: Constant(1)",
        "delay_ms: Constant(40000)",
        "Constant(40000)",
        &["projections[0].delay_ms", "65,535 ticks"],
    ),
    (
        "delay_ms: Constant(1)",
        "delay_ms: Uniform(low: 0, high: 1)",
        "Uniform(low: 0, high: 1))",
        &["delay_ms", "at least one tick"],
    ),
    ("delay_ms: Constant(1)", "delay_ms: Uniform(low: 2, high: 1)", "1)),", &["delay_ms.high", "at least low"]),
    ("delay_ms: Constant(1)", "delay_ms: Values([1, 0, 1, 1])", "Values", &["delay_ms", "at least one tick"]),
    ("delay_ms: Constant(1)", "delay_ms: Values([1, 1])", "Values", &["delay_ms", "2 values", "expected 4"]),
    ("weight: Constant(2), ", "", "(from: \"input\"", &["projections[0]", "no `weight`"]),
    ("weight: Constant(2)", "weight: Constant(1e281)", "Constant(1e281)", &["projections[0].weight", "at most 1e280"]),
    ("weight: Constant(2)", "weight: Constant(-inf)", "Constant(-inf)", &["projections[0].weight", "-inf", "finite"]),
    ("Uniform(low: 0, high: 1))", "Uniform(low: 0, high: inf))", "inf))", &["projections[1].weight.high", "finite"]),
    ("sd: 0.1", "sd: 1e280", "1e280", &["projections[2].weight.sd", "at most 1e280"]),
    ("bias_pa: 25", "bias_pa: 25, r_m_gohm: 1e290", "25, r_m", &["neuron.bias_pa", "at most 1e280"]),
    ("tau_m_ms: 10", "threshold: Fixed(v_th_mv: inf), tau_m_ms: 10", "inf", &["v_th_mv", "finite"]),
    ("jump_mv: 1", "jump_mv: -1e300", "-1e300", &["populations[1].neuron.jump_mv", "-1e300", "at most 1e280"]),
    ("high_mv: 10", "high_mv: 1e300", "1e300", &["populations[0].initial.high_mv", "at most 1e280"]),
    ("weight: Constant(2)", "weight: Constant(NaN)", "Constant(NaN)", &["projections[0].weight", "finite"]),
    (
        "weight: Constant(2)",
        "weight: Values([1, 2, 3])",
        "Values",
        &["projections[0].weight", "3 values", "expected 4"],
    ),
    ("weight: Constant(2)", "weight: File(\"rows.csv\")", "File", &["projections[0].weight", "6 values"]),
    ("weight: Constant(2)", "weight: File(\"rows.txt\")", "File", &["projections[0].weight", ".npy or .csv"]),
    (
        "Uniform(low: 0, high: 1)),",
        "Uniform(low: 2, high: 1)),",
        "1)),",
        &["projections[1].weight.high", "at least low"],
    ),
    (
        "Uniform(low: 0, high: 1)),",
        "Uniform(low: 0, high: 1, first: 18446744073709551615)),",
        "18446744073709551615",
        &["weight.first", "2^64"],
    ),
    ("sd: 0.1", "sd: -0.1", "-0.1", &["projections[2].weight.sd", "at least 0"]),
    (
        "from: \"input\", to: \"exc\"",
        "from: \"input[1..2]\", to: \"exc\"",
        "OneToOne",
        &["projections[0].rule", "1 sources and 4 targets"],
    ),
    ("probability: 0.5", "probability: -0.1", "-0.1", &["projections[3].rule.probability", "from 0 to 1"]),
    (
        "AllToAll(), weight: Uniform(low: 0, high: 1)",
        "AllToAll(), weight: Values([1, 2, 3, 4])",
        "Values",
        &["projections[1].weight", "one to one or a list"],
    ),
    ("AllToAll()", "List([(0, 0), (2, 0)])", "List", &["projections[1].rule", "edge 1", "0..2"]),
    ("AllToAll()", "List([])", "List", &["projections[1].rule", "at least one"]),
    ("AllToAll()", "ListFile(\"edges.csv\")", "ListFile", &["projections[1].rule", "edge 1", "(3, 1)"]),
    ("AllToAll()", "ListFile(\"rows.csv\")", "ListFile", &["projections[1].rule", "rows.csv", "`source,target`"]),
    (
        "AllToAll()",
        "ListFile(\"bad.csv\")",
        "ListFile",
        &["projections[1].rule", "bad.csv", "line 3", "target", "whole number"],
    ),
    ("AllToAll()", "Matrix(file: \"rows.csv\")", "\"rows.csv\"", &["projections[1].rule.file", "[2, 3]", "[2, 2]"]),
    ("AllToAll()", "Matrix(file: \"nan.csv\")", "\"nan.csv\"", &["projections[1].rule.file", "nan.csv", "value 1"]),
    ("AllToAll()", "Matrix(file: \"words.csv\")", "\"words.csv\"", &["projections[1].rule.file", "line 1", "a number"]),
    ("AllToAll()", "Matrix(file: \"cut.npy\")", "\"cut.npy\"", &["projections[1].rule.file", "truncated"]),
    (
        "AllToAll()",
        "Matrix(file: \"complex.npy\")",
        "\"complex.npy\"",
        &["projections[1].rule.file", "floats or integers"],
    ),
    ("AllToAll()", "Matrix(file: \"folder.csv\")", "\"folder.csv\"", &["projections[1].rule.file", "not a file"]),
    ("high_mv: 10)", "high_mv: 10), extra: 1", "", &["extra"]),
    (
        "initial: Uniform(low_mv: 0, high_mv: 10)",
        "initial: File(file: \"rows.csv\")",
        "\"rows.csv\"",
        &["initial.file", "[2, 3]", "[4]"],
    ),
    (
        "reset: Hard(v_reset_mv: 5)",
        "threshold: Cue(file: \"rows.csv\")",
        "\"rows.csv\"",
        &["threshold.file", "[2, 3]", "[ticks, 4]"],
    ),
];

/// A folder with the files that the cases name.
fn scratch() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
    write("rows.csv", b"1,2,3\n4,5,6\n");
    write("pairs.csv", b"1,2\n3,4\n");
    write("rows.txt", b"1,2,3\n");
    write("nan.csv", b"1,NaN\n2,3\n");
    write("words.csv", b"one,two\n");
    write("spikes.csv", b"time_ms,id\n1.5,5\n");
    write("edges.csv", b"source,target\n0,1\n3,1\n");
    write("bad.csv", b"source,target\n0,1\n1,x\n");
    let npy = |descr: &str, shape: &str, data: &[u8]| {
        let head = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        [b"\x93NUMPY\x01\x00", &(head.len() as u16).to_le_bytes()[..], head.as_bytes(), data].concat()
    };
    write("cut.npy", &npy("<f4", "(2, 2)", &[0; 15]));
    write("complex.npy", &npy("<c8", "(2, 2)", &[0; 32]));
    fs::create_dir(folder.path().join("folder.csv")).unwrap();
    folder
}

/// `.npy` files by rows and by columns, with names in any case, are the same arrays.
#[test]
fn arrays_stored_by_columns_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let compiled = |name: &str, order: &str, values: [f32; 6], ending: &str| {
        let head = format!("{{'descr': '<f4', 'fortran_order': {order}, 'shape': (2, 3), }}\n");
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let npy = [b"\x93NUMPY\x01\x00", &(head.len() as u16).to_le_bytes()[..], head.as_bytes(), &data].concat();
        fs::write(folder.path().join(format!("{name}.{ending}")), npy).unwrap();
        let text = format!(
            "(format: 1, dt_ms: 1, duration_ms: 9, populations: [(name: \"a\", size: 2, neuron: If())], sources: [(name: \"s\", size: 3, emits: Frames(file: \"{name}.{ending}\", frame_ms: 1))],
            projections: [(from: \"s\", to: \"a\", rule: Matrix(file: \"{name}.{ending}\"), delay_ms: Constant(1))])"
        );
        let path = folder.path().join("net.ron");
        fs::write(&path, text).unwrap();
        format!("{:?}", NetworkFile::read(&path).unwrap().compile(&Settings::default()).unwrap().network)
    };
    let rows = compiled("m", "False", [1., 2., 3., 4., 5., 6.], "npy");
    assert!(rows.contains("1.0, 2.0, 3.0, 4.0, 5.0, 6.0"), "{rows}");
    assert_eq!(compiled("m", "True", [1., 4., 2., 5., 3., 6.], "npy"), rows);
    assert_eq!(compiled("m", "True", [1., 4., 2., 5., 3., 6.], "NPY"), rows);
}

fn problem(path: &Path, text: &str) -> Option<String> {
    fs::write(path, text).unwrap();
    let settings = Settings { memory_limit: Some(1_000_000), ..Settings::default() };
    NetworkFile::read(path).and_then(|file| file.compile(&settings)).err().map(|error| error.to_string())
}

#[test]
fn every_refusal_names_file_line_column_and_field() {
    let folder = scratch();
    let path = folder.path().join("net.ron");
    assert_eq!(problem(&path, GOOD), None);
    for (from, to, at, said) in REFUSED {
        assert_eq!(GOOD.matches(from).count(), 1, "{from}");
        let text = GOOD.replace(from, to);
        let message = problem(&path, &text).unwrap_or_default();
        let place = message.strip_prefix(&format!("{}:", path.display())).unwrap_or_else(|| panic!("{to}: {message}"));
        let mut parts = place.splitn(3, ':').map(|part| part.parse::<usize>().unwrap_or(0));
        let (line, column) = (parts.next().unwrap(), parts.next().unwrap());
        assert!(line > 0 && column > 0 && line <= text.lines().count() + 1, "{message}");
        if !at.is_empty() {
            let start = text.lines().take(line - 1).map(|line| line.len() + 1).sum::<usize>() + column - 1;
            assert!(text[start..].starts_with(at), "{to}: {message}\n{}", &text[start..]);
        }
        assert!(said.iter().all(|word| message.contains(word)) && !message.contains('\n'), "{to}: {message}");
    }
}

#[test]
fn what_takes_too_long_or_is_empty_is_refused() {
    let problem = |text: &str| {
        let settings = Settings { memory_limit: Some(1 << 30), ..Settings::default() };
        compile(&NetworkSpec::from_ron(text).unwrap(), Path::new("."), &settings).unwrap_err().to_string()
    };
    assert!(problem("(format: 1, dt_ms: 1, populations: [])").contains("populations: is empty"));
    let pairs = problem(
        "(format: 1, dt_ms: 1, populations: [(name: \"a\", size: 2000000, neuron: Lif())],
          projections: [(from: \"a\", to: \"a\", rule: FixedProbability(probability: 1e-9), weight: Constant(1))])",
    );
    assert!(pairs.starts_with("projections[0].rule: 4000000000000 pairs"), "{pairs}");
}

#[test]
fn cycles_without_delay_are_named() {
    let folder = scratch();
    let text = GOOD
        .replace("weight: Uniform(low: 0, high: 1)", "weight: Constant(1), delay_ms: Constant(0)")
        .replace("sd: 0.1)", "sd: 0.1), delay_ms: Constant(0)");
    let message = problem(&folder.path().join("net.ron"), &text).unwrap();
    assert!(message.contains("cycle through `exc`, `inh`"), "{message}");
}

/// Ticks and neurons of all spikes of a shipped network, by population.
fn spikes_of(name: &str, ticks: u32, driver: Driver) -> Vec<Vec<(u32, u32)>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks").join(name).with_extension("ron");
    let network = NetworkFile::read(&path).unwrap().compile(&Settings::default()).unwrap().network;
    let populations: Vec<(String, u32)> = network.populations().iter().map(|p| (p.name.clone(), p.size)).collect();
    let mut spikes = vec![Vec::new(); populations.len()];
    let mut memory =
        Memory::new(Header { dt_ms: network.dt_ms(), populations, probes: vec![], ..Header::default() }).unwrap();
    let mut simulation = Simulation::new(&network, driver, 1, vec![]).unwrap();
    simulation.run(ticks, &mut memory, &mut |_| {}).unwrap();
    for (tick, population, neuron) in memory.finish(ticks).unwrap().0.spikes {
        spikes[population as usize].push((tick, neuron));
    }
    spikes
}

/// What their comments promise, from both drivers.
#[test]
fn demonstration_networks_do_what_they_say() {
    for driver in [Driver::Event, Driver::Clock] {
        // 25 exp(-k / 100) falls below 10 for the first time at k = 92.
        assert_eq!(spikes_of("threshold_decay", 500, driver), [[(20, 0), (112, 0)]]);
        let adapting = spikes_of("alif", 10_000, driver).remove(0);
        let intervals: Vec<u32> = adapting.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        assert!(intervals[..20].is_sorted() && intervals[20] > 2 * intervals[0], "{intervals:?}");
        let layers = spikes_of("feedforward", 100, driver);
        for (spikes, size) in layers.iter().zip([512.0, 300.0]) {
            let share = spikes.len() as f64 / (100.0 * size);
            assert!((0.05..0.2).contains(&share), "{share}");
        }
    }
    let populations = spikes_of("random", 2000, Driver::Event);
    for (spikes, size) in populations.iter().zip([8000.0, 2000.0]) {
        let hz = spikes.len() as f64 / (0.2 * size);
        assert!((1.0..60.0).contains(&hz), "{hz}");
    }
}

fn program(folder: &Path, args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_spikefuse")).current_dir(folder).args(args).output().unwrap()
}

#[test]
fn the_program_checks_networks() {
    let folder = scratch();
    fs::write(folder.path().join("net.ron"), GOOD).unwrap();
    let output = program(folder.path(), &["network", "check", "net.ron"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), output.stderr.len(), said.lines().count()), (Some(0), 0, 1), "{said}");
    assert!(
        said.starts_with("net.ron: fine: 6 neurons in 2 populations, 2 sources, about 18 synapses in 4 projections"),
        "{said}"
    );
    fs::write(folder.path().join("bad.ron"), GOOD.replace("rate_hz: 100", "rate_hz: NaN")).unwrap();
    let before = fs::read_dir(folder.path()).unwrap().count();
    for args in [&["network", "check", "bad.ron"][..], &["network", "info", "bad.ron", "--dot", "out.dot"]] {
        let output = program(folder.path(), args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len(), said.lines().count()), (Some(2), 0, 1), "{said}");
        assert!(said.starts_with("error: bad.ron:17:58: sources[1].emits.rate_hz: NaN"), "{said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
    assert_eq!(program(folder.path(), &["network", "check", "none.ron"]).status.code(), Some(2));
}

#[test]
fn the_program_describes_networks() {
    let folder = scratch();
    fs::write(folder.path().join("net.ron"), GOOD).unwrap();
    let output = program(folder.path(), &["network", "info", "net.ron", "--json", "--dot", "net.dot"]);
    assert_eq!(output.status.code(), Some(0));
    let info: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (key, value) in
        [("/neurons", 6.into()), ("/projections/1/fan_in/max", 2.into()), ("/order/2/recurrent", true.into())]
    {
        assert_eq!(info.pointer(key), Some(&value), "{key} {info}");
    }
    assert!(fs::read_to_string(folder.path().join("net.dot")).unwrap().starts_with("digraph \"base\""));
    let text = String::from_utf8(program(folder.path(), &["network", "info", "net.ron"]).stdout).unwrap();
    assert!(text.contains("exc, inh, shortest cycle") && text.contains("one to one"), "{text}");
    let output = program(folder.path(), &["network", "info", "net.ron", "--dot", "net.ron"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(folder.path().join("net.ron")).unwrap(), GOOD);
}

/// One change of a text.
#[derive(Debug, Clone)]
enum Change {
    /// Flips bits of a byte.
    Flip(usize, u8),
    /// Deletes bytes.
    Delete(usize, usize),
    /// Repeats bytes.
    Repeat(usize, usize, usize),
    /// Puts another number, or something else, in place of the n-th number.
    Number(usize, usize),
    /// Moves bytes to another place.
    Move(usize, usize, usize),
    /// Puts the n-th word in place of another one.
    Word(usize, usize),
}

const NUMBERS: [&str; 24] = [
    "NaN",
    "inf",
    "-inf",
    "1e308",
    "-1e308",
    "1e-320",
    "-1",
    "-0.0",
    "0",
    "1",
    "4294967295",
    "4294967296",
    "65536",
    "2147483648",
    "18446744073709551615",
    "18446744073709551616",
    "1e400",
    "0.30000000000000004",
    "1_000",
    "0x10",
    "\"text\"",
    "()",
    "[]",
    "None",
];

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let at = || any::<usize>();
    let change = prop_oneof![
        (at(), 1..=255_u8).prop_map(|(n, bits)| Change::Flip(n, bits)),
        (at(), 1..60_usize).prop_map(|(n, length)| Change::Delete(n, length)),
        (at(), 1..200_usize, 1..200_usize).prop_map(|(n, length, times)| Change::Repeat(n, length, times)),
        (at(), at()).prop_map(|(n, number)| Change::Number(n, number)),
        (at(), at()).prop_map(|(n, number)| Change::Number(n, number)),
        (at(), at()).prop_map(|(n, number)| Change::Number(n, number)),
        (at(), 1..100_usize, at()).prop_map(|(n, length, to)| Change::Move(n, length, to)),
        (at(), at()).prop_map(|(n, other)| Change::Word(n, other)),
    ];
    // Most texts that were cut end in the parser; other numbers reach what is behind it.
    let number = (at(), 0..NUMBERS.len() - 10).prop_map(|(n, number)| Change::Number(n, number));
    prop_oneof![proptest::collection::vec(change, 1..4), proptest::collection::vec(number, 1..4)]
}

/// Where pieces of one kind stand.
fn pieces(text: &str, of: impl Fn(char) -> bool) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (of(c), start) {
            (true, None) => start = Some(at),
            (false, Some(first)) => {
                found.push((first, at));
                start = None;
            }
            _ => {}
        }
    }
    found
}

fn changed(text: &str, changes: &[Change]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for change in changes {
        let length = bytes.len().max(1);
        let span = |at: usize, count: usize| at % length..(at % length).saturating_add(count).min(bytes.len());
        match *change {
            Change::Flip(at, flipped) => {
                if let Some(byte) = bytes.get_mut(at % length) {
                    *byte ^= flipped;
                }
            }
            Change::Delete(at, count) => {
                let span = span(at, count);
                bytes.drain(span);
            }
            Change::Repeat(at, count, times) => {
                let span = span(at, count);
                let piece = bytes[span.clone()].repeat(times);
                bytes.splice(span.end..span.end, piece);
            }
            Change::Move(at, count, to) => {
                let span = span(at, count);
                let piece: Vec<u8> = bytes.drain(span).collect();
                let to = to % (bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            Change::Number(..) | Change::Word(..) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let (found, at, with) = match *change {
                    Change::Number(at, with) => {
                        (pieces(&text, |c| c.is_ascii_digit() || c == '.' || c == '-'), at, with)
                    }
                    Change::Word(at, with) => (pieces(&text, |c| c.is_ascii_alphabetic() || c == '_'), at, with),
                    _ => unreachable!(),
                };
                if found.is_empty() {
                    continue;
                }
                let (start, end) = found[at % found.len()];
                let new = match change {
                    Change::Number(..) => NUMBERS[with % NUMBERS.len()],
                    _ => &text[found[with % found.len()].0..found[with % found.len()].1],
                };
                bytes = format!("{}{new}{}", &text[..start], &text[end..]).into_bytes();
            }
        }
        // Repetitions of repetitions stay small: the question is what is said, not how much of it.
        bytes.truncate(100_000);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Texts that are mutated: those that are shipped, and the one above with every kind of thing in
/// it.
fn texts() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("networks");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let texts = paths.iter().filter_map(|path| fs::read_to_string(path).ok()).filter(|text| text.contains("format: 1"));
    texts.chain([GOOD.to_owned(), EVERYTHING.to_owned()]).collect()
}

/// What the shipped networks do not use.
const EVERYTHING: &str = r#"(format: 1, dt_ms: 1, populations: [
    (name: "a", size: 3, neuron: Lif(threshold: Cue(file: "rows.csv"), reset: Soft, refractory_input: Keep, compare: Above),
     receptors: [Alpha(name: "x", tau_ms: 2)], initial: File(file: "three.csv")),
    (name: "b", size: 2, neuron: If(threshold: Adaptive(v_th_mv: 1, jump_mv: 1, tau_ms: 2), form: Discrete(decay_input: false)))],
  sources: [
    (name: "f", size: 3, emits: Frames(file: "rows.csv", frame_ms: 2)), (name: "s", size: 6, emits: SpikeFile(file: "spikes.csv")),
    (name: "r", size: 2, emits: Rate(values: Values([0.1, 0.2]), max_rate_hz: 50, seed: 1, stride: 9)),
    (name: "l", size: 3, emits: Latency(values: File("three.csv"), first_ms: 1, window_ms: 9)),
    (name: "t", size: 2, emits: Spikes(at_ticks: [(1, 0), (5, 1)])), (name: "g", size: 1, emits: Regular(first_ms: 1, period_ms: 2))],
  projections: [
    (from: "f", to: "a", rule: Matrix(file: "square.csv")), (from: "t", to: "b", rule: ListFile("good.csv"), weight: Constant(2)),
    (from: "r", to: "b", name: "n", rule: List([(0, 1), (1, 1)]), weight: Values([1, 2]), delay_ms: Values([1, 2])),
    (from: "l", to: "a", rule: OneToOne, weight: File("three.csv"), delay_ms: File("delays.csv")),
    (from: "a", to: "b", rule: FixedOutDegree(degree: 2, offset: 1, stride: 5), weight: Uniform(low: 0, high: 1, first: 3)),
    (from: "b", to: "b", rule: AllToAll(allow_autapses: false), weight: Constant(1), delay_ms: Uniform(low: 1, high: 9, first: 2))],
  record: (spikes: ["a[..2]"], threshold: ["b"], current: ["a[1..]"]))"#;

/// Enough for the shipped networks as they are.
const MEMORY: u64 = 160 << 20;

/// Reads a mutated text and, if it is a network, looks at all of it. Nothing may panic, take long
/// or take memory that it was not given.
fn digest(folder: &Path, text: &str) {
    let start = Instant::now();
    let settings = Settings { memory_limit: Some(MEMORY), ..Settings::default() };
    match NetworkSpec::from_ron(text) {
        Err(fault) => {
            assert!(fault.line > 0 && fault.column > 0 && !fault.problem.is_empty() && fault.problem.len() < 10_000);
            assert!(fault.line <= text.matches('\n').count() + 1 && !fault.problem.contains('\n'));
        }
        Ok(spec) => match compile(&spec, folder, &settings) {
            Err(problem) => {
                let (line, column) = problem.place(text);
                assert!(line > 0 && column > 0 && line <= text.matches('\n').count() + 1);
                let message = problem.to_string();
                assert!(!message.contains('\n') && message.len() < 2000, "{message}");
            }
            Ok(compiled) => look_at(&compiled),
        },
    }
    assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
}

fn look_at(compiled: &Compiled) {
    let network = &compiled.network;
    assert!(network.memory() <= MEMORY);
    for population in network.populations() {
        assert!(population.initial_mv.iter().all(|v| v.is_finite()));
        assert!(population.neuron.retention.is_finite() && population.neuron.drive.is_finite());
    }
    for projection in network.projections() {
        // Fixed probabilities may draw many pairs for few edges.
        let few = projection.to_ids.start..projection.to_ids.end.min(projection.to_ids.start + 100);
        let mut seen = 0;
        projection.for_each_edge(network, few.clone(), |i, j, e| {
            seen += 1;
            assert!(projection.from_ids.contains(&i) && few.contains(&j));
            assert!(projection.weight(e).is_finite() && projection.delay(e) >= 1);
        });
    }
    let dot = NetworkGraph::new(network).to_dot();
    assert!(dot.ends_with("}\n"));
    let pairs = |p: &spikefuse::network::Projection| p.from_ids.len() as u64 * p.to_ids.len() as u64;
    if network.projections().iter().map(pairs).fold(0, u64::saturating_add) < 1 << 24 {
        assert!(!Info::new(compiled).to_string().is_empty());
    }
}

/// Runs a bounded number of cases, or for as many seconds as `SPIKEFUSE_FUZZ_SECONDS` says.
#[test]
fn mutated_files_are_read_or_refused() {
    let folder = scratch();
    for (name, content) in [
        ("three.csv", "0.5\n1\n0\n"),
        ("square.csv", "1,2,3\n4,5,6\n7,8,9\n"),
        ("delays.csv", "1\n2\n3\n"),
        ("good.csv", "source,target,weight\n0,1,2.5\n1,0,-1\n"),
    ] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let texts = texts();
    for text in &texts {
        digest(folder.path(), text);
    }
    compile(&NetworkSpec::from_ron(EVERYTHING).unwrap(), folder.path(), &Settings::default()).unwrap();
    let seconds = std::env::var("SPIKEFUSE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut cases = 0;
    while cases == 0 || Instant::now() < end {
        let config = Config { cases: 1000, failure_persistence: None, ..Config::default() };
        let mut runner = match seconds {
            0 => {
                TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(Default::default()))
            }
            _ => TestRunner::new(config),
        };
        let strategy = (any::<prop::sample::Index>(), changes());
        let run = runner.run(&strategy, |(text, changes)| {
            digest(folder.path(), &changed(text.get::<String>(&texts), &changes));
            Ok(())
        });
        if let Err(error) = run {
            panic!("{error}");
        }
        cases += 1000;
    }
    println!("{cases} cases");
}

/// Numbers that are finite one by one, but not when they are multiplied.
#[test]
fn products_that_overflow_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("w.csv"), "10\n").unwrap();
    fs::write(folder.path().join("small.csv"), "3\n").unwrap();
    fs::write(folder.path().join("list.csv"), "source,target,weight\n0,0,-10\n").unwrap();
    fs::write(folder.path().join("frame.csv"), "1e270\n").unwrap();
    let compiled = |emits: &str, neuron: &str, projection: &str| {
        let text = format!(
            "(format: 1, dt_ms: 1, populations: [(name: \"a\", size: 1, neuron: {neuron})],
              sources: [(name: \"s\", size: 1, emits: {emits})],
              projections: [(from: \"s\", to: \"a\", {projection})])"
        );
        let spec = NetworkSpec::from_ron(&text).unwrap();
        compile(&spec, folder.path(), &Settings::default()).map_err(|problem| problem.to_string())
    };
    let (spikes, frames) = ("Spikes(at_ticks: [(0, 0)])", "Frames(file: \"frame.csv\", frame_ms: 1)");
    let matrix = |file: &str, weight: &str| format!("rule: Matrix(file: \"{file}\"), weight: {weight}");
    for (emits, neuron, projection, said) in [
        (
            spikes,
            "Li()",
            matrix("w.csv", "Constant(4e279)"),
            "the largest weight, times the gain of its receptor, 1e0, is 4e280",
        ),
        (spikes, "Li()", matrix("w.csv", "Uniform(low: -4e279, high: 0)"), "is 4e280"),
        (spikes, "Li()", matrix("w.csv", "Normal(mean: 0, sd: 2e278)"), "at most 1e280"),
        (spikes, "Li()", "rule: ListFile(\"list.csv\"), weight: Constant(4e279)".into(), "at most 1e280"),
        (spikes, "CubaLif(r_m_gohm: 1e250)", "rule: OneToOne, weight: Constant(1e35)".into(), "at most 1e280"),
        (frames, "Li()", "rule: OneToOne, weight: Constant(1e20)".into(), "largest value of its source"),
    ] {
        let problem = compiled(emits, neuron, &projection).unwrap_err();
        assert!(problem.starts_with("projections[0].weight") && problem.contains(said), "{problem}");
    }
    assert!(compiled(spikes, "Li()", &matrix("small.csv", "Constant(3e279)")).is_ok());
    assert!(compiled(frames, "Li()", "rule: OneToOne, weight: Constant(1e9)").is_ok());
    fs::write(folder.path().join("frame.csv"), "1e290\n").unwrap();
    assert!(compiled(frames, "Li()", "rule: OneToOne, weight: Constant(1e-20)").is_ok());
}

/// Exactly so many others for each target, and what files of before said.
#[test]
fn a_fixed_degree_without_autapses_and_multapses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.ron");
    let network = |rule: &str| {
        format!(
            "(format: 1, dt_ms: 0.1, populations: [(name: \"a\", size: 10, neuron: Lif())],
              projections: [(from: \"a\", to: \"a\", rule: {rule}, weight: Constant(1))])"
        )
    };
    for rule in [
        "FixedInDegree(degree: 9, allow_autapses: false, allow_multapses: false)",
        "FixedOutDegree(degree: 9, self_connections: false, allow_multapses: false)",
        "AllToAll(allow_autapses: false)",
        "AllToAll(self_connections: false)",
        "FixedProbability(probability: 1, allow_autapses: false)",
    ] {
        fs::write(&path, network(rule)).unwrap();
        let Compiled { network, .. } = NetworkFile::read(&path).unwrap().compile(&Settings::default()).unwrap();
        let mut pairs = Vec::new();
        network.projections()[0].for_each_edge(&network, 0..10, |i, j, _| pairs.push((i, j)));
        pairs.sort_unstable();
        let all: Vec<_> = (0..10).flat_map(|i| (0..10).map(move |j| (i, j))).filter(|(i, j)| i != j).collect();
        assert_eq!(pairs, all, "{rule}");
        let fine = program(folder.path(), &["network", "check", "net.ron"]);
        assert!(String::from_utf8_lossy(&fine.stdout).contains("about 90 synapses"), "{fine:?}");
    }
}
