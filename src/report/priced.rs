//! The ledger of a finished run, and energies by table as JSON, CSV and text.

use super::evaluation::EVALUATION;
use super::tables::energy_table;
use crate::base::files::{csv_text, json_text, parse_json, read_text};
use crate::energy::{DataType, Energy, EnergyTable, LEDGER_SCHEMA, LayerEnergy, Ledger};
use crate::error::{Error, Result};
use crate::simulator::REPORT;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The part of a report that is read.
#[derive(Deserialize)]
struct WithLedger {
    ledger: Option<Ledger>,
    /// Part of the configuration of a SONATA simulation.
    run: Option<serde::de::IgnoredAny>,
}

/// Reads the ledger of `report.json` or `simulation.json`, or of the one that a folder holds. Returns
/// the file as well.
///
/// # Errors
/// If there is none, there are two, or it has no ledger of this version.
pub fn read_ledger(run: &Path) -> Result<(Ledger, PathBuf)> {
    let path = if run.is_dir() { report_in(run)? } else { run.to_path_buf() };
    let ledger = parse_ledger(&path, &read_text(&path)?)?;
    Ok((ledger, path))
}

/// The ledger of the text of a report that is, or would be, at `path`.
///
/// # Errors
/// If it has no ledger of this version.
pub fn parse_ledger(path: &Path, text: &str) -> Result<Ledger> {
    let WithLedger { ledger, run: of_sonata } = parse_json(path, text)?;
    let ledger = ledger.ok_or_else(|| match of_sonata {
        Some(_) => Error::file(path, "a SONATA configuration can only be simulated")
            .with_hint("spikefuse simulate --out writes a simulation.json, which can be priced"),
        None => Error::file(path, "has no ledger: expected a report.json or simulation.json"),
    })?;
    if ledger.schema != LEDGER_SCHEMA {
        let problem = format!("its ledger is '{}', expected '{LEDGER_SCHEMA}'", ledger.schema);
        return Err(Error::file(path, problem));
    }
    Ok(ledger)
}

/// The one report in a folder.
pub(super) fn report_in(folder: &Path) -> Result<PathBuf> {
    let names = ["report.json", REPORT, EVALUATION];
    let mut found = Vec::new();
    for name in names {
        let path = folder.join(name);
        if path.try_exists().map_err(|e| Error::caused_by(&path, "cannot read", e))? {
            found.push(path);
        }
    }
    match (found.pop(), found.pop()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Error::file(folder, format!("holds none of {}", names.join(", ")))
            .with_hint("give the folder that run --out, evaluate --out or simulate --out wrote")),
        (Some(last), Some(before)) => {
            let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Err(Error::file(folder, format!("holds both {} and {}", name(&before), name(&last)))
                .with_hint("give the one that is meant"))
        }
    }
}

/// A ledger priced by tables.
#[derive(Debug, Clone, Serialize)]
pub struct PricedLedger<'a> {
    schema: &'static str,
    clips: u64,
    /// By table.
    pub energy: Vec<Energy>,
    ledger: &'a Ledger,
    /// Names of tables that price nothing of it.
    #[serde(skip)]
    pub without: Vec<String>,
}

impl<'a> PricedLedger<'a> {
    /// Prices `ledger` by the tables of these names or files, or by all shipped tables if there are
    /// none, as if its arithmetic were computed in `priced_as`.
    ///
    /// # Errors
    /// If a table that was named is not known, cannot be read or prices nothing of the ledger.
    pub fn new(ledger: &'a Ledger, tables: &[PathBuf], priced_as: Option<DataType>) -> Result<PricedLedger<'a>> {
        let find = |name: &PathBuf| name.to_str().map_or_else(|| EnergyTable::read(name), EnergyTable::find);
        let named = tables.iter().map(find).collect::<Result<Vec<_>>>()?;
        let chosen = if named.is_empty() { EnergyTable::shipped() } else { named };
        let (mut energy, mut without) = (Vec::new(), Vec::new());
        for table in &chosen {
            match table.apply(ledger, priced_as) {
                Ok(priced) => energy.push(priced),
                Err(problem) if !tables.is_empty() => return Err(problem),
                Err(_) => without.push(table.name.clone()),
            }
        }
        Ok(PricedLedger { schema: "spikefuse.energy/2", clips: ledger.clips, energy, ledger, without })
    }

    /// As one JSON document.
    ///
    /// # Errors
    /// Never, unless a number has no JSON form.
    pub fn json(&self) -> Result<String> {
        json_text(self)
    }

    /// As CSV, a row per table and layer; a cell is empty where nothing has a price.
    ///
    /// # Errors
    /// Never: all rows have the same length.
    pub fn csv(&self) -> Result<String> {
        let head = ["table", "branch", "layer", "pj", "dense_twin_pj", "partial", "dense_twin_partial"];
        let layers = self.energy.iter().flat_map(|e| e.by_layer.iter().map(move |layer| (e, layer)));
        let some = |pj: Option<f64>| pj.map_or(String::new(), |pj| pj.to_string());
        let row = |(e, layer): (&Energy, &LayerEnergy)| {
            vec![
                e.table.clone(),
                layer.branch.to_string(),
                layer.layer.clone(),
                some(layer.pj),
                some(layer.dense_twin_pj),
                layer.partial.to_string(),
                layer.dense_twin_partial.to_string(),
            ]
        };
        csv_of(&head, layers.map(row))
    }

    /// As a table for people.
    pub fn table(&self) -> String {
        let mut text = energy_table(&self.energy, self.clips);
        if !self.without.is_empty() {
            text += &format!("  without a price for anything in this run: {}\n", self.without.join(", "));
        }
        text
    }
}

/// The shipped tables as JSON.
///
/// # Errors
/// Never.
pub fn tables_json() -> Result<String> {
    json_text(&EnergyTable::shipped())
}

/// The shipped tables as CSV.
///
/// # Errors
/// Never: all rows have the same length.
pub fn tables_csv() -> Result<String> {
    let tables = EnergyTable::shipped();
    let row =
        |t: &EnergyTable| vec![t.name.clone(), t.grade.to_string(), prices(t), t.source.clone(), t.leaves_out.clone()];
    csv_of(&["table", "grade", "prices_pj", "source", "leaves_out"], tables.iter().map(row))
}

/// The shipped tables for people.
pub fn tables_text() -> String {
    let tables = EnergyTable::shipped();
    let text = tables.iter().map(|t| {
        let (name, grade, source, leaves_out) = (&t.name, t.grade, &t.source, &t.leaves_out);
        format!("{name} ({grade})\n  pJ: {}\n  source: {source}\n  leaves out: {leaves_out}\n", prices(t))
    });
    text.collect()
}

fn prices(table: &EnergyTable) -> String {
    let by_type = table.prices_by_type_pj.iter();
    let by_type = by_type.flat_map(|(of, prices)| prices.iter().map(move |(kind, pj)| format!("{of} {kind} {pj}")));
    let prices = table.prices_pj.iter().map(|(kind, pj)| format!("{kind} {pj}")).chain(by_type);
    prices.collect::<Vec<_>>().join(", ")
}

/// `rows` below their `head`.
fn csv_of(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<String> {
    let head = head.iter().map(|name| name.to_string()).collect();
    let bytes = csv_text(std::iter::once(head).chain(rows))?;
    String::from_utf8(bytes).map_err(|e| Error::value("csv", e))
}
