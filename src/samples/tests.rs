#[cfg(feature = "hdf5")]
#[path = "../../tests/common/shd.rs"]
mod file;

use super::{Opening, Samples, inspect};

#[test]
fn values_match_their_labels() {
    let error = Samples::of_steps(vec![usize::MAX, 3], 7, vec![0.0; 4], vec![0; 2]).unwrap_err().to_string();
    assert!(error.contains("4 values: expected 2 samples of 7 steps of"), "{error}");
}

#[cfg(feature = "hdf5")]
#[test]
fn spiking_digits_in_any_width_of_floats() {
    use super::Input;
    let samples: [file::Sample; 3] = [(&[0.5, 0.0, 0.0009765625], &[699, 3, 2], 1), (&[], &[], 0), (&[1.25], &[0], 1)];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shd.h5");
    for width in [2, 4, 8] {
        std::fs::write(&path, file::shd(&samples, width, &["zero", "one"])).unwrap();
        let found = Samples::open(&path, &Opening::default()).unwrap();
        assert_eq!((found.shape(), found.labels(), found.classes()), (&[700][..], &[1, 0, 1][..], 2));
        let first = Input::Spikes { spikes: vec![(0, 2), (0, 3), (500, 699)], ticks: 501 };
        assert_eq!(found.read(0, 1.0).unwrap(), first, "{width} bytes");
        assert_eq!(found.read(1, 1.0).unwrap(), Input::Spikes { spikes: Vec::new(), ticks: 0 });
        let fine = Input::Spikes { spikes: vec![(0, 3), (9, 2), (5000, 699)], ticks: 5001 };
        assert_eq!(found.read(0, 0.1).unwrap(), fine);
        assert!(found.read(0, 0.0).unwrap_err().to_string().contains("dt_ms"));
    }
    let found = inspect(&path, &Opening::default()).unwrap();
    let names: Vec<_> = found.classes.iter().map(|class| (class.name.as_deref(), class.samples)).collect();
    assert_eq!(names, [(Some("zero"), 1), (Some("one"), 2)]);
    assert_eq!((found.all_events, found.lengths.map(|lengths| lengths.max)), (Some(4), Some(1251)));
    assert_eq!(found.faults.len(), 1);
    assert!(found.faults[0].message.contains("1 recording without events, the first '1'"));
}

#[cfg(feature = "hdf5")]
#[test]
fn wrong_spiking_digits_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shd.h5");
    let refused = |samples: &[file::Sample], said: &str| {
        std::fs::write(&path, file::shd(samples, 8, &["zero"])).unwrap();
        let found = inspect(&path, &Opening::default()).unwrap();
        assert!(found.faults[0].fatal && found.faults[0].message.contains(said), "{said}: {:?}", found.faults);
    };
    refused(
        &[(&[0.5], &[1], 0), (&[0.5, 0.6], &[1, 700], 0)],
        "'spikes/units', list 1: spike 1 is of no unit from 0 to 699",
    );
    refused(&[(&[-0.5], &[1], 0)], "'spikes/times', list 0: spike 0 is at -0.5 s");
    refused(&[(&[f64::NAN], &[1], 0)], "list 0: spike 0 is at NaN s");
    refused(&[(&[1e10], &[1], 0)], "list 0: spike 0 is at 10000000000 s");
    refused(&[(&[0.5, 0.6], &[1], 0)], "sample 0 has 2 times and 1 units");
    let error = Samples::open(&path, &Opening { labels: Some(path.clone()), ..Opening::default() });
    assert!(error.unwrap_err().to_string().contains("labels of its own"));
    let bytes = file::shd(&[(&[0.5], &[1], 0)], 8, &["zero"]);
    for length in (0..bytes.len()).step_by(97) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let read = Samples::open(&path, &Opening::default()).and_then(|samples| samples.read(0, 1.0));
        assert!(read.is_err() || length > bytes.len() / 2, "{length} of {} bytes", bytes.len());
    }
}
