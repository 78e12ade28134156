//! The dense branch: encoders, latent knowledge combiner, joint transformer, heads.

use crate::hybrid::config::ModelConfig;
use crate::hybrid::parameters::{ByModality, MODALITIES, Modality, Pass};
use crate::hybrid::tensor::{Real, Var};

/// `phi = Drop(ReLU(BN(Linear)))` twice: `[n, features]` -> `[n, D]`.
pub fn encode<R: Real>(pass: &Pass<'_, R>, config: &ModelConfig, modality: Modality, x: &Var<R>) -> Var<R> {
    let name = format!("encoder.{}", modality.name());
    let hidden = pass.linear(x, &format!("{name}.linear1"));
    let hidden = pass.batch_norm(&hidden, &format!("{name}.norm1"), true, config.dropout_encoder);
    let phi = pass.linear(&hidden, &format!("{name}.linear2"));
    pass.batch_norm(&phi, &format!("{name}.norm2"), true, config.dropout_encoder)
}

/// Latent knowledge combiner (equations 1-4 of the paper) over the segments of each clip, in order:
/// `phi_m [clips * segments, D]` -> `r_m [clips, D]`.
///
/// `k_m = sum_i sigmoid(phi_m K_i^T) * phi_m`, `p_m = ReLU(k_m W_m^T + b_m)`,
/// `k = alpha (p_a k_a + p_v k_v) + (1 - alpha) k_previous`; tokens `k_a + p_a + k`,
/// `k_v + p_v + k`, `k` through one block.
pub fn combine<R: Real>(
    pass: &Pass<'_, R>,
    config: &ModelConfig,
    phi: &ByModality<Var<R>>,
    segments: usize,
) -> ByModality<Var<R>> {
    let graph = pass.graph;
    let clips = phi.audio.rows() / segments;
    let mut previous = pass.var("combiner.initial");
    let mut reasoned = ByModality::of(|_| Vec::new());
    for segment in 0..segments {
        let parts = MODALITIES.map(|m| {
            let phi = match segments {
                1 => phi[m].clone(),
                _ => graph.rows(&phi[m], segment, segments, clips),
            };
            pass.scope("combiner.slots");
            let k = graph.gated(&graph.linear(&phi, &pass.var("combiner.slots"), None), &phi);
            let p = graph.relu(&pass.linear(&k, &format!("combiner.{}", m.name())));
            (k, p)
        });
        pass.scope("combiner");
        let [(k_a, p_a), (k_v, p_v)] = parts;
        let evidence = graph.add(&graph.multiply(&p_a, &k_a), &graph.multiply(&p_v, &k_v));
        let k = graph.mix(&evidence, &previous, &pass.var("combiner.alpha"));
        let tokens = [graph.add(&graph.add(&k_a, &p_a), &k), graph.add(&graph.add(&k_v, &p_v), &k), k.clone()];
        let tokens = block(pass, config, "combiner.block", &graph.interleave(&[&tokens[0], &tokens[1], &tokens[2]]), 3);
        for (m, reasoned) in reasoned.iter_mut().enumerate() {
            reasoned.push(graph.rows(&tokens, m, 3, clips));
        }
        previous = k;
    }
    reasoned.map(|segments| match &segments[..] {
        [only] => only.clone(),
        many => graph.mean_rows(&graph.interleave(&many.iter().collect::<Vec<_>>()), many.len()),
    })
}

/// Pre-norm transformer block over `tokens` rows a clip: `x += MHA(LN x)`, `x += MLP(LN x)` with
/// GELU.
fn block<R: Real>(pass: &Pass<'_, R>, config: &ModelConfig, name: &str, x: &Var<R>, tokens: usize) -> Var<R> {
    let graph = pass.graph;
    let qkv = pass.linear(&pass.layer_norm(x, &format!("{name}.norm1")), &format!("{name}.qkv"));
    let attended = graph.attention(&qkv, tokens, config.heads);
    let x = graph.add(x, &pass.linear(&attended, &format!("{name}.out")));
    let hidden = pass.linear(&pass.layer_norm(&x, &format!("{name}.norm2")), &format!("{name}.mlp1"));
    graph.add(&x, &pass.linear(&graph.gelu(&hidden), &format!("{name}.mlp2")))
}

