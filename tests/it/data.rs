//! The readers against the real files in the shared folder (`SPIKEFUSE_SHARED`, default `../shared`). Tests that need a
//! file that is not there say so and pass.

use crate::shared;

use shared::shared;
use spikefuse::data::{ClassVectors, Dataset, Part, Split, inspect};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

fn esc30() -> Option<PathBuf> {
    Some(shared("esc30")?.join("avgzsl_benchmark_datasets"))
}

/// A C-ordered little-endian f32 matrix of numpy: (columns, values). Written apart from the library's reader.
fn npy(path: &Path) -> (usize, Vec<f32>) {
    let bytes = std::fs::read(path).unwrap();
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..start]).unwrap();
    assert!(header.contains("'<f4'") && header.contains("'fortran_order': False"), "{header}");
    let shape = header.split_once("'shape': (").unwrap().1.split_once(')').unwrap().0;
    let columns = shape.split(", ").last().unwrap().parse().unwrap();
    let values = bytes[start..].chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    (columns, values)
}

#[test]
fn esc30_has_the_counts_of_its_readme() {
    let Some(root) = esc30() else { return };
    let dataset = Dataset::open(&root, "ESC30", Split::Main, ClassVectors::Aligned).unwrap();
    assert_eq!((dataset.classes.len(), dataset.vector_dim()), (30, 300));
    let expected = [
        (Part::Stage1Train, 18, 1152),
        (Part::Stage1ValSeen, 18, 576),
        (Part::Stage1ValUnseen, 6, 576),
        (Part::Stage2Train, 24, 2304),
        (Part::Stage2TestSeen, 24, 768),
        (Part::Stage2TestUnseen, 6, 768),
    ];
    for (part, classes, count) in expected {
        let clips = dataset.load(part).unwrap();
        assert_eq!((dataset.classes_of(part).len(), clips.len()), (classes, count), "{part}");
        assert_eq!((clips.audio.dim(), clips.video.dim()), (256, 512));
        assert_eq!(clips.class_counts().into_keys().collect::<Vec<_>>(), dataset.classes_of(part));
        assert_eq!((clips.audio.len(), clips.video.len(), clips.ids.len()), (count, count, count));
        assert!((0..count).all(|i| clips.audio.segments(i) == 1 && clips.video.segments(i) == 1));
    }
}

#[test]
fn esc30_clips_equal_the_plain_matrices() {
    let Some(folder) = shared("esc30") else { return };
    let root = folder.join("avgzsl_benchmark_datasets");
    let dataset = Dataset::open(&root, "ESC30", Split::Main, ClassVectors::Aligned).unwrap();
    let (audio_dim, audio) = npy(&folder.join("compact/audio_feat_1600x256_f32.npy"));
    let (video_dim, video) = npy(&folder.join("compact/video_feat_5618x512_f32.npy"));
    let pairs = std::fs::read_to_string(folder.join("compact/pairs.csv")).unwrap();
    let rows: HashMap<&str, Vec<&str>> =
        pairs.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()).map(|row| (row[0], row)).collect();
    let mut seen = 0;
    for part in Part::ALL {
        let clips = dataset.load(part).unwrap();
        for i in 0..clips.len() {
            let row = &rows[clips.ids[i].as_str()];
            assert_eq!(dataset.classes[clips.labels[i]], row[1]);
            assert!(row[5].split('|').any(|name| name == part.folder_name()), "{row:?} is not in {part}");
            let (a, v): (usize, usize) = (row[3].parse().unwrap(), row[4].parse().unwrap());
            assert_eq!(clips.audio.clip(i), &audio[a * audio_dim..(a + 1) * audio_dim]);
            assert_eq!(clips.video.clip(i), &video[v * video_dim..(v + 1) * video_dim]);
        }
        let listed = rows.values().filter(|row| row[5].split('|').any(|name| name == part.folder_name())).count();
        assert_eq!(clips.len(), listed, "{part}");
        seen += listed;
    }
    assert_eq!(seen, 1152 + 576 + 576 + 2304 + 768 + 768);

    let (dim, vectors) = npy(&folder.join("compact/class_w2v_30x300_f32.npy"));
    let classes = std::fs::read_to_string(folder.join("compact/classes.csv")).unwrap();
    for line in classes.lines().skip(1) {
        let row: Vec<&str> = line.split(',').collect();
        let id = dataset.classes.iter().position(|class| class == row[1]).unwrap();
        let index: usize = row[0].parse().unwrap();
        assert_eq!(dataset.vector(id).unwrap(), &vectors[index * dim..(index + 1) * dim], "{}", row[1]);
    }
}

#[test]
fn esc30_has_no_problems() {
    let Some(root) = esc30() else { return };
    let inspection = inspect(&root, "esc30", Split::Main).unwrap();
    assert!(inspection.problems.is_empty(), "{inspection}");
    assert_eq!(inspection.dataset, "ESC30");
    let text = inspection.to_string();
    assert!(text.contains("stage_2_train") && text.contains("2304"), "{text}");
    println!("{text}");
}

