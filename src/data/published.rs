//! The layout in which UCF-, VGGSound- and ActivityNet-GZSL are published (`docs/data.md`).

use super::dataset::{Dataset, Parts, check_vectors, finish_parts};
use super::features::{Clips, Features, Heading, buffer};
use super::findings::Findings;
use super::source::{ClassNames, Published, Source};
use super::split::{ClassVectors, Part, Split};
use super::{class_file, vectors};
use crate::base::files::{ending, read_text};
use crate::base::text::{composed, quoted};
use crate::error::{Error, Result};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// The two files of a class in a part.
pub(super) struct Pair {
    pub part: Part,
    pub class: usize,
    pub audio: Option<PathBuf>,
    pub video: Option<PathBuf>,
}

pub(super) fn open(
    folder: PathBuf,
    name: String,
    split: Split,
    mode: ClassVectors,
    findings: &mut Findings,
) -> Result<Dataset> {
    let lists = folder.join("class-split");
    let all = lists.join("all_class.txt");
    let mut classes = read_lines(&all)?;
    classes.sort();
    let lower = name.to_lowercase();
    let mut names = ClassNames { ids: HashMap::new(), ignore_case: ["ucf", "activitynet"].contains(&lower.as_str()) };
    for (id, class) in classes.iter().enumerate() {
        if names.ids.insert(names.key(class), id).is_some() {
            findings.fatal(Error::file(&all, format!("class '{class}' is listed twice")));
        }
    }

    let split_folder = lists.join(format!("{split}_split"));
    let (mut parts, faulty) = read_parts(&split_folder, &names, findings);
    finish_parts(&mut parts, &faulty, &classes, &split_folder, findings);
    if faulty.is_empty() {
        check_stage_2(&split_folder, &names, &parts, findings);
    }

    let features = features_folder(&folder, split)?;
    let mut place = features.join("text");
    let (vectors, displaced_vectors) = match dictionary_file(&features)
        .and_then(|path| vectors::read_dictionary(&path).map(|dictionary| (path, dictionary)))
    {
        Ok((path, dictionary)) => {
            place = path;
            let table = lists.join(format!("{lower}_w2v_class_names.csv"));
            let names = vectors::read_names(&table, &|name| names.id(name), &dictionary, findings);
            // If the table is unreadable, single classes are not reported.
            let (names, readable) = match names {
                Ok(names) => (names, true),
                Err(error) => {
                    findings.fatal(error);
                    (HashMap::new(), false)
                }
            };
            let found = vectors::assign(mode, classes.len(), &names, &dictionary);
            let used = |id: usize| parts.iter().any(|part| part.binary_search(&id).is_ok());
            let without: Vec<&String> =
                (0..classes.len()).filter(|&id| used(id) && found.0[id].is_none()).map(|id| &classes[id]).collect();
            if readable && !without.is_empty() {
                let problem = match &without[..] {
                    [class] => format!("class '{class}' has no vector"),
                    _ => format!("{} classes have no vector: {}", without.len(), quoted(&without)),
                };
                let advice = "add the rows here, or the vectors to the dictionary in features/.../text";
                findings.fatal(Error::file(&table, problem).with_hint(advice));
            }
            found
        }
        Err(error) => {
            findings.fatal(error);
            (vec![None; classes.len()], 0)
        }
    };
    let source = Source::Published(Published { split: split_folder, features, names });
    let dataset = Dataset {
        name,
        split,
        classes,
        vectors,
        class_vectors: mode,
        displaced_vectors,
        vocabulary: Vec::new(),
        parts,
        source,
    };
    check_vectors(&dataset, &place, findings);
    Ok(dataset)
}

/// Class ids of the parts that own clips, and the parts whose class lists could not be read or name
/// unknown classes.
fn read_parts(folder: &Path, names: &ClassNames, findings: &mut Findings) -> (Parts, Vec<Part>) {
    let (mut parts, mut faulty) = (Parts::default(), Vec::new());
    for part in Part::STORED {
        let path = folder.join(format!("{part}.txt"));
        match read_lines(&path) {
            Ok(listed) => {
                let (ids, whole) = class_ids(&listed, names, &path, findings);
                parts[part as usize] = ids;
                faulty.extend((!whole).then_some(part));
            }
            Err(error) => {
                findings.fatal(error);
                faulty.push(part);
            }
        }
    }
    (parts, faulty)
}

/// Warns if the published list of stage 2 is not the union of the parts of stage 1.
fn check_stage_2(folder: &Path, names: &ClassNames, parts: &Parts, findings: &mut Findings) {
    let path = folder.join(format!("{}.txt", Part::Stage2Train));
    if let Ok(listed) = read_lines(&path)
        && let (ids, true) = class_ids(&listed, names, &path, findings)
        && ids != parts[Part::Stage2Train as usize]
    {
        let problem = "does not list the classes of the three parts of stage 1, which stage 2 trains on";
        findings.warn(Error::file(&path, problem));
    }
}

