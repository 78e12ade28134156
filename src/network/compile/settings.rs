//! What a caller may set.

/// What a caller may set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// In place of the file's seed.
    pub seed: Option<u64>,
    /// Bytes that the network may need, [`crate::network::Network::memory`]; default: the memory
    /// that is free.
    pub memory_limit: Option<u64>,
    /// Whether the file may name files outside its own folder.
    pub files_anywhere: bool,
}
