//! The readers on small data sets made here: the forms that occur, and everything that can be
//! wrong.

use super::class_file::tests::{write_h5, write_sequences};
use super::*;
use crate::error::Result;
use crate::formats::npy::tests::matrix_bytes;
use crate::formats::pickle::Writer;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A small data set in the published layout.
struct Made {
    root: TempDir,
    name: &'static str,
    classes: [&'static str; 4],
}

const AUDIO_DIM: usize = 2;
const VIDEO_DIM: usize = 3;

/// Which of the four classes are in a stored part: two trained, one unseen in validation, one
/// unseen in the test.
fn members(part: Part) -> &'static [usize] {
    match part {
        Part::Stage1ValUnseen => &[2],
        Part::Stage2TestSeen => &[0, 1, 2],
        Part::Stage2TestUnseen => &[3],
        _ => &[0, 1],
    }
}

fn manual(class: &str) -> String {
    format!("the {}", class.to_lowercase().split(',').next().unwrap())
}

impl Made {
    fn new(name: &'static str, classes: [&'static str; 4]) -> Made {
        let made = Made { root: tempfile::tempdir().unwrap(), name, classes };
        made.text("class-split/all_class.txt", &classes.map(|class| format!("{class}\n")).concat());
        let rows = classes.map(|class| format!("\"{class}\",{}\n", manual(class))).concat();
        made.text(&made.names_file(), &format!("original,manual\n{rows}"));
        let vectors: Vec<(String, Vec<f32>)> =
            classes.iter().enumerate().map(|(i, class)| (manual(class), vec![i as f32, 1.0, 0.5])).collect();
        made.dictionary(&vectors);
        for part in Part::STORED {
            let names = members(part).iter().map(|&i| format!("{}\n", classes[i])).collect::<String>();
            made.text(&format!("class-split/main_split/{part}.txt"), &names);
            for &class in members(part) {
                made.class_files(part, class, &made.ids(part, class));
            }
        }
        made
    }

    fn names_file(&self) -> String {
        format!("class-split/{}_w2v_class_names.csv", self.name.to_lowercase())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(self.name).join(path)
    }

    fn text(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn dictionary(&self, vectors: &[(String, Vec<f32>)]) {
        let mut writer = Writer::new();
        writer.object_array(|w| {
            w.dict(|w| {
                for (name, vector) in vectors {
                    w.text(name);
                    w.array(&[vector.len()], vector);
                }
            });
        });
        let path = self.path("features/main_features/text/word_embeddings_x_normed.npy");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, [crate::formats::npy::header("|O", &[]), writer.finish()].concat()).unwrap();
    }

    fn ids(&self, part: Part, class: usize) -> Vec<String> {
        (0..2).map(|i| format!("{part}_{class}_{i}")).collect()
    }

    fn class_file(&self, modality: &str, part: Part, class: usize) -> PathBuf {
        self.path(&format!("features/main_features/{modality}/{part}/{}.h5", self.classes[class]))
    }

    /// Clip `i` of class `c` has the audio features `[c, i]` and the video features `[i, c, 0.5]`.
    fn class_files(&self, part: Part, class: usize, ids: &[String]) {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let rows = 0..ids.len();
        let audio: Vec<f32> = rows.clone().flat_map(|i| [class as f32, i as f32]).collect();
        let video: Vec<f32> = rows.flat_map(|i| [i as f32, class as f32, 0.5]).collect();
        write_h5(&self.class_file("audio", part, class), AUDIO_DIM, &ids, &audio);
        write_h5(&self.class_file("video", part, class), VIDEO_DIM, &ids, &video);
    }

    fn open(&self) -> Result<Dataset> {
        Dataset::open(self.root.path(), self.name, Split::Main, ClassVectors::Aligned)
    }

    /// Opens and loads everything.
    fn load_all(&self) -> Result<Vec<Clips>> {
        let dataset = self.open()?;
        Part::ALL.iter().map(|&part| dataset.load(part)).collect()
    }

    fn inspect(&self) -> Inspection {
        inspect(self.root.path(), self.name, Split::Main).unwrap()
    }

    /// Opening or loading fails with a message that has all of `texts`, and the inspection finds
    /// the same.
    fn refused(&self, texts: &[&str]) {
        let error = self.load_all().expect_err(&format!("{texts:?}")).to_string();
        assert!(texts.iter().all(|text| error.contains(text)), "{texts:?}: {error}");
        let problems = self.inspect().problems;
        let found = problems.iter().any(|p| p.fatal && texts.iter().all(|text| p.message.contains(text)));
        assert!(found, "{texts:?}: {problems:?}");
    }

    /// Loading works, and the inspection warns.
    fn warned(&self, texts: &[&str]) {
        self.load_all().unwrap();
        let problems = self.inspect().problems;
        let found = problems.iter().any(|p| !p.fatal && texts.iter().all(|text| p.message.contains(text)));
        assert!(found, "{texts:?}: {problems:?}");
    }
}

fn letters() -> Made {
    Made::new("Letters", ["b", "a", "c", "d"])
}

