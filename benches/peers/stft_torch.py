"""STFT in PyTorch, written from docs/model.md: the second implementation and the speed peer.

    python stft_torch.py embed WEIGHTS.safetensors INPUT.npz OUT.npz
    python stft_torch.py bench [--threads 2] [--batch 256] [--width 300] [--time-steps 10]
    python stft_torch.py init CONFIG.json OUT.safetensors [--seed 0]

INPUT.npz holds audio [B, n, d_a], video [B, n, d_v] (or [B, d]) and words [C, 300]; OUT.npz gets theta_audio, theta_video,
theta_words and rates_audio, rates_video (mean firing rate of the three spiking blocks).
Tensor names and shapes are those of docs/model.md; scalars are stored as shape [1]; the configuration is the JSON text
under the key "config" of the file's metadata.
"""

import argparse
import json
import math
import statistics
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

MODALITIES = ("audio", "video")

DEFAULTS = dict(
    audio_dim=512, video_dim=512, word_dim=300,
    width=300, encoder_hidden=512, embedding=64, heads=3, head_dim=100, slots=4, segments=1,
    time_steps=10, tau=2.0, theta_0=1.0, theta_min=0.25, theta_max=2.0, trace_decay=0.5, semantic_rank=16,
    reset="hard", threshold="dynamic", glp=True, time_step_factor=True, surrogate="sigmoid", surrogate_slope=4.0,
    fusion="slice", scales=[20, 60], slice_width=64, joint_blocks=1, joint_mlp=64,
    dropout_encoder=0.2, dropout_heads=0.1, embedding_relu=True, standardize=True,
)


def uniform(*shape, fan_in):
    bound = 1.0 / math.sqrt(fan_in)
    return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))


def linear(n, m):
    layer = nn.Linear(n, m)
    nn.init.uniform_(layer.weight, -1.0 / math.sqrt(n), 1.0 / math.sqrt(n))
    nn.init.zeros_(layer.bias)
    return layer


class Norm(nn.BatchNorm1d):
    """BatchNorm over all leading axes; the last axis is the feature."""

    def forward(self, x):
        return super().forward(x.reshape(-1, x.shape[-1])).view(x.shape)


class Mlp(nn.Module):
    """Linear-BN-ReLU-Drop, then linear2, with norm2 and a second activation where asked for."""

    def __init__(self, n, hidden, out, drop, second_norm=False, second_relu=False):
        super().__init__()
        self.linear1, self.norm1 = linear(n, hidden), Norm(hidden)
        self.linear2 = linear(hidden, out)
        self.norm2 = Norm(out) if second_norm else None
        self.second_relu, self.drop = second_relu, drop

    def forward(self, x):
        x = F.dropout(F.relu(self.norm1(self.linear1(x))), self.drop, self.training)
        x = self.linear2(x)
        if self.norm2 is not None:
            x = self.norm2(x)
            if self.second_relu:
                x = F.relu(x)
            x = F.dropout(x, self.drop, self.training)
        return x


class WordHead(nn.Module):
    def __init__(self, n, out, drop, relu):
        super().__init__()
        self.linear1, self.norm1, self.drop, self.relu = linear(n, out), Norm(out), drop, relu

    def forward(self, w):
        x = self.norm1(self.linear1(w))
        if self.relu:
            x = F.relu(x)
        return F.dropout(x, self.drop, self.training)


class Block(nn.Module):
    """Pre-LN transformer block."""

    def __init__(self, width, heads, head_dim, mlp):
        super().__init__()
        self.heads, self.head_dim = heads, head_dim
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = linear(width, 3 * heads * head_dim), linear(heads * head_dim, width)
        self.mlp1, self.mlp2 = linear(width, mlp), linear(mlp, width)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, n, 3, self.heads, self.head_dim).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v)
        x = x + self.out(a.transpose(1, 2).reshape(b, n, -1))
        return x + self.mlp2(F.gelu(self.mlp1(self.norm2(x)), approximate="tanh"))


