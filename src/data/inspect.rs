//! The inspection of a data set: its contents and all its faults.

use super::dataset::Dataset;
use super::features::{Features, Heading, buffer};
use super::findings::{Finding, Findings};
use super::source::{Published, Source};
use super::split::{ClassVectors, Part, Split};
use super::{class_file, published};
use crate::base::text::{composed, counted, quoted};
use crate::error::{Error, Result};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

/// The contents of a data set and its inconsistencies. `Display` shows it as a table.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// Name of the data set.
    pub dataset: String,
    /// `published` or `plain`.
    pub form: &'static str,
    /// The inspected split.
    pub split: Split,
    /// Number of classes of the data set, in the split or not.
    pub classes: usize,
    /// The class vectors.
    pub vectors: VectorSummary,
    /// The parts, in order.
    pub parts: Vec<PartSummary>,
    /// Errors and warnings.
    pub problems: Vec<DataProblem>,
}

/// The class vectors of a data set.
#[derive(Debug, Clone, Serialize)]
pub struct VectorSummary {
    /// Number of classes that have a vector.
    pub count: usize,
    /// Numbers per vector.
    pub size: usize,
    /// The ways in which vectors can be assigned.
    pub modes: Vec<ClassVectors>,
    /// Number of classes that get another class's vector when they are assigned as published.
    pub displaced_as_published: usize,
}

/// Contents of a part of a split.
#[derive(Debug, Clone, Serialize)]
pub struct PartSummary {
    /// The part.
    pub part: Part,
    /// Number of its classes.
    pub classes: usize,
    /// Number of its clips.
    pub clips: usize,
    /// Sizes of an audio segment that occur; more than one is a problem.
    pub audio_sizes: Vec<usize>,
    /// Sizes of a video segment that occur; more than one is a problem.
    pub video_sizes: Vec<usize>,
    /// Segments per clip, audio.
    pub audio_segments: SegmentRange,
    /// Segments per clip, video.
    pub video_segments: SegmentRange,
}

/// The least and the largest number of segments of a clip; both 0 without clips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SegmentRange {
    /// Segments of the shortest clip.
    pub shortest: usize,
    /// Segments of the longest clip.
    pub longest: usize,
}

impl SegmentRange {
    fn add(&mut self, segments: usize) {
        self.shortest = if self.longest == 0 { segments } else { self.shortest.min(segments) };
        self.longest = self.longest.max(segments);
    }
}

impl fmt::Display for SegmentRange {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.shortest == self.longest {
            f.pad(&self.longest.to_string())
        } else {
            f.pad(&format!("{}..{}", self.shortest, self.longest))
        }
    }
}

/// An error or a warning.
#[derive(Debug, Clone, Serialize)]
pub struct DataProblem {
    /// Whether it makes results wrong. Opening or loading the data set then fails, except for clips
    /// that two parts share, which only an inspection of all parts can see.
    pub fatal: bool,
    /// The place and the fault.
    pub message: String,
    /// Advice, if there is any.
    pub hint: Option<String>,
}