#[test]
fn clips_keep_their_order_labels_and_features() {
    let made = letters();
    let dataset = made.open().unwrap();
    assert_eq!(dataset.classes, ["a", "b", "c", "d"]);
    assert_eq!(dataset.classes_of(Part::Stage2Train), [0, 1, 2]);
    assert_eq!(dataset.vector(0).unwrap(), [1.0, 1.0, 0.5]);
    assert_eq!(dataset.vector_dim(), 3);
    let clips = dataset.load(Part::Stage2Train).unwrap();
    // Stage 1's parts one after the other, classes by id: 'a' was made as class 1, 'b' as class 0.
    assert_eq!(clips.labels, [0, 0, 1, 1, 0, 0, 1, 1, 2, 2]);
    assert_eq!(clips.ids[..3], ["stage_1_train_1_0", "stage_1_train_1_1", "stage_1_train_0_0"]);
    assert_eq!((clips.audio.clip(1), clips.video.clip(1)), (&[1.0, 1.0][..], &[1.0, 1.0, 0.5][..]));
    assert_eq!((clips.audio.clip(9), clips.video.clip(9)), (&[2.0, 1.0][..], &[1.0, 2.0, 0.5][..]));
    assert_eq!(clips.class_counts().into_iter().collect::<Vec<_>>(), [(0, 4), (1, 4), (2, 2)]);
    let inspection = made.inspect();
    assert!(inspection.problems.is_empty(), "{inspection}");
    assert_eq!(inspection.parts.iter().map(|part| part.clips).collect::<Vec<_>>(), [4, 4, 2, 10, 6, 2]);
}

#[test]
fn names_compare_as_each_benchmark_does() {
    // UCF and ActivityNet ignore case; others do not.
    let names = ["HandstandPushups", "Archery", "TaiChi", "YoYo"];
    for (name, ignores) in [("UCF", true), ("ActivityNet", true), ("VGGSound", false)] {
        let made = Made::new(name, names);
        let path = made.class_file("video", Part::Stage1Train, 0);
        std::fs::rename(&path, path.with_file_name("HandStandPushups.h5")).unwrap();
        made.text("class-split/main_split/stage_1_val_unseen.txt", "Taichi\n");
        if ignores { drop(made.load_all().unwrap()) } else { made.refused(&["stage_1_val_unseen.txt", "'Taichi'"]) }
    }
}

#[test]
fn the_tables_of_each_benchmark_are_understood() {
    let quoted = ["playing violin, fiddle", "bee, wasp, etc. buzzing", "police car (siren)", "hail"];
    let plain = ["Archery", "BMX", "Cricket", "Zumba"];
    type Row = fn(&str, &str) -> String;
    let ucf: Row = |id, class| format!("{id},{class},7\n");
    let activity: Row = |id, class| format!("{id},7,{class}\n");
    let vgg: Row = |id, class| format!("{id},30,\"{class}\",train,{id}_000030,7,music\n");
    let tables: [(&str, [&str; 4], &str, Row); 4] = [
        ("UCF", plain, "filename,label,label_code\n", ucf),
        ("ActivityNet", plain, "filename,label_code,label\n", activity),
        ("VGGSound", quoted, "youtube_id,start_seconds,label,split,filename,label_code,category\n", vgg),
        ("ESC30", plain, "", ucf),
    ];
    for (name, classes, header, row) in tables {
        let made = Made::new(name, classes);
        let path = "class-split/main_split/stage_1_train.csv";
        let rows = |which: &[usize]| which.iter().map(|&i| row("clip", classes[i])).collect::<String>();
        made.text(path, &format!("{header}{}", rows(&[0, 1, 0])));
        assert!(made.inspect().problems.is_empty(), "{name}: {}", made.inspect());
        made.text(path, &format!("{header}{}", rows(&[0, 1, 3, 3])));
        made.warned(&["stage_1_train.csv", "2 clips of 1 classes that stage_1_train.txt does not list", classes[3]]);
        made.text(path, &format!("{header}{}", rows(&[0])));
        made.warned(&["stage_1_train.csv", "no clips of 1 classes", classes[1]]);
    }
}

#[test]
fn the_table_of_vector_names_is_read_in_any_order() {
    let made = letters();
    let expected = made.open().unwrap().vectors;
    let variants = [
        "manual,original\nthe a,a\nthe b,b\nthe c,c\nthe d,d\n",
        "original,manual,category\na,the a,x\nb,the b,x\nc,the c,x\nd,the d,x\n",
        "a,the a\nb,the b\nc,the c\nd,the d\n",
        "the a,a\nthe b,b\nthe c,c\nthe d,d\n",
    ];
    for table in variants {
        made.text(&made.names_file(), table);
        assert_eq!(made.open().unwrap().vectors, expected, "{table}");
    }
    // The dictionary may also have the original names, as ESC30's.
    made.dictionary(&["a", "b", "c", "d"].map(|name| (name.to_string(), vec![1.0; 3])));
    made.text(&made.names_file(), "a,phrase one\nb,phrase two\nc,phrase three\nd,phrase four\n");
    assert!(made.open().unwrap().vectors.iter().all(|vector| vector.as_deref() == Some(&[1.0; 3])));
}

