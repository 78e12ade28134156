//! `report`: one page without anything to load, every picture, and what is refused.
#![cfg(unix)]

use assert_cmd::Command;
use serde_json::{Value, json};
use spikefuse::report::{Report, page, pictures};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_spikefuse");
const SHAPE: &str = "width: 16, encoder_hidden: 16, embedding: 16, heads: 2, head_dim: 4, scales: [3], slice_width: 4";
const TRAINING: &str = "training: (epochs: 1, batches_per_epoch: 2, batch: 16)";
const PICTURES: [&str; 7] =
    ["operations", "energy", "firing_rate", "time_step_factor", "thresholds", "accuracy_energy", "embeddings"];
const SPIKING: [&str; 4] = ["firing_rate", "time_step_factor", "thresholds", "accuracy_energy"];
/// What a name may hold, and more.
const HOSTILE: &str = "<script>alert(1)</script>&\"'><img src=x onerror=y> \u{1} ünïcödé";

/// A run of each kind, trained once for all tests.
fn runs() -> &'static TempDir {
    static RUNS: OnceLock<TempDir> = OnceLock::new();
    RUNS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        for (name, model) in [
            ("usual", "time_steps: 4"),
            ("again", "time_steps: 4"),
            ("fixed", "time_steps: 2, threshold: Fixed"),
            ("dense", "fusion: SemanticOnly, glp: false, threshold: Fixed"),
        ] {
            let config = format!("(model: ({SHAPE}, {model}), {TRAINING})");
            fs::write(folder.path().join(format!("{name}.ron")), config).unwrap();
            let mut run = program(folder.path());
            let seed = if name == "again" { "5" } else { "0" };
            run.args(["run", "--config", &format!("{name}.ron"), "--out", name, "--seed", seed]).assert().success();
        }
        folder
    })
}

