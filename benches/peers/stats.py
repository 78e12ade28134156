"""The statistics of `spikefuse stats`, once more with numpy, and with elephant if it is installed.

    cargo build --release
    cargo run --release -- simulate networks/brunel10kdc.ron --duration 500 --out brunel --format csv
    python benches/peers/stats.py brunel [--window 100] [--bin 5] [--program target/release/spikefuse]

Each DIR is a folder that `simulate --out DIR --format csv` wrote, of which all spikes were recorded. Of each population and statistic
both values are printed, with the relative difference, and at the end the largest one. The exit code is 1 if that is above 1e-12.
The definitions are in docs/simulator.md, "Statistics"; here they are numpy's var, std and quantile of dense arrays of counts.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import sys

import numpy as np

try:
    import elephant.statistics
except ImportError:
    elephant = None

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUANTILES = {"min": 0, "p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95, "max": 1}


def read(path):
    """(dt in ms, ticks, {name: (size, ticks of the spikes, neurons)})"""
    lines = path.read_text().splitlines()
    head, end = (json.loads(line[line.index("{") :]) for line in (lines[0], lines[-1]))
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    populations = {}
    for name, size in head["populations"]:
        own = [(int(row["tick"]), int(row["neuron"])) for row in rows if row["population"] == name]
        ticks, neurons = np.array(own, dtype=np.int64).reshape(-1, 2).T
        populations[name] = (size, ticks, neurons)
    return head["dt_ms"], end["ticks"], populations


def counted(trains, ticks, width):
    """Numbers of spikes [neuron, bin] in whole bins of `width` ticks."""
    edges = np.arange(ticks // width + 1) * width
    # The last bin of a numpy histogram is closed above.
    return np.array([np.histogram(train[train < edges[-1]], edges)[0] for train in trains], dtype=float)


def statistics(dt, ticks, size, at, neurons, window, bin):
    trains = [np.sort(at[neurons == neuron]) for neuron in range(size)]
    isis = [np.diff(train) * dt for train in trains]
    pooled = np.concatenate(isis)
    sizes = np.array([len(train) for train in trains], dtype=float)
    windows, bins = counted(trains, ticks, round(window / dt)), counted(trains, ticks, round(bin / dt))
    fired = windows[windows.sum(axis=1) > 0]
    found = {
        "rate_hz": sizes.mean() / (ticks * dt / 1000),
        "cv": np.mean([isi.std() / isi.mean() for isi in isis if len(isi) >= 2]),
        "cv_pooled": pooled.std() / pooled.mean(),
        "fano_over_neurons": sizes.var() / sizes.mean(),
        "fano_over_time": np.mean(fired.var(axis=1) / fired.mean(axis=1)),
        "synchrony": bins.mean(axis=0).var() / bins.var(axis=1).mean(),
    }
    found |= {f"isi_ms.{name}": np.quantile(pooled, q) for name, q in QUANTILES.items()}
    if elephant is not None:
        found["elephant: cv"] = np.mean([elephant.statistics.cv(isi) for isi in isis if len(isi) >= 2])
        found["elephant: cv_pooled"] = elephant.statistics.cv(pooled)
        found["elephant: fano_over_neurons"] = elephant.statistics.fanofactor(trains)
        by_neuron = [elephant.statistics.fanofactor([range(int(n)) for n in counts]) for counts in fired]
        found["elephant: fano_over_time"] = np.mean(by_neuron)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", nargs="+", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--window", type=float, default=100)
    parser.add_argument("--bin", type=float, default=5)
    parser.add_argument("--program", default=ROOT / "target" / "release" / "spikefuse")
    options = parser.parse_args()
    largest = 0.0
    for run in options.runs:
        command = [options.program, "stats", run, "--json", "--window", options.window, "--bin", options.bin]
        ours = json.loads(subprocess.run([str(word) for word in command], check=True, capture_output=True).stdout)
        dt, ticks, populations = read(run / "spikes.csv")
        for of in ours["populations"]:
            theirs = statistics(dt, ticks, *populations[of["name"]], options.window, options.bin)
            for name, value in theirs.items():
                own = of
                for key in name.split(": ")[-1].split("."):
                    own = own[key]
                difference = abs(own - value) / max(abs(value), 1e-300)
                largest = max(largest, difference)
                print(f"{run.name:12} {of['name']:10} {name:28} {own:22.15g} {value:22.15g} {difference:9.1e}")
    print(f"largest relative difference: {largest:.1e}")
    sys.exit(int(largest > 1e-12))


if __name__ == "__main__":
    main()
