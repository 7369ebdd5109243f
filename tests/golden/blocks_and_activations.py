#!/usr/bin/env python3
"""Record the goldens of `drop-block` and `activation-bits`, with numpy alone: logits of edited models, in float64.

    python tests/golden/blocks_and_activations.py

The forward is that of weight_bits.py. A code of a quantised activation can flip on the noise of float32; sequences are
short, so that few values lie near a boundary, and of several sequences the one is taken whose values lie farthest from one.
"""

import json
import math

import numpy as np

import weight_bits
from weight_bits import ATTENTION, DENSE, EXPERT, HERE, MODELS, read, write

TOKENS = 12


def boundary(codes):
    """How far the nearest value is from where rounding changes."""
    return np.abs(codes - np.floor(codes) - 0.5).min()


class Model(weight_bits.Model):
    def __init__(self, folder, edits):
        super().__init__(folder, [])
        self.edits = edits
        self.boundary = math.inf

    def quantise(self, x, edit):
        bits, group = edit["bits"], edit.get("group-size", x.shape[-1])
        ranges = x.reshape(1, -1) if edit["range"] == "tensor" else x.reshape(-1, group)
        if edit["grid"] == "affine":
            low = ranges.min(-1, keepdims=True)
            step = (ranges.max(-1, keepdims=True) - low) / (2**bits - 1)
        else:
            low, step = 0.0, np.abs(ranges).max(-1, keepdims=True) / (2 ** (bits - 1) - 1)
        codes = (ranges - low) / step
        self.boundary = min(self.boundary, boundary(codes))
        return (np.rint(codes) * step + low).reshape(x.shape)

    def linear(self, x, name):
        parts = name.split(".")
        modules = {long: short for names in (ATTENTION, DENSE, EXPERT) for short, long in names.items()}
        module = modules.get(parts[-1])
        for edit in self.edits:
            hit = edit["edit"] == "activation-bits" and edit["layer"] == int(parts[2])
            # In a mixture, `gate` is the router, which is never touched.
            if hit and module and edit.get("module", module) == module:
                x = self.quantise(x, edit)
        return super().linear(x, name)

    def skips(self, layer, half):
        drops = [e for e in self.edits if e["edit"] == "drop-block" and e["layer"] == layer]
        return any(e.get("part", half) == half for e in drops)

    def attention(self, x, place):
        out = super().attention(x, place)
        return 0 * out if self.skips(int(place.split(".")[2]), "attention") else out

    def gated(self, x, place, names):
        out = super().gated(x, place, names)
        return 0 * out if self.skips(int(place.split(".")[2]), "feed-forward") else out


    def influence(self, ids):
        """ShortGPT's Block Influence of attention, feed-forward part and block: [layers, 3]."""
        x, rows = self.weights["model.embed_tokens.weight"][ids], []
        for layer in range(self.config["num_hidden_layers"]):
            place = f"model.layers.{layer}."
            between = x + self.attention(self.norm(x, place + "input_layernorm"), place + "self_attn.")
            normed = self.norm(between, place + "post_attention_layernorm")
            mixture = "num_local_experts" in self.config
            after = between + (self.experts(normed, place + "block_sparse_moe.") if mixture else self.gated(normed, place + "mlp.", DENSE))
            cosine = lambda a, b: ((a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)).mean()
            rows.append([1 - cosine(x, between), 1 - cosine(between, after), 1 - cosine(x, after)])
            x = after
        return np.array(rows, np.float32)


def drop(layer, part=None):
    edit = {"edit": "drop-block", "layer": layer}
    return edit | ({"part": part} if part else {})


def quantise(layer, bits, range, grid, module=None, group=None):
    edit = {"edit": "activation-bits", "layer": layer, "bits": bits, "range": range, "grid": grid}
    return edit | ({"module": module} if module else {}) | ({"group-size": group} if group else {})


CASES = {
    "llama-block": ("llama", [drop(1)]),
    "llama-halves": ("llama", [drop(0, "attention"), drop(1, "feed-forward")]),
    "moe-blocks": ("tiny-moe", [drop(2), drop(4, "attention"), drop(5, "feed-forward")]),
    "llama-token-affine": ("llama", [quantise(0, 8, "token", "affine"), quantise(1, 4, "token", "affine", group=16)]),
    "llama-token-symmetric": ("llama", [quantise(layer, 6, "token", "symmetric") for layer in range(2)]),
    "llama-tensor": ("llama", [quantise(0, 8, "tensor", "affine"), quantise(1, 6, "tensor", "symmetric")]),
    "qwen2-one-input": ("qwen2", [quantise(0, 4, "token", "affine", "k"), quantise(1, 5, "tensor", "affine", "down")]),
    "moe-token": ("tiny-moe", [quantise(layer, 8, "token", ["affine", "symmetric"][layer % 2]) for layer in range(6)]),
    "moe-both": ("tiny-moe", [drop(1), quantise(3, 4, "token", "affine", "down"), quantise(4, 6, "token", "affine", "up", 32)]),
}


def sequences(model):
    if model == "tiny-moe":
        recorded = read(HERE / "tiny-moe.safetensors")
        rows = [row for name, rows in recorded.items() if name.endswith("input_ids") for row in rows]
        return [row[:TOKENS] for row in rows][:24]
    vocab = json.loads((MODELS[model] / "config.json").read_text())["vocab_size"]
    return [np.random.default_rng(seed).integers(0, vocab, TOKENS) for seed in range(24)]


def main():
    tensors, record = {}, []
    for name, (model, edits) in CASES.items():
        best = None
        for ids in sequences(model):
            edited = Model(MODELS[model], edits)
            logits = edited.logits(ids)
            clear = min(edited.margin, edited.boundary)
            if best is None or clear > best[0]:
                best = (clear, edited, ids, logits)
        _, edited, ids, logits = best
        effect = np.abs(logits - Model(MODELS[model], []).logits(ids)).max()
        assert effect > 0.02, (name, effect)
        stride = 8 if model == "tiny-moe" else 1
        tensors |= {f"{name}.input_ids": np.asarray(ids, np.int64), f"{name}.logits": logits[:, ::stride].astype(np.float32)}
        record.append({"name": name, "model": model, "column_stride": stride, "edits": edits, "max_change_from_dense": float(effect)})
        print(f"{name:22} router {edited.margin:.2e} boundary {edited.boundary:.2e} effect {effect:.3f}")
    for model in ("llama", "tiny-moe"):
        ids = np.asarray(sequences(model)[0], np.int64)
        tensors |= {f"{model}.influence.input_ids": ids, f"{model}.influence": Model(MODELS[model], []).influence(ids)}
    write(HERE / "blocks-and-activations.safetensors", tensors)
    (HERE / "blocks-and-activations.json").write_text(json.dumps(record, indent=1) + "\n")


main()
