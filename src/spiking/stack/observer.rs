//! What may look at the state of layers.

/// The state of a layer at the end of a tick, one value per neuron.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    /// h, the membranes that were compared with the thresholds.
    pub charged: &'a [f32],
    /// u, the membranes after the reset.
    pub membranes: &'a [f32],
    /// theta, the thresholds that were compared with.
    pub thresholds: &'a [f32],
}

/// Observer of layer state. Observing a layer forces its full state: the event driver then takes
/// every neuron to the present, and counts what that costs.
pub trait Observer {
    /// Whether to look at `layer` at the end of `tick`.
    fn wants(&self, layer: usize, tick: usize) -> bool {
        let _ = (layer, tick);
        true
    }

    /// The state of `layer` at the end of `tick`.
    fn tick(&mut self, layer: usize, tick: usize, snapshot: Snapshot<'_>);
}