#[test]
fn runs_stand_side_by_side() {
    let folder = runs().path();
    let told = |args: &str| {
        let output = program(folder).arg("report").args(args.split(' ')).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (_, text, _) = told("usual again/report.json fixed dense");
    let (_, json, _) = told("usual again/report.json fixed dense --json");
    let json: Value = serde_json::from_str(&json).unwrap();
    let names: Vec<&str> = json["runs"].as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap()).collect();
    assert_eq!(names, ["usual", "again", "fixed", "dense"]);
    let reports = names.iter().map(|name| report(name)).collect::<Vec<_>>();
    for (run, report) in json["runs"].as_array().unwrap().iter().zip(&reports) {
        let clips = report.clips as f64;
        assert_eq!((&run["seed"], &run["hm"]), (&json!(report.seed), &json!(report.accuracy.both.hm)));
        assert_eq!(run["spikes_per_clip"], json!(report.spikes.as_ref().map(|spikes| spikes.total as f64 / clips)));
        assert_eq!(run["synops_per_clip"], json!(report.operations.synops as f64 / clips));
        assert_eq!(run["energy_pj_per_clip"], json!(report.energy_pj / clips));
    }
    // Of two values the deviation is their difference over the root of 2.
    let groups = json["groups"].as_array().unwrap();
    assert_eq!((groups.len(), &groups[0]["runs"]), (1, &json!(["usual", "again"])));
    let zsl = [0, 1].map(|n: usize| reports[n].accuracy.both.zsl);
    let close = |value: &Value, expected: f64| (value.as_f64().unwrap() - expected).abs() < 1e-12;
    assert!(close(&groups[0]["mean"]["zsl"], (zsl[0] + zsl[1]) / 2.0), "{json}");
    let deviation = (zsl[0] - zsl[1]).abs() / 2.0_f64.sqrt();
    assert!(deviation > 0.0 && close(&groups[0]["standard_deviation"]["zsl"], deviation), "{json}");
    let differing: Vec<&str> =
        json["differences"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap()).collect();
    assert_eq!(differing, ["model.fusion", "model.glp", "model.threshold", "model.time_steps"]);
    assert_eq!(json["differences"][3]["values"], json!([4, 4, 2, 10]));
    assert!(text.contains("\nusual, again: equal but for the seed\n  mean "), "{text}");
    assert!(text.contains("\n  model.time_steps  4 (usual, again); 2 (fixed); 10 (dense)\n"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("dense ") && line.contains(" - ")), "{text}");
    // The same run twice is no mean.
    let (_, text, _) = told("usual usual/report.json");
    assert!(text.contains("nothing differs in the configurations") && !text.contains("mean"), "{text}");

    let network =
        "(format: 1, dt_ms: 0.1, duration_ms: 20, populations: [(name: \"exc\", size: 4, neuron: Lif(bias_pa: 30))])";
    fs::write(folder.join("net.ron"), network).unwrap();
    for (name, duration) in [("short", "10"), ("long", "20")] {
        program(folder).args(["simulate", "net.ron", "--duration", duration, "--out", name]).assert().success();
    }
    assert!(told("short long").1.contains("\nno means over seeds: simulation.json does not hold"));
    let (_, json, _) = told("short long --json");
    let json: Value = serde_json::from_str(&json).unwrap();
    let simulated: Value = serde_json::from_slice(&fs::read(folder.join("short/simulation.json")).unwrap()).unwrap();
    let population = &simulated["populations"][0];
    assert_eq!(json["runs"][0]["spikes"].as_f64(), population["operations"]["spikes"].as_f64());
    assert!(close(&json["runs"][0]["rate_hz"], population["rate_hz"].as_f64().unwrap()), "{json}");
    assert_eq!(json["differences"][0], json!({"field": "duration_ms", "values": [10.0, 20.0]}));
    assert_eq!(json["groups"], json!([]));
    for (args, said) in [
        ("usual short", "'usual' is the report of the hybrid model, 'short' of a simulation"),
        ("usual again --html page.html", "a page and pictures are of one run"),
        ("usual --with short --html page.html", "short/simulation.json: is the report of a simulation"),
        ("usual nowhere", "nowhere: cannot read"),
    ] {
        let (code, _, stderr) = told(args);
        assert!(code == Some(2) && stderr.contains(said), "{args}: {stderr}");
    }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder);
    command
}

fn report(name: &str) -> Report {
    Report::read(&runs().path().join(name)).unwrap()
}

/// Every element is closed in order, attributes are quoted, and text has no bare signs.
fn well_formed(html: &str) {
    const EMPTY: [&str; 2] = ["meta", "!DOCTYPE"];
    let (mut open, mut rest, mut ids) = (Vec::new(), html, Vec::new());
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("a tag that ends");
        let (text, tag) = (&rest[..start], &rest[start + 1..end]);
        if open.last() != Some(&"style") {
            for (at, _) in text.match_indices('&') {
                let entity = text[at..].split(';').next().unwrap();
                assert!(["&amp", "&lt", "&gt", "&quot", "&#39", "&apos"].contains(&entity), "{entity}");
            }
            assert!(!text.contains('>'), "{text}");
        }
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
            continue;
        }
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap();
        let mut attributes = tag.trim_end_matches('/')[name.len()..].trim();
        while name != "!DOCTYPE" && !attributes.is_empty() {
            let (key, value) = attributes.split_once("=\"").unwrap_or_else(|| panic!("{tag}"));
            let (value, more) = value.split_once('"').unwrap_or_else(|| panic!("{tag}"));
            assert!(key.chars().all(|c| c.is_ascii_alphanumeric() || "-:".contains(c)), "{tag}");
            assert!(!key.starts_with("on") && !value.contains('<'), "{tag}");
            if key == "id" {
                assert!(!ids.contains(&value), "the id {value} stands twice");
                ids.push(value);
            }
            attributes = more.trim();
        }
        if !tag.ends_with('/') && !EMPTY.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Nothing on the page leads out of it.
