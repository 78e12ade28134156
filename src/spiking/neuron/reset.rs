//! What a spike does to the membrane.

/// What happens to the membrane when the neuron fires.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reset<V> {
    /// It becomes this, in the unit of the membrane.
    To(V),
    /// The threshold is subtracted.
    Subtract,
}
