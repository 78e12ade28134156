//! Published energies per operation: tables as RON files.

use super::kind::{DataType, Kind, View};
use crate::base::files::{ending, read_text};
use crate::base::ron_fault::ron_problem;
use crate::base::text::distance;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Version of a table file.
pub const TABLE_SCHEMA: &str = "spikefuse.energy-table/1";

/// Energies of operations in pJ. Operations without a price stay unpriced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergyTable {
    /// Version of the file: [`TABLE_SCHEMA`].
    pub schema: String,
    /// Name of the table, to be quoted with every figure.
    pub name: String,
    /// Source of the figures.
    pub source: String,
    /// Grade of the evidence.
    pub grade: Grade,
    /// Which view of the spiking branch it prices. Dense operators have arithmetic only.
    pub view: View,
    /// Numbers that its arithmetic is priced for; `None` if the source does not distinguish them.
    pub data_type: Option<DataType>,
    /// Energy per operation, pJ.
    #[serde(default)]
    pub prices_pj: BTreeMap<Kind, f64>,
    /// Energy per operation of arithmetic, pJ, where that differs by the type of the numbers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prices_by_type_pj: BTreeMap<DataType, BTreeMap<Kind, f64>>,
    /// Costs that the figures leave out.
    pub leaves_out: String,
}

/// Grade of the evidence for the figures of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Measured on silicon.
    Measured,
    /// Simulated before fabrication.
    Simulated,
    /// Energy of the arithmetic unit alone.
    Arithmetic,
    /// Combined from several of these.
    Estimated,
}

impl std::fmt::Display for Grade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Grade::Measured => "measured on silicon",
            Grade::Simulated => "simulated before fabrication",
            Grade::Arithmetic => "arithmetic units only",
            Grade::Estimated => "estimated",
        })
    }
}

/// The tables that come with the crate; the first is the default.
const SHIPPED: [&str; 21] = [
    include_str!("tables/45nm-fp32.ron"),
    include_str!("tables/45nm-fp16.ron"),
    include_str!("tables/45nm-int8.ron"),
    include_str!("tables/45nm-int32.ron"),
    include_str!("tables/45nm-by-type.ron"),
    include_str!("tables/45nm-fp32-sram-8k.ron"),
    include_str!("tables/45nm-fp32-sram-32k.ron"),
    include_str!("tables/45nm-fp32-sram-1m.ron"),
    include_str!("tables/45nm-fp32-dram.ron"),
    include_str!("tables/loihi.ron"),
    include_str!("tables/truenorth.ron"),
    include_str!("tables/spinnaker-13.3nj.ron"),
    include_str!("tables/spinnaker-8nj.ron"),
    include_str!("tables/spinnaker-45pj.ron"),
    include_str!("tables/odin.ron"),
    include_str!("tables/reckon.ron"),
    include_str!("tables/tianjic.ron"),
    include_str!("tables/seneca.ron"),
    include_str!("tables/cpu.ron"),
    include_str!("tables/gpu.ron"),
    include_str!("tables/arm.ron"),
];

/// Tables shown in reports; the verb `energy` uses the others too.
const SHOWN: [&str; 5] = ["45nm-fp32", "45nm-fp32-sram-32k", "loihi", "truenorth", "odin"];

/// Requested tables for which no published figure exists.
const UNPUBLISHED: [&str; 2] = ["loihi2", "loihi-2"];

impl EnergyTable {
    /// The tables that come with the crate.
    pub fn shipped() -> Vec<EnergyTable> {
        // A test reads each of them.
        SHIPPED.iter().filter_map(|text| EnergyTable::parse(text).ok()).collect()
    }

    /// The tables that reports show, the default first.
    pub fn shown() -> Vec<EnergyTable> {
        SHOWN.iter().filter_map(|name| EnergyTable::find(name).ok()).collect()
    }

    /// The table that is used when none is asked for: 32-bit floating point in a 45 nm process.
    pub fn default_table() -> EnergyTable {
        EnergyTable::shipped().swap_remove(0)
    }

    /// A shipped table by its name, or one from a file ending in `.ron`.
    ///
    /// # Errors
    /// If there is none of that name, or the file is not a table.
    pub fn find(name: &str) -> Result<EnergyTable> {
        if ending(Path::new(name)) == "ron" {
            return EnergyTable::read(Path::new(name));
        }
        let mut tables = EnergyTable::shipped();
        if let Some(at) = tables.iter().position(|table| table.name == name) {
            return Ok(tables.swap_remove(at));
        }
        if UNPUBLISHED.contains(&name.to_lowercase().as_str()) {
            return Err(Error::value("--table", "no energy per synaptic operation is published for Loihi 2")
                .with_hint("with a figure of your own, write a table and give its .ron file"));
        }
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        let nearest = names.iter().min_by_key(|known| distance(name, known)).copied().unwrap_or_default();
        let problem =
            format!("there is no table '{name}'; the nearest name is '{nearest}'; there are {}", names.join(", "));
        Err(Error::value("--table", problem).with_hint("a table of your own is given as a file that ends in .ron"))
    }

    /// Reads and checks a table.
    ///
    /// # Errors
    /// With line and column, if the file is not a table; with the field, if a value is out of its
    /// domain.
    pub fn read(path: &Path) -> Result<EnergyTable> {
        let text = read_text(path)?;
        let table = EnergyTable::parse(&text)
            .map_err(|e| Error::text(path, e.span.start.line, e.span.start.col, ron_problem(&text, &e)))?;
        table.check().map_err(|e| Error::file(path, e))?;
        Ok(table)
    }

