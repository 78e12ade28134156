//! The losses (equations 16-18 of the paper and the cross-entropy of `docs/model.md`, 4.3).

use crate::hybrid::config::Config;
use crate::hybrid::dense::decode;
use crate::hybrid::model::{ClipBatch, Spiking, Stft};
use crate::hybrid::parameters::Pass;
use crate::hybrid::tensor::{Real, Var};

/// A loss and what it is made of, unweighted: triplet, projection, reconstruction, classification;
/// sums over the model and its linear members.
pub struct Loss<R: Real> {
    /// The weighted sum, which is minimised.
    pub total: Var<R>,
    /// Its four parts, unweighted.
    pub parts: [f64; 4],
    /// The spiking branch on this batch.
    pub spiking: Option<Spiking<R>>,
}

/// Class vectors that go with a batch of B positive and B negative clips.
pub struct Words<R: Real> {
    /// Vectors of the B positive and the B negative clips, then of all training classes:
    /// `[2 B + C, words]`.
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

    // The model and its linear members have the same losses, each of its own embeddings; only the
    // model's are decoded.
    let (mut triplets, mut projections, mut entropies) = (Vec::new(), Vec::new(), Vec::new());
    for (theta, theta_words) in std::iter::once(&theta).chain(&semantic.members).zip(&theta_words) {
        let [w, w_negative] = split(theta_words);
        let [audio, audio_negative] = split(&theta.audio);
        let [video, video_negative] = split(&theta.video);
        let [both, both_negative] = [graph.mean_of(&audio, &video), graph.mean_of(&audio_negative, &video_negative)];
        for (x, x_negative) in [(&both, &both_negative), (&audio, &audio_negative), (&video, &video_negative)] {
            triplets.push((1.0 / 6.0, graph.triplet(x, &w, &w_negative, training.margin)));
            triplets.push((1.0 / 6.0, graph.triplet(&w, x, x_negative, training.margin)));
        }
        projections.extend([&audio, &video].map(|x| (0.5, graph.mean_squared(x, &w))));
        let classes = graph.rows(theta_words, 2 * half, 1, words.rows.rows() - 2 * half);
        entropies.extend(theta.as_ref().into_array().map(|theta| {
            (0.5, graph.distance_cross_entropy(theta, &classes, &words.labels, training.classification_scale))
        }));
    }
    let sum = |terms: &[(f64, Var<R>)]| graph.weighted_sum(&terms.iter().map(|(w, t)| (*w, t)).collect::<Vec<_>>());
    let [triplet, projection, classification] = [&triplets, &projections, &entropies].map(|terms| sum(terms));

    let [w, audio, video] = [&theta_words[0], &theta.audio, &theta.video].map(|x| graph.rows(x, 0, 1, half));
    let vectors = graph.rows(&words.rows, 0, 1, half);
    let target = |phi: &Var<R>| graph.detach(&graph.rows(phi, 0, 1, half));
    let decoded = |x: &Var<R>| graph.mean_squared(&decode(pass, &model.config, "decoder", x), &vectors);
    let reconstructed =
        |name: &str, x: &Var<R>, phi: &Var<R>| graph.mean_squared(&decode(pass, &model.config, name, x), &target(phi));
    let reconstructions = [
        reconstructed("audio_reconstruct", &audio, &semantic.phi.audio),
        reconstructed("video_reconstruct", &video, &semantic.phi.video),
        decoded(&audio),
        decoded(&video),
        decoded(&w),
    ];
    let reconstruction = graph.weighted_sum(&reconstructions.each_ref().map(|r| (0.2, r)));

    let total = graph.weighted_sum(&[
        (training.weight_triplet, &triplet),
        (training.weight_projection, &projection),
        (training.weight_reconstruction, &reconstruction),
        (training.weight_classification, &classification),
    ]);
    let parts = [&triplet, &projection, &reconstruction, &classification].map(|part| part.scalar().f64());
    Loss { total, parts, spiking }
}
