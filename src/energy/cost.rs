//! Operation counts of one operator.

use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign};

/// Integer counts of arithmetic operations. A multiplication whose product is added at once is one MAC and neither a
/// multiplication nor an addition; comparisons and selections are counted and priced as additions by no table we ship.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Cost>>(costs: I) -> Cost {
        costs.fold(Cost::default(), Add::add)
    }
}
