//! Layers that share weights: shapes, files and windows.

use super::compiler::{Compiler, title};
use crate::network::input::Array;
use crate::network::layers::{Axis, BYTES_PER_ELEMENT, Kernel, Layer, Layers, Window};
use crate::network::problem::{Checked, Problem};
use crate::network::projection::Precision;
use crate::network::spec;
use crate::network::spec::{ArrayFile, LayerSpec, Padding};

/// The most elements of a layer: ids are 32 bits wide.
const MOST_ELEMENTS: u64 = u32::MAX as u64;

/// The shape of what a layer gets: channels, and the places of no, one or two axes.
struct Shape {
    channels: usize,
    axes: Vec<usize>,
}

impl Shape {
    fn elements(&self) -> usize {
        self.channels * self.axes.iter().product::<usize>()
    }

    fn text(&self) -> String {
        let all: Vec<String> = std::iter::once(&self.channels).chain(&self.axes).map(usize::to_string).collect();
        format!("[{}]", all.join(", "))
    }
}

impl Compiler<'_> {
    /// Layers from `sources` elements.
    pub(super) fn layers(
        &mut self,
        field: &str,
        layers: &spec::Layers,
        sources: usize,
        precision: Precision,
    ) -> Checked<Layers> {
        let mut shape = input(&format!("{field}.input"), &layers.input, sources)?;
        let mut made = Vec::with_capacity(layers.layers.len());
        for (n, layer) in layers.layers.iter().enumerate() {
            let place = format!("{field}.layers[{n}]");
            made.push(self.layer(&place, layer, &mut shape, precision)?);
            self.charge(&place, BYTES_PER_ELEMENT.saturating_mul(shape.elements() as u64))?;
        }
        Layers::new(made).map_err(|(n, problem)| Problem::new(format!("{field}.layers[{n}]"), problem))
    }

    /// One layer for an input of this shape, which becomes that of its output.
    fn layer(&mut self, place: &str, layer: &LayerSpec, shape: &mut Shape, precision: Precision) -> Checked<Layer> {
        let at = |field: &str| format!("{place}.{field}");
        match layer {
            LayerSpec::Conv(conv) => {
                let window = self.convolution(place, conv, shape, precision)?;
                pass(place, window, shape)
            }
            LayerSpec::SumPool(pool) | LayerSpec::AvgPool(pool) => {
                let kernel = per_axis(&at("kernel"), &pool.kernel, shape)?;
                let stride = match &pool.stride {
                    Some(stride) => per_axis(&at("stride"), stride, shape)?,
                    None => kernel.clone(),
                };
                let padding = per_axis(&at("padding"), &pool.padding, shape)?;
                let weight = match layer {
                    LayerSpec::AvgPool(_) => 1.0 / kernel.iter().map(|&n| n as f64).product::<f64>(),
                    _ => 1.0,
                };
                let axes = shape.axes.iter().enumerate().map(|(n, &input)| Axis {
                    input,
                    kernel: kernel[n],
                    stride: stride[n],
                    dilation: 1,
                    padding: [padding[n]; 2],
                });
                let kernel = Kernel::Same(weight);
                let axes: Vec<Axis> = axes.collect();
                pass(place, Window::new([shape.channels; 2], shape.channels, &axes, kernel), shape)
            }
            LayerSpec::Linear { file } => {
                let field = at("file");
                let Array { shape: found, values } = self.weight_array(&field, file, precision)?;
                let inputs = shape.elements();
                let &[outputs, columns] = &found[..] else {
                    return Err(wrong(&field, file, &found, &format!("[outputs, {inputs}]")));
                };
                if columns != inputs || outputs == 0 {
                    return Err(wrong(&field, file, &found, &format!("[outputs, {inputs}]")));
                }
                let transposed = (0..inputs).flat_map(|i| values.iter().skip(i).step_by(inputs).copied());
                let weights: Vec<f64> = transposed.collect();
                *shape = Shape { channels: outputs, axes: Vec::new() };
                Ok(Layer::Linear { weights: weights.into(), outputs })
            }
            LayerSpec::Scale { file } => {
                let field = at("file");
                let Array { shape: found, values } = self.weight_array(&field, file, precision)?;
                match values.len() == shape.elements() {
                    true => Ok(Layer::Scale(values.into())),
                    false => Err(wrong(&field, file, &found, &format!("{} values", shape.text()))),
                }
            }
        }
    }

    fn convolution(&mut self, place: &str, conv: &spec::Conv, shape: &Shape, precision: Precision) -> Checked<Window> {
        let at = |field: &str| format!("{place}.{field}");
        let axes = shape.axes.len();
        if axes == 0 {
            let message = "a convolution of elements without places: expected an input of [channels, places] or \
                           [channels, rows, columns]";
            return Err(Problem::new(place, message));
        }
        let Array { shape: found, values } = self.weight_array(&at("file"), &conv.file, precision)?;
        let groups = conv.groups as usize;
        let seen = shape.channels.checked_div(groups).filter(|seen| seen * groups == shape.channels);
        let Some(seen) = seen else {
            return Err(Problem::new(
                at("groups"),
                format!("{groups}: expected a divisor of {} channels", shape.channels),
            ));
        };
        if found.len() != axes + 2 || found[1] != seen || found.contains(&0) {
            let places = ["places", "rows, columns"][axes - 1];
            return Err(wrong(&at("file"), &conv.file, &found, &format!("[output channels, {seen}, {places}]")));
        }
        let kernel = &found[2..];
        let stride = per_axis(&at("stride"), &conv.stride, shape)?;
        let dilation = per_axis(&at("dilation"), &conv.dilation, shape)?;
        let padding: Vec<[usize; 2]> = match &conv.padding {
            Padding::Valid => vec![[0; 2]; axes],
            Padding::Each(padding) => {
                per_axis(&at("padding"), padding, shape)?.into_iter().map(|padding| [padding; 2]).collect()
            }
            Padding::Same if stride.iter().any(|&stride| stride != 1) => {
                return Err(Problem::new(at("padding"), "Same: expected strides of 1"));
            }
            Padding::Same => {
                kernel.iter().zip(&dilation).map(|(&kernel, &dilation)| Axis::same_padding(kernel, dilation)).collect()
            }
        };
        let axes = shape.axes.iter().enumerate().map(|(n, &input)| Axis {
            input,
            kernel: kernel[n],
            stride: stride[n],
            dilation: dilation[n],
            padding: padding[n],
        });
        let axes: Vec<Axis> = axes.collect();
        Ok(Window::new([shape.channels, found[0]], groups, &axes, Kernel::Each(values.into())))
    }
}

