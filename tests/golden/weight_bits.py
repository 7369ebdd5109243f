#!/usr/bin/env python3
"""Record the goldens of `weight-bits`, with numpy alone: the quantiser, and logits of models with quantised weights.

    python tests/golden/weight_bits.py

Shares no code with attune's evaluator, with reference.py or with transformers. Weights are quantised in float32,
where every implementation can get the same codes; the forward is in float64. Router decisions can flip on noise, so
the mixture takes the sequence whose choices are clearest, and the margin is recorded.
"""

import json
import math
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
MODELS = {"tiny-moe": HERE.parent.parent / "models/tiny-moe", "llama": HERE / "models/llama", "qwen2": HERE / "models/qwen2"}
TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64}


def read(path):
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header, body, tensors = json.loads(raw[8 : 8 + size]), raw[8 + size :], {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        if entry["dtype"] == "BF16":
            values = (np.frombuffer(body[begin:end], np.uint16).astype(np.uint32) << 16).view(np.float32)
        else:
            values = np.frombuffer(body[begin:end], TYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def write(path, tensors):
    header, body = {}, b""
    for name, values in tensors.items():
        data = np.ascontiguousarray(values).tobytes()
        dtype = {"float32": "F32", "int64": "I64", "uint8": "U8"}[values.dtype.name]
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)


def quantise(weights, bits, group):
    """[outputs, inputs] float32, per output over groups of inputs."""
    if bits == 16:
        return weights
    assert weights.dtype == np.float32 and weights.shape[1] % group == 0
    groups = weights.reshape(weights.shape[0], -1, group)
    low, high = groups.min(-1, keepdims=True), groups.max(-1, keepdims=True)
    scale = (high - low) / np.float32(2**bits - 1)
    step = np.where(scale == 0, np.float32(1), scale)
    codes = np.minimum(np.rint((groups - low) / step), np.float32(2**bits - 1))  # rint: halves to even
    return np.where(scale == 0, groups, codes * scale + low).reshape(weights.shape).astype(np.float32)


ATTENTION = {"q": "q_proj", "k": "k_proj", "v": "v_proj", "o": "o_proj"}
DENSE = {"gate": "gate_proj", "up": "up_proj", "down": "down_proj"}
EXPERT = {"gate": "w1", "up": "w3", "down": "w2"}


class Model:
    def __init__(self, folder, edits):
        self.config = json.loads((folder / "config.json").read_text())
        shards = [read(path) for path in sorted(folder.glob("*.safetensors"))]
        weights = {name: values.astype(np.float32) for shard in shards for name, values in shard.items()}
        for edit in edits:
            for name in self.names(edit):
                weights[name] = self.quantised(weights[name], edit)
        self.weights = {name: values.astype(np.float64) for name, values in weights.items()}
        self.margin = math.inf

    @staticmethod
    def quantised(weights, edit):
        return quantise(weights, edit["bits"], edit["group-size"])

    def names(self, edit):
        place, module = f"model.layers.{edit['layer']}.", edit["module"]
        if module in ATTENTION:
            return [f"{place}self_attn.{ATTENTION[module]}.weight"]
        if "num_local_experts" not in self.config:
            return [f"{place}mlp.{DENSE[module]}.weight"]
        experts = [edit["expert"]] if "expert" in edit else range(self.config["num_local_experts"])
        return [f"{place}block_sparse_moe.experts.{expert}.{EXPERT[module]}.weight" for expert in experts]

    def linear(self, x, name):
        y = x @ self.weights[name + ".weight"].T
        return y + self.weights[name + ".bias"] if name + ".bias" in self.weights else y

    def norm(self, x, name):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.config["rms_norm_eps"]) * self.weights[name + ".weight"]

    def rotate(self, x):
        tokens, _, size = x.shape
        frequency = self.config["rope_theta"] ** (-np.arange(0, size, 2) / size)
        angle = (np.arange(tokens)[:, None] * frequency)[:, None, :]
        first, second = x[..., : size // 2], x[..., size // 2 :]
        return np.concatenate([first * np.cos(angle) - second * np.sin(angle), second * np.cos(angle) + first * np.sin(angle)], -1)

    def attention(self, x, place):
        c, n = self.config, len(x)
        heads, kv_heads = c["num_attention_heads"], c["num_key_value_heads"]
        size = c.get("head_dim") or c["hidden_size"] // heads
        q = self.rotate(self.linear(x, place + "q_proj").reshape(n, heads, size))
        k = self.rotate(self.linear(x, place + "k_proj").reshape(n, kv_heads, size))
        v = self.linear(x, place + "v_proj").reshape(n, kv_heads, size)
        out = np.empty((n, heads, size))
        for head in range(heads):
            kv = head // (heads // kv_heads)
            scores = np.where(np.tri(n, dtype=bool), q[:, head] @ k[:, kv].T / math.sqrt(size), -np.inf)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            out[:, head] = scores / scores.sum(-1, keepdims=True) @ v[:, kv]
        return self.linear(out.reshape(n, -1), place + "o_proj")

    def gated(self, x, place, names):
        gate = self.linear(x, place + names["gate"])
        return self.linear(gate / (1 + np.exp(-gate)) * self.linear(x, place + names["up"]), place + names["down"])

    def experts(self, x, place):
        k = self.config["num_experts_per_tok"]
        logits = self.linear(x, place + "gate")
        order = np.argsort(-logits, -1)
        ranked = np.take_along_axis(logits, order, -1)
        self.margin = min(self.margin, (ranked[:, k - 1] - ranked[:, k]).min())
        out = np.zeros_like(x)
        for row, chosen in enumerate(order[:, :k]):
            share = np.exp(logits[row, chosen] - logits[row, chosen].max())
            for weight, expert in zip(share / share.sum(), chosen):
                out[row] += weight * self.gated(x[row], f"{place}experts.{expert}.", EXPERT)
        return out

    def logits(self, ids):
        embedding = self.weights["model.embed_tokens.weight"]
        x = embedding[ids]
        for layer in range(self.config["num_hidden_layers"]):
            place = f"model.layers.{layer}."
            x = x + self.attention(self.norm(x, place + "input_layernorm"), place + "self_attn.")
            normed = self.norm(x, place + "post_attention_layernorm")
            if "num_local_experts" in self.config:
                x = x + self.experts(normed, place + "block_sparse_moe.")
            else:
                x = x + self.gated(normed, place + "mlp.", DENSE)
        return self.norm(x, "model.norm") @ self.weights.get("lm_head.weight", embedding).T


def bits(layer, module, bits, group, expert=None):
    edit = {"edit": "weight-bits", "layer": layer, "module": module, "bits": bits, "group-size": group}
    return edit if expert is None else edit | {"expert": expert}


ALL = ["q", "k", "v", "o", "gate", "up", "down"]
CASES = {
    "moe-every-module": ("tiny-moe", [bits(layer, module, [3, 4, 6][(layer + n) % 3], 64) for layer in range(6) for n, module in enumerate(ALL)]),
    # One module of a fused matrix, single experts, 16 bits, and groups of several sizes.
    "moe-some": ("tiny-moe", [bits(0, "k", 2, 32), bits(1, "up", 2, 128, 3), bits(1, "up", 16, 64, 4), bits(2, "down", 2, 96), bits(2, "gate", 3, 16, 7), bits(5, "o", 5, 128), bits(5, "v", 8, 64)]),
    "llama-every-module": ("llama", [bits(layer, module, [2, 4, 5][(layer + n) % 3], 16) for layer in range(2) for n, module in enumerate(ALL)]),
    # Biases are not quantised.
    "qwen2-biased": ("qwen2", [bits(0, "q", 2, 8), bits(1, "k", 3, 16), bits(1, "v", 2, 32), bits(1, "gate", 3, 32)]),
}


def sequences(model):
    if model == "tiny-moe":
        recorded = read(HERE / "tiny-moe.safetensors")
        return [row for name, rows in recorded.items() if name.endswith("input_ids") for row in rows]
    vocab = json.loads((MODELS[model] / "config.json").read_text())["vocab_size"]
    return [np.random.default_rng(7).integers(0, vocab, 24)]


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
    write(HERE / "weight-bits.safetensors", tensors)
    (HERE / "weight-bits.json").write_text(json.dumps(record, indent=1) + "\n")

    rows = np.random.default_rng(5).standard_normal((5, 48)).astype(np.float32)
    rows[1] = 0.75  # constant: must come back exactly
    rows[2, 0] = 40.0  # an outlier that flattens the rest of its group
    rows[3] = np.tile(np.array([0, 3, 0.5, 1.5, 2.5, 1, 2, 3], np.float32), 6)  # every tie at 2 bits
    quantised = {f"bits{b}.group{group}": quantise(rows, b, group) for b in (2, 3, 4, 5, 6, 8) for group in (8, 16, 48)}
    write(HERE / "weight-quantiser.safetensors", {"input": rows} | quantised)


if __name__ == "__main__":
    main()
