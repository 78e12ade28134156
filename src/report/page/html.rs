//! HTML from untrusted text.

/// `text` as text or as the value of an attribute. Control characters, which HTML does not allow,
/// are replaced.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(' '),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => safe.push('\u{FFFD}'),
            c => safe.push(c),
        }
    }
    safe
}

/// A cell of a table.
pub enum Cell {
    /// The name of its row.
    Name(String),
    /// A number, set to the right.
    Number(String),
    /// A few words.
    Text(String),
    /// A sentence, which may be broken into lines.
    Long(String),
}

impl Cell {
    fn html(&self) -> String {
        match self {
            Cell::Name(text) => format!("<th scope=\"row\">{}</th>", escape(text)),
            Cell::Number(text) => format!("<td class=\"n\">{}</td>", escape(text)),
            Cell::Text(text) => format!("<td>{}</td>", escape(text)),
            Cell::Long(text) => format!("<td class=\"long\">{}</td>", escape(text)),
        }
    }
}

/// A table that scrolls by itself where it is wider than the window. Columns of numbers have their
/// heads to the right.
pub fn table(caption: &str, head: &[&str], rows: &[Vec<Cell>]) -> String {
    let numbers = |column: usize| rows.first().is_some_and(|row| matches!(row.get(column), Some(Cell::Number(_))));
    let caption = escape(caption);
    let mut html = format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n<table>\n<caption>{caption}</caption>\n\
         <thead><tr>"
    );
    for (column, name) in head.iter().enumerate() {
        let class = if numbers(column) { " class=\"n\"" } else { "" };
        html += &format!("<th scope=\"col\"{class}>{}</th>", escape(name));
    }
    html += "</tr></thead>\n<tbody>\n";
    for row in rows {
        html += &format!("<tr>{}</tr>\n", row.iter().map(Cell::html).collect::<String>());
    }
    html + "</tbody>\n</table>\n</div>\n"
}

/// A tile of the summary; `more` is a line below the figure.
pub fn tile(name: &str, value: &str, more: &str) -> String {
    format!("<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n", escape(name), escape(value), escape(more))
}

/// A list of sentences.
pub fn list(items: &[String]) -> String {
    let items: String = items.iter().map(|item| format!("<li>{}</li>\n", escape(item))).collect();
    format!("<ul>\n{items}</ul>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_place() {
        assert_eq!(escape("<b a='\"'>&\u{0}\n"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;\u{FFFD} ");
        let html = table("<i>", &["\"x\"", "n"], &[vec![Cell::Name("<u>".into()), Cell::Number("1".into())]]);
        assert!(!html.contains("<i>") && !html.contains("<u>") && html.contains("aria-label=\"&lt;i&gt;\""), "{html}");
        assert!(html.contains("<th scope=\"col\" class=\"n\">n</th>"), "{html}");
    }
}