#[test]
fn published_vectors_follow_the_order_of_their_own_names() {
    let made = letters();
    // In the order of these names, class 'a' is third and 'c' is first.
    made.dictionary(&[
        ("3".to_string(), vec![0.3; 2]),
        ("2".to_string(), vec![0.2; 2]),
        ("1".to_string(), vec![0.1; 2]),
        ("4".to_string(), vec![0.4; 2]),
    ]);
    made.text(&made.names_file(), "original,manual\na,3\nb,2\nc,1\nd,4\n");
    let open = |mode| Dataset::open(made.root.path(), made.name, Split::Main, mode).unwrap();
    let firsts = |dataset: &Dataset| dataset.vectors.iter().flatten().map(|vector| vector[0]).collect::<Vec<_>>();
    let aligned = open(ClassVectors::Aligned);
    assert_eq!((firsts(&aligned), aligned.displaced_vectors), (vec![0.3, 0.2, 0.1, 0.4], 0));
    let published = open(ClassVectors::AsPublished);
    assert_eq!((firsts(&published), published.displaced_vectors), (vec![0.1, 0.2, 0.3, 0.4], 2));
    assert_eq!(made.inspect().vectors.displaced_as_published, 2);
}

#[test]
fn sequences_are_read_beside_and_instead_of_averages() {
    let made = letters();
    let ids = made.ids(Part::Stage1Train, 0);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let path = made.class_file("audio", Part::Stage1Train, 0);
    let clips: [(&[usize], &[f32]); 2] = [(&[3, 2], &[1., 2., 3., 4., 5., 6.]), (&[1, 2], &[7., 8.])];
    write_sequences(&path.with_extension("pkl"), &ids, &clips);
    for _ in 0..2 {
        let clips = made.open().unwrap().load(Part::Stage1Train).unwrap();
        // Class 'b' was made as class 0 and has id 1.
        assert_eq!((clips.audio.segments(2), clips.audio.segments(3), clips.video.segments(2)), (3, 1, 1));
        assert_eq!((clips.audio.clip(2), clips.audio.clip(3)), (&[1., 2., 3., 4., 5., 6.][..], &[7., 8.][..]));
        let _ = std::fs::remove_file(&path);
    }
    let inspection = made.inspect();
    assert_eq!(inspection.parts[0].audio_segments, SegmentRange { shortest: 1, longest: 3 });
    assert!(inspection.problems.is_empty() && inspection.to_string().contains("1..3"), "{inspection}");
    // A data set of temporal features has its own name for the folder.
    std::fs::rename(made.path("features/main_features"), made.path("features/main_features_no_averaged")).unwrap();
    made.load_all().unwrap();
}

#[test]
fn a_data_set_that_is_not_there_is_named() {
    let made = letters();
    let open = |name: &str, split| Dataset::open(made.root.path(), name, split, ClassVectors::Aligned);
    let error = open("Numbers", Split::Main).unwrap_err();
    assert!(error.to_string().contains("Numbers") && error.hint().unwrap().contains("'Letters'"), "{error}");
    assert_eq!(open("letters", Split::Main).unwrap().name, "Letters");
    let error = open("Letters", Split::Cls).unwrap_err().to_string();
    assert!(error.contains("cls"), "{error}");
    let absent = Path::new("/nowhere/at/all");
    assert!(Dataset::open(absent, "x", Split::Main, ClassVectors::Aligned).is_err());
    std::fs::remove_file(made.path("class-split/all_class.txt")).unwrap();
    assert!(made.open().unwrap_err().to_string().contains("all_class.txt"));
    assert!(inspect(made.root.path(), "Letters", Split::Main).is_err());
}

#[test]
fn wrong_class_lists_are_refused() {
    let list = |part: Part| format!("class-split/main_split/{part}.txt");
    let made = letters();
    std::fs::remove_file(made.path(&list(Part::Stage2TestSeen))).unwrap();
    made.refused(&["stage_2_test_seen.txt", "cannot read"]);

    let made = letters();
    made.text(&list(Part::Stage1Train), "a\nb\nq\n");
    made.refused(&["stage_1_train.txt", "'q' is not in all_class.txt"]);

    let made = letters();
    made.text(&list(Part::Stage1ValUnseen), "a\n");
    made.refused(&["main_split", "1 classes of stage_1_val_unseen are also in stage_1_train: 'a'"]);

    let made = letters();
    made.text(&list(Part::Stage2TestUnseen), "c\n");
    made.refused(&["main_split", "1 classes of stage_2_test_unseen are also in stage_2_train: 'c'"]);

    let made = letters();
    made.text(&list(Part::Stage1ValSeen), "d\n");
    made.refused(&["main_split", "1 classes of stage_1_val_seen are not in stage_1_train: 'd'"]);

    let made = letters();
    made.text(&list(Part::Stage2TestUnseen), "\n");
    made.refused(&["main_split", "stage_2_test_unseen has no classes"]);

    let made = letters();
    made.text("class-split/all_class.txt", "a\nb\nc\nd\na\n");
    made.refused(&["all_class.txt", "'a' is listed twice"]);

    let made = letters();
    made.text(&list(Part::Stage2Train), "a\nb\n");
    made.warned(&["stage_2_train.txt", "does not list the classes"]);
}

