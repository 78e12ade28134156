//! What can be wrong with a network, and where that stands in its file.

use crate::error::Error;
use std::ops::Range;

/// A fault in a network's description.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The field, from the outside in: `projections[1].rule.probability`.
    pub field: String,
    /// What is wrong with it and what was expected.
    pub message: String,
}

impl Problem {
    /// A problem with `field`.
    pub fn new(field: impl ToString, message: impl ToString) -> Self {
        Problem { field: field.to_string(), message: message.to_string() }
    }

    /// Line and column of the field's value in the RON text it was read from, both from 1. A field
    /// that is left out has the place of what should have it.
    pub fn place(&self, text: &str) -> (usize, usize) {
        let at = locate(text.as_bytes(), &self.field).min(text.len());
        // The scanner stops before ASCII characters only, but a text may be anything.
        let before = String::from_utf8_lossy(&text.as_bytes()[..at]);
        let line_start = before.rfind('\n').map_or(0, |n| n + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Error {
        Error::value(problem.field, problem.message)
    }
}

/// What a check returns.
pub(super) type Checked<T> = Result<T, Problem>;

/// A piece of a user's text for a message: on one line and short.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push_str("...");
    }
    format!("`{short}`")
}

/// Bytes before the value of `field`, or of the innermost part of it that is there.
fn locate(text: &[u8], field: &str) -> usize {
    find(text, field).unwrap_or_else(|innermost| innermost)
}

/// Bytes before the value of `field`; if the text does not have it, those before the innermost part
/// of it that is there.
fn find(text: &[u8], field: &str) -> Result<usize, usize> {
    let mut scan = Scan { text, at: 0 };
    scan.skip_blank();
    let mut found = scan.at;
    for part in field.split('.') {
        let (name, indices) = part.split_once('[').map_or((part, ""), |(name, rest)| (name, rest));
        if !name.is_empty() && !scan.enter(Step::Field(name.as_bytes())) {
            return Err(found);
        }
        found = scan.at;
        for index in indices.split('[').filter_map(|index| index.trim_end_matches(']').parse().ok()) {
            if !scan.enter(Step::Index(index)) {
                return Err(found);
            }
            found = scan.at;
        }
    }
    Ok(found)
}

/// Where the value of `field` stands in a RON text, if the text has it.
pub(super) fn value_range(text: &str, field: &str) -> Option<Range<usize>> {
    let start = find(text.as_bytes(), field).ok()?;
    let mut scan = Scan { text: text.as_bytes(), at: start };
    scan.skip_value();
    let length = text.get(start..scan.at)?.trim_end().len();
    Some(start..start + length)
}

/// The place behind the opening bracket of the value of `field`, where another field of it may be
/// put.
pub(super) fn inside(text: &str, field: &str) -> Option<usize> {
    let start = find(text.as_bytes(), field).ok()?;
    let mut scan = Scan { text: text.as_bytes(), at: start };
    scan.word();
    scan.skip_blank();
    (scan.peek() == Some(b'(')).then_some(scan.at + 1)
}

/// Whether a text is one value: nothing stands behind it, no bracket, string or comment is open.
pub(super) fn is_one_value(text: &str) -> bool {
    let text_and_end = format!("{text},");
    let mut scan = Scan { text: text_and_end.as_bytes(), at: 0 };
    scan.skip_value();
    !text.trim().is_empty() && scan.at == text.len()
}

enum Step<'a> {
    Field(&'a [u8]),
    Index(usize),
}

