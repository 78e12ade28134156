//! The `.npy` format: headers and element types.

use half::f16;

/// A numpy element type: kind letter (`f`, `O`, `S`, `U`, ...), bytes per element and byte order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DType {
    pub kind: char,
    pub size: usize,
    pub big_endian: bool,
}

impl DType {
    /// From numpy's notation, with or without byte order: `<f4`, `f8`, `|O`, `S80`.
    pub fn parse(text: &str) -> Option<DType> {
        let (big_endian, rest) = match text.chars().next()? {
            '>' => (true, &text[1..]),
            '<' | '|' | '=' => (false, &text[1..]),
            _ => (false, text),
        };
        let kind = rest.chars().next().filter(char::is_ascii_alphabetic)?;
        let digits = &rest[1..];
        let count = if digits.is_empty() { 1 } else { digits.parse::<usize>().ok()? };
        // numpy counts the characters of a unicode string, each of 4 bytes.
        let size = if kind == 'U' { count.checked_mul(4)? } else { count };
        Some(DType { kind, size, big_endian })
    }

    /// Whether [`floats_to_f32`] and [`floats_to_f64`] can read it.
    pub fn is_float(self) -> bool {
        self.kind == 'f' && matches!(self.size, 2 | 4 | 8)
    }

    /// Whether [`integers`] can read it; truth values are 0 and 1.
    pub fn is_integer(self) -> bool {
        matches!((self.kind, self.size), ('i' | 'u', 1 | 2 | 4 | 8) | ('b', 1))
    }
}

/// The bytes of an element in little-endian order.
fn little<const N: usize>(bytes: &[u8], big_endian: bool) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    if big_endian {
        array.reverse();
    }
    array
}

#[cfg(feature = "hdf5")]
/// Converts raw float elements of 2, 4 or 8 bytes to `f32`. `raw` holds exactly `out.len()`
/// elements.
pub(crate) fn floats_to_f32(raw: &[u8], size: usize, big_endian: bool, out: &mut [f32]) {
    for (value, bytes) in out.iter_mut().zip(raw.chunks_exact(size)) {
        *value = match size {
            2 => f16::from_le_bytes(little(bytes, big_endian)).to_f32(),
            4 => f32::from_le_bytes(little(bytes, big_endian)),
            _ => f64::from_le_bytes(little(bytes, big_endian)) as f32,
        };
    }
}

/// Converts raw float elements of 2, 4 or 8 bytes to `f64`, without loss.
pub(crate) fn floats_to_f64(raw: &[u8], size: usize, big_endian: bool, out: &mut [f64]) {
    for (value, bytes) in out.iter_mut().zip(raw.chunks_exact(size)) {
        *value = match size {
            2 => f16::from_le_bytes(little(bytes, big_endian)).into(),
            4 => f32::from_le_bytes(little(bytes, big_endian)).into(),
            _ => f64::from_le_bytes(little(bytes, big_endian)),
        };
    }
}

/// Raw integer elements of 1, 2, 4 or 8 bytes. Values beyond `i64` become its largest value, which
/// is no valid id or tick.
pub(crate) fn integers(raw: &[u8], size: usize, signed: bool, big_endian: bool) -> impl Iterator<Item = i64> {
    raw.chunks_exact(size).map(move |bytes| {
        let mut word = [0; 8];
        word[..size].copy_from_slice(bytes);
        if big_endian {
            word[..size].reverse();
        }
        let word = u64::from_le_bytes(word);
        let unused = 64 - 8 * size;
        if signed { (word << unused) as i64 >> unused } else { i64::try_from(word).unwrap_or(i64::MAX) }
    })
}

/// The header of a `.npy` file.
#[derive(Debug)]
pub(crate) struct Header {
    pub dtype: DType,
    pub fortran: bool,
    pub shape: Vec<usize>,
    /// Where the elements (or the pickle) start, in bytes.
    pub data_start: usize,
}

impl Header {
    /// Parses the header at the start of `bytes`; the error says what is wrong.
    pub fn parse(bytes: &[u8]) -> std::result::Result<Header, String> {
        let (text, data_start) = text_of(bytes)?;
        let descr = field(text, "descr")?;
        let descr = descr.strip_prefix('\'').and_then(|rest| rest.split_once('\'')).map(|(name, _)| name);
        let dtype = descr
            .and_then(DType::parse)
            .ok_or("records are not supported: save one plain array per file".to_string())?;
        let fortran = field(text, "fortran_order")?.starts_with("True");
        Ok(Header { dtype, fortran, shape: shape_of(text)?, data_start })
    }
}