#[test]
fn wrong_class_vectors_are_refused() {
    let dictionary = "features/main_features/text/word_embeddings_x_normed.npy";
    let vectors = |n: usize, size: usize| -> Vec<(String, Vec<f32>)> {
        ["a", "b", "c", "d"][..n].iter().map(|name| (manual(name), vec![0.5; size])).collect()
    };
    let made = letters();
    made.dictionary(&vectors(3, 3));
    made.refused(&["letters_w2v_class_names.csv", "class 'd' has no vector"]);

    let made = letters();
    made.text(&made.names_file(), "original,manual\na,the a\nb,the b\nc,the c\n");
    made.refused(&["letters_w2v_class_names.csv", "class 'd' has no vector"]);

    let made = letters();
    std::fs::remove_file(made.path(&made.names_file())).unwrap();
    made.refused(&["letters_w2v_class_names.csv", "cannot read"]);

    let made = letters();
    std::fs::remove_file(made.path(dictionary)).unwrap();
    made.refused(&["text", "expected one word_embeddings_*_normed.npy, found 0"]);

    let made = letters();
    std::fs::copy(made.path(dictionary), made.path("features/main_features/text/word_embeddings_y_normed.npy"))
        .unwrap();
    made.refused(&["text", "found 2"]);

    let made = letters();
    let mut wrong = vectors(4, 3);
    wrong[2].1[1] = f32::NAN;
    made.dictionary(&wrong);
    made.refused(&["word_embeddings_x_normed.npy", "'the c' is NaN at column 1"]);

    let made = letters();
    wrong[2].1 = vec![0.5; 4];
    made.dictionary(&wrong);
    made.refused(&["word_embeddings_x_normed.npy", "'the c' has size 4, others have 3"]);

    let made = letters();
    let mut wrong = vectors(4, 3);
    wrong[3].1 = vec![0.0; 3];
    made.dictionary(&wrong);
    made.refused(&["word_embeddings_x_normed.npy", "the vector of class 'd' is zero"]);

    let made = letters();
    let mut wrong = vectors(4, 3);
    wrong.push(("\u{e9}".into(), vec![1.0; 3]));
    wrong.push(("e\u{301}".into(), vec![2.0; 3]));
    made.dictionary(&wrong);
    made.refused(&["word_embeddings_x_normed.npy", "has two vectors under names that differ only in Unicode form"]);
    wrong[5].1 = vec![1.0; 3];
    made.dictionary(&wrong);
    made.open().unwrap();

    let made = letters();
    made.text(&made.names_file(), "original,manual\na,the a\nb,the b\nc,the c\nd,the d\nd,the a\n");
    made.refused(&["letters_w2v_class_names.csv", "'d' is both 'the d' and 'the a'"]);

    let made = letters();
    std::fs::write(made.path(dictionary), matrix_bytes(1, 2, &[1.0, 2.0])).unwrap();
    made.refused(&["word_embeddings_x_normed.npy", "pickled dictionary"]);

    let made = letters();
    let whole = std::fs::read(made.path(dictionary)).unwrap();
    std::fs::write(made.path(dictionary), &whole[..whole.len() - 20]).unwrap();
    made.refused(&["word_embeddings_x_normed.npy", "cut off"]);
}

/// One array under many names takes no more memory than the file.
#[test]
fn one_vector_of_many_names_is_refused() {
    let mut writer = Writer::new();
    writer.array(&[1000], &[0.5; 1000]);
    let array = writer.finish();
    let key = |letter: u8| [b"X\x01\0\0\0", &[letter][..]].concat();
    let mut bytes = [crate::formats::npy::header("|O", &[]), b"\x80\x03}(".to_vec()].concat();
    bytes.extend([&key(b'a'), &array[2..array.len() - 1], b"q\0"].concat());
    (b'b'..=b'z').for_each(|letter| bytes.extend([&key(letter)[..], b"h\0"].concat()));
    bytes.extend(b"u.");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words.npy");
    std::fs::write(&path, bytes).unwrap();
    let error = vectors::read_dictionary(&path).unwrap_err().to_string();
    assert!(error.contains("words.npy") && error.contains("larger than the file"), "{error}");
}

