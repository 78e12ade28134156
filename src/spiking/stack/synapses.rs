//! All-to-all synapses from one layer to the next.
//!
//! **Delivering** a spike adds its fan-out row to the input currents of all targets; each target sums in ascending order of
//! source, from +0.0. **Multiplying** is the dense product, over all sources in the same order. On a vector of zeros and
//! ones both give the same bits: see the head of this folder.
//!
//! *Limit of delivering.* A spike costs n additions and 4 n bytes of weights, which are read once and come from the level-2
//! cache (a 512 x 512 layer is 1 MB); 64 bytes per cycle at best, so 16 additions per cycle whatever the vector width. To
//! get near it nothing else may move: sums stay in registers over all sources of the tick and are stored once.
//! *Reached* (`benches/inference.rs`, Xeon of family 6 model 207, one thread): 256 clips of 10 ticks with 2 % of the sources
//! firing are 84 million additions, 336 MB. They take 3.1 of 6 ms, 108 GB/s, six tenths of 64 bytes per cycle at 2.8 GHz. Of the
//! rest the neurons' steps are a seventh of the whole, memory for the results a tenth, queues and counts a fifteenth. Blocks of
//! 16 registers instead of 8 gave the same. Weights laid out by block of columns, so that a block serves many clips while it is
//! near, gave 115 to 143 GB/s in a trial, a tenth of the whole: not worth a second order of the clips.

use crate::base::aligned::{LANE, Lane, Lanes};
use crate::energy::counts::Tally;
use crate::error::{Error, Result};
use pulp::{Arch, Simd, WithSimd, bytemuck};

/// All-to-all synapses with one weight each and no delay.
#[derive(Debug, Clone)]
pub struct DenseSynapses {
    inputs: usize,
    outputs: usize,
    /// The fan-out of source i in lanes `i * stride..(i + 1) * stride`, padded with zeros.
    rows: Vec<Lane>,
    stride: usize,
    /// Non-zero weights in the fan-out of each source.
    fan_out: Vec<u32>,
    /// How many weights are zero.
    zeros: usize,
}

impl DenseSynapses {
    /// From `weight` \[outputs, inputs\], row by row (`weight[j * inputs + i]` goes from i to j).
    ///
    /// # Errors
    /// If the length is wrong, a dimension is zero or above 2^32 - 1, or a weight is not finite: a silent source then
    /// would not be the same as a zero input.
    pub fn dense(outputs: usize, inputs: usize, weight: &[f32]) -> Result<Self> {
        if outputs.checked_mul(inputs) != Some(weight.len()) {
            let (expected, found) = (vec![outputs, inputs], vec![weight.len()]);
            return Err(Error::Shape { what: "weight".into(), expected, found });
        }
        if weight.is_empty() || u32::try_from(outputs.max(inputs)).is_err() {
            return Err(Error::value("weight", format!("a projection of {inputs} to {outputs} neurons")));
        }
        if let Some(at) = weight.iter().position(|w| !w.is_finite()) {
            let (target, source) = (at / inputs, at % inputs);
            return Err(Error::value("weight", format!("{} from {source} to {target}", weight[at])));
        }
        let stride = outputs.div_ceil(LANE);
        let mut rows = vec![Lane::default(); stride * inputs];
        let mut fan_out = vec![0; inputs];
        for (target, row) in weight.chunks_exact(inputs).enumerate() {
            for (source, &w) in row.iter().enumerate() {
                rows[source * stride + target / LANE].0[target % LANE] = w;
                fan_out[source] += u32::from(w != 0.0);
            }
        }
        let zeros = weight.iter().filter(|&&w| w == 0.0).count();
        Ok(DenseSynapses { inputs, outputs, rows, stride, fan_out, zeros })
    }

    /// Sources.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Targets.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The weight matrix \[outputs, inputs\], row by row, as [`dense`](Self::dense) takes it.
    pub fn weights(&self) -> Vec<f32> {
        let mut weights = vec![0.0; self.inputs * self.outputs];
        for source in 0..self.inputs {
            for (target, weight) in self.row(source).iter().flat_map(|lane| lane.0).take(self.outputs).enumerate() {
                weights[target * self.inputs + source] = weight;
            }
        }
        weights
    }