/// The header of a `.npy` file of records: of a list of elements that have named fields.
#[derive(Debug)]
pub(crate) struct Records {
    /// Name and type of each field, in the order of their bytes; padding has no name.
    pub fields: Vec<(String, DType)>,
    /// How many records there are.
    pub count: usize,
    /// Where they start, in bytes.
    pub data_start: usize,
}

impl Records {
    /// Parses the header at the start of `bytes`; the error says what is wrong.
    pub fn parse(bytes: &[u8]) -> std::result::Result<Records, String> {
        let (text, data_start) = text_of(bytes)?;
        let wrong = || "expected a list of records, [('x', '<i2'), ..]".to_string();
        let descr = field(text, "descr")?.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(wrong)?.0;
        // ('x', '<i2'), ('t', '<i8'): name and type are each second text in quotes.
        let quoted: Vec<&str> = descr.split('\'').skip(1).step_by(2).collect();
        let between = |part: &str| part.chars().all(|c| "(), ".contains(c));
        if !descr.split('\'').step_by(2).all(between) || !quoted.len().is_multiple_of(2) {
            return Err(wrong());
        }
        let pairs = quoted.chunks_exact(2).map(|pair| Some((pair[0].to_owned(), DType::parse(pair[1])?)));
        let fields = pairs.collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
        match shape_of(text)?[..] {
            [count] => Ok(Records { fields, count, data_start }),
            ref shape => Err(format!("shape {shape:?}: expected a list of records")),
        }
    }
}

/// The text of the header at the start of `bytes`, and where the data start.
fn text_of(bytes: &[u8]) -> std::result::Result<(&str, usize), String> {
    let cut = || "the .npy header is cut off".to_string();
    if bytes.get(..6) != Some(b"\x93NUMPY") {
        return Err("not a .npy file".into());
    }
    let version = *bytes.get(6).ok_or_else(cut)?;
    let (start, length) = match (version, bytes.get(8..12)) {
        (1, Some(l)) => (10, usize::from(u16::from_le_bytes([l[0], l[1]]))),
        (2 | 3, Some(l)) => (12, u32::from_le_bytes([l[0], l[1], l[2], l[3]]) as usize),
        (_, None) => return Err(cut()),
        _ => return Err(format!(".npy version {version} is not known")),
    };
    let data_start = start + length;
    let text = std::str::from_utf8(bytes.get(start..data_start).ok_or_else(cut)?);
    Ok((text.map_err(|_| "the .npy header is not text".to_string())?, data_start))
}

/// What stands behind the name of a field in the text of a header.
fn field<'a>(text: &'a str, name: &str) -> std::result::Result<&'a str, String> {
    let after = text.split_once(&format!("'{name}':")).map(|(_, rest)| rest.trim_start());
    after.ok_or_else(|| format!("the .npy header has no '{name}'"))
}

fn shape_of(text: &str) -> std::result::Result<Vec<usize>, String> {
    let shape = field(text, "shape")?;
    let shape = shape.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(list, _)| list);
    let sizes = shape.and_then(|list| {
        list.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| n.parse().ok()).collect::<Option<_>>()
    });
    sizes.ok_or("the .npy header has no readable shape".to_string())
}

