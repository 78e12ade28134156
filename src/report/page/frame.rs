//! A page as a whole: style and pictures are in it, and nothing is loaded.

use super::html::escape;

/// Near the beginning of pages that this program wrote.
pub const MARK: &str = "name=\"generator\" content=\"spikefuse";
const STYLE: &str = include_str!("page.css");

/// What stands above and below the sections, as text.
pub struct Head<'a> {
    /// Title of the window.
    pub title: &'a str,
    /// Heading of the page.
    pub heading: &'a str,
    /// What was run.
    pub facts: &'a str,
    /// Schema of the report.
    pub schema: &'a str,
}

/// A section: its name in the address, its title, and its HTML.
pub struct Section(pub &'static str, pub &'static str, pub String);

/// A page as one HTML document that needs no other file.
pub fn document(head: &Head, sections: &[Section]) -> String {
    let links: String = (sections.iter())
        .map(|Section(name, title, _)| format!("<li><a href=\"#{name}\">{title}</a></li>\n"))
        .collect();
    let sections: String = sections
        .iter()
        .map(|Section(name, title, body)| {
            format!("<section id=\"{name}\" aria-labelledby=\"{name}-title\">\n<h2 id=\"{name}-title\">{title}</h2>\n{body}</section>\n")
        })
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"spikefuse {}\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>{}</h1>\n<p class=\"facts\">{}</p>\n<nav aria-label=\"Sections\">\n<ul>\n{links}</ul>\n</nav>\n</header>\n\
         <main>\n{sections}</main>\n<footer>\n<p class=\"quiet\">Written by spikefuse {} from a report of schema {}.</p>\n</footer>\n\
         </body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        escape(head.title),
        escape(head.heading),
        escape(head.facts),
        env!("CARGO_PKG_VERSION"),
        escape(head.schema),
    )
}
