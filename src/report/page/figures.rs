//! The pictures, as elements of the page.

use super::html::{escape, list};
use crate::error::Result;
use crate::report::pictures::Picture;

/// This section of the page, as HTML.
pub fn figures(pictures: &[Picture]) -> Result<String> {
    let mut html = String::from("<div class=\"figures\">\n");
    let mut left_out = Vec::new();
    for picture in pictures {
        let (name, title) = (picture.name, picture.title);
        match &picture.figure {
            Ok(figure) => {
                html += &format!(
                    "<figure id=\"figure-{name}\">\n<h3>{}</h3>\n<div class=\"card\">{}</div>\n<figcaption>{}</figcaption>\n</figure>\n",
                    escape(title),
                    inline(&figure.svg()?, title, name),
                    escape(&picture.caption)
                );
            }
            Err(reason) => left_out.push(format!("{title}: left out, {reason}.")),
        }
    }
    html += "</div>\n";
    if !left_out.is_empty() {
        html += &list(&left_out);
    }
    Ok(html)
}

/// An SVG document as an element of a page: without the head of a file, with a label for screen
/// readers, and with ids that are unique in the page.
fn inline(svg: &str, title: &str, name: &str) -> String {
    let start = svg.find("<svg").unwrap_or(0);
    let label = format!("<svg role=\"img\" aria-label=\"{}\"", escape(title));
    let svg = svg[start..].trim_end().replacen("<svg", &label, 1);
    let svg = svg.replacen(" xmlns=\"http://www.w3.org/2000/svg\"", "", 1);
    svg.replace(" id=\"", &format!(" id=\"{name}-")).replace("url(#", &format!("url(#{name}-"))
}
