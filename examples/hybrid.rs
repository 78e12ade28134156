//! The whole hybrid through the library: train on the embedded set, test event by event, print the
//! report. The model is tiny so that it takes seconds; `spikefuse run` takes the real one.
//!
//!     cargo run --release --example hybrid

use spikefuse::Result;
use spikefuse::data::{Dataset, Part};
use spikefuse::hybrid::compare::compare;
use spikefuse::hybrid::config::{Config, ModelConfig, TrainingConfig};
use spikefuse::hybrid::evaluate::{Gamma, Task, evaluate};
use spikefuse::hybrid::gzsl::Candidates;
use spikefuse::hybrid::model::Hybrid;
use spikefuse::hybrid::train::{EpochRecord, TrainingObserver, train};
use spikefuse::report::{Provenance, Report};
use spikefuse::spiking::Driver;

const SEED: u64 = 0;

/// Prints a line per epoch.
struct Lines;

impl TrainingObserver for Lines {
    fn batch(&mut self, _stage: u8, _epoch: [usize; 2], _batch: [usize; 2], _loss: f64) {}

    fn epoch(&mut self, record: &EpochRecord) {
        let hm = record.validation.map_or(String::new(), |v| format!(", validation HM {:.1} %", 100.0 * v.both.hm));
        println!("stage {}, epoch {}: loss {:.3}{hm}", record.stage, record.epoch, record.loss);
    }
}

fn main() -> Result<()> {
    let config = Config {
        model: ModelConfig {
            width: 48,
            encoder_hidden: 64,
            embedding: 32,
            heads: 2,
            head_dim: 16,
            time_steps: 6,
            theta_0: 0.5,
            scales: vec![4, 8],
            slice_width: 16,
            ..ModelConfig::default()
        },
        training: TrainingConfig {
            epochs: 4,
            batches_per_epoch: 10,
            batch: 32,
            learning_rate: 0.005,
            ..Default::default()
        },
    };
    let dataset = Dataset::embedded(0);
    let trained = train(&config, &dataset, SEED, None, &mut Lines)?;
    let network = Hybrid::new(&trained.model, &trained.parameters)?;

    let (seen, unseen) = (dataset.load(Part::Stage2TestSeen)?, dataset.load(Part::Stage2TestUnseen)?);
    let candidates = Candidates::new(dataset.classes_of(Part::Stage2Train), dataset.classes_of(Part::Stage2TestUnseen));
    let task = Task { seen: &seen, unseen: &unseen, candidates };
    // Gamma was chosen in stage 1, on validation clips: the test clips choose nothing.
    let result = evaluate(&network, &dataset, &task, Gamma::Given(trained.choice.gamma), Driver::Event, |_| ())?;
    let parity = compare(&network, &unseen, |_| ())?;
    assert!(parity.as_ref().is_some_and(|parity| parity.holds()));
    let origin = Provenance {
        dataset: &dataset,
        candidates: &task.candidates,
        model: &trained.model,
        parameters: &trained.parameters,
        seed: SEED,
        config: &config,
        epochs: trained.choice.epochs,
    };
    println!("\n{}", Report::new(&origin, &result, parity, &[])?);
    Ok(())
}
