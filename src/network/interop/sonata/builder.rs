//! What is being put together from the files.

use super::config::Row;
use super::sets::Known;
use crate::network::parts::NetworkParts;
use crate::recording::Naming;
use std::collections::BTreeMap;

/// Where the nodes of a population went.
pub(super) enum Place {
    /// Index of the source.
    Source(usize, u32),
    /// Population and neuron of each node.
    Neurons(Vec<(usize, u32)>),
}

impl Place {
    pub fn size(&self) -> usize {
        match self {
            Place::Source(_, size) => *size as usize,
            Place::Neurons(neurons) => neurons.len(),
        }
    }
}

/// What is being put together.
pub(super) struct Builder {
    pub network: NetworkParts,
    pub naming: Naming,
    pub places: BTreeMap<String, Place>,
    pub known: BTreeMap<String, Known>,
}

/// The cell of a row in one of these columns.
pub(super) fn refused<'a>(row: &'a Row, columns: &[&'static str]) -> Option<(&'static str, &'a str)> {
    columns.iter().find_map(|&column| Some((column, row.get(column)?.as_str())))
}