#[test]
fn wrong_features_are_refused() {
    let part = Part::Stage2TestSeen;
    let made = letters();
    std::fs::remove_file(made.class_file("video", part, 1)).unwrap();
    made.refused(&["video/stage_2_test_seen", "no file 'a.h5'"]);

    let made = letters();
    std::fs::remove_dir_all(made.path("features/main_features/audio/stage_2_test_seen")).unwrap();
    made.refused(&["audio/stage_2_test_seen", "cannot read this folder"]);

    let made = letters();
    let path = made.class_file("audio", part, 1);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    made.refused(&["audio/stage_2_test_seen/a.h5"]);

    let made = letters();
    write_h5(&made.class_file("audio", part, 1), 2, &["x", "y"], &[1., 2., 3., f32::NAN]);
    write_h5(&made.class_file("video", part, 1), 3, &["x", "y"], &[0.0; 6]);
    made.refused(&["audio/stage_2_test_seen/a.h5", "row 1, column 1", "NaN"]);

    let made = letters();
    write_h5(&made.class_file("video", part, 1), 3, &["x"], &[0.0; 3]);
    made.refused(&["video/stage_2_test_seen/a.h5", "1 clips, but", "audio/stage_2_test_seen/a.h5 has 2"]);

    let made = letters();
    let ids = made.ids(part, 1);
    write_h5(&made.class_file("video", part, 1), 3, &[&ids[1], &ids[0]], &[0.0; 6]);
    made.refused(&["video/stage_2_test_seen/a.h5", "clip 0 is", &ids[1], &ids[0]]);

    let made = letters();
    let ids = made.ids(part, 1);
    write_h5(&made.class_file("video", part, 0), 4, &[&made.ids(part, 0)[0], &made.ids(part, 0)[1]], &[0.0; 8]);
    let error = made.load_all().unwrap_err().to_string();
    assert!(error.contains("stage_2_test_seen/b.h5") && error.contains("size 4"), "{error} {ids:?}");
    let problems = made.inspect().problems;
    assert!(
        problems.iter().any(|p| p.fatal && p.message.contains("video: features of different sizes")),
        "{problems:?}"
    );
}

#[test]
fn odd_but_usable_data_is_warned_of() {
    // A class without clips.
    let made = letters();
    made.class_files(Part::Stage1ValSeen, 0, &[]);
    made.warned(&["stage_1_val_seen/b.h5", "has no clips"]);
    let clips = made.open().unwrap().load(Part::Stage1ValSeen).unwrap();
    assert_eq!(clips.labels, [0, 0]);
    // A part without clips is an error.
    made.class_files(Part::Stage1ValSeen, 1, &[]);
    let error = made.load_all().unwrap_err().to_string();
    assert!(error.contains("stage_1_val_seen") && error.contains("no clips"), "{error}");

    // A class that the list dropped but whose files are still there.
    let made = letters();
    let from = made.class_file("audio", Part::Stage1Train, 0);
    std::fs::copy(&from, from.with_file_name("z.h5")).unwrap();
    made.warned(&["audio/stage_1_train", "files of 1 classes", "'z'"]);

    let made = letters();
    made.class_files(Part::Stage1Train, 0, &["x".into(), "x".into()]);
    made.warned(&["stage_1_train", "1 clips are twice in stage_1_train: 'x'"]);
}

#[test]
fn an_inspection_finds_everything_at_once() {
    let made = letters();
    // Test clips that were trained, a truncated file, a missing one, NaN, a class without vector, a
    // wrong table.
    made.class_files(Part::Stage2TestSeen, 0, &made.ids(Part::Stage1Train, 0));
    std::fs::write(made.class_file("audio", Part::Stage1Train, 1), b"\x89HDF\r\n\x1a\n").unwrap();
    std::fs::remove_file(made.class_file("video", Part::Stage2TestUnseen, 3)).unwrap();
    write_h5(&made.class_file("video", Part::Stage1ValUnseen, 2), 3, &["u", "v"], &[f32::INFINITY, 0., 0., 0., 0., 0.]);
    made.text(&made.names_file(), "original,manual\na,the a\nb,the b\nc,the c\nd,the e\n");
    made.text("class-split/main_split/stage_1_train.csv", "filename,label\nx,a\n");
    let inspection = made.inspect();
    let text = inspection.to_string();
    let expected = [
        "2 clips are also in stage_1_train",
        "audio/stage_1_train/a.h5: not a readable HDF5 file",
        "video/stage_2_test_unseen: no file 'd.h5'",
        "video/stage_1_val_unseen/c.h5: row 0, column 0 (clip 'u') is inf",
        "clip 0 is 'u'",
        "class 'd' has no vector",
        "no clips of 1 classes",
    ];
    for problem in expected {
        assert!(text.contains(problem), "{problem} is missing:\n{text}");
    }
    assert_eq!(inspection.problems.len(), expected.len(), "{text}");
    assert!(text.contains("6 errors, 1 warning"), "{text}");
    let json = serde_json::to_value(&inspection).unwrap();
    assert_eq!(json["parts"][0]["part"], "stage_1_train");
    assert_eq!(json["problems"].as_array().unwrap().len(), expected.len());
}