/// Where the original name of a class is not the name of its vector without spaces (UCF, ActivityNet) or as it is
/// (VGGSound): name of the vector, original name.
const UCF: [(&str, &str); 7] = [
    ("Bodyweight Squats", "BodyWeightSquats"),
    ("Weight Lifting", "CleanAndJerk"),
    ("Cut Kitchen", "CuttingInKitchen"),
    ("Pullups", "PullUps"),
    ("Pushups", "PushUps"),
    ("Taichi", "TaiChi"),
    ("Walk Dog", "WalkingWithDog"),
];
const VGGSOUND: [(&str, &str); 24] = [
    ("auto racing", "race car, auto racing"),
    ("bee buzzing", "bee, wasp, etc. buzzing"),
    ("bird chirping", "bird chirping, tweeting"),
    ("cattle cowbell", "cattle, bovinae cowbell"),
    ("crocodiles hissing", "alligators, crocodiles hissing"),
    ("donkey braying", "donkey, ass braying"),
    ("electric razor shaving", "electric shaver, electric razor shaving"),
    ("engine accelerating", "engine accelerating, revving, vroom"),
    ("fly buzzing", "fly, housefly buzzing"),
    ("heart sounds", "heart sounds, heartbeat"),
    ("ice cream truck", "ice cream truck, ice cream van"),
    ("kayak rowing", "rowboat, canoe, kayak rowing"),
    ("kid speaking", "child speech, kid speaking"),
    ("man speaking", "male speech, man speaking"),
    ("motorboat acceleration", "motorboat, speedboat acceleration"),
    ("pigeon cooing", "pigeon, dove cooing"),
    ("playing steel guitar", "playing steel guitar, slide guitar"),
    ("playing violin", "playing violin, fiddle"),
    ("playing xylophone", "playing marimba, xylophone"),
    ("police car siren", "police car (siren)"),
    ("railroad car", "railroad car, train wagon"),
    ("underground", "subway, metro, underground"),
    ("vehicle horn", "vehicle horn, car horn, honking"),
    ("woman speaking", "female speech, woman speaking"),
];

/// Names of several data sets together; six of UCF are ActivityNet's too (counted with numpy) and not added again.
#[test]
fn vocabularies_add_up() {
    let Some(folder) = shared("word_vectors") else { return };
    let mut dataset = Dataset::embedded(0);
    for (file, names) in [("vggsound", 309), ("activity", 509), ("vggsound", 509), ("ucf", 604)] {
        dataset.add_vocabulary(&folder.join(format!("word_embeddings_{file}_normed.npy"))).unwrap();
        assert_eq!(dataset.vocabulary.len(), names, "{file}");
    }
}

/// The real dictionaries in a layout made around them: every class gets its row of the plain twin, and assigned as
/// published as many classes get another's vector as the benchmarks' loader gives.
#[test]
fn real_class_vectors_are_read_and_assigned_both_ways() {
    let Some(folder) = shared("word_vectors") else { return };
    let spaceless: fn(&str) -> String = |name| name.replace(' ', "");
    let same: fn(&str) -> String = str::to_string;
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], fn(&str) -> String, usize, usize);
    let cases: [Case; 3] = [
        ("UCF", "ucf", &UCF, spaceless, 101, 79),
        ("VGGSound", "vggsound", &VGGSOUND, same, 309, 205),
        ("ActivityNet", "activity", &[], spaceless, 200, 8),
    ];
    for (name, file, exceptions, rule, count, displaced) in cases {
        let (dim, twin) = npy(&folder.join(format!("{file}_{count}x300_f32.npy")));
        let keys = std::fs::read_to_string(folder.join(format!("{file}_names.txt"))).unwrap();
        let keys: Vec<&str> = keys.lines().collect();
        assert_eq!((keys.len(), twin.len()), (count, count * dim));
        let original = |key: &str| {
            exceptions
                .iter()
                .find(|(vector, _)| *vector == key)
                .map_or_else(|| rule(key), |(_, class)| class.to_string())
        };
        for (key, _) in exceptions {
            assert!(keys.contains(key), "{key}");
        }
        let row = |key: &str| {
            let at = keys.iter().position(|k| *k == key).unwrap();
            &twin[at * dim..(at + 1) * dim]
        };

        let root = tempfile::tempdir().unwrap();
        let set = root.path().join(name);
        let write = |path: String, text: String| {
            let path = set.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let classes: Vec<String> = keys.iter().map(|key| original(key)).collect();
        let list = |classes: &[String]| classes.iter().map(|class| format!("{class}\n")).collect::<String>();
        write("class-split/all_class.txt".into(), list(&classes));
        let table: String = keys.iter().map(|key| format!("\"{}\",{key}\n", original(key))).collect();
        let lower = name.to_lowercase();
        write(format!("class-split/{lower}_w2v_class_names.csv"), format!("original,manual\n{table}"));
        for (part, classes) in [
            (Part::Stage1Train, &classes[..count - 2]),
            (Part::Stage1ValSeen, &classes[..count - 2]),
            (Part::Stage1ValUnseen, &classes[count - 2..count - 1]),
            (Part::Stage2TestSeen, &classes[..count - 1]),
            (Part::Stage2TestUnseen, &classes[count - 1..]),
        ] {
            write(format!("class-split/main_split/{part}.txt"), list(classes));
        }
        let npy_name = format!("word_embeddings_{file}_normed.npy");
        std::fs::create_dir_all(set.join("features/main_features/text")).unwrap();
        std::fs::copy(folder.join(&npy_name), set.join("features/main_features/text").join(&npy_name)).unwrap();

        let open = |mode| Dataset::open(root.path(), name, Split::Main, mode).unwrap();
        let aligned = open(ClassVectors::Aligned);
        assert_eq!((aligned.classes.len(), aligned.vector_dim(), aligned.displaced_vectors), (count, dim, 0));
        for key in &keys {
            let id = aligned.classes.iter().position(|class| *class == original(key)).unwrap();
            assert_eq!(aligned.vector(id).unwrap(), row(key), "{key}");
        }
        let published = open(ClassVectors::AsPublished);
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        for (id, key) in sorted.iter().enumerate() {
            assert_eq!(published.vector(id).unwrap(), row(key), "{key}");
        }
        let differ = (0..count).filter(|&id| aligned.vectors[id] != published.vectors[id]).count();
        assert_eq!((published.displaced_vectors, differ), (displaced, displaced), "{name}");
    }
}
