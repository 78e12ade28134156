//! Round trips, foreign files, and everything that is refused.

#[path = "../../tests/common/shared.rs"]
mod shared;

use super::*;
use crate::error::Result;
use crate::formats::npz::{NpzWriter, Spool};
use crate::spiking::Tick;
use hdf5_pure::{AttrValue, FileBuilder};
use proptest::prelude::*;
use shared::shared;
use std::path::Path;

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

/// Checks that `result` is an error that names all of `expected`.
#[track_caller]
fn refused<T>(result: Result<T>, expected: &[&str]) {
    let Err(error) = result else { panic!("not refused: {expected:?}") };
    let error = error.to_string();
    for part in expected {
        assert!(error.contains(part), "'{part}' is not in: {error}");
    }
}

fn small() -> SpikeRecording {
    SpikeRecording {
        dt_ms: 0.1,
        ticks: 1000,
        populations: vec![("exc".into(), 20), ("inh, \"slow\" #1".into(), 5), ("silent é".into(), 3)],
        spikes: vec![(0, 0, 3), (0, 0, 19), (3, 1, 0), (7, 0, 0), (7, 1, 4), (7, 1, 4), (999, 0, 7)],
        ..SpikeRecording::default()
    }
}

fn traces() -> Vec<Trace> {
    let values = vec![-70.0, 0.1 + 0.2, f64::MIN_POSITIVE / 8.0, -0.0, f64::INFINITY, 1e300];
    let membrane = Trace {
        variable: Variable::Membrane,
        population: "exc".into(),
        neurons: vec![19, 0],
        dt_ms: 0.1,
        first_tick: 5,
        values,
    };
    let threshold = Trace {
        variable: Variable::Threshold,
        population: "inh, \"slow\" #1".into(),
        neurons: vec![4],
        first_tick: 0,
        values: vec![1.0 / 3.0; 1000],
        ..membrane.clone()
    };
    vec![membrane, threshold]
}