/// A small data set in the plain form: classes `a` to `d` with two clips each, audio of 2 segments
/// and video of 1.
fn plain() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("Small");
    std::fs::create_dir(&folder).unwrap();
    let write = |name: &str, bytes: Vec<u8>| std::fs::write(folder.join(name), bytes).unwrap();
    write("classes.csv", b"class\nb\na\nc\nd\n".to_vec());
    write("class_vectors.npy", matrix_bytes(4, 2, &[0., 1., 2., 3., 4., 5., 6., 7.]));
    write("audio.npy", matrix_bytes(16, 1, &(0..16).map(|i| i as f32).collect::<Vec<_>>()));
    write("video.npy", matrix_bytes(8, 2, &(0..16).map(|i| i as f32 / 2.0).collect::<Vec<_>>()));
    let rows = [
        "b0,b,0,2,0,stage_1_train|stage_2_train",
        "b1,b,2,4,1,stage_2_test_seen",
        "a0,a,4,6,2,stage_1_train",
        "a1,a,6,8,3,stage_1_val_seen",
        "c0,c,8,10,4,stage_1_val_unseen|stage_2_train",
        "c1,c,10,12,5,",
        "d0,d,12,14,6,stage_2_test_unseen",
        "d1,d,14,16,7,stage_2_test_unseen",
    ];
    let table = format!("clip,class,audio_row,audio_end,video_row,parts\n{}\n", rows.join("\n"));
    write("clips.csv", table.into_bytes());
    root
}

fn open_plain(root: &TempDir) -> Result<Dataset> {
    Dataset::open(root.path(), "Small", Split::Main, ClassVectors::Aligned)
}

#[test]
fn the_plain_form_is_read() {
    let root = plain();
    let dataset = open_plain(&root).unwrap();
    assert_eq!(dataset.classes, ["a", "b", "c", "d"]);
    assert_eq!(dataset.vector(0).unwrap(), [2.0, 3.0]);
    let clips = dataset.load(Part::Stage2Train).unwrap();
    assert_eq!((clips.ids.join(" "), clips.labels), ("a0 b0 a1 c0".to_string(), vec![0, 1, 0, 2]));
    assert_eq!((clips.audio.clip(0), clips.video.clip(0)), (&[4.0, 5.0][..], &[2.0, 2.5][..]));
    assert_eq!((clips.audio.segments(3), clips.audio.clip(3)), (2, &[8.0, 9.0][..]));
    assert_eq!(dataset.load(Part::Stage2TestUnseen).unwrap().len(), 2);
    let inspection = inspect(root.path(), "Small", Split::Main).unwrap();
    assert!(inspection.problems.is_empty() && inspection.form == "plain", "{inspection}");
    assert_eq!(inspection.parts.iter().map(|part| part.clips).collect::<Vec<_>>(), [2, 1, 1, 4, 1, 2]);
    // Without columns of ends, a clip is one row.
    let table = root.path().join("Small/clips.csv");
    let text = std::fs::read_to_string(&table).unwrap().replace("audio_end", "ignored");
    std::fs::write(table, text).unwrap();
    assert_eq!(open_plain(&root).unwrap().load(Part::Stage1Train).unwrap().audio.clip(0), [4.0]);
}

/// A fault is reported once, however many clips it touches, and its consequences are not.
#[test]
fn one_fault_of_the_plain_form_is_one_error() {
    let said = |edit: &dyn Fn(&Path), expected: &[&str]| {
        let root = plain();
        edit(&root.path().join("Small"));
        let inspection = inspect(root.path(), "Small", Split::Main).unwrap();
        let said: Vec<&str> = inspection.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(said.len(), expected.len(), "{inspection}");
        assert!(said.iter().zip(expected).all(|(said, part)| said.contains(part)), "{expected:?}: {inspection}");
    };
    let integers = [crate::formats::npy::tests::header_bytes("<i4", "(16, 1)"), vec![0; 64]].concat();
    said(
        &|folder| std::fs::write(folder.join("audio.npy"), &integers).unwrap(),
        &["audio.npy: elements are not floats"],
    );
    let cube = [crate::formats::npy::tests::header_bytes("<f4", "(16, 1, 1)"), vec![0; 64]].concat();
    said(&|folder| std::fs::write(folder.join("audio.npy"), &cube).unwrap(), &["audio.npy: expected a matrix"]);
    said(&|folder| std::fs::remove_file(folder.join("video.npy")).unwrap(), &["video.npy: cannot read"]);
    let head = "clip,class,audio_row,audio_end,video_row,parts\n";
    said(&|folder| std::fs::write(folder.join("clips.csv"), head).unwrap(), &["clips.csv: lists no clips"]);
    said(
        &|folder| std::fs::write(folder.join("video.npy"), matrix_bytes(8, 2, &[f32::NAN; 16])).unwrap(),
        &["video.npy: row 0, column 0 (clip 'b0') is NaN (the first of 7 alike)"],
    );
    said(
        &|folder| std::fs::write(folder.join("audio.npy"), matrix_bytes(2, 1, &[0.0; 2])).unwrap(),
        &["rows 2..4 are not in audio.npy, which has 2 (the first of 7 alike)"],
    );
    let table = |from: &'static str, to: &'static str| {
        move |folder: &Path| {
            let text = std::fs::read_to_string(folder.join("clips.csv")).unwrap();
            std::fs::write(folder.join("clips.csv"), text.replace(from, to)).unwrap();
        }
    };
    said(&table(",d,", ",e,"), &["class 'e' is not in classes.csv (the first of 2 alike)"]);
    said(
        &table("test_unseen", "tset_unseen"),
        &["'stage_2_tset_unseen' is not a part of a split (the first of 2 alike)"],
    );
    said(&table(",stage", ";stage"), &["no cell for column 'parts' (the first of 7 alike)"]);
}

