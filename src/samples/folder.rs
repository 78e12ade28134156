//! Folders of recordings of event cameras.

use super::gesture::{read, table_beside};
use super::labels::{choice, numbered};
use super::set::{EventClip, Kind, Samples};
use crate::base::files::ending;
use crate::error::{Error, Result};
use crate::formats::events::EventFile;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Recordings, parts of them, or none, each with name and class.
type Found = Vec<(EventClip, String, String)>;

/// Opens a folder. A table beside a recording says its parts and their classes; without it and
/// without a list of labels the folders in it are classes.
pub(super) fn open(folder: &Path, labels: Option<&Path>, sensor: Option<[u32; 2]>) -> Result<Samples> {
    let mut files = Vec::new();
    find(folder, &mut HashSet::new(), &mut files)?;
    files.sort_by_key(|file| key(file));
    if files.is_empty() {
        let endings = EventFile::ENDINGS.map(|ending| format!(".{ending}")).join(", ");
        return Err(Error::file(folder, format!("has no recording: expected one of {endings}")));
    }
    let found = match labels {
        Some(list) => listed(list, folder, &files)?,
        None => {
            let mut found = Vec::new();
            for file in &files {
                let class = file.parent().filter(|parent| *parent != folder).and_then(Path::file_name);
                add(&mut found, file, class.map(|name| name.to_string_lossy().into_owned()))?;
            }
            found
        }
    };
    let Some((first, ..)) = found.first() else {
        return Err(Error::file(folder, "has recordings but no labels")
            .with_hint("give a list with --labels FILE, or put the files of each class into a folder"));
    };
    // A damaged file is named when it is read.
    let header = found.iter().find_map(|(clip, ..)| EventFile::open(&clip.file).ok());
    let header = header.map_or_else(|| EventFile::open(&first.file), Ok)?;
    let Some(sensor @ [width, height]) = header.sensor(sensor)? else {
        let problem = "does not say the size of its sensor";
        return Err(Error::file(&first.file, problem).with_hint("give it with --sensor WxH"));
    };
    let (labels, class_names) = numbered(labels.unwrap_or(folder), found.iter().map(|(_, _, class)| class.as_str()))?;
    let (clips, names) = found.into_iter().map(|(clip, name, _)| (clip, name)).unzip();
    Ok(Samples {
        shape: vec![2, height as usize, width as usize],
        labels,
        names,
        class_names,
        kind: Kind::Events { clips, sensor },
    })
}

/// Adds the parts of a recording that a table beside it says, else all of it if it has a class.
fn add(found: &mut Found, file: &Path, class: Option<String>) -> Result<()> {
    let whole = |span| EventClip { file: file.to_path_buf(), span };
    match (table_beside(file), class) {
        (Some(table), _) => {
            for (n, (class, span)) in read(&table)?.into_iter().enumerate() {
                found.push((whole(Some(span)), format!("{}:{n}", stem(file)), class.to_string()));
            }
        }
        (None, Some(class)) => found.push((whole(None), stem(file), class)),
        (None, None) => {}
    }
    Ok(())
}

/// The recordings of a list and their classes; without a class, their parts by the table beside them.
fn listed(list: &Path, folder: &Path, files: &[PathBuf]) -> Result<Found> {
    let mut by_name: HashMap<String, Vec<&PathBuf>> = HashMap::new();
    for file in files {
        by_name.entry(stem(file)).or_default().push(file);
    }
    let mut found = Vec::new();
    for (line, name, class) in choice(list)? {
        // The ends of a path below the folder, with or without the ending.
        let meant = |file: &&&PathBuf| file.ends_with(&name) || file.with_extension("").ends_with(&name);
        let known = by_name.get(&stem(Path::new(&name))).map_or(&[][..], |files| files);
        let file = match known.iter().filter(meant).collect::<Vec<_>>()[..] {
            [&file] => file,
            [] => {
                let problem = format!("names the sample '{name}', of which {} has no file", folder.display());
                return Err(Error::text(list, line, 1, problem));
            }
            [first, second, ..] => {
                let problem = format!("'{name}' may be {} or {}", first.display(), second.display());
                return Err(Error::text(list, line, 1, problem).with_hint("name it with its folder, as in A/1"));
            }
        };
        match class {
            Some(class) => found.push((EventClip { file: file.clone(), span: None }, stem(file), class)),
            None if table_beside(file).is_some() => add(&mut found, file, None)?,
            None => {
                let problem = format!("'{name}': expected the name of a sample and its class");
                return Err(Error::text(list, line, 1, problem));
            }
        }
    }
    Ok(found)
}

/// All files of events in a folder and the folders in it. Hidden ones are none of the data, and a
/// folder that a link leads back to has been seen.
fn find(folder: &Path, seen: &mut HashSet<PathBuf>, files: &mut Vec<PathBuf>) -> Result<()> {
    let fail = |e| Error::caused_by(folder, "cannot read", e);
    if !seen.insert(folder.canonicalize().map_err(fail)?) {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if path.is_dir() {
            find(&path, seen, files)?;
        } else if EventFile::ENDINGS.contains(&&ending(&path)[..]) {
            if !path.is_file() {
                return Err(Error::file(&path, "is no regular file"));
            }
            files.push(path);
        }
    }
    Ok(())
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Files by folder, then by number, then by name.
fn key(path: &Path) -> (PathBuf, u64, String) {
    let stem = stem(path);
    (path.parent().unwrap_or(Path::new("")).to_path_buf(), stem.parse().unwrap_or(u64::MAX), stem)
}
