//! A projection through layers that share weights: what a tick's spikes bring to one part's neurons.

use super::rows::Strengths;
use crate::network::Projection;
use crate::network::layers::{Flow, Item, Layers, Products};
use crate::spiking::Tick;
use std::ops::Range;
use std::sync::Arc;

/// Layers to one part's neurons.
pub(super) struct Layered {
    layers: Arc<Layers>,
    flow: Flow,
    /// The part's first output, and the local id of its neuron.
    first_output: u32,
    first_target: u32,
    /// Whether this part counts products in front of the last layer.
    first: bool,
    /// Products with weights of one spike of every source, and those of them whose weight is zero.
    pub synapses: u64,
    pub zero_weights: u64,
    /// Products of a tick where zeros are multiplied too.
    pub dense_products: u64,
    /// The tick of what follows.
    tick: Option<Tick>,
    /// What arrives: local ids, and a sum for each.
    pub targets: Vec<u32>,
    pub sums: Strengths,
    pub products: Products,
    items: Vec<Item>,
    values: Vec<f64>,
}

impl Layered {
    /// The layers of `projection` to the neurons `targets` of its population, in the part that comes
    /// `first` or in another one.
    pub fn new(
        projection: &Projection,
        layers: &Arc<Layers>,
        targets: Range<u32>,
        first: bool,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Layered {
        let to = &projection.to_ids;
        let own = targets.start.clamp(to.start, to.end)..targets.end.clamp(to.start, to.end);
        let outputs = (own.start - to.start) as usize..(own.end - to.start) as usize;
        let mut flow = Flow::new(layers, outputs.clone());
        let (mut synapses, mut zero_weights) = (0, 0);
        for id in 0..layers.inputs() as u32 {
            let one = flow.run(layers, &[Item { id, value: 1.0, spikes: 1 }], first);
            let all = one.spikes + one.values;
            synapses += all;
            zero_weights += all - one.effective_spikes - one.effective_values;
            progress(2 * all);
        }
        Layered {
            flow,
            first_output: outputs.start as u32,
            first_target: own.start.saturating_sub(targets.start),
            first,
            synapses,
            zero_weights,
            dense_products: layers.dense_products(outputs, first),
            tick: None,
            targets: Vec::new(),
            sums: Strengths::Double(Vec::new()),
            products: Products::default(),
            items: Vec::new(),
            values: Vec::new(),
            layers: layers.clone(),
        }
    }

    /// Computes what `inputs`, in their order, bring at `tick`, unless that is known. With `dense`
    /// all inputs are multiplied, zeros too; the bits are the same.
    pub fn compute(&mut self, tick: Tick, inputs: impl Iterator<Item = Item>, dense: bool) {
        if self.tick == Some(tick) {
            return;
        }
        self.tick = Some(tick);
        self.items.clear();
        for input in inputs {
            match self.items.last_mut().filter(|last| last.id == input.id) {
                Some(last) => {
                    last.value += input.value;
                    last.spikes += input.spikes;
                }
                None => self.items.push(input),
            }
        }
        self.products = self.flow.run(&self.layers, &self.items, self.first);
        let outputs = self.flow.outputs();
        if dense {
            self.values.clear();
            self.values.resize(self.layers.inputs(), 0.0);
            self.items.iter().for_each(|item| self.values[item.id as usize] = item.value);
            self.layers.dense(&mut self.values);
        }
        let Strengths::Double(sums) = &mut self.sums else { return };
        self.targets.clear();
        sums.clear();
        for item in outputs {
            self.targets.push(self.first_target + (item.id - self.first_output));
            sums.push(if dense { self.values[item.id as usize] } else { item.value });
        }
    }

    /// Forgets the tick that was computed.
    pub fn forget(&mut self) {
        self.tick = None;
    }
}
