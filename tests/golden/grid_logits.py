#!/usr/bin/env python3
"""Record logits of models whose weights are on the number grids of engines, with numpy, `gguf` and `ml_dtypes`.

    pip install numpy gguf==0.19.0 ml_dtypes==0.6.0
    python tests/golden/grid_logits.py

`number_grids.py` has the grids to the last bit; this says that they run along the right axis of the right matrix. Blocks of GGUF are
those of `gguf`, floating-point codes are rounded by `ml_dtypes`, and the forward is that of `weight_bits.py`, in float64.
"""

import json
import math

import ml_dtypes
import numpy as np
from gguf import GGMLQuantizationType, quants

import weight_bits
from weight_bits import ALL, HERE, MODELS, sequences, write

BITS = {"q4_0": 4, "q4_1": 4, "q5_0": 5, "q5_1": 5, "q8_0": 8, "mxfp4": 4, "nvfp4": 4}
GROUPS = {"nvfp4": 16, "fp8-e4m3-block": 128}


def largest(values, axis=None):
    return np.abs(values).max(axis, keepdims=True)


def under(values, scale, dtype):
    top = np.float32(ml_dtypes.finfo(dtype).max)
    return np.clip(values / scale, -top, top).astype(dtype).astype(np.float32) * scale


def on_grid(weights, edit):
    """[outputs, inputs] float32."""
    grid, bits, group = edit["grid"], edit["bits"], edit["group-size"]
    if grid.startswith("q"):
        kind = GGMLQuantizationType[grid.upper()]
        return quants.dequantize(quants.quantize(weights, kind), kind).reshape(weights.shape)
    if grid == "fp8-e4m3-tensor":
        return under(weights, largest(weights) / np.float32(448), ml_dtypes.float8_e4m3fn)
    if grid == "fp8-e4m3-channel":
        return under(weights, largest(weights, -1) / np.float32(448), ml_dtypes.float8_e4m3fn)
    if grid == "fp8-e4m3-block":
        out = weights.copy()
        for row in range(0, weights.shape[0], group):
            for column in range(0, weights.shape[1], group):
                place = np.s_[row : row + group, column : column + group]
                out[place] = under(weights[place], largest(weights[place]) / np.float32(448), ml_dtypes.float8_e4m3fn)
        return out
    groups = weights.reshape(len(weights), -1, group)
    top = largest(groups, -1)
    if grid == "mxfp4":
        mantissa, exponent = np.frexp(top)  # mantissa from ½ to 1: from 1.75 of the next power on, the next one
        scale = np.ldexp(np.float32(1), exponent - 1 + (mantissa >= 0.875) - 2).astype(np.float32)
        return under(groups, scale, ml_dtypes.float4_e2m1fn).reshape(weights.shape)
    if grid == "nvfp4":
        whole = np.float32(1) / largest(weights)[0, 0] * np.float32(448 * 6)
        scale = (whole * (top / np.float32(6))).astype(ml_dtypes.float8_e4m3fn).astype(np.float32) / whole
        return under(groups, scale, ml_dtypes.float4_e2m1fn).reshape(weights.shape)
    half = np.float32(2 ** (bits - 1))
    if grid == "symmetric":
        scale = top / np.float32((2**bits - 1) / 2)
        return (np.rint(np.clip(groups / scale, -half, half - 1)) * scale).reshape(weights.shape)
    low, high = np.minimum(groups.min(-1, keepdims=True), 0), np.maximum(groups.max(-1, keepdims=True), 0)
    scale = (high - low) / np.float32(2**bits - 1)
    zero = np.rint(np.clip(-half - low / scale, -half, half - 1))
    return ((np.rint(np.clip(groups / scale + zero, -half, half - 1)) - zero) * scale).reshape(weights.shape)


class Model(weight_bits.Model):
    @staticmethod
    def quantised(weights, edit):
        return on_grid(weights, edit)


INPUTS = {"tiny-moe": {"down": 192}, "llama": {"down": 48}, "qwen2": {"down": 48}}
WIDTH = {"tiny-moe": 128, "llama": 32, "qwen2": 32}


def of(model, layer, module, grid, bits=None, group=None, expert=None):
    whole = INPUTS[model].get(module, WIDTH[model]) if grid.endswith(("tensor", "channel")) else 32
    edit = {"edit": "weight-bits", "layer": layer, "module": module, "grid": grid}
    edit |= {"bits": bits or BITS.get(grid, 8), "group-size": group or GROUPS.get(grid, whole)}
    return edit if expert is None else edit | {"expert": expert}


TURN = ["q4_0", "q4_1", "mxfp4", "nvfp4", "fp8-e4m3-tensor", "q5_0", "q5_1", "q8_0", "fp8-e4m3-channel"]
CASES = {
    "moe-every-grid": ("tiny-moe", [of("tiny-moe", layer, module, TURN[(7 * layer + n) % 9]) for layer in range(6) for n, module in enumerate(ALL)]),
    # One module of a fused matrix, single experts, blocks that do not fill the rows.
    "moe-some-grids": ("tiny-moe", [of("tiny-moe", 0, "k", "symmetric", 2, 64), of("tiny-moe", 1, "up", "q4_0", expert=3), of("tiny-moe", 1, "up", "nvfp4", expert=4), of("tiny-moe", 2, "gate", "fp8-e4m3-block"), of("tiny-moe", 2, "down", "affine-int", 3, 96), of("tiny-moe", 4, "v", "fp8-e4m3-block"), of("tiny-moe", 5, "q", "affine-int", 2, 32)]),
    "llama-grids": ("llama", [of("llama", 0, "q", "symmetric", 3, 16), of("llama", 0, "k", "nvfp4"), of("llama", 0, "v", "mxfp4"), of("llama", 0, "down", "fp8-e4m3-channel"), of("llama", 1, "q", "fp8-e4m3-tensor"), of("llama", 1, "o", "q4_0"), of("llama", 1, "up", "affine-int", 4, 8), of("llama", 1, "down", "nvfp4")]),
    "qwen2-grids": ("qwen2", [of("qwen2", 0, "q", "q4_1"), of("qwen2", 1, "v", "affine-int", 2, 16), of("qwen2", 1, "gate", "mxfp4"), of("qwen2", 1, "up", "symmetric", 2, 32)]),
}


def main():
    tensors, record = {}, []
    for name, (model, edits) in CASES.items():
        best = None
        for ids in sequences(model):
            edited = Model(MODELS[model], edits)
            logits = edited.logits(ids)
            if best is None or edited.margin > best[0]:
                best = (edited.margin, ids, logits)
        margin, ids, logits = best
        effect = np.abs(logits - Model(MODELS[model], []).logits(ids)).max()
        assert effect > 0.05, name
        top = logits.max(-1)
        stride = 8 if model == "tiny-moe" else 1
        tensors |= {
            f"{name}.input_ids": np.asarray(ids, np.int64),
            f"{name}.logits": logits[:, ::stride].astype(np.float32),
            f"{name}.logsumexp": (top + np.log(np.exp(logits - top[:, None]).sum(-1))).astype(np.float32),
        }
        record.append({"name": name, "model": model, "column_stride": stride, "edits": edits, "max_change_from_dense": float(effect)})
        if margin < math.inf:
            record[-1]["router_margin"] = float(margin)
        print(f"{name:20} margin {margin:.2e} effect {effect:.2f}")
    write(HERE / "grid-logits.safetensors", tensors)
    (HERE / "grid-logits.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
