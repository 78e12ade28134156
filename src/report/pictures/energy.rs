//! Modelled energy by table.

use super::parts::{FAINT, Names, log_range, note};
use super::picture::Picture;
use super::rows::{axis, zero};
use crate::energy::{Energy, Kind, Priced};
use crate::plot::WIDTH;
use crate::plot::axes::{BOTTOM, DOT, EDGE, Panel, Sample, fitting_log, legend, overhang_log};
use crate::plot::figure::{Colour, Figure, Shape};
use std::collections::BTreeSet;

const NANOJOULE: f64 = 1000.0;

/// A part of a run, with a sign of its own.
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Its sign.
    pub sign: (Shape, Colour),
    /// Its energy over all clips.
    pub of: fn(&Energy) -> Priced,
    /// What says that the table has no price for it, rather than that there is no such part.
    pub missing: Priced,
}

/// A note on the operations that a table has no price for.
fn unpriced(energy: &Energy, parts: &[Part]) -> String {
    let kinds: BTreeSet<Kind> = energy.unpriced.iter().map(|u| u.kind).collect();
    let missing =
        parts.iter().filter(|part| (part.of)(energy) == part.missing).map(|part| format!("the {}", part.name));
    let names: Vec<String> = missing.chain(kinds.iter().map(|kind| kind.name().replace('_', " "))).collect();
    if names.is_empty() {
        return "every operation has a price".into();
    }
    format!("without a price: {}", names.join(", "))
}

/// One row a table, on a logarithmic axis. The caption goes on with what the `parts` are.
pub fn picture(energy: &[Energy], clips: usize, parts: &[Part], caption: &str) -> Picture {
    Picture {
        name: "energy",
        title: "Modelled energy by table",
        caption: format!(
            "Modelled, not measured: operations times published energies per operation, per clip, on a logarithmic axis. {caption} \
             Tables do not price the same operations: what each of them leaves out stands below it, so that sums of different \
             tables do not compare. Functions are divisions, roots, exponentials and logarithms."
        ),
        figure: if energy.is_empty() {
            Err("no table prices anything of this run".into())
        } else {
            Ok(draw(energy, clips, parts))
        },
    }
}

fn draw(energies: &[Energy], clips: usize, parts: &[Part]) -> Figure {
    const STRIP: f64 = 42.0;
    let per_clip = |pj: f64| pj / clips.max(1) as f64 / NANOJOULE;
    let all = energies.iter().flat_map(|energy| parts.iter().filter_map(|part| (part.of)(energy).pj()));
    let x = log_range(all.map(per_clip)).unwrap_or((1.0, 10.0));

    let mut figure = Figure::new();
    let names = Names::new(energies.iter().map(|e| e.table.as_str()));
    let wide = f64::from(WIDTH) - names.width - EDGE;
    let wide = (f64::from(WIDTH) - names.width - overhang_log(&fitting_log(x, wide), x, wide)).floor();
    let entries: Vec<_> =
        parts.iter().map(|part| (Sample::Dot(part.sign.0, part.sign.1), part.name.to_owned())).collect();
    let top = 4.0 + legend(&mut figure, (EDGE, f64::from(WIDTH) - EDGE), 4.0, &entries) + 10.0;
    let mut panel = Panel { left: names.width, top, width: wide, height: 0.0, x, y: (0.0, 1.0), log_x: true };
    let mut y = top;
    for (row, energy) in energies.iter().enumerate() {
        let strip = names.height(row, STRIP);
        let middle = (y + strip / 2.0).round();
        names.draw(&mut figure, row, middle);
        figure.rect(panel.left, middle - 1.0, panel.width, 2.0, FAINT);
        for Part { sign: (shape, colour), of, .. } in parts {
            match of(energy).pj() {
                Some(pj) if pj > 0.0 => {
                    figure.dots(*shape, DOT + 2.0, *colour, vec![(panel.at_x(per_clip(pj)), middle)]);
                }
                Some(_) => zero(&mut figure, &panel, middle),
                None => {}
            }
        }
        y += strip;
        let room = (panel.left + 14.0, panel.width - 14.0);
        y += note(&mut figure, room, y - 4.0, &unpriced(energy, parts)) + 8.0;
    }
    panel.height = y - top;
    axis(&mut figure, &panel, "Modelled energy per clip (nJ)");
    figure.height = (panel.bottom() + BOTTOM).ceil() as u32;
    figure
}