/// Joint reasoning (equation 14): tokens `y_a + e_a`, `y_v + e_v` through the blocks;
/// `f_m = y_m + token_m`.
pub fn join<R: Real>(pass: &Pass<'_, R>, config: &ModelConfig, y: &ByModality<Var<R>>) -> ByModality<Var<R>> {
    let graph = pass.graph;
    pass.scope("joint");
    let mut tokens = graph.add_by_token(&graph.interleave(&[&y.audio, &y.video]), &pass.var("joint.modality"));
    for i in 0..config.joint_blocks {
        tokens = block(pass, config, &format!("joint.block{i}"), &tokens, 2);
    }
    pass.scope("joint");
    let token = |m: usize| graph.rows(&tokens, m, 2, y.audio.rows());
    ByModality { audio: graph.add(&y.audio, &token(0)), video: graph.add(&y.video, &token(1)) }
}

/// Linear way past the model: `BN(Linear(Drop(x)))` of the average `x` of each clip's `segments`
/// rows, `[clips, E]`.
pub fn skip<R: Real>(pass: &Pass<'_, R>, config: &ModelConfig, name: &str, x: &Var<R>, segments: usize) -> Var<R> {
    pass.scope(name);
    let x = pass.dropout(&pass.graph.mean_rows(x, segments), &format!("{name}.input"), config.dropout_skip, 1);
    pass.batch_norm(&pass.linear(&x, &format!("{name}.linear")), &format!("{name}.norm"), false, 0.0)
}

/// Embedding head `[n, D]` -> `[n, E]`; `skip` is added to its result.
pub fn head<R: Real>(
    pass: &Pass<'_, R>,
    config: &ModelConfig,
    name: &str,
    f: &Var<R>,
    skip: Option<&Var<R>>,
) -> Var<R> {
    let name = format!("heads.{name}");
    let hidden = pass.linear(f, &format!("{name}.linear1"));
    let hidden = pass.batch_norm(&hidden, &format!("{name}.norm1"), true, config.dropout_heads);
    let theta = pass.linear(&hidden, &format!("{name}.linear2"));
    let theta = pass.batch_norm(&theta, &format!("{name}.norm2"), config.embedding_relu, config.dropout_heads);
    finish(pass, config, skip.map_or(theta.clone(), |skip| pass.graph.add(&theta, skip)))
}

/// An embedding as it is used: of unit length, if configured.
pub fn finish<R: Real>(pass: &Pass<'_, R>, config: &ModelConfig, theta: Var<R>) -> Var<R> {
    if config.normalize_embeddings { pass.graph.normalize_rows(&theta) } else { theta }
}

/// Class-vector head `name`, `[n, words]` -> `[n, E]`.
pub fn embed_words<R: Real>(pass: &Pass<'_, R>, config: &ModelConfig, name: &str, words: &Var<R>) -> Var<R> {
    let theta = pass.linear(words, &format!("{name}.linear1"));
    let theta = pass.batch_norm(&theta, &format!("{name}.norm1"), config.embedding_relu, config.dropout_heads);
    finish(pass, config, theta)
}

/// A decoder of training, `Linear BN ReLU Drop Linear`: `[n, E]` -> its target's size.
pub fn decode<R: Real>(pass: &Pass<'_, R>, config: &ModelConfig, name: &str, theta: &Var<R>) -> Var<R> {
    let name = format!("heads.{name}");
    let hidden = pass.linear(theta, &format!("{name}.linear1"));
    let hidden = pass.batch_norm(&hidden, &format!("{name}.norm1"), true, config.dropout_heads);
    pass.linear(&hidden, &format!("{name}.linear2"))
}
