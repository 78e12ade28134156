//! The tables of DVS128 Gesture: which parts of a recording are of which class. Amir et al. 2017,
//! CVPR, <https://research.ibm.com/publications/a-low-power-fully-event-based-gesture-recognition-system>.

use crate::base::files::read_text;
use crate::error::{Error, Result};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The head of a table. Times are microseconds of the camera's clock; the end is not included.
const HEAD: &str = "class,startTime_usec,endTime_usec";

/// The table beside a recording, if there is one.
pub(super) fn table_beside(recording: &Path) -> Option<PathBuf> {
    let stem = recording.file_stem()?.to_string_lossy();
    Some(recording.with_file_name(format!("{stem}_labels.csv"))).filter(|table| table.is_file())
}

/// The rows of a table: class, of which the first is 1 there and 0 here, and time.
pub(super) fn read(table: &Path) -> Result<Vec<(u32, Range<u64>)>> {
    let text = read_text(table)?;
    let mut lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty());
    if let Some((line, _)) = lines.next().filter(|(_, head)| *head != HEAD) {
        return Err(Error::text(table, line, 1, format!("expected the head {HEAD}")));
    }
    let row = |(line, text): (usize, &str)| {
        let numbers: Option<Vec<u64>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[class @ 1..=0xf_ffff, start, end]) if start < end => Ok((class as u32 - 1, start..end)),
            _ => {
                let problem = format!("'{text}': expected a class from 1 and two times in microseconds, start and end");
                Err(Error::text(table, line, 1, problem))
            }
        }
    };
    lines.map(row).collect()
}
