#!/usr/bin/env python3
"""Record gradients of the loss by attention weights, keys and values, and the signals made of them.

The model is models/mixtral (a mixture with grouped-query attention), computed in float64 by the independent
forward of reference.py with torch's autograd; what is recorded is rounded to float32. Also recorded:
greedy continuations, found by running the whole text again for every token.

    python tests/golden/gradients.py
"""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from reference import Reference, quantise

HERE = Path(__file__).resolve().parent
BITS = [1, 2, 3, 4, 8]
SINK = 4
CACHE = {"sink": 2, "recent": 5}
PROMPT = 12


class Differentiated(Reference):
    """Keeps what attention meets in every layer, with gradients."""

    def __init__(self, folder):
        super().__init__(folder, torch.float64)
        self.config.setdefault("head_dim", self.config["hidden_size"] // self.config["num_attention_heads"])

    def attention(self, h, p, bits, spans):
        assert bits is None and not spans
        c, w = self.config, self.weights
        n = len(h)
        heads, kv_heads, size = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        q = self.rotate((h @ w[p + "q_proj.weight"].T).view(n, heads, size)).transpose(0, 1)
        k = self.rotate((h @ w[p + "k_proj.weight"].T).view(n, kv_heads, size)).transpose(0, 1)
        v = (h @ w[p + "v_proj.weight"].T).view(n, kv_heads, size).transpose(0, 1)
        # What a cache would hold: equal, and differentiated apart.
        k_stored, v_stored = (k + 0).requires_grad_(), (v + 0).requires_grad_()
        i, j = torch.arange(n)[:, None], torch.arange(n)[None, :]
        stored = (j >= self.cache["sink"]) & (i - j >= self.cache["recent"])
        repeat = lambda x: x.repeat_interleave(heads // kv_heads, 0)
        scores = torch.where(stored, q @ repeat(k_stored).mT, q @ repeat(k).mT) / size**0.5
        weights = scores.masked_fill(j > i, -torch.inf).softmax(-1).requires_grad_()
        out = (weights * stored) @ repeat(v_stored) + (weights * ~stored) @ repeat(v)
        for tensor in (weights, k_stored, v_stored):
            tensor.retain_grad()
        self.met.append({"weights": weights, "keys": k_stored, "values": v_stored})
        return out.transpose(0, 1).reshape(n, -1) @ w[p + "o_proj.weight"].T

    def gradients(self, ids, cache):
        self.met, self.cache = [], cache
        for tensor in self.weights.values():
            tensor.requires_grad_()
        logits = self.logits(ids)
        loss = torch.nn.functional.cross_entropy(logits[:-1], ids[1:])
        loss.backward()
        return loss, self.met

    def greedy(self, ids, length):
        margin = float("inf")
        with torch.no_grad():
            while len(ids) < length:
                self.met, self.cache = [], {"sink": 0, "recent": 0}
                top = self.logits(ids)[-1].topk(2)
                margin = min(margin, (top.values[0] - top.values[1]).item())
                ids = torch.cat((ids, top.indices[:1]))
        return ids, margin


def influence(weights, gradient, kv_heads):
    """|E| of MoA's equation 3, summed over query heads, by distance: [kv_heads, tokens]."""
    heads, n, _ = weights.shape
    e = weights / (1 - weights).clamp_min(1e-6) * ((gradient * weights).sum(-1, keepdim=True) - gradient)
    i, j = torch.arange(n)[:, None], torch.arange(n)[None, :]
    e = (e.abs() * ((j <= i) & (j >= SINK))).view(kv_heads, -1, n, n).sum(1)
    return torch.stack([e.diagonal(-distance, 1, 2).sum(-1) for distance in range(n)], -1)


def kv_error(stored, gradient):
    """[kv_heads, bits]"""
    means = [(gradient * (quantise(stored, bits, stored.shape[-1])[0] - stored)).abs().mean((1, 2)) for bits in BITS]
    return torch.stack(means, -1)


reference = Differentiated(HERE / "models/mixtral")
ids = load_file(HERE / "small-models.safetensors")["mixtral.input_ids"][0]
kv_heads = reference.config["num_key_value_heads"]
recorded = {"input_ids": ids}
loss, met = reference.gradients(ids, {"sink": 0, "recent": 0})
recorded["loss"] = loss.detach().reshape(1)
for layer, inside in enumerate(met):
    for name, tensor in inside.items():
        recorded[f"{layer}.{name}"] = tensor.detach()
        recorded[f"{layer}.{name}.gradient"] = tensor.grad
met = [{name: (tensor.detach(), tensor.grad) for name, tensor in inside.items()} for inside in met]
recorded["influence"] = torch.stack([influence(*inside["weights"], kv_heads) for inside in met])
recorded["kv_error"] = torch.stack(
    [torch.stack([kv_error(*inside["keys"]), kv_error(*inside["values"])], 1) for inside in met]
)
for layer, inside in enumerate(reference.gradients(ids, CACHE)[1]):
    for name in ("keys", "values"):
        recorded[f"{layer}.{name}.gradient.cache"] = inside[name].grad
recorded["greedy"], margin = reference.greedy(ids[:PROMPT], len(ids))
print(f"loss {loss:.6f}, smallest margin of a greedy choice {margin:.4f}")
save = lambda tensor: (tensor.float() if tensor.is_floating_point() else tensor).contiguous().clone()
save_file({name: save(tensor) for name, tensor in recorded.items()}, HERE / "gradients.safetensors")
