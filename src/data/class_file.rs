//! The features of one class in one modality: an HDF5 file with clip averages, or a pickle with
//! sequences.

use super::features::Heading;
use crate::base::files::ending;
use crate::error::{Error, Result};
use crate::formats::h5::H5;
use crate::formats::npy::floats_to_f32;
use crate::formats::pickle::{Id, Pickle};
use hdf5_reader::{ByteOrder, Datatype};
use std::path::Path;

/// Clip names, lengths and feature size of a class file. Values are not read.
pub(super) fn heading(path: &Path) -> Result<Heading> {
    if is_pickle(path) { pickle_heading(path) } else { h5_heading(path) }
}

/// Fills `out`, `[segments, dim]` of the file's heading, with its values.
pub(super) fn read(path: &Path, heading: &Heading, out: &mut [f32]) -> Result<()> {
    if is_pickle(path) { pickle_values(path, heading, out) } else { h5_values(path, heading, out) }
}

/// Refuses values, laid out as `heading` says, that are not finite: the error names the first and
/// counts the others.
pub(super) fn check_finite(path: &Path, heading: &Heading, values: &[f32]) -> Result<()> {
    let bad = |value: &f32| !value.is_finite();
    let Some(first) = values.iter().position(bad) else { return Ok(()) };
    let (mut row, column) = (first / heading.dim, first % heading.dim);
    let value = values[first];
    let total = values.iter().filter(|value| bad(value)).count();
    let mut clip = 0;
    while row >= heading.lengths[clip] {
        row -= heading.lengths[clip];
        clip += 1;
    }
    let place = if is_pickle(path) {
        format!("segment {row}, column {column} of clip {clip} ('{}')", heading.ids[clip])
    } else {
        format!("row {clip}, column {column} (clip '{}')", heading.ids[clip])
    };
    let others = if total > 1 { format!(", and {} other values are not finite", total - 1) } else { String::new() };
    Err(Error::file(path, format!("{place} is {value}{others}"))
        .with_hint("drop the clip from the audio and the video file, or extract its features again"))
}

fn is_pickle(path: &Path) -> bool {
    ending(path) == "pkl"
}

fn h5_heading(path: &Path) -> Result<Heading> {
    let file = H5::open(path)?;
    let data = file.dataset("data")?;
    let shape: Vec<usize> = data.shape().iter().map(|&n| usize::try_from(n).unwrap_or(usize::MAX)).collect();
    let (clips, dim) = match shape[..] {
        [0] => (0, 0),
        [clips, dim] => (clips, dim),
        _ => return Err(Error::file(path, format!("'data' should be [clips, size], found {shape:?}"))),
    };
    let Datatype::FloatingPoint { size: 2 | 4 | 8, .. } = data.dtype() else {
        return Err(Error::file(path, "'data' does not hold floats"));
    };
    if clips > 0 && dim == 0 {
        return Err(Error::file(path, "'data' has clips of size 0"));
    }
    file.claim(&data, "data")?;
    let ids = file.strings("video_urls", clips)?;
    Ok(Heading { ids, lengths: vec![1; clips], dim })
}

fn h5_values(path: &Path, heading: &Heading, out: &mut [f32]) -> Result<()> {
    let file = H5::open(path)?;
    let data = file.dataset("data")?;
    let &Datatype::FloatingPoint { size, byte_order } = data.dtype() else {
        return Err(Error::file(path, "'data' does not hold floats"));
    };
    if file.read("data", || data.num_elements())? != out.len() as u64 {
        return Err(Error::file(path, "changed while it was read"));
    }
    if out.is_empty() {
        return Ok(());
    }
    if size == 4 {
        return file.read("data", || data.read_into(out));
    }
    // One class at a time is converted, so a second copy of one class is all this costs.
    let mut raw = vec![0; heading.segments() * heading.dim * usize::from(size)];
    file.read("data", || data.read_raw_bytes_into(&mut raw))?;
    floats_to_f32(&raw, usize::from(size), byte_order == ByteOrder::BigEndian, out);
    Ok(())
}

/// The clips of a pickle `{features: [T_i x D], video_names, fps}`.
struct Sequences<'a> {
    pickle: Pickle<'a>,
    features: Vec<Id>,
    names: Vec<String>,
}

