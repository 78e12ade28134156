//! Data sets of audio-visual generalised zero-shot learning (GZSL): clips, classes, class vectors, and the parts of a split.
//!
//! Three kinds of data set have the same interface, [`Dataset`]:
//! - the layout in which UCF-, VGGSound- and ActivityNet-GZSL are published: HDF5 files of clip averages, or pickles of
//!   sequences, one per class;
//! - a plain form for people without HDF5: `clips.csv`, `.npy` matrices;
//! - the embedded demonstration set, [`Dataset::embedded`], made from a seed; [`generate`] writes it in the published layout.
//!
//! `docs/data.md` describes the files. [`inspect`] lists what a data set has and everything that is wrong with it;
//! [`Dataset::open`] and [`Dataset::load`] fail on what would make a result wrong.

mod class_file;
mod embedded;
mod features;
mod inspect;
mod plain;
mod published;
#[cfg(test)]
mod tests;
mod vectors;

pub use embedded::{EMBEDDED_NAME, generate};
pub use features::{Clips, Features};
pub use inspect::{DataProblem, Inspection, PartSummary, SegmentRange, VectorSummary, inspect};

use crate::base::rng::fnv1a;
use crate::error::{Error, Result};
use pulp::bytemuck;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

/// A part of a split. Stage 1 chooses, stage 2 trains on everything but the test data and is tested once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Training clips of stage 1.
    #[serde(rename = "stage_1_train")]
    Stage1Train,
    /// Other clips of the classes of `Stage1Train`.
    #[serde(rename = "stage_1_val_seen")]
    Stage1ValSeen,
    /// Clips of classes that `Stage1Train` does not have.
    #[serde(rename = "stage_1_val_unseen")]
    Stage1ValUnseen,
    /// Training clips of stage 2: the three parts of stage 1 together.
    #[serde(rename = "stage_2_train")]
    Stage2Train,
    /// Other clips of the classes of `Stage2Train`.
    #[serde(rename = "stage_2_test_seen")]
    Stage2TestSeen,
    /// Clips of classes that `Stage2Train` does not have.
    #[serde(rename = "stage_2_test_unseen")]
    Stage2TestUnseen,
}

impl Part {
    /// All parts in order.
    pub const ALL: [Part; 6] = [
        Part::Stage1Train,
        Part::Stage1ValSeen,
        Part::Stage1ValUnseen,
        Part::Stage2Train,
        Part::Stage2TestSeen,
        Part::Stage2TestUnseen,
    ];

    /// The parts that own clips: all but `Stage2Train`.
    const STORED: [Part; 5] =
        [Part::Stage1Train, Part::Stage1ValSeen, Part::Stage1ValUnseen, Part::Stage2TestSeen, Part::Stage2TestUnseen];

    /// The name in the published layout: of the part's folder and of its `.txt` and `.csv`.
    pub fn folder_name(self) -> &'static str {
        match self {
            Part::Stage1Train => "stage_1_train",
            Part::Stage1ValSeen => "stage_1_val_seen",
            Part::Stage1ValUnseen => "stage_1_val_unseen",
            Part::Stage2Train => "stage_2_train",
            Part::Stage2TestSeen => "stage_2_test_seen",
            Part::Stage2TestUnseen => "stage_2_test_unseen",
        }
    }

    /// The stored parts this one consists of.
    fn stored(self) -> &'static [Part] {
        match self {
            Part::Stage1Train => &[Part::Stage1Train],
            Part::Stage1ValSeen => &[Part::Stage1ValSeen],
            Part::Stage1ValUnseen => &[Part::Stage1ValUnseen],
            Part::Stage2Train => &[Part::Stage1Train, Part::Stage1ValSeen, Part::Stage1ValUnseen],
            Part::Stage2TestSeen => &[Part::Stage2TestSeen],
            Part::Stage2TestUnseen => &[Part::Stage2TestUnseen],
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.folder_name())
    }
}

/// Which of the published splits and feature sets: self-supervised features or those of classification networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// `main_split` with `main_features`.
    #[default]
    Main,
    /// `cls_split` with `cls_features`.
    Cls,
}

impl Split {
    /// `main` or `cls`, as the published folders begin.
    pub fn prefix(self) -> &'static str {
        match self {
            Split::Main => "main",
            Split::Cls => "cls",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.prefix())
    }
}

/// Which class gets which vector.
///
/// The reference loader of the benchmarks sorts the vectors by the name they were made from and indexes them by the rank of
/// the class's original name. The two orders differ, so many classes get another class's vector (UCF 79 of 101, VGGSound 205
/// of 309, ActivityNet 8 of 200). Published figures have this; say which mode a figure used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassVectors {
    /// Each class has its own vector.
    #[default]
    Aligned,
    /// As the reference loader assigns them.
    AsPublished,
}

