"""The same small network counted by spikefuse and by the neurobench package: every metric that both have, to the last digit.

    cargo build --release
    pip install neurobench torch
    python benches/peers/ledger_vs_neurobench.py [--program target/release/spikefuse]

The network: 30 inputs, two layers of 24 and 10 integrate-and-fire neurons, 40 % zero weights, 10 % input spikes, 40 steps, one step of
delay per layer, in both programs. The PyTorch side is built from stock Linear layers and a neuron that does what ours does.
Exit code 1 if a metric differs.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from neurobench.benchmarks import Benchmark
from neurobench.metrics.static import ConnectionSparsity
from neurobench.metrics.workload import ActivationSparsity, ActivationSparsityByLayer, SynapticOperations
from neurobench.models import TorchModel

SIZES, STEPS = [30, 24, 10], 40
NETWORK = """(
    format: 1,
    dt_ms: 1,
    duration_ms: {steps},
    seed: 1,
    populations: [
        (name: "hidden", size: {hidden}, neuron: Lif(tau_m_ms: 2, threshold: Fixed(v_th_mv: 1), form: Discrete(decay_input: false))),
        (name: "output", size: {output}, neuron: Lif(tau_m_ms: 2, threshold: Fixed(v_th_mv: 1), form: Discrete(decay_input: false))),
    ],
    sources: [(name: "input", size: {inputs}, emits: Regular(period_ms: 1))],
    projections: [
        (from: "input", to: "hidden", rule: Matrix(file: "hidden.npy"), delay_ms: Constant(1)),
        (from: "hidden", to: "output", rule: Matrix(file: "output.npy"), delay_ms: Constant(1)),
    ],
)
"""


class Neurons(torch.nn.Module):
    """v <- v / 2 + I; a spike at v >= 1, then v <- 0."""

    def __init__(self):
        super().__init__()
        self.v = None

    def forward(self, current):
        v = current if self.v is None else self.v - self.v / 2 + current
        spikes = (v >= 1).to(current.dtype)
        self.v = v * (1 - spikes)
        return spikes


class Net(torch.nn.Module):
    """Layer by layer with one step of delay; `x` is [1, steps, inputs]."""

    def __init__(self, weights):
        super().__init__()
        self.hidden_weights = torch.nn.Linear(SIZES[0], SIZES[1], bias=False, dtype=torch.float64)
        self.hidden = Neurons()
        self.output_weights = torch.nn.Linear(SIZES[1], SIZES[2], bias=False, dtype=torch.float64)
        self.output = Neurons()
        for layer, w in zip((self.hidden_weights, self.output_weights), weights):
            layer.weight.data = torch.from_numpy(w.astype(np.float64))

    def forward(self, x):
        late_input, late_hidden = torch.zeros(1, SIZES[0], dtype=x.dtype), torch.zeros(1, SIZES[1], dtype=x.dtype)
        for t in range(x.shape[1]):
            hidden = self.hidden(self.hidden_weights(late_input))
            out = self.output(self.output_weights(late_hidden))
            late_input, late_hidden = x[:, t], hidden
        return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--program", default=root / "target" / "release" / "spikefuse")
    arguments = parser.parse_args()
    rng = np.random.default_rng(7)
    weights = []
    for inputs, outputs in zip(SIZES, SIZES[1:]):
        w = rng.uniform(-0.4, 0.8, (outputs, inputs)).astype(np.float32)
        w[rng.random(w.shape) < 0.4] = 0.0
        weights.append(w)
    spikes = rng.random((STEPS, SIZES[0])) < 0.1

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, w in zip(("hidden", "output"), weights):
            np.save(folder / f"{name}.npy", w)
        text = NETWORK.format(steps=STEPS, inputs=SIZES[0], hidden=SIZES[1], output=SIZES[2])
        (folder / "network.ron").write_text(text)
        lines = ["time_ms,id"] + [f"{t},{i}" for t, i in zip(*np.nonzero(spikes))]
        (folder / "input.csv").write_text("\n".join(lines) + "\n")
        command = [arguments.program, "simulate", folder / "network.ron", "--input", folder / "input.csv", "--json"]
        ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["neurobench"]

    net = Net(weights)
    model = TorchModel(net)
    model.add_activation_module(Neurons)
    frames = torch.from_numpy(spikes.astype(np.float64))[None]
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(frames, torch.zeros(1)))
    static, workload = [ConnectionSparsity], [ActivationSparsity, ActivationSparsityByLayer, SynapticOperations]
    theirs = Benchmark(model, data, [], [], [static, workload]).run(verbose=False)

    layers = theirs["ActivationSparsityByLayer"]
    rows = [(f"ActivationSparsityByLayer {name}", ours["ActivationSparsityByLayer"][name], layers[name]) for name in layers]
    rows += [(name, ours[name], theirs[name]) for name in ("ConnectionSparsity", "ActivationSparsity")]
    rows += [(name, ours["SynapticOperations"][name], count) for name, count in theirs["SynapticOperations"].items()]
    for name, mine, its in rows:
        print(f"{name:<36} spikefuse {mine!r:>22}  neurobench {its!r:>22}  {'equal' if mine == its else 'DIFFERENT'}")
    sys.exit(any(mine != its for _, mine, its in rows))


if __name__ == "__main__":
    main()
