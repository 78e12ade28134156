//! Checkpoints as safetensors files: what they hold besides tensors is text under one key of the header, and a checksum tells damage.

use safetensors::tensor::{SafeTensors, TensorView};
use std::collections::HashMap;

const KEY: &str = "crc32";
/// What stands in place of the checksum while it is computed. It has as many bytes.
const NONE: &str = "00000000";

/// A file of tensors with `text` under `key`.
///
/// # Errors
/// If the tensors contradict themselves.
pub(crate) fn seal(tensors: Vec<(String, TensorView<'_>)>, key: &str, text: String) -> Result<Vec<u8>, String> {
    let header = HashMap::from([(key.to_owned(), text), (KEY.to_owned(), NONE.to_owned())]);
    let mut file = safetensors::serialize(tensors, Some(header)).map_err(|e| e.to_string())?;
    let at = place(&file, NONE).ok_or("it has no place for its checksum")?;
    let sum = format!("{:08x}", crc32fast::hash(&file));
    file[at..at + sum.len()].copy_from_slice(sum.as_bytes());
    Ok(file)
}

/// The text under `key` and the tensors of a file, if it is as [`seal`] made it.
///
/// # Errors
/// If it is not.
pub(crate) fn open<'a>(file: &'a [u8], key: &str) -> Result<(String, SafeTensors<'a>), String> {
    let damaged = |e| format!("damaged, or not a checkpoint: {e}");
    let (_, header) = SafeTensors::read_metadata(file).map_err(damaged)?;
    let of = |key: &str| header.metadata().as_ref().and_then(|entries| entries.get(key));
    let text = of(key).ok_or("not a checkpoint of this kind")?;
    let sum = of(KEY).ok_or("has no checksum: damaged, or of an earlier version")?;
    let at = place(file, sum).ok_or("damaged: its checksum is out of place")?;
    let mut hasher = crc32fast::Hasher::new();
    [&file[..at], NONE.as_bytes(), &file[at + sum.len()..]].iter().for_each(|bytes| hasher.update(bytes));
    if format!("{:08x}", hasher.finalize()) != *sum {
        return Err("damaged: it does not have the checksum that it was written with".into());
    }
    Ok((text.clone(), SafeTensors::deserialize(file).map_err(damaged)?))
}

/// Where the checksum begins. Quotation marks within texts are escaped in the header, so nothing else looks like it.
fn place(file: &[u8], sum: &str) -> Option<usize> {
    let entry = format!("\"{KEY}\":\"{sum}\"");
    let at = file.windows(entry.len()).position(|window| window == entry.as_bytes())?;
    Some(at + entry.len() - 1 - sum.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::Dtype;

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes: Vec<u8> = (0..40).collect();
        let view = TensorView::new(Dtype::F32, vec![10], &bytes).unwrap();
        let whole = seal(vec![("a".into(), view)], "about", "{\"crc32\":\"00000000\"}".into()).unwrap();
        let (text, tensors) = open(&whole, "about").unwrap();
        assert_eq!((&text[..], tensors.tensor("a").unwrap().data()), ("{\"crc32\":\"00000000\"}", &bytes[..]));
        for bit in 0..8 * whole.len() {
            let mut file = whole.clone();
            file[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&file, "about").is_err(), "bit {bit}");
        }
        for end in 0..whole.len() {
            assert!(open(&whole[..end], "about").is_err(), "cut at {end}");
        }
        assert!(open(&whole, "other").unwrap_err().contains("not a checkpoint of this kind"));
    }
}
