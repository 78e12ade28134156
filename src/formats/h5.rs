//! Reading HDF5 files of unknown origin: sizes are believed only as far as the file itself is
//! large.

use crate::base::memory;
use crate::error::{Error, Result};
use crate::formats::limits::{MEMORY, SHRINKS};
use crate::formats::npy::{floats_to_f32, floats_to_f64, integers};
use hdf5_reader::group::Group;
use hdf5_reader::{ByteOrder, Dataset, Datatype, ExternalLinkResolver, Hdf5File, OpenOptions, StringSize, VarLenKind};
use std::cell::Cell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open file, which can be asked for objects by their path inside it.
pub(crate) struct H5 {
    path: PathBuf,
    file: Hdf5File,
    /// Bytes that may still be read from this file in all: deflate shrinks by a factor of at most
    /// about 1030, and one dataset under many names must not exceed that.
    left: Cell<usize>,
    /// Bytes of memory that reading may still take.
    memory: Cell<u64>,
}

/// Numbers as a file stores them; halves as singles, integers of any width as `i64`.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Integers.
    I64(Vec<i64>),
}

/// Lists of numbers, of which each is read when it is asked for.
#[derive(Clone)]
pub(crate) struct Lists {
    path: PathBuf,
    name: String,
    dataset: Dataset,
    /// Where each list is in the file.
    places: Arc<[u8]>,
    /// Bytes of a number.
    width: usize,
    element: Element,
}

/// What lists consist of.
#[derive(Debug, Clone, Copy)]
enum Element {
    Float { big: bool },
    Integer { signed: bool, big: bool },
}

impl std::fmt::Debug for Lists {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} lists '{}' of {}", self.len(), self.name, self.path.display())
    }
}

impl Lists {
    /// How many lists there are.
    pub fn len(&self) -> usize {
        self.places.len() / self.dataset.vlen_reference_size()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An error about list `n`.
    pub fn wrong(&self, n: usize, problem: impl std::fmt::Display) -> Error {
        Error::file(&self.path, format!("'{}', list {n}: {problem}", self.name))
    }

    fn raw(&self, n: usize) -> Result<Vec<u8>> {
        let size = self.dataset.vlen_reference_size();
        // No list is larger than the file.
        guarded(|| self.dataset.resolve_vlen_reference_bytes(&self.places[n * size..][..size], self.width))
            .map_err(|e| self.wrong(n, e).with_hint("is the download complete?"))
    }

    /// The numbers of list `n`.
    pub fn floats(&self, n: usize) -> Result<Vec<f64>> {
        let raw = self.raw(n)?;
        Ok(match self.element {
            Element::Float { big } => {
                let mut values = vec![0.0; raw.len() / self.width];
                floats_to_f64(&raw, self.width, big, &mut values);
                values
            }
            Element::Integer { signed, big } => {
                integers(&raw, self.width, signed, big).map(|value| value as f64).collect()
            }
        })
    }

    /// The integers of list `n`.
    pub fn integers(&self, n: usize) -> Result<Vec<i64>> {
        match self.element {
            Element::Integer { signed, big } => Ok(integers(&self.raw(n)?, self.width, signed, big).collect()),
            Element::Float { .. } => Err(self.wrong(n, "has floats: expected integers")),
        }
    }
}

/// Runs a call of the reader. A panic of the reader, as on sizes whose product overflows, means a
/// damaged file.
fn guarded<T>(read: impl FnOnce() -> hdf5_reader::error::Result<T>) -> hdf5_reader::error::Result<T> {
    let damaged = |_| Err(hdf5_reader::error::Error::InvalidData("damaged: its sizes cannot be".into()));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_or_else(damaged)
}

/// Refuses links into other files, which the reader would otherwise skip silently.
struct OwnFile;

const LINK: &str = "is linked from another file";

impl ExternalLinkResolver for OwnFile {
    fn resolve_external_link(&self, file: &str) -> hdf5_reader::error::Result<Option<Hdf5File>> {
        Err(hdf5_reader::error::Error::InvalidData(format!("some of it {LINK}, '{file}'")))
    }
}

impl H5 {
    pub fn open(path: &Path) -> Result<H5> {
        H5::open_within(path, u64::MAX)
    }

