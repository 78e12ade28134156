"""Race of the event engine against SpikingJelly on the same network and the same spikes.

    pip install torch spikingjelly
    python benches/peers/inference_vs_spikingjelly.py [--threads 2] [--rounds 3]

Network and inputs are those of benches/network/mod.rs: 512 -> 512 LIF -> 300 LIF, tau 2, threshold 1, hard reset, decaying
input; one clip of 4 ticks, and 256 clips of 10 ticks, at 2, 10 and 50 % of sources firing per tick. Both sides print their
spikes per layer, which must be equal. In each round SpikingJelly runs before and after `cargo bench --bench inference`;
printed are medians with their ratio, and the ratio of the shortest times, which other work on the machine disturbs least.
SpikingJelly: multi-step mode, torch backend, no gradients.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import time

import numpy as np
import torch
from spikingjelly.activation_based import functional, neuron

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = {"2%": (0.02, (700, 400)), "10%": (0.10, (400, 84)), "50%": (0.50, (150, 17))}
SHAPES = ((1, 4), (256, 10))


def bits(seed, n):
    """The n-th outputs of SplitMix64 started at seed."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (n + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def exact(seed, shape, span, offset):
    """Multiples of 2^-12 in offset +- span."""
    draws = bits(seed, np.arange(np.prod(shape), dtype=np.uint64)) >> np.uint64(32)
    steps = ((draws * np.uint64(2 * span + 1)) >> np.uint64(32)).astype(np.int64) - span + offset
    return torch.from_numpy((steps / 4096).astype(np.float32).reshape(shape))


def network(span, offset):
    layers = []
    for seed, (n, m), (span, offset) in ((3001, (512, 512), (span, offset)), (3003, (300, 512), (350, 56))):
        linear = torch.nn.Linear(m, n)
        linear.weight.copy_(exact(seed, (n, m), span, offset))
        linear.bias.copy_(exact(seed + 1, (n,), 256, 0))
        layers += [linear, neuron.LIFNode(tau=2.0, decay_input=True, v_threshold=1.0, v_reset=0.0, step_mode="m")]
    return torch.nn.Sequential(*layers).eval()


def inputs(rate, clips, ticks):
    draws = bits(3011, np.arange(ticks * clips * 512, dtype=np.uint64)) >> np.uint64(11)
    return torch.from_numpy((draws.astype(np.float64) * 2.0**-53 < rate).astype(np.float32).reshape(ticks, clips, 512))


def time_spikingjelly(net, x, seconds=1.0):
    """Median and shortest seconds of one inference, state reset included."""

    def once():
        functional.reset_net(net)
        return net(x)

    once(), once()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        once()
        times.append(time.perf_counter() - start)
    return statistics.median(times), min(times)


def spikes_per_layer(net, x):
    functional.reset_net(net)
    hidden = net[1](net[0](x))
    return int(hidden.sum()), int(net[3](net[2](hidden)).sum())


def bench(threads):
    """Runs our benchmark; returns {(shape, kind): spikes} and {(shape, driver, kind): median and shortest seconds}."""
    folder = ROOT / "target" / "race"
    env = dict(os.environ, RAYON_NUM_THREADS=str(threads), CRITERION_HOME=str(folder))
    command = ["cargo", "bench", "--bench", "inference", "--", "--noplot"]
    text = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout
    spikes = {}
    for line in text.splitlines():
        if line.startswith("spikes "):
            _, shape, kind, hidden, output = line.split()
            spikes[shape, kind] = int(hidden), int(output)
    times = {}
    for path in folder.glob("*/*/*/new"):
        shape, driver, kind = json.loads((path / "benchmark.json").read_text())["full_id"].split("/")
        estimate = json.loads((path / "estimates.json").read_text())
        sample = json.loads((path / "sample.json").read_text())
        shortest = min(time / count for time, count in zip(sample["times"], sample["iters"]))
        times[shape, driver, kind] = estimate["median"]["point_estimate"] * 1e-9, shortest * 1e-9
    return spikes, times


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    settings = {
        (f"{clips}x{ticks}", kind): (network(*weights), inputs(rate, clips, ticks))
        for clips, ticks in SHAPES
        for kind, (rate, weights) in KINDS.items()
    }
    theirs, ours = {key: [] for key in settings}, {}
    for _ in range(options.rounds):
        for key, (net, x) in settings.items():
            theirs[key].append(time_spikingjelly(net, x))
        spikes, times = bench(options.threads)
        for key, seconds in times.items():
            ours.setdefault(key, []).append(seconds)
        for key, (net, x) in settings.items():
            theirs[key].append(time_spikingjelly(net, x))
            if spikes[key] != spikes_per_layer(net, x):
                raise SystemExit(f"{key}: {spikes[key]} spikes here, {spikes_per_layer(net, x)} there")
    median = lambda samples: statistics.median(sample[0] for sample in samples)
    shortest = lambda samples: min(sample[1] for sample in samples)
    print(f"{options.threads} threads, {options.rounds} rounds; spikes of both layers are equal")
    print("clips x ticks, input: SpikingJelly median ms; per driver median ms, ratio of medians, ratio of shortest times")
    for (shape, kind), peer in theirs.items():
        line = f"{shape:>7}{kind:>5}{median(peer) * 1e3:10.3f}"
        for driver in ("event", "clock"):
            own = ours[shape, driver, kind]
            ratios = median(peer) / median(own), shortest(peer) / shortest(own)
            line += f"   {driver}{median(own) * 1e3:10.4f}{ratios[0]:8.1f}{ratios[1]:8.1f}"
        print(line)


if __name__ == "__main__":
    main()
