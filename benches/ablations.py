"""What each part of the model gives on validation clips; needs Python and nothing else.

    python benches/ablations.py --data DIR --dataset ESC30 --config networks/esc30.ron [--vocabulary FILE.npy] [--seeds 3]

Trains the configuration, which must have a `model: (...)`, as it is and without one of its parts at a time. Prints HM and ZSL (`both`)
of the best epoch of stage 1, mean and standard deviation over the seeds. Stage 1 knows neither test clips nor test classes. Seeds are
the same for all rows.
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
READ_OUT = r"\s*read_out: \([^()]*(\([^()]*\))?[^()]*\),"
SKIP = r"\s*skip: true,"
MEMBERS = r"\s*linear_members: \d+,"


def with_field(field):
    return lambda text: text.replace("model: (", f"model: ({field}, ", 1)


def without(pattern):
    return lambda text: re.sub(pattern, "", text)


ROWS = {
    "complete": lambda text: text,
    "distances in place of the read-out": without(READ_OUT),
    "no skip": without(SKIP),
    "no linear members": without(MEMBERS),
    "mean over time in place of the time-step factor": with_field("time_step_factor: false"),
    "no global-local pooling": with_field("glp: false"),
    "fixed thresholds": with_field("threshold: Fixed"),
    "concatenation in place of the Tucker fusion": with_field("fusion: Concatenation"),
    "no spiking branch": with_field("fusion: SemanticOnly"),
}


def best(config, seed, data):
    """Validation figures of the best epoch: HM, seen, unseen, ZSL, per cent."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "config.ron").write_text(config)
        arguments = ["train", "--config", folder / "config.ron", "--seed", seed, "--out", folder / "model", *data]
        command = ["cargo", "run", "--release", "--quiet", "--", *map(str, arguments)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        history = json.loads((folder / "model" / "training.json").read_text())["history"]
    figures = [record["validation"]["both"] for record in history if record["validation"]]
    scores = max(figures, key=lambda scores: scores["hm"])
    return [100 * scores[key] for key in ("hm", "seen", "unseen", "zsl")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "dataset", "config"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--vocabulary")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    text = pathlib.Path(options.config).read_text()
    if "model: (" not in text:
        parser.error(f"{options.config} has no 'model: (...)'; it may be empty")
    data = ["--data", pathlib.Path(options.data).resolve(), "--dataset", options.dataset]
    print("| validation, % | HM | seen | unseen | ZSL |\n|---|---|---|---|---|", flush=True)
    for name, edit in ROWS.items():
        config = edit(text)
        if config == text and name != "complete":
            continue
        vocabulary = options.vocabulary if "read_out:" in config else None
        more = ["--vocabulary", pathlib.Path(vocabulary).resolve()] if vocabulary else []
        columns = zip(*(best(config, seed, data + more) for seed in range(options.seeds)))
        cells = [f"{statistics.mean(column):.1f} ({statistics.stdev(column):.1f})" for column in columns]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
