//! A figure as a list of marks in pixels, and how it becomes SVG or PNG.

use super::font::{LINE_PER_EM, font};
use crate::base::files::{ending, write_output};
use crate::error::{Error, Result};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, RGBColor};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Width of a figure in pixels.
pub const WIDTH: u32 = 1020;

/// Pixels per inch of a PNG.
const PPI: u32 = 300;

/// Both outputs are drawn three times as fine as the PNG's pixels. plotters places everything at
/// whole units; the PNG is the mean of 3 x 3, which smooths all edges.
const FINE: u32 = 3;

/// Red, green, blue.
pub type Colour = [u8; 3];
pub const INK: Colour = [0x22, 0x22, 0x22];
pub const WHITE: Colour = [0xFF; 3];
pub const GREY: Colour = [0x59, 0x59, 0x59];

/// Which point of a text stands at its position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text. `x`, `y` is on the baseline; `upward` text is read with the head tilted to the
/// left.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    pub x: f64,
    pub y: f64,
    pub em: f64,
    pub anchor: Anchor,
    pub upward: bool,
    pub colour: Colour,
    pub text: String,
}

impl Text {
    /// Left, top, right, bottom of what it covers.
    #[cfg(test)]
    pub fn bounds(&self) -> [f64; 4] {
        let long = super::font::width(&self.text, self.em);
        let start = match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -long / 2.0,
            Anchor::End => -long,
        };
        let (up, down) = (0.76 * self.em, 0.22 * self.em);
        if self.upward {
            [self.x - up, self.y - start - long, self.x + down, self.y - start]
        } else {
            [self.x + start, self.y - up, self.x + start + long, self.y + down]
        }
    }
}

/// An element of a figure; all lengths in pixels of the PNG.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    Rect {
        x: f64,
        y: f64,
        w: f64,
        h: f64,
        colour: Colour,
    },
    Line {
        points: Vec<(f64, f64)>,
        thick: f64,
        colour: Colour,
    },
    Text(Text),
    /// A filled polygon.
    Area {
        points: Vec<(f64, f64)>,
        colour: Colour,
    },
    /// Many filled signs of one shape, colour and size: half of their width is `r`.
    Dots {
        shape: Shape,
        r: f64,
        colour: Colour,
        at: Vec<(f64, f64)>,
    },
    /// Many filled rectangles of one colour and height.
    Runs {
        height: u32,
        colour: Colour,
        runs: Vec<Run>,
    },
}

/// The sign of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    Disc,
    Square,
    Diamond,
    Triangle,
}

impl Shape {
    /// Corners of a sign relative to its middle; a disc has none.
    fn corners(self, r: f64) -> Vec<(f64, f64)> {
        match self {
            Shape::Disc => Vec::new(),
            // The factors make all signs look as large as the disc.
            Shape::Square => vec![(-0.9 * r, -0.9 * r), (0.9 * r, -0.9 * r), (0.9 * r, 0.9 * r), (-0.9 * r, 0.9 * r)],
            Shape::Diamond => vec![(0.0, -1.25 * r), (1.25 * r, 0.0), (0.0, 1.25 * r), (-1.25 * r, 0.0)],
            Shape::Triangle => vec![(0.0, -1.2 * r), (1.15 * r, 0.8 * r), (-1.15 * r, 0.8 * r)],
        }
    }
}

/// The two kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Scalable vector graphics, with text as text (DejaVu Sans, else the viewer's sans serif).
    Svg,
    /// Portable network graphics, RGB, 300 pixels per inch.
    Png,
}

impl Format {
    /// The format of a path by its extension, `.svg` or `.png`.
    ///
    /// # Errors
    /// If the extension is another one.
    pub fn of(path: &Path) -> Result<Format> {
        match &ending(path)[..] {
            "svg" => Ok(Format::Svg),
            "png" => Ok(Format::Png),
            _ => Err(Error::file(path, "the file name ends neither in .svg nor in .png")),
        }
    }

    /// The format to write at a path: the one asked for, or without one that of its extension.
    ///
    /// # Errors
    /// If the extension is that of the other format, or none of a format and none was asked for.
    pub fn for_path(path: &Path, asked: Option<Format>) -> Result<Format> {
        match (asked, Format::of(path)) {
            (Some(asked), Ok(named)) if asked != named => {
                let (ending, name) = (ending(path), if asked == Format::Svg { "SVG" } else { "PNG" });
                let problem = format!("the file name ends in .{ending}, but {name} was asked for");
                Err(Error::file(path, problem).with_hint("change the ending, or leave out --svg and --png"))
            }
            (Some(asked), _) => Ok(asked),
            (None, named) => named,
        }
    }

