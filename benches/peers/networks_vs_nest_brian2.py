"""Race of the simulator against NEST and Brian2 (C++ standalone) on the published networks, one second each.

    cargo build --release
    python benches/peers/networks_vs_nest_brian2.py --peers DIR [--nest PYTHON] [--brian PYTHON] [--rounds 3] [NET ...]

DIR holds run_nest.py and run_brian.py of the reference data (its `peers` folder); PYTHON are interpreters that have nest-simulator or
brian2. Every simulator runs the same edges, delays and initial membranes, and its spikes are printed beside its times. In each round
all of them run in turn, ours before and after; printed are medians of the simulation loops in seconds, without building, and the ratio
of the best peer to ours, by medians and by shortest times, which other work on the machine disturbs least.
"""

import argparse
import json
import pathlib
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
NETS = ["cuba4k", "cuba40k", "brunel10kdc", "delta100k"]


def ours(net, driver, threads):
    program = ROOT / "target" / "release" / "spikefuse"
    command = [program, "simulate", ROOT / "networks" / f"{net}.ron", "--driver", driver, "--threads", str(threads), "--json"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return report["run_s"], sum(p["operations"]["spikes"] for p in report["populations"]), report["build_s"]


def peer(python, script, net, options, folder):
    command = [python, script, net, "--runs", "1", "--maxruns", "1", "--maxwait", "1", *options]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout.splitlines()
    result = json.loads(next(line for line in lines if line.startswith("RESULT "))[len("RESULT "):])
    # NEST counts the spikes of its sources as well.
    return result["wall_s"], result.get("spikes", result.get("counter")), result["build_s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", default=NETS)
    parser.add_argument("--peers", required=True)
    parser.add_argument("--nest")
    parser.add_argument("--brian")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    for net in a.nets:
        times, builds, spikes = {}, {}, {}

        def note(name, run):
            seconds, count, build = run
            times.setdefault(name, []).append(seconds)
            builds.setdefault(name, []).append(build)
            spikes[name] = count

        for _ in range(a.rounds):
            for half in range(2):
                for driver in ("event", "clock", "auto"):
                    note(f"spikefuse {driver}", ours(net, driver, a.threads))
                if half == 0 and a.nest:
                    note("nest", peer(a.nest, "run_nest.py", net, ["--threads", str(a.threads)], a.peers))
                if half == 0 and a.brian:
                    note("brian2 c++", peer(a.brian, "run_brian.py", net, ["--mode", "cpp"], a.peers))
        for name, seconds in times.items():
            median, least, build = statistics.median(seconds), min(seconds), statistics.median(builds[name])
            print(f"{net:12} {name:16} median {median:8.3f} s  least {least:8.3f} s  built in {build:6.2f} s  spikes {spikes[name]}")
        peers = [name for name in times if not name.startswith("spikefuse")]
        for measure, name in ((statistics.median, "median"), (min, "least")):
            if peers:
                best = min(measure(times[p]) for p in peers)
                own = min(measure(t) for n, t in times.items() if n.startswith("spikefuse"))
                print(f"{net:12} best peer / ours by {name}: {best / own:.2f}")


main()