impl fmt::Display for ClassVectors {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            ClassVectors::Aligned => "aligned",
            ClassVectors::AsPublished => "as-published",
        })
    }
}

/// A data set: its classes, their vectors, and the parts of one split. Clips are read by [`load`](Dataset::load).
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Name, as its folder has it.
    pub name: String,
    /// The split that is open.
    pub split: Split,
    /// Original names of all classes of the data set, sorted. A class id is an index here.
    pub classes: Vec<String>,
    /// For each class its vector, where there is one. All have the same size.
    pub vectors: Vectors,
    /// How the vectors were assigned.
    pub class_vectors: ClassVectors,
    /// Number of classes that have another class's vector; 0 when aligned.
    pub displaced_vectors: usize,
    /// Vectors of further names, for [`crate::hybrid::config::ReadOut`].
    pub vocabulary: Vec<Vec<f32>>,
    parts: Parts,
    source: Source,
}

/// For each class its vector, where there is one.
pub type Vectors = Vec<Option<Vec<f32>>>;

/// Ids of the classes in each part, in the order of [`Part::ALL`], ascending.
type Parts = [Vec<usize>; 6];

/// Where the clips are.
#[derive(Debug, Clone)]
enum Source {
    Published(published::Published),
    Plain(plain::Plain),
    Memory(Arc<[Clips; 5]>),
}

impl Dataset {
    /// Opens the split `split` of the data set `<root>/<name>`: its class lists and class vectors, and checks them. The
    /// folder is in the plain form when it has a `clips.csv`, else in the published layout.
    ///
    /// # Errors
    /// When a file is missing or unreadable, a class of the split is unknown or has no vector, or an unseen class is also
    /// trained. [`inspect`] lists all that is wrong at once.
    pub fn open(root: &Path, name: &str, split: Split, mode: ClassVectors) -> Result<Dataset> {
        let mut findings = Findings::default();
        let dataset = Dataset::open_with(root, name, split, mode, &mut findings)?;
        match findings.finish().into_iter().find(|finding| finding.fatal) {
            Some(finding) => Err(finding.error),
            None => Ok(dataset),
        }
    }

    /// As [`open`](Dataset::open), but what is wrong inside the data set is only noted.
    fn open_with(
        root: &Path,
        name: &str,
        split: Split,
        mode: ClassVectors,
        findings: &mut Findings,
    ) -> Result<Dataset> {
        let folder = find_folder(root, name)?;
        let name = folder.file_name().map_or_else(|| name.to_string(), |name| name.to_string_lossy().into_owned());
        match folder.join(plain::CLIPS).is_file() {
            true => plain::open(folder, name, split, mode, findings),
            false => published::open(folder, name, split, mode, findings),
        }
    }

    /// The demonstration set made from `seed`, in memory. See `docs/data.md` for what it is: classes are compositions of
    /// three attributes, one of which shows only in time; it is no benchmark.
    pub fn embedded(seed: u64) -> Dataset {
        embedded::dataset(seed)
    }

    /// Ids of the classes of a part, ascending.
    pub fn classes_of(&self, part: Part) -> &[usize] {
        &self.parts[part as usize]
    }

    /// The vector of class `id`.
    ///
    /// # Errors
    /// When the class has none; the classes of the split do.
    pub fn vector(&self, id: usize) -> Result<&[f32]> {
        self.vectors.get(id).and_then(Option::as_deref).ok_or_else(|| {
            let class = self.classes.get(id).map_or("(unknown)", String::as_str);
            Error::value(&self.name, format!("class '{class}' has no vector"))
        })
    }

    /// Adds the vectors of further names from `path`, a dictionary like that of the published layout. A vector that is there already
    /// is that of a name in several dictionaries and is not added again.
    ///
    /// # Errors
    /// When the file cannot be read, or its vectors do not have the size of the classes'.
    pub fn add_vocabulary(&mut self, path: &Path) -> Result<()> {
        let found: Vec<Vec<f32>> = vectors::read_dictionary(path)?.into_values().collect();
        let (expected, size) = (self.vector_dim(), found.iter().map(Vec::len).next().unwrap_or(0));
        if size != expected {
            let problem = format!("its vectors have size {size}, those of the classes {expected}");
            return Err(Error::file(path, problem));
        }
        let new: Vec<Vec<f32>> = found.into_iter().filter(|vector| !self.vocabulary.contains(vector)).collect();
        self.vocabulary.extend(new);
        Ok(())
    }

