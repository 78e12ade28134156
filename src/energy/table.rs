//! Published energies per operation.

use super::Cost;
use serde::Serialize;

/// Energies of arithmetic operations, picojoule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EnergyTable {
    /// Name to quote with every figure.
    pub name: &'static str,
    /// Where the figures come from.
    pub source: &'static str,
    /// Measured on silicon, simulated, or arithmetic only.
    pub grade: &'static str,
    /// What the figures leave out.
    pub leaves_out: &'static str,
    /// An addition, and an accumulate of a synaptic weight.
    pub add_pj: f64,
    /// A multiplication.
    pub multiply_pj: f64,
}

/// 32-bit floating point in a 45 nm process: addition 0.9, multiplication 3.7, so multiply-accumulate 4.6 pJ.
pub const FP32_45NM: EnergyTable = EnergyTable {
    name: "45nm-fp32",
    source: "Horowitz, Computing's energy problem (and what we can do about it), ISSCC 2014",
    grade: "arithmetic only",
    leaves_out: "memory access, control, routing, static power",
    add_pj: 0.9,
    multiply_pj: 3.7,
};

impl EnergyTable {
    /// Picojoule of what the table prices: additions, multiplications, MACs, accumulates.
    pub fn energy_pj(&self, cost: &Cost) -> f64 {
        (cost.additions + cost.acs + cost.macs) as f64 * self.add_pj
            + (cost.multiplies + cost.macs) as f64 * self.multiply_pj
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_those_of_the_source() {
        let price = |cost| FP32_45NM.energy_pj(&cost);
        assert!((price(Cost { macs: 1, ..Cost::default() }) - 4.6).abs() < 1e-12);
        assert!((price(Cost { acs: 10, ..Cost::default() }) - 9.0).abs() < 1e-12);
        assert!((price(Cost { multiplies: 10, additions: 10, ..Cost::default() }) - 46.0).abs() < 1e-12);
        assert_eq!(price(Cost { comparisons: 5, functions: 7, ..Cost::default() }), 0.0);
    }
}