fn any_recording() -> impl Strategy<Value = SpikeRecording> {
    let sizes = prop::collection::vec(1_u32..50, 1..5);
    let dt = prop_oneof![Just(0.1), Just(0.01), Just(1.0), 1e-3..10.0];
    (dt, sizes, 0_u32..3000).prop_flat_map(|(dt_ms, sizes, ticks)| {
        let populations = sizes.iter().enumerate().map(|(i, &size)| (format!("p{}", 9 - i), size)).collect::<Vec<_>>();
        let spike = (0..ticks.max(1), 0..sizes.len(), 0_u32..50);
        prop::collection::vec(spike, if ticks == 0 { 0..1 } else { 0..200 }).prop_map(move |spikes| {
            let spike = |(tick, p, id): (u32, usize, u32)| (tick, p as u32, id % sizes[p]);
            let mut spikes: Vec<_> = spikes.into_iter().map(spike).collect();
            spikes.sort_unstable();
            SpikeRecording { dt_ms, ticks, populations: populations.clone(), spikes, ..SpikeRecording::default() }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn spikes_come_back_from_every_format(recording in any_recording()) {
        let folder = scratch();
        for format in SpikeFormat::ALL {
            let path = folder.path().join(format!("spikes.{}", format.extension()));
            write_spikes(&path, &recording).unwrap();
            prop_assert_eq!(&read_spikes(&path, recording.dt_ms).unwrap(), &recording, "{:?}", format);
        }
    }

    #[test]
    fn values_come_back_bit_by_bit(bits in prop::collection::vec(any::<u64>(), 1..60), first_tick in 0_u32..5000) {
        let bits: Vec<u64> = bits.into_iter().filter(|&bits| !f64::from_bits(bits).is_nan()).collect();
        let values: Vec<f64> = bits.iter().map(|&bits| f64::from_bits(bits)).collect();
        let trace = Trace { neurons: vec![0], first_tick: if bits.is_empty() { 0 } else { first_tick }, values, ..traces()[0].clone() };
        let recording = SpikeRecording { ticks: 6000, spikes: Vec::new(), ..small() };
        for format in TraceFormat::ALL {
            let folder = scratch();
            write(folder.path(), &recording, std::slice::from_ref(&trace), (SpikeFormat::Csv, format), "event", 0).unwrap();
            let back = open(folder.path()).unwrap().traces;
            let found: Vec<u64> = back[0].values.iter().map(|value| value.to_bits()).collect();
            prop_assert_eq!(&found, &bits);
            prop_assert_eq!(&back, std::slice::from_ref(&trace));
        }
    }
}

/// Read once by hand by h5py 3 and numpy 2 as well, a folder of each format: `g =
/// h5py.File('spikes.h5')['spikes/exc']; numpy.array_equal(g['timestamps'][:], g['ticks'][:] *
/// 0.1)`, `g.attrs['sorting']`, `numpy.load('spikes.npz')['names']`,
/// `numpy.load('traces.npz')['values_0']`, and `csv.reader` without the lines that start with `#`.
/// In the other direction [`read_spikes`] read what h5py wrote (deflated times, `units` of variable
/// length, `sorting` an enumeration) and what `numpy.savez` wrote.
#[test]
fn a_folder_comes_back_whole_in_all_formats() {
    for spikes in SpikeFormat::ALL {
        for values in TraceFormat::ALL {
            let folder = scratch();
            // One folder, twice: the second run replaces the first with its other formats.
            let run = folder.path().join("run");
            write(&run, &small(), &traces(), (SpikeFormat::Npz, TraceFormat::Csv), "clock", 1).unwrap();
            write(&run, &small(), &traces(), (spikes, values), "event", 17).unwrap();
            let expected = [
                "recording.json".to_owned(),
                format!("spikes.{}", spikes.extension()),
                format!("traces.{}", values.extension()),
            ];
            assert_eq!(names(&run), expected);
            let opened = open(&run).unwrap();
            assert_eq!((opened.spikes, opened.traces), (small(), traces()));
            assert_eq!((opened.about.driver.as_str(), opened.about.seed), ("event", 17));
            assert_eq!(read_spikes(&run, 0.1).unwrap(), small());
        }
    }
}

#[test]
fn memory_keeps_what_a_folder_keeps() {
    let header = Header {
        dt_ms: 0.5,
        populations: vec![("a".into(), 4), ("b".into(), 2)],
        probes: vec![Probe { variable: Variable::Current, population: 1, neurons: vec![0, 1] }],
        ..Header::default()
    };
    let feed = |recorder: &mut dyn Recorder| {
        for tick in 0..20 {
            recorder.spikes(tick, 0, &[tick % 4]).unwrap();
            recorder.spikes(tick, 1, &[]).unwrap();
            recorder.values(tick, 0, &[f64::from(tick), 0.5]).unwrap();
        }
    };
    let mut memory = Memory::new(header.clone()).unwrap();
    feed(&mut memory);
    let (recording, traces) = memory.finish(25).unwrap();
    assert_eq!((recording.ticks, recording.spikes.len(), traces[0].values.len()), (25, 20, 40));
    let folder = scratch();
    let mut files = Folder::create(folder.path(), header, SpikeFormat::H5, TraceFormat::Npz).unwrap();
    feed(&mut files);
    // Nothing has its name before the end.
    assert!(names(folder.path()).iter().all(|name| name.ends_with(".partial")));
    files.finish(25, "event", 0).unwrap();
    let opened = open(folder.path()).unwrap();
    assert_eq!((opened.spikes, opened.traces), (recording, traces));
}

#[test]
fn a_run_given_up_leaves_nothing_and_an_earlier_one_stays() {
    let folder = scratch();
    let formats = (SpikeFormat::H5, TraceFormat::Npz);
    for spikes in SpikeFormat::ALL {
        let header = Header { dt_ms: 0.1, populations: small().populations, probes: Vec::new(), ..Header::default() };
        let mut files = Folder::create(folder.path(), header, spikes, TraceFormat::Csv).unwrap();
        files.spikes(0, 0, &[1]).unwrap();
        drop(files);
        assert_eq!(names(folder.path()), [] as [&str; 0]);
    }
    write(folder.path(), &small(), &traces(), formats, "event", 1).unwrap();
    let wrong = SpikeRecording { ticks: 10, ..small() };
    refused(write(folder.path(), &wrong, &traces(), formats, "event", 2), &["ticks", "tick 999 was recorded"]);
    assert_eq!(open(folder.path()).unwrap().about.seed, 1);
    assert_eq!(names(folder.path()).len(), 3);
}

#[test]
fn what_a_recorder_cannot_be_fed_is_refused() {
    let header = || Header { dt_ms: 0.1, populations: small().populations, probes: Vec::new(), ..Header::default() };
    let probe = |population, neurons| Probe { variable: Variable::Membrane, population, neurons };
    refused(Memory::new(Header { dt_ms: 0.0, ..header() }), &["dt_ms"]);
    refused(Memory::new(Header { dt_ms: f64::NAN, ..header() }), &["dt_ms"]);
    refused(Memory::new(Header { probes: vec![probe(3, vec![0])], ..header() }), &["probe 0", "population 3 of 3"]);
    refused(Memory::new(Header { probes: vec![probe(0, vec![20])], ..header() }), &["neuron 20 of 'exc'"]);
    refused(Memory::new(Header { probes: vec![probe(0, vec![])], ..header() }), &["no neurons"]);
    let twice = vec![("a".to_owned(), 1), ("a".to_owned(), 1)];
    refused(Memory::new(Header { populations: twice, ..header() }), &["'a' stands twice"]);

    let mut memory = Memory::new(Header { probes: vec![probe(0, vec![1, 2])], ..header() }).unwrap();
    memory.spikes(5, 1, &[0]).unwrap();
    refused(memory.spikes(5, 0, &[0]), &["tick 5"]);
    refused(memory.spikes(4, 2, &[0]), &["tick 4"]);
    refused(memory.spikes(6, 3, &[0]), &["population 3 of 3"]);
    refused(memory.spikes(6, 0, &[2, 1]), &["ascend"]);
    refused(memory.spikes(6, 0, &[20]), &["neuron 20 of population 0, which has 20"]);
    memory.values(5, 0, &[0.0, 0.0]).unwrap();
    refused(memory.values(5, 0, &[0.0, 0.0]), &["whose next tick is 6"]);
    refused(memory.values(6, 0, &[0.0]), &["which has 2 neurons"]);
    refused(memory.values(6, 1, &[0.0]), &["probe 1 of 1"]);
    refused(memory.finish(5), &["tick 5 was recorded"]);

    let slash = SpikeRecording { populations: vec![("a/b".into(), 1)], spikes: Vec::new(), ..small() };
    let folder = scratch();
    refused(write_spikes(&folder.path().join("s.h5"), &slash), &["'a/b'", "HDF5"]);
    refused(write_spikes(&folder.path().join("s.mat"), &slash), &["s.mat", ".npz"]);
    assert_eq!(names(folder.path()), [] as [&str; 0]);
}

/// Every format states the recorded neurons, and a spike of another neuron is refused.
#[test]
fn files_say_whose_spikes_they_have() {
    let folder = scratch();
    let some = |ids| Recorded::new(ids, &small().populations);
    for recorded in [some(vec![(0, 0..8), (0, 19..20), (1, 0..5)]), some(vec![]), Recorded::All] {
        let heard = |&&(_, p, id): &&(Tick, u32, u32)| recorded.contains(p as usize, id);
        let spikes = small().spikes.iter().filter(heard).copied().collect();
        let recording = SpikeRecording { recorded: recorded.clone(), spikes, ..small() };
        for format in SpikeFormat::ALL {
            let path = folder.path().join("spikes").with_extension(format.extension());
            write_spikes(&path, &recording).unwrap();
            assert_eq!(read_spikes(&path, 0.1).unwrap(), recording, "{format:?}");
            let run = folder.path().join("run");
            write(&run, &recording, &traces(), (format, TraceFormat::Csv), "event", 1).unwrap();
            assert_eq!(open(&run).unwrap().spikes, recording, "{format:?}");
            let wrong = SpikeRecording { recorded: some(vec![(2, 0..1)]), ..small() };
            refused(write_spikes(&path, &wrong), &["neuron 3 of population 0", "not to be recorded"]);
        }
    }
    // Spikes that were not recorded cannot feed a source.
    let recording = SpikeRecording { recorded: some(vec![(0, 0..8)]), spikes: vec![(0, 0, 3)], ..small() };
    assert_eq!(recording.for_source(0, "s", 8), Ok(vec![(0, 3)]));
    let problem = recording.for_source(0, "s", 9).unwrap_err();
    assert!(problem.contains("neuron 8 of 'exc' were not recorded"), "{problem}");
    assert!(recording.for_source(1, "s", 1).is_err() && small().for_source(0, "s", 40).is_ok());
    let csv = std::fs::read_to_string(folder.path().join("spikes.csv")).unwrap();
    assert!(!csv.contains("recorded"), "a whole recording is as it was: {csv}");
    std::fs::write(folder.path().join("text.csv"), "tick,neuron\n2.0,1\n").unwrap();
    refused(read_spikes(&folder.path().join("text.csv"), 0.1), &["text.csv:2:1", "'2.0' is not a whole number"]);
}

/// At most one chunk per population waits in memory, however many spikes come:
/// tests/recording_memory.rs counts bytes.
#[test]
fn chunks_are_written_as_they_fill() {
    let spikes = (0..40_000).map(|i| (i / 4, 0, i % 4)).collect();
    let recording = SpikeRecording {
        dt_ms: 0.1,
        ticks: 10_000,
        populations: vec![("a".into(), 4)],
        spikes,
        ..SpikeRecording::default()
    };
    let folder = scratch();
    let path = folder.path().join("spikes.h5");
    write_spikes(&path, &recording).unwrap();
    assert_eq!(read_spikes(&path, 0.1).unwrap(), recording);
    const { assert!(40_000 > 4 * sonata::CHUNK) };
}

fn write_h5(path: &Path, build: impl FnOnce(&mut hdf5_pure::GroupBuilder)) {
    let mut builder = FileBuilder::new();
    let mut spikes = builder.create_group("spikes");
    let mut exc = spikes.create_group("exc");
    build(&mut exc);
    spikes.add_group(exc.finish());
    builder.add_group(spikes.finish());
    std::fs::write(path, builder.finish().unwrap()).unwrap();
}

#[test]
fn sonata_files_of_other_tools_are_read() {
    let folder = scratch();
    let path = folder.path().join("spikes.h5");
    // Sorted by id; 0.3 is not three times 0.1; 0.25 is half way.
    write_h5(&path, |group| {
        group.create_dataset("timestamps").with_f64_data(&[0.3, 12.0, 0.1, 0.25]);
        group.create_dataset("node_ids").with_u64_data(&[0, 0, 2, 3]);
    });
    let recording = read_spikes(&path, 0.1).unwrap();
    assert_eq!(recording.populations, [("exc".to_owned(), 4)]);
    assert_eq!((recording.ticks, recording.spikes), (121, vec![(1, 0, 2), (3, 0, 0), (3, 0, 3), (120, 0, 0)]));

    let mut builder = FileBuilder::new();
    let mut spikes = builder.create_group("spikes");
    spikes.create_dataset("timestamps").with_f32_data(&[2.0, 1.0]);
    spikes.create_dataset("gids").with_i32_data(&[1, 0]);
    builder.add_group(spikes.finish());
    std::fs::write(&path, builder.finish().unwrap()).unwrap();
    let recording = read_spikes(&path, 0.5).unwrap();
    assert_eq!((recording.populations[0].0.as_str(), recording.spikes), ("default", vec![(2, 0, 0), (4, 0, 1)]));
}

#[test]
fn wrong_sonata_files_are_refused_by_file_and_field() {
    let folder = scratch();
    let path = folder.path().join("spikes.h5");
    let check = |times: &[f64], ids: &[i64], expected: &[&str]| {
        write_h5(&path, |group| {
            group.create_dataset("timestamps").with_f64_data(times);
            group.create_dataset("node_ids").with_i64_data(ids);
        });
        refused(read_spikes(&path, 0.1), &[&["spikes.h5"], expected].concat());
    };
    refused(read_spikes(&path, 0.1), &["spikes.h5", "cannot read"]);
    check(&[1.0, f64::NAN], &[0, 1], &["exc/timestamps", "place 1", "NaN"]);
    check(&[f64::INFINITY], &[0], &["exc/timestamps", "inf"]);
    check(&[1.0, -0.5], &[0, 1], &["exc/timestamps", "place 1", "-0.5", "before the start"]);
    check(&[1e12], &[0], &["1000000000000 ms is beyond"]);
    check(&[1.0], &[-1], &["exc/node_ids", "place 0", "-1", "out of range"]);
    check(&[1.0], &[1 << 40], &["exc/node_ids", "out of range"]);
    check(&[1.0, 2.0], &[0], &["exc/node_ids", "1 values for 2 spikes"]);
    write_h5(&path, |group| {
        group.create_dataset("timestamps").with_f64_data(&[1.0]);
        group.create_dataset("node_ids").with_f64_data(&[1.0]);
    });
    refused(read_spikes(&path, 0.1), &["exc/node_ids", "wrong type"]);
    write_h5(&path, |group| {
        group.create_dataset("timestamps").with_f64_data(&[1.0]).set_attr("units", AttrValue::VarLenString("s".into()));
        group.create_dataset("node_ids").with_u64_data(&[1]);
    });
    refused(read_spikes(&path, 0.1), &["exc/timestamps", "is in s: expected milliseconds"]);
    write_h5(&path, |group| {
        group.create_dataset("timestamps").with_f64_data(&[1.0, 2.0]).with_shape(&[1, 2]);
        group.create_dataset("node_ids").with_u64_data(&[1, 2]);
    });
    refused(read_spikes(&path, 0.1), &["exc/timestamps", "[1, 2]"]);
    write_h5(&path, |group| {
        group.create_dataset("timestamps").with_f64_data(&[1.0]);
    });
    refused(read_spikes(&path, 0.1), &["exc/node_ids"]);
    write_h5(&path, |group| {
        group.create_dataset("ticks").with_u32_data(&[1]);
        group.create_dataset("node_ids").with_u64_data(&[1]);
    });
    refused(read_spikes(&path, 0.1), &["spikes/exc", "dt_ms"]);
    write_h5(&path, |group| {
        group.create_dataset("ticks").with_u32_data(&[1]);
        group.create_dataset("node_ids").with_u64_data(&[4]);
        group.set_attr("dt_ms", AttrValue::F64(0.1));
        group.set_attr("size", AttrValue::U32(4));
    });
    refused(read_spikes(&path, 0.1), &["neuron 4 of population 'exc', which has 4"]);
    std::fs::write(&path, b"hello").unwrap();
    refused(read_spikes(&path, 0.1), &["not a readable HDF5 file"]);
    refused(read_spikes(&path, -0.1), &["dt_ms"]);
}

/// `ids` and `times` as a script saves them.
fn write_npz(path: &Path, times: (&str, &[u8], usize), ids: (&str, &[u8], usize)) {
    let mut file = NpzWriter::create(crate::base::files::Partial::new(path).unwrap()).unwrap();
    file.array("times", times.0, &[times.2], times.1).unwrap();
    file.array("ids", ids.0, &[ids.2], ids.1).unwrap();
    file.finish().unwrap().appear().unwrap();
}

#[test]
fn npz_files_of_other_tools_are_read_or_refused_by_name() {
    let folder = scratch();
    let path = folder.path().join("spikes.npz");
    let f64s = |values: &[f64]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
    let i32s = |values: &[i32]| values.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<_>>();
    write_npz(&path, ("<f8", &f64s(&[0.4, 0.1]), 2), (">i4", &i32s(&[7, 300]), 2));
    let recording = read_spikes(&path, 0.1).unwrap();
    assert_eq!((recording.populations[0].1, recording.spikes), (301, vec![(1, 0, 300), (4, 0, 7)]));

    let check = |times: &[f64], ids: &[i32], expected: &[&str]| {
        write_npz(&path, ("<f8", &f64s(times), times.len()), (">i4", &i32s(ids), ids.len()));
        refused(read_spikes(&path, 0.1), &[&["spikes.npz"], expected].concat());
    };
    check(&[f64::NAN], &[0], &["'times'", "NaN"]);
    check(&[1.0, -1.0], &[0, 0], &["'times' at place 1", "before the start"]);
    check(&[1.0], &[-3], &["'ids' at place 0", "-3"]);
    check(&[1.0], &[3, 4], &["'ids' should be a list of 1"]);
    write_npz(&path, ("<f8", &f64s(&[1.0]), 1), ("<f8", &f64s(&[1.0]), 1));
    refused(read_spikes(&path, 0.1), &["'ids'", "f8", "expected integers"]);
    write_npz(&path, ("<f8", &f64s(&[1.0]), 3), ("<f8", &f64s(&[1.0]), 1));
    refused(read_spikes(&path, 0.1), &["'times'", "truncated"]);
    let mut file = NpzWriter::create(crate::base::files::Partial::new(&path).unwrap()).unwrap();
    file.array("x", "<f8", &[0], &[]).unwrap();
    file.finish().unwrap().appear().unwrap();
    refused(read_spikes(&path, 0.1), &["spikes.npz", "`ids` and `times`"]);
}

#[test]
fn tables_of_other_tools_are_read_or_refused_by_line() {
    let folder = scratch();
    let path = folder.path().join("spikes.csv");
    let read = |text: &str| {
        std::fs::write(&path, text).unwrap();
        read_spikes(&path, 0.1)
    };
    assert_eq!(read("time_ms,node_id\n16.61,286\n0.5,3\n").unwrap().spikes, [(5, 0, 3), (166, 0, 286)]);
    let spaced = read("timestamps population node_ids\n0.2 b 1\n0.1 a 0\n").unwrap();
    assert_eq!((spaced.populations[0].0.as_str(), spaced.spikes), ("b", vec![(1, 1, 0), (2, 0, 1)]));
    assert_eq!(read("# by hand\ntick,neuron\n4,0\n").unwrap().spikes, [(4, 0, 0)]);
    refused(read("time_ms,node_id\n1,2\nNaN,2\n"), &["spikes.csv:3:1", "NaN"]);
    refused(read("time_ms,node_id\n-1,2\n"), &["spikes.csv:2:1", "before the start"]);
    refused(read("time_ms,node_id\n1,-2\n"), &["spikes.csv:2:2", "-2"]);
    refused(read("time_ms,node_id\n1,x\n"), &["spikes.csv:2:2", "'x' is not a whole number"]);
    refused(read("time_ms,node_id\n1\n"), &["spikes.csv:2"]);
    refused(read("tick,neuron\n4294967295,1\n"), &["spikes.csv:2:1", "out of range"]);
    refused(read("a,b\n1,2\n"), &["spikes.csv", "`time_ms`"]);
    refused(read(""), &["spikes.csv", "`time_ms`"]);
    let head = "# spikefuse spikes {\"dt_ms\":0.1,\"populations\":[[\"a\",2]]}\ntick,time_ms,population,neuron\n";
    refused(read(&format!("{head}1,0.1,a,1\n")), &["truncated"]);
    refused(read(&format!("{head}1,0.1,b,1\n# end {{\"ticks\":5,\"spikes\":1}}\n")), &["spikes.csv:3:3", "'b'"]);
    refused(read(&format!("{head}1,0.1,a,1\n# end {{\"ticks\":5,\"spikes\":2}}\n")), &["1 spikes", "says 2"]);
    refused(read(&format!("{head}1,0.1,a,2\n# end {{\"ticks\":5,\"spikes\":1}}\n")), &["neuron 2", "'a'"]);
    refused(read(&format!("{head}5,0.5,a,1\n# end {{\"ticks\":5,\"spikes\":1}}\n")), &["tick 5 of 5"]);
    std::fs::write(&path, [b'a', 0xff]).unwrap();
    refused(read_spikes(&path, 0.1), &["spikes.csv", "cannot read"]);
    refused(read_spikes(&folder.path().join("spikes.mat"), 0.1), &["spikes.mat", "cannot read"]);
    std::fs::write(folder.path().join("spikes.mat"), "x").unwrap();
    refused(read_spikes(&folder.path().join("spikes.mat"), 0.1), &["spikes.mat", "not a file of spikes"]);
}

/// Ticks of another dt are times, and a grid that is finer loses nothing.
#[test]
fn a_recording_can_be_read_on_another_grid() {
    let folder = scratch();
    for format in SpikeFormat::ALL {
        let path = folder.path().join(format!("spikes.{}", format.extension()));
        write_spikes(&path, &small()).unwrap();
        let fine = read_spikes(&path, 0.025).unwrap();
        assert_eq!((fine.ticks, fine.spikes[6]), (4000, (3996, 0, 7)));
        let coarse = read_spikes(&path, 1.0).unwrap();
        // 0.3 ms goes down, 0.7 ms up, 99.9 ms to the tick behind the end of the recording, which
        // grows.
        let expected = [(0, 0, 3), (0, 0, 19), (0, 1, 0), (1, 0, 0), (1, 1, 4), (1, 1, 4), (100, 0, 7)];
        assert_eq!((coarse.ticks, &coarse.spikes[..]), (101, &expected[..]));
    }
}

/// Cut anywhere, a file is an error and never other data.
#[test]
fn files_cut_off_are_refused() {
    let folder = scratch();
    for format in SpikeFormat::ALL {
        let path = folder.path().join(format!("spikes.{}", format.extension()));
        write_spikes(&path, &small()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let step = (whole.len() / 300).max(1);
        for end in (0..whole.len()).step_by(step).chain(whole.len() - 20..whole.len()) {
            std::fs::write(&path, &whole[..end]).unwrap();
            match read_spikes(&path, 0.1) {
                Err(error) => assert!(error.to_string().contains("spikes."), "{error}"),
                Ok(read) => assert_eq!(read, small(), "{format:?} cut at {end} of {}", whole.len()),
            }
        }
    }
    for format in TraceFormat::ALL {
        write(folder.path(), &small(), &traces(), (SpikeFormat::Csv, format), "event", 0).unwrap();
        let path = folder.path().join(format!("traces.{}", format.extension()));
        let whole = std::fs::read(&path).unwrap();
        for end in (0..whole.len()).step_by(whole.len() / 100) {
            std::fs::write(&path, &whole[..end]).unwrap();
            refused(read_traces(&path), &["traces."]);
        }
    }
}

/// Whatever value a byte is changed to, reading ends with an error or with spikes within the bounds
/// that the result states.
#[test]
fn damage_never_makes_it_panic() {
    let folder = scratch();
    for name in ["spikes.h5", "spikes.npz", "spikes.csv"] {
        let path = folder.path().join(name);
        write_spikes(&path, &small()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for k in 0..600 {
            let mut damaged = whole.clone();
            for byte in 0..1 + k % 3 {
                let n = 3 * k + byte;
                let place = crate::base::counter::below(1, n, whole.len() as u32);
                damaged[place as usize] = crate::base::counter::bits(2, n) as u8;
            }
            std::fs::write(&path, damaged).unwrap();
            match read_spikes(&path, 0.1) {
                Err(error) => assert!(error.to_string().contains("spikes."), "{error}"),
                Ok(read) => assert!(read.spikes.iter().all(|&(tick, population, id)| {
                    tick < read.ticks && id < read.populations[population as usize].1
                })),
            }
        }
    }
    write(folder.path(), &small(), &traces(), (SpikeFormat::Csv, TraceFormat::Csv), "event", 0).unwrap();
    write(&folder.path().join("b"), &small(), &traces(), (SpikeFormat::Csv, TraceFormat::Npz), "event", 0).unwrap();
    for path in [folder.path().join("traces.csv"), folder.path().join("b/traces.npz")] {
        let whole = std::fs::read(&path).unwrap();
        for n in 0..600 {
            let mut damaged = whole.clone();
            // The table's head is what steers.
            let end = if n % 2 == 0 { 300 } else { whole.len() as u32 };
            let place = crate::base::counter::below(3, n, end);
            damaged[place as usize] = crate::base::counter::bits(4, n) as u8;
            std::fs::write(&path, damaged).unwrap();
            for trace in read_traces(&path).unwrap_or_default() {
                assert_eq!(trace.values.len() % trace.neurons.len().max(1), 0);
            }
        }
    }
}

#[test]
fn a_folder_that_does_not_fit_together_is_refused() {
    let folder = scratch();
    let path = folder.path();
    refused(open(path), &["recording.json", "cannot read"]);
    write(path, &small(), &traces(), (SpikeFormat::Csv, TraceFormat::Csv), "event", 0).unwrap();
    let text = std::fs::read_to_string(path.join("recording.json")).unwrap();
    let edited = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        std::fs::write(path.join("recording.json"), text.replacen(from, to, 1)).unwrap();
        open(path)
    };
    refused(edited("\"schema\": 1", "\"schema\": 2"), &["recording.json", "schema 2"]);
    refused(edited("\"ticks\": 1000", "\"ticks\": 1001"), &["spikes.csv", "not those of recording.json"]);
    let name = Some(&small().populations[0].0[..]);
    refused(read_population(path, small().dt_ms, name, u64::MAX), &["spikes.csv", "not those of recording.json"]);
    refused(edited("\"membrane\"", "\"current\""), &["traces.csv", "not those of recording.json"]);
    refused(edited("\"spikes.csv\"", "\"../spikes.csv\""), &["recording.json", "not the name of a file"]);
    refused(edited("\"dt_ms\": 0.1", "\"dt_ms\": 0"), &["recording.json", "dt_ms"]);
    refused(edited("{", "{\"other\": 1,"), &["recording.json:", "other"]);
    std::fs::remove_file(path.join("spikes.csv")).unwrap();
    refused(edited("{", "{ "), &["spikes.csv", "cannot read"]);
}

/// A full disk, `/dev/full`, is an error of what is spooled.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut spool = Spool::on(full);
    let failed = (0..10_000).find_map(|_| spool.write(&[0; 64]).err());
    assert!(failed.unwrap().to_string().contains("No space left"));
}

fn event(x: u8, y: u8, polarity: u32, microseconds: u32) -> [u8; 5] {
    let [_, a, b, c] = (polarity << 23 | microseconds).to_be_bytes();
    [x, y, a, b, c]
}

#[test]
fn camera_events_become_spikes() {
    let folder = scratch();
    let path = folder.path().join("digit.bs2");
    let events = [event(1, 0, 0, 200), event(1, 0, 0, 299), event(0, 33, 0, 300), event(33, 2, 1, 8_388_607)];
    std::fs::write(&path, events.concat()).unwrap();
    let recording = read_spikes(&path, 0.1).unwrap();
    assert_eq!((recording.populations, recording.ticks), (vec![("pixels".to_owned(), 2312)], 83_887));
    let last = (83_886, 0, 34 * 34 + 2 * 34 + 33);
    assert_eq!(recording.spikes, [(2, 0, 1), (2, 0, 1), (3, 0, 33 * 34), last]);

    refused(read_events(&path, 0.1, Some([32, 34])), &["digit.bs2", "event 3 at x 33, y 2", "32 x 34"]);
    refused(read_events(&path, 0.1, Some([0, 34])), &["sensor"]);
    refused(read_events(&path, 1e-9, None), &["digit.bs2", "behind the last tick of 0.000000001 ms"]);
    std::fs::write(&path, &events.concat()[..18]).unwrap();
    refused(read_spikes(&path, 0.1), &["digit.bs2", "within record 3 of 5 bytes", "truncated"]);
    refused(read_spikes(&folder.path().join("no.bs2"), 0.1), &["no.bs2", "cannot read"]);
}

#[test]
fn the_clock_of_a_camera_runs_over() {
    let folder = scratch();
    let overflow = event(200, 240, 1, 7_000_000);
    let pixel = |microseconds| event(3, 5, 1, microseconds);
    let neuron = (34 + 5) * 34 + 3;
    // As N-MNIST is distributed, by the name of older copies, and by that of a camera's own
    // program.
    for name in ["00001.bin", "00001.bs2", "00001.BS2"] {
        let path = folder.path().join(name);
        std::fs::write(&path, [pixel(1000), overflow, pixel(2000), overflow, overflow, pixel(0)].concat()).unwrap();
        let recording = read_spikes(&path, 1.0).unwrap();
        assert_eq!(recording.spikes, [(1, 0, neuron), (10, 0, neuron), (24, 0, neuron)], "{name}");
    }
    let path = folder.path().join("only.bin");
    std::fs::write(&path, overflow).unwrap();
    assert_eq!(read_spikes(&path, 1.0).unwrap().ticks, 0);
    refused(read_events(&path, 1.0, Some([256, 241])), &["sensor", "at most 240"]);
    assert!(read_events(&path, 1.0, Some([256, 240])).is_ok());
    std::fs::write(&path, event(34, 239, 0, 0)).unwrap();
    refused(read_spikes(&path, 1.0), &["only.bin", "y 239", "34 x 34"]);
}

#[test]
fn one_population_is_read_by_its_name() {
    let folder = scratch();
    for format in SpikeFormat::ALL {
        let path = folder.path().join(format!("spikes.{}", format.extension()));
        write_spikes(&path, &small()).unwrap();
        let exc = read_population(&path, 0.1, Some("exc"), u64::MAX).unwrap();
        assert_eq!(exc.populations, small().populations[..1]);
        assert_eq!(exc.spikes, [(0, 0, 3), (0, 0, 19), (7, 0, 0), (999, 0, 7)]);
        let silent = read_population(&path, 0.1, Some("silent é"), u64::MAX).unwrap();
        assert_eq!((silent.populations, silent.spikes), (small().populations[2..].to_vec(), vec![]));
        refused(read_population(&path, 0.1, None, u64::MAX), &["which population", "exc", "silent é"]);
        refused(read_population(&path, 0.1, Some("in"), u64::MAX), &["no population 'in'", "exc"]);
    }
    // Others are not even looked at.
    let path = folder.path().join("two.h5");
    let mut builder = FileBuilder::new();
    let mut spikes = builder.create_group("spikes");
    for (name, ids) in [("good", &[0, 1][..]), ("wrong", &[-1])] {
        let mut group = spikes.create_group(name);
        group.create_dataset("timestamps").with_f64_data(&[1.0, 2.0]);
        group.create_dataset("node_ids").with_i64_data(ids);
        spikes.add_group(group.finish());
    }
    builder.add_group(spikes.finish());
    std::fs::write(&path, builder.finish().unwrap()).unwrap();
    assert_eq!(read_population(&path, 1.0, Some("good"), u64::MAX).unwrap().spikes, [(1, 0, 0), (2, 0, 1)]);
    refused(read_population(&path, 1.0, Some("wrong"), u64::MAX), &["wrong/node_ids"]);
    refused(
        read_population(&path, 1.0, Some("good"), 100),
        &["good/node_ids", "needs 64 bytes of memory; 36 are left"],
    );
    let path = folder.path().join("spikes.npz");
    refused(read_population(&path, 0.1, Some("exc"), 100), &["spikes.npz", "bytes of memory"]);
}

#[test]
fn names_of_files_may_end_in_capitals() {
    let folder = scratch();
    for name in ["SPIKES.H5", "spikes.Csv", "SPIKES.NPZ"] {
        let path = folder.path().join(name);
        write_spikes(&path, &small()).unwrap();
        assert_eq!(read_spikes(&path, 0.1).unwrap(), small(), "{name}");
    }
    write(folder.path(), &small(), &traces(), (SpikeFormat::Csv, TraceFormat::Csv), "event", 0).unwrap();
    let path = folder.path().join("OLD.CSV");
    std::fs::rename(folder.path().join("traces.csv"), &path).unwrap();
    assert_eq!(read_traces(&path).unwrap(), traces());
}

#[test]
fn byte_order_marks_are_no_text() {
    let folder = scratch();
    let path = folder.path().join("spikes.csv");
    write_spikes(&path, &small()).unwrap();
    let text = std::fs::read(&path).unwrap();
    std::fs::write(&path, [b"\xef\xbb\xbf", &text[..]].concat()).unwrap();
    assert_eq!(read_spikes(&path, 0.1).unwrap(), small());
    std::fs::write(&path, "\u{feff}time_ms,id\r\n1,2\r\n").unwrap();
    assert_eq!(read_spikes(&path, 0.5).unwrap().spikes, [(2, 0, 2)]);
}

#[test]
fn arrays_stored_by_columns_are_read() {
    let folder = scratch();
    let path = folder.path().join("traces.npz");
    let trace = Trace { values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], ..traces()[0].clone() };
    write(folder.path(), &small(), std::slice::from_ref(&trace), (SpikeFormat::Csv, TraceFormat::Npz), "event", 0)
        .unwrap();
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    let mut changed = zip::ZipWriter::new(std::fs::File::create(folder.path().join("changed")).unwrap());
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i).unwrap();
        let (name, mut bytes) = (entry.name().unwrap().into_owned(), Vec::new());
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        if name == "values_0.npy" {
            // Three ticks of two neurons.
            bytes = crate::formats::npy::tests::by_columns("<f8", "(3, 2)");
            bytes.extend([1.0_f64, 3.0, 5.0, 2.0, 4.0, 6.0].iter().flat_map(|value| value.to_le_bytes()));
        }
        changed.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut changed, &bytes).unwrap();
    }
    changed.finish().unwrap();
    std::fs::rename(folder.path().join("changed"), &path).unwrap();
    assert_eq!(read_traces(&path).unwrap(), [trace]);
}