/// Elements of `size` bytes that are stored column by column, as `fortran_order` says, row by row.
pub(crate) fn row_major(raw: &[u8], size: usize, shape: &[usize]) -> Vec<u8> {
    // Distance of neighbouring elements along each axis.
    let strides: Vec<usize> = (0..shape.len()).map(|axis| shape[..axis].iter().product()).collect();
    let (mut index, mut from) = (vec![0; shape.len()], 0);
    let mut rows = vec![0; raw.len()];
    for element in rows.chunks_exact_mut(size.max(1)) {
        element.copy_from_slice(&raw[from * size..][..size]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            from += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            from -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    rows
}

/// The start of a version 1 `.npy` file, padded so that what follows starts at a multiple of 64.
pub(crate) fn header(descr: &str, shape: &[usize]) -> Vec<u8> {
    let sizes: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // 10 bytes stand before the text and a newline ends it.
    let length = (text.len() + 11).next_multiple_of(64) - 10;
    let text = format!("{text:<width$}\n", width = length - 1);
    [b"\x93NUMPY\x01\x00", &(length as u16).to_le_bytes()[..], text.as_bytes()].concat()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::formats::matrix::Matrix;

    /// A version 1 `.npy` file of little-endian f32.
    pub fn matrix_bytes(rows: usize, columns: usize, values: &[f32]) -> Vec<u8> {
        let mut bytes = header_bytes("<f4", &format!("({rows}, {columns})"));
        bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        bytes
    }

    pub fn header_bytes(descr: &str, shape: &str) -> Vec<u8> {
        let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.bytes());
        bytes
    }

    /// A header of a matrix stored column by column.
    pub fn by_columns(descr: &str, shape: &str) -> Vec<u8> {
        let text = String::from_utf8_lossy(&header_bytes(descr, shape)[10..]).replace("False", "True ");
        [&header_bytes(descr, shape)[..10], text.as_bytes()].concat()
    }

    #[test]
    fn columns_become_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.npy");
        let bytes = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
        std::fs::write(&path, [by_columns("<f4", "(3, 2)"), bytes(&[1., 3., 5., 2., 4., 6.])].concat()).unwrap();
        let mut matrix = Matrix::open(&path).unwrap();
        let mut rows = [0.0; 4];
        matrix.read_rows(1, &mut rows).unwrap();
        assert_eq!(rows, [3., 4., 5., 6.]);
        matrix.read_rows(0, &mut rows).unwrap();
        assert_eq!(rows, [1., 2., 3., 4.]);
        for shape in ["(1, 3)", "(3, 1)"] {
            std::fs::write(&path, [by_columns("<f4", shape), bytes(&[1., 2., 3.])].concat()).unwrap();
            assert_eq!(Matrix::open(&path).unwrap().read_all().unwrap(), [1., 2., 3.]);
        }
        // [[[0, 1], [2, 3], [4, 5]], [[6, 7], [8, 9], [10, 11]]]
        assert_eq!(row_major(&[0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11], 1, &[2, 3, 2]), Vec::from_iter(0..12));
        assert_eq!(row_major(&[7, 8], 2, &[]), [7, 8]);
        assert_eq!(row_major(&[], 0, &[2, 2]), [0; 0]);
    }

    #[test]
    fn halves_convert_exactly() {
        let cases = [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x0400, 6.103_515_6e-5),
            (0x7c00, f32::INFINITY),
        ];
        let convert = |bits: u16| {
            let mut value = [0.0];
            floats_to_f32(&bits.to_be_bytes(), 2, true, &mut value);
            value[0]
        };
        for (bits, value) in cases {
            assert_eq!(convert(bits), value, "{bits:#x}");
        }
        assert!(convert(0x7e00).is_nan());
    }

    #[test]
    fn matrices_are_read_by_rows_in_any_float_type() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.npy");
        std::fs::write(&path, matrix_bytes(3, 2, &[1., 2., 3., 4., 5., 6.])).unwrap();
        let mut matrix = Matrix::open(&path).unwrap();
        let mut row = [0.0; 4];
        matrix.read_rows(1, &mut row).unwrap();
        assert_eq!(row, [3., 4., 5., 6.]);
        let mut doubles = header_bytes(">f8", "(1, 2)");
        doubles.extend([0.5f64, -8.0].iter().flat_map(|v| v.to_be_bytes()));
        std::fs::write(&path, doubles).unwrap();
        assert_eq!(Matrix::open(&path).unwrap().read_all().unwrap(), [0.5, -8.0]);
    }

    #[test]
    fn wrong_files_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.npy");
        let good = matrix_bytes(3, 2, &[0.0; 6]);
        let cases: [(Vec<u8>, &str); 7] = [
            (b"hello".to_vec(), "not a .npy file"),
            (good[..good.len() - 1].to_vec(), "truncated"),
            (good[..20].to_vec(), "cut off"),
            (header_bytes("<i4", "(0, 2)"), "not floats"),
            (header_bytes("<f4", "(2,)"), "expected a matrix"),
            (header_bytes("<f4", "(99999999999, 99999999999)"), "truncated"),
            (header_bytes("<f4", "(x, 2)"), "shape"),
        ];
        for (bytes, expected) in cases {
            std::fs::write(&path, bytes).unwrap();
            let error = Matrix::open(&path).err().unwrap().to_string();
            assert!(error.contains("m.npy") && error.contains(expected), "{error}");
        }
        assert!(Matrix::open(&folder.path().join("absent.npy")).is_err());
    }
}
