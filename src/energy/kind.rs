//! Categories of a ledger: branches of the hybrid, kinds of operation, views of the same work,
//! types of numbers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The part of the hybrid to which an entry belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Branch {
    /// Dense operators, in front of and behind the spikes, and scoring.
    Dense,
    /// The spiking layers.
    Spiking,
    /// The time-step factor.
    TimeStep,
    /// Embedding of the class vectors and, for a read-out, the graph of names; once for all clips.
    Classes,
    /// Comparing clips with classes.
    Scoring,
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Branch::Dense => "dense",
            Branch::Spiking => "spiking",
            Branch::TimeStep => "time_step",
            Branch::Classes => "classes",
            Branch::Scoring => "scoring",
        })
    }
}

/// A kind of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A multiplication whose product is added at once.
    Mac,
    /// An accumulate of a synaptic weight caused by a spike.
    Ac,
    /// A multiplication that is not part of a MAC.
    Multiply,
    /// An addition or subtraction that is not part of a MAC or an accumulate.
    Add,
    /// A comparison: maximum, ReLU, threshold.
    Compare,
    /// A division, square root, exponential or logarithm.
    Function,
    /// A spike that a neuron emitted.
    Spike,
    /// A spike delivered to one synapse, zero weights included.
    SynapticEvent,
    /// One step of one neuron that was carried out.
    NeuronUpdate,
    /// One step of one neuron that the event-driven run left out. Hardware that visits every neuron
    /// at every step pays for it.
    NeuronIdle,
    /// One step of one neuron's dynamic threshold.
    ThresholdUpdate,
    /// An event put into or taken out of a queue.
    QueueOperation,
}

impl Kind {
    /// All kinds, in the order of documents.
    pub const ALL: [Kind; 12] = [
        Kind::Mac,
        Kind::Ac,
        Kind::Multiply,
        Kind::Add,
        Kind::Compare,
        Kind::Function,
        Kind::Spike,
        Kind::SynapticEvent,
        Kind::NeuronUpdate,
        Kind::NeuronIdle,
        Kind::ThresholdUpdate,
        Kind::QueueOperation,
    ];

    /// The view to which the kind belongs.
    pub fn view(self) -> View {
        match self {
            Kind::Mac | Kind::Ac | Kind::Multiply | Kind::Add | Kind::Compare | Kind::Function => View::Arithmetic,
            Kind::Spike
            | Kind::SynapticEvent
            | Kind::NeuronUpdate
            | Kind::NeuronIdle
            | Kind::ThresholdUpdate
            | Kind::QueueOperation => View::Events,
        }
    }

    /// Its name, as in documents and tables.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Mac => "mac",
            Kind::Ac => "ac",
            Kind::Multiply => "multiply",
            Kind::Add => "add",
            Kind::Compare => "compare",
            Kind::Function => "function",
            Kind::Spike => "spike",
            Kind::SynapticEvent => "synaptic_event",
            Kind::NeuronUpdate => "neuron_update",
            Kind::NeuronIdle => "neuron_idle",
            Kind::ThresholdUpdate => "threshold_update",
            Kind::QueueOperation => "queue_operation",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A way to look at the work of spiking layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Additions, multiplications, comparisons.
    Arithmetic,
    /// Synaptic events, neuron updates.
    Events,
}

/// The type of the numbers of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataType {
    /// 8-bit integers.
    Int8,
    /// 16-bit integers.
    Int16,
    /// 32-bit integers.
    Int32,
    /// Half precision.
    Fp16,
    /// Single precision.
    Fp32,
    /// Double precision.
    Fp64,
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            DataType::Int8 => "int8",
            DataType::Int16 => "int16",
            DataType::Int32 => "int32",
            DataType::Fp16 => "fp16",
            DataType::Fp32 => "fp32",
            DataType::Fp64 => "fp64",
        })
    }
}
