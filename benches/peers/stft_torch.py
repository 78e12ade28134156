"""The model a second time, in PyTorch, written from docs/model.md: a check of the first and its peer in speed.

    pip install torch numpy safetensors
    python benches/peers/stft_torch.py embed MODEL/weights.safetensors CLIPS.safetensors OUT.safetensors
    python benches/peers/stft_torch.py bench MODEL/weights.safetensors [--batch 256] [--classes 50] [--threads 2]

`embed` reads what examples/embeddings.rs writes: per modality the segments of all clips (`audio.values`, `video.values`) and
where each clip starts (`audio.offsets`, `video.offsets`), and class vectors (`words`). It writes `theta_audio`, `theta_video`,
`theta_words`, and `spikes_audio`, `spikes_video` [clips, block, step, neuron]. `bench` times training steps on clip averages.
"""

import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

MODALITIES = ("audio", "video")


def matrix(rows, cols):
    """A weight without bias, uniform in ±1/sqrt(cols)."""
    return nn.Parameter(torch.empty(rows, cols).uniform_(-(cols**-0.5), cols**-0.5))


def by_modality(make):
    return nn.ModuleDict({m: make(m) for m in MODALITIES})


class Norm(nn.BatchNorm1d):
    """Batch normalisation over all leading axes."""

    def forward(self, x):
        return super().forward(x.flatten(0, -2)).view(x.shape)


class Layers(nn.Module):
    """Linear BN ReLU Drop Linear, then BN [ReLU] Drop for encoders and heads."""

    def __init__(self, inputs, hidden, outputs, dropout, norm=True, relu=False):
        super().__init__()
        self.linear1, self.norm1 = nn.Linear(inputs, hidden), Norm(hidden)
        self.linear2, self.norm2 = nn.Linear(hidden, outputs), Norm(outputs) if norm else None
        self.dropout, self.relu = dropout, relu

    def forward(self, x):
        x = self.linear2(F.dropout(F.relu(self.norm1(self.linear1(x))), self.dropout, self.training))
        if self.norm2 is None:
            return x
        x = self.norm2(x)
        return F.dropout(F.relu(x) if self.relu else x, self.dropout, self.training)


class WordHead(nn.Module):
    """Linear BN [ReLU] Drop."""

    def __init__(self, inputs, outputs, dropout, relu):
        super().__init__()
        self.linear1, self.norm1, self.dropout, self.relu = nn.Linear(inputs, outputs), Norm(outputs), dropout, relu

    def forward(self, x):
        x = self.norm1(self.linear1(x))
        return F.dropout(F.relu(x) if self.relu else x, self.dropout, self.training)


class Skip(nn.Module):
    """Drop Linear BN: clip averages [B, inputs] -> what is added to their embeddings, or a member's, [B, outputs]."""

    def __init__(self, inputs, outputs, dropout):
        super().__init__()
        self.linear, self.norm, self.dropout = nn.Linear(inputs, outputs), Norm(outputs), dropout

    def forward(self, x):
        return self.norm(self.linear(F.dropout(x, self.dropout, self.training)))