/// Reads all of the split `split` of the data set `<root>/<name>` and reports what it has and
/// everything that is wrong.
///
/// # Errors
/// When there is no such data set, or its list of classes is missing, without which nothing can be
/// checked.
pub fn inspect(root: &Path, name: &str, split: Split) -> Result<Inspection> {
    let mut findings = Findings::default();
    let dataset = Dataset::open_with(root, name, split, ClassVectors::Aligned, &mut findings)?;
    let mut clips_in: HashMap<String, Part> = HashMap::new();
    if let Source::Plain(plain) = &dataset.source {
        plain.check(&mut findings);
    }
    let mut parts = Vec::new();
    for part in Part::STORED {
        let mut summary = summary(&dataset, part);
        match &dataset.source {
            Source::Published(published) => {
                published::compare_table(published, &dataset, part, &mut findings);
                let mut clips = Vec::new();
                scan(published, &dataset, part, &mut summary, &mut clips, &mut findings);
                let place = published.modality("audio", part);
                shared_clips(clips, part, &place, &mut clips_in, &mut findings);
            }
            Source::Plain(plain) => {
                if let Ok(clips) = plain.load(part) {
                    summary.clips = clips.len();
                    let add = |features: &Features, sizes: &mut Vec<usize>, range: &mut SegmentRange| {
                        sizes.push(features.dim());
                        (0..features.len()).for_each(|i| range.add(features.segments(i)));
                    };
                    add(&clips.audio, &mut summary.audio_sizes, &mut summary.audio_segments);
                    add(&clips.video, &mut summary.video_sizes, &mut summary.video_segments);
                }
            }
            Source::Memory(_) => {}
        }
        parts.push(summary);
    }
    for (modality, sizes) in
        [("audio", sizes(&parts, |p| &p.audio_sizes)), ("video", sizes(&parts, |p| &p.video_sizes))]
    {
        if sizes.len() > 1 {
            let list: Vec<String> =
                sizes.iter().map(|(size, parts)| format!("{size} in {}", parts.join(", "))).collect();
            findings.fatal(Error::value(modality, format!("features of different sizes: {}", list.join("; "))));
        }
    }
    parts.insert(Part::Stage2Train as usize, stage_2_train(&dataset, &parts));

    let (form, modes, displaced) = match &dataset.source {
        Source::Published(_) => {
            let published = Dataset::open_with(root, name, split, ClassVectors::AsPublished, &mut Findings::default())?;
            ("published", vec![ClassVectors::Aligned, ClassVectors::AsPublished], published.displaced_vectors)
        }
        _ => ("plain", vec![ClassVectors::Aligned], 0),
    };
    let vectors = VectorSummary {
        count: dataset.vectors.iter().flatten().count(),
        size: dataset.vector_dim(),
        modes,
        displaced_as_published: displaced,
    };
    let problem = |Finding { fatal, error }: Finding| {
        let hint = error.hint().map(str::to_string);
        DataProblem { fatal, message: error.to_string(), hint }
    };
    let problems = findings.finish().into_iter().map(problem).collect();
    Ok(Inspection { classes: dataset.classes.len(), dataset: dataset.name, form, split, vectors, parts, problems })
}

fn summary(dataset: &Dataset, part: Part) -> PartSummary {
    PartSummary {
        part,
        classes: dataset.classes_of(part).len(),
        clips: 0,
        audio_sizes: Vec::new(),
        video_sizes: Vec::new(),
        audio_segments: SegmentRange::default(),
        video_segments: SegmentRange::default(),
    }
}

/// Reads all class files of a stored part.
fn scan(
    published: &Published,
    dataset: &Dataset,
    part: Part,
    summary: &mut PartSummary,
    clips: &mut Vec<String>,
    findings: &mut Findings,
) {
    let pairs = match published.pairs(dataset, part) {
        Ok(pairs) => pairs,
        Err(error) => return findings.fatal(error),
    };
    // A part without classes was reported already.
    for modality in ["audio", "video"].into_iter().filter(|_| !pairs.is_empty()) {
        let folder = published.modality(modality, part);
        let Ok(mut files) = published.class_files(&folder) else { continue };
        for pair in &pairs {
            files.remove(&published.names.key(&dataset.classes[pair.class]));
        }
        let unused: Vec<String> = files.into_keys().collect();
        if !unused.is_empty() {
            let problem =
                format!("files of {} classes that {part}.txt does not list: {}", unused.len(), quoted(&unused));
            findings.warn(Error::file(folder, problem).with_hint("they are not read"));
        }
    }
    for pair in pairs {
        let class = &dataset.classes[pair.class];
        let mut read = |modality: &str, path: Option<PathBuf>| {
            let Some(path) = path else {
                let fault = format!("{modality}/{part}");
                findings.share(fault, true, published.no_file(modality, pair.part, class));
                return None;
            };
            let (sizes, range) = match modality {
                "audio" => (&mut summary.audio_sizes, &mut summary.audio_segments),
                _ => (&mut summary.video_sizes, &mut summary.video_segments),
            };
            match read_class(&path) {
                Ok((heading, problem)) => {
                    problem.into_iter().for_each(|error| findings.fatal_alike(error));
                    if heading.ids.is_empty() {
                        findings.warn(Error::file(&path, "has no clips"));
                    } else if !sizes.contains(&heading.dim) {
                        sizes.push(heading.dim);
                    }
                    heading.lengths.iter().for_each(|&length| range.add(length));
                    Some((path, heading))
                }
                Err(error) => {
                    findings.fatal_alike(error);
                    None
                }
            }
        };
        let (audio, video) = (read("audio", pair.audio), read("video", pair.video));
        if let (Some((audio, audio_heading)), Some((video, video_heading))) = (&audio, &video)
            && let Err(error) = published::compare(audio, audio_heading, video, video_heading)
        {
            findings.fatal_alike(error);
        }
        if let Some((_, heading)) = audio.or(video) {
            summary.clips += heading.ids.len();
            clips.extend(heading.ids);
        }
    }
}