    /// How many weights are zero.
    pub fn zero_weights(&self) -> usize {
        self.zeros
    }

    fn row(&self, source: usize) -> &[Lane] {
        &self.rows[source * self.stride..][..self.stride]
    }

    /// Sets `currents` \[outputs\] to the sum of the rows of `sources` (ascending) and counts the SynOps. Nothing else counts
    /// them.
    #[inline]
    pub(crate) fn deliver(&self, sources: &[u32], currents: &mut Lanes, tally: &mut Tally) {
        debug_assert!(sources.is_sorted_by(|a, b| a < b));
        Arch::new().dispatch(Deliver { rows: &self.rows, stride: self.stride, sources, sums: currents.lanes_mut() });
        tally.add(|counts| {
            counts.synops += (sources.len() * self.outputs) as u64;
            counts.effective_acs += match self.zeros {
                0 => (sources.len() * self.outputs) as u64,
                _ => sources.iter().map(|&source| u64::from(self.fan_out[source as usize])).sum(),
            };
        });
    }

    /// Sets `currents` \[outputs\] to the weight matrix times `values` \[inputs\], and counts the products.
    pub(crate) fn multiply(&self, values: &[f32], currents: &mut Lanes, tally: &mut Tally) {
        Arch::new().dispatch(Multiply { rows: &self.rows, stride: self.stride, values, sums: currents.lanes_mut() });
        tally.add(|counts| counts.macs += (self.inputs * self.outputs) as u64);
        self.count_effective(values, 1, tally);
    }

    /// Counts the operations of `values` on non-zero weights for `ticks` ticks, whoever carries them out.
    pub(crate) fn count_effective(&self, values: &[f32], ticks: u64, tally: &mut Tally) {
        tally.add(|counts| {
            for (&value, &fan_out) in values.iter().zip(&self.fan_out) {
                match value.abs() {
                    0.0 => {}
                    1.0 => counts.effective_acs += ticks * u64::from(fan_out),
                    _ => counts.effective_macs += ticks * u64::from(fan_out),
                }
            }
        });
    }
}

/// The inner loop of [`DenseSynapses::deliver`].
struct Deliver<'a> {
    rows: &'a [Lane],
    stride: usize,
    sources: &'a [u32],
    sums: &'a mut [Lane],
}

impl WithSimd for Deliver<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let sources = self.sources.iter().map(
            #[inline(always)]
            |&source| (source as usize, ()),
        );
        sum_rows(
            simd,
            self.rows,
            self.stride,
            sources,
            #[inline(always)]
            |weights, ()| weights,
            self.sums,
        );
    }
}

/// The inner loop of [`DenseSynapses::multiply`].
struct Multiply<'a> {
    rows: &'a [Lane],
    stride: usize,
    values: &'a [f32],
    sums: &'a mut [Lane],
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let sources = self.values.iter().copied().enumerate();
        sum_rows(
            simd,
            self.rows,
            self.stride,
            sources,
            #[inline(always)]
            |weights, value| simd.mul_f32s(weights, simd.splat_f32s(value)),
            self.sums,
        );
    }
}

