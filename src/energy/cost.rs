//! Operation counts of one operator.

use super::kind::{Branch, Kind};
use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Mul};

/// Integer counts of arithmetic operations. A multiplication whose product is added at once is one
/// MAC and neither a multiplication nor an addition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Multiply-accumulates.
    pub macs: u64,
    /// Accumulates of a synaptic weight caused by a spike.
    pub acs: u64,
    /// Multiplications that are not part of a MAC.
    pub multiplies: u64,
    /// Additions and subtractions that are not part of a MAC or an accumulate.
    pub additions: u64,
    /// Comparisons (maximum, ReLU, threshold).
    pub comparisons: u64,
    /// Divisions, square roots, exponentials, logarithms.
    pub functions: u64,
}

impl Cost {
    /// No arithmetic: at most, data are moved.
    pub const ZERO: Cost = Cost { macs: 0, acs: 0, multiplies: 0, additions: 0, comparisons: 0, functions: 0 };

    /// The counts by kind of operation.
    pub fn by_kind(&self) -> [(Kind, u64); 6] {
        let Cost { macs, acs, multiplies, additions, comparisons, functions } = *self;
        [
            (Kind::Mac, macs),
            (Kind::Ac, acs),
            (Kind::Multiply, multiplies),
            (Kind::Add, additions),
            (Kind::Compare, comparisons),
            (Kind::Function, functions),
        ]
    }
}

impl Add for Cost {
    type Output = Cost;
    fn add(self, other: Cost) -> Cost {
        Cost {
            macs: self.macs + other.macs,
            acs: self.acs + other.acs,
            multiplies: self.multiplies + other.multiplies,
            additions: self.additions + other.additions,
            comparisons: self.comparisons + other.comparisons,
            functions: self.functions + other.functions,
        }
    }
}

impl Mul<u64> for Cost {
    type Output = Cost;
    fn mul(self, times: u64) -> Cost {
        Cost {
            macs: self.macs * times,
            acs: self.acs * times,
            multiplies: self.multiplies * times,
            additions: self.additions * times,
            comparisons: self.comparisons * times,
            functions: self.functions * times,
        }
    }
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Cost>>(costs: I) -> Cost {
        costs.fold(Cost::ZERO, Add::add)
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        *self = *self + other;
    }
}

/// A dense operator that was carried out, with its arithmetic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenseOperator {
    /// Part of the hybrid.
    pub branch: Branch,
    /// Name of the layer, as in the names of its tensors.
    pub layer: String,
    /// Whether the dense twin has this operator too.
    pub in_twin: bool,
    /// Name of the operator within the layer.
    pub operator: String,
    /// Its arithmetic.
    pub cost: Cost,
    /// Synaptic operations, if it is a weight matrix times a vector.
    pub synapses: Option<Synapses>,
}

/// Synaptic operations of a weight matrix, by input value: see [`synops`](super::synops).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Synapses {
    /// Non-zero weights that met an input of 1 or -1.
    pub effective_acs: u64,
    /// Non-zero weights that met another non-zero input.
    pub effective_macs: u64,
    /// All weights, for each input vector.
    pub dense: u64,
}

/// Adds operators to `total`: counts of equal layer and operator are summed.
pub fn add_operators(total: &mut Vec<DenseOperator>, operators: Vec<DenseOperator>) {
    for operator in operators {
        let known = total.iter_mut().find(|o| o.layer == operator.layer && o.operator == operator.operator);
        match known {
            Some(known) => known.add(&operator),
            None => total.push(operator),
        }
    }
}

impl DenseOperator {
    fn add(&mut self, other: &DenseOperator) {
        self.cost += other.cost;
        if let (Some(mine), Some(theirs)) = (&mut self.synapses, &other.synapses) {
            mine.effective_acs += theirs.effective_acs;
            mine.effective_macs += theirs.effective_macs;
            mine.dense += theirs.dense;
        }
    }
}
