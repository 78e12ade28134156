//! Where an array stands.

use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::ser::{SerializeTupleVariant, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// An array in a file: `"weights.npy"`, or `Tensor("model.safetensors", "fc1.weight")`.
///
/// Tensors keep the order of their axes: PyTorch's `[out, in]` of a linear layer, and
/// `[out, in / groups, rows, columns]` of a convolution, are what matrices and kernels take here.
#[derive(Debug, Clone, PartialEq)]
pub enum ArrayFile {
    /// All of a `.npy` or `.csv` file.
    Whole(PathBuf),
    /// The array of this name in a `.safetensors` or `.npz` file.
    Tensor(PathBuf, String),
}

impl ArrayFile {
    /// The file.
    pub fn file(&self) -> &Path {
        match self {
            ArrayFile::Whole(file) | ArrayFile::Tensor(file, _) => file,
        }
    }
}

impl From<PathBuf> for ArrayFile {
    fn from(file: PathBuf) -> ArrayFile {
        ArrayFile::Whole(file)
    }
}

impl From<&str> for ArrayFile {
    fn from(file: &str) -> ArrayFile {
        ArrayFile::Whole(file.into())
    }
}

impl Serialize for ArrayFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            ArrayFile::Whole(file) => file.serialize(serializer),
            ArrayFile::Tensor(file, name) => {
                let mut tensor = serializer.serialize_tuple_variant("ArrayFile", 0, "Tensor", 2)?;
                tensor.serialize_field(file)?;
                tensor.serialize_field(name)?;
                tensor.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for ArrayFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FileOrTensor;

        impl<'de> Visitor<'de> for FileOrTensor {
            type Value = ArrayFile;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("the name of a file, or Tensor(file, name)")
            }

            fn visit_str<E: de::Error>(self, file: &str) -> Result<ArrayFile, E> {
                Ok(file.into())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ArrayFile, A::Error> {
                let missing = |n| move || de::Error::invalid_length(n, &FileOrTensor);
                let file = list.next_element()?.ok_or_else(missing(0))?;
                let name = list.next_element()?.ok_or_else(missing(1))?;
                Ok(ArrayFile::Tensor(file, name))
            }
        }
        deserializer.deserialize_any(FileOrTensor)
    }
}
