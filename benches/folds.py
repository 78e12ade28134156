"""A configuration on every fold of a data set, both stages and test; needs Python and nothing else.

    python benches/folds.py --data DATA --dataset ESC30Averages --config A.ron [--config B.ron]... [--vocabulary FILE.npy]... [--seed 0]

Folds are the data sets of DATA whose names are that of --dataset and a number (benches/esc30_plain.py --folds). Prints test HM, seen, unseen
and ZSL (`both`) over the folds, mean and standard deviation, and for further configurations the differences from the first one, fold by
fold: mean and standard error. --dataset may differ between configurations: give it as often as --config.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
FIGURES = ("hm", "seen", "unseen", "zsl")


def figures(data, dataset, config, vocabularies, seed):
    """Test figures, per cent, of one run on one thread: folds run side by side."""
    more = [part for file in vocabularies for part in ("--vocabulary", file)] if "read_out:" in config.read_text() else []
    arguments = ["run", "--data", data, "--dataset", dataset, "--config", config, "--seed", seed, "--json", *more]
    command = [ROOT / "target/release/spikefuse", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env={**os.environ, "RAYON_NUM_THREADS": "1"})
    both = json.loads(done.stdout)["accuracy"]["both"]
    return [100 * both[figure] for figure in FIGURES]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--dataset", action="append", required=True)
    parser.add_argument("--config", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--vocabulary", action="append", default=[])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    names = options.dataset * (len(options.config) if len(options.dataset) == 1 else 1)
    if len(names) != len(options.config):
        parser.error("give --dataset once, or once for each --config")
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    print("| test of the folds, % | HM | seen | unseen | ZSL | HM against the first | ZSL against the first |", flush=True)
    print("|---|---|---|---|---|---|---|", flush=True)
    first = None
    for name, config in zip(names, options.config):
        folds = sorted(f.name for f in options.data.iterdir() if f.name.startswith(name) and f.name[len(name) :].isdigit())
        if len(folds) < 2:
            parser.error(f"{options.data} has no folds of {name}")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            runs = pool.map(lambda fold: figures(options.data, fold, config, options.vocabulary, options.seed), folds)
            columns = list(zip(*runs))
        cells = [f"{statistics.mean(column):.1f} ({statistics.stdev(column):.1f})" for column in columns]
        for mine, its in zip(columns[::3], first[::3]) if first else []:
            pairs = [a - b for a, b in zip(mine, its, strict=True)]
            cells.append(f"{statistics.mean(pairs):+.1f} ({statistics.stdev(pairs) / len(pairs) ** 0.5:.1f})")
        first = first or columns
        print(f"| {name}, {config.name} | {' | '.join(cells)}{'' if len(cells) > 4 else ' | |'} |", flush=True)


if __name__ == "__main__":
    main()