/// `sums = sum over (source, x) of term(row of source, x)`, in blocks of 8 registers, then what is left of the row in one
/// narrower block.
#[inline(always)]
fn sum_rows<S: Simd, X: Copy>(
    simd: S,
    rows: &[Lane],
    stride: usize,
    sources: impl Iterator<Item = (usize, X)> + Clone,
    term: impl Fn(S::f32s, X) -> S::f32s + Copy,
    sums: &mut [Lane],
) {
    let rows: &[S::f32s] = bytemuck::cast_slice(rows);
    let mut sums: &mut [S::f32s] = bytemuck::cast_slice_mut(sums);
    let stride = stride * (LANE / S::F32_LANES);
    let mut start = 0;
    while !sums.is_empty() {
        let width = sums.len().min(8);
        let (block, rest) = sums.split_at_mut(width);
        let sources = sources.clone();
        match width {
            1 => sum_block::<S, X, 1>(simd, rows, start, stride, sources, term, block),
            2 => sum_block::<S, X, 2>(simd, rows, start, stride, sources, term, block),
            3 => sum_block::<S, X, 3>(simd, rows, start, stride, sources, term, block),
            4 => sum_block::<S, X, 4>(simd, rows, start, stride, sources, term, block),
            5 => sum_block::<S, X, 5>(simd, rows, start, stride, sources, term, block),
            6 => sum_block::<S, X, 6>(simd, rows, start, stride, sources, term, block),
            7 => sum_block::<S, X, 7>(simd, rows, start, stride, sources, term, block),
            _ => sum_block::<S, X, 8>(simd, rows, start, stride, sources, term, block),
        }
        start += width;
        sums = rest;
    }
}

/// `block[k] = sum over (source, x) of term(rows[source * stride + start + k], x)`, from +0.0, in the order of `sources`.
#[inline(always)]
fn sum_block<S: Simd, X: Copy, const N: usize>(
    simd: S,
    rows: &[S::f32s],
    start: usize,
    stride: usize,
    sources: impl Iterator<Item = (usize, X)>,
    term: impl Fn(S::f32s, X) -> S::f32s,
    block: &mut [S::f32s],
) {
    let mut sums = [simd.splat_f32s(0.0); N];
    for (source, x) in sources {
        let row = &rows[source * stride + start..][..N];
        for k in 0..N {
            sums[k] = simd.add_f32s(sums[k], term(row[k], x));
        }
    }
    // Not by `copy_from_slice`, for which the registers are put into memory first.
    #[expect(clippy::manual_memcpy)]
    for k in 0..N {
        block[k] = sums[k];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivering_adds_up_the_events_and_multiplying_by_zeros_and_ones_gives_the_same_bits() {
        for outputs in [1, 15, 16, 17, 130, 300] {
            let inputs = 37;
            let weight: Vec<f32> = (0..(outputs * inputs) as u64)
                .map(|n| if n % 5 == 0 { 0.0 } else { crate::base::counter::unit(1, n) as f32 - 0.5 })
                .collect();
            let projection = DenseSynapses::dense(outputs, inputs, &weight).unwrap();
            let sources = [0, 3, 4, 11, 36];
            let (mut by_event, mut nonzero) = (vec![0.0_f32; outputs], 0);
            for &source in &sources {
                for target in 0..outputs {
                    let weight = weight[target * inputs + source as usize];
                    by_event[target] += weight;
                    nonzero += u64::from(weight != 0.0);
                }
            }
            let (mut delivered, mut multiplied) = (Lanes::zeros(outputs), Lanes::zeros(outputs));
            let mut tallies = [Tally::default(); 2];
            projection.deliver(&sources, &mut delivered, &mut tallies[0]);
            let values: Vec<f32> = (0..inputs as u32).map(|i| f32::from(sources.contains(&i))).collect();
            projection.multiply(&values, &mut multiplied, &mut tallies[1]);
            let counts = tallies.map(|tally| tally.counts);
            let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(delivered.as_slice()), bits(&by_event));
            assert_eq!(bits(multiplied.as_slice()), bits(&by_event));
            assert_eq!((counts[0].synops, counts[1].macs), (5 * outputs as u64, (inputs * outputs) as u64));
            assert_eq!((counts[0].effective_acs, counts[1].effective_acs), (nonzero, nonzero));
        }
    }

    #[test]
    fn impossible_weights_are_refused() {
        assert!(DenseSynapses::dense(2, 2, &[0.0; 3]).is_err());
        assert!(DenseSynapses::dense(0, 2, &[]).is_err());
        assert!(DenseSynapses::dense(1, 2, &[0.0, f32::NAN]).is_err());
        assert!(DenseSynapses::dense(1, 2, &[0.0, f32::INFINITY]).is_err());
    }
}