    fn parse(text: &str) -> std::result::Result<EnergyTable, ron::error::SpannedError> {
        ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME).from_str(text)
    }

    fn check(&self) -> Result<()> {
        if self.schema != TABLE_SCHEMA {
            return Err(Error::value("schema", format!("'{}': expected '{TABLE_SCHEMA}'", self.schema)));
        }
        if self.prices_pj.is_empty() && self.prices_by_type_pj.is_empty() {
            return Err(Error::value("prices_pj", "no prices"));
        }
        for (field, text) in [("name", &self.name), ("source", &self.source), ("leaves_out", &self.leaves_out)] {
            if text.trim().is_empty() {
                return Err(Error::value(field, "empty: no figure goes without it"));
            }
        }
        let by_type = self.prices_by_type_pj.iter().flat_map(|(data_type, prices)| {
            prices.iter().map(move |(kind, price)| (format!("prices_by_type_pj.{data_type}.{kind}"), *kind, *price))
        });
        let all = self.prices_pj.iter().map(|(kind, price)| (format!("prices_pj.{kind}"), *kind, *price));
        for (field, _, price) in all.chain(by_type.clone()) {
            if !(price.is_finite() && price >= 0.0) {
                return Err(Error::value(field, format!("{price}: expected a number of at least 0")));
            }
        }
        for (field, kind, _) in by_type {
            if kind.view() != View::Arithmetic || self.prices_pj.contains_key(&kind) || self.data_type.is_some() {
                let problem = "expected a price of arithmetic, without another in prices_pj, and `data_type: None`";
                return Err(Error::value(field, problem));
            }
        }
        // An accumulate is what a synaptic event is made of: with prices for both the same work
        // would be paid twice.
        for (event, arithmetic) in [(Kind::SynapticEvent, Kind::Ac)] {
            if self.prices_pj.contains_key(&event) && self.prices_pj.contains_key(&arithmetic) {
                return Err(Error::value(
                    "prices_pj",
                    format!("{event} and {arithmetic} are the same work seen twice: give one of them"),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_table_is_whole() {
        let tables = EnergyTable::shipped();
        assert_eq!(tables.len(), SHIPPED.len());
        for table in &tables {
            table.check().unwrap();
            assert_eq!(tables.iter().filter(|other| other.name == table.name).count(), 1, "{}", table.name);
        }
        assert_eq!(EnergyTable::default_table().name, "45nm-fp32");
        assert_eq!(EnergyTable::shown().len(), SHOWN.len());
    }

    /// Horowitz 2014: a multiply-accumulate is a multiplication and an addition.
    #[test]
    fn prices_are_those_of_the_source() {
        for (name, add, multiply) in
            [("45nm-fp32", 0.9, 3.7), ("45nm-fp16", 0.4, 1.1), ("45nm-int8", 0.03, 0.2), ("45nm-int32", 0.1, 3.1)]
        {
            let prices = EnergyTable::find(name).unwrap().prices_pj;
            assert_eq!(
                (prices[&Kind::Add], prices[&Kind::Ac], prices[&Kind::Multiply]),
                (add, add, multiply),
                "{name}"
            );
            assert!((prices[&Kind::Mac] - (add + multiply)).abs() < 1e-12, "{name}");
            // The table by type has the same.
            let by_type = &EnergyTable::find("45nm-by-type").unwrap().prices_by_type_pj;
            assert!(by_type.iter().any(|(own, of_type)| name.ends_with(&own.to_string()) && *of_type == prices));
        }
    }

    #[test]
    fn prices_by_type_are_of_arithmetic_alone() {
        let table = |prices: &str, data_type: &str| {
            let text = format!(
                "(schema: \"spikefuse.energy-table/1\", name: \"a\", source: \"b\", grade: estimated, view: arithmetic,
                data_type: {data_type}, {prices}, leaves_out: \"c\")"
            );
            EnergyTable::parse(&text).unwrap().check().map_err(|e| e.to_string())
        };
        assert_eq!(table("prices_pj: {spike: 1.0}, prices_by_type_pj: {int8: {ac: 0.03}}", "None"), Ok(()));
        for (prices, data_type, said) in [
            ("prices_by_type_pj: {int8: {ac: -1.0}}", "None", "prices_by_type_pj.int8.ac: -1"),
            ("prices_by_type_pj: {int8: {spike: 1.0}}", "None", "prices_by_type_pj.int8.spike: expected a price"),
            ("prices_pj: {ac: 1.0}, prices_by_type_pj: {int8: {ac: 1.0}}", "None", "without another in prices_pj"),
            ("prices_by_type_pj: {int8: {ac: 1.0}}", "int8", "`data_type: None`"),
            ("prices_pj: {}", "None", "no prices"),
        ] {
            let problem = table(prices, data_type).unwrap_err();
            assert!(problem.contains(said), "{problem}");
        }
    }

    #[test]
    fn what_is_not_published_is_refused() {
        let problem = EnergyTable::find("loihi2").unwrap_err().to_string();
        assert!(problem.contains("no energy per synaptic operation is published"), "{problem}");
        assert!(EnergyTable::find("abacus").unwrap_err().to_string().contains("45nm-fp32"));
    }
}
