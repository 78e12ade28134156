//! What sources emit.

use crate::base::aligned::simd;
use crate::base::counter::{bits, draws_below};
use crate::network::{Emits, Source};
use crate::spiking::Tick;
use std::ops::Range;

/// A source ready to emit.
pub(super) struct Emitter {
    size: u32,
    kind: Kind,
}

enum Kind {
    List {
        spikes: std::sync::Arc<[(Tick, u32)]>,
    },
    Regular {
        first: Tick,
        period: Tick,
    },
    /// A source fires if the upper 53 bits of its draw are below `below`.
    Bernoulli {
        below: Vec<u64>,
        seed: u64,
        stride: u64,
    },
    /// Upper 53 bits below `cumulative[n]` mean n spikes or fewer.
    Poisson {
        cumulative: Vec<u64>,
        seed: u64,
        stride: u64,
    },
    Frames {
        values: std::sync::Arc<[f64]>,
        ticks_per_frame: Tick,
    },
}

impl Emitter {
    pub fn new(source: &Source) -> Self {
        let kind = match &source.emits {
            Emits::Spikes(spikes) => Kind::List { spikes: spikes.clone() },
            &Emits::Regular { first, period } => Kind::Regular { first, period: period.max(1) },
            Emits::Bernoulli { probability, seed, stride } => Kind::Bernoulli {
                below: probability.iter().map(|&p| draws_below(p)).collect(),
                seed: *seed,
                stride: *stride,
            },
            &Emits::Poisson { mean, seed, stride } => {
                let (mut term, mut sum) = ((-mean).exp(), (-mean).exp());
                let mut cumulative = Vec::new();
                for n in 1.. {
                    cumulative.push(draws_below(sum));
                    term *= mean / f64::from(n);
                    // Beyond the mean terms only fall; one below 2^-54 changes no draw any more.
                    if f64::from(n) > mean && term < 2_f64.powi(-54) {
                        break;
                    }
                    sum += term;
                }
                Kind::Poisson { cumulative, seed, stride }
            }
            Emits::Frames { values, ticks_per_frame } => {
                Kind::Frames { values: values.clone(), ticks_per_frame: (*ticks_per_frame).max(1) }
            }
        };
        Emitter { size: source.size, kind }
    }

    pub fn size(&self) -> u32 {
        self.size
    }

    pub fn is_analog(&self) -> bool {
        matches!(self.kind, Kind::Frames { .. })
    }

    /// The values at `tick`; after the last frame, those of the last frame.
    pub fn frame(&self, tick: Tick) -> &[f64] {
        let Kind::Frames { values, ticks_per_frame } = &self.kind else { return &[] };
        let size = self.size as usize;
        let last = (values.len() / size).saturating_sub(1);
        let row = ((tick / ticks_per_frame) as usize).min(last);
        values.get(row * size..(row + 1) * size).unwrap_or(&[])
    }

    /// Appends the spikes of sources `ids` at `tick`, ascending.
    pub fn emit(&self, tick: Tick, ids: Range<u32>, spikes: &mut Vec<u32>) {
        match &self.kind {
            Kind::List { spikes: list } => {
                let from = list.partition_point(|&spike| spike < (tick, ids.start));
                let to = list.partition_point(|&spike| spike < (tick, ids.end));
                spikes.extend(list[from..to].iter().map(|&(_, id)| id));
            }
            Kind::Regular { first, period } => {
                if tick >= *first && (tick - first).is_multiple_of(*period) {
                    spikes.extend(ids);
                }
            }
            Kind::Bernoulli { below, seed, stride } => {
                let counter = |id: u32| u64::from(id).wrapping_mul(*stride).wrapping_add(tick.into());
                if let [below] = below[..] {
                    simd(
                        #[inline(always)]
                        || {
                            draw_blocks(ids.clone(), |id| bits(*seed, counter(id)) >> 11 < below, spikes);
                        },
                    );
                } else {
                    let fires = |id: &u32| bits(*seed, counter(*id)) >> 11 < below[*id as usize];
                    spikes.extend(ids.filter(fires));
                }
            }
            Kind::Poisson { cumulative, seed, stride } => {
                for id in ids {
                    let n = u64::from(id).wrapping_mul(*stride).wrapping_add(tick.into());
                    let draw = bits(*seed, n) >> 11;
                    let count = cumulative.iter().take_while(|&&below| draw >= below).count();
                    spikes.extend(std::iter::repeat_n(id, count));
                }
            }
            Kind::Frames { .. } => {}
        }
    }
}

/// Appends those of `ids` that fire, 64 draws at a time, so that no branch is taken per draw.
#[inline(always)]
fn draw_blocks(ids: Range<u32>, fires: impl Fn(u32) -> bool, spikes: &mut Vec<u32>) {
    let mut start = ids.start;
    while start < ids.end {
        let width = (ids.end - start).min(64);
        let mut any = [false; 64];
        for k in 0..64 {
            any[k as usize] = fires(start.wrapping_add(k));
        }
        if any[..width as usize].iter().any(|&fires| fires) {
            spikes.extend((0..width).filter(|&k| any[k as usize]).map(|k| start + k));
        }
        start += width;
    }
}