/// The lines of a class list, without empty ones.
fn read_lines(path: &Path) -> Result<Vec<String>> {
    Ok(read_text(path)?.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_string).collect())
}

/// The ids of the listed classes, and whether all are known.
fn class_ids(listed: &[String], names: &ClassNames, path: &Path, findings: &mut Findings) -> (Vec<usize>, bool) {
    let mut ids = Vec::with_capacity(listed.len());
    for class in listed {
        match names.id(class) {
            Some(id) => ids.push(id),
            None => {
                let error = Error::file(path, format!("class '{class}' is not in all_class.txt"));
                findings.share(path.display().to_string(), true, error);
            }
        }
    }
    let before = ids.len();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < before {
        findings.warn(Error::file(path, format!("{} classes are listed twice", before - ids.len())));
    }
    (ids, before == listed.len())
}

/// `features/<split>_features`, or the one folder whose name begins so, as that of temporal
/// features does.
fn features_folder(folder: &Path, split: Split) -> Result<PathBuf> {
    let parent = folder.join("features");
    let wanted = format!("{split}_features");
    let exact = parent.join(&wanted);
    if exact.is_dir() {
        return Ok(exact);
    }
    let similar = list(&parent, |path| path.is_dir() && file_name(path).starts_with(&wanted))?;
    match &similar[..] {
        [only] => Ok(only.clone()),
        _ => {
            Err(Error::file(exact, "no such folder of features").with_hint("is the data set's download unpacked here?"))
        }
    }
}