class Block(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self, c, mlp):
        super().__init__()
        width, inner, self.heads = c["width"], c["heads"] * c["head_dim"], c["heads"]
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * inner), nn.Linear(inner, width)
        self.mlp1, self.mlp2 = nn.Linear(width, mlp), nn.Linear(mlp, width)

    def forward(self, x):
        qkv = self.qkv(self.norm1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        x = x + self.out(F.scaled_dot_product_attention(*qkv).transpose(1, 2).flatten(-2))
        return x + self.mlp2(F.gelu(self.mlp1(self.norm2(x)), approximate="tanh"))


class Combiner(nn.Module):
    """Latent knowledge combiner: phi_audio, phi_video [B, L, D] -> r [B, 2, D]."""

    def __init__(self, c):
        super().__init__()
        d, self.count = c["width"], c["slots"]
        self.slots = matrix(self.count * d, d)
        self.audio, self.video = nn.Linear(d, d), nn.Linear(d, d)
        self.alpha, self.initial = nn.Parameter(torch.zeros(1)), nn.Parameter(0.02 * torch.randn(d))
        self.block = Block(c, 2 * d)

    def forward(self, phi_audio, phi_video):
        k_a, k_v = (
            torch.sigmoid(F.linear(phi, self.slots)).unflatten(-1, (self.count, -1)).sum(-2) * phi
            for phi in (phi_audio, phi_video)
        )
        p_a, p_v = F.relu(self.audio(k_a)), F.relu(self.video(k_v))
        evidence, alpha, k, states = p_a * k_a + p_v * k_v, torch.sigmoid(self.alpha), self.initial, []
        for segment in range(evidence.shape[1]):
            k = alpha * evidence[:, segment] + (1 - alpha) * k
            states.append(k)
        k = torch.stack(states, 1)
        tokens = torch.stack((k_a + p_a + k, k_v + p_v + k, k), 2)
        return self.block(tokens.flatten(0, 1)).unflatten(0, k.shape[:2]).mean(1)[:, :2]


class Spike(torch.autograd.Function):
    """1 where `over`, the membrane less the threshold, is not negative; the surrogate's derivative."""

    @staticmethod
    def forward(ctx, over, surrogate, slope):
        ctx.save_for_backward(over)
        ctx.surrogate, ctx.slope = surrogate, slope
        return (over >= 0).to(over.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (over,), k = ctx.saved_tensors, ctx.slope
        if ctx.surrogate == "Sigmoid":
            s = torch.sigmoid(k * over)
            return gradient * (k * s * (1 - s)), None, None
        return gradient * (k / (2 * (1 + (torch.pi * k / 2 * over) ** 2))), None, None


class Threshold(nn.Module):
    """What moves the thresholds of a block."""

    def __init__(self, c):
        super().__init__()
        self.semantic_in = matrix(c["semantic_rank"], c["width"])
        self.semantic_out = nn.Parameter(0.01 * torch.randn(c["width"], c["semantic_rank"]))
        self.gains = nn.Parameter(torch.full((4,), 0.1))


class SpikingBlock(nn.Module):
    """x [T or 1, B, inputs], phi [B, D], pooling [T or 1, B] -> spikes [T, B, D]; one row of x counts for all steps."""

    def __init__(self, inputs, c):
        super().__init__()
        self.c, self.weight, self.norm = c, matrix(c["width"], inputs), Norm(c["width"])
        self.threshold = Threshold(c) if c["threshold"] == "Dynamic" else None

    def forward(self, x, phi, pooling):
        c, dynamic, steps = self.c, self.threshold, self.c["time_steps"]
        current = self.norm(F.linear(x, self.weight)).expand(steps, -1, -1)
        u, trace, theta, spikes = 0.0, 0.0, c["theta_0"], []
        if dynamic:
            gains, pooling = dynamic.gains, pooling.expand(steps, -1)
            cue = torch.tanh(F.linear(F.linear(phi, dynamic.semantic_in), dynamic.semantic_out))
            base = c["theta_0"] + gains[0] * cue
        for t in range(steps):
            h = u + (current[t] - u) / c["tau"]
            s = Spike.apply(h - theta, c["surrogate"], c["surrogate_slope"])
            u = h * (1 - s) if c["reset"] == "Hard" else h - theta * s
            spikes.append(s)
            if dynamic and t + 1 < steps:
                trace = c["trace_decay"] * trace + s
                rate = s.mean(-1).clamp(1e-4, 1 - 1e-4)
                entropy = -(rate * rate.log2() + (1 - rate) * (1 - rate).log2())
                common = gains[1] * entropy + gains[2] * pooling[t]
                target = base + common[:, None] + gains[3] * trace
                theta = 0.5 * theta + 0.5 * target.clamp(c["theta_min"], c["theta_max"])
        return torch.stack(spikes)


class SpikingBranch(nn.Module):
    """Pooling and three blocks: x [T or 1, B, features] -> spikes of each block [T, B, D]."""

    def __init__(self, features, c, temporal):
        super().__init__()
        self.c = c
        if c["glp"] and temporal:
            self.glp_beta = nn.Parameter(torch.zeros(1))
        self.block1, self.block2, self.block3 = (SpikingBlock(n, c) for n in (features, c["width"], c["width"]))

    def refined(self, x):
        if not self.c["glp"]:
            return x, x.new_zeros(x.shape[:2])
        if len(x) == 1 and not hasattr(self, "glp_beta"):
            g = 2 * x
        else:
            windows = [x[max(t - 1, 0) : t + 2] for t in range(len(x))]
            local = torch.stack([0.5 * (w.amax(0) + w.mean(0)) for w in windows])
            beta = torch.sigmoid(self.glp_beta)
            g = local + beta * x.amax(0) + (1 - beta) * x.mean(0)
        gate = torch.sigmoid(g)
        return (1 + gate) * x, gate.mean(-1)

    def forward(self, x, phi):
        x, pooling = self.refined(x)
        x = x * F.dropout(torch.ones_like(x[:1]), self.c["dropout_spiking_input"], self.training)
        blocks = []
        for block in (self.block1, self.block2, self.block3):
            x = block(x, phi, pooling)
            blocks.append(x)
        return blocks


class TimeStep(nn.Module):
    """Time-step factor: spikes [T, B, D] -> S [B, D]."""

    def __init__(self, steps):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(steps))

    def forward(self, s):
        factors = torch.softmax(s.sum(-1) / s.shape[-1] ** 0.5 + self.bias[:, None], 0)
        return torch.einsum("tb,tbd->bd", factors, s)


class Tucker(nn.Module):
    """One scale of the fusion: a full core, or slices of low rank."""

    def __init__(self, scale, c):
        super().__init__()
        self.cube, d = c["fusion"] == "Cube", c["width"]
        p = scale if self.cube else c["slice_width"]
        self.semantic, self.spiking, self.out = matrix(p, d), matrix(p, d), matrix(d, p)
        if self.cube:
            self.core = matrix(scale, scale * scale)
        else:
            self.slices_semantic, self.slices_spiking = matrix(scale * p, p), matrix(scale * p, p)

    def forward(self, r, s):
        a, b = F.linear(r, self.semantic), F.linear(s, self.spiking)
        if self.cube:
            z = F.linear((a[:, :, None] * b[:, None]).flatten(1), self.core)
        else:
            z = F.linear(a, self.slices_semantic) * F.linear(b, self.slices_spiking)
            z = z.unflatten(1, (-1, a.shape[1])).sum(1)
        return F.linear(z, self.out)


class Fusion(nn.Module):
    """r, S [B, D] -> y [B, D]."""

    def __init__(self, c):
        super().__init__()
        d, self.c = c["width"], c
        self.bias = nn.Parameter(torch.zeros(d))
        if c["fusion"] == "SemanticOnly":
            self.semantic_only = matrix(d, d)
        elif c["fusion"] == "Concatenation":
            self.concat_semantic, self.concat_spiking = matrix(d, d), matrix(d, d)
        else:
            for scale in c["scales"]:
                self.add_module(f"scale{scale}", Tucker(scale, c))

    def forward(self, whole, s):
        c = self.c
        r = F.dropout(whole, c["dropout_semantic"], self.training)
        if c["fusion"] == "SemanticOnly":
            y = F.linear(r, self.semantic_only)
        else:
            s = F.dropout(s, c["dropout_spikes"], self.training)
            if c["fusion"] == "Concatenation":
                y = F.linear(r, self.concat_semantic) + F.linear(s, self.concat_spiking)
            else:
                y = sum(self.get_submodule(f"scale{scale}")(r, s) for scale in c["scales"])
        y = y + self.bias
        return y + whole if c["fusion_residual"] else y


class Joint(nn.Module):
    """Joint reasoning: y [B, 2, D] -> f [B, 2, D]."""

    def __init__(self, c):
        super().__init__()
        self.modality = nn.Parameter(0.02 * torch.randn(2, c["width"]))
        for i in range(c["joint_blocks"]):
            self.add_module(f"block{i}", Block(c, c["joint_mlp"]))

    def forward(self, y):
        x = y + self.modality
        for block in self.children():
            x = block(x)
        return y + x


class Input(nn.Module):
    """Statistics of the training data."""

    def __init__(self, **sizes):
        super().__init__()
        for name, size in sizes.items():
            self.register_buffer(name, torch.full((size,), float(name == "std")))


class Stft(nn.Module):
    """The model of `{"config": .., "dimensions": ..}`, as weight files name it."""

    def __init__(self, model):
        super().__init__()
        self.c = c = model["config"]
        self.dimensions = dims = model["dimensions"]
        d, e, words = c["width"], c["embedding"], dims["words"]
        self.input = by_modality(lambda m: Input(mean=dims[m], std=dims[m]))
        if c["center_words"]:
            self.input["words"] = Input(mean=words)
        self.encoder = by_modality(
            lambda m: Layers(dims[m], c["encoder_hidden"], d, c["dropout_encoder"], relu=True)
        )
        self.combiner = Combiner(c)
        self.spiking = self.time_step = None
        if c["fusion"] != "SemanticOnly":
            self.spiking = by_modality(lambda m: SpikingBranch(dims[m], c, dims["temporal"]))
            if c["time_step_factor"]:
                self.time_step = by_modality(lambda m: TimeStep(c["time_steps"]))
        self.fusion = by_modality(lambda m: Fusion(c))
        self.joint = Joint(c)
        dropout, relu = c["dropout_heads"], c["embedding_relu"]
        self.heads = by_modality(lambda m: Layers(d, 512, e, dropout, relu=relu))
        self.heads["words"] = WordHead(words, e, dropout, relu)
        skip = lambda: by_modality(lambda m: Skip(dims[m], e, c["dropout_skip"]))
        self.skip = skip() if c["skip"] else None
        self.members = [f"member{i + 1}" for i in range(c["linear_members"])]
        for name in self.members:
            self.add_module(name, skip())
            self.get_submodule(name)["words"] = WordHead(words, e, dropout, relu)
        for name, size in (("decoder", words), ("audio_reconstruct", d), ("video_reconstruct", d)):
            self.heads[name] = Layers(e, 64, size, dropout, norm=False)

    def standardized(self, m, x):
        return (x - self.input[m].mean) / self.input[m].std.clamp_min(1e-6)

    def centered(self, words):
        return F.normalize(words - self.input["words"].mean) if self.c["center_words"] else words

    def finished(self, theta):
        return F.normalize(theta) if self.c["normalize_embeddings"] else theta

    def word_embeddings(self, words):
        """The model's own, then each member's."""
        heads = [self.heads["words"], *(self.get_submodule(name)["words"] for name in self.members)]
        return [self.finished(head(words)) for head in heads]

    def forward(self, dense, bins):
        """Per modality features dense [B, L, d], bins [B, T or 1, d] -> theta of the model and of each member, phi,
        spikes of each block, per modality."""
        phi = {m: self.encoder[m](self.standardized(m, dense[m])) for m in MODALITIES}
        r = self.combiner(phi["audio"], phi["video"])
        phi = {m: phi[m].mean(1) for m in MODALITIES}
        y, spikes = [], {}
        for i, m in enumerate(MODALITIES):
            s = None
            if self.spiking:
                spikes[m] = self.spiking[m](self.standardized(m, bins[m]).transpose(0, 1), phi[m])
                s = self.time_step[m](spikes[m][-1]) if self.time_step else spikes[m][-1].mean(0)
            y.append(self.fusion[m](r[:, i], s))
        f = self.joint(torch.stack(y, 1))
        average = {m: self.standardized(m, dense[m]).mean(1) for m in MODALITIES}
        theta = {}
        for i, m in enumerate(MODALITIES):
            own = self.heads[m](f[:, i]) + (self.skip[m](average[m]) if self.skip else 0.0)
            members = [self.get_submodule(name)[m](average[m]) for name in self.members]
            theta[m] = [self.finished(x) for x in (own, *members)]
        return theta, phi, spikes


def distance(x, y):
    return ((x - y).square().sum(-1) + 1e-12).sqrt()


def loss(model, training, clips, words, labels):
    """Loss of B positive clips, then B negative ones; `words` of all classes, `labels` of the clips."""
    theta, phi, _ = model(clips, clips)
    words = model.centered(words)
    half = len(labels) // 2
    triplet = lambda a, p, n: F.relu(distance(a, p) - distance(a, n) + training["margin"]).mean()
    triplets, projections, entropies = [], [], []
    theta_words = model.word_embeddings(torch.cat((words[labels], words)))
    for audio, video, of_words in zip(theta["audio"], theta["video"], theta_words):
        w, w_negative, classes = of_words.split((half, half, len(words)))
        triplets += [
            triplet(w, x[:half], x[half:]) + triplet(x[:half], w, w_negative)
            for x in ((audio + video) / 2, audio, video)
        ]
        projections += [F.mse_loss(x[:half], w) for x in (audio, video)]
        entropies += [
            F.cross_entropy(-training["classification_scale"] * torch.cdist(x, classes), labels) for x in (audio, video)
        ]
    theta, w = {m: theta[m][0] for m in MODALITIES}, theta_words[0][:half]
    positives = [theta[m][:half] for m in MODALITIES]
    decoded = [F.mse_loss(model.heads["decoder"](x), words[labels[:half]]) for x in (*positives, w)]
    reconstructions = [
        F.mse_loss(model.heads[f"{m}_reconstruct"](theta[m][:half]), phi[m][:half].detach()) for m in MODALITIES
    ]
    return (
        training["weight_triplet"] * sum(triplets) / 6
        + training["weight_projection"] * sum(projections) / 2
        + training["weight_reconstruction"] * sum(reconstructions + decoded) / 5
        + training["weight_classification"] * sum(entropies) / 2
    )


class Trainer:
    """Training steps on random clip averages of as many classes as asked for."""

    def __init__(self, model, training, classes, clips=2000):
        self.model, self.training, dims = model.train(), training, model.dimensions
        self.clips = {m: torch.rand(clips, 1, dims[m]) * 2 - 1 for m in MODALITIES}
        self.words, self.labels = torch.rand(classes, dims["words"]) * 2 - 1, torch.arange(clips) % classes
        self.optimizer = torch.optim.Adam(
            model.parameters(), training["learning_rate"], weight_decay=training["weight_decay"], fused=True
        )

    def step(self):
        rows = torch.randint(len(self.labels), (2 * self.training["batch"],))
        self.optimizer.zero_grad()
        clips = {m: x[rows] for m, x in self.clips.items()}
        loss(self.model, self.training, clips, self.words, self.labels[rows]).backward()
        self.optimizer.step()

    def seconds(self, duration, warm_up=3):
        """Seconds of each step, for about `duration` seconds."""
        for _ in range(warm_up):
            self.step()
        times, end = [], time.perf_counter() + duration
        while time.perf_counter() < end or len(times) < 5:
            start = time.perf_counter()
            self.step()
            times.append(time.perf_counter() - start)
        return times


def load(path):
    """A trained model."""
    with safe_open(path, "pt") as file:
        model = Stft(json.loads(file.metadata()["model"]))
    tensors = load_file(path)
    counters = {name: value for name, value in model.state_dict().items() if name.endswith("num_batches_tracked")}
    model.load_state_dict(tensors | counters)
    return model.eval()


def resampled(values, offsets, count):
    """Clips of any length as `count` bins each: [clips, count, features]."""

    def bins(clip):
        n = len(clip)
        ends = ((j * n // count, (j + 1) * n // count) for j in range(count))
        return torch.stack([clip[first : max(end, first + 1)].mean(0) for first, end in ends])

    return torch.stack([bins(values[first:end]) for first, end in zip(offsets, offsets[1:])])


@torch.no_grad()
def embed(model, data):
    """Embeddings and spikes of `data`, see above."""
    c, temporal = model.c, model.dimensions["temporal"]
    view = lambda count: {m: resampled(data[f"{m}.values"], data[f"{m}.offsets"], count) for m in MODALITIES}
    theta, _, spikes = model(view(c["segments"] if temporal else 1), view(c["time_steps"] if temporal else 1))
    # As one embedding: a distance is the root mean square of the model's and the members'.
    joined = lambda views: torch.cat(views, -1) / len(views) ** 0.5
    out = {f"theta_{m}": joined(theta[m]) for m in MODALITIES}
    out["theta_words"] = joined(model.word_embeddings(model.centered(data["words"])))
    for m, blocks in spikes.items():
        out[f"spikes_{m}"] = torch.stack(blocks).permute(2, 0, 1, 3).to(torch.uint8).contiguous()
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("embed")
    for name in ("weights", "clips", "out"):
        verb.add_argument(name)
    verb = verbs.add_parser("bench")
    verb.add_argument("weights")
    for name, value in {"batch": 256, "classes": 50, "threads": 2, "seconds": 20}.items():
        verb.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    model = load(options.weights)
    if options.verb == "embed":
        save_file(embed(model, load_file(options.clips)), options.out)
        return
    torch.set_num_threads(options.threads)
    training = dict(
        batch=options.batch, learning_rate=1e-3, weight_decay=1e-5, margin=1.0, classification_scale=8.0,
        weight_triplet=0.5, weight_projection=0.5, weight_reconstruction=0.5, weight_classification=1.0,
    )  # fmt: skip
    times = Trainer(model, training, options.classes).seconds(options.seconds)
    print(f"training step: median {statistics.median(times) * 1e3:.1f} ms, shortest {min(times) * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
