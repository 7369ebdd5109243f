#!/usr/bin/env python3
"""Record the goldens of `rounding: "gptq"` of `weight-bits`, with numpy alone, from the formulas of the paper (arXiv 2210.17323).

    python tests/golden/gptq.py

`gptq.safetensors`: one matrix and inputs, and what is left of the matrix on every grid; and logits of models whose modules were
rounded by their inputs in the dense model on the same tokens. Here H is inverted and the weights that are left are updated by rows of
the Cholesky factor of the inverse (Eq. 2 and 3, Algorithm 1), all in float64; attune inverts nothing. Scales are those of the weights as
they are stored. A code is decided by rounding, so `tie` says how near to half a step any weight came.
"""

import json
import math
from pathlib import Path

import numpy as np

from weight_bits import DENSE, EXPERT, MODELS, Model, bits, sequences, write

HERE = Path(__file__).resolve().parent
DAMPING = 0.01


def grid(values, b, name):
    """Scale, zero point and offset of groups `[outputs, groups, group]` in float32, and the bounds of codes."""
    low, high = values.min(-1, keepdims=True), values.max(-1, keepdims=True)
    none, half = np.zeros_like(low), np.float32(2 ** (b - 1))
    if name is None:
        return (high - low) / np.float32(2**b - 1), none, low, np.float32(0), np.float32(2**b - 1)
    if name == "symmetric":
        return np.maximum(np.abs(low), np.abs(high)) / (np.float32(2**b - 1) / np.float32(2)), none, none, -half, half - 1
    low, high = np.minimum(low, 0), np.maximum(high, 0)
    scale = (high - low) / np.float32(2**b - 1)
    zero = np.rint(np.clip(-half - low / np.where(scale == 0, np.float32(1), scale), -half, half - 1))
    return scale, np.where(scale == 0, none, zero), none, -half, half - 1


