//! The report of an evaluation as a table for the terminal.

use super::document::EvaluationReport;
use crate::base::text::counted;
use crate::report::tables::{energy, energy_table, synops_table};
use std::fmt;

impl EvaluationReport {
    /// Clips without a decision, and the accuracy if they are taken as class 0, the first of equals:
    /// what the index of the largest count gives elsewhere.
    fn undecided_text(&self) -> String {
        if self.undecided == 0 {
            return String::new();
        }
        let more = self.undecided_of_class_0 as f64 / self.clips.max(1) as f64;
        format!(", {} undecided ({:.2} % with these as class 0)", self.undecided, 100.0 * (self.accuracy + more))
    }
}

impl fmt::Display for EvaluationReport {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let right = (self.accuracy * self.clips as f64).round();
        writeln!(
            f,
            "{}: {right} of {} right, accuracy {:.2} %{}",
            if self.network.is_empty() { "network" } else { &self.network },
            counted(self.clips, "clip"),
            100.0 * self.accuracy,
            self.undecided_text(),
        )?;
        writeln!(f, "read out: {} of '{}'", self.read_out_in_words(), self.output)?;
        if let Some(latency) = self.mean_latency_ticks {
            let ms = latency * self.dt_ms;
            writeln!(f, "first right decision after {latency:.1} ticks, {ms:.1} ms, on average")?;
        }
        writeln!(
            f,
            "{} driver, {}, {:.2} s, {:.2} ms per clip\n",
            self.driver.name(),
            counted(self.threads as u64, "thread"),
            self.run_s,
            1000.0 * self.run_s / self.clips.max(1) as f64
        )?;
        let clips = self.clips.max(1) as f64;
        let [name, neurons, spikes, rate, synops, macs, updates] =
            ["population", "neurons", "spikes", "per neuron, tick", "SynOps", "MACs", "updates"];
        writeln!(f, "per clip\n{name:20} {neurons:>9} {spikes:>12} {rate:>17} {synops:>14} {macs:>14} {updates:>14}")?;
        for p in &self.populations {
            let o = &p.operations;
            let each = |n: u64| n as f64 / clips;
            writeln!(
                f,
                "{:20} {:>9} {:>12.1} {:>17.5} {:>14.1} {:>14.1} {:>14.1}",
                p.name,
                p.neurons,
                each(o.spikes),
                p.spikes_per_neuron_tick,
                each(o.synops),
                each(o.macs),
                each(o.membrane_updates)
            )?;
        }
        writeln!(f, "\nclass     clips    recall")?;
        for (class, (recall, row)) in self.recall.iter().zip(&self.confusion).enumerate() {
            if let Some(recall) = recall {
                writeln!(f, "{class:<8} {:>6} {:>7.2} %", row.iter().sum::<u64>(), 100.0 * recall)?;
            }
        }
        if let Some(parity) = &self.parity {
            match &parity.first_difference {
                None => writeln!(
                    f,
                    "\nthe {} driver gives the same spikes, {:.2} ms per clip",
                    parity.driver.name(),
                    1000.0 * parity.run_s / clips
                )?,
                Some(clip) => writeln!(f, "\nthe {} driver differs in clip {clip}", parity.driver.name())?,
            }
        }
        writeln!(f, "\nsynaptic operations by definition, per clip\n{}", synops_table(&self.synops))?;
        self.steps(f)?;
        write!(f, "{}", energy_table(&self.energy(), self.clips))
    }
}

impl EvaluationReport {
    /// Accuracy and energy for fewer steps: the last number of steps, and the powers of two before it.
    fn steps(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (Some(last), Some(first)) = (self.after_steps.last(), self.energy().into_iter().next()) else {
            return Ok(());
        };
        let [steps, accuracy, spikes, synops] = ["steps", "accuracy", "spikes", "effective SynOps"];
        writeln!(f, "after so many steps, per clip, energy by {}", first.table)?;
        writeln!(f, "{steps:>7} {accuracy:>11} {spikes:>12} {synops:>17} {:>12}", "energy")?;
        for at in self.after_steps.iter().filter(|at| at.steps.is_power_of_two() || at.steps == last.steps) {
            let (percent, synops) = (100.0 * at.accuracy, at.effective_acs + at.effective_macs);
            let energy = at.energy_pj.get(&first.table).map_or("-".into(), |&pj| energy(pj));
            writeln!(f, "{:>7} {percent:>9.2} % {:>12.1} {synops:>17.1} {energy:>12}", at.steps, at.spikes)?;
        }
        writeln!(f)
    }
}
