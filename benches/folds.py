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
import subprocess

from ablations import ROOT, row, vocabulary_options


def figures(data, dataset, config, vocabularies, seed):
    """Test figures, per cent, of one run on one thread: folds run side by side."""
    arguments = ["run", "--data", data, "--dataset", dataset, "--config", config, "--seed", seed, "--json"]
    arguments += vocabulary_options(config.read_text(), vocabularies)
    command = [ROOT / "target/release/spikefuse", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env={**os.environ, "RAYON_NUM_THREADS": "1"})
    both = json.loads(done.stdout)["accuracy"]["both"]
    return [100 * both[figure] for figure in ("hm", "seen", "unseen", "zsl")]


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
        first = first or columns
        row(f"{name}, {config.name}", columns, first)


if __name__ == "__main__":
    main()
