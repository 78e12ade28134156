//! Writes the seeds of all targets into `corpus/`.

use spikefuse::hybrid::config::Config;
use spikefuse::data::{ClassVectors, Dataset, Part, Split};
use spikefuse::energy::EnergyTable;
use spikefuse::recording::{Ignore, SpikeRecording, write_spikes};
use spikefuse::spiking::Driver;
use spikefuse::simulator::Simulation;
use spikefuse_fuzz::{Template, network, template};
use std::path::Path;

fn seed(target: &str, name: &str, content: impl AsRef<[u8]>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(name), content).expect("a file");
}

/// Each file of a folder, after the byte that says which one it is.
fn seeds(target: &str, template: &Template) {
    for (k, (_, content)) in (0..).zip(template) {
        seed(target, &format!("seed{k}"), std::iter::once(k).chain(content.iter().copied()).collect::<Vec<u8>>());
    }
}

fn main() {
    seed("network", "seed0", template::NETWORK);
    seed("network", "seed1", template::NETWORK_WITH_FILES);
    seed("config", "seed0", "()");
    seed("config", "seed1", Config::default().to_ron());
    let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/energy/tables");
    for entry in std::fs::read_dir(tables).expect("the tables") {
        let path = entry.expect("a table").path();
        seed(
            "energy_table",
            &path.file_name().expect("a name").to_string_lossy(),
            std::fs::read(&path).expect("a table"),
        );
    }
    assert!(!EnergyTable::shipped().is_empty());
    let scratch = std::env::temp_dir().join(format!("spikefuse-seeds-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).expect("a folder");
    let read = |path: &Path| std::fs::read(path).expect("a file");
    let mut simulation = Simulation::new(network(), Driver::Event, 1, Vec::new()).expect("a network");
    for (k, ticks) in [1, 30].into_iter().enumerate() {
        simulation.run(ticks, &mut Ignore, &mut |_| {}).expect("a run");
        let path = scratch.join("checkpoint.safetensors");
        simulation.checkpoint().save(&path, "it").expect("a checkpoint");
        seed("checkpoint", &format!("seed{k}"), read(&path));
    }
    let populations = vec![("a".into(), 3), ("b".into(), 2)];
    let spikes = SpikeRecording {
        dt_ms: 0.1,
        ticks: 9,
        populations,
        spikes: vec![(1, 0, 2), (1, 1, 0), (7, 0, 0)],
        ..SpikeRecording::default()
    };
    for (target, extension) in [("spikes_csv", "csv"), ("npz", "npz"), ("h5", "h5")] {
        let path = scratch.join(format!("spikes.{extension}"));
        write_spikes(&path, &spikes).expect("spikes");
        seed(target, "seed0", read(&path));
    }
    seed("spikes_csv", "seed1", "time_ms,id\n0.5,3\n1e1,0\n");
    seed("spikes_csv", "seed2", "timestamps population node_ids\n0.5 x 3\n1.5 y 0\n");
    seed("h5", "seed1", template::spikes_h5());
    seed("netx", "seed0", template::netx());
    seed("tensors", "seed0", [&[0], &template::safetensors()[..]].concat());
    seed("nir", "seed0", template::nir());
    let path = scratch.join("graph.nir");
    std::fs::write(&path, template::nir()).expect("a file");
    spikefuse::network::interop::nir::read(&path).expect("a graph");
    seed("edges_csv", "seed0", "source,target\n0,1\n2,3\n");
    seed("edges_csv", "seed1", "source,target,weight\n0,1,0.5\n2,3,-1e3\n");
    seed("numbers_csv", "seed0", "1,2.5\n# a comment\n-3e2, 4\n");
    for (k, (descr, size)) in [("<f8", 8), (">f4", 4), ("<i2", 2), ("|u1", 1), ("<f2", 2)].into_iter().enumerate() {
        seed("npy", &format!("seed{k}"), template::npy(descr, false, "(2, 3)", &vec![0x3f; 6 * size]));
    }
    seed("npy", "seed5", template::npy("<f8", true, "(2, 1)", &[0; 16]));
    seed("events", "seed0", [3, 4, 0x80, 0, 9, 33, 33, 0, 1, 2]);
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let change = words(&[3 << 17 | 2 << 2 | 3, 700]);
    let packet = [&b"\x01\0\x01\0"[..], &words(&[8, 4, 0, 1, 1, 1]), &change].concat();
    let head = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n";
    seed("aedat", "seed0", [&head[..], &packet, &packet].concat());
    seed("aedat", "seed1", [&b"#!AER-DAT2.0\r\n# AEChip: DVS128\r\n"[..], &[0, 0, 5, 9, 0, 0, 1, 0]].concat());
    let evt2 = words(&[8 << 28 | 5, 1 << 28 | 3 << 22 | 9 << 11 | 4, 0xa << 28, 63 << 22 | 7 << 11]);
    seed("evt", "seed0", [&b"% evt 2.0\n% geometry 640x480\n% end\n"[..], &evt2].concat());
    let evt3 = [0x8007_u16, 0x6014, 0x0003, 0x2805, 0x3864, 0x4801, 0x5081, 0xe014, 0xf001];
    let evt3: Vec<u8> = evt3.into_iter().flat_map(u16::to_le_bytes).collect();
    seed("evt", "seed1", [&b"% format EVT3;height=720;width=1280\n% end\n"[..], &evt3].concat());
    let dat = b"% Version 2\n% Width 304\n% Height 240\n\x0c\x08";
    seed("evt", "seed2", [&dat[..], &words(&[900, 1 << 28 | 9 << 14 | 4])].concat());
    seed("npy_events", "seed0", template::records(&[1, 0, 2, 0, 9, 0, 0, 0, 1, 3, 0, 0, 0, 9, 0, 0, 0, 0]));
    let digits: [spikefuse_fuzz::shd::Sample; 2] = [(&[0.5, 0.25], &[699, 3], 1), (&[0.125], &[0], 0)];
    for (k, width) in [2, 4, 8].into_iter().enumerate() {
        seed("shd", &format!("seed{k}"), spikefuse_fuzz::shd::shd(&digits, width, &["zero", "one"]));
    }
    let recording = template::recording();
    for (name, content) in &recording {
        if name.starts_with("traces") {
            seed("traces_csv", "seed0", content);
        }
    }
    let whole = |name: &str, template: &Template| {
        for (file, content) in template {
            let path = scratch.join(name).join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        scratch.join(name)
    };
    seeds("recording", &recording);
    spikefuse::recording::open(&whole("recording", &recording)).expect("a recording");
    seeds("sonata", &template::sonata());
    let config = whole("sonata", &template::sonata()).join("simulation_config.json");
    spikefuse::network::interop::sonata::read(&config).expect("a network");
    for (target, name, template) in
        [("data_plain", "set", template::plain()), ("data_published", "Set", template::published())]
    {
        seeds(target, &template);
        let set =
            Dataset::open(&whole(target, &template), name, Split::Main, ClassVectors::Aligned).expect("a data set");
        Part::ALL.into_iter().for_each(|part| drop(set.load(part).expect("clips")));
    }
    seed("pickle", "seed0", template::dictionary());
    let path = scratch.join("weights.safetensors");
    let (model, parameters) = template::model();
    spikefuse::hybrid::model::save(&path, &model, &parameters).expect("weights");
    seed("weights", "seed0", read(&path));
    seed("report", "seed0", r#"{"schema": "spikefuse.report/2"}"#);
    std::fs::remove_dir_all(&scratch).expect("the folder");
}
