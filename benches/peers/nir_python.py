"""The files of `spikefuse nir convert`, read by the Python package nir.

    cargo build --release
    pip install nir
    python benches/peers/nir_python.py [FILE.nir ...] [--program target/release/spikefuse]

Every file, and one with a node of every kind, which the package writes itself, is converted for the widest range of versions and for 1.0.8,
and read by nir.read before and after. All nodes, edges and metadata must be the same, arrays with their types; a `v_reset` that was left
out is 0 for the package. Shapes that the package infers wrongly, of kernels that are no squares, are not in question: it is told not to
check them. The exit code is 1 if anything differs. `--example FILE.nir` writes networks/recurrent.nir instead.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import nir
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]


def every_kind():
    """A graph with a node of every kind: two branches and an inner graph."""
    rng = np.random.default_rng(7)

    def f32(*shape):
        return rng.normal(size=shape).astype(np.float32)

    def f64(value, size=4):
        return np.full(size, value)

    lif = dict(tau=f64(0.02), r=f64(1.0), v_leak=f64(0.0), v_threshold=f64(1.0))
    cuba = dict(tau_syn=f64(0.005), tau_mem=f64(0.02), r=f64(20.0), v_leak=f64(0.1), w_in=f64(5.0))
    inner = nir.NIRGraph(
        nodes={
            "in": nir.Input({"input": np.array([4])}),
            "w": nir.Linear(f32(4, 4)),
            "lif": nir.LIF(**lif, v_reset=f64(-0.5)),
            "out": nir.Output({"output": np.array([4])}),
        },
        edges=[("in", "lif"), ("lif", "w"), ("w", "lif"), ("lif", "out")],
    )
    line = {
        "a_input": nir.Input({"input": np.array([1, 9])}),
        "b_conv": nir.Conv1d(9, f32(2, 1, 3), stride=2, padding=1, dilation=2, groups=1, bias=f32(2)),
        "c_flat": nir.Flatten({"input": np.array([2, 4])}, start_dim=0, end_dim=-1),
        "d_affine": nir.Affine(f32(4, 8), f32(4), metadata={"note": "learned", "dt": 1e-3, "steps": np.arange(3)}),
        "e_scale": nir.Scale(f32(4)),
        "f_delay": nir.Delay(f64(0.001)),
        "g_threshold": nir.Threshold(f32(4)),
        "h_i": nir.I(f32(4)),
        "i_if": nir.IF(r=f32(4), v_threshold=f32(4), v_reset=f32(4)),
        "j_li": nir.LI(tau=f64(0.01), r=f64(2.0), v_leak=f64(0.5)),
        "k_lif": nir.LIF(**lif),
        "l_cubali": nir.CubaLI(**cuba),
        "m_cubalif": nir.CubaLIF(**cuba, v_threshold=f64(1.0)),
        "n_graph": inner,
        "o_output": nir.Output({"output": np.array([4])}),
    }
    image = {
        "p_input": nir.Input({"input": np.array([3, 10, 8])}),
        "q_conv": nir.Conv2d((10, 8), f32(8, 3, 3, 3), stride=1, padding="same", dilation=1, groups=1, bias=f32(8)),
        "r_sum": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        "s_mean": nir.AvgPool2d(np.array([1, 2]), np.array([1, 1]), np.array([0, 0])),
        "t_output": nir.Output({"output": np.array([8, 5, 3])}),
    }
    edges = [pair for nodes in (line, image) for pair in zip(list(nodes), list(nodes)[1:])]
    return nir.NIRGraph(nodes={**line, **image}, edges=edges, metadata={"made": "by hand"})


def recurrent():
    """A small recurrent network, with dt = 1 ms in its resistances."""
    rng = np.random.default_rng(1)
    dt, hidden = 1e-3, 20

    def weight(out, into, scale):
        return (rng.normal(size=(out, into)) * scale / np.sqrt(into)).astype(np.float32)

    def neurons(size, tau_syn, tau_mem):
        values = dict(tau_syn=tau_syn, tau_mem=tau_mem, r=tau_mem / dt, v_leak=0.0, v_threshold=1.0, w_in=tau_syn / dt)
        return nir.CubaLIF(**{name: np.full(size, value) for name, value in values.items()})

    nodes = {
        "input": nir.Input({"input": np.array([8])}),
        "fc1": nir.Affine(weight(hidden, 8, 0.8), np.zeros(hidden, np.float32)),
        "hidden": neurons(hidden, 5e-3, 2e-2),
        "rec": nir.Linear(weight(hidden, hidden, 0.2)),
        "fc2": nir.Linear(weight(3, hidden, 0.8)),
        "out": neurons(3, 5e-3, 2e-2),
        "output": nir.Output({"output": np.array([3])}),
    }
    row = ["input", "fc1", "hidden", "fc2", "out", "output"]
    return nir.NIRGraph(nodes=nodes, edges=[*zip(row, row[1:]), ("hidden", "rec"), ("rec", "hidden")])


def differences(a, b, path=""):
    """Where two dictionaries of nir differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(set(a) | set(b)):
            inner = f"{path}/{key}"
            if key not in a or key not in b:
                yield f"{inner}: only in {'the first' if key in a else 'the second'}"
            else:
                yield from differences(a[key], b[key], inner)
    elif isinstance(a, (np.ndarray, np.generic)) or isinstance(b, (np.ndarray, np.generic)):
        a, b = np.asarray(a), np.asarray(b)
        if a.dtype != b.dtype or not np.array_equal(a, b):
            yield f"{path}: {a.dtype}{a.shape} and {b.dtype}{b.shape}"
    elif a != b:
        yield f"{path}: {a!r} and {b!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--program", default=ROOT / "target/release/spikefuse")
    parser.add_argument("--example", type=pathlib.Path)
    args = parser.parse_args()
    if args.example:
        nir.write(args.example, recurrent())
        return 0
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        own, out = (pathlib.Path(folder) / name for name in ("every_kind.nir", "out.nir"))
        nir.write(own, every_kind())
        for file in [own, ROOT / "networks/recurrent.nir", *args.files]:
            for compat in ([], ["--compat", "1.0.8"]):
                out.unlink(missing_ok=True)
                subprocess.run([args.program, "nir", "convert", file, "--out", out, *compat], check=True)
                graphs = [nir.read(path, type_check=False).to_dict() for path in (file, out)]
                found = list(differences(*graphs))
                nir.read(out)
                wrong += len(found)
                print(f"{file.name} {' '.join(compat) or 'widest'}: {len(found)} differences", *found[:10], sep="\n  ")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