    /// A file whose datasets may take `memory` bytes of memory, and no more than is free.
    pub fn open_within(path: &Path, memory: u64) -> Result<H5> {
        let fail = |e: std::io::Error| Error::caused_by(path, "cannot read", e);
        let bytes = std::fs::metadata(path).map_err(fail)?.len();
        let limit = usize::try_from(bytes.saturating_mul(SHRINKS)).unwrap_or(usize::MAX);
        let options = OpenOptions::default()
            .with_chunk_cache_bytes(1 << 20)
            .with_max_read_bytes(limit)
            .with_external_link_resolver(Arc::new(OwnFile));
        let file = guarded(|| Hdf5File::open_with_options(path, options)).map_err(|e| {
            Error::caused_by(path, "not a readable HDF5 file", e).with_hint("is the download complete?")
        })?;
        Ok(H5 { path: path.to_path_buf(), file, left: Cell::new(limit), memory: Cell::new(memory.min(memory::free())) })
    }

    /// Runs `read` on object `name`.
    pub fn read<T>(&self, name: &str, read: impl FnOnce() -> hdf5_reader::error::Result<T>) -> Result<T> {
        guarded(read).map_err(self.fail(name))
    }

    /// Makes the error of reading object `name`.
    fn fail(&self, name: &str) -> impl Fn(hdf5_reader::error::Error) -> Error {
        let (path, name) = (self.path.clone(), name.to_string());
        move |e| {
            use hdf5_reader::error::Error::{AttributeNotFound, DatasetNotFound, GroupNotFound};
            let text = e.to_string();
            let hint = match &e {
                // The object does not exist: the message says it all.
                GroupNotFound(_) | DatasetNotFound(_) | AttributeNotFound(_) => None,
                _ if [LINK, "external raw data"].iter().any(|part| text.contains(part)) => {
                    Some("write all of it into one file")
                }
                _ if text.contains("layout") => Some("is it a virtual dataset? Write the values themselves into it"),
                _ if text.contains("unsupported") => Some("write it again without compression or with gzip"),
                _ => Some("is the download complete?"),
            };
            let error = Error::caused_by(&path, format_args!("cannot read '{name}'"), e);
            match hint {
                Some(hint) => error.with_hint(hint),
                None => error,
            }
        }
    }

    /// An error about object `name`.
    pub fn wrong(&self, name: &str, problem: impl std::fmt::Display) -> Error {
        Error::file(&self.path, format!("'{name}' {problem}"))
    }

    pub fn dataset(&self, name: &str) -> Result<Dataset> {
        self.read(name, || self.file.dataset(name))
    }

    pub fn group(&self, name: &str) -> Result<Group> {
        self.read(name, || self.file.group(name))
    }

    /// Names of the groups and of the datasets in group `name`, sorted.
    pub fn members(&self, name: &str) -> Result<(Vec<String>, Vec<String>)> {
        let group = self.group(name)?;
        let (mut groups, mut datasets) = self.read(name, || group.member_names())?;
        groups.sort_unstable();
        datasets.sort_unstable();
        Ok((groups, datasets))
    }

    /// The values of a list of floats or integers.
    pub fn floats(&self, name: &str) -> Result<Vec<f64>> {
        let dataset = self.dataset(name)?;
        let &Datatype::FloatingPoint { size: size @ (2 | 4 | 8), byte_order } = dataset.dtype() else {
            // Integer times are rare, and their lists short.
            return Ok(self.integers(name)?.into_iter().map(|value| value as f64).collect());
        };
        let raw = self.raw(&dataset, name)?;
        let mut values = vec![0.0; raw.len() / usize::from(size)];
        floats_to_f64(&raw, usize::from(size), byte_order == ByteOrder::BigEndian, &mut values);
        Ok(values)
    }

    /// The values of a list of integers, as [`integers`] gives them.
    pub fn integers(&self, name: &str) -> Result<Vec<i64>> {
        let dataset = self.dataset(name)?;
        let &Datatype::FixedPoint { size: size @ (1 | 2 | 4 | 8), signed, byte_order } = dataset.dtype() else {
            return Err(self.wrong(name, format!("has the wrong type: {:?}", dataset.dtype())));
        };
        let raw = self.raw(&dataset, name)?;
        Ok(integers(&raw, usize::from(size), signed, byte_order == ByteOrder::BigEndian).collect())
    }

