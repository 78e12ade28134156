//! A data set: its classes, class vectors and parts, without the clips.

use super::features::Clips;
use super::findings::Findings;
use super::source::Source;
use super::split::{ClassVectors, Part, Split};
use super::vectors::{Vectors, read_dictionary};
use crate::base::fnv::fnv1a;
use crate::base::text::quoted;
use crate::error::{Error, Result};
use std::path::Path;

/// A data set: its classes, their vectors, and the parts of one split. Clips are read by
/// [`load`](Dataset::load).
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Name of the data set, as its folder is spelled.
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
    pub(super) parts: Parts,
    pub(super) source: Source,
}

/// Ids of the classes in each part, in the order of [`Part::ALL`], ascending.
pub(super) type Parts = [Vec<usize>; 6];

impl Dataset {
    /// Ids of the classes of a part, ascending.
    pub fn classes_of(&self, part: Part) -> &[usize] {
        &self.parts[part as usize]
    }

    /// The vector of class `id`.
    ///
    /// # Errors
    /// When the class has no vector. All classes of an opened split have one.
    pub fn vector(&self, id: usize) -> Result<&[f32]> {
        self.vectors.get(id).and_then(Option::as_deref).ok_or_else(|| {
            let class = self.classes.get(id).map_or("(unknown)", String::as_str);
            Error::value(&self.name, format!("class '{class}' has no vector"))
        })
    }

    /// Adds the vectors of further names from `path`, a dictionary like that of the published
    /// layout. Vectors that are already in the vocabulary are skipped: the same name may be in
    /// several dictionaries.
    ///
    /// # Errors
    /// When the file cannot be read, or its vectors do not have the size of the classes'.
    pub fn add_vocabulary(&mut self, path: &Path) -> Result<()> {
        let found: Vec<Vec<f32>> = read_dictionary(path)?.into_values().collect();
        let (expected, size) = (self.vector_dim(), found.iter().map(Vec::len).next().unwrap_or(0));
        if size != expected {
            let problem = format!("its vectors have size {size}, those of the classes {expected}");
            return Err(Error::file(path, problem));
        }
        let new: Vec<Vec<f32>> = found.into_iter().filter(|vector| !self.vocabulary.contains(vector)).collect();
        self.vocabulary.extend(new);
        Ok(())
    }

    /// Identifies the vocabulary, for comparison with another run: number of names and a hash of
    /// their vectors.
    pub fn vocabulary_id(&self) -> String {
        let bytes = self.vocabulary.iter().flatten().flat_map(|value| value.to_le_bytes());
        format!("{} names ({:016x})", self.vocabulary.len(), fnv1a(bytes))
    }

    /// Identifies classes, class vectors and `clips`, for comparison with another run: number of
    /// clips and a checksum.
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
}

/// Reports classes of the split with a zero vector, which has no direction to compare with.
pub(super) fn check_vectors(dataset: &Dataset, place: &Path, findings: &mut Findings) {
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
            _ => format!("the vectors of {} classes are zero: {}", zero.len(), quoted(&zero)),
        };
        findings.fatal(Error::file(place, problem).with_hint("a class is told from others by its vector"));
    }
}

/// Completes and checks the parts: stage 2 trains on the union of stage 1, seen classes are
/// trained, unseen ones are not. Parts in `faulty`, whose classes are not all known, are not
/// checked.
pub(super) fn finish_parts(
    parts: &mut Parts,
    faulty: &[Part],
    classes: &[String],
    place: &Path,
    findings: &mut Findings,
) {
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
            let problem = format!("{} classes of {tested} {relation} {trained}: {}", wrong.len(), quoted(&wrong));
            findings.fatal(Error::file(place, problem).with_hint("correct the class lists of the split"));
        }
    }
    for part in Part::STORED {
        if known(part) && parts[part as usize].is_empty() {
            findings.fatal(Error::file(place, format!("{part} has no classes")));
        }
    }
}
