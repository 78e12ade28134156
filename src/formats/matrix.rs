//! Matrices in `.npy` files, read row by row.

use super::npy::{Header, floats_to_f32, row_major};
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// An open `.npy` file with a float matrix `[rows, columns]`, read by rows.
pub(crate) struct Matrix {
    path: PathBuf,
    file: BufReader<File>,
    header: Header,
    /// All elements row by row, of a matrix that is stored column by column; filled on the first
    /// read.
    transposed: Option<Vec<u8>>,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
}

impl Matrix {
    /// Opens `path` and checks that it is a float matrix as long as its header says.
    pub fn open(path: &Path) -> Result<Matrix> {
        let fail = |e: std::io::Error| Error::caused_by(path, "cannot read", e);
        let file = File::open(path).map_err(fail)?;
        let bytes = file.metadata().map_err(fail)?.len();
        let mut file = BufReader::new(file);
        let mut start = Vec::new();
        // Headers are padded to 64 bytes and short; 64 KiB holds any that describes a matrix.
        file.by_ref().take(1 << 16).read_to_end(&mut start).map_err(fail)?;
        let header = Header::parse(&start).map_err(|problem| Error::file(path, problem))?;
        if !header.dtype.is_float() {
            return Err(Error::file(path, "elements are not floats").with_hint("save it as float32"));
        }
        let &[rows, columns] = &header.shape[..] else {
            return Err(Error::file(path, format!("expected a matrix, found shape {:?}", header.shape)));
        };
        let needed = rows.checked_mul(columns).and_then(|n| n.checked_mul(header.dtype.size));
        if needed.and_then(|n| n.checked_add(header.data_start)).is_none_or(|n| n as u64 != bytes) {
            let problem = format!("{bytes} bytes do not match its header ({rows} x {columns}); is it truncated?");
            return Err(Error::file(path, problem));
        }
        Ok(Matrix { path: path.to_path_buf(), file, header, transposed: None, rows, columns })
    }

    /// Reads `out.len() / columns` rows from `row` on. The rows must lie inside the matrix.
    pub fn read_rows(&mut self, row: usize, out: &mut [f32]) -> Result<()> {
        let size = self.header.dtype.size;
        let fail = |e: std::io::Error| Error::caused_by(&self.path, format_args!("cannot read row {row}"), e);
        let big_endian = self.header.dtype.big_endian;
        let start = row * self.columns * size;
        let mut read = |from: usize, bytes: usize| {
            self.file.seek(SeekFrom::Start((self.header.data_start + from) as u64)).map_err(fail)?;
            let mut raw = vec![0; bytes];
            self.file.read_exact(&mut raw).map_err(fail)?;
            Ok::<_, Error>(raw)
        };
        if !self.header.fortran {
            floats_to_f32(&read(start, out.len() * size)?, size, big_endian, out);
            return Ok(());
        }
        if self.transposed.is_none() {
            let shape = [self.rows, self.columns];
            self.transposed = Some(row_major(&read(0, self.rows * self.columns * size)?, size, &shape));
        }
        let all = self.transposed.as_deref().unwrap_or_default();
        floats_to_f32(&all[start..][..out.len() * size], size, big_endian, out);
        Ok(())
    }

    /// The whole matrix, row by row.
    pub fn read_all(mut self) -> Result<Vec<f32>> {
        let mut values = vec![0.0; self.rows * self.columns];
        self.read_rows(0, &mut values)?;
        Ok(values)
    }
}