/// The window as a layer; the shape becomes that of its output.
fn pass(place: &str, window: Window, shape: &mut Shape) -> Checked<Layer> {
    window.check().map_err(|problem| Problem::new(place, problem))?;
    shape.channels = window.channels[1];
    let outputs = [window.rows.output(), window.columns.output()];
    let axes = shape.axes.len();
    shape.axes.copy_from_slice(&outputs[2 - axes..]);
    let fits = [shape.channels as u64, outputs[0] as u64, outputs[1] as u64];
    let elements = fits.iter().try_fold(1_u64, |product, &n| product.checked_mul(n));
    match elements.filter(|&elements| elements <= MOST_ELEMENTS) {
        Some(_) => Ok(Layer::Window(window)),
        None => Err(Problem::new(place, format!("outputs of shape {}: expected fewer than 2^32", shape.text()))),
    }
}

/// The shape of so many sources.
fn input(field: &str, shape: &[u32], sources: usize) -> Checked<Shape> {
    let elements = shape.iter().try_fold(1_u64, |product, &n| product.checked_mul(n.into()));
    match (shape, elements.filter(|&elements| elements == sources as u64)) {
        (&[channels, ref axes @ ..], Some(_)) if axes.len() <= 2 => {
            Ok(Shape { channels: channels as usize, axes: axes.iter().map(|&n| n as usize).collect() })
        }
        _ => {
            let message = format!(
                "{shape:?}: expected [channels, rows, columns], [channels, places] or [elements] \
                 with a product of {sources}, the number of sources"
            );
            Err(Problem::new(field, message))
        }
    }
}

/// A number for each axis.
fn per_axis(field: &str, numbers: &[u32], shape: &Shape) -> Checked<Vec<usize>> {
    let axes = shape.axes.len();
    match numbers {
        [one] => Ok(vec![*one as usize; axes]),
        all if all.len() == axes => Ok(all.iter().map(|&n| n as usize).collect()),
        all => {
            let message = format!("{all:?}: expected one number, or one for each of {axes} axes");
            Err(Problem::new(field, message))
        }
    }
}

fn wrong(field: &str, file: &ArrayFile, found: &[usize], expected: &str) -> Problem {
    Problem::new(field, format!("{}: shape {found:?}: expected {expected}", title(file)))
}
