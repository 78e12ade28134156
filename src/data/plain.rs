//! The plain form: one table of clips and three `.npy` matrices (`docs/data.md`).

use super::dataset::{Dataset, Parts, check_vectors, finish_parts};
use super::features::{Clips, Features, buffer};
use super::findings::Findings;
use super::source::{Clip, Plain, Source};
use super::split::{ClassVectors, Part, Split};
use super::vectors::{Vectors, column, read_csv};
use crate::base::text::composed;
use crate::error::{Error, Result};
use crate::formats::matrix::Matrix;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The table of clips; a folder that has it is in the plain form.
pub(super) const CLIPS: &str = "clips.csv";
const CLASSES: &str = "classes.csv";
const VECTORS: &str = "class_vectors.npy";

/// Most clips that a row may be part of, on average: bounds memory by the size of the matrices.
const MOST_SHARED: usize = 64;

/// The matrices of the two modalities, in the order of [`Clip::rows`].
const MATRICES: [&str; 2] = ["audio.npy", "video.npy"];

pub(super) fn open(
    folder: PathBuf,
    name: String,
    split: Split,
    mode: ClassVectors,
    findings: &mut Findings,
) -> Result<Dataset> {
    if split != Split::Main {
        return Err(Error::file(&folder, format!("the plain form has no {split} split")).with_hint("use main"));
    }
    if mode != ClassVectors::Aligned {
        let problem = format!("class vectors of the plain form cannot be {mode}: each class has its own");
        return Err(Error::file(&folder, problem).with_hint("use aligned"));
    }
    let (classes, vectors) = read_classes(&folder, findings)?;
    // Number of rows of each matrix that can be read.
    let mut sizes = [None; 2];
    for (name, rows) in MATRICES.iter().zip(&mut sizes) {
        match Matrix::open(&folder.join(name)) {
            Ok(matrix) => *rows = Some(matrix.rows),
            Err(error) => findings.fatal(error),
        }
    }
    let (clips, faulty) = read_clips(&folder.join(CLIPS), &classes, sizes, findings)?;
    let mut parts = Parts::default();
    for clip in &clips {
        parts[clip.part as usize].push(clip.class);
    }
    for part in &mut parts {
        part.sort_unstable();
        part.dedup();
    }
    finish_parts(&mut parts, &faulty, &classes, &folder.join(CLIPS), findings);
    let place = folder.join(VECTORS);
    let source = Source::Plain(Plain { folder, clips });
    let dataset = Dataset {
        name,
        split,
        classes,
        vectors,
        class_vectors: mode,
        displaced_vectors: 0,
        vocabulary: Vec::new(),
        parts,
        source,
    };
    check_vectors(&dataset, &place, findings);
    Ok(dataset)
}

/// Classes, sorted, and their vectors.
fn read_classes(folder: &Path, findings: &mut Findings) -> Result<(Vec<String>, Vectors)> {
    let path = folder.join(CLASSES);
    let rows = read_csv(&path)?;
    let class = rows.first().and_then(|header| column(header, "class"));
    let class = class.ok_or_else(|| Error::file(&path, "expected a header with the column 'class'"))?;
    let matrix_path = folder.join(VECTORS);
    let matrix = Matrix::open(&matrix_path)?;
    if matrix.rows != rows.len() - 1 {
        let problem = format!("{} rows for the {} classes of {CLASSES}", matrix.rows, rows.len() - 1);
        return Err(Error::file(matrix_path, problem));
    }
    let dim = matrix.columns;
    let vectors = matrix.read_all()?;
    let mut pairs = Vec::new();
    for (i, row) in rows.iter().skip(1).enumerate() {
        let Some(name) = row.get(class).filter(|name| !name.is_empty()) else {
            return Err(Error::text(&path, i + 2, class + 1, "no class name"));
        };
        let vector = &vectors[i * dim..(i + 1) * dim];
        if let Some(column) = vector.iter().position(|value| !value.is_finite()) {
            let problem = format!("row {i} (class '{name}'), column {column} is {}", vector[column]);
            findings.share(VECTORS.into(), true, Error::file(&matrix_path, problem));
        }
        pairs.push((composed(name), vector.to_vec()));
    }
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    if let Some(twice) = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        findings.fatal(Error::file(&path, format!("class '{}' is listed twice", twice[0].0)));
    }
    Ok(pairs.into_iter().map(|(name, vector)| (name, Some(vector))).unzip())
}

