"""networks/digits.nir and traces/digits.npz: a small convolutional network for the tutorial, trained by PyTorch.

    pip install torch nir scikit-learn
    python benches/peers/digits_nir.py            (a minute)
    cargo run --release -- nir convert networks/digits.nir --out digits.nir       (smaller: that is the file of the repository, of torch 2.15)

The data are the handwritten digits of 8 x 8 pixels that scikit-learn brings along: the test part of Alpaydin and Kaynak, Optical
Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998, doi 10.24432/C50P49, CC BY 4.0. Of the 1797 images every fifth is
kept for testing and goes to digits.npz, as `x` [360, 1, 8, 8] between 0 and 1 and `y`; the others train the network.

The network takes an image as constant input in each of 16 steps. Its neurons are IF with threshold 1, fire above it and are reset to zero;
gradients pass a spike by the surrogate 1 / (1 + (pi x)^2). Spikes of the last layer are counted; cross entropy of their rates times 8.
"""

import pathlib

import nir
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEPS = 16


class Spike(torch.autograd.Function):
    """1 above 0, with a surrogate gradient."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad / (1 + (torch.pi * x) ** 2)


def forward(layers, x):
    """Spike counts of the output, and the mean number of spikes of a clip."""
    conv1, conv2, dense = layers
    v, counts, spikes = [0.0] * 3, 0.0, 0.0
    for _ in range(STEPS):
        s = x
        for at, layer in enumerate((conv1, lambda s: conv2(F.avg_pool2d(s, 2)), lambda s: dense(s.flatten(1)))):
            v[at] = v[at] + layer(s)
            s = Spike.apply(v[at] - 1)
            v[at] = v[at] * (1 - s)
            spikes = spikes + s.sum() / len(x)
        counts = counts + s
    return counts, spikes


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    x, y = load_digits(return_X_y=True)
    x = (x / 16).reshape(-1, 1, 8, 8).astype(np.float32)
    test = np.arange(len(x)) % 5 == 0
    images, labels = torch.tensor(x[~test]), torch.tensor(y[~test])
    layers = nn.ModuleList([nn.Conv2d(1, 12, 3, padding=1), nn.Conv2d(12, 24, 3, padding=1), nn.Linear(24 * 16, 10)])
    epochs = 60
    optimiser = torch.optim.Adam(layers.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for epoch in range(epochs):
        for rows in torch.randperm(len(images)).split(64):
            counts, spikes = forward(layers, images[rows])
            loss = F.cross_entropy(counts / STEPS * 8, labels[rows]) + 2e-5 * spikes
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    with torch.no_grad():
        counts, spikes = forward(layers.double(), torch.tensor(x[test], dtype=torch.float64))
    right = int((counts.argmax(1).numpy() == y[test]).sum())
    print(f"test: {right} of {test.sum()} right, {spikes:.1f} spikes per clip")

    conv1, conv2, dense = layers.float()
    f32 = lambda tensor: tensor.detach().numpy().astype(np.float32)
    fires = lambda *shape: nir.IF(r=np.ones(shape, np.float32), v_threshold=np.ones(shape, np.float32), v_reset=np.zeros(shape, np.float32))
    conv = lambda layer, size: nir.Conv2d((size, size), f32(layer.weight), 1, 1, 1, 1, f32(layer.bias))
    nodes = {
        "input": nir.Input({"input": np.array([1, 8, 8])}),
        "conv1": conv(conv1, 8),
        "edges": fires(12, 8, 8),
        "pool": nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        "conv2": conv(conv2, 4),
        "strokes": fires(24, 4, 4),
        "flatten": nir.Flatten({"input": np.array([24, 4, 4])}, start_dim=0, end_dim=-1),
        "dense": nir.Affine(f32(dense.weight), f32(dense.bias)),
        "digit": fires(10),
        "output": nir.Output({"output": np.array([10])}),
    }
    names = list(nodes)
    graph = nir.NIRGraph(nodes, list(zip(names, names[1:])), metadata={"reset": "zero", "time_unit": "steps"})
    nir.write(ROOT / "networks/digits.nir", graph)
    np.savez_compressed(ROOT / "traces/digits.npz", x=x[test], y=y[test].astype(np.int64))


if __name__ == "__main__":
    main()
