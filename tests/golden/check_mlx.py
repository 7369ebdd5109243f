#!/usr/bin/env python3
"""Check an export for MLX against the dense model with rounded weights.

    pip install "mlx[cpu]" mlx-lm && python tests/golden/check_mlx.py DIR_DENSE DIR_EXPORTED PLAN.json

mlx-lm loads both folders. In the dense model the weights that the plan names are rounded to their grid by numpy, in float32.
Prints how far the logits of the export are from it, and from the dense model as it is, which has to be farther. Exit status 0
when the export is within 1e-3 (a model stored in float32), or on average twice as near to the rounded as to the dense
model (16 bits).
"""

import argparse
import json
from pathlib import Path

import mlx.core as mx
import numpy as np
from mlx_lm.utils import load_model

MODULES = {"q": ["q_proj"], "k": ["k_proj"], "v": ["v_proj"], "o": ["o_proj"], "gate": ["gate_proj", "w1", "gate_up_proj"], "up": ["up_proj", "w3"], "down": ["down_proj", "w2"]}


def rounded(weights, bits, group):
    """Round-to-nearest per output row and group of inputs; equal weights stay."""
    groups = np.array(weights.astype(mx.float32)).reshape(weights.shape[0], -1, group)
    low, high = groups.min(-1, keepdims=True), groups.max(-1, keepdims=True)
    step = (high - low) / np.float32(2**bits - 1)
    codes = np.rint((groups - low) / np.where(step > 0, step, 1))
    return mx.array((codes * step + low).reshape(weights.shape))


def matrices(edit, stored):
    """Names of the stored matrices that an edit rounds: those of the layer, and of an expert, that are called as the module is."""
    found = []
    for name in stored:
        parts = name.split(".")
        expert = int(parts[parts.index("experts") + 1]) if "experts" in parts else None
        if name.startswith(f"model.layers.{edit['layer']}.") and "shared" not in name and name.endswith(".weight") and parts[-2] in MODULES[edit["module"]]:
            if edit.get("expert") in (None, expert):
                found.append(name)
    return found


def logits(model, ids):
    return np.array(model(ids).astype(mx.float32))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("dense", "exported", "plan"):
        parser.add_argument(name)
    args = parser.parse_args()
    config = json.loads((Path(args.dense) / "config.json").read_text())
    plan = json.loads(Path(args.plan).read_text())["plan"]["edits"]

    exported, _ = load_model(Path(args.exported))
    dense, _ = load_model(Path(args.dense))
    # Both compute in float32, so that only the weights differ.
    exported.set_dtype(mx.float32)
    dense.set_dtype(mx.float32)
    ids = mx.array(np.random.default_rng(1).integers(0, config["vocab_size"], (2, 64)))
    before = logits(dense, ids)

    weights = {}
    for file in Path(args.dense).glob("*.safetensors"):
        weights |= mx.load(str(file))
    exact = all(value.dtype == mx.float32 for value in weights.values())
    for edit in plan:
        for name in matrices(edit, weights):
            if edit["bits"] < 16:
                weights[name] = rounded(weights[name], edit["bits"], edit["group-size"])
    dense.load_weights(list(dense.sanitize({name: value.astype(mx.float32) for name, value in weights.items()}).items()))
    expected, found = logits(dense, ids), logits(exported, ids)

    off, control = np.abs(found - expected), np.abs(found - before)
    print(f"|exported - rounded|: max {off.max():.3g}, mean {off.mean():.3g}; |exported - dense|: max {control.max():.3g}, mean {control.mean():.3g}")
    raise SystemExit(0 if (off.max() <= 1e-3 if exact else off.mean() < control.mean() / 2) and control.max() > 1e-2 else 1)


if __name__ == "__main__":
    main()