fn loads_nothing(html: &str) {
    for word in ["http:", "https:", "//", "<script", "<link", "<img", "<iframe", "@import", "url(", "xlink"] {
        assert!(!html.contains(word), "{word}");
    }
    for (at, _) in html.match_indices("href=\"") {
        let to = html[at + 6..].split('"').next().unwrap();
        assert!(to.starts_with('#') && html.contains(&format!("id=\"{}\"", &to[1..])), "{to}");
    }
}

fn check(html: &str) {
    well_formed(html);
    loads_nothing(html);
    assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    for text in ["modelled, not measured", "45nm-fp32", "prefers-color-scheme: dark", "@media print", "viewport"] {
        assert!(html.contains(text), "{text}");
    }
    assert_eq!(html.matches("<figure ").count(), html.matches("<figcaption>").count());
    assert_eq!(html.matches("<svg role=\"img\" aria-label=").count(), html.matches("<svg").count());
}

#[test]
fn every_run_has_its_page() {
    let (usual, fixed, dense) = (report("usual"), report("fixed"), report("dense"));
    let html = page(&usual, &[]).unwrap();
    check(&html);
    assert_eq!(html.matches("<figure ").count(), 7);
    assert!(!html.contains("left out, "));
    assert!(html.contains("agree bit by bit"));
    for text in ["Break-even", "NeuroBench", "sinabs", "syops-counter", "Footprint", "Wall time", "Ledger", "HM %"] {
        assert!(html.contains(text), "{text}");
    }
    assert_eq!(html, page(&report("usual"), &[]).unwrap());

    check(&page(&fixed, &[]).unwrap());
    let with = page(&usual, &[("fixed".into(), fixed), ("dense".into(), report("dense"))]).unwrap();
    check(&with);
    assert!(with.contains("\nfixed\n</text>") && with.contains("\ndense\n</text>"));
    // No long table stands in front of the pictures.
    let (before, _) = html.split_once("<section id=\"pictures\"").unwrap();
    assert!(!before.contains("<table"));

    let html = page(&dense, &[]).unwrap();
    check(&html);
    assert_eq!(html.matches("<figure ").count(), 3);
    assert_eq!(html.matches("left out, the model has no spiking branch").count(), 4);
    let missing: Vec<_> = pictures(&dense, &[]).into_iter().filter(|p| p.figure.is_err()).map(|p| p.name).collect();
    assert_eq!(missing, SPIKING);
}

#[test]
fn names_do_not_get_out_of_their_place() {
    let file = runs().path().join("usual/report.json");
    let mut document: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let layer = document["dense_twin"][1]["layer"].as_str().unwrap().to_owned();
    document["dataset"] = json!(HOSTILE);
    document["classes_without_clips"] = json!([HOSTILE, "]]>", "<!--"]);
    document["projection"]["classes"][0] = json!(HOSTILE);
    document["projection"]["method"] = json!(HOSTILE);
    for energy in document["energy"].as_array_mut().unwrap() {
        energy["leaves_out"] = json!(HOSTILE);
        energy["table"] = json!(HOSTILE);
    }
    let text = document.to_string().replace(&format!("\"{layer}\""), &json!(HOSTILE).to_string());
    let report: Report = serde_json::from_str(&text).unwrap();
    let html = page(&report, &[]).unwrap();
    check_hostile(&html);
    for picture in pictures(&report, &[]) {
        well_formed(&picture.figure.unwrap().svg().unwrap());
    }
}

fn check_hostile(html: &str) {
    well_formed(html);
    loads_nothing(html);
    assert!(!html.contains('\u{1}'));
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;"));
    assert!(html.contains("ünïcödé") && html.contains("]]&gt;") && html.contains("&lt;!--"));
}