class Combiner(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, self.m = c["width"], c["slots"]
        self.slots = uniform(self.m * d, d, fan_in=d)
        self.audio, self.video = linear(d, d), linear(d, d)
        self.alpha = nn.Parameter(torch.zeros(1))
        self.initial = nn.Parameter(torch.randn(d) * 0.02)
        self.block = Block(d, c["heads"], c["head_dim"], 2 * d)

    def knowledge(self, phi):
        return torch.sigmoid(F.linear(phi, self.slots)).unflatten(-1, (self.m, -1)).sum(-2) * phi

    def forward(self, phi_a, phi_v):                                   # [B, L, D]
        k_a, k_v = self.knowledge(phi_a), self.knowledge(phi_v)
        p_a, p_v = F.relu(self.audio(k_a)), F.relu(self.video(k_v))
        alpha, state, states = torch.sigmoid(self.alpha), self.initial, []
        new = p_a * k_a + p_v * k_v
        for l in range(phi_a.shape[1]):
            state = alpha * new[:, l] + (1 - alpha) * state
            states.append(state)
        k = torch.stack(states, 1)
        tokens = torch.stack((k_a + p_a + k, k_v + p_v + k, k), 2)      # [B, L, 3, D]
        b, l = tokens.shape[:2]
        r = self.block(tokens.flatten(0, 1)).unflatten(0, (b, l)).mean(1)
        return r[:, 0], r[:, 1]


class Spike(torch.autograd.Function):
    """Heaviside of x = h - theta with a surrogate derivative."""

    @staticmethod
    def forward(ctx, x, slope, kind):
        ctx.save_for_backward(x)
        ctx.slope, ctx.kind = slope, kind
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        x, k = ctx.saved_tensors[0], ctx.slope
        if ctx.kind == "sigmoid":
            sg = torch.sigmoid(k * x)
            return grad * (k * sg * (1 - sg)), None, None
        return grad * (k / (2 * (1 + (math.pi * k / 2 * x) ** 2))), None, None


class Threshold(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, r = c["width"], c["semantic_rank"]
        self.semantic_in = uniform(r, d, fan_in=d)
        self.semantic_out = nn.Parameter(torch.randn(d, r) * 0.01)
        self.gains = nn.Parameter(torch.full((4,), 0.1))


class SpikingBlock(nn.Module):
    def __init__(self, n, c):
        super().__init__()
        self.c = c
        self.weight = uniform(c["width"], n, fan_in=n)
        self.norm = Norm(c["width"])
        self.threshold = Threshold(c) if c["threshold"] == "dynamic" else None

    def forward(self, s, phi, gbar):                  # s [T or 1, B, in], phi [B, D], gbar [T or 1, B]
        c, steps = self.c, self.c["time_steps"]
        current = self.norm(F.linear(s, self.weight))
        if current.shape[0] == 1:                     # constant input: computed once
            current = current.expand(steps, -1, -1)
            gbar = gbar.expand(steps, -1)
        theta, u, trace, out = c["theta_0"], 0.0, 0.0, []
        th = self.threshold
        if th is not None:
            base = c["theta_0"] + th.gains[0] * torch.tanh(F.linear(F.linear(phi, th.semantic_in), th.semantic_out))
        for t in range(steps):
            h = u + (current[t] - u) / c["tau"]
            spike = Spike.apply(h - theta, c["surrogate_slope"], c["surrogate"])
            u = h * (1 - spike) if c["reset"] == "hard" else h - theta * spike
            out.append(spike)
            if th is not None and t + 1 < steps:
                trace = c["trace_decay"] * trace + spike
                rate = spike.mean(-1).clamp(1e-4, 1 - 1e-4)
                entropy = -(rate * rate.log2() + (1 - rate) * (1 - rate).log2())
                shift = th.gains[1] * entropy + th.gains[2] * gbar[t]
                target = (base + shift[:, None] + th.gains[3] * trace).clamp(c["theta_min"], c["theta_max"])
                theta = 0.5 * theta + 0.5 * target
        return torch.stack(out)


class SpikingBranch(nn.Module):
    def __init__(self, n, c):
        super().__init__()
        self.c = c
        d = c["width"]
        if c["glp"]:
            self.glp_beta = nn.Parameter(torch.zeros(1))
        self.block1, self.block2, self.block3 = SpikingBlock(n, c), SpikingBlock(d, c), SpikingBlock(d, c)

    def pooled(self, x):                              # x [T or 1, B, d] -> x_hat, gbar
        if not self.c["glp"]:
            return x, x.new_zeros(x.shape[:2])
        if x.shape[0] == 1:
            g = 2 * x
        else:
            beta, steps = torch.sigmoid(self.glp_beta), x.shape[0]
            local = torch.stack([0.5 * (w.amax(0) + w.mean(0)) for w in
                                 (x[max(t - 1, 0):t + 2] for t in range(steps))])
            g = local + beta * x.amax(0) + (1 - beta) * x.mean(0)
        g = torch.sigmoid(g)
        return (1 + g) * x, g.mean(-1)

    def forward(self, x, phi):
        x, gbar = self.pooled(x)
        s1 = self.block1(x, phi, gbar)
        gbar = gbar.expand(s1.shape[0], -1)
        s2 = self.block2(s1, phi, gbar)
        s3 = self.block3(s2, phi, gbar)
        return s3, (s1, s2, s3)


class TimeStep(nn.Module):
    def __init__(self, steps):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(steps))

    def forward(self, s):                             # [T, B, D]
        z = s.sum(-1) / math.sqrt(s.shape[-1]) + self.bias[:, None]
        return torch.einsum("tb,tbd->bd", torch.softmax(z, 0), s)


class Scale(nn.Module):
    """One Tucker product of the multi-scale fusion: cube core or slices of low rank."""

    def __init__(self, r, c):
        super().__init__()
        d, p, self.cube = c["width"], c["slice_width"], c["fusion"] == "cube"
        k = r if self.cube else p
        self.semantic, self.spiking, self.out = uniform(k, d, fan_in=d), uniform(k, d, fan_in=d), uniform(d, k, fan_in=k)
        if self.cube:
            self.core = uniform(r, r * r, fan_in=r * r)
        else:
            self.slices_semantic, self.slices_spiking = uniform(r * p, p, fan_in=p), uniform(r * p, p, fan_in=p)

    def forward(self, semantic, spiking):
        a, b = F.linear(semantic, self.semantic), F.linear(spiking, self.spiking)
        if self.cube:
            z = F.linear((a[:, :, None] * b[:, None, :]).flatten(1), self.core)
        else:
            z = F.linear(a, self.slices_semantic) * F.linear(b, self.slices_spiking)
            z = z.view(len(a), -1, a.shape[-1]).sum(1)
        return F.linear(z, self.out)


class Fusion(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, self.kind = c["width"], c["fusion"]
        self.bias = nn.Parameter(torch.zeros(d))
        self.names = []
        if self.kind == "concatenation":
            self.concat = uniform(d, 2 * d, fan_in=2 * d)
        elif self.kind == "semantic_only":
            self.semantic_only = uniform(d, d, fan_in=d)
        else:
            for r in c["scales"]:
                self.names.append(f"scale{r}")
                self.add_module(f"scale{r}", Scale(r, c))

    def forward(self, r, s):
        if self.kind == "concatenation":
            return F.linear(torch.cat((r, s), -1), self.concat, self.bias)
        if self.kind == "semantic_only":
            return F.linear(r, self.semantic_only, self.bias)
        return sum(getattr(self, n)(r, s) for n in self.names) + self.bias


class Joint(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.modality = nn.Parameter(torch.randn(2, c["width"]) * 0.02)
        self.count = c["joint_blocks"]
        for i in range(self.count):
            self.add_module(f"block{i + 1}", Block(c["width"], c["heads"], c["head_dim"], c["joint_mlp"]))

    def forward(self, y):                             # [B, 2, D]
        x = y + self.modality
        for i in range(self.count):
            x = getattr(self, f"block{i + 1}")(x)
        return y + x


class Heads(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, e, drop = c["width"], c["embedding"], c["dropout_heads"]
        self.audio = Mlp(d, 512, e, drop, True, c["embedding_relu"])
        self.video = Mlp(d, 512, e, drop, True, c["embedding_relu"])
        self.words = WordHead(c["word_dim"], e, drop, c["embedding_relu"])
        self.decoder = Mlp(e, 64, c["word_dim"], drop)
        self.audio_reconstruct = Mlp(e, 64, d, drop)
        self.video_reconstruct = Mlp(e, 64, d, drop)


class Standardize(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.register_buffer("mean", torch.zeros(n))
        self.register_buffer("std", torch.ones(n))

    def fit(self, x):                                 # [N, d], the training clips
        self.mean.copy_(x.mean(0))
        self.std.copy_(x.std(0, unbiased=False).clamp_min(1e-6))

    def forward(self, x):
        return (x - self.mean) / self.std


def bins(x, k):
    """[B, n, d] -> [B, k, d] by averaging segments; n = 1 stays one bin (constant over time)."""
    n = x.shape[1]
    if n == 1 or n == k:
        return x
    edges = [(j * n // k, max((j + 1) * n // k, j * n // k + 1)) for j in range(k)]
    return torch.stack([x[:, a:b].mean(1) for a, b in edges], 1)


class Stft(nn.Module):
    def __init__(self, config=None):
        super().__init__()
        self.c = c = {**DEFAULTS, **(config or {})}
        dims = {"audio": c["audio_dim"], "video": c["video_dim"]}
        each = lambda make: nn.ModuleDict({m: make(m) for m in MODALITIES})
        if c["standardize"]:
            self.input = each(lambda m: Standardize(dims[m]))
        self.encoder = each(lambda m: Mlp(dims[m], c["encoder_hidden"], c["width"], c["dropout_encoder"], True, True))
        self.combiner = Combiner(c)
        self.uses_spikes = c["fusion"] != "semantic_only"
        if self.uses_spikes:
            self.spiking = each(lambda m: SpikingBranch(dims[m], c))
            if c["time_step_factor"]:
                self.time_step = each(lambda m: TimeStep(c["time_steps"]))
        self.fusion = each(lambda m: Fusion(c))
        self.joint = Joint(c)
        self.heads = Heads(c)

    def features(self, audio, video):
        """Clips [B, n, d] -> theta_a, theta_v, phi_a, phi_v, spikes (per modality, three tensors [T, B, D])."""
        c, x = self.c, {"audio": audio, "video": video}
        x = {m: v[:, None] if v.dim() == 2 else v for m, v in x.items()}
        if c["standardize"]:
            x = {m: self.input[m](x[m]) for m in MODALITIES}
        phi = {}
        for m in MODALITIES:
            dense = bins(x[m], c["segments"])
            phi[m] = self.encoder[m](dense)
            if dense.shape[1] < c["segments"]:
                phi[m] = phi[m].expand(-1, c["segments"], -1)
        r = dict(zip(MODALITIES, self.combiner(phi["audio"], phi["video"])))
        phi = {m: phi[m].mean(1) for m in MODALITIES}
        y, spikes = [], {}
        for m in MODALITIES:
            s = None
            if self.uses_spikes:
                last, spikes[m] = self.spiking[m](bins(x[m], c["time_steps"]).transpose(0, 1), phi[m])
                s = self.time_step[m](last) if c["time_step_factor"] else last.mean(0)
            y.append(self.fusion[m](r[m], s))
        f = self.joint(torch.stack(y, 1))
        return self.heads.audio(f[:, 0]), self.heads.video(f[:, 1]), phi["audio"], phi["video"], spikes

    def words(self, w):
        return self.heads.words(w)

    def loss(self, audio, video, words):
        """Rows 0..B are the positives, rows B..2B their negatives; words [2B, 300] likewise."""
        theta_a, theta_v, phi_a, phi_v, _ = self.features(audio, video)
        theta_w = self.words(words)
        b = len(words) // 2
        w, w_neg = theta_w[:b], theta_w[b:]
        dist = lambda p, q: ((p - q).square().sum(-1) + 1e-12).sqrt()
        triplet = lambda a, p, n: F.relu(dist(a, p) - dist(a, n) + 1).mean()
        l_t = 0.0
        for theta in ((theta_a + theta_v) / 2, theta_a, theta_v):
            l_t = l_t + triplet(theta[:b], w, w_neg) + triplet(w, theta[:b], theta[b:])
        l_t = l_t / 6
        a, v, target = theta_a[:b], theta_v[:b], words[:b]
        l_p = 0.5 * (F.mse_loss(a, w) + F.mse_loss(v, w))
        decoded = self.heads.decoder(torch.stack((a, v, w)))
        l_r = (F.mse_loss(self.heads.audio_reconstruct(a), phi_a[:b].detach())
               + F.mse_loss(self.heads.video_reconstruct(v), phi_v[:b].detach())
               + 3 * F.mse_loss(decoded, target.expand_as(decoded))) / 5
        return 0.5 * l_t + 0.5 * (l_p + l_r)


def save(model, path):
    from safetensors.torch import save_file
    tensors = {k: v.contiguous() for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
    save_file(tensors, path, metadata={"config": json.dumps(model.c)})


def load(path):
    from safetensors import safe_open
    with safe_open(path, "pt") as f:
        config = json.loads((f.metadata() or {}).get("config", "{}"))
        tensors = {k: f.get_tensor(k) for k in f.keys()}
    config["audio_dim"] = tensors["encoder.audio.linear1.weight"].shape[1]
    config["video_dim"] = tensors["encoder.video.linear1.weight"].shape[1]
    config["word_dim"] = tensors["heads.words.linear1.weight"].shape[1]
    model = Stft(config)
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    missing = [k for k in missing if not k.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise SystemExit(f"{path}: missing {missing}, unexpected {unexpected}")
    return model.eval()


def embed(args):
    model = load(args.weights)
    data = {k: torch.from_numpy(np.asarray(v, dtype=np.float32)) for k, v in np.load(args.input).items()}
    with torch.no_grad():
        a, v, _, _, spikes = model.features(data["audio"], data["video"])
        out = dict(theta_audio=a, theta_video=v, theta_words=model.words(data["words"]))
    out = {k: t.numpy() for k, t in out.items()}
    for m, layers in spikes.items():
        out[f"rates_{m}"] = np.array([s.mean().item() for s in layers], dtype=np.float32)
    np.savez(args.output, **out)


def bench(args):
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    model = Stft(dict(width=args.width, time_steps=args.time_steps, fusion=args.fusion)).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)
    n = 2 * args.batch
    audio, video, words = torch.randn(n, 1, 512), torch.randn(n, 1, 512), torch.randn(n, 300)
    times = []
    for i in range(args.warmup + args.steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        loss = model.loss(audio, video, words)
        loss.backward()
        optimizer.step()
        if i >= args.warmup:
            times.append(1e3 * (time.perf_counter() - start))
    print(json.dumps(dict(peer="pytorch", version=torch.__version__, threads=args.threads, batch=args.batch, width=args.width,
                          time_steps=args.time_steps, steps=args.steps, median_ms=round(statistics.median(times), 2),
                          min_ms=round(min(times), 2), max_ms=round(max(times), 2), loss=round(loss.item(), 4))))


def init(args):
    torch.manual_seed(args.seed)
    save(Stft(json.load(open(args.config))), args.output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sub = parser.add_subparsers(dest="command", required=True)
    p = sub.add_parser("embed")
    for name in ("weights", "input", "output"):
        p.add_argument(name)
    p = sub.add_parser("init")
    p.add_argument("config"), p.add_argument("output")
    p.add_argument("--seed", type=int, default=0)
    p = sub.add_parser("bench")
    for name, value in dict(threads=2, batch=256, width=300, time_steps=10, steps=20, warmup=3).items():
        p.add_argument("--" + name.replace("_", "-"), type=int, default=value)
    p.add_argument("--fusion", default="slice")
    args = parser.parse_args()
    {"embed": embed, "bench": bench, "init": init}[args.command](args)


if __name__ == "__main__":
    main()
