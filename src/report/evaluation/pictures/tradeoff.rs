//! Accuracy against energy over numbers of steps.

use crate::report::evaluation::document::EvaluationReport;
use crate::report::pictures::Picture;
use crate::report::pictures::tradeoff::{At, Tradeoff, draw};

/// Accuracy against the energy up to each number of steps, by the first table.
pub fn picture(report: &EvaluationReport, others: &[(String, EvaluationReport)]) -> Picture {
    let energy = report.energy();
    let table = energy.first().map_or("", |e| &e.table[..]);
    let points = |report: &EvaluationReport| -> Vec<(String, At)> {
        let priced = report.after_steps.iter().filter_map(|at| Some((at, at.energy_pj.get(table)?)));
        let point = |pj: f64, accuracy: f64| At { nanojoule: pj / 1000.0, accuracy: vec![100.0 * accuracy] };
        // Labels of all points would cover them.
        let last = report.after_steps.last().map(|at| at.steps);
        let label = |steps: u32| match steps.is_power_of_two() || Some(steps) == last {
            true => steps.to_string(),
            false => String::new(),
        };
        priced.map(|(at, &pj)| (label(at.steps), point(pj, at.accuracy))).collect()
    };
    let line = points(report);
    let whole = others.iter().filter_map(|(name, other)| Some((name.clone(), points(other).pop()?.1)));
    let whole: Vec<(String, At)> = whole.collect();
    let mut caption = format!(
        "Share of clips that are right after so many steps as the numbers say against the modelled energy up to there, by table \
         {table}; the last disc is the whole run."
    );
    if !whole.is_empty() {
        caption += " Each other sign: a whole run, by the name of its folder.";
    }
    let figure = match line.is_empty() {
        true => Err("no table prices anything of this run".to_owned()),
        false => {
            let panels = ["Accuracy (%)"];
            Ok(draw(&Tradeoff { panels: &panels, table, line_name: "this run, fewer steps", line, whole }))
        }
    };
    Picture { name: "accuracy_energy", title: "Accuracy against energy", caption, figure }
}