#[test]
fn matrices_stored_by_columns_are_read() {
    let root = plain();
    let folder = root.path().join("Small");
    let load = || {
        let dataset = open_plain(&root).unwrap();
        (dataset.vectors.clone(), Part::ALL.map(|part| dataset.load(part).unwrap()))
    };
    let expected = load();
    for (name, rows, columns) in [("video.npy", 8, 2), ("class_vectors.npy", 4, 2), ("audio.npy", 16, 1)] {
        let values = crate::formats::matrix::Matrix::open(&folder.join(name)).unwrap().read_all().unwrap();
        let mut bytes = crate::formats::npy::tests::by_columns("<f4", &format!("({rows}, {columns})"));
        let turned = (0..columns).flat_map(|c| (0..rows).map(move |r| (r, c)));
        bytes.extend(turned.flat_map(|(r, c)| values[r * columns + c].to_le_bytes()));
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    assert_eq!(load(), expected);
    assert!(inspect(root.path(), "Small", Split::Main).unwrap().problems.is_empty());
}

/// Classes and clips whose names look alike are the same: composed (NFC), decomposed (NFD), behind
/// a byte order mark.
#[test]
fn names_compare_by_what_they_look_like() {
    let (composed, decomposed) = ("\u{c9}lan", "E\u{301}lan");
    let made = Made::new("Letters", [composed, "a", "c", "d"]);
    let expected = made.load_all().unwrap();
    let vectors = made.open().unwrap().vectors;
    for part in [Part::Stage1Train, Part::Stage2TestSeen] {
        for modality in ["audio", "video"] {
            let path = made.class_file(modality, part, 0);
            std::fs::rename(&path, path.with_file_name(format!("{decomposed}.H5"))).unwrap();
        }
    }
    made.text("class-split/main_split/stage_1_val_seen.txt", &format!("\u{feff}{decomposed}\r\na\r\n"));
    let names = std::fs::read_to_string(made.path(&made.names_file())).unwrap();
    made.text(&made.names_file(), &format!("\u{feff}{}", names.replace("\u{e9}lan", "e\u{301}lan")));
    made.text("class-split/main_split/stage_1_train.csv", &format!("filename,label\nx,a\ny,{decomposed}\n"));
    let all = made.path("class-split/all_class.txt");
    std::fs::write(&all, [b"\xef\xbb\xbf", &std::fs::read(&all).unwrap()[..]].concat()).unwrap();
    assert!(made.inspect().problems.is_empty(), "{}", made.inspect());
    assert_eq!((made.load_all().unwrap(), made.open().unwrap().vectors), (expected, vectors));
    // Nor have they a file each.
    let path = made.class_file("video", Part::Stage1Train, 0).with_file_name(format!("{decomposed}.H5"));
    let twice = path.with_file_name(format!("{composed}.h5"));
    std::fs::copy(&path, &twice).unwrap();
    let problem = made.load_all().unwrap_err().to_string();
    assert!([&path, &twice].iter().all(|file| problem.contains(&file.display().to_string())), "{problem}");
    assert_eq!(made.inspect().problems.len(), 1, "{}", made.inspect());
    // Where a class has both forms of features, sequences are read.
    let sequences = path.with_extension("pkl");
    std::fs::rename(&path, &sequences).unwrap();
    assert!(!made.inspect().to_string().contains("same class"));
    std::fs::rename(&sequences, &path).unwrap();
    std::fs::remove_file(&twice).unwrap();
    // The two forms of one name are not two classes.
    made.text("class-split/all_class.txt", &format!("{composed}\n{decomposed}\na\nc\nd\n"));
    assert!(made.open().unwrap_err().to_string().contains("is listed twice"));

    let root = plain();
    let folder = root.path().join("Small");
    for (name, from, to) in [("classes.csv", "b\n", composed), ("clips.csv", ",b,", decomposed)] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        std::fs::write(folder.join(name), text.replace(from, &from.replace('b', to))).unwrap();
    }
    assert_eq!(open_plain(&root).unwrap().load(Part::Stage1Train).unwrap().ids, ["a0", "b0"]);
    // Names of folders as well.
    std::fs::rename(&folder, root.path().join(decomposed)).unwrap();
    assert!(Dataset::open(root.path(), composed, Split::Main, ClassVectors::Aligned).is_ok());
}

