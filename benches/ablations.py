"""What each part of the model gives on validation clips; needs Python and nothing else.

    python benches/ablations.py --data DIR --dataset ESC30 --config networks/esc30.ron [--vocabulary FILE.npy]... [--seeds 3] [--jobs 1]

Trains the configuration, which must have a `model: (...)`, as it is and without one of its parts at a time. Prints HM and ZSL (`both`)
of the best epoch of stage 1, mean and standard deviation over the seeds, and the difference from the complete model: seeds are
the same for all rows, so its mean and standard error are taken seed by seed. Stage 1 knows neither test clips nor test classes;
stage 2 is not run.
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
READ_OUT = r"\s*read_out: \([^()]*(\([^()]*\))?[^()]*\),"
SKIP = r"\s*skip: true,"
SEGMENTS = r"\s*segments: \d+,"
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
    "averages in the dense branch": without(SEGMENTS),
    "mean over time in place of the time-step factor": with_field("time_step_factor: false"),
    "no global-local pooling": with_field("glp: false"),
    "fixed thresholds": with_field("threshold: Fixed"),
    "concatenation in place of the Tucker fusion": with_field("fusion: Concatenation"),
    "no spiking branch": with_field("fusion: SemanticOnly"),
}


def header(file):
    """What a checkpoint says of its run; none if there is no checkpoint yet."""
    if not file.exists():
        return None
    with file.open("rb") as checkpoint:
        length = int.from_bytes(checkpoint.read(8), "little")
        return json.loads(json.loads(checkpoint.read(length))["__metadata__"]["checkpoint"])


def best(config, seed, data):
    """Validation figures of the best epoch: HM, seen, unseen, ZSL, per cent. The run is stopped where stage 1 ends."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "config.ron").write_text(config)
        arguments = ["train", "--config", folder / "config.ron", "--seed", seed, "--out", folder / "model", *data]
        run = subprocess.Popen([ROOT / "target/release/spikefuse", *map(str, arguments)], stdout=subprocess.DEVNULL)
        try:
            while True:
                if run.poll():
                    raise SystemExit(f"spikefuse ended with {run.returncode}")
                found = header(folder / "model" / "checkpoint.safetensors")
                if found and len(found["progress"]["history"]) >= found["identity"]["config"]["training"]["epochs"]:
                    break
                time.sleep(0.2)
        finally:
            run.kill()
            run.wait()
    figures = [record["validation"]["both"] for record in found["progress"]["history"] if record["validation"]]
    scores = max(figures, key=lambda scores: scores["hm"])
    return [100 * scores[key] for key in ("hm", "seen", "unseen", "zsl")]


def spread(values):
    return statistics.stdev(values) if len(values) > 1 else 0.0


def difference(mine, others):
    """Mean of the differences pair by pair, and its standard error."""
    pairs = [a - b for a, b in zip(mine, others, strict=True)]
    return f"{statistics.mean(pairs):+.1f} ({spread(pairs) / len(pairs) ** 0.5:.1f})"


def row(name, columns, first):
    """A line of the table: mean and deviation of HM, seen, unseen and ZSL; differences of HM and ZSL from the first line's."""
    cells = [f"{statistics.mean(column):.1f} ({spread(column):.1f})" for column in columns]
    cells += ["" if columns is first else difference(columns[i], first[i]) for i in (0, 3)]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def vocabulary_options(config, files):
    """Only a read-out takes a vocabulary."""
    files = files if "read_out:" in config else []
    return [part for file in files for part in ("--vocabulary", pathlib.Path(file).resolve())]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "dataset", "config"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--vocabulary", action="append", default=[])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1, help="seeds trained at the same time")
    options = parser.parse_args()
    text = pathlib.Path(options.config).read_text()
    if "model: (" not in text:
        parser.error(f"{options.config} has no 'model: (...)'; it may be empty")
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    data = ["--data", pathlib.Path(options.data).resolve(), "--dataset", options.dataset]
    print("| validation, % | HM | seen | unseen | ZSL | HM against complete | ZSL against complete |", flush=True)
    print("|---|---|---|---|---|---|---|", flush=True)
    complete = None
    for name, edit in ROWS.items():
        config = edit(text)
        if config == text and name != "complete":
            continue
        more = vocabulary_options(config, options.vocabulary)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            columns = list(zip(*pool.map(lambda seed: best(config, seed, data + more), range(options.seeds))))
        complete = complete or columns
        row(name, columns, complete)


if __name__ == "__main__":
    main()
