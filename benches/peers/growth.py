"""Growth of the time per synaptic event with the number of synapses, and of the time of a tick in which nothing happens.

    cargo build --release
    python benches/peers/growth.py [--synapses 1e6 1e7 1e8] [--silent 1e4 1e5 1e6] [--events 1e9] [--driver event] [--threads 1]

Balanced networks with constant drive as networks/brunel10kdc.ron, of as many neurons as make the synapses with an in-degree of 1000:
rates are alike, so time per synaptic event is what grows, with targets that no longer lie in the caches. Each run lasts as long as makes
about EVENTS synaptic events at RATE_HZ. The silent networks (in-degree 10) rest below their thresholds and have no input. Memory is the
highest that the process held, but no less than this script's own, about 14 MiB. Progress bars of the program are seen on a terminal.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
IN_DEGREE, RATE_HZ, SILENT_MS = 1000, 18, 100_000


def network(neurons, degree, bias, initial):
    """RON text of a network with 80 % excitatory neurons, in-degree too."""
    excitatory = neurons * 4 // 5
    projections = "".join(
        f'(from: "cells[{first}..{end}]", to: "cells", rule: FixedInDegree(degree: {k}), weight: Constant({weight}), delay_ms: Constant(1.5)),'
        for first, end, k, weight in [(0, excitatory, degree * 4 // 5, 0.5), (excitatory, neurons, degree // 5, -2.5)]
    )
    neuron = f"Lif(tau_m_ms: 20, bias_pa: {bias}, threshold: Fixed(v_th_mv: 20), reset: Hard(v_reset_mv: 10), refractory_ms: 2)"
    cells = f'(name: "cells", size: {neurons}, neuron: {neuron}, initial: {initial})'
    return f'(format: 1, name: "{neurons} neurons", dt_ms: 0.1, populations: [{cells}], projections: [{projections}])'


def simulate(text, duration, driver, threads):
    """The report, and the peak of resident memory in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "network.ron"
        path.write_text(text)
        program = ROOT / "target" / "release" / "spikefuse"
        command = [program, "simulate", path, "--duration", duration, "--driver", driver, "--threads", threads, "--json"]
        with open(path.with_suffix(".json"), "w+") as report:
            child = subprocess.Popen([str(word) for word in command], stdout=report)
            _, status, usage = os.wait4(child.pid, 0)
            if status != 0:
                raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
            report.seek(0)
            return json.load(report), usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--synapses", nargs="*", type=float, default=[1e6, 1e7, 1e8])
    parser.add_argument("--silent", nargs="*", type=float, default=[1e4, 1e5, 1e6])
    parser.add_argument("--events", type=float, default=1e9)
    parser.add_argument("--driver", default="event")
    parser.add_argument("--threads", type=int, default=1)
    a = parser.parse_args()
    first = None
    print(f"{'synapses':>12} {'build s':>8} {'peak MiB':>9} {'rate Hz':>8} {'run s':>8} {'events':>14} {'ns/event':>9} {'ratio':>6}")
    for synapses in a.synapses:
        neurons = round(synapses / IN_DEGREE)
        duration = max(10, round(1000 * a.events / (synapses * RATE_HZ)))
        text = network(neurons, IN_DEGREE, 30, "Uniform(low_mv: 0, high_mv: 10)")
        report, memory = simulate(text, duration, a.driver, a.threads)
        cells = report["populations"][0]
        # Dense projections of the clock driver deliver no events: these count for every driver.
        events = cells["operations"]["effective_acs"]
        each = 1e9 * report["run_s"] / events
        first = first or each
        print(
            f"{neurons * IN_DEGREE:12} {report['build_s']:8.2f} {memory:9.0f} {cells['rate_hz']:8.2f} {report['run_s']:8.2f} {events:14}"
            f" {each:9.3f} {each / first:6.2f}",
            flush=True,
        )
    print(f"\n{'silent':>12} {'build s':>8} {'peak MiB':>9} {'ticks':>9} {'run s':>8} {'ns/tick':>9} {'membrane updates':>17}")
    for neurons in map(round, a.silent):
        report, memory = simulate(network(neurons, 10, 0, "Constant(v_mv: 0)"), SILENT_MS, a.driver, a.threads)
        ticks = round(report["duration_ms"] / report["dt_ms"])
        print(
            f"{neurons:12} {report['build_s']:8.2f} {memory:9.0f} {ticks:9} {report['run_s']:8.3f} {1e9 * report['run_s'] / ticks:9.1f}"
            f" {report['populations'][0]['operations']['membrane_updates']:17}",
            flush=True,
        )


if __name__ == "__main__":
    main()