/// The published count of all recordings is 4,518,827 events.
#[test]
fn real_camera_recordings_are_read_whole() {
    let Some(folder) = shared("nmnist_small") else { return };
    let mut total = 0;
    let mut files = 0;
    for entry in std::fs::read_dir(folder.join("bs2")).unwrap() {
        let recording = read_spikes(&entry.unwrap().path(), 1.0).unwrap();
        assert!((250..400).contains(&recording.ticks), "{}", recording.ticks);
        total += recording.spikes.len();
        files += 1;
    }
    assert_eq!((files, total), (1100, 4_518_827));
    let dvs = folder.join("dvs128_extra/1.bs2");
    assert_eq!(read_events(&dvs, 1.0, Some([128, 128])).unwrap().spikes.len(), 317_355 / 5);
    refused(read_spikes(&dvs, 1.0), &["1.bs2", "outside the sensor of 34 x 34"]);
}

/// NEST and Brian2 agree on the first 26 ms (then on other spikes of as good as the same number),
/// but for the tick by which their labels differ.
#[test]
fn spikes_of_nest_and_brian_are_read() {
    let Some(folder) = shared("network_reference") else { return };
    let nest = read_spikes(&folder.join("cuba4k_nest.npz"), 0.1).unwrap();
    let brian = read_spikes(&folder.join("cuba4k_brian_cpp.npz"), 0.1).unwrap();
    assert_eq!((nest.spikes.len(), brian.spikes.len(), nest.ticks), (22_509, 22_514, 10_001));
    let early = |recording: &SpikeRecording, label: u32| -> Vec<(u32, u32, u32)> {
        let spikes = recording.spikes.iter().map(|&(tick, p, id)| (tick + label, p, id));
        spikes.filter(|&(tick, ..)| tick < 264).collect()
    };
    assert!(early(&nest, 0).len() > 900 && early(&nest, 0) == early(&brian, 1));
}