#[test]
fn the_verb_writes_page_and_pictures() {
    let scratch = tempfile::tempdir().unwrap();
    let run = runs().path().join("usual");
    let args = ["report", run.to_str().unwrap(), "--html", "page.html", "--pictures", "pictures"];
    let said = program(scratch.path()).args(args).assert().success().get_output().stdout.clone();
    let said = String::from_utf8(said).unwrap();
    assert_eq!(said.lines().count(), 1 + 2 * PICTURES.len(), "{said}");
    check(&fs::read_to_string(scratch.path().join("page.html")).unwrap());
    for name in PICTURES {
        let svg = fs::read_to_string(scratch.path().join(format!("pictures/{name}.svg"))).unwrap();
        well_formed(&svg);
        let png = fs::read(scratch.path().join(format!("pictures/{name}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{name}");
    }
    let before = contents(scratch.path());
    program(scratch.path()).args(args).assert().success();
    assert!(before == contents(scratch.path()), "a second time gives other bytes");
    // Pictures of others stay, and so does all else.
    for name in ["energy.svg", "embeddings.png", "operations.svg"] {
        let path = scratch.path().join("pictures").join(name);
        let own = fs::read(&path).unwrap();
        fs::write(&path, "mine").unwrap();
        let before = contents(scratch.path());
        let output = program(scratch.path()).args(args).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(&format!("pictures/{name}: is not a file of this program")), "{stderr}");
        assert!(before == contents(scratch.path()), "{name}");
        fs::write(&path, own).unwrap();
    }

    // The document itself, without options and as JSON.
    let file = run.join("report.json");
    let printed = program(scratch.path()).arg("report").arg(&file).assert().success().get_output().stdout.clone();
    assert_eq!(String::from_utf8(printed).unwrap(), report("usual").to_string());
    let printed =
        program(scratch.path()).arg("report").arg(&run).arg("--json").assert().success().get_output().stdout.clone();
    assert_eq!(printed, fs::read(&file).unwrap());

    let other = runs().path().join("fixed");
    let args = ["report", run.to_str().unwrap(), "--with", other.to_str().unwrap(), "--html", "with.html"];
    program(scratch.path()).args(args).assert().success();
    assert!(fs::read_to_string(scratch.path().join("with.html")).unwrap().contains("\nfixed\n</text>"));

    let dense = runs().path().join("dense");
    let said =
        program(scratch.path()).args(["report", dense.to_str().unwrap(), "--pictures", "dense"]).assert().success();
    let said = String::from_utf8(said.get_output().stdout.clone()).unwrap();
    for name in SPIKING {
        assert!(said.contains(&format!("no {name}: the model has no spiking branch")), "{said}");
        assert!(!scratch.path().join(format!("dense/{name}.svg")).exists());
    }
}

/// All files below `folder`, sorted, with their bytes.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(contents(&path)),
            false => found.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}

