"""Brunel's network with Poisson drive (networks/brunel10k.ron) in this simulator, NEST and Brian2: the same statistics over seeds.

    cargo build --release
    python benches/peers/brunel_statistics.py --nest PYTHON --brian PYTHON [--seeds 10] [--duration 1000] [--warm-up 200] [--runs DIR]

PYTHON are interpreters that have nest-simulator or brian2; this one needs numpy. A seed draws edges, initial membranes and Poisson
trains anew, in each simulator by its own means, so that nothing but the model is common to them. The warm-up is simulated and not
counted. Of each run, by the same code for all:

    rate    spikes per neuron and second
    CV      of a neuron's interspike intervals, averaged over neurons with at least LEAST_INTERVALS of them
    Fano    variance / mean of the spikes of all neurons in bins of BIN_MS
    chi     synchrony (Golomb): sqrt(variance of the mean membrane / mean variance of a membrane), WATCHED neurons, every ms

Printed are mean and standard deviation over the seeds and, for each pair of simulators,

    inside  whether the mean of the first lies between the lowest and the highest run of the second
    p       of an exact permutation test (two-sided) that the means differ no more than chance lets runs of one simulator differ

The simulators agree if all means are inside and no p is below LEVEL / (number of p): Bonferroni. DIR keeps the runs' statistics; runs
that are there are not run again.
"""

import argparse
import itertools
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
N, EXCITATORY, K_E, K_I, DT = 10_000, 8000, 800, 200, 0.1
LEAST_INTERVALS, BIN_MS, WATCHED, LEVEL = 5, 3.0, 500, 0.05
NAMES = ["rate", "CV", "Fano", "chi"]


def run_ours(seed, duration, _):
    """(ids, times in ms, membranes [ms, neuron])"""
    text = (ROOT / "networks" / "brunel10k.ron").read_text()
    # Seeds that the file gives would be the same in every run.
    text = re.sub(r", (seed|stride|offset): \d+", "", text)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "net.ron").write_text(text)
        program = ROOT / "target" / "release" / "spikefuse"
        record = f"spikes:cells,membrane:cells[0..{WATCHED}]"
        command = [program, "simulate", folder / "net.ron", "--seed", seed, "--duration", duration, "--record", record]
        command += ["--out", folder / "run", "--format", "npz"]
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
        spikes, traces = np.load(folder / "run" / "spikes.npz"), np.load(folder / "run" / "traces.npz")
        return spikes["ids"], spikes["ticks"] * DT, traces["values_0"][:: round(1 / DT)]


def run_nest(seed, duration, threads):
    import nest

    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(resolution=DT, local_num_threads=threads, rng_seed=seed + 1, print_time=False)
    # R = tau / C = 1 mV / pA
    cell = dict(C_m=20.0, tau_m=20.0, E_L=0.0, V_th=20.0, V_reset=10.0, t_ref=2.0, I_e=0.0)
    cells = nest.Create("iaf_psc_delta", N, params=cell)
    cells.V_m = np.random.default_rng(seed).uniform(0, 10, N)
    for sources, degree, weight in [(cells[:EXCITATORY], K_E, 0.1), (cells[EXCITATORY:], K_I, -0.5)]:
        rule = dict(rule="fixed_indegree", indegree=degree, allow_autapses=True, allow_multapses=True)
        nest.Connect(sources, cells, rule, dict(synapse_model="static_synapse", weight=weight, delay=1.5))
    drive = nest.Create("poisson_generator", params=dict(rate=20_000.0))
    nest.Connect(drive, cells, "all_to_all", dict(weight=0.1, delay=DT))
    spikes = nest.Create("spike_recorder")
    nest.Connect(cells, spikes)
    meter = nest.Create("multimeter", params=dict(record_from=["V_m"], interval=1.0))
    nest.Connect(meter, cells[:WATCHED])
    nest.Simulate(float(duration))
    seen = meter.events
    order = np.lexsort((seen["senders"], seen["times"]))
    membranes = np.asarray(seen["V_m"])[order].reshape(-1, WATCHED)
    # NEST labels a spike with the end of its step.
    return np.asarray(spikes.events["senders"]) - 1, np.asarray(spikes.events["times"]) - DT, membranes


def run_brian(seed, duration, _):
    import brian2 as b

    draw = np.random.default_rng(seed)
    b.seed(seed)
    b.defaultclock.dt = DT * b.ms
    # A refractory time of n steps clamps for n - 1 of them.
    cells = b.NeuronGroup(
        N, "dv/dt = -v / (20*ms) : volt (unless refractory)", threshold="v >= 20*mV", reset="v = 10*mV",
        refractory=(2 + DT) * b.ms, method="exact",
    )
    cells.v = draw.uniform(0, 10, N) * b.mV
    parts = [cells, b.PoissonInput(cells, "v", 100_000, 0.2 * b.Hz, weight=0.1 * b.mV)]
    for first, size, degree, change in [(0, EXCITATORY, K_E, "v += 0.1*mV"), (EXCITATORY, N - EXCITATORY, K_I, "v -= 0.5*mV")]:
        # Synapses come before thresholds, as elsewhere; so spikes are queued one step later.
        synapses = b.Synapses(cells, cells, on_pre=change, delay=(1.5 - DT) * b.ms)
        synapses.connect(i=first + draw.integers(0, size, N * degree), j=np.repeat(np.arange(N), degree))
        parts.append(synapses)
    spikes = b.SpikeMonitor(cells)
    membranes = b.StateMonitor(cells, "v", record=range(WATCHED), dt=1 * b.ms)
    net = b.Network(parts + [spikes, membranes])
    net.schedule = ["start", "groups", "synapses", "thresholds", "resets", "end"]
    net.run(duration * b.ms)
    return np.array(spikes.i), np.array(spikes.t / b.ms), np.array(membranes.v / b.mV).T


