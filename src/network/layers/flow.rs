//! What a tick's spikes become on their way through layers.

use super::chain::{Layer, Layers};
use super::spread::Spread;
use super::window::Window;
use std::ops::{AddAssign, Range};

/// An entry of a sparse vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Item {
    /// Its place.
    pub id: u32,
    /// Its value.
    pub value: f64,
    /// How many spikes it is made of; 0 if it is an analog value.
    pub spikes: u32,
}

/// Products with weights in one tick. An analog value of 1 or -1 is effectively an addition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Products {
    /// Additions of a weight for a spike.
    pub spikes: u64,
    /// Effective additions.
    pub effective_spikes: u64,
    /// Products with analog values.
    pub values: u64,
    /// Effective multiplications.
    pub effective_values: u64,
}

impl Products {
    fn count(&mut self, item: &Item, [all, effective]: [u64; 2]) {
        match (u64::from(item.spikes), item.value.abs()) {
            (0, 1.0) => {
                self.values += all;
                self.effective_spikes += effective;
            }
            (0, _) => {
                self.values += all;
                self.effective_values += effective;
            }
            (n, _) => {
                self.spikes += n * all;
                self.effective_spikes += n * effective;
            }
        }
    }
}

impl AddAssign for Products {
    fn add_assign(&mut self, other: Self) {
        self.spikes += other.spikes;
        self.effective_spikes += other.effective_spikes;
        self.values += other.values;
        self.effective_values += other.effective_values;
    }
}

/// The way of one tick's spikes through [`Layers`], with room for what lies between them.
#[derive(Debug, Clone)]
pub struct Flow {
    stages: Vec<Stage>,
    /// Which outputs of the last layer are wanted.
    range: Range<usize>,
    /// Windows in which an input lies.
    rows: Vec<(usize, usize)>,
    columns: Vec<(usize, usize)>,
}

/// Sums of one layer's outputs.
#[derive(Debug, Clone)]
struct Stage {
    /// Of a window `[places, channels]`, else in order.
    sums: Vec<f64>,
    /// Spikes in each; empty behind weights, where there are values.
    spikes: Vec<u32>,
    /// Which of them are reached: by group of channels, a bit for each place of a plane.
    reached: Vec<u64>,
    /// The same, in order.
    items: Vec<Item>,
}

impl Layers {
    /// The weight of an output for an input alone, all ways between them together.
    pub fn weight(&self, input: u32, output: u32) -> f64 {
        let mut flow = Flow::new(self, output as usize..output as usize + 1);
        flow.run(self, &[Item { id: input, value: 1.0, spikes: 1 }], false);
        flow.outputs().first().map_or(0.0, |item| item.value)
    }
}

impl Flow {
    /// Room for the outputs `range` of the layers.
    pub fn new(layers: &Layers, range: Range<usize>) -> Flow {
        let last = layers.layers().len() - 1;
        let mut weighted = false;
        let stages = layers.layers().iter().enumerate().map(|(n, layer)| {
            weighted |= layer.has_weights();
            let (sums, words) = match layer {
                Layer::Window(window) => (layer.outputs(), window.groups * window.plane().div_ceil(64)),
                _ if n == last => (range.len(), 0),
                _ => (layer.outputs(), 0),
            };
            let spikes = if weighted { 0 } else { sums };
            Stage { sums: vec![0.0; sums], spikes: vec![0; spikes], reached: vec![0; words], items: Vec::new() }
        });
        Flow { stages: stages.collect(), range, rows: Vec::new(), columns: Vec::new() }
    }

    /// Takes the items of a tick, by id, through the layers; [`Flow::outputs`] has what comes out.
    /// Returns the products with weights, those in front of the last layer only if they are `first`
    /// computed here.
    pub fn run(&mut self, layers: &Layers, input: &[Item], first: bool) -> Products {
        let mut products = Products::default();
        let last = layers.layers().len() - 1;
        for (n, layer) in layers.layers().iter().enumerate() {
            let range = if n == last { self.range.clone() } else { 0..layer.outputs() };
            let (before, stage) = self.stages.split_at_mut(n);
            let input = before.last().map_or(input, |stage| &stage.items);
            let stage = &mut stage[0];
            stage.items.clear();
            let met = match layer {
                Layer::Window(window) => {
                    let room = [&mut self.rows, &mut self.columns];
                    stage.pass_window(window, layers.spread(n), input, &range, room)
                }
                Layer::Linear { weights, outputs } => stage.pass_matrix(weights, *outputs, input, &range),
                Layer::Scale(factors) => stage.pass_factors(factors, input, &range),
            };
            if layers.counts(n) && (first || n == last) {
                products += met;
            }
        }
        products
    }

    /// What the last tick brought to those outputs that anything reached, by id. A sum of 0 is
    /// among them.
    pub fn outputs(&self) -> &[Item] {
        self.stages.last().map_or(&[], |stage| &stage.items)
    }
}

