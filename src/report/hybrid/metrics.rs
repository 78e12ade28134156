//! NeuroBench's metrics of the hybrid.

use crate::energy::synops::Synops;
use crate::hybrid::compare::Parity;
use crate::hybrid::evaluate::Evaluation;
use crate::hybrid::model::LayerRecord;
use crate::hybrid::parameters::Parameters;
use crate::report::neurobench::Neurobench;

/// The metrics of the hybrid. Activations are those of the spiking neurons; weights and synaptic
/// operations are those of all layers.
pub fn metrics(
    parameters: &Parameters<f32>,
    result: &Evaluation,
    synops: &Synops,
    parity: Option<&Parity>,
) -> Neurobench {
    let mut document = Neurobench::of_synops(synops);
    let values = || parameters.entries().iter().map(|entry| &entry.values);
    document.footprint = Some(values().map(|v| (v.len() * size_of::<f32>()) as u64).sum());
    let matrices = parameters.entries().iter().filter(|entry| entry.declaration.shape.len() == 2);
    let (zeros, weights) = matrices.fold((0, 0), |(zeros, all), entry| {
        (zeros + entry.values.iter().filter(|&&w| w == 0.0).count() as u64, all + entry.values.len() as u64)
    });
    document.set_connections(zeros, weights);
    match &result.activity {
        Some(activity) => {
            let layer = |layer: &LayerRecord| {
                let neuron_steps = layer.neurons * layer.spikes.len() * result.clips;
                (layer.name.clone(), layer.counts.spikes, neuron_steps as u64)
            };
            document.set_activation(&activity.all_layers().map(layer).collect::<Vec<_>>());
            match parity {
                Some(parity) => {
                    document.membrane_updates = Some(parity.membrane_changes as f64 / result.clips.max(1) as f64);
                }
                None => document.leave_out(&["MembraneUpdates"], "membrane potentials were not watched in this run"),
            }
        }
        None => document.leave_out(
            &["ActivationSparsity", "ActivationSparsityByLayer", "MembraneUpdates"],
            "the model has no spiking neurons",
        ),
    }
    document
}