#[test]
fn one_fault_of_the_published_layout_is_one_error() {
    let problems = |made: &Made| made.inspect().problems.into_iter().map(|p| p.message).collect::<Vec<_>>();
    let made = letters();
    std::fs::remove_file(made.path(&made.names_file())).unwrap();
    assert_eq!(problems(&made).len(), 1, "{:?}", problems(&made));
    let made = letters();
    std::fs::remove_file(made.path("class-split/main_split/stage_1_train.txt")).unwrap();
    let said = problems(&made);
    assert!(said.len() == 1 && said[0].contains("stage_1_train.txt: cannot read"), "{said:?}");
    let made = letters();
    for class in [0, 1] {
        std::fs::remove_file(made.class_file("audio", Part::Stage1Train, class)).unwrap();
    }
    let said = problems(&made);
    assert!(said.len() == 1 && said[0].contains("(the first of 2 alike)"), "{said:?}");
    // Contents of a kind of file: sequences of unusual numbers, each with its own clips.
    let made = letters();
    for part in [Part::Stage1Train, Part::Stage2TestSeen] {
        for (modality, class) in [("audio", 0), ("audio", 1), ("video", 0)] {
            let ids = made.ids(part, class);
            let clips: [(&[usize], &[f32]); 2] = [(&[1, 1, 2], &[1., 2.]), (&[1, 2], &[7., 8.])];
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            write_sequences(&made.class_file(modality, part, class).with_extension("pkl"), &ids, &clips);
        }
    }
    let said = problems(&made);
    assert!(said.len() == 1 && said[0].contains("(the first of 6 alike)"), "{said:?}");
    let made = letters();
    made.text("class-split/main_split/stage_2_test_seen.txt", "a\nB\nC\n");
    let said = problems(&made);
    assert!(said[0].contains("'B' is not in all_class.txt (the first of 2 alike)"), "{said:?}");
}

#[test]
fn a_wrong_plain_form_is_refused() {
    let refused = |file: &str, from: &str, to: &str, texts: &[&str]| {
        let root = plain();
        let path = root.path().join("Small").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let error = open_plain(&root).expect_err(&format!("{texts:?}")).to_string();
        assert!(error.contains(file) && texts.iter().all(|text| error.contains(text)), "{texts:?}: {error}");
    };
    refused("clips.csv", "clip,", "name,", &["no column 'clip'"]);
    refused("clips.csv", "b1,b,", "b1,q,", &[":3:2:", "class 'q' is not in classes.csv"]);
    refused("clips.csv", "b1,b,2,4", "b1,b,x,4", &[":3:3:", "'x' is not a row number"]);
    refused("clips.csv", "b1,b,2,4", "b1,b,2,99", &[":3:3:", "rows 2..99 are not in audio.npy, which has 16"]);
    refused("clips.csv", "b1,b,2,4", "b1,b,4,4", &[":3:3:", "rows 4..4"]);
    refused("clips.csv", "stage_2_test_seen", "stage_3", &[":3:6:", "'stage_3' is not a part"]);
    refused("clips.csv", "stage_2_test_seen", "stage_2_test_seen|stage_1_train", &["both"]);
    refused("clips.csv", "stage_2_test_seen", "stage_2_train", &["name one of these"]);
    refused("clips.csv", "b1,b", "b0,b", &[":3:1:", "clip 'b0' is also in line 2"]);
    refused("clips.csv", "d1,d", "d1,a", &["also in stage_2_train: 'a'"]);
    refused("clips.csv", "b1,b,2,4,1,stage_2_test_seen", "b1,b", &[":3:", "no cell"]);
    refused("classes.csv", "class", "klass", &["column 'class'"]);
    refused("classes.csv", "b\na", "a\na", &["'a' is listed twice"]);

    let replaced = |file: &str, bytes: Vec<u8>, texts: &[&str]| {
        let root = plain();
        std::fs::write(root.path().join("Small").join(file), bytes).unwrap();
        let error = open_plain(&root).and_then(|dataset| dataset.load(Part::Stage1Train)).unwrap_err().to_string();
        assert!(error.contains(file) && texts.iter().all(|text| error.contains(text)), "{texts:?}: {error}");
        let problems = inspect(root.path(), "Small", Split::Main).map(|inspection| inspection.problems);
        let found = problems.map_or(true, |problems| problems.iter().any(|p| p.fatal && p.message.contains(file)));
        assert!(found, "{texts:?}");
    };
    replaced("class_vectors.npy", matrix_bytes(3, 1, &[0.0; 3]), &["3 rows for the 4 classes"]);
    replaced("class_vectors.npy", matrix_bytes(4, 1, &[0., 1., f32::NAN, 3.]), &["row 2 (class 'c'), column 0 is NaN"]);
    replaced("video.npy", matrix_bytes(8, 2, &[f32::NAN; 16]), &["row 2, column 0 (clip 'a0') is NaN"]);
    replaced("audio.npy", b"junk".to_vec(), &["not a .npy file"]);

    let root = plain();
    for (split, mode) in [(Split::Cls, ClassVectors::Aligned), (Split::Main, ClassVectors::AsPublished)] {
        let error = Dataset::open(root.path(), "Small", split, mode).unwrap_err();
        assert!(error.to_string().contains("plain form") && error.hint().is_some(), "{error}");
    }
}
