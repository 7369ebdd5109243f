"""Record logits of models/mixtral with merged experts and mapped routers: merged-experts.json and .safetensors.

Dense matrices of either sign, one-hot pairs, merging alone, routing alone, other numbers of experts per token, and a
mapping under which no expert answers for many tokens. Of many random sequences each case takes the one whose
decisions are clearest, as tiny_moe.py does; the reference runs in float32, and in float64 to see the noise.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from reference import Reference

HERE = Path(__file__).resolve().parent
MODEL = HERE / "models" / "mixtral"
EXPERTS, LENGTH, VOCAB, SEQUENCES = 5, 24, 64, 100


def matrix(seed, kept, noise):
    """One-hot rows of the kept experts plus noise, rounded so that the JSON is short and exact."""
    rng = np.random.default_rng(seed)
    return (np.eye(EXPERTS)[kept] + noise * rng.standard_normal((len(kept), EXPERTS))).round(3)


def merge(layer, values):
    return {"edit": "merge-experts", "layer": layer, "rows": len(values), "matrix": values.flatten().tolist()}


def route(layer, values):
    return {"edit": "route-experts", "layer": layer, "rows": len(values), "matrix": values.flatten().tolist()}


def per_token(layer, count):
    return {"edit": "experts-per-token", "layer": layer, "count": count}


def pair(layer, seed, kept, noise=0.2):
    return [route(layer, matrix(seed, kept, noise)), merge(layer, matrix(seed + 1, kept, noise))]


CASES = {
    "merged-and-mapped": pair(0, 20, [0, 2, 4]) + pair(1, 30, [1, 2, 3]),
    # In one layer every coefficient is far from one-hot; the other one keeps all of its experts.
    "dense-matrices": [route(0, matrix(40, [3, 0], 0.8)), merge(0, matrix(41, [3, 0], 0.8))] + pair(1, 42, [0, 1, 2, 3, 4], 0.5),
    "one-hot-pair": [route(0, matrix(0, [4, 1, 2], 0)), merge(0, matrix(0, [4, 1, 2], 0))],
    # Row 0 of the router answers with another expert than the one that it ranks.
    "one-hot-untied": [route(1, matrix(0, [0, 1, 3], 0)), merge(1, matrix(0, [2, 1, 4], 0))],
    "merged-alone": [merge(0, matrix(50, [0, 1, 2, 3, 4], 0.3))],
    "mapped-alone": [route(1, matrix(60, [0, 1, 2, 3, 4], 0.3))],
    "experts-per-token": pair(0, 70, [0, 1, 2, 3]) + [per_token(0, 3), per_token(1, 1)],
    "no-positive-sum": [route(0, -0.4 + matrix(80, [0, 1, 2], 0.1)), merge(0, matrix(81, [0, 1, 2], 0.1))],
}


@torch.no_grad()
def record():
    sha = hashlib.sha256((MODEL / "model.safetensors").read_bytes()).hexdigest()
    single, double = Reference(MODEL), Reference(MODEL, torch.float64)
    candidates = torch.from_numpy(np.random.default_rng(7).integers(0, VOCAB, (SEQUENCES, LENGTH)))
    tensors, cases = {}, []
    for name, edits in CASES.items():
        best = None
        for ids in candidates:
            single.silent = 0
            single.logits(ids, edits)
            margin = min(single.margins["router"], single.margins.get("sum", 1.0))
            if best is None or margin > best[0]:
                best = (margin, ids, single.silent)
        margin, ids, silent = best
        logits = single.logits(ids, edits)
        noise = (logits - double.logits(ids, edits)).abs().max().item()
        effect = (logits - single.logits(ids)).abs().max().item()
        assert noise < 1e-4, f"{name}: float32 and float64 differ by {noise}"
        assert effect > 0.05, f"{name}: the edits change nothing"
        tensors |= {f"{name}.input_ids": ids[None], f"{name}.logits": logits[None].contiguous()}
        cases.append({"name": name, "edits": edits, "margin": margin, "tokens_without_experts": silent, "float32_vs_float64": noise, "max_change_from_dense": effect})
        print(f"{name:18} margin {margin:.1e} silent {silent} noise {noise:.1e} effect {effect:.2f}")
    save_file(tensors, HERE / "merged-experts.safetensors")
    record = {"model": "mixtral", "model_sha256": sha, "cases": cases}
    (HERE / "merged-experts.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    record()