impl Stage {
    /// Takes items through a window. `rows` and `columns` are room for the windows in which one lies.
    fn pass_window(
        &mut self,
        window: &Window,
        spread: &Spread,
        input: &[Item],
        range: &Range<usize>,
        [rows, columns]: [&mut Vec<(usize, usize)>; 2],
    ) -> Products {
        let mut products = Products::default();
        let plane = window.rows.input * window.columns.input;
        let clip = (*range != (0..window.outputs())).then_some(range);
        for item in input {
            let (channel, at) = (item.id as usize / plane, item.id as usize % plane);
            rows.clear();
            columns.clear();
            window.rows.windows(at / window.columns.input, rows);
            window.columns.windows(at % window.columns.input, columns);
            products.count(item, self.add(window, spread, channel, item, [rows, columns], clip));
        }
        self.collect(window, range);
        products
    }

    /// Takes items through a dense matrix `[inputs, outputs]`.
    fn pass_matrix(&mut self, weights: &[f64], outputs: usize, input: &[Item], range: &Range<usize>) -> Products {
        let mut products = Products::default();
        for item in input {
            let row = &weights[item.id as usize * outputs..][range.clone()];
            self.sums.iter_mut().zip(row).for_each(|(sum, w)| *sum += item.value * w);
            let effective = row.iter().map(|&w| u64::from(w != 0.0)).sum();
            products.count(item, [row.len() as u64, effective]);
        }
        if !input.is_empty() {
            let sums = range.clone().zip(&mut self.sums);
            self.items.extend(sums.map(|(id, sum)| Item { id: id as u32, value: std::mem::take(sum), spikes: 0 }));
        }
        products
    }

    /// Multiplies each item by its factor.
    fn pass_factors(&mut self, factors: &[f64], input: &[Item], range: &Range<usize>) -> Products {
        let mut products = Products::default();
        for item in input.iter().filter(|item| range.contains(&(item.id as usize))) {
            let factor = factors[item.id as usize];
            products.count(item, [1, u64::from(factor != 0.0)]);
            self.items.push(Item { value: item.value * factor, ..*item });
        }
        products
    }

    /// Adds an item wherever a window sees it, of all outputs or those of `clip`. Returns how many
    /// weights it met there, and how many of them are not zero.
    fn add(
        &mut self,
        window: &Window,
        spread: &Spread,
        channel: usize,
        item: &Item,
        [rows, columns]: [&[(usize, usize)]; 2],
        clip: Option<&Range<usize>>,
    ) -> [u64; 2] {
        let (plane, width, channels) = (window.plane(), window.columns.output(), window.channels[1]);
        let group = window.reached(channel);
        let words = channel / window.seen() * plane.div_ceil(64);
        let mut counts = [0; 2];
        for &(ky, row) in rows {
            for &(kx, column) in columns {
                let place = row * width + column;
                self.reached[words + place / 64] |= 1 << (place % 64);
                let own = match clip {
                    None => group.clone(),
                    Some(clip) => {
                        // Channels whose output at this place, channel * plane + place, lies in it.
                        let up_to =
                            |end: usize| end.saturating_sub(place).div_ceil(plane).clamp(group.start, group.end);
                        up_to(clip.start)..up_to(clip.end)
                    }
                };
                let at = place * channels + own.start..place * channels + own.end;
                let sums = &mut self.sums[at.clone()];
                counts[0] += own.len() as u64;
                let (weights, effective) = spread.at(channel, ky * window.columns.kernel + kx);
                let weights = &weights[own.start - group.start..own.end - group.start];
                sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += item.value * weight);
                counts[1] += match own.len() == group.len() {
                    true => effective,
                    false => weights.iter().filter(|&&weight| weight != 0.0).count() as u64,
                };
                if let Some(spikes) = self.spikes.get_mut(at) {
                    spikes.iter_mut().for_each(|spikes| *spikes += item.spikes);
                }
            }
        }
        counts
    }

    /// Lists what was reached, and clears the sums.
    fn collect(&mut self, window: &Window, range: &Range<usize>) {
        let (plane, words) = (window.plane(), window.plane().div_ceil(64));
        let channels = window.channels[1];
        let per_group = window.channels[1] / window.groups;
        for (group, reached) in self.reached.chunks(words).enumerate() {
            if reached.iter().all(|&word| word == 0) {
                continue;
            }
            for to in group * per_group..(group + 1) * per_group {
                for (n, &word) in reached.iter().enumerate() {
                    let mut word = word;
                    while word != 0 {
                        let place = n * 64 + word.trailing_zeros() as usize;
                        word &= word - 1;
                        let (id, at) = (to * plane + place, place * channels + to);
                        if !range.contains(&id) {
                            continue;
                        }
                        let value = std::mem::take(&mut self.sums[at]);
                        let spikes = self.spikes.get_mut(at).map(std::mem::take).unwrap_or_default();
                        self.items.push(Item { id: id as u32, value, spikes });
                    }
                }
            }
        }
        self.reached.fill(0);
    }
}