/// A fault of a row, with a key that equal faults of other rows share.
type Fault = (String, Error);

/// The table of clips: its columns, and what its cells refer to.
struct Table<'a> {
    path: &'a Path,
    header: &'a [String],
    classes: &'a [String],
    /// Number of rows of each matrix; row numbers are not checked against those of unknown size.
    sizes: [Option<usize>; 2],
    id: usize,
    class: usize,
    parts: usize,
    starts: [usize; 2],
    ends: [Option<usize>; 2],
}

impl<'a> Table<'a> {
    fn new(path: &'a Path, header: &'a [String], classes: &'a [String], sizes: [Option<usize>; 2]) -> Result<Self> {
        let needed = |name: &str| {
            column(header, name).ok_or_else(|| {
                Error::file(path, format!("no column '{name}'"))
                    .with_hint("the columns are clip, class, audio_row, video_row, parts")
            })
        };
        let (id, class, parts) = (needed("clip")?, needed("class")?, needed("parts")?);
        let starts = [needed("audio_row")?, needed("video_row")?];
        let ends = [column(header, "audio_end"), column(header, "video_end")];
        Ok(Table { path, header, classes, sizes, id, class, parts, starts, ends })
    }

    fn fault(&self, line: usize, column: usize, fault: &str, problem: String) -> Fault {
        (format!("{} {fault}", self.header[column]), Error::text(self.path, line, column + 1, problem))
    }

    fn cell<'r>(&self, line: usize, row: &'r [String], column: usize) -> std::result::Result<&'r String, Fault> {
        let problem = || format!("no cell for column '{}'", self.header[column]);
        row.get(column).ok_or_else(|| self.fault(line, column, "cells", problem()))
    }

    fn number(&self, line: usize, row: &[String], column: usize) -> std::result::Result<usize, Fault> {
        let text = self.cell(line, row, column)?;
        let problem = || format!("'{text}' is not a row number");
        text.parse().map_err(|_| self.fault(line, column, "numbers", problem()))
    }

    /// The part that the clip of a row is stored in, if any.
    fn part(&self, line: usize, row: &[String]) -> std::result::Result<Option<Part>, Fault> {
        let names = self.cell(line, row, self.parts)?;
        stored_part(names).map_err(|problem| self.fault(line, self.parts, names, problem))
    }

    /// The clip of a row, without its part: class, rows of the matrices, id.
    fn clip(&self, line: usize, row: &[String]) -> std::result::Result<(usize, [Range<usize>; 2], String), Fault> {
        let name = composed(self.cell(line, row, self.class)?);
        let problem = || format!("class '{name}' is not in {CLASSES}");
        let found = self.classes.binary_search(&name);
        let class = found.map_err(|_| self.fault(line, self.class, &name, problem()))?;
        let mut rows = [0..0, 0..0];
        for m in 0..2 {
            let start = self.number(line, row, self.starts[m])?;
            let end = match self.ends[m] {
                Some(column) => self.number(line, row, column)?,
                None => start.saturating_add(1),
            };
            if start >= end {
                return Err(self.fault(line, self.starts[m], "empty", format!("rows {start}..{end} are none")));
            }
            if let Some(size) = self.sizes[m].filter(|&size| end > size) {
                let problem = format!("rows {start}..{end} are not in {}, which has {size}", MATRICES[m]);
                return Err(self.fault(line, self.starts[m], "rows", problem));
            }
            rows[m] = start..end;
        }
        Ok((class, rows, self.cell(line, row, self.id)?.clone()))
    }
}

/// The clips, and the parts that lack some because their rows are wrong. Row numbers are not
/// checked against matrices of unknown size.
fn read_clips(
    path: &Path,
    classes: &[String],
    sizes: [Option<usize>; 2],
    findings: &mut Findings,
) -> Result<(Vec<Clip>, Vec<Part>)> {
    let rows = read_csv(path)?;
    let table = Table::new(path, rows.first().map_or(&[][..], Vec::as_slice), classes, sizes)?;
    if rows.len() == 1 {
        findings.fatal(Error::file(path, "lists no clips"));
        return Ok((Vec::new(), Part::STORED.to_vec()));
    }
    let (mut clips, mut faulty) = (Vec::with_capacity(rows.len()), Vec::new());
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (row, line) in rows.iter().zip(1..).skip(1) {
        match table.part(line, row) {
            Ok(part) => match table.clip(line, row) {
                Ok((class, rows, id)) => clips.extend(part.map(|part| Clip { id, class, part, rows })),
                Err((fault, error)) => {
                    findings.share(fault, true, error);
                    faulty.extend(part);
                }
            },
            Err((fault, error)) => {
                findings.share(fault, true, error);
                // The clip could have been in any part.
                faulty.extend(Part::STORED);
            }
        }
        if let Some(name) = row.get(table.id)
            && let Some(first) = seen.insert(composed(name), line)
        {
            let problem = format!("clip '{name}' is also in line {first}");
            findings.share("clips twice".into(), true, Error::text(path, line, table.id + 1, problem));
        }
    }
    Ok((clips, faulty))
}

