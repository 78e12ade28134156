use super::compile::{Compiled, NetworkFile, Settings};
use super::*;
use crate::splitmix::{bits, unit};
use std::path::Path;

/// What `/work/shared/peers/netgen.py` makes; from `net(name)` by
/// ```python
/// pre, post = d['pre'].astype(np.uint64), d['post'].astype(np.uint64)
/// delay = np.broadcast_to(np.asarray(d['delay']), pre.shape).astype(np.uint64)
/// hash = u64(0, (pre << np.uint64(40)) | (post << np.uint64(16)) | delay).sum(dtype=np.uint64)
/// (pre.size, pre.sum(), post.sum(), delay.sum(), hash, d['w'].sum(), d['v0'].sum(), d['v0'][-1])
/// ```
#[allow(clippy::type_complexity)] // One row per network.
const GENERATED: [(&str, u64, u64, u64, u64, u64, f64, f64, f64); 5] = [
    (
        "cuba4k",
        319468,
        638991104,
        638902981,
        319468,
        0x444436301aaceabf,
        -163352.52,
        -220357.7625346499,
        -52.01141958071588,
    ),
    (
        "cuba40k",
        3200000,
        64016288940,
        63998400000,
        3200000,
        0x90f480719153fc7b,
        -1612800.0,
        -2199557.3131548744,
        -53.39135835924129,
    ),
    (
        "brunel10kdc",
        10000000,
        49987025249,
        49995000000,
        150000000,
        0x3ed9830929c47521,
        -1000000.0,
        49606.6188493268,
        2.1982784794779384,
    ),
    (
        "brunel10k",
        10000000,
        49987025249,
        49995000000,
        150000000,
        0x3ed9830929c47521,
        -200000.0,
        49606.6188493268,
        2.1982784794779384,
    ),
    (
        "delta100k",
        12000000,
        709968071806,
        599994000000,
        660128595,
        0x7ef6a047f3ee25a5,
        2000000.0,
        1001126.4688216907,
        3.111996464179765,
    ),
];

fn shipped(name: &str) -> Compiled {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks").join(name).with_extension("ron");
    NetworkFile::read(&path).and_then(|file| file.compile(&Settings::default())).unwrap()
}

#[test]
fn networks_are_those_of_the_generator() {
    for (name, edges, sources, targets, ticks, hash, weights, initial_sum, initial_last) in GENERATED {
        let Compiled { network, duration, .. } = shipped(name);
        let cells = &network.populations[0];
        let mut found = (0, 0, 0, 0, 0_u64);
        let mut weight_sum = 0.0;
        for projection in &network.projections {
            // The generator numbers sources on behind the neurons. It has no Poisson trains: those come one to one.
            let first = if projection.from == Origin::Population(0) { 0 } else { u64::from(cells.size) };
            if matches!(projection.rule, Rule::OneToOne) {
                continue;
            }
            projection.for_each_edge(&network, 0..cells.size, |i, j, e| {
                let (i, j, delay) = (u64::from(i) + first, u64::from(j), u64::from(projection.delay(e)));
                found = (
                    found.0 + 1,
                    found.1 + i,
                    found.2 + j,
                    found.3 + delay,
                    found.4.wrapping_add(bits(0, i << 40 | j << 16 | delay)),
                );
                weight_sum += projection.weight(e);
            });
        }
        assert_eq!(found, (edges, sources, targets, ticks, hash), "{name}");
        assert!((weight_sum / weights - 1.0).abs() < 1e-6, "{name}: {weight_sum} {weights}");
        let sum: f64 = cells.initial_mv.iter().sum();
        assert!((sum / initial_sum - 1.0).abs() < 1e-12, "{name}: {sum}");
        assert_eq!((cells.initial_mv.last(), duration), (Some(&initial_last), Some(10_000)), "{name}");
    }
}

/// `len(net('delta100k')['xs'])` of the same generator.
#[test]
fn the_input_of_delta100k_is_that_of_the_generator() {
    let network = shipped("delta100k").network;
    let Emits::Bernoulli { probability, seed, stride } = &network.sources[0].emits else { panic!() };
    let spikes = (0..10_000 * stride).filter(|&n| unit(*seed, n) < probability[0]).count();
    assert_eq!((spikes, *stride, probability.len()), (50_369, 10_000, 1));
}