    /// Which vocabulary this is, to be compared with another run's: number of names and a hash of their vectors.
    pub fn vocabulary_id(&self) -> String {
        let bytes = self.vocabulary.iter().flatten().flat_map(|value| value.to_le_bytes());
        format!("{} names ({:016x})", self.vocabulary.len(), fnv1a(bytes))
    }

    /// What classes, class vectors and `clips` hold, to be compared with another run's: number of clips and a checksum.
    pub fn content_id(&self, clips: &[Clips]) -> String {
        let mut hasher = crc32fast::Hasher::new();
        let mut numbers: Vec<usize> = self.parts.iter().flatten().copied().collect();
        numbers.extend(clips.iter().flat_map(|clips| &clips.labels));
        for clips in clips {
            for features in [&clips.audio, &clips.video] {
                numbers.extend((0..features.len()).map(|clip| features.segments(clip)));
            }
        }
        for text in self.classes.iter().chain(clips.iter().flat_map(|clips| &clips.ids)) {
            numbers.push(text.len());
            hasher.update(text.as_bytes());
        }
        numbers.iter().for_each(|&n| hasher.update(&(n as u64).to_le_bytes()));
        let vectors = self.vectors.iter().map(|vector| vector.as_deref().unwrap_or_default());
        let features = clips.iter().flat_map(|clips| [&clips.audio, &clips.video]);
        let features = features.flat_map(|features| (0..features.len()).map(|clip| features.clip(clip)));
        vectors.chain(features).for_each(|values| hasher.update(bytemuck::cast_slice(values)));
        let count: usize = clips.iter().map(Clips::len).sum();
        format!("{count} clips ({:08x})", hasher.finalize())
    }

    /// Numbers per class vector; 0 when there are none.
    pub fn vector_dim(&self) -> usize {
        self.vectors.iter().flatten().map(Vec::len).next().unwrap_or(0)
    }

    /// Reads the clips of a part, ordered by stored part, class id and position in the class's file.
    ///
    /// # Errors
    /// When a file is missing, truncated or not in the expected form; when audio and video do not have the same clips in
    /// the same order; when feature sizes differ; when a feature is not finite; when the part has no clips.
    pub fn load(&self, part: Part) -> Result<Clips> {
        let clips = match &self.source {
            Source::Published(published) => published.load(self, part)?,
            Source::Plain(plain) => plain.load(part)?,
            Source::Memory(stored) => {
                let mut parts = part.stored().iter().map(|stored_part| &stored[stored_index(*stored_part)]);
                let mut clips = parts.next().cloned().ok_or_else(|| no_clips(part))?;
                parts.for_each(|more| clips.append(more));
                clips
            }
        };
        if clips.is_empty() { Err(no_clips(part)) } else { Ok(clips) }
    }
}

fn no_clips(part: Part) -> Error {
    Error::value(part, "this part of the data set has no clips")
}

/// Position of a stored part in [`Part::STORED`].
fn stored_index(part: Part) -> usize {
    Part::STORED.iter().position(|&stored| stored == part).unwrap_or(0)
}

/// `<root>/<name>`, or the one folder whose name differs from it only in case or Unicode form.
fn find_folder(root: &Path, name: &str) -> Result<PathBuf> {
    let exact = root.join(name);
    if exact.is_dir() {
        return Ok(exact);
    }
    let entries = std::fs::read_dir(root).map_err(|e| {
        Error::file(root, format!("cannot read this folder: {e}")).with_hint("give the folder that holds the data sets")
    })?;
    let mut names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into()).collect();
    names.sort();
    let key = |name: &str| composed(name).to_lowercase();
    let mut same = names.iter().filter(|found| key(found) == key(name) && root.join(found).is_dir());
    match (same.next(), same.next()) {
        (Some(found), None) => Ok(root.join(found)),
        _ => {
            Err(Error::file(&exact, "no such data set").with_hint(format!("{} has: {}", root.display(), some(&names))))
        }
    }
}

