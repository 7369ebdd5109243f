"""The generator, its sampler, the classifier and the Frechet distance, as attune computes them.

Everything here is the reference of the Rust forward pass: `tests/golden/tiny_digits.py` records its numbers.
"""

import math

import numpy as np
import torch
from torch import nn

SIZE = 8
PIXELS = SIZE * SIZE


def time_features(t, count, highest):
    """cos(f_j t), sin(f_j t) with f_j = highest^(j / (count - 1)), in float64."""
    f = highest ** (torch.arange(count, dtype=torch.float64) / (count - 1))
    angle = t.double()[:, None] * f
    return torch.cat([angle.cos(), angle.sin()], 1).float()


class Block(nn.Module):
    def __init__(self, hidden, inner):
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.up = nn.Linear(hidden, inner)
        self.time = nn.Linear(hidden, inner, bias=False)
        self.down = nn.Linear(inner, hidden)

    def forward(self, h, e):
        return h + self.down(nn.functional.silu(self.up(self.norm(h)) + self.time(e)))


class Denoiser(nn.Module):
    """v(x, t): a residual MLP on the pixels. Parameter names are those of the safetensors files."""

    def __init__(self, config):
        super().__init__()
        c = self.config = config
        hidden, inner = c["hidden_size"], c["intermediate_size"]
        pixels = c["channels"] * c["image_size"] ** 2
        self.input = nn.Linear(pixels, hidden)
        self.time = nn.Linear(2 * c["time_frequencies"], hidden)
        self.blocks = nn.ModuleList(Block(hidden, inner) for _ in range(c["num_hidden_layers"]))
        self.norm = nn.LayerNorm(hidden)
        self.output = nn.Linear(hidden, pixels)

    def forward(self, x, t):
        c = self.config
        e = nn.functional.silu(self.time(time_features(t, c["time_frequencies"], c["time_highest"])))
        h = self.input(x)
        for block in self.blocks:
            h = block(h, e)
        return self.output(self.norm(h))


@torch.no_grad()
def sample(model, noise):
    """DDIM in its angular form (Salimans and Ho, arXiv 2202.00512, appendix D): with x_phi = cos(phi) x0 + sin(phi) eps
    and v = cos(phi) eps - sin(phi) x0, one step is x <- cos(delta) x - sin(delta) v. Deterministic."""
    steps = model.config["sampling_steps"]
    delta = math.pi / 2 / steps
    x = noise
    for k in range(steps):
        t = torch.full((len(x),), 1 - k / steps, dtype=torch.float64)
        x = math.cos(delta) * x - math.sin(delta) * model(x, t)
    return x.clamp(-1, 1)


class Classifier(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.hidden = nn.Linear(config["channels"] * config["image_size"] ** 2, config["hidden_size"])
        self.features = nn.Linear(config["hidden_size"], config["feature_size"])
        self.output = nn.Linear(config["feature_size"], config["num_labels"])

    def embed(self, x):
        return torch.relu(self.features(torch.relu(self.hidden(x))))

    def forward(self, x):
        return self.output(self.embed(x))


def statistics(features):
    f = features.double().numpy()
    return f.mean(0), np.cov(f, rowvar=False)


def frechet(one, other):
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2) (Dowson and Landau 1982; Heusel et al., arXiv 1706.08500)."""
    (m1, c1), (m2, c2) = one, other
    w, u = np.linalg.eigh(c1)
    root = (u * np.sqrt(w.clip(0))) @ u.T
    middle = np.linalg.eigvalsh(root @ c2 @ root)
    return float(((m1 - m2) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * np.sqrt(middle.clip(0)).sum())


def kernel(x, y):
    """Unbiased squared MMD with the kernel (x.y/d + 1)^3 (Binkowski et al., arXiv 1801.01401)."""
    x, y = x.double().numpy(), y.double().numpy()
    k = lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3
    n, m = len(x), len(y)
    xx, yy, xy = k(x, x), k(y, y), k(x, y)
    return float((xx.sum() - np.trace(xx)) / (n * (n - 1)) + (yy.sum() - np.trace(yy)) / (m * (m - 1)) - 2 * xy.mean())