#[test]
fn what_is_no_report_is_refused_by_name() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    fs::create_dir(path("empty")).unwrap();
    fs::write(path("text.json"), "no JSON").unwrap();
    fs::write(path("list.json"), "[1, 2]").unwrap();
    fs::write(path("other.json"), r#"{"schema": "spikefuse.neurobench/1"}"#).unwrap();
    fs::write(path("old.json"), r#"{"schema": "spikefuse.report/1"}"#).unwrap();
    let good = fs::read_to_string(runs().path().join("usual/report.json")).unwrap();
    fs::write(path("half.json"), &good[..good.len() / 2]).unwrap();
    fs::write(path("missing.json"), good.replace("\"ledger\"", "\"ledgr\"")).unwrap();
    fs::write(path("good.json"), &good).unwrap();
    fs::write(path("file"), "").unwrap();
    let before = contents(scratch.path());
    for (args, said) in [
        ("nowhere", &["nowhere: cannot read"][..]),
        ("empty", &["empty: holds none of report.json, simulation.json"]),
        ("text.json", &["text.json:1:2: not valid JSON: expected ident"]),
        ("list.json", &["list.json: not a report"]),
        ("other.json", &["other.json: not a report"]),
        ("old.json", &["old.json: schema: 'spikefuse.report/1', this program reads 'spikefuse.report/"]),
        ("half.json", &["half.json:", "not valid JSON: EOF"]),
        ("missing.json", &["missing.json:", "unknown field `ledgr`"]),
        ("good.json --html page.html --with nowhere", &["nowhere: cannot read"]),
        ("good.json --html good.json", &["good.json: is an input of this command"]),
        ("good.json --html page.html --with old.json", &["old.json: schema"]),
        ("good.json --html file/page.html", &["file: cannot create this folder"]),
        ("good.json --html empty", &["empty: cannot write"]),
        ("good.json --html page.html --pictures file", &["file: cannot write here"]),
    ] {
        let output = program(scratch.path()).arg("report").args(args.split(' ')).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args}: {stderr}");
        let first = stderr.lines().next().unwrap();
        assert!(first.starts_with("error: ") && said.iter().all(|text| first.contains(text)), "{args}: {stderr}");
        assert!(stderr.lines().count() <= 2, "{args}: {stderr}");
        assert!(before == contents(scratch.path()), "{args} left something behind");
    }
    for usage in ["", "good.json --with good.json", "good.json --json --html page.html"] {
        let output = program(scratch.path()).arg("report").args(usage.split_whitespace()).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{usage}");
    }
}

/// Chromium, if the machine has it.
fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names
        .into_iter()
        .find(|name| std::process::Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()))
}

/// A page that holds the report's in a frame as wide as a phone, and writes into its own title what
/// it finds there.
const PHONE: &str = r#"<!DOCTYPE html><html><body><iframe id="f" src="page.html" style="width:390px;height:800px;border:0"></iframe>
<script>
f.onload = () => {
  const inside = f.contentDocument, page = inside.scrollingElement;
  const found = [page.scrollWidth, f.contentWindow.innerWidth, inside.querySelectorAll('figure svg').length];
  const broken = [...inside.querySelectorAll('svg')].filter(svg => svg.getBoundingClientRect().width < 100);
  document.body.dataset.found = found.concat(broken.length).join(' ');
};
</script></body></html>"#;

#[test]
fn a_browser_shows_it_without_complaint() {
    let Some(browser) = browser() else {
        eprintln!("skipped: there is no chromium, chromium-browser or google-chrome");
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let mut usual = report("usual");
    usual.classes_without_clips = vec![HOSTILE.into(), "x".repeat(300)];
    fs::write(scratch.path().join("page.html"), page(&usual, &[("fixed".into(), report("fixed"))]).unwrap()).unwrap();
    fs::write(scratch.path().join("phone.html"), PHONE).unwrap();
    let load = |name: &str| -> (String, String) {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new(browser);
        command.timeout(std::time::Duration::from_secs(120)).args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--enable-logging=stderr",
            "--allow-file-access-from-files",
            "--virtual-time-budget=5000",
            "--dump-dom",
        ]);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        let output = command.arg(format!("file://{}", scratch.path().join(name).display())).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (dom, log) = load("page.html");
    assert!(dom.contains("</html>") && dom.matches("<figure ").count() == 7, "{dom}");
    assert!(!log.contains("CONSOLE"), "{log}");
    let (dom, log) = load("phone.html");
    assert!(!log.contains("CONSOLE"), "{log}");
    let found = dom.split("data-found=\"").nth(1).unwrap_or_else(|| panic!("{dom}\n{log}")).split('"').next().unwrap();
    let found: Vec<u64> = found.split(' ').map(|n| n.parse().unwrap()).collect();
    assert!(found[0] <= found[1], "{} pixels wide in a window of {}", found[0], found[1]);
    assert_eq!(found[1..], [390, 7, 0]);
}
