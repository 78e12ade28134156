"""Checks the model against its second implementation in PyTorch, then races the training step.

    pip install torch numpy safetensors
    python benches/peers/training_vs_pytorch.py [--threads 2] [--rounds 3] [--model MODEL [--data DATA --dataset DATASET]]

First the check: both embed the same clips with the same weights, those of a model that is trained briefly on the embedded set,
or of MODEL on the data that it was trained on. Embeddings must agree within 1e-4. Where a membrane ends up within rounding of
its threshold one side may spike and the other not: clips with different spikes are counted and compared apart. Then the race:
the step of benches/training.rs (256 positive and 256 negative clips, width 300, 10 time steps) against the same model in
PyTorch. In each round PyTorch runs before and after `cargo bench`; printed are medians, shortest times and their ratios.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

import torch
from safetensors.torch import load_file
from stft_torch import MODALITIES, Stft, Trainer, embed, load

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOLERANCE = 1e-4
BRIEF = "(model: (skip: true), training: (epochs: 1, batches_per_epoch: 20, batch: 64))"


def cargo(*arguments, **environment):
    """Output of a cargo command."""
    environment = {**os.environ, **environment}
    command = ["cargo", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def check(folder, data):
    """Compares embeddings and spikes of the model in `folder`."""
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        if folder is None:
            folder = temporary / "model"
            (temporary / "brief.ron").write_text(BRIEF)
            cargo("run", "--release", "--", "train", "--config", temporary / "brief.ron", "--out", folder)
        out = temporary / "embeddings.safetensors"
        cargo("run", "--release", "--example", "embeddings", "--", folder, out, *data)
        ours = load_file(out)
        theirs = embed(load(pathlib.Path(folder) / "weights.safetensors"), ours)
    same = torch.ones(len(ours["theta_audio"]), dtype=torch.bool)
    for m in MODALITIES:
        if f"spikes_{m}" in ours:
            differs = ours[f"spikes_{m}"] != theirs[f"spikes_{m}"]
            same &= ~differs.flatten(1).any(1)
            rates = theirs[f"spikes_{m}"].float().mean((0, 2, 3)).tolist()
            print(f"{m}: {int(differs.sum())} of {differs.numel()} spikes differ; rates {rates}")
    largest = lambda name, rows: (ours[name] - theirs[name])[rows].abs().max().item() if rows.any() else 0.0
    print(f"{int(same.sum())} clips with the same spikes, {int((~same).sum())} with other spikes")
    for name in ("theta_audio", "theta_video", "theta_words"):
        rows = same if name != "theta_words" else torch.ones(len(ours[name]), dtype=torch.bool)
        other = f"; with other spikes {largest(name, ~rows):.1e}" if not rows.all() else ""
        print(f"{name}: largest difference {largest(name, rows):.1e}{other}")
        if largest(name, rows) > TOLERANCE:
            raise SystemExit(f"{name} differs by more than {TOLERANCE:g}")
    if not same.any():
        raise SystemExit("no clip has the same spikes on both sides")


def bench(threads):
    """Runs our benchmark; returns model, training options, number of classes, and median and shortest seconds of a step."""
    folder = ROOT / "target" / "race"
    text = cargo("bench", "--bench", "training", "--", "--noplot", "model/step",
                 RAYON_NUM_THREADS=str(threads), CRITERION_HOME=str(folder))  # fmt: skip
    lines = [line.split(" ", 1) for line in text.splitlines()]
    printed = {line[0]: json.loads(line[1]) for line in lines if line[0] in ("model", "training", "classes")}
    path = folder / "model" / "step" / "new"
    median = json.loads((path / "estimates.json").read_text())["median"]["point_estimate"] * 1e-9
    sample = json.loads((path / "sample.json").read_text())
    shortest = min(time / count for time, count in zip(sample["times"], sample["iters"])) * 1e-9
    return printed, (median, shortest)


def race(threads, rounds):
    """Prints the times of a training step on both sides."""
    torch.set_num_threads(threads)
    same, _ = bench(threads)
    trainer = Trainer(Stft(same["model"]), same["training"], same["classes"])
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(trainer.seconds(4))
        ours.append(bench(threads)[1])
        theirs.append(trainer.seconds(4))
    own = statistics.median(median for median, _ in ours), min(shortest for _, shortest in ours)
    peer = statistics.median(map(statistics.median, theirs)), min(map(min, theirs))
    print(f"training step, {threads} threads, {rounds} rounds: PyTorch {torch.__version__}, spikefuse, ratio")
    for name, peer, own in zip(("median", "shortest"), peer, own):
        print(f"{name:>8}{peer * 1e3:10.1f} ms{own * 1e3:10.1f} ms{peer / own:8.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model")
    parser.add_argument("--data")
    parser.add_argument("--dataset")
    options = parser.parse_args()
    check(options.model, [options.data, options.dataset] if options.data else [])
    race(options.threads, options.rounds)


if __name__ == "__main__":
    main()