    /// Text near the beginning of files that this program wrote.
    pub fn mark(self) -> &'static str {
        match self {
            Format::Svg => "class=\"spikefuse\"",
            Format::Png => "Software\0spikefuse",
        }
    }
}

/// A drawn figure, not yet in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) marks: Vec<Mark>,
    pub(crate) hint: Option<String>,
}

impl Figure {
    /// An empty figure of column width.
    pub(crate) fn new() -> Figure {
        Figure { width: WIDTH, height: 0, marks: Vec::new(), hint: None }
    }

    pub(crate) fn rect(&mut self, x: f64, y: f64, w: f64, h: f64, colour: Colour) {
        self.marks.push(Mark::Rect { x, y, w, h, colour });
    }

    pub(crate) fn line(&mut self, points: Vec<(f64, f64)>, thick: f64, colour: Colour) {
        self.marks.push(Mark::Line { points, thick, colour });
    }

    pub(crate) fn area(&mut self, points: Vec<(f64, f64)>, colour: Colour) {
        self.marks.push(Mark::Area { points, colour });
    }

    pub(crate) fn dots(&mut self, shape: Shape, r: f64, colour: Colour, at: Vec<(f64, f64)>) {
        self.marks.push(Mark::Dots { shape, r, colour, at });
    }

    pub(crate) fn text(&mut self, (x, y): (f64, f64), em: f64, anchor: Anchor, colour: Colour, text: &str) {
        // Control characters may not stand in an SVG and have no glyph.
        let text = text.replace(|c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'), "\u{FFFD}");
        self.marks.push(Mark::Text(Text { x, y, em, anchor, upward: false, colour, text }));
    }

    /// Text read upwards, centred on `y`.
    pub(crate) fn upward(&mut self, (x, y): (f64, f64), em: f64, text: &str) {
        let text = text.to_owned();
        self.marks.push(Mark::Text(Text { x, y, em, anchor: Anchor::Middle, upward: true, colour: INK, text }));
    }

    /// All texts of the figure.
    #[cfg(test)]
    pub(crate) fn texts(&self) -> Vec<&Text> {
        self.marks.iter().filter_map(|mark| if let Mark::Text(text) = mark { Some(text) } else { None }).collect()
    }

    /// Width and height of the PNG in pixels.
    pub fn size_px(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Advice to the user, where another choice of options shows more.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    fn fine_size(&self) -> (u32, u32) {
        (self.width * FINE, self.height * FINE)
    }

    /// The figure as an SVG document, of the PNG's size in inches.
    ///
    /// # Errors
    /// If plotters cannot draw it.
    pub fn svg(&self) -> Result<String> {
        let (w, h) = self.fine_size();
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, (w, h)).into_drawing_area();
        self.draw(&area, Format::Svg)?;
        area.present().map_err(cannot_draw)?;
        drop(area);
        // plotters gives sizes in the viewer's pixels; a figure has a size on paper.
        let inches = |px: u32| f64::from(px) / f64::from(PPI);
        let from = format!("width=\"{w}\" height=\"{h}\"");
        let to = format!(
            "width=\"{:.3}in\" height=\"{:.3}in\" stroke-linejoin=\"round\" {}",
            inches(self.width),
            inches(self.height),
            Format::Svg.mark()
        );
        svg = svg.replacen(&from, &to, 1);
        // plotters writes 90 bytes for a rectangle. Spikes and points are many: one path for all of
        // one kind.
        let end = svg.rfind("</svg>").unwrap_or(svg.len());
        svg.insert_str(end, &self.svg_paths());
        Ok(svg)
    }

    /// Paths of marks that are many; they cover all other marks.
    fn svg_paths(&self) -> String {
        let mut paths = String::new();
        for mark in &self.marks {
            if let Mark::Dots { shape, r, colour, at } = mark {
                paths += &svg_dots(*shape, *r, *colour, at);
            }
            let Mark::Runs { height, colour: [r, g, b], runs } = mark else { continue };
            let _ = write!(
                paths,
                "<path transform=\"scale({FINE})\" fill=\"none\" stroke=\"#{r:02X}{g:02X}{b:02X}\" stroke-width=\"{height}\" d=\""
            );
            let (mut x0, mut y0) = (0, 0);
            for &(x, y, w) in runs {
                // A relative move is shorter, and the middle of a line is half its thickness below
                // its top.
                let (x, y2) = (i64::from(x), 2 * i64::from(y) + i64::from(*height));
                let (dx, dy2) = (x - x0, y2 - y0);
                let half = if dy2 % 2 == 0 { "" } else { ".5" };
                let sign = if dy2 < 0 { "-" } else { " " };
                let _ = write!(paths, "m{dx}{sign}{}{half}h{w}", dy2.abs() / 2);
                (x0, y0) = (x + i64::from(w), y2);
            }
            paths += "\"/>\n";
        }
        paths
    }

    /// The figure as a PNG file.
    ///
    /// # Errors
    /// If plotters cannot draw it.
    pub fn png(&self) -> Result<Vec<u8>> {
        let (w, h) = self.fine_size();
        let mut fine = vec![0; (w * h * 3) as usize];
        {
            let area = BitMapBackend::with_buffer(&mut fine, (w, h)).into_drawing_area();
            self.draw(&area, Format::Png)?;
            area.present().map_err(cannot_draw)?;
        }
        let pixels = mean_of_blocks(&fine, self.width as usize, self.height as usize);
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        // The resolution gives the figure its size on paper when it is put into a document.
        let per_metre = (f64::from(PPI) / 0.0254).round() as u32;
        encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
        encoder.add_text_chunk("Software".into(), "spikefuse".into()).map_err(cannot_draw)?;
        let written = encoder.write_header().and_then(|mut writer| {
            writer.write_image_data(&pixels)?;
            writer.finish()
        });
        written.map_err(cannot_draw)?;
        Ok(png)
    }

    /// Writes the figure in the format of the file's name, whole or not at all.
    ///
    /// # Errors
    /// If the name ends neither in `.svg` nor in `.png`, or it cannot be drawn or written.
    pub fn write(&self, path: &Path) -> Result<()> {
        self.write_as(path, Format::of(path)?)
    }

    /// Writes the figure in the given format, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be drawn or written.
    pub fn write_as(&self, path: &Path, format: Format) -> Result<()> {
        let bytes = match format {
            Format::Svg => self.svg()?.into_bytes(),
            Format::Png => self.png()?,
        };
        write_output(path, &bytes)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, format: Format) -> Result<()> {
        let fine = f64::from(FINE);
        let at = |x: f64, y: f64| ((x * fine).round() as i32, (y * fine).round() as i32);
        area.fill(&rgb(WHITE)).map_err(cannot_draw)?;
        for mark in &self.marks {
            match mark {
                Mark::Rect { x, y, w, h, colour } => {
                    let rect = Rectangle::new([at(*x, *y), at(x + w, y + h)], rgb(*colour).filled());
                    area.draw(&rect).map_err(cannot_draw)?;
                }
                Mark::Line { points, thick, colour } => {
                    let points: Vec<_> = points.iter().map(|&(x, y)| at(x, y)).collect();
                    let thick = (thick * fine).round() as u32;
                    let style = rgb(*colour).stroke_width(thick);
                    if format == Format::Svg {
                        area.draw(&PathElement::new(points, style)).map_err(cannot_draw)?;
                        continue;
                    }
                    // plotters fills the outline of a thick path, which goes wrong where that
                    // crosses itself: segments and round joints do not.
                    for ends in points.windows(2) {
                        area.draw(&PathElement::new(ends.to_vec(), style)).map_err(cannot_draw)?;
                    }
                    for &point in points.iter().take(points.len().saturating_sub(1)).skip(1) {
                        let joint = Circle::new(point, thick / 2, rgb(*colour).filled());
                        area.draw(&joint).map_err(cannot_draw)?;
                    }
                }
                Mark::Text(text) => draw_text(area, text, format)?,
                Mark::Area { points, colour } => {
                    let points: Vec<_> = points.iter().map(|&(x, y)| at(x, y)).collect();
                    area.draw(&Polygon::new(points, rgb(*colour).filled())).map_err(cannot_draw)?;
                }
                Mark::Dots { shape, r, colour, at: places } if format == Format::Png => {
                    let corners = shape.corners(*r);
                    for &(x, y) in places {
                        let style = rgb(*colour).filled();
                        if corners.is_empty() {
                            let disc = Circle::new(at(x, y), (r * fine).round() as u32, style);
                            area.draw(&disc).map_err(cannot_draw)?;
                        } else {
                            let points: Vec<_> = corners.iter().map(|&(dx, dy)| at(x + dx, y + dy)).collect();
                            area.draw(&Polygon::new(points, style)).map_err(cannot_draw)?;
                        }
                    }
                }
                Mark::Runs { height, colour, runs } if format == Format::Png => {
                    for &(x, y, w) in runs {
                        let corner = |x: u32, y: u32| ((x * FINE) as i32, (y * FINE) as i32);
                        let rect = Rectangle::new([corner(x, y), corner(x + w, y + height)], rgb(*colour).filled());
                        area.draw(&rect).map_err(cannot_draw)?;
                    }
                }
                Mark::Dots { .. } | Mark::Runs { .. } => {}
            }
        }
        Ok(())
    }
}

/// One path for signs of one kind.
fn svg_dots(shape: Shape, r: f64, [red, green, blue]: Colour, at: &[(f64, f64)]) -> String {
    let mut path = format!("<path transform=\"scale({FINE})\" fill=\"#{red:02X}{green:02X}{blue:02X}\" d=\"");
    let corners = shape.corners(r);
    for &(x, y) in at {
        if corners.is_empty() {
            let across = 2.0 * r;
            let _ = write!(path, "M{:.1} {y:.1}a{r} {r} 0 1 0 {across} 0a{r} {r} 0 1 0 -{across} 0z", x - r);
        }
        for (i, (dx, dy)) in corners.iter().enumerate() {
            let _ = write!(path, "{}{:.1} {:.1}", if i == 0 { 'M' } else { 'L' }, x + dx, y + dy);
        }
        if !corners.is_empty() {
            path.push('z');
        }
    }
    path + "\"/>\n"
}

fn rgb([r, g, b]: Colour) -> RGBColor {
    RGBColor(r, g, b)
}

fn cannot_draw(error: impl std::fmt::Display) -> Error {
    Error::value("figure", format!("cannot be drawn: {error}"))
}

fn draw_text<B: DrawingBackend>(area: &DrawingArea<B, Shift>, text: &Text, format: Format) -> Result<()> {
    let em = text.em * f64::from(FINE);
    // How plotters' two backends scale a font, and how far below a text's top each of them puts the
    // baseline.
    let (size, drop) = match format {
        Format::Svg => (1.24 * em, 0.76 * em),
        Format::Png => (LINE_PER_EM * em, LINE_PER_EM * em / 2.0),
    };
    let (x, y) = (text.x * f64::from(FINE), text.y * f64::from(FINE));
    let (x, y) = if text.upward { (x - drop, y) } else { (x, y - drop) };
    let turn = if text.upward { FontTransform::Rotate270 } else { FontTransform::None };
    let anchor = match text.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let style = font(size).transform(turn).color(&rgb(text.colour)).pos(Pos::new(anchor, VPos::Top));
    let place = (x.round() as i32, y.round() as i32);
    area.draw(&plotters::element::Text::new(text.text.as_str(), place, style)).map_err(cannot_draw)
}

/// Scales an RGB image down: each pixel becomes the mean of `FINE` x `FINE` pixels.
fn mean_of_blocks(fine: &[u8], width: usize, height: usize) -> Vec<u8> {
    let n = FINE as usize;
    let mut pixels = vec![0; width * height * 3];
    for y in 0..height {
        for x in 0..width {
            for c in 0..3 {
                let mut sum = 0;
                for dy in 0..n {
                    for dx in 0..n {
                        sum += u32::from(fine[((y * n + dy) * width * n + x * n + dx) * 3 + c]);
                    }
                }
                pixels[(y * width + x) * 3 + c] = (sum / (FINE * FINE)) as u8;
            }
        }
    }
    pixels
}

/// Left, top and width of a mark, in pixels.
pub type Run = (u32, u32, u32);

/// Runs by colour and height, as they are drawn.
#[derive(Default)]
pub struct RunsByKind(BTreeMap<(Colour, u32), Vec<Run>>);

impl RunsByKind {
    pub fn push(&mut self, colour: Colour, height: u32, run: Run) {
        self.0.entry((colour, height)).or_default().push(run);
    }

    pub fn draw(self, figure: &mut Figure) {
        figure.marks.extend(self.0.into_iter().map(|((colour, height), runs)| Mark::Runs { height, colour, runs }));
    }
}
