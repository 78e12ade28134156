//! Layers as a file has them.

use crate::error::Result;
use crate::formats::h5::{H5, Numbers};

/// A dense layer of CUBA neurons.
pub(super) struct Dense {
    /// Neurons, and what each takes in.
    pub shape: [usize; 2],
    /// `[neurons, inputs]`, row by row.
    pub weights: Vec<i32>,
    pub current_decay: u32,
    pub voltage_decay: u32,
    pub threshold: i32,
}

/// The largest magnitude of a weight, and of a threshold in units of 64: as much as 24 bits hold.
const MOST: i64 = (1 << 17) - 1;

/// Fields of a layer that say again what its weights say.
const SHAPES: [&str; 3] = ["shape", "inFeatures", "outFeatures"];

/// The layer in group `group`.
pub(super) fn read(file: &H5, group: &str) -> Result<Dense> {
    let at = |field: &str| format!("{group}/{field}");
    let (groups, fields) = file.members(group)?;
    let kind = file.strings(&at("type"), 1)?.swap_remove(0);
    if kind != "dense" {
        return Err(file.wrong(group, format!("is a layer of type {kind}: expected dense")).with_hint(ONLY));
    }
    let known = |name: &&String| SHAPES.contains(&&name[..]) || ["type", "weight"].contains(&&name[..]);
    let strange = fields.iter().find(|name| !known(name)).or(groups.iter().find(|name| *name != "neuron"));
    if let Some(strange) = strange {
        return Err(file.wrong(&at(strange), "is not known in a dense layer").with_hint(ONLY));
    }
    let neuron = read_neuron(file, &at("neuron"))?;
    let weight = at("weight");
    let &[outputs, inputs] = &file.shape(&weight)?[..] else {
        return Err(file.wrong(&weight, format!("has shape {:?}: expected [out, in]", file.shape(&weight)?)));
    };
    let weights = whole(file, &weight)?;
    Ok(Dense { shape: [outputs, inputs], weights, ..neuron })
}

const ONLY: &str = "dense layers of CUBA neurons without delays or biases can be read";

/// The neurons of a layer that has no weights yet.
fn read_neuron(file: &H5, group: &str) -> Result<Dense> {
    let at = |field: &str| format!("{group}/{field}");
    let (groups, fields) = file.members(group)?;
    let kind = file.strings(&at("type"), 1)?.swap_remove(0);
    if !["CUBA", "LOIHI"].contains(&&kind[..]) {
        return Err(file.wrong(group, format!("is of type {kind}: expected CUBA")).with_hint(ONLY));
    }
    let known = ["type", "iDecay", "vDecay", "vThMant", "refDelay", "gradedSpike"];
    if let Some(strange) = fields.iter().chain(&groups).find(|name| !known.contains(&&name[..])) {
        return Err(file.wrong(&at(strange), "is not known of CUBA neurons").with_hint(ONLY));
    }
    let number = |field: &str, least: i64, most: i64| -> Result<i64> {
        let values = whole(file, &at(field))?;
        let first = values.first().map(|&value| i64::from(value)).filter(|value| (least..=most).contains(value));
        match first.filter(|&first| values.iter().all(|&value| i64::from(value) == first)) {
            Some(value) => Ok(value),
            None => Err(file.wrong(
                &at(field),
                format!("is {}: expected {least} to {most}, the same for all neurons", shown(&values)),
            )),
        }
    };
    // What leaves them as they are may be left out.
    for (field, value) in [("refDelay", 1), ("gradedSpike", 0)] {
        if fields.iter().any(|name| name == field) {
            number(field, value, value)?;
        }
    }
    Ok(Dense {
        shape: [0; 2],
        weights: Vec::new(),
        current_decay: number("iDecay", 0, 4096)? as u32,
        voltage_decay: number("vDecay", 0, 4096)? as u32,
        threshold: (number("vThMant", 0, MOST)? << 6) as i32,
    })
}

fn shown(values: &[i32]) -> String {
    match values {
        [one] => one.to_string(),
        _ => format!("{:?}", &values[..values.len().min(4)]),
    }
}

/// Numbers of an array, which must be whole.
fn whole(file: &H5, name: &str) -> Result<Vec<i32>> {
    let numbers: Vec<f64> = match file.numbers(name)? {
        Numbers::F32(values) => values.into_iter().map(f64::from).collect(),
        Numbers::F64(values) => values,
        Numbers::I64(values) => values.into_iter().map(|value| value as f64).collect(),
    };
    let fits = |value: f64| value.fract() == 0.0 && value.abs() <= MOST as f64;
    match numbers.iter().find(|&&value| !fits(value)) {
        Some(value) => Err(file.wrong(name, format!("has the value {value}: expected whole numbers up to {MOST}"))),
        None => Ok(numbers.into_iter().map(|value| value as i32).collect()),
    }
}
