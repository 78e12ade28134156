//! Labelled inputs as a table: of each spike its sample, class, tick and element.
//! `benches/peers/events_python.py` compares it with what Python packages read.
//!
//!     cargo run --example inputs -- FOLDER|FILE [DT_MS [WIDTHxHEIGHT [LABELS]]]
//!
//! Without arguments, a recording of N-MNIST's form that is made here.

use spikefuse::samples::{Input, Opening, Samples};
use spikefuse::{Error, Result};
use std::io::{BufWriter, Write};
use std::path::Path;

fn print(path: &Path, dt_ms: f64, opening: &Opening) -> Result<()> {
    let samples = Samples::open(path, opening)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let fail = |e| Error::file("standard output", e);
    writeln!(out, "sample,class,tick,element").map_err(fail)?;
    for (sample, (name, class)) in samples.names().iter().zip(samples.labels()).enumerate() {
        let Input::Spikes { spikes, .. } = samples.read(sample, dt_ms)? else {
            return Err(Error::file(path, "has values, not spikes"));
        };
        for (tick, element) in spikes {
            writeln!(out, "{name},{class},{tick},{element}").map_err(fail)?;
        }
    }
    out.flush().map_err(fail)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(path) = arguments.first() else {
        let fail = |e| Error::file("a temporary folder", e);
        let folder = tempfile::tempdir().map_err(fail)?;
        std::fs::create_dir(folder.path().join("7")).map_err(fail)?;
        // Pixel x 3, y 2 becomes brighter after 1.5 ms.
        std::fs::write(folder.path().join("7/00001.bin"), [3, 2, 0x80, 0x05, 0xdc]).map_err(fail)?;
        return print(folder.path(), 1.0, &Opening::default());
    };
    let wrong = |text: &String| Error::value("arguments", format!("'{text}' is no number"));
    let number = |text: &String| text.parse().map_err(|_| wrong(text));
    let size = |text: &String| {
        let parts = text.split_once('x').and_then(|(w, h)| Some([w.parse().ok()?, h.parse().ok()?]));
        parts.ok_or_else(|| wrong(text))
    };
    let opening = Opening {
        labels: arguments.get(3).map(Into::into),
        sensor: arguments.get(2).map(size).transpose()?,
        limit: None,
    };
    print(Path::new(path), arguments.get(1).map_or(Ok(1.0), number)?, &opening)
}
