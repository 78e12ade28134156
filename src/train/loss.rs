//! The losses (equations 16-18 of the paper and the cross-entropy of `docs/model.md`, 4.3).

use crate::config::Config;
use crate::dense::decode;
use crate::model::{ClipBatch, Pass, Spiking, Stft};
use crate::tensor::{Real, Var};

/// A loss and what it is made of, unweighted: triplet, projection, reconstruction, classification.
pub struct Loss<R: Real> {
    /// What is minimised.
    pub total: Var<R>,
    /// Its four parts.
    pub parts: [f64; 4],
    /// The spiking branch on this batch.
    pub spiking: Option<Spiking<R>>,
}

/// Class vectors that go with a batch of B positive and B negative clips.
pub struct Words<R: Real> {
    /// Vectors of the B positive and the B negative clips, then of all training classes: `[2 B + C, words]`.
    pub rows: Var<R>,
    /// Place of each of the 2 B clips' classes among the training classes.
    pub labels: Vec<usize>,
}

/// Runs the model on `batch` (B positive rows, then B negative ones) and computes the loss.
pub fn loss<R: Real>(
    pass: &Pass<'_, R>,
    model: &Stft,
    config: &Config,
    batch: &ClipBatch<R>,
    words: &Words<R>,
) -> Loss<R> {
    let (graph, training) = (pass.graph, &config.training);
    let semantic = model.semantic(pass, batch);
    let spiking = model.has_spikes().then(|| model.spiking(pass, batch, &semantic.phi));
    let fused = model.fuse(pass, &semantic.r, spiking.as_ref().map(|s| &s.s));
    let theta = model.embed(pass, &fused, semantic.skip.as_ref());
    let theta_words = model.embed_words(pass, &words.rows);
    let half = words.labels.len() / 2;
    let split = |x: &Var<R>| [graph.rows(x, 0, 1, half), graph.rows(x, half, 1, half)];
    let [w, w_negative] = split(&theta_words);
    let [audio, audio_negative] = split(&theta[0]);
    let [video, video_negative] = split(&theta[1]);
    let [both, both_negative] = [graph.mean_of(&audio, &video), graph.mean_of(&audio_negative, &video_negative)];

    let mut triplets = Vec::new();
    for (x, x_negative) in [(&both, &both_negative), (&audio, &audio_negative), (&video, &video_negative)] {
        triplets.push(graph.triplet(x, &w, &w_negative, training.margin));
        triplets.push(graph.triplet(&w, x, x_negative, training.margin));
    }
    let share = 1.0 / triplets.len() as f64;
    let triplet = graph.weighted_sum(&triplets.iter().map(|t| (share, t)).collect::<Vec<_>>());

    let projections = [graph.mean_squared(&audio, &w), graph.mean_squared(&video, &w)];
    let projection = graph.weighted_sum(&projections.each_ref().map(|p| (0.5, p)));

    let vectors = graph.rows(&words.rows, 0, 1, half);
    let target = |phi: &Var<R>| graph.detach(&graph.rows(phi, 0, 1, half));
    let decoded = |x: &Var<R>| graph.mean_squared(&decode(pass, &model.config, "decoder", x), &vectors);
    let reconstructed =
        |name: &str, x: &Var<R>, phi: &Var<R>| graph.mean_squared(&decode(pass, &model.config, name, x), &target(phi));
    let reconstructions = [
        reconstructed("audio_reconstruct", &audio, &semantic.phi[0]),
        reconstructed("video_reconstruct", &video, &semantic.phi[1]),
        decoded(&audio),
        decoded(&video),
        decoded(&w),
    ];
    let reconstruction = graph.weighted_sum(&reconstructions.each_ref().map(|r| (0.2, r)));

    let classes = graph.rows(&theta_words, 2 * half, 1, words.rows.rows() - 2 * half);
    let entropies = theta
        .each_ref()
        .map(|theta| graph.distance_cross_entropy(theta, &classes, &words.labels, training.classification_scale));
    let classification = graph.weighted_sum(&entropies.each_ref().map(|e| (0.5, e)));

    let total = graph.weighted_sum(&[
        (training.weight_triplet, &triplet),
        (training.weight_projection, &projection),
        (training.weight_reconstruction, &reconstruction),
        (training.weight_classification, &classification),
    ]);
    let parts = [&triplet, &projection, &reconstruction, &classification].map(|part| part.scalar().f64());
    Loss { total, parts, spiking }
}