/// The first few of `names`, and how many more there are.
fn some<T: fmt::Display>(names: &[T]) -> String {
    let shown: Vec<String> = names.iter().take(5).map(|name| format!("'{name}'")).collect();
    let more = names.len().saturating_sub(shown.len());
    shown.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

/// Something noticed in a data set.
#[derive(Debug)]
struct Finding {
    /// Whether it makes results wrong.
    fatal: bool,
    error: Error,
}

/// What was noticed, in order.
#[derive(Debug, Default)]
struct Findings {
    list: Vec<Finding>,
    /// Of faults that many rows or files share: their place in the list, and how often they were found.
    shared: HashMap<String, (usize, usize)>,
}

impl Findings {
    fn fatal(&mut self, error: Error) {
        self.list.push(Finding { fatal: true, error });
    }

    fn warn(&mut self, error: Error) {
        self.list.push(Finding { fatal: false, error });
    }

    /// Notes an error that makes results wrong, as one of those that say the same of other files.
    fn fatal_alike(&mut self, error: Error) {
        let text = match &error {
            Error::File { problem, .. } | Error::Text { problem, .. } => problem.clone(),
            other => other.to_string(),
        };
        // Without what is of this file: what stands in quotes, and numbers.
        let words = text.split('\'').step_by(2).flat_map(|part| part.chars().filter(|c| !c.is_numeric()));
        self.share(words.collect(), true, error);
    }

    /// Notes `error` as one of those that `fault` makes: the first stands for all.
    fn share(&mut self, fault: String, fatal: bool, error: Error) {
        let (_, times) = self.shared.entry(fault).or_insert((self.list.len(), 0));
        *times += 1;
        if *times == 1 {
            self.list.push(Finding { fatal, error });
        }
    }

    /// What was noticed, each fault once.
    fn finish(mut self) -> Vec<Finding> {
        for (place, times) in self.shared.into_values().filter(|&(_, times)| times > 1) {
            if let Error::File { problem, .. } | Error::Text { problem, .. } = &mut self.list[place].error {
                *problem += &format!(" (the first of {times} alike)");
            }
        }
        self.list
    }
}

/// A name in the form in which names are compared: macOS stores the names of files decomposed (NFD), most editors compose (NFC).
fn composed(name: &str) -> String {
    name.nfc().collect()
}

/// Classes of the split whose vectors are zero: nothing is near to them or far from them.
fn check_vectors(dataset: &Dataset, place: &Path, findings: &mut Findings) {
    let used = |id: usize| dataset.parts.iter().any(|part| part.binary_search(&id).is_ok());
    let is_zero = |vector: &Vec<f32>| vector.iter().all(|&value| value == 0.0);
    let classes = dataset.classes.iter().zip(&dataset.vectors).enumerate();
    let zero: Vec<&String> = classes
        .filter(|(id, (_, vector))| used(*id) && vector.as_ref().is_some_and(is_zero))
        .map(|(_, (class, _))| class)
        .collect();
    if !zero.is_empty() {
        let problem = match &zero[..] {
            [class] => format!("the vector of class '{class}' is zero"),
            _ => format!("the vectors of {} classes are zero: {}", zero.len(), some(&zero)),
        };
        findings.fatal(Error::file(place, problem).with_hint("a class is told from others by its vector"));
    }
}

/// Completes and checks the parts: stage 2 trains on the union of stage 1, seen classes are trained, unseen ones are not. Nothing is
/// said about `faulty` parts, whose classes are not all known.
fn finish_parts(parts: &mut Parts, faulty: &[Part], classes: &[String], place: &Path, findings: &mut Findings) {
    let known = |part: Part| part.stored().iter().all(|part| !faulty.contains(part));
    let mut union: Vec<usize> =
        Part::Stage2Train.stored().iter().flat_map(|&part| parts[part as usize].clone()).collect();
    union.sort_unstable();
    union.dedup();
    parts[Part::Stage2Train as usize] = union;
    let rules = [
        (Part::Stage1ValSeen, Part::Stage1Train, true),
        (Part::Stage1ValUnseen, Part::Stage1Train, false),
        (Part::Stage2TestSeen, Part::Stage2Train, true),
        (Part::Stage2TestUnseen, Part::Stage2Train, false),
    ];
    for (tested, trained, wanted) in rules.into_iter().filter(|&(a, b, _)| known(a) && known(b)) {
        let train = &parts[trained as usize];
        let wrong: Vec<&String> = parts[tested as usize]
            .iter()
            .filter(|id| train.binary_search(id).is_ok() != wanted)
            .filter_map(|&id| classes.get(id))
            .collect();
        if !wrong.is_empty() {
            let relation = if wanted { "are not in" } else { "are also in" };
            let problem = format!("{} classes of {tested} {relation} {trained}: {}", wrong.len(), some(&wrong));
            findings.fatal(Error::file(place, problem).with_hint("correct the class lists of the split"));
        }
    }
    for part in Part::STORED {
        if known(part) && parts[part as usize].is_empty() {
            findings.fatal(Error::file(place, format!("{part} has no classes")));
        }
    }
}