def gptq(weights, inputs, b, group, name=None):
    """What is left of `weights [outputs, n]` (float32) whose module is given `inputs [rows, n]`; and the nearest that a weight
    came to a tie."""
    n = weights.shape[1]
    scale, zero, offset, least, largest = grid(weights.reshape(len(weights), -1, group), b, name)
    hessian = 2 * inputs.astype(np.float64).T @ inputs.astype(np.float64)
    damping = DAMPING * np.mean(np.diag(hessian))
    if damping == 0:  # Nothing enters the module: every error is as bad as every other.
        damping = 1.0
    hessian[np.diag_indices(n)] += damping
    upper = np.linalg.cholesky(np.linalg.inv(hessian)).T
    left, given, tie = weights.astype(np.float64), np.zeros_like(weights), 0.5
    for i in range(n):
        s, z, m = (part[:, i // group, 0] for part in (scale, zero, offset))
        steps = np.where(s > 0, s, np.float32(1))
        exact = (left[:, i].astype(np.float32) - m) / steps + z
        code = np.rint(np.clip(exact, least, largest))
        code = np.where(s > 0, code, z)
        given[:, i] = (code - z) * s + m
        apart = np.abs(exact - np.floor(exact) - 0.5)
        # Before any error is made good, both sides round the same number.
        doubtful = (s > 0) & (exact > least) & (exact < largest) & (left[:, i] != weights[:, i])
        tie = min(tie, apart[doubtful].min(initial=0.5))
        error = (left[:, i] - given[:, i].astype(np.float64)) / upper[i, i]
        left[:, i:] -= np.outer(error, upper[i, i:])
    return given, float(tie)


class Watched(Model):
    """Keeps what enters every linear module."""

    def __init__(self, folder):
        super().__init__(folder, [])
        self.inputs = {}

    def linear(self, x, name):
        self.inputs.setdefault(name + ".weight", []).append(np.atleast_2d(x).astype(np.float32))
        return super().linear(x, name)


class Rounded(Model):
    """Rounds modules by what enters them in the dense model."""

    def __init__(self, folder, edits, inputs):
        self.inputs, self.tie = inputs, 0.5
        super().__init__(folder, edits)

    def names(self, edit):
        names = super().names(edit)
        self.current = iter(names)
        return names

    def quantised(self, weights, edit):
        name = next(self.current) if "rounding" in edit else None
        inputs = self.inputs.get(name, [np.zeros((1, weights.shape[1]), np.float32)])
        given, tie = gptq(weights, np.concatenate(inputs), edit["bits"], edit["group-size"], edit.get("grid"))
        self.tie = min(self.tie, tie)
        return given


def rounded(*args, grid=None, **kwargs):
    edit = bits(*args, **kwargs) | {"rounding": "gptq"}
    return edit if grid is None else edit | {"grid": grid}


CASES = {
    "moe-some": (
        "tiny-moe",
        [
            rounded(0, "k", 2, 32),
            rounded(1, "up", 3, 64, 3),
            rounded(2, "down", 2, 96, grid="affine-int"),
            rounded(3, "gate", 3, 64, 0),
            rounded(4, "o", 4, 128, grid="symmetric"),
            bits(5, "v", 3, 64),
        ],
    ),
    "llama-every-module": (
        "llama",
        [rounded(layer, module, 3, 16) for layer in range(2) for module in ["q", "k", "v", "o", *DENSE]],
    ),
}


def main():
    tensors, record = {}, []
    for name, (model, edits) in CASES.items():
        best = None
        for ids in sequences(model)[:6]:
            dense = Watched(MODELS[model])
            before = dense.logits(ids)
            edited = Rounded(MODELS[model], edits, dense.inputs)
            logits = edited.logits(ids)
            # A choice of experts in the dense model decides about inputs, too.
            margin = min(edited.margin, dense.margin)
            if best is None or min(margin, edited.tie) > best[0]:
                best = (min(margin, edited.tie), margin, edited.tie, ids, logits, np.abs(logits - before).max())
        _, margin, tie, ids, logits, effect = best
        # Without inputs, every code is the nearest.
        against = np.abs(logits - Rounded(MODELS[model], edits, {}).logits(ids)).max()
        assert effect > 0.05 and against > 0.05, (name, effect, against)
        top = logits.max(-1)
        stride = 8 if model == "tiny-moe" else 1
        tensors |= {
            f"{name}.input_ids": np.asarray(ids, np.int64),
            f"{name}.logits": logits[:, ::stride].astype(np.float32),
            f"{name}.logsumexp": (top + np.log(np.exp(logits - top[:, None]).sum(-1))).astype(np.float32),
        }
        record.append({"name": name, "model": model, "column_stride": stride, "edits": edits, "tie": tie})
        if margin < math.inf:
            record[-1]["router_margin"] = float(margin)
        print(f"{name:20} tokens {len(ids)} margin {margin:.1e} tie {tie:.1e} effect {effect:.2f} against nearest {against:.2f}")
    (HERE / "gptq.json").write_text(json.dumps(record, indent=1) + "\n")

    draw = np.random.default_rng(11)
    weights = draw.standard_normal((6, 96)).astype(np.float32)
    weights[1] = 0.75  # constant: nothing to round, and nothing to make good
    weights[2, 5] = 12.0  # an outlier that flattens its group
    # Inputs that go together, of unlike sizes; one that is never there.
    mixing = draw.standard_normal((96, 96)) * (0.2 + np.arange(96) / 48)
    inputs = (draw.standard_normal((160, 96)) @ mixing / 10).astype(np.float32)
    inputs[:, 17] = 0
    tensors |= {"input": weights, "rows": inputs}
    for rows, few in ((inputs, ""), (inputs[:8], "few.")):
        for grid_name in (None, "affine-int", "symmetric"):
            for b in (2, 3, 4, 8):
                for group in (16, 96):
                    given, tie = gptq(weights, rows, b, group, grid_name)
                    key = f"{few}{grid_name or 'least'}.bits{b}.group{group}"
                    assert tie > 1e-7, (key, tie)
                    tensors[key] = given
    write(HERE / "gptq.safetensors", tensors)


if __name__ == "__main__":
    main()
