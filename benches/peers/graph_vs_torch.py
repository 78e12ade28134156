"""A NIR graph on labelled inputs: `spikefuse evaluate` beside PyTorch and SpikingJelly.

    cargo build --release
    pip install torch nir numpy                    (and spikingjelly for --spikingjelly)
    python benches/peers/graph_vs_torch.py GRAPH.nir --data FILE|FOLDER --labels FILE [--steps N] [--encode direct|rate|latency]
        [--reset zero|subtract] [--limit N] [--batch N] [--spikingjelly] [--rounds N] [--program target/release/spikefuse]

The graph, a chain of Affine, Linear, Conv2d, SumPool2d, Flatten and IF nodes, is stepped here by PyTorch operators in the precision
`--float` (64 by default, in which spikefuse computes), and the class of every sample is compared; the exit code is 1 if one differs. Ties of
spike counts go to the first class on both sides. With --spikingjelly the same layers stand in SpikingJelly's multi-step form (float32, its IFNode
fires at its threshold, not above it), and its forward passes alone, without reading the inputs, are timed in turn with the whole command,
both on --threads threads: medians of --rounds.
"""

import argparse
import csv
import gzip
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import nir
import numpy as np
import torch
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]


def quietly(command):
    """Runs a command without its output."""
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def chain(graph):
    """The nodes of a graph without branches, in the order of its edges."""
    after = dict(graph.edges)
    assert len(after) == len(graph.edges), "the graph has branches"
    name, nodes = next(k for k, n in graph.nodes.items() if isinstance(n, nir.Input)), []
    while name in after:
        name = after[name]
        nodes.append(graph.nodes[name])
    return nodes[:-1]