    /// The lists of numbers of an array of lists.
    pub fn lists(&self, name: &str) -> Result<Lists> {
        let dataset = self.dataset(name)?;
        let base = match dataset.dtype() {
            Datatype::VarLen { base, kind: VarLenKind::Sequence, .. } => Some(&**base),
            _ => None,
        };
        let (width, element) = match base {
            Some(&Datatype::FloatingPoint { size: size @ (2 | 4 | 8), byte_order }) => {
                (usize::from(size), Element::Float { big: byte_order == ByteOrder::BigEndian })
            }
            Some(&Datatype::FixedPoint { size: size @ (1 | 2 | 4 | 8), signed, byte_order }) => {
                (usize::from(size), Element::Integer { signed, big: byte_order == ByteOrder::BigEndian })
            }
            _ => return Err(self.wrong(name, "has the wrong type: expected lists of numbers")),
        };
        let places = self.raw(&dataset, name)?.into();
        Ok(Lists { path: self.path.clone(), name: name.to_owned(), dataset, places, width, element })
    }

    /// The sizes of an array along its axes; none for a single value.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>> {
        let dataset = self.dataset(name)?;
        let size =
            |&n: &u64| usize::try_from(n).map_err(|_| self.wrong(name, format!("has the shape {:?}", dataset.shape())));
        dataset.shape().iter().map(size).collect()
    }

    /// The values of an array of any shape, row by row.
    pub fn numbers(&self, name: &str) -> Result<Numbers> {
        let dataset = self.dataset(name)?;
        let big = |order: ByteOrder| order == ByteOrder::BigEndian;
        // Python's truth values are an enumeration.
        let stored = if let Datatype::Enum { base, .. } = dataset.dtype() { base } else { dataset.dtype() };
        Ok(match *stored {
            Datatype::FloatingPoint { size: size @ (2 | 4), byte_order } => {
                let raw = self.bytes(&dataset, name)?;
                let mut values = vec![0.0; raw.len() / usize::from(size)];
                floats_to_f32(&raw, usize::from(size), big(byte_order), &mut values);
                Numbers::F32(values)
            }
            Datatype::FloatingPoint { size: 8, byte_order } => {
                let raw = self.bytes(&dataset, name)?;
                let mut values = vec![0.0; raw.len() / 8];
                floats_to_f64(&raw, 8, big(byte_order), &mut values);
                Numbers::F64(values)
            }
            Datatype::FixedPoint { size: size @ (1 | 2 | 4 | 8), signed, byte_order } => {
                let raw = self.bytes(&dataset, name)?;
                Numbers::I64(integers(&raw, usize::from(size), signed, big(byte_order)).collect())
            }
            ref other => return Err(self.wrong(name, format!("has the wrong type: {other:?}"))),
        })
    }

    /// Whether a dataset holds text.
    pub fn is_text(&self, name: &str) -> Result<bool> {
        let dataset = self.dataset(name)?;
        Ok(matches!(dataset.dtype(), Datatype::String { .. } | Datatype::VarLen { kind: VarLenKind::String, .. }))
    }

    /// Whether [`H5::numbers`] can read a dataset.
    pub fn is_number(&self, name: &str) -> Result<bool> {
        let dataset = self.dataset(name)?;
        Ok(matches!(
            dataset.dtype(),
            Datatype::FloatingPoint { size: 2 | 4 | 8, .. } | Datatype::FixedPoint { size: 1 | 2 | 4 | 8, .. }
        ))
    }

    /// The texts of an array of `count`.
    pub fn strings(&self, name: &str, count: usize) -> Result<Vec<String>> {
        let dataset = self.dataset(name)?;
        if self.read(name, || dataset.num_elements())? != count as u64 {
            return Err(self.wrong(name, format!("has shape {:?} for {count} rows", dataset.shape())));
        }
        match dataset.dtype() {
            Datatype::String { size: StringSize::Fixed(_), .. } => drop(self.claim(&dataset, name)?),
            Datatype::String { .. } | Datatype::VarLen { kind: VarLenKind::String, .. } => {
                // References to the texts. A text with many references is read as often; reference
                // 0 is an empty text.
                let places = self.bytes(&dataset, name)?;
                let mut uses: HashMap<&[u8], u64> = HashMap::new();
                for place in places.chunks_exact((places.len() / count.max(1)).max(1)) {
                    let place = place.get(4..).unwrap_or_default();
                    let times = uses.entry(place).or_default();
                    *times += 1;
                    if *times > SHRINKS && place.iter().rev().take(4).any(|&byte| byte != 0) {
                        return Err(self.wrong(name, format!("has one text more than {SHRINKS} times")));
                    }
                }
            }
            other => return Err(self.wrong(name, format!("has the wrong type: {other:?}"))),
        }
        self.read(name, || dataset.read_strings())
    }