/// The heading of a class file, and what is wrong with its values.
fn read_class(path: &Path) -> Result<(Heading, Option<Error>)> {
    let heading = class_file::heading(path)?;
    let mut values = buffer(heading.segments() * heading.dim, "a class")?;
    class_file::read(path, &heading, &mut values)?;
    let problem = class_file::check_finite(path, &heading, &values).err();
    Ok((heading, problem))
}

/// Notes clips that are twice in `part`, or in it and a part before.
fn shared_clips(
    clips: Vec<String>,
    part: Part,
    place: &Path,
    clips_in: &mut HashMap<String, Part>,
    findings: &mut Findings,
) {
    let mut shared: BTreeMap<Part, Vec<String>> = BTreeMap::new();
    for clip in clips {
        let key = composed(&clip);
        match clips_in.get(&key) {
            Some(&other) => shared.entry(other).or_default().push(clip),
            None => drop(clips_in.insert(key, part)),
        }
    }
    for (other, clips) in shared {
        let (count, names) = (clips.len(), quoted(&clips));
        if other == part {
            findings.warn(Error::file(place, format!("{count} clips are twice in {part}: {names}")));
        } else {
            let problem = format!("{count} clips are also in {other}: {names}");
            findings.fatal(Error::file(place, problem).with_hint("results on clips that were trained mean nothing"));
        }
    }
}

/// Size of a segment -> parts that have it.
fn sizes<'a>(parts: &[PartSummary], sizes: impl Fn(&PartSummary) -> &[usize]) -> BTreeMap<usize, Vec<&'a str>> {
    let mut found: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for part in parts {
        for &size in sizes(part) {
            found.entry(size).or_default().push(part.part.folder_name());
        }
    }
    found
}

/// Stage 2 trains on the three parts of stage 1.
fn stage_2_train(dataset: &Dataset, parts: &[PartSummary]) -> PartSummary {
    let mut total = summary(dataset, Part::Stage2Train);
    for part in parts.iter().filter(|summary| Part::Stage2Train.stored().contains(&summary.part)) {
        total.clips += part.clips;
        for (sizes, more) in [(&mut total.audio_sizes, &part.audio_sizes), (&mut total.video_sizes, &part.video_sizes)]
        {
            sizes.extend(more);
            sizes.sort_unstable();
            sizes.dedup();
        }
        for (range, more) in
            [(&mut total.audio_segments, part.audio_segments), (&mut total.video_segments, part.video_segments)]
        {
            if more.longest > 0 {
                range.add(more.shortest);
                range.add(more.longest);
            }
        }
    }
    total
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Inspection { dataset, form, split, classes, vectors, parts, problems } = self;
        writeln!(f, "{dataset}, {split} split, {form} form: {classes} classes")?;
        let modes: Vec<String> = vectors.modes.iter().map(ClassVectors::to_string).collect();
        writeln!(f, "class vectors: {} of size {}; modes: {}", vectors.count, vectors.size, modes.join(", "))?;
        if vectors.displaced_as_published > 0 {
            writeln!(f, "as-published gives {} classes another's vector", vectors.displaced_as_published)?;
        }
        writeln!(
            f,
            "\n{:<20}{:>8}{:>8}{:>8}{:>10}{:>8}{:>10}",
            "part", "classes", "clips", "audio", "segments", "video", "segments"
        )?;
        let list = |sizes: &[usize]| match sizes {
            [] => "-".to_string(),
            sizes => sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("/"),
        };
        for part in parts {
            let (audio, video) = (list(&part.audio_sizes), list(&part.video_sizes));
            writeln!(
                f,
                "{:<20}{:>8}{:>8}{audio:>8}{:>10}{video:>8}{:>10}",
                part.part, part.classes, part.clips, part.audio_segments, part.video_segments
            )?;
        }
        let fatal = problems.iter().filter(|problem| problem.fatal).count();
        let warnings = problems.len() - fatal;
        write!(f, "\n{}, {}", counted(fatal as u64, "error"), counted(warnings as u64, "warning"))?;
        for problem in problems {
            write!(f, "\n{}: {}", if problem.fatal { "error" } else { "warning" }, problem.message)?;
            if let Some(hint) = &problem.hint {
                write!(f, "\n  hint: {hint}")?;
            }
        }
        Ok(())
    }
}