/// The part a clip is stored in, of a list like `stage_1_train|stage_2_train`; none when the list
/// is empty.
fn stored_part(text: &str) -> std::result::Result<Option<Part>, String> {
    let mut found = None;
    let mut trains = false;
    for name in text.split('|').map(str::trim).filter(|name| !name.is_empty()) {
        match Part::ALL.into_iter().find(|part| part.folder_name() == name) {
            Some(Part::Stage2Train) => trains = true,
            Some(part) => {
                if let Some(other) = found.replace(part) {
                    return Err(format!("a clip cannot be in both {other} and {part}"));
                }
            }
            None => return Err(format!("'{name}' is not a part of a split")),
        }
    }
    let stage_1 = found.is_some_and(|part| Part::Stage2Train.stored().contains(&part));
    if trains && !stage_1 {
        return Err(format!("{} is the clips of the three parts of stage 1: name one of these", Part::Stage2Train));
    }
    Ok(found)
}

impl Plain {
    /// The clips of a part, ordered by stored part, class and position in the table.
    fn select(&self, part: Part) -> Vec<&Clip> {
        let mut chosen: Vec<&Clip> = self.clips.iter().filter(|clip| part.stored().contains(&clip.part)).collect();
        chosen.sort_by_key(|clip| (clip.part, clip.class));
        chosen
    }

    pub fn load(&self, part: Part) -> Result<Clips> {
        let chosen = self.select(part);
        let audio = self.read(&chosen, 0)?;
        let video = self.read(&chosen, 1)?;
        let ids = chosen.iter().map(|clip| clip.id.clone()).collect();
        Ok(Clips { ids, labels: chosen.iter().map(|clip| clip.class).collect(), audio, video })
    }

    fn read(&self, clips: &[&Clip], modality: usize) -> Result<Features> {
        self.read_from(&mut Matrix::open(&self.folder.join(MATRICES[modality]))?, clips, modality)
    }

    /// The features of these clips in the open matrix of a modality.
    fn read_from(&self, matrix: &mut Matrix, clips: &[&Clip], modality: usize) -> Result<Features> {
        let path = self.folder.join(MATRICES[modality]);
        let mut offsets = vec![0];
        let mut end = 0;
        for clip in clips {
            end += clip.rows[modality].len();
            offsets.push(end);
        }
        let dim = matrix.columns;
        if end / MOST_SHARED > matrix.rows {
            let problem = format!("has {} rows, of which {CLIPS} makes {end}: clips share too many", matrix.rows);
            return Err(Error::file(&path, problem));
        }
        let mut values = buffer(end * dim, MATRICES[modality])?;
        for (i, clip) in clips.iter().enumerate() {
            let rows = &clip.rows[modality];
            if rows.end > matrix.rows {
                return Err(Error::file(&path, "changed while it was read"));
            }
            let own = &mut values[offsets[i] * dim..offsets[i + 1] * dim];
            matrix.read_rows(rows.start, own)?;
            if let Some(at) = own.iter().position(|value| !value.is_finite()) {
                let (row, column) = (rows.start + at / dim, at % dim);
                let problem = format!("row {row}, column {column} (clip '{}') is {}", clip.id, own[at]);
                return Err(Error::file(&path, problem).with_hint("take the clip out of clips.csv"));
            }
        }
        Features::new(dim, offsets, values)
    }

    /// Clips whose features are not finite, one error per modality. A matrix that cannot be opened
    /// was reported by [`open`].
    pub fn check(&self, findings: &mut Findings) {
        for (modality, name) in MATRICES.iter().enumerate() {
            let Ok(mut matrix) = Matrix::open(&self.folder.join(name)) else { continue };
            for clip in &self.clips {
                if let Err(error) = self.read_from(&mut matrix, &[clip], modality) {
                    findings.share(format!("values of {name}"), true, error);
                }
            }
        }
    }
}
