//! The report as a table for the terminal, and parts of it for other uses.

use super::comparison::ModelComparison;
use super::document::Report;
use crate::base::text::{counted, grouped};
use crate::energy::Branch;
use crate::energy::synops::{LayerSynops, Synops};
use crate::hybrid::compare::Parity;
use crate::report::tables::{energy_table, synops_table};
use std::fmt::{Display, Formatter, Result};

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let split = self.split;
        writeln!(
            f,
            "{} ({split} split), {}, class vectors {}, seed {}",
            self.dataset,
            counted(self.clips as u64, "test clip"),
            self.class_vectors,
            self.seed
        )?;
        if self.dense_share > 0.5 && self.spikes.is_some() {
            let share = 100.0 * self.dense_share;
            writeln!(
                f,
                "the dense branch takes {share:.1} % of the modelled energy: spikes can save energy only in the remaining {:.1} %",
                100.0 - share
            )?;
        }
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
            ("  of these in the spiking layers", o.spiking_twin_macs),
        ] {
            writeln!(f, "  {name:<42} {:>14}", grouped(count / clips))?;
        }
        self.spiking_synops(f)?;
        write!(f, "\n{}", energy_table(&self.energy, self.clips as u64))?;
        self.break_even(f)?;
        if self.over_time_steps.len() > 1 {
            writeln!(f, "\nfewer time steps, same weights      HM %   ZSL %   spikes/clip   spiking nJ/clip")?;
            for at in &self.over_time_steps {
                let (hm, zsl) = (100.0 * at.accuracy.hm, 100.0 * at.accuracy.zsl);
                let nj = at.spiking_pj_per_clip / 1000.0;
                writeln!(
                    f,
                    "  T = {:<28} {hm:>6.2}  {zsl:>6.2} {:>13.0} {nj:>17.1}",
                    at.time_steps, at.spikes_per_clip
                )?;
            }
        }
        if let Some(parity) = &self.parity {
            write!(f, "\n{parity}")?;
        }
        Ok(())
    }
}

impl Report {
    /// The definitions of synaptic operations in the spiking layers, per clip.
    fn spiking_synops(&self, f: &mut Formatter<'_>) -> Result {
        if self.spikes.is_none() {
            return Ok(());
        }
        writeln!(f, "\nsynaptic operations of the spiking layers by definition, per clip")?;
        let known = self.ledger.layers();
        let is_spiking = |layer: &&LayerSynops| known.contains(&(Branch::Spiking, &layer.layer));
        let layers = self.synops.layers.iter().filter(is_spiking).cloned().collect();
        write!(f, "{}", synops_table(&Synops { clips: self.synops.clips, layers }))
    }

    /// The break-even rate of each spiking layer by the first table.
    fn break_even(&self, f: &mut Formatter<'_>) -> Result {
        let Some(table) = self.dense_twin.first().and_then(|layer| layer.break_even.first()) else { return Ok(()) };
        writeln!(f, "\nagainst the dense layer, table {:<12} input rate %   break-even %   energy", table.table)?;
        for layer in &self.dense_twin {
            let Some(at) = layer.break_even.first() else { continue };
            let percent = |rate: Option<f64>| rate.map_or("analog".into(), |rate| format!("{:.1}", 100.0 * rate));
            let times = match at.spiking_pj.zip(at.dense_twin_pj) {
                Some((spiking, dense)) if dense > 0.0 => format!("{:.2} times the dense", spiking / dense),
                _ => String::new(),
            };
            let rate = match at.rate {
                None => "-".into(),
                Some(rate) if rate > 1.0 => "always".into(),
                Some(rate) => format!("{:.1}", 100.0 * rate),
            };
            writeln!(f, "  {:<42} {:>12} {rate:>14}   {times}", layer.layer, percent(layer.input_rate))?;
        }
        Ok(())
    }
}

impl Display for ModelComparison<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let report = self.report;
        if let Some(parity) = &report.parity {
            writeln!(f, "{parity}")?;
        }
        report.spiking_synops(f)?;
        write!(f, "\n{}", energy_table(&report.energy, report.clips as u64))?;
        report.break_even(f)?;
        match self.crossover {
            Some(crossover) => write!(f, "\n{crossover}"),
            None => Ok(()),
        }
    }
}

impl Display for Parity {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let yes = |equal: bool| if equal { "equal" } else { "DIFFERENT" };
        writeln!(f, "event-driven against clock-driven, {}", counted(self.clips as u64, "clip"))?;
        writeln!(
            f,
            "  spikes {}, membrane potentials {}, thresholds {}, embeddings {} (bit by bit)",
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
        writeln!(f, "  its dense twin (ReLU, one pass): {:.3} s", self.seconds.dense_twin)?;
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
