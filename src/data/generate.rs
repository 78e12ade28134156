//! The demonstration set written in the published layout.

use super::dataset::Dataset;
use super::embedded::{EMBEDDED_NAME, dataset, load};
use super::features::{Clips, Features};
use super::source::Source;
use super::split::Part;
use crate::base::files::{Hold, LOCK, folder_of, remove, write_together};
use crate::error::{Error, Result};
use crate::formats::npy;
use crate::formats::pickle::Writer;
use std::path::{Path, PathBuf};

/// Writes the embedded set of `seed` to `<root>/Compositions` in the published layout, its clips as
/// pickled sequences, and returns that folder. Reading it gives the same bits as
/// [`Dataset::embedded`].
///
/// # Errors
/// When the folder is in use, or not empty, except for leftovers of a killed `generate`; or when a
/// file cannot be written, in which case no file of the set remains.
pub fn generate(root: &Path, seed: u64) -> Result<PathBuf> {
    const VERB: &str = "data generate";
    let folder = root.join(EMBEDDED_NAME);
    let hold = Hold::new(&folder, VERB)?;
    let fail = |e| Error::caused_by(&folder, "cannot read this folder", e);
    let empty = std::fs::read_dir(&folder).map_err(fail)?.flatten().all(|entry| entry.file_name() == LOCK);
    if !empty && !hold.was_left_by(VERB) {
        return Err(Error::file(folder, "this folder is not empty").with_hint("remove it or choose another place"));
    }
    let set = set(&folder, &dataset(seed))?;
    let files: Vec<(PathBuf, &[u8])> = set.iter().map(|(path, bytes)| (path.clone(), &bytes[..])).collect();
    if let Err(error) = write_together(&files, &[]) {
        // The write error is reported even if some files cannot be removed.
        for (path, _) in &set {
            let _ = remove(path);
        }
        for (path, _) in &set {
            remove_empty(folder_of(path), &folder);
        }
        hold.done();
        return Err(error);
    }
    hold.done();
    Ok(folder)
}

/// Removes a folder and those above it, up to `top`, as far as they are empty.
fn remove_empty(folder: &Path, top: &Path) {
    if folder != top && std::fs::remove_dir(folder).is_ok() {
        remove_empty(folder_of(folder), top);
    }
}

/// The files of the set. Their names do not depend on its seed.
fn set(folder: &Path, dataset: &Dataset) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let Source::Memory(stored) = &dataset.source else { return Err(Error::value("set", "is not in memory")) };
    let mut files = Vec::new();
    let lines = |ids: &[usize]| ids.iter().map(|&id| dataset.classes[id].clone() + "\n").collect::<String>();
    let words = |class: &str| class.replace('_', " ");

    let lists = folder.join("class-split");
    let classes: String = dataset.classes.iter().map(|class| format!("{class}\n")).collect();
    files.push((lists.join("all_class.txt"), classes.into_bytes()));
    let names: String = dataset.classes.iter().map(|class| format!("{class},{}\n", words(class))).collect();
    files.push((lists.join("compositions_w2v_class_names.csv"), format!("original,manual\n{names}").into_bytes()));
    for part in Part::ALL {
        let clips = load(stored, part);
        let rows = clips.ids.iter().zip(&clips.labels);
        let rows: String = rows.map(|(id, &label)| format!("{id},{},{label}\n", dataset.classes[label])).collect();
        let split = lists.join("main_split");
        files.push((split.join(format!("{part}.txt")), lines(dataset.classes_of(part)).into_bytes()));
        files.push((split.join(format!("{part}.csv")), format!("filename,label,label_code\n{rows}").into_bytes()));
    }

    let features = folder.join("features/main_features");
    let mut dictionary = npy::header("|O", &[]);
    let mut writer = Writer::new();
    writer.object_array(|w| {
        w.dict(|w| {
            for (class, vector) in dataset.classes.iter().zip(dataset.vectors.iter().flatten()) {
                w.text(&words(class));
                w.array(&[vector.len()], vector);
            }
        });
    });
    dictionary.extend(writer.finish());
    files.push((features.join("text/word_embeddings_compositions_normed.npy"), dictionary));
    for (part, clips) in Part::STORED.into_iter().zip(stored.iter()) {
        for &id in dataset.classes_of(part) {
            let own: Vec<usize> = (0..clips.len()).filter(|&i| clips.labels[i] == id).collect();
            for (modality, features_of) in [("audio", &clips.audio), ("video", &clips.video)] {
                let name = format!("{}.pkl", dataset.classes[id]);
                let path = features.join(modality).join(part.folder_name()).join(name);
                files.push((path, class_pickle(clips, features_of, &own)));
            }
        }
    }
    Ok(files)
}

/// `{features: [T x D], video_names, fps}` of the clips `own`.
fn class_pickle(clips: &Clips, features: &Features, own: &[usize]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.dict(|w| {
        w.text("features");
        w.list(|w| own.iter().for_each(|&i| w.array(&[features.segments(i), features.dim()], features.clip(i))));
        w.text("video_names");
        w.list(|w| own.iter().for_each(|&i| w.text(&clips.ids[i])));
        w.text("fps");
        w.list(|w| own.iter().for_each(|_| w.int(1)));
    });
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ClassVectors, Split};

    #[test]
    fn what_is_written_reads_back_to_the_same_bits() {
        let root = tempfile::tempdir().unwrap();
        let folder = generate(root.path(), 5).unwrap();
        assert_eq!(folder, root.path().join(EMBEDDED_NAME));
        let made = dataset(5);
        for mode in [ClassVectors::Aligned, ClassVectors::AsPublished] {
            // The two name orders agree here, so both modes are the same.
            let read = Dataset::open(root.path(), EMBEDDED_NAME, Split::Main, mode).unwrap();
            assert_eq!((&read.classes, &read.vectors, read.displaced_vectors), (&made.classes, &made.vectors, 0));
            for part in Part::ALL {
                assert_eq!(read.classes_of(part), made.classes_of(part));
                assert!(read.load(part).unwrap() == made.load(part).unwrap(), "{part}");
            }
        }
        let inspection = crate::data::inspect(root.path(), EMBEDDED_NAME, Split::Main).unwrap();
        assert!(inspection.problems.is_empty(), "{inspection}");
        assert_eq!(inspection.parts[3].clips, 672);
        assert_eq!(inspection.parts[3].audio_segments.longest, 10);

        let again = generate(root.path(), 5).unwrap_err().to_string();
        assert!(again.contains(EMBEDDED_NAME) && again.contains("not empty"), "{again}");
    }
}
