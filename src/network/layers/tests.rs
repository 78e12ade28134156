use super::*;
use proptest::prelude::*;

/// An axis of any kind.
fn axis() -> impl Strategy<Value = Axis> {
    let sizes = (1_usize..7, 1_usize..4, 1_usize..4, 1_usize..3);
    sizes.prop_flat_map(|(input, kernel, stride, dilation)| {
        let span = (kernel - 1) * dilation + 1;
        (0..span, 0..span).prop_map(move |(before, behind)| Axis {
            input,
            kernel,
            stride,
            dilation,
            padding: [before, behind],
        })
    })
}

/// A convolution of any kind whose weights are small whole numbers, so that sums are exact in any
/// order.
fn convolution() -> impl Strategy<Value = Window> {
    let sizes = (1_usize..4, 1_usize..3, 1_usize..3, axis(), axis());
    let fits = sizes.prop_filter("no output", |(.., rows, columns)| rows.output() * columns.output() > 0);
    fits.prop_flat_map(|(groups, seen, made, rows, columns)| {
        let channels = [groups * seen, groups * made];
        let weights = channels[1] * seen * rows.kernel * columns.kernel;
        let weights = proptest::collection::vec((-2_i8..3).prop_map(f64::from), weights);
        weights.prop_map(move |weights| Window {
            channels,
            groups,
            rows,
            columns,
            kernel: Kernel::Each(weights.into()),
        })
    })
}

/// What PyTorch's documentation of `Conv2d` says, element by element: the value of an output, its
/// products and those with weights other than zero.
fn by_definition(window: &Window, input: &[f64], output: usize) -> (f64, u64, u64) {
    let Window { channels: [_, made], groups, rows, columns, kernel: Kernel::Each(weights) } = window else {
        panic!("a pool")
    };
    let (height, width) = (rows.output(), columns.output());
    let (to, row, column) = (output / (height * width), output / width % height, output % width);
    let seen = window.channels[0] / groups;
    let (mut sum, mut products, mut effective) = (0.0, 0, 0);
    for c in 0..seen {
        for ky in 0..rows.kernel {
            for kx in 0..columns.kernel {
                let y = (row * rows.stride + ky * rows.dilation) as i64 - rows.padding[0] as i64;
                let x = (column * columns.stride + kx * columns.dilation) as i64 - columns.padding[0] as i64;
                if !(0..rows.input as i64).contains(&y) || !(0..columns.input as i64).contains(&x) {
                    continue;
                }
                let channel = to / (made / groups) * seen + c;
                let value = input[(channel * rows.input + y as usize) * columns.input + x as usize];
                let weight = weights[((to * seen + c) * rows.kernel + ky) * columns.kernel + kx];
                sum += value * weight;
                products += u64::from(value != 0.0);
                effective += u64::from(value != 0.0 && weight != 0.0);
            }
        }
    }
    (sum, products, effective)
}

proptest! {
    /// Spikes walk through a convolution as its definition says, products and all, to any range of
    /// outputs.
    #[test]
    fn spikes_through_a_window_are_the_convolution(
        window in convolution(),
        fires in proptest::collection::vec(0_u8..3, 6 * 6 * 6),
        cut in 0.0..1.0_f64,
    ) {
        let layers = Layers::new(vec![Layer::Window(window.clone())]).unwrap();
        let input: Vec<f64> = (0..layers.inputs()).map(|i| f64::from(fires[i] == 0)).collect();
        let items: Vec<Item> = (0..input.len() as u32)
            .filter(|&id| input[id as usize] != 0.0)
            .map(|id| Item { id, value: 1.0, spikes: 1 })
            .collect();
        let cut = (layers.outputs() as f64 * cut) as usize;
        let (mut found, mut products, mut effective) = (vec![0.0; layers.outputs()], 0, 0);
        for range in [0..cut, cut..layers.outputs()] {
            let mut flow = Flow::new(&layers, range.clone());
            // What was before leaves nothing.
            flow.run(&layers, &[Item { id: 0, value: 9.0, spikes: 1 }], true);
            let counted = flow.run(&layers, &items, true);
            products += counted.spikes;
            effective += counted.effective_spikes;
            prop_assert!(flow.outputs().is_sorted_by(|a, b| a.id < b.id));
            for item in flow.outputs() {
                prop_assert!(range.contains(&(item.id as usize)));
                found[item.id as usize] = item.value;
            }
        }
        let expected: Vec<_> = (0..layers.outputs()).map(|o| by_definition(&window, &input, o)).collect();
        let mut dense = input.clone();
        layers.dense(&mut dense);
        for (output, (sum, ..)) in expected.iter().enumerate() {
            prop_assert_eq!(found[output], *sum);
            prop_assert_eq!(dense[output], *sum);
        }
        prop_assert_eq!(products, expected.iter().map(|(_, products, _)| products).sum::<u64>());
        prop_assert_eq!(effective, expected.iter().map(|(.., effective)| effective).sum::<u64>());
        let all: u64 = (0..layers.outputs()).map(|o| by_definition(&window, &vec![1.0; input.len()], o).1).sum();
        prop_assert_eq!(layers.ways(), all);
        prop_assert_eq!(layers.dense_products(0..layers.outputs(), true), all);
    }
}