    /// Number of bytes of a dataset, which are taken off the limits of this file.
    pub fn claim(&self, dataset: &Dataset, name: &str) -> Result<usize> {
        let left = self.left.get();
        let Some(bytes) = dataset.raw_byte_len().ok().filter(|&bytes| bytes <= left) else {
            let problem = format!(
                "of shape {:?} cannot fit in this file with what was read of it before; is it truncated?",
                dataset.shape()
            );
            return Err(self.wrong(name, problem));
        };
        let elements = self.read(name, || dataset.num_elements())?;
        let needed = (bytes as u64).saturating_mul(MEMORY[0]).max(elements.saturating_mul(MEMORY[1]));
        let memory = self.memory.get();
        if needed > memory {
            let problem = format!("of shape {:?} needs {needed} bytes of memory; {memory} are left", dataset.shape());
            return Err(self.wrong(name, problem));
        }
        self.left.set(left - bytes);
        self.memory.set(memory - needed);
        Ok(bytes)
    }

    fn raw(&self, dataset: &Dataset, name: &str) -> Result<Vec<u8>> {
        if dataset.ndim() != 1 {
            return Err(self.wrong(name, format!("should be a list, found shape {:?}", dataset.shape())));
        }
        self.bytes(dataset, name)
    }

    /// The elements as they are stored.
    fn bytes(&self, dataset: &Dataset, name: &str) -> Result<Vec<u8>> {
        let bytes = self.claim(dataset, name)?;
        let mut raw = vec![0; bytes];
        if bytes > 0 {
            self.read(name, || dataset.read_raw_bytes_into(&mut raw))?;
        }
        Ok(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdf5_pure::FileBuilder;

    /// As the reader's product of the sizes of a chunk, where overflow is checked.
    #[test]
    fn a_panic_of_the_reader_is_an_error() {
        let panics = || -> hdf5_reader::error::Result<u64> { panic!("attempt to multiply with overflow") };
        assert!(guarded(panics).is_err_and(|e| e.to_string().contains("damaged")));
    }

    /// A dataset under many names is read many times: together no more than a file of this size can
    /// hold.
    #[test]
    fn what_is_read_of_a_file_is_bounded_by_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("zeros.h5");
        let mut builder = FileBuilder::new();
        builder.create_dataset("x").with_i64_data(&vec![0; 200_000]).with_chunks(&[200_000]).with_deflate(9);
        builder.create_dataset("names").with_ascii_strings(&["a", "b"]).unwrap();
        std::fs::write(&path, builder.finish().unwrap()).unwrap();
        let file = H5::open(&path).unwrap();
        let bytes = std::fs::metadata(&path).unwrap().len() as usize;
        let times = (0..100).take_while(|_| file.integers("x").is_ok()).count();
        assert_eq!(times, bytes * SHRINKS as usize / 1_600_000);
        assert!((1..20).contains(&times), "{times}");
        let error = file.integers("x").unwrap_err().to_string();
        assert!(error.contains("zeros.h5: 'x' of shape [200000] cannot fit"), "{error}");

        let file = H5::open_within(&path, 5_000_000).unwrap();
        let error = file.integers("x").unwrap_err().to_string();
        assert!(error.contains("needs 6400000 bytes of memory; 5000000 are left"), "{error}");
        assert_eq!(file.strings("names", 2).unwrap(), ["a", "b"]);
        assert!(file.strings("names", 3).unwrap_err().to_string().contains("has shape [2] for 3 rows"));
        assert!(file.strings("x", 200_000).unwrap_err().to_string().contains("wrong type"));
    }
}
