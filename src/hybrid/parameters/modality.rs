//! The two modalities, and pairs of values indexed by them.

use serde::{Deserialize, Serialize};
use std::ops::{Index, IndexMut};

/// Where features of a clip come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Modality {
    /// The sound track of a clip.
    Audio,
    /// The pictures of a clip.
    Video,
}

/// Both modalities, in the order of every pair in this crate.
pub const MODALITIES: [Modality; 2] = [Modality::Audio, Modality::Video];

impl Modality {
    /// Name, as in the names of tensors.
    pub fn name(self) -> &'static str {
        match self {
            Modality::Audio => "audio",
            Modality::Video => "video",
        }
    }
}

/// One value for each modality.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ByModality<T> {
    /// That of [`Modality::Audio`].
    pub audio: T,
    /// That of [`Modality::Video`].
    pub video: T,
}

impl<T> ByModality<T> {
    /// What `make` gives for audio, then for video.
    pub fn of(mut make: impl FnMut(Modality) -> T) -> Self {
        ByModality { audio: make(Modality::Audio), video: make(Modality::Video) }
    }

    /// The pair of what `f` makes of each value.
    pub fn map<S>(self, mut f: impl FnMut(T) -> S) -> ByModality<S> {
        ByModality { audio: f(self.audio), video: f(self.video) }
    }

    /// The pair of references.
    pub fn as_ref(&self) -> ByModality<&T> {
        ByModality { audio: &self.audio, video: &self.video }
    }

    /// Audio, then video.
    pub fn into_array(self) -> [T; 2] {
        [self.audio, self.video]
    }

    /// Audio, then video.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        [&self.audio, &self.video].into_iter()
    }

    /// Audio, then video, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        [&mut self.audio, &mut self.video].into_iter()
    }
}

impl<T> Index<Modality> for ByModality<T> {
    type Output = T;
    fn index(&self, modality: Modality) -> &T {
        match modality {
            Modality::Audio => &self.audio,
            Modality::Video => &self.video,
        }
    }
}

impl<T> IndexMut<Modality> for ByModality<T> {
    fn index_mut(&mut self, modality: Modality) -> &mut T {
        match modality {
            Modality::Audio => &mut self.audio,
            Modality::Video => &mut self.video,
        }
    }
}
