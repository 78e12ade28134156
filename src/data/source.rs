//! Location of the clips of an open data set, by its form.

use super::features::Clips;
use super::split::Part;
use crate::base::text::composed;
use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Location of the clips.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Published(Published),
    Plain(Plain),
    Memory(Arc<[Clips; 5]>),
}

/// An open data set in the published layout.
#[derive(Debug, Clone)]
pub(super) struct Published {
    /// Folder of the `.txt` and `.csv` of the parts.
    pub split: PathBuf,
    /// Folder of `audio`, `video` and `text`.
    pub features: PathBuf,
    pub names: ClassNames,
}

/// Ids of classes by name, as the data set compares names.
#[derive(Debug, Clone)]
pub(super) struct ClassNames {
    pub ids: HashMap<String, usize>,
    /// UCF and ActivityNet spell some classes with different case in different places.
    pub ignore_case: bool,
}

impl ClassNames {
    /// The form of a name that is compared.
    pub fn key(&self, name: &str) -> String {
        let name = composed(name);
        if self.ignore_case { name.to_lowercase() } else { name }
    }

    pub fn id(&self, name: &str) -> Option<usize> {
        self.ids.get(&self.key(name)).copied()
    }
}

/// An open data set in the plain form.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    pub folder: PathBuf,
    pub clips: Vec<Clip>,
}

/// One row of the table.
#[derive(Debug, Clone)]
pub(super) struct Clip {
    pub id: String,
    pub class: usize,
    /// The stored part of the clip.
    pub part: Part,
    pub rows: [Range<usize>; 2],
}
