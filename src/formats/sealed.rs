//! Checkpoints as safetensors files: data other than tensors is JSON text under one key of the
//! header, and a checksum reveals damage.

use safetensors::tensor::{SafeTensors, TensorView};
use std::collections::HashMap;

/// Beginning of the text, before the checksum. The header has this one entry, whose order is fixed,
/// so equal checkpoints have equal bytes.
const SUM: &str = "{\"crc32\":\"";
/// The beginning of the text as escaped within the header.
const ESCAPED: &str = "\"{\\\"crc32\\\":\\\"";
/// Placeholder of the checksum while it is computed, of equal length.
const NONE: &str = "00000000";

/// A file of tensors with `text`, a JSON object that is not empty, under `key`.
///
/// # Errors
/// If the tensors contradict themselves.
pub(crate) fn seal(tensors: Vec<(String, TensorView<'_>)>, key: &str, text: String) -> Result<Vec<u8>, String> {
    let rest = text.strip_prefix('{').ok_or("its text is no object")?;
    let header = HashMap::from([(key.to_owned(), format!("{SUM}{NONE}\",{rest}"))]);
    let mut file = safetensors::serialize(tensors, Some(header)).map_err(|e| e.to_string())?;
    let at = place(&file).ok_or("it has no place for its checksum")?;
    let sum = format!("{:08x}", crc32fast::hash(&file));
    file[at..at + sum.len()].copy_from_slice(sum.as_bytes());
    Ok(file)
}

/// The text under `key` and the tensors of a file, if it is as [`seal`] made it.
///
/// # Errors
/// If the file is damaged or no sealed checkpoint.
pub(crate) fn open<'a>(file: &'a [u8], key: &str) -> Result<(String, SafeTensors<'a>), String> {
    let damaged = |e| format!("damaged, or not a checkpoint: {e}");
    let (_, header) = SafeTensors::read_metadata(file).map_err(damaged)?;
    let text = header.metadata().as_ref().and_then(|entries| entries.get(key));
    let text = text.ok_or("not a checkpoint of this kind")?;
    let sealed = text.strip_prefix(SUM).and_then(|rest| rest.split_once("\",")).zip(place(file));
    let ((sum, rest), at) = sealed.ok_or("has no checksum: damaged, or of an earlier version")?;
    let behind = file.get(at + NONE.len()..).unwrap_or_default();
    let mut hasher = crc32fast::Hasher::new();
    [&file[..at], NONE.as_bytes(), behind].iter().for_each(|bytes| hasher.update(bytes));
    if format!("{:08x}", hasher.finalize()) != sum {
        return Err("damaged: it does not have the checksum that it was written with".into());
    }
    Ok((format!("{{{rest}"), SafeTensors::deserialize(file).map_err(damaged)?))
}

/// Position of the checksum: the first match, since nothing before the text looks alike.
fn place(file: &[u8]) -> Option<usize> {
    let at = file.windows(ESCAPED.len()).position(|window| window == ESCAPED.as_bytes())?;
    Some(at + ESCAPED.len())
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
