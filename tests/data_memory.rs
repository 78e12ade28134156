//! Loading holds little more than the features themselves. Alone in its file, since it counts every
//! allocation.

#[path = "common/allocations.rs"]
mod allocations;

use allocations::with_peak;
use hdf5_pure::FileBuilder;
use spikefuse::data::{ClassVectors, Dataset, Part, Split, generate};
#[test]
fn loading_holds_at_most_a_fifth_more_than_the_features() {
    const CLIPS: usize = 600;
    const DIM: usize = 512;
    // The lists and vectors of the embedded set with larger HDF5 files: 18 classes x 600 clips x 2
    // x 512 x 4 bytes = 44 MB.
    let root = tempfile::tempdir().unwrap();
    let folder = generate(root.path(), 0).unwrap();
    let open = || Dataset::open(root.path(), "Compositions", Split::Main, ClassVectors::Aligned).unwrap();
    let dataset = open();
    for modality in ["audio", "video"] {
        let part = folder.join("features/main_features").join(modality).join("stage_1_train");
        for &class in dataset.classes_of(Part::Stage1Train) {
            let class = &dataset.classes[class];
            let names: Vec<String> = (0..CLIPS).map(|i| format!("{class}_{i}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut builder = FileBuilder::new();
            let values = vec![0.5; CLIPS * DIM];
            builder.create_dataset("data").with_f32_data(&values).with_shape(&[CLIPS as u64, DIM as u64]);
            builder.create_dataset("video_urls").with_ascii_strings_sized(&names, 80).unwrap();
            std::fs::remove_file(part.join(format!("{class}.pkl"))).unwrap();
            builder.write(part.join(format!("{class}.h5"))).unwrap();
        }
    }
    let (clips, peak) = with_peak(|| dataset.load(Part::Stage1Train).unwrap());
    assert_eq!((clips.len(), clips.audio.dim()), (18 * CLIPS, DIM));
    assert!(clips.bytes() > 44_000_000);
    assert!(peak < clips.bytes() / 5 * 6, "{peak} bytes for {}", clips.bytes());
    println!("peak {peak} bytes for {}", clips.bytes());
}
