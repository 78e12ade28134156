//! Network files as text: parsing, with line and column of what is wrong, and writing.

use crate::base::ron_fault::ron_problem;
use crate::network::problem::{Problem, shown};
use crate::network::spec::{FORMAT, NetworkSpec};

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct TextFault {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// On one line.
    pub problem: String,
}

/// The extensions of RON that network files are read and written with: `Some` and the inner
/// brackets of `Lif((...))` are left out.
pub(in crate::network) fn options() -> ron::Options {
    use ron::extensions::Extensions;
    ron::Options::default()
        .with_default_extension(Extensions::IMPLICIT_SOME)
        .with_default_extension(Extensions::UNWRAP_VARIANT_NEWTYPES)
}

impl NetworkSpec {
    /// Parses RON text. Its format is looked at before anything else.
    ///
    /// # Errors
    /// With line and column if it is no network.
    pub fn from_ron(text: &str) -> std::result::Result<NetworkSpec, TextFault> {
        #[derive(serde::Deserialize)]
        struct Versioned {
            format: Option<ron::Value>,
        }
        // If not even this can be read, the full parser has the better message.
        if let Ok(Versioned { format }) = options().from_str(text) {
            let problem = match format {
                None => Some(format!("format: is missing: a network file has `format: {FORMAT}`")),
                Some(ron::Value::Number(n)) if n.into_f64() == f64::from(FORMAT) => None,
                Some(_) => Some(format!("format: expected {FORMAT}: no other format is known")),
            };
            if let Some(problem) = problem {
                let (line, column) = Problem::new("format", "").place(text);
                return Err(TextFault { line, column, problem });
            }
        }
        options().from_str(text).map_err(|e| {
            let (line, column) = (e.span.start.line, e.span.start.col);
            let problem = match &e.code {
                // A number or string where the name of a variant was expected.
                ron::Error::SuggestRawIdentifier(found) | ron::Error::InvalidIdentifier(found) => {
                    format!("found {}: expected a word, as in `Constant(1)`", shown(found))
                }
                _ => ron_problem(text, &e),
            };
            let field = field_before(text, line, column).map_or(String::new(), |field| format!("near `{field}`: "));
            TextFault { line, column, problem: one_line(&(field + &problem)) }
        })
    }

    /// The network as a RON document.
    pub fn to_ron(&self) -> String {
        options().to_string_pretty(self, ron::ser::PrettyConfig::new()).unwrap_or_default()
    }
}

/// The last field whose colon stands before a place in a text.
pub(super) fn field_before(text: &str, line: usize, column: usize) -> Option<&str> {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let inside: usize = text.get(start..)?.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    let before = text.get(..start + inside)?.rsplit_once(':')?.0.trim_end();
    let word = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
    (!word.is_empty() && word.len() < 60).then_some(word)
}

/// A message without line breaks and of bounded length: it may quote the text.
pub(in crate::network) fn one_line(message: &str) -> String {
    const LONGEST: usize = 600;
    message.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