impl<'a> Sequences<'a> {
    fn parse(path: &Path, bytes: &'a [u8]) -> Result<Sequences<'a>> {
        let fail = |problem: String| Error::file(path, problem);
        let pickle = Pickle::parse(bytes).map_err(fail)?;
        let field = |name: &str| {
            let found = pickle.get(pickle.root(), name);
            found.ok_or_else(|| fail(format!("expected a pickled dictionary with '{name}'")))
        };
        let features = pickle.items(field("features")?);
        let features = features.ok_or_else(|| fail("'features' is not a list of arrays".into()))?;
        let names = pickle.texts(field("video_names")?);
        let names = names.ok_or_else(|| fail("'video_names' is not a list of names".into()))?;
        if features.len() != names.len() {
            let problem = format!("{} 'features' but {} 'video_names'", features.len(), names.len());
            return Err(fail(problem));
        }
        Ok(Sequences { pickle, features, names })
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Error::caused_by(path, "cannot read", e))
}

fn pickle_heading(path: &Path) -> Result<Heading> {
    let bytes = read_bytes(path)?;
    let Sequences { pickle, features, names } = Sequences::parse(path, &bytes)?;
    let mut heading = Heading { ids: Vec::new(), lengths: Vec::with_capacity(features.len()), dim: 0 };
    let mut promised = 0usize;
    for (i, (&clip, name)) in features.iter().zip(&names).enumerate() {
        let fail = |problem: String| Error::file(path, format!("clip {i} ('{name}'): {problem}"));
        let array = pickle.array(clip).ok_or_else(|| fail("is not an array".into()))?;
        let (segments, dim) = match array.shape[..] {
            [dim] => (1, dim),
            [segments, dim] => (segments, dim),
            _ => return Err(fail(format!("expected [segments, size], found shape {:?}", array.shape))),
        };
        if segments == 0 || dim == 0 {
            return Err(fail(format!("is empty: shape {:?}", array.shape)));
        }
        if i > 0 && dim != heading.dim {
            return Err(fail(format!("features of size {dim}, but the clips before it have {}", heading.dim)));
        }
        // Promised elements have 2 bytes or more each; memory is reserved only if the file can hold
        // them.
        promised = segments.checked_mul(dim).and_then(|n| n.checked_add(promised)).unwrap_or(usize::MAX);
        if promised > bytes.len() / 2 {
            return Err(fail(format!("shape {:?} is larger than the file", array.shape)));
        }
        heading.dim = dim;
        heading.lengths.push(segments);
    }
    heading.ids = names;
    Ok(heading)
}

fn pickle_values(path: &Path, heading: &Heading, out: &mut [f32]) -> Result<()> {
    let bytes = read_bytes(path)?;
    let Sequences { pickle, features, .. } = Sequences::parse(path, &bytes)?;
    let mut rest = out;
    for (i, (&clip, &segments)) in features.iter().zip(&heading.lengths).enumerate() {
        let fail = |problem: String| Error::file(path, format!("clip {i} ('{}'): {problem}", heading.ids[i]));
        let array = pickle.array(clip).ok_or_else(|| fail("is not an array".into()))?;
        let (values, others) = rest
            .split_at_mut_checked(segments * heading.dim)
            .ok_or_else(|| fail("changed while it was read".into()))?;
        pickle.read_floats(array, values).map_err(fail)?;
        rest = others;
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::formats::pickle::Writer;
    use hdf5_pure::{DatatypeByteOrder, FileBuilder, FloatingPointLayout};
    use std::path::PathBuf;

    /// Writes a class file as the benchmarks publish it: float32 rows and names of 80 bytes.
    pub fn write_h5(path: &Path, dim: usize, ids: &[&str], values: &[f32]) {
        let mut builder = FileBuilder::new();
        builder.create_dataset("data").with_f32_data(values).with_shape(&[(values.len() / dim) as u64, dim as u64]);
        builder.create_dataset("video_urls").with_ascii_strings_sized(ids, 80).unwrap();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, builder.finish().unwrap()).unwrap();
    }

    pub fn write_sequences(path: &Path, ids: &[&str], clips: &[(&[usize], &[f32])]) {
        let mut writer = Writer::new();
        writer.dict(|w| {
            w.text("features");
            w.list(|w| clips.iter().for_each(|(shape, values)| w.array(shape, values)));
            w.text("video_names");
            w.list(|w| ids.iter().for_each(|id| w.text(id)));
        });
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, writer.finish()).unwrap();
    }

    fn read_file(path: &Path) -> Result<(Heading, Vec<f32>)> {
        let heading = heading(path)?;
        let mut values = vec![0.0; heading.segments() * heading.dim];
        read(path, &heading, &mut values)?;
        check_finite(path, &heading, &values)?;
        Ok((heading, values))
    }

    fn file(folder: &tempfile::TempDir, name: &str) -> PathBuf {
        folder.path().join(name)
    }