/// A spreadsheet takes no name for a formula, and the table is still read as what it was.
#[test]
fn names_are_no_formulas_in_tables() {
    let folder = scratch();
    let names = ["=1+1", "'=1+1", "@sum", "+a", "-5", "plain", "'tis"];
    let recording = SpikeRecording {
        dt_ms: 0.1,
        ticks: 10,
        populations: names.map(|name| (name.to_owned(), 2)).to_vec(),
        spikes: (0..7).map(|p| (p, p, 1)).collect(),
        ..small()
    };
    let path = folder.path().join("spikes.csv");
    write_spikes(&path, &recording).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let cells: Vec<&str> = text.lines().skip(2).filter_map(|line| line.split(',').nth(2)).take(7).collect();
    assert_eq!(cells, ["'=1+1", "''=1+1", "'@sum", "'+a", "-5", "plain", "'tis"]);
    assert_eq!(read_spikes(&path, 0.1).unwrap(), recording);
}

#[test]
fn a_trace_gives_each_of_its_neurons() {
    let trace = Trace { neurons: vec![2, 7, 9], values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], ..traces()[0].clone() };
    assert_eq!(trace.neuron(7).unwrap(), [2.0, 5.0]);
    assert!(Trace { values: Vec::new(), ..trace.clone() }.neuron(9).unwrap().is_empty());
    let error = trace.neuron(3).unwrap_err();
    assert!(error.to_string().contains("the membrane of neuron 3 of 'exc' was not recorded"), "{error}");
    assert_eq!(error.hint(), Some("add membrane:exc[3] to what is recorded"));
}