def statistics(ids, times, membranes, duration, warm_up):
    counted = times >= warm_up - DT / 2
    ids, times = ids[counted], times[counted]
    order = np.lexsort((times, ids))
    ids, intervals = ids[order], np.diff(times[order])
    own, of = ids[1:] == ids[:-1], ids[1:]
    intervals, of = intervals[own], of[own]
    count, total, squares = (np.bincount(of, w, N) for w in (None, intervals, intervals**2))
    enough = count >= LEAST_INTERVALS
    count, mean, squares = count[enough], total[enough] / count[enough], squares[enough]
    cv = np.sqrt(np.maximum(squares - count * mean**2, 0) / (count - 1)) / mean
    bins = np.histogram(times, np.arange(warm_up - DT / 2, duration, BIN_MS))[0]
    membranes = membranes[int(warm_up) :]
    chi = np.sqrt(membranes.mean(1).var() / membranes.var(0).mean())
    return [len(times) / N / (duration - warm_up) * 1000, cv.mean(), bins.var() / bins.mean(), chi]


def permutation_p(a, b):
    """Share of the ways to deal all runs to two simulators in which the means differ at least as much."""
    runs, sums = np.concatenate([a, b]), []
    for chosen in itertools.combinations(range(len(runs)), len(a)):
        sums.append(runs[list(chosen)].sum())
    sums = np.array(sums)
    difference = np.abs(sums / len(a) - (runs.sum() - sums) / len(b))
    rounding = 1e-12 * np.abs(runs).max()
    return (difference >= abs(np.mean(a) - np.mean(b)) - rounding).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nest", required=True)
    parser.add_argument("--brian", required=True)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--duration", type=int, default=1000)
    parser.add_argument("--warm-up", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2, help="of NEST")
    parser.add_argument("--runs", type=pathlib.Path)
    # One run, in the interpreter that has the simulator.
    parser.add_argument("--one", nargs=2, metavar=("SIMULATOR", "SEED"), help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.one:
        run = dict(spikefuse=run_ours, nest=run_nest, brian2=run_brian)[a.one[0]]
        results = statistics(*run(int(a.one[1]), a.duration, a.threads), a.duration, a.warm_up)
        print("RESULT " + json.dumps([float(x) for x in results]))
        return
    found = {}
    for seed in range(1, a.seeds + 1):
        for name, python in [("spikefuse", sys.executable), ("nest", a.nest), ("brian2", a.brian)]:
            kept = a.runs and a.runs / f"{name}_{seed}_{a.duration}_{a.warm_up}.json"
            if kept and kept.is_file():
                results = json.loads(kept.read_text())
            else:
                command = [python, __file__, *sys.argv[1:], "--one", name, str(seed)]
                lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
                results = json.loads(next(line for line in lines if line.startswith("RESULT "))[len("RESULT ") :])
                if kept:
                    a.runs.mkdir(parents=True, exist_ok=True)
                    kept.write_text(json.dumps(results))
            found.setdefault(name, []).append(results)
            print(f"{name:10} seed {seed:3}  " + "  ".join(f"{n} {x:.5g}" for n, x in zip(NAMES, results)), flush=True)
    found = {name: np.array(results) for name, results in found.items()}
    print(f"\n{'':10} " + "".join(f"{name:>22}" for name in NAMES))
    for name, results in found.items():
        cells = (f"{mean:.4f} +- {sd:.4f}" for mean, sd in zip(results.mean(0), results.std(0, ddof=1)))
        print(f"{name:10} " + "".join(f"{cell:>22}" for cell in cells))
    limit = LEVEL / (len(NAMES) * 2)
    for first, second in itertools.combinations(found, 2):
        x, y = found[first], found[second]
        inside = (y.min(0) <= x.mean(0)) & (x.mean(0) <= y.max(0))
        p = [permutation_p(x[:, k], y[:, k]) for k in range(len(NAMES))]
        cells = (f"{'inside' if i else 'OUTSIDE'}, p = {q:.3f}" for i, q in zip(inside, p))
        verdict = "agree" if inside.all() and min(p) >= limit else "DIFFER"
        print(f"{first} in {second}: {verdict} (least p allowed {limit:.4f})\n{'':10} " + "".join(f"{cell:>22}" for cell in cells))


if __name__ == "__main__":
    main()