def inputs(args):
    """Samples `[n, steps or 1, ...]` one by one with their labels: images divided by 255, or events counted in bins of a millisecond."""
    data = pathlib.Path(args.data)
    if data.is_dir():
        rows = [line.split() for line in open(args.labels) if line.strip() and not line.startswith("#")]
        for name, label in rows[: args.limit]:
            raw = np.frombuffer((data / f"{name}.bs2").read_bytes(), np.uint8).reshape(-1, 5).astype(np.int64)
            ms = (((raw[:, 2] & 127) << 16 | raw[:, 3] << 8 | raw[:, 4]) // 1000)
            frames = np.zeros((args.steps, 2, 34, 34))
            keep = ms < args.steps
            np.add.at(frames, (ms[keep], raw[keep, 2] >> 7, raw[keep, 1], raw[keep, 0]), 1)
            yield frames, int(label)
        return
    with gzip.open(data) as images, gzip.open(args.labels) as labels:
        images, labels = images.read()[16:], labels.read()[8:]
    values = np.frombuffer(images, np.uint8).reshape(len(labels), -1)
    for row, label in list(zip(values, labels))[: args.limit]:
        yield (row / 255)[None], label


def step(nodes, states, x, subtract):
    """One time step of every node in turn."""
    for at, n in enumerate(nodes):
        if isinstance(n, (nir.Affine, nir.Linear)):
            x = F.linear(x, n.w, n.b)
        elif isinstance(n, nir.Conv2d):
            x = F.conv2d(x, n.w, n.b, *(tuple(int(v) for v in np.atleast_1d(k)) for k in (n.stride, n.padding, n.dilation)), int(n.groups))
        elif isinstance(n, nir.SumPool2d):
            size = tuple(int(v) for v in n.kernel_size)
            x = F.avg_pool2d(x, size, tuple(int(v) for v in n.stride), tuple(int(v) for v in n.padding)) * (size[0] * size[1])
        elif isinstance(n, nir.Flatten):
            x = x.flatten(1)
        elif isinstance(n, nir.IF):
            v = states.get(at, torch.zeros_like(x)) + n.r_t * x
            fired = v > n.th
            states[at] = v - torch.where(fired, n.th, 0) if subtract else torch.where(fired, n.to, v)
            x = fired.to(x.dtype)
        else:
            sys.exit(f"no {type(n).__name__} here")
    return x


def spikingjelly_net(nodes, subtract):
    """The layers in multi-step form."""
    from spikingjelly.activation_based import layer, neuron

    net = []
    for n in nodes:
        if isinstance(n, (nir.Affine, nir.Linear)):
            made = layer.Linear(n.w.shape[1], n.w.shape[0], bias=n.b is not None, step_mode="m")
            made.weight.data = n.w.float()
            if n.b is not None:
                made.bias.data = n.b.float()
        elif isinstance(n, nir.Conv2d):
            pair = [tuple(int(v) for v in np.atleast_1d(k)) for k in (n.stride, n.padding, n.dilation)]
            size = n.w.shape
            made = layer.Conv2d(size[1] * int(n.groups), size[0], tuple(size[2:]), *pair, int(n.groups), n.b is not None, step_mode="m")
            made.weight.data = n.w.float()
            if n.b is not None:
                made.bias.data = n.b.float()
        elif isinstance(n, nir.SumPool2d):
            size = tuple(int(v) for v in n.kernel_size)
            made = layer.AvgPool2d(size, tuple(int(v) for v in n.stride), step_mode="m")
            made.divisor_override = 1
        elif isinstance(n, nir.Flatten):
            made = layer.Flatten(step_mode="m")
        elif isinstance(n, nir.IF):
            threshold = float(n.th.flatten()[0])
            assert bool((n.th == threshold).all()), "thresholds of single neurons"
            made = neuron.IFNode(v_threshold=threshold, v_reset=None if subtract else 0.0, step_mode="m")
        net.append(made)
    return torch.nn.Sequential(*net).eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph")
    parser.add_argument("--data", required=True)
    parser.add_argument("--labels", required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--reset", default="zero")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--float", type=int, default=64)
    parser.add_argument("--spikingjelly", action="store_true")
    parser.add_argument("--program", default=ROOT / "target/release/spikefuse")
    parser.add_argument("--options", default="", help="more options of evaluate")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)
    real = torch.float64 if args.float == 64 else torch.float32
    nodes = chain(nir.read(args.graph))
    for n in nodes:
        n.w = torch.tensor(n.weight, dtype=real) if hasattr(n, "weight") else None
        n.b = torch.tensor(n.bias, dtype=real) if getattr(n, "bias", None) is not None else None
        if isinstance(n, nir.IF):
            n.th, n.r_t, n.to = (torch.tensor(v, dtype=real) for v in (n.v_threshold, n.r, n.v_reset))
    samples, labels = zip(*inputs(args))
    subtract = args.reset == "subtract"
    batches = [np.stack(samples[at : at + args.batch]) for at in range(0, len(samples), args.batch)]

    predicted = []
    for batch in batches:
        batch, states, counts = torch.tensor(batch, dtype=real), {}, 0
        for t in range(args.steps):
            counts = counts + step(nodes, states, batch[:, t if batch.shape[1] > 1 else 0], subtract)
        predicted += counts.argmax(1).tolist()

    folder = tempfile.TemporaryDirectory()
    network = f"{folder.name}/network.ron"
    quietly([args.program, "nir", "from", args.graph, "--reset", args.reset, "--out", network])
    command = [args.program, "evaluate", network, "--data", args.data, "--labels", args.labels, "--steps", args.steps]
    command += ["--threads", args.threads] + args.options.split() + (["--limit", args.limit] if args.limit else [])
    quietly(command + ["--out", f"{folder.name}/out"])
    ours = [int(row["predicted"] or 0) for row in csv.DictReader(open(f"{folder.name}/out/clips.csv"))]
    differ = [n for n, (a, b) in enumerate(zip(ours, predicted)) if a != b]
    right = [sum(int(p == label) for p, label in zip(side, labels)) for side in (ours, predicted)]
    print(f"{len(labels)} samples, {args.steps} steps: right {right[0]} spikefuse, {right[1]} PyTorch float{args.float}; {len(differ)} differ {differ[:10]}")

    if args.spikingjelly:
        from spikingjelly.activation_based import functional

        net = spikingjelly_net(nodes, subtract)
        frames = [torch.tensor(b, dtype=torch.float32).transpose(0, 1).contiguous() for b in batches]
        times, rights = {"spikefuse": [], "SpikingJelly": []}, []
        for _ in range(args.rounds):
            start = time.perf_counter()
            quietly(command)
            times["spikefuse"].append(time.perf_counter() - start)
            start, classes = time.perf_counter(), []
            for x in frames:
                functional.reset_net(net)
                x = x if x.shape[0] > 1 else x.expand(args.steps, *x.shape[1:])
                classes += net(x).sum(0).argmax(1).tolist()
            times["SpikingJelly"].append(time.perf_counter() - start)
            rights.append(sum(int(p == label) for p, label in zip(classes, labels)))
        ours, theirs = (statistics.median(times[k]) for k in ("spikefuse", "SpikingJelly"))
        print(f"spikefuse {ours:.2f} s, SpikingJelly {theirs:.2f} s ({rights[0]} right): ratio {theirs / ours:.1f}")
    sys.exit(bool(differ))


if __name__ == "__main__":
    main()