/// Two by two places of one channel.
fn pool(input: usize, kernel: Kernel) -> Layer {
    let axis = Axis { input, kernel: 2, stride: 2, dilation: 1, padding: [0, 0] };
    Layer::Window(Window { channels: [1, 1], groups: 1, rows: axis, columns: axis, kernel })
}

/// Three spikes in one window of a pool and one in another, through a dense layer of two outputs:
/// 3 w + v, and each spike is counted with each weight.
#[test]
fn spikes_through_a_pool_are_counted_one_by_one() {
    let linear = Layer::Linear { weights: [1.0, 10.0, 2.0, 20.0, 3.0, 0.0, 4.0, 40.0].into(), outputs: 2 };
    for (weight, factor) in [(1.0, 1.0), (0.25, 0.25)] {
        let layers = Layers::new(vec![pool(4, Kernel::Same(weight)), linear.clone()]).unwrap();
        let mut flow = Flow::new(&layers, 0..2);
        // Window 0: (0, 0), (0, 1), (1, 1). Window 2: (3, 0).
        let items = [0, 1, 5, 12].map(|id| Item { id, value: 1.0, spikes: 1 });
        let products = flow.run(&layers, &items, true);
        let values: Vec<f64> = flow.outputs().iter().map(|item| item.value).collect();
        assert_eq!(values, [(3.0 * 1.0 + 3.0) * factor, 30.0 * factor]);
        assert_eq!(products, Products { spikes: 8, effective_spikes: 7, values: 0, effective_values: 0 });
        assert_eq!((layers.ways(), layers.weight(5, 1)), (32, 10.0 * factor));
    }
}

/// Without weights the last layer is what spikes arrive through.
#[test]
fn a_pool_alone_has_a_synapse_per_place() {
    let layers = Layers::new(vec![pool(4, Kernel::Same(1.0))]).unwrap();
    let mut flow = Flow::new(&layers, 0..4);
    let products = flow.run(&layers, &[0, 1, 15].map(|id| Item { id, value: 1.0, spikes: 1 }), true);
    assert_eq!(products.spikes, 3);
    let sums: Vec<(u32, f64)> = flow.outputs().iter().map(|item| (item.id, item.value)).collect();
    assert_eq!(sums, [(0, 2.0), (3, 1.0)]);
}

#[test]
fn layers_that_do_not_fit_are_named() {
    let linear = |inputs: usize, outputs| Layer::Linear { weights: vec![1.0; inputs * outputs].into(), outputs };
    let problem = |layers| Layers::new(layers).unwrap_err();
    assert_eq!(problem(vec![]).1, "expected at least one layer");
    assert_eq!(problem(vec![linear(4, 3), linear(4, 2)]), (1, "4 inputs: expected 3, the outputs before it".into()));
    assert!(problem(vec![pool(1, Kernel::Same(1.0))]).1.starts_with("rows: the kernel spans 2 of 1 places"));
    assert!(problem(vec![pool(4, Kernel::Each([1.0; 3].into()))]).1.starts_with("3 weights: expected 4"));
}