/// Walks over RON that was already parsed once; on anything else it stops somewhere, which is good
/// enough.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn starts_with(&self, prefix: &[u8]) -> bool {
        self.text[self.at.min(self.text.len())..].starts_with(prefix)
    }

    /// Moves behind the next `end`, or to the end of the text.
    fn skip_past(&mut self, end: &[u8]) {
        let rest = &self.text[self.at.min(self.text.len())..];
        let found = rest.windows(end.len()).position(|window| window == end);
        self.at = found.map_or(self.text.len(), |n| self.at + n + end.len());
    }

    /// White space, comments and attributes.
    fn skip_blank(&mut self) {
        loop {
            match self.peek() {
                Some(c) if c.is_ascii_whitespace() => self.at += 1,
                Some(b'#') if self.starts_with(b"#!") => self.skip_past(b"]"),
                Some(b'/') if self.starts_with(b"//") => self.skip_past(b"\n"),
                Some(b'/') if self.starts_with(b"/*") => self.skip_block_comment(),
                _ => return,
            }
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.text.len() {
            if self.starts_with(b"/*") {
                depth += 1;
                self.at += 2;
            } else if self.starts_with(b"*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return;
                }
            } else {
                self.at += 1;
            }
        }
    }

    fn word(&mut self) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80) {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// A string, with the prefixes of raw and byte strings already passed as a word.
    fn skip_string(&mut self, raw: bool) {
        let mut hashes = 0;
        while self.peek() == Some(b'#') {
            hashes += 1;
            self.at += 1;
        }
        self.at += 1;
        if raw {
            let mut end = vec![b'"'];
            end.resize(1 + hashes, b'#');
            return self.skip_past(&end);
        }
        while let Some(c) = self.peek() {
            self.at += if c == b'\\' { 2 } else { 1 };
            if c == b'"' {
                return;
            }
        }
    }

    /// To the comma or bracket behind the value.
    fn skip_value(&mut self) {
        let mut depth = 0_usize;
        loop {
            self.skip_blank();
            match self.peek() {
                None => return,
                Some(b'(' | b'[' | b'{') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b')' | b']' | b'}') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b')' | b']' | b'}') => return,
                Some(b',') if depth == 0 => return,
                Some(b'"') => self.skip_string(false),
                Some(b'\'') => {
                    self.at += if self.starts_with(b"'\\") { 3 } else { 2 };
                    self.skip_past(b"'");
                }
                Some(_) => {
                    let word = self.word();
                    match self.peek() {
                        Some(b'"' | b'#') if matches!(word, b"r" | b"br") => self.skip_string(true),
                        _ if word.is_empty() => self.at += 1,
                        _ => {}
                    }
                }
            }
        }
    }

    /// From the start of a value to the start of one of its parts. False, and somewhere inside, if
    /// it does not have it.
    fn enter(&mut self, step: Step<'_>) -> bool {
        self.skip_blank();
        self.word();
        self.skip_blank();
        if !matches!(self.peek(), Some(b'(' | b'[' | b'{')) {
            return false;
        }
        self.at += 1;
        for place in 0.. {
            self.skip_blank();
            if matches!(self.peek(), None | Some(b')' | b']' | b'}')) {
                return false;
            }
            let start = self.at;
            match step {
                Step::Index(index) if index == place => return true,
                Step::Index(_) => {}
                Step::Field(name) => {
                    let found = self.word() == name;
                    self.skip_blank();
                    if found && self.peek() == Some(b':') {
                        self.at += 1;
                        self.skip_blank();
                        return true;
                    }
                    self.at = start;
                }
            }
            self.skip_value();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => return false,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r##"#![enable(implicit_some)]
/* a /* nested */ comment, with "quotes" */ Net(
    name: "brackets ) ] \" inside", // and ( here
    raw: r#"a " ) "#, letter: ')',
    list: [
        (name: "one", pair: (1, 2)),
        Lif(name: "two", τ: 3, inner: Fixed(v_th_mv: 4)),
    ],
)"##;

    #[test]
    fn fields_are_found() {
        let value = |field: &str| {
            let (line, column) = Problem::new(field, "").place(TEXT);
            TEXT.lines().nth(line - 1).unwrap().chars().skip(column - 1).collect::<String>()
        };
        assert!(value("name").starts_with("\"brackets"));
        assert!(value("letter").starts_with("')'"));
        assert!(value("list[0].pair[1]").starts_with("2)"));
        assert!(value("list[1].name").starts_with("\"two\""));
        assert!(value("list[1].inner.v_th_mv").starts_with("4)"));
        assert!(value("list[1].inner.absent.deep").starts_with("Fixed("));
        assert!(value("list[1].absent").starts_with("Lif("));
        assert!(value("list[7].name").starts_with('['));
        assert!(value("absent").starts_with("Net("));
    }

    #[test]
    fn any_text_has_a_place() {
        for text in ["", "(", "\"", "(name: \"", "r#\"", "/*", "'", "#!", "(a: 'é", "(é"] {
            for field in ["a", "name.b", "[3]", "", "a[0][1].b"] {
                Problem::new(field, "").place(text);
            }
        }
    }
}
