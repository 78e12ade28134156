//! Class vectors: the dictionary of embeddings, the table from classes to its names, and the two
//! ways to assign vectors.

use super::findings::Findings;
use super::split::ClassVectors;
use crate::base::text::composed;
use crate::error::{Error, Result};
use crate::formats::npy::Header;
use crate::formats::pickle::Pickle;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// For each class its vector, where there is one.
pub type Vectors = Vec<Option<Vec<f32>>>;

/// Name -> vector, sorted by name as Python sorts.
pub(super) type Dictionary = BTreeMap<String, Vec<f32>>;

/// Reads a pickled dictionary `{name: float[d]}` in a 0-d object array, as `np.save` writes it.
pub(super) fn read_dictionary(path: &Path) -> Result<Dictionary> {
    let fail = |problem: String| Error::file(path, problem);
    let bytes = std::fs::read(path).map_err(|e| fail(format!("cannot read: {e}")))?;
    let header = Header::parse(&bytes).map_err(fail)?;
    if header.dtype.kind != 'O' {
        return Err(fail("expected a pickled dictionary (dtype object)".into()));
    }
    let pickle = Pickle::parse(&bytes[header.data_start..]).map_err(fail)?;
    let entries = pickle.entries(pickle.root()).ok_or_else(|| fail("expected a dictionary of vectors".into()))?;
    let (mut vectors, mut forms) = (Dictionary::new(), HashMap::new());
    let (mut dim, mut promised) = (None, 0usize);
    for &(key, value) in entries {
        let name = pickle.text(key).ok_or_else(|| fail("a key is not a name".into()))?;
        let array = pickle.array(value).ok_or_else(|| fail(format!("the value of '{name}' is not an array")))?;
        let &[size] = &array.shape[..] else {
            return Err(fail(format!("the vector of '{name}' has shape {:?}", array.shape)));
        };
        if size == 0 || size > bytes.len() || *dim.get_or_insert(size) != size {
            return Err(fail(format!("the vector of '{name}' has size {size}, others have {}", dim.unwrap_or(0))));
        }
        // One array under many names must not multiply memory; elements have 2 bytes or more.
        promised += size;
        if promised > bytes.len() / 2 {
            return Err(fail(format!("the vectors up to that of '{name}' are larger than the file")));
        }
        let mut vector = vec![0.0; size];
        pickle.read_floats(array, &mut vector).map_err(|problem| fail(format!("vector of '{name}': {problem}")))?;
        if let Some(i) = vector.iter().position(|value| !value.is_finite()) {
            return Err(fail(format!("the vector of '{name}' is {} at column {i}", vector[i])));
        }
        let name = name.into_owned();
        if let Some(other) = forms.insert(composed(&name), name.clone())
            && other != name
            && vectors[&other] != vector
        {
            return Err(fail(format!("'{name}' has two vectors under names that differ only in Unicode form")));
        }
        vectors.insert(name, vector);
    }
    if vectors.is_empty() {
        return Err(fail("the dictionary has no vectors".into()));
    }
    Ok(vectors)
}

/// Class id -> the name of its vector, from `<name>_w2v_class_names.csv`.
///
/// The published files begin with `original,manual`; others have no header or the columns the other
/// way round. Without a header, the column that matches more class names is the original name, and
/// the one that matches more keys of the dictionary names the vector.
pub(super) fn read_names(
    path: &Path,
    class_id: &dyn Fn(&str) -> Option<usize>,
    dictionary: &Dictionary,
    findings: &mut Findings,
) -> Result<HashMap<usize, String>> {
    let mut rows = read_csv(path)?;
    let header = rows.first().map(|row| (column(row, "original"), column(row, "manual")));
    let (original, manual) = match header {
        Some((Some(original), Some(manual))) => {
            rows.remove(0);
            (original, manual)
        }
        _ => {
            let matches = |column: usize, known: &dyn Fn(&str) -> bool| {
                rows.iter().filter_map(|row| row.get(column)).filter(|name| known(name)).count()
            };
            let is_class = |name: &str| class_id(name).is_some();
            let keys: HashSet<String> = dictionary.keys().map(|key| composed(key)).collect();
            let is_key = |name: &str| keys.contains(&composed(name));
            let original = usize::from(matches(1, &is_class) > matches(0, &is_class));
            let other = 1 - original;
            let manual = if matches(other, &is_key) >= matches(original, &is_key) { other } else { original };
            (original, manual)
        }
    };
    let mut names = HashMap::new();
    for (line, row) in rows.iter().enumerate() {
        let (Some(class), Some(name)) = (row.get(original), row.get(manual)) else {
            let error = Error::file(path, format!("row {} has {} columns", line + 1, row.len()));
            findings.share(format!("columns of {}", path.display()), false, error);
            continue;
        };
        match class_id(class) {
            Some(id) => {
                if let Some(other) = names.insert(id, name.clone())
                    && composed(&other) != composed(name)
                {
                    let error = Error::file(path, format!("'{class}' is both '{other}' and '{name}'"));
                    findings.share(format!("names in {}", path.display()), true, error);
                }
            }
            None => {
                let error = Error::file(path, format!("'{class}' is not in all_class.txt"));
                findings.share(format!("classes of {}", path.display()), false, error);
            }
        }
    }
    Ok(names)
}

/// Assigns the vectors to `classes` classes. Also counts the classes whose vector is another
/// class's.
pub(super) fn assign(
    mode: ClassVectors,
    classes: usize,
    names: &HashMap<usize, String>,
    dictionary: &Dictionary,
) -> (Vectors, usize) {
    let keys: HashMap<String, &String> = dictionary.keys().map(|key| (composed(key), key)).collect();
    let own = |id: usize| names.get(&id).and_then(|name| dictionary.get_key_value(*keys.get(&composed(name))?));
    match mode {
        ClassVectors::Aligned => ((0..classes).map(|id| own(id).map(|(_, vector)| vector.clone())).collect(), 0),
        ClassVectors::AsPublished => {
            let mut sorted = dictionary.iter();
            let mut displaced = 0;
            let vectors = (0..classes).map(|id| {
                let (key, vector) = sorted.next()?;
                displaced += usize::from(own(id).is_some_and(|(name, _)| name != key));
                Some(vector.clone())
            });
            (vectors.collect(), displaced)
        }
    }
}

/// All rows of a CSV file, cells trimmed. Rows may differ in length.
pub(super) fn read_csv(path: &Path) -> Result<Vec<Vec<String>>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|e| Error::caused_by(path, "cannot read", e))?;
    reader
        .records()
        .map(|record| match record {
            Ok(record) => Ok(record.iter().map(str::to_string).collect()),
            Err(e) => Err(Error::caused_by(path, "cannot read this table", e)),
        })
        .collect()
}

/// Position of the column `name` in a header.
pub(super) fn column(header: &[String], name: &str) -> Option<usize> {
    header.iter().position(|cell| cell == name)
}
