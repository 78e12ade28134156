//! What is wrong with a text in RON, in words for those who do not know RON.

use super::text::distance;
use ron::error::{Error, SpannedError};

/// What `fault` says of `text`, and what to write instead where that is known.
pub fn ron_problem(text: &str, fault: &SpannedError) -> String {
    let rest = behind(text, fault.span.start.line, fault.span.start.col);
    match &fault.code {
        Error::NoSuchStructField { expected, found, outer } => unknown("field", expected, found, outer.as_deref()),
        // The name of the type in this program says nothing to a user.
        Error::NoSuchEnumVariant { expected, found, .. } => unknown("word", expected, found, None),
        Error::ExpectedStructLike | Error::ExpectedNamedStructLike(_) => opening(text, rest),
        Error::ExpectedComma if rest.starts_with('.') => "expected a whole number".into(),
        Error::ExpectedInteger => "expected a whole number".into(),
        Error::ExpectedFloat => "expected a number".into(),
        Error::ExpectedBoolean => "expected true or false".into(),
        Error::ExpectedString => "expected a text in double quotes".into(),
        code => code.to_string(),
    }
}

fn unknown(what: &str, expected: &[&str], found: &str, outer: Option<&str>) -> String {
    let within = outer.map_or(String::new(), |outer| format!(" in `{outer}`"));
    // `LIF` is nearer to `Lif` than to `If`.
    let far = |known: &str| distance(&known.to_lowercase(), &found.to_lowercase());
    let nearest = expected.iter().min_by_key(|known| far(known)).filter(|known| 2 * far(known) <= known.len());
    let nearest = nearest.map_or(String::new(), |known| format!("; the nearest name is `{known}`"));
    format!("there is no {what} `{found}`{within}{nearest}; there are {}", expected.join(", "))
}

/// Where an opening bracket is missing.
fn opening(text: &str, rest: &str) -> String {
    if text.trim().is_empty() {
        return "the file is empty".into();
    }
    if rest.starts_with('{') {
        return "found `{`: this is RON, not JSON: expected `(`, as in (name: \"value\")".into();
    }
    let before = &text[..text.len() - rest.len()].trim_end();
    let word = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    match word {
        "" => "expected an opening `(`".into(),
        word => format!("expected brackets behind `{word}`: `{word}(...)`, or `{word}()` where nothing is to be set"),
    }
}

/// The text from a place on, line and column from 1.
fn behind(text: &str, line: usize, column: usize) -> &str {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let line = text.get(start..).unwrap_or_default();
    line.char_indices().nth(column.saturating_sub(1)).map_or("", |(at, _)| &line[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Outer {
        size: u32,
        kind: Option<Kind>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code)]
    enum Kind {
        Small,
        Large { width: f64 },
    }

    #[test]
    fn faults_say_what_to_write() {
        for (text, said) in [
            (
                "(size: 3, sise: 4)",
                "there is no field `sise` in `Outer`; the nearest name is `size`; there are size, kind",
            ),
            ("(size: 3, kind: Some(LARGE(width: 1)))", "there is no word `LARGE`; the nearest name is `Large`"),
            ("(size: 3, weight: 4)", "there is no field `weight` in `Outer`; there are size, kind"),
            ("(size: 3, kind: Some(Large))", "expected brackets behind `Large`"),
            ("(size: 3.5)", "expected a whole number"),
            ("", "the file is empty"),
            ("{\"size\": 3}", "this is RON, not JSON"),
            ("[3]", "expected an opening `(`"),
            ("(size: x)", "expected a whole number"),
            ("(size: 3, kind: Some(Large(width: \"wide\")))", "expected a number"),
        ] {
            let fault = ron::from_str::<Outer>(text).unwrap_err();
            let problem = ron_problem(text, &fault);
            assert!(problem.contains(said), "{text}: {problem}");
        }
    }
}
