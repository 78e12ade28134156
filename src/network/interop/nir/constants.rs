//! Biases behind the layers that they pass.

use super::array::size;
use super::finding::wrong;
use super::flat::Flat;
use super::graph::{Conv, NodeKind, Padding, Pool};
use super::shapes::{NodeShape, Shapes};
use crate::error::Result;
use crate::network::layers::{Axis, Kernel, Layer, Layers, Window};

/// The most places of a bias that is made a constant of each place.
const MOST_CONSTANTS: usize = 1 << 24;

/// What the bias of `path` becomes behind `via`, for each element.
pub(super) fn constants(flat: &Flat, shapes: &Shapes, path: &str, via: &[&str]) -> Result<Vec<f64>> {
    let places = |path: &str| match size(&shapes.nodes[path].output) {
        Some(size) if size <= MOST_CONSTANTS => Ok(size),
        _ => Err(wrong(path, format!("passes biases on to too many places: expected at most {MOST_CONSTANTS}"))),
    };
    let Some(bias) = flat.nodes[path].array("bias") else { return Ok(Vec::new()) };
    // A convolution has one for each channel.
    let each = places(path)? / bias.len().max(1);
    let mut values: Vec<f64> = bias.iter().flat_map(|value| std::iter::repeat_n(value, each)).collect();
    for &next in via {
        places(next)?;
        if let Some(layer) = layer(next, flat.nodes[next], &shapes.nodes[next])? {
            let layers = Layers::new(vec![layer]).map_err(|(_, problem)| wrong(next, problem))?;
            layers.dense(&mut values);
        }
    }
    Ok(values)
}

/// A node as a layer; None if it leaves values as they are.
fn layer(path: &str, kind: &NodeKind, shape: &NodeShape) -> Result<Option<Layer>> {
    let inputs = size(&shape.input).unwrap_or(0);
    Ok(Some(match kind {
        NodeKind::Input(_) | NodeKind::Output(_) | NodeKind::Flatten(_) | NodeKind::Delay { .. } => return Ok(None),
        NodeKind::Scale { scale } => {
            Layer::Scale((0..inputs).map(|n| scale.at(if scale.shape().is_empty() { 0 } else { n })).collect())
        }
        NodeKind::Affine { weight, .. } | NodeKind::Linear { weight } => {
            let outputs = weight.len() / inputs.max(1);
            let transposed = (0..inputs).flat_map(|i| (0..outputs).map(move |o| weight.at(o * inputs + i)));
            Layer::Linear { weights: transposed.collect(), outputs }
        }
        NodeKind::Conv1d(conv) => Layer::Window(convolution(conv, &shape.input)),
        NodeKind::Conv2d(conv) => Layer::Window(convolution(conv, &shape.input)),
        NodeKind::SumPool2d(own) => Layer::Window(pool(own, &shape.input, 1.0)),
        NodeKind::AvgPool2d(own) => {
            let places: usize = own.kernel_size.iter().product();
            Layer::Window(pool(own, &shape.input, 1.0 / places as f64))
        }
        other => return Err(wrong(path, format!("of type {} is no layer", other.type_name()))),
    }))
}

fn convolution<const N: usize>(conv: &Conv<N>, input: &[usize]) -> Window {
    let kernel = &conv.weight.shape()[2..];
    let axes: [Axis; N] = std::array::from_fn(|n| {
        let padding = match &conv.padding {
            Padding::Valid => [0; 2],
            Padding::Same => Axis::same_padding(kernel[n], conv.dilation[n]),
            Padding::Zeros(zeros) => [zeros[n]; 2],
        };
        Axis { input: input[1 + n], kernel: kernel[n], stride: conv.stride[n], dilation: conv.dilation[n], padding }
    });
    let weights = Kernel::Each(conv.weight.iter().collect());
    Window::new([input[0], conv.weight.shape()[0]], conv.groups, &axes, weights)
}

fn pool(pool: &Pool, input: &[usize], weight: f64) -> Window {
    let axes = [0, 1].map(|n| Axis {
        input: input[1 + n],
        kernel: pool.kernel_size[n],
        stride: pool.stride[n],
        dilation: 1,
        padding: [pool.padding[n]; 2],
    });
    Window::new([input[0]; 2], input[0], &axes, Kernel::Same(weight))
}
