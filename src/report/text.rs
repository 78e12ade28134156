//! The report as a table for the terminal.

use super::Report;
use crate::compare::Parity;
use std::fmt::{Display, Formatter, Result};

/// 12,345,678
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    groups.join(",")
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let split = self.split;
        writeln!(
            f,
            "{} ({split} split), {} test clips, class vectors {}, seed {}",
            self.dataset, self.clips, self.class_vectors, self.seed
        )?;
        writeln!(f)?;
        writeln!(f, "accuracy, %      seen  unseen      HM     ZSL   gamma")?;
        for (name, s) in [("both", self.accuracy.both), ("video", self.accuracy.video), ("audio", self.accuracy.audio)]
        {
            let [seen, unseen, hm, zsl] = [s.seen, s.unseen, s.hm, s.zsl].map(|x| 100.0 * x);
            writeln!(f, "  {name:<12} {seen:>6.2}  {unseen:>6.2}  {hm:>6.2}  {zsl:>6.2}  {:>6.2}", s.gamma)?;
        }
        if !self.classes_without_clips.is_empty() {
            writeln!(f, "  without clips, left out of the means: {}", self.classes_without_clips.join(", "))?;
        }
        if let Some(spikes) = &self.spikes {
            writeln!(f, "\nspikes           {} in all", grouped(spikes.total))?;
            writeln!(f, "  firing rate, % of neurons per step     mean   by step")?;
            for layer in &spikes.rate_per_layer {
                let steps: Vec<String> = layer.per_step.iter().map(|r| format!("{:.0}", 100.0 * r)).collect();
                writeln!(f, "  {:<36} {:>6.1}   {}", layer.layer, 100.0 * layer.rate, steps.join(" "))?;
            }
        }
        let clips = self.clips.max(1) as u64;
        let o = &self.operations;
        writeln!(f, "\noperations per clip")?;
        for (name, count) in [
            ("SynOps (spikes x fan-out)", o.synops),
            ("ACs", o.acs),
            ("MACs", o.macs),
            ("membrane updates", o.membrane_updates),
            ("threshold updates", o.threshold_updates),
            ("MACs of the dense twin (ReLU, one pass)", o.dense_twin_macs),
            ("  of these in the spiking branch", o.spiking_twin_macs),
        ] {
            writeln!(f, "  {name:<42} {:>14}", grouped(count / clips))?;
        }
        let e = &self.energy;
        writeln!(f, "\nenergy per clip, modelled, table {} ({}; {})", e.table, e.source, e.grade)?;
        let nanojoule = |pj: f64| pj / 1000.0 / clips as f64;
        writeln!(f, "  {:<42} {:>14.1} nJ", "whole hybrid", nanojoule(self.energy_pj))?;
        writeln!(f, "  {:<42} {:>14.1} nJ", "spiking branch", nanojoule(e.spiking_pj))?;
        writeln!(f, "  {:<42} {:>14.1} nJ", "the same in the dense twin", nanojoule(e.spiking_twin_pj))?;
        writeln!(f, "  the dense branch is {:.1} % of the total", 100.0 * e.dense_share)?;
        writeln!(f, "  left out: {}; unpriced: comparisons, divisions, roots, exponentials", e.leaves_out)?;
        if let Some(parity) = &self.parity {
            write!(f, "\n{parity}")?;
        }
        Ok(())
    }
}

impl Display for Parity {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let yes = |equal: bool| if equal { "equal" } else { "DIFFERENT" };
        writeln!(f, "event-driven against clock-driven, {} clips", self.clips)?;
        writeln!(
            f,
            "  spikes {}, membranes {}, thresholds {}, embeddings {} (bit by bit)",
            yes(self.spikes_equal),
            yes(self.membranes_equal),
            yes(self.thresholds_equal),
            yes(self.embeddings_equal)
        )?;
        for d in &self.differences {
            writeln!(f, "  {}: {} block {}, step {}: {}", d.clip, d.modality, d.block, d.step, d.what)?;
        }
        let ratio = self.seconds.clock / self.seconds.event.max(1e-12);
        let [event, clock] = [&self.event, &self.clock].map(|c| c.macs + c.synops);
        let work = clock as f64 / event.max(1) as f64;
        writeln!(
            f,
            "  spiking branch {:.3} s against {:.3} s: {ratio:.1} times as fast",
            self.seconds.event, self.seconds.clock
        )?;
        writeln!(f, "  synaptic operations {} against {}: {work:.1} times fewer", grouped(event), grouped(clock))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn digits_are_grouped_from_the_right() {
        assert_eq!(
            ["7", "999", "1,000", "12,345,678"].map(String::from),
            [7, 999, 1000, 12_345_678].map(super::grouped)
        );
    }
}
