//! A recorder holds no more for a long run than for a short one. Alone in its file, since it counts
//! every allocation.

#[path = "common/allocations.rs"]
mod allocations;

use allocations::with_peak;
use spikefuse::recording::{Folder, Header, Probe, Recorder, SpikeFormat, TraceFormat, Variable};

/// The most bytes held while two populations fire 40 spikes a tick and 20 membranes are recorded.
fn peak(ticks: u32, spikes: SpikeFormat, traces: TraceFormat) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let header = Header {
        dt_ms: 0.1,
        populations: vec![("exc".into(), 80), ("inh".into(), 20)],
        probes: vec![Probe { variable: Variable::Membrane, population: 0, neurons: (0..20).collect() }],
        ..Header::default()
    };
    let neurons: Vec<u32> = (0..20).collect();
    let mut values = vec![0.0; 20];
    let record = || {
        let mut recorder = Folder::create(folder.path(), header, spikes, traces).unwrap();
        for tick in 0..ticks {
            recorder.spikes(tick, 0, &neurons).unwrap();
            recorder.spikes(tick, 1, &neurons).unwrap();
            values.iter_mut().for_each(|value| *value += 0.1);
            recorder.values(tick, 0, &values).unwrap();
        }
        recorder.finish(ticks, "event", 0).unwrap();
    };
    with_peak(record).1
}

#[test]
fn memory_does_not_grow_with_the_run() {
    for (spikes, traces) in [
        (SpikeFormat::H5, TraceFormat::Npz),
        (SpikeFormat::Npz, TraceFormat::Npz),
        (SpikeFormat::Csv, TraceFormat::Csv),
    ] {
        // 40,000 spikes and 800,000 after warming up: 16 MB in h5.
        peak(10, spikes, traces);
        let (short, long) = (peak(1_000, spikes, traces), peak(20_000, spikes, traces));
        println!("{spikes:?} {traces:?}: {short} and {long} bytes");
        assert!(long < short + (128 << 10), "{spikes:?}: {short} bytes for 1000 ticks, {long} for 20,000");
        assert!(long < 3 << 20, "{spikes:?}: {long} bytes");
    }
}
