//! NIR: files of other programs, and the verbs.

use super::shared::shared;
use serde_json::Value;
use spikefuse::network::interop::nir::{self, Finding, NodeKind, Severity, Target, TimeUnit};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Written by the Python package, by `benches/peers/nir_python.py --example`.
fn recurrent() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("networks/recurrent.nir")
}

struct Desk(TempDir);

impl Desk {
    fn new() -> Desk {
        Desk(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Exit code, stdout, stderr.
    fn told(&self, args: &[&str]) -> (i32, String, String) {
        let output =
            Command::new(env!("CARGO_BIN_EXE_spikefuse")).current_dir(self.0.path()).args(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn json(&self, args: &[&str]) -> Value {
        let (code, stdout, stderr) = self.told(&[args, &["--json"]].concat());
        assert_eq!(code, 0, "{stderr}");
        serde_json::from_str(&stdout).unwrap()
    }
}

#[test]
fn a_file_of_the_python_package_is_read() {
    let file = nir::read(&recurrent()).unwrap();
    assert_eq!((file.version.as_deref(), file.unread.len()), (Some("1.0.8"), 0));
    assert_eq!((file.graph.nodes.len(), file.graph.edges.len()), (7, 7));
    assert_eq!(nir::check(&file.graph), []);
    let shapes = nir::infer(&file.graph).nodes;
    assert_eq!((&shapes["fc1"].input[..], &shapes["fc1"].output[..]), (&[8][..], &[20][..]));
    let NodeKind::CubaLif { tau_mem, r, w_in, .. } = &file.graph.nodes["hidden"].kind else { panic!() };
    assert_eq!((tau_mem.uniform(), r.uniform(), w_in.uniform()), (Some(0.02), Some(20.0), Some(5.0)));
}

#[test]
fn the_doctor_says_what_the_file_does_not() {
    let graph = nir::read(&recurrent()).unwrap().graph;
    let diagnosis = nir::diagnose(&graph, &Target::ALL);
    assert_eq!((diagnosis.time_unit.unit, diagnosis.time_unit.stated), (Some(TimeUnit::S), false));
    assert_eq!(diagnosis.implied.len(), 4);
    assert!(diagnosis.implied.iter().all(|implied| (implied.dt - 1e-3).abs() < 1e-12));
    let has = |findings: &[Finding], severity, text: &str| {
        findings.iter().any(|finding| finding.severity == severity && finding.text.contains(text))
    };
    assert!(has(&diagnosis.findings, Severity::Note, "recurrent: hidden, rec"));
    let accepts: Vec<&str> =
        diagnosis.targets.iter().filter(|verdict| verdict.accepts).map(|verdict| verdict.target.name()).collect();
    assert_eq!(accepts, ["norse", "spikingjelly"]);
    let of = |target| diagnosis.targets.iter().find(|verdict| verdict.target == target).unwrap();
    assert!(has(&of(Target::Spikingjelly).findings, Severity::Note, "dt=0.001"));
    assert!(has(&of(Target::Snntorch).findings, Severity::Error, "must be tau_mem / 0.0001"));
    assert!(has(&of(Target::Sinabs).findings, Severity::Error, "CubaLIF is not known"));
    assert!(has(&of(Target::Rockpool).findings, Severity::Error, "nir 1.0.4"));
}

#[test]
fn the_verbs_print_tables_and_json() {
    let desk = Desk::new();
    let path = recurrent();
    let file = path.to_str().unwrap();
    let (code, stdout, _) = desk.told(&["nir", "check", file]);
    assert!(code == 0 && stdout.ends_with("recurrent.nir: fine: 7 nodes\n"), "{stdout}");
    assert_eq!(desk.json(&["nir", "check", file])["findings"], serde_json::json!([]));
    let info = desk.json(&["nir", "info", file]);
    assert_eq!((&info["parameters"], &info["nodes"][0]["type"]), (&801.into(), &"Affine".into()));
    assert_eq!(info["nodes"][0]["parameters"][0]["shape"], serde_json::json!([20, 8]));
    let doctor = desk.json(&["nir", "doctor", file, "--target", "norse"]);
    assert_eq!((&doctor["time_unit"]["unit"], &doctor["targets"][0]["accepts"]), (&"s".into(), &true.into()));
    let (_, table, _) = desk.told(&["nir", "doctor", file, "--target", "snntorch"]);
    assert!(table.contains("snnTorch 1.0: refuses it\n  error: nodes hidden, out: r is 20"), "{table}");

    let (code, _, stderr) = desk.told(&["nir", "convert", file, "--out", "old.nir", "--compat", "1.0.4"]);
    assert_eq!(code, 0, "{stderr}");
    let old = nir::read(&desk.path("old.nir")).unwrap();
    assert_eq!((old.version.as_deref(), old.graph.nodes["out"].kind.array("v_reset")), (Some("1.0.4"), None));
    let (code, _, stderr) = desk.told(&["nir", "convert", "old.nir", "--out", "old.nir"]);
    assert!(code == 2 && stderr.contains("input"), "{stderr}");
    let (code, _, stderr) = desk.told(&["nir", "convert", "old.nir", "--out", "-"]);
    assert!(code == 2 && stderr.contains("cannot be standard output"), "{stderr}");
    std::fs::write(desk.path("notes.nir"), "no graph").unwrap();
    let (code, _, stderr) = desk.told(&["nir", "convert", "old.nir", "--out", "notes.nir"]);
    assert!(code == 2 && stderr.contains("another kind"), "{stderr}");
    for verb in ["check", "info", "doctor"] {
        let (code, stdout, stderr) = desk.told(&["nir", verb, "notes.nir"]);
        assert!(code == 2 && stdout.is_empty() && stderr.contains("notes.nir: not a readable HDF5 file"), "{stderr}");
    }
}

/// A graph whose edges name no node is whole as a file, and wrong as a graph.
#[test]
fn a_wrong_graph_has_exit_code_1() {
    let Some(folder) = shared("nir_reference") else { return };
    let desk = Desk::new();
    let path = folder.join("more/braille_noDelay_bias_zero_subgraph.nir");
    let (code, stdout, _) = desk.told(&["nir", "check", path.to_str().unwrap()]);
    assert!(code == 1 && stdout.contains("edge 'input' -> 'lif': there is no node 'lif'"), "{stdout}");
}

#[test]
fn files_of_other_simulators_are_read() {
    let Some(folder) = shared("nir_reference") else { return };
    let read = |name: &str| nir::read(&folder.join(name)).unwrap();
    for (name, version, nodes, unit, dt) in [
        ("01_lif/lif_norse.nir", "0.1.1", 4, Some(TimeUnit::S), None),
        // tau / r = dt exp(dt / tau), with dt 0.1 ms and tau 2.5 ms.
        ("01_lif/lif_rockpool.nir", "0.2.0", 4, Some(TimeUnit::S), Some(1e-4 * f64::exp(0.04))),
        ("01_lif/debug_spike_representation/two_lif_neurons.nir", "0.2.0", 6, Some(TimeUnit::S), None),
        ("02_cnn/cnn_sinabs.nir", "0.2.0", 15, None, None),
        ("03_rnn/braille_noDelay_noBias_subtract.nir", "0.2.0", 7, Some(TimeUnit::S), Some(1e-4)),
        ("more/braille_noDelay_bias_zero.nir", "0.2.0", 7, Some(TimeUnit::S), Some(1e-4)),
        ("more/neurocuda_mlp_mnist.nir", "1.0.8", 7, None, None),
        ("more/swavelet-1.0.0.nir", "1.0.7", 6, Some(TimeUnit::S), None),
    ] {
        let file = read(name);
        let diagnosis = nir::diagnose(&file.graph, &[]);
        assert_eq!((file.version.as_deref(), file.graph.nodes.len()), (Some(version), nodes), "{name}");
        assert_eq!(diagnosis.time_unit.unit, unit, "{name}");
        assert!(diagnosis.findings.iter().all(|finding| finding.severity != Severity::Error), "{name}");
        let dts: Vec<f64> = diagnosis.implied.iter().map(|implied| implied.dt).collect();
        assert!(dts.is_empty() == dt.is_none(), "{name}: {dts:?}");
        assert!(dts.iter().all(|&found| dt.is_some_and(|dt| (found / dt - 1.0).abs() < 1e-4)), "{name}: {dts:?}");
    }
    let shapes = nir::infer(&read("02_cnn/cnn_sinabs.nir").graph).nodes;
    let gives = ["0", "4", "7", "8"].map(|name| shapes[name].output.clone());
    assert_eq!(gives, [vec![16, 16, 16], vec![16, 8, 8], vec![8, 4, 4], vec![128]]);
}

/// Its Input has a shape of 2^64 numbers.
#[test]
fn sizes_are_believed_only_as_far_as_the_file_goes() {
    let Some(folder) = shared("nir_reference") else { return };
    let text = std::fs::read_to_string(folder.join("more/overflowing_extents.nir.hex")).unwrap();
    let digits: String = text.lines().filter(|line| !line.starts_with('#')).map(str::trim).collect();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
    let desk = Desk::new();
    std::fs::write(desk.path("hostile.nir"), bytes).unwrap();
    let (code, _, stderr) = desk.told(&["nir", "check", "hostile.nir"]);
    assert!(code == 2 && stderr.contains("'node/nodes/input/shape' of shape [4294967296, 4294967296]"), "{stderr}");
}

/// To a network that is simulated, and back.
#[test]
fn a_graph_is_made_a_network_and_a_network_a_graph() {
    let desk = Desk::new();
    let path = recurrent();
    let (code, stdout, stderr) = desk.told(&["nir", "from", path.to_str().unwrap(), "--out", "net.ron"]);
    assert_eq!((code, &stderr[..]), (0, ""));
    assert!(stdout.contains("note: a step is 1 ms, times are in s, reset is file"), "{stdout}");
    assert!(desk.path("net.weights/fc1.weight.npy").is_file());
    std::fs::write(desk.path("in.csv"), "time_ms,id\n1,0\n1,3\n2,0\n2,5\n3,0\n4,0\n").unwrap();
    let simulate = ["simulate", "net.ron", "--input", "input=in.csv", "--duration", "50"];
    let document = desk.json(&simulate);
    assert_eq!(document["populations"].as_array().map(Vec::len), Some(2), "{document}");

    let (code, _, stderr) = desk.told(&["nir", "to", "net.ron", "--out", "again.nir"]);
    assert_eq!((code, &stderr[..]), (0, ""));
    let again = nir::read(&desk.path("again.nir")).unwrap().graph;
    assert_eq!((again.nodes.len(), again.text("time_unit")), (7, Some("s")));
    let (code, _, stderr) = desk.told(&["nir", "to", "net.ron", "--out", "net.ron"]);
    assert!(code == 2 && stderr.contains("input"), "{stderr}");

    let (code, _, stderr) = desk.told(&["nir", "from", "again.nir", "--out", "slow.ron", "--dt", "10"]);
    assert!(code == 2 && stderr.contains("node 'hidden': has tau_syn of 5 ms, which is less than a step"), "{stderr}");
    assert!(!desk.path("slow.ron").exists());
}