/// The one `word_embeddings_*_normed.npy` of the features.
fn dictionary_file(features: &Path) -> Result<PathBuf> {
    let folder = features.join("text");
    let matches = |path: &Path| {
        let name = file_name(path);
        name.starts_with("word_embeddings_") && name.ends_with("_normed.npy")
    };
    let found = list(&folder, matches)?;
    match &found[..] {
        [only] => Ok(only.clone()),
        _ => {
            let problem = format!("expected one word_embeddings_*_normed.npy, found {}", found.len());
            Err(Error::file(folder, problem))
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The paths in a folder that `keep` accepts, sorted.
fn list(folder: &Path, keep: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let fail = |e: std::io::Error| Error::caused_by(folder, "cannot read this folder", e);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if keep(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

impl Published {
    /// The folder of a part's class files of one modality.
    pub fn modality(&self, modality: &str, part: Part) -> PathBuf {
        self.features.join(modality).join(part.folder_name())
    }

    /// The class files in a folder by compared class name. Sequences (`.pkl`) go before averages
    /// (`.h5`).
    ///
    /// # Errors
    /// If the folder cannot be read, or two files of one format are of one class.
    pub fn class_files(&self, folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
        let mut paths = list(folder, |path| matches!(&ending(path)[..], "h5" | "pkl"))?;
        let stem = |path: &Path| path.file_stem().map(|stem| self.names.key(&stem.to_string_lossy()));
        // `X.pkl` comes after `X.h5` and replaces it.
        paths.sort_by_key(|path| ending(path));
        let mut files = BTreeMap::new();
        for path in paths {
            let Some(key) = stem(&path) else { continue };
            if let Some(other) = files.insert(key, path.clone())
                && ending(&other) == ending(&path)
            {
                let problem = format!("is of the same class as {}", other.display());
                return Err(Error::file(path, problem).with_hint(
                    "keep one: names that only differ in Unicode form, or case where that is ignored, are one",
                ));
            }
        }
        Ok(files)
    }

    /// The files of the classes of a stored part.
    pub fn pairs(&self, dataset: &Dataset, part: Part) -> Result<Vec<Pair>> {
        let mut audio = self.class_files(&self.modality("audio", part))?;
        let mut video = self.class_files(&self.modality("video", part))?;
        let classes = dataset.classes_of(part).iter().map(|&class| {
            let key = self.names.key(&dataset.classes[class]);
            Pair { part, class, audio: audio.remove(&key), video: video.remove(&key) }
        });
        Ok(classes.collect())
    }

    /// The error of a class without a file.
    pub fn no_file(&self, modality: &str, part: Part, class: &str) -> Error {
        let folder = self.modality(modality, part);
        Error::file(folder, format!("no file '{class}.h5' or '{class}.pkl', but {part}.txt lists this class"))
    }

    pub fn load(&self, dataset: &Dataset, part: Part) -> Result<Clips> {
        let mut files = Vec::new();
        for &stored in part.stored() {
            for pair in self.pairs(dataset, stored)? {
                let class = &dataset.classes[pair.class];
                let audio = pair.audio.ok_or_else(|| self.no_file("audio", stored, class))?;
                let video = pair.video.ok_or_else(|| self.no_file("video", stored, class))?;
                let (audio_heading, video_heading) = (class_file::heading(&audio)?, class_file::heading(&video)?);
                compare(&audio, &audio_heading, &video, &video_heading)?;
                files.push((pair.class, (audio, audio_heading), (video, video_heading)));
            }
        }
        let labels = files.iter().flat_map(|(class, (_, heading), _)| vec![*class; heading.ids.len()]).collect();
        let (audio, video): (Vec<_>, Vec<_>) = files.into_iter().map(|(_, audio, video)| (audio, video)).unzip();
        let audio_features = read_features(&audio, "audio")?;
        let video_features = read_features(&video, "video")?;
        let ids = audio.into_iter().flat_map(|(_, heading)| heading.ids).collect();
        Ok(Clips { ids, labels, audio: audio_features, video: video_features })
    }
}

/// Reads class files one after the other into one buffer of the right size.
fn read_features(files: &[(PathBuf, Heading)], modality: &str) -> Result<Features> {
    let mut dim = 0;
    let mut offsets = vec![0];
    let mut end = 0;
    for (path, heading) in files.iter().filter(|(_, heading)| !heading.ids.is_empty()) {
        if dim != 0 && dim != heading.dim {
            let problem = format!("features of size {}, but the {modality} files before it have {dim}", heading.dim);
            return Err(Error::file(path, problem));
        }
        dim = heading.dim;
        for length in &heading.lengths {
            end += length;
            offsets.push(end);
        }
    }
    let mut values = buffer(end * dim, modality)?;
    let mut rest = &mut values[..];
    for (path, heading) in files {
        let (own, others) = rest.split_at_mut(heading.segments() * heading.dim);
        class_file::read(path, heading, own)?;
        class_file::check_finite(path, heading, own)?;
        rest = others;
    }
    Features::new(dim, offsets, values)
}

/// Audio and video files of a class must have the same clips in the same order.
pub(super) fn compare(audio: &Path, audio_heading: &Heading, video: &Path, video_heading: &Heading) -> Result<()> {
    let (a, v) = (&audio_heading.ids, &video_heading.ids);
    let problem = match a.iter().zip(v).position(|(a, v)| a != v && composed(a) != composed(v)) {
        _ if a.len() != v.len() => format!("{} clips, but {} has {}", v.len(), audio.display(), a.len()),
        Some(row) => format!("clip {row} is '{}', but in {} it is '{}'", v[row], audio.display(), a[row]),
        None => return Ok(()),
    };
    Err(Error::file(video, problem).with_hint("audio and video files need the same clips in the same order"))
}

/// Checks the class list of a part against the table of clips beside it.
pub(super) fn compare_table(published: &Published, dataset: &Dataset, part: Part, findings: &mut Findings) {
    let path = published.split.join(format!("{part}.csv"));
    if !path.exists() {
        return;
    }
    let rows = match vectors::read_csv(&path) {
        Ok(rows) => rows,
        Err(error) => return findings.warn(error),
    };
    // Without a header the columns are filename, label, label_code.
    let header = rows.first().and_then(|row| vectors::column(row, "label"));
    let (label, skip) = header.map_or((1, 0), |column| (column, 1));
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (line, row) in rows.iter().enumerate().skip(skip) {
        match row.get(label) {
            Some(class) => *counts.entry(class.clone()).or_default() += 1,
            None => {
                let error = Error::file(&path, format!("row {} has no label", line + 1));
                findings.share(path.display().to_string(), false, error);
            }
        }
    }
    let listed = dataset.classes_of(part);
    let extra: Vec<&String> =
        counts.keys().filter(|class| published.names.id(class).is_none_or(|id| !listed.contains(&id))).collect();
    if !extra.is_empty() {
        let clips: usize = extra.iter().map(|class| counts[*class]).sum();
        let problem =
            format!("{clips} clips of {} classes that {part}.txt does not list: {}", extra.len(), quoted(&extra));
        findings.warn(Error::file(&path, problem).with_hint("the .txt decides; these are left out"));
    }
    let found: Vec<usize> = counts.keys().filter_map(|class| published.names.id(class)).collect();
    let missing: Vec<&String> =
        listed.iter().filter(|id| !found.contains(id)).map(|&id| &dataset.classes[id]).collect();
    if !missing.is_empty() {
        let problem = format!("no clips of {} classes that {part}.txt lists: {}", missing.len(), quoted(&missing));
        findings.warn(Error::file(&path, problem));
    }
}