    #[test]
    fn h5_files_are_read_in_every_float_type() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "a.h5");
        write_h5(&path, 2, &["x", "y"], &[1., 2., 3., 4.]);
        let (heading, values) = read_file(&path).unwrap();
        assert_eq!((heading.ids, heading.lengths, heading.dim), (vec!["x".to_string(), "y".into()], vec![1, 1], 2));
        assert_eq!(values, [1., 2., 3., 4.]);

        let mut builder = FileBuilder::new();
        builder.create_dataset("data").with_f64_data(&[0.5, -3.0, 8.0]).with_shape(&[1, 3]);
        builder.create_dataset("video_urls").with_vlen_strings(&["z"]);
        std::fs::write(&path, builder.finish().unwrap()).unwrap();
        assert_eq!(read_file(&path).unwrap().1, [0.5, -3.0, 8.0]);

        // Half precision, big-endian: 1.5, -2.
        let layout = FloatingPointLayout {
            bit_offset: 0,
            bit_precision: 16,
            exponent_location: 10,
            exponent_size: 5,
            mantissa_location: 0,
            mantissa_size: 10,
            exponent_bias: 15,
        };
        let half = hdf5_pure::Datatype::FloatingPoint { size: 2, byte_order: DatatypeByteOrder::BigEndian, layout };
        let mut builder = FileBuilder::new();
        builder.create_dataset("data").with_raw_data(half, vec![0x3e, 0, 0xc0, 0], 2).with_shape(&[1, 2]);
        builder.create_dataset("video_urls").with_ascii_strings(&["z"]).unwrap();
        std::fs::write(&path, builder.finish().unwrap()).unwrap();
        assert_eq!(read_file(&path).unwrap().1, [1.5, -2.0]);
    }

    #[test]
    fn sequences_of_different_lengths_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "a.pkl");
        write_sequences(&path, &["x", "y"], &[(&[2, 2], &[1., 2., 3., 4.]), (&[2], &[5., 6.])]);
        let (heading, values) = read_file(&path).unwrap();
        assert_eq!((heading.lengths, heading.dim), (vec![2, 1], 2));
        assert_eq!(values, [1., 2., 3., 4., 5., 6.]);
    }

    #[test]
    fn wrong_files_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "Class.h5");
        let refused = |expected: &str| {
            let error = read_file(&path).err().unwrap().to_string();
            assert!(error.contains("Class.h5") && error.contains(expected), "{expected}: {error}");
        };
        refused("cannot read");
        std::fs::write(&path, b"not hdf5 at all").unwrap();
        refused("not a readable HDF5 file");
        write_h5(&path, 2, &["x", "y", "z"], &[1., 2., 3., 4.]);
        refused("'video_urls' has shape [3] for 2 rows");
        write_h5(&path, 2, &["x", "y"], &[1., 2., 3., f32::NAN]);
        refused("row 1, column 1 (clip 'y') is NaN");
        write_h5(&path, 2, &["x", "y"], &[1., f32::INFINITY, 3., f32::NAN]);
        refused("row 0, column 1 (clip 'x') is inf, and 1 other");
        let mut builder = FileBuilder::new();
        builder.create_dataset("data").with_i32_data(&[1, 2]).with_shape(&[1, 2]);
        builder.create_dataset("video_urls").with_ascii_strings(&["x"]).unwrap();
        std::fs::write(&path, builder.finish().unwrap()).unwrap();
        refused("does not hold floats");
        let mut builder = FileBuilder::new();
        builder.create_dataset("other").with_i32_data(&[1, 2]);
        std::fs::write(&path, builder.finish().unwrap()).unwrap();
        refused("cannot read 'data'");
        // Cut anywhere, a file is an error and never wrong data.
        write_h5(&path, 64, &["x", "y"], &[0.25; 128]);
        let whole = std::fs::read(&path).unwrap();
        for end in (0..whole.len()).step_by(7) {
            std::fs::write(&path, &whole[..end]).unwrap();
            match read_file(&path) {
                Err(error) => assert!(error.to_string().contains("Class.h5"), "{error}"),
                Ok((_, values)) => assert_eq!(values, [0.25; 128], "cut at {end} of {}", whole.len()),
            }
        }
    }

    #[test]
    fn wrong_sequences_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "Class.pkl");
        let refused = |expected: &str| {
            let error = read_file(&path).err().unwrap().to_string();
            assert!(error.contains("Class.pkl") && error.contains(expected), "{expected}: {error}");
        };
        std::fs::write(&path, b"\x80\x03}.").unwrap();
        refused("'features'");
        write_sequences(&path, &["x", "y"], &[(&[1, 2], &[1., 2.])]);
        refused("1 'features' but 2 'video_names'");
        write_sequences(&path, &["x", "y"], &[(&[1, 2], &[1., 2.]), (&[2, 1], &[1., 2.])]);
        refused("clip 1 ('y'): features of size 1");
        write_sequences(&path, &["x"], &[(&[0, 2], &[])]);
        refused("clip 0 ('x'): is empty");
        write_sequences(&path, &["x"], &[(&[1, 1, 2], &[1., 2.])]);
        refused("found shape [1, 1, 2]");
        write_sequences(&path, &["x"], &[(&[100_000, 100_000], &[1., 2.])]);
        refused("larger than the file");
        write_sequences(&path, &["x"], &[(&[3, 2], &[1., 2.])]);
        refused("shape does not match");
        write_sequences(&path, &["w", "x"], &[(&[1, 2], &[0.0; 2]), (&[2, 2], &[0., 0., f32::NAN, 0.])]);
        refused("segment 1, column 0 of clip 1 ('x') is NaN");
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        refused("cut off");
    }
}
