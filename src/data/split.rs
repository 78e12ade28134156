//! Names of splits, of their parts, and of the ways to assign class vectors.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A part of a split. Stage 1 chooses, stage 2 trains on everything but the test data and is tested
/// once.
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
    /// All parts, in order.
    pub const ALL: [Part; 6] = [
        Part::Stage1Train,
        Part::Stage1ValSeen,
        Part::Stage1ValUnseen,
        Part::Stage2Train,
        Part::Stage2TestSeen,
        Part::Stage2TestUnseen,
    ];

    /// The parts that own clips: all but `Stage2Train`.
    pub(super) const STORED: [Part; 5] =
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

    /// The stored parts that this part consists of.
    pub(super) fn stored(self) -> &'static [Part] {
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

/// Which of the published splits and feature sets: self-supervised features or those of
/// classification networks.
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
    /// `main` or `cls`, with which the names of the published folders begin.
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

/// How class vectors are assigned to classes.
///
/// The reference loader of the benchmarks sorts the vectors by the name they were made from and
/// indexes them by the rank of the class's original name. The two orders differ, so many classes
/// get another class's vector (UCF 79 of 101, VGGSound 205 of 309, ActivityNet 8 of 200). Published
/// figures have this; say which mode a figure used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassVectors {
    /// Each class has its own vector.
    #[default]
    Aligned,
    /// The assignment of the reference loader.
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
