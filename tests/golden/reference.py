"""A plain torch Mixtral with the edits of a plan applied, for recording goldens.

It shares no code with attune's evaluator or with transformers, and is written for clarity: one
sequence at a time, every expert computed for every token, full score matrices. `dtype` chooses
float32 (what is recorded) or float64 (to see how far rounding alone moves the result).
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file


def shrink(codes, bits):
    """PM-KVQ's progressive shrink in whole numbers: codes of 2·bits bits to codes of `bits` bits."""
    return ((2 ** (2 * bits) - 2**bits + 1) * (codes + 2 ** (bits - 1))) >> (3 * bits)


def quantise(x, bits, group_size, shrink_from=None):
    """Asymmetric round-to-nearest over groups of consecutive channels of the last axis; with
    `shrink_from`, to that many bits first, whose codes then shrink to `bits`.

    Returns the dequantised values and the smallest distance of any value from a rounding tie, in
    units of one step: if that distance is far above float noise, another correct implementation
    must choose the same codes.
    """
    if bits >= 16:
        return x, math.inf
    groups = x.reshape(*x.shape[:-1], -1, group_size)
    low = groups.amin(-1, keepdim=True)
    high = groups.amax(-1, keepdim=True)
    width = shrink_from or bits
    top_code = 2**width - 1
    scale = (high - low) / top_code
    constant = scale == 0
    position = (groups - low) / torch.where(constant, torch.ones_like(scale), scale)
    codes = position.round().clamp(0, top_code)  # torch rounds halves to even
    while width > bits:
        width //= 2
        codes = shrink(codes.to(torch.int64), width).to(x.dtype)
        scale = scale * (2**width + 1)
    result = torch.where(constant, groups, codes * scale + low)
    if shrink_from and shrink_from > bits:
        # Only ties of the narrow grid matter: wide codes next to each other mostly shrink to the same.
        position = (groups - low) / torch.where(constant, torch.ones_like(scale), scale)
    ties = torch.where(constant, torch.ones_like(position), ((position - position.floor()) - 0.5).abs())
    return result.reshape(x.shape), ties.min().item()


class Reference:
    def __init__(self, folder, dtype=torch.float32):
        folder = Path(folder)
        self.config = json.loads((folder / "config.json").read_text())
        self.weights = {name: t.to(dtype) for name, t in load_file(folder / "model.safetensors").items()}
        self.dtype = dtype
        self.measuring = False
        self.maxima = {}

    def measure(self, ids):
        """The dense model's largest keys per layer, KV head and channel on `ids`; the two halves that
        RoPE turns together share theirs (PM-KVQ)."""
        margins, self.measuring, self.maxima = self.margins, True, {}
        self.logits(ids)
        self.measuring, self.margins = False, margins

    def logits(self, ids, edits=()):
        """Logits [tokens, vocabulary] of one sequence. Afterwards `self.margins` holds how clear
        the discrete decisions were: the smallest gap between the last chosen and the first
        unchosen router logit, and the smallest distance from a rounding tie."""
        c, w = self.config, self.weights
        self.margins = {"router": math.inf, "rounding": math.inf}
        kept = {e["layer"]: e["experts"] for e in edits if e["edit"] == "keep-experts"}
        kv_heads = c["num_key_value_heads"]
        bits = {}
        for e in edits:
            if e["edit"] == "kv-bits":
                for head in [e["kv-head"]] if "kv-head" in e else range(kv_heads):
                    bits[e["layer"], head] = e
        if any("smoothing" in e for e in edits) and not self.measuring:
            self.measure(ids)
        spans = {(e["layer"], e["kv-head"]): e for e in edits if e["edit"] == "attention-span"}
        merge = {e["layer"]: self.matrix(e) for e in edits if e["edit"] == "merge-experts"}
        route = {e["layer"]: self.matrix(e) for e in edits if e["edit"] == "route-experts"}
        count = {e["layer"]: e["count"] for e in edits if e["edit"] == "experts-per-token"}
        unknown = {e["edit"] for e in edits} - {"keep-experts", "kv-bits", "attention-span", "merge-experts", "route-experts", "experts-per-token"}
        assert not unknown, unknown

        x = w["model.embed_tokens.weight"][ids]
        for layer in range(c["num_hidden_layers"]):
            p = f"model.layers.{layer}."
            h = self.norm(x, w[p + "input_layernorm.weight"])
            x = x + self.attention(h, p + "self_attn.", {h: e for (l, h), e in bits.items() if l == layer}, {h: e for (l, h), e in spans.items() if l == layer}, layer)
            h = self.norm(x, w[p + "post_attention_layernorm.weight"])
            k = count.get(layer, c.get("num_experts_per_tok"))
            x = x + self.experts(h, p + "block_sparse_moe.", kept.get(layer), merge.get(layer), route.get(layer), k)
        x = self.norm(x, w["model.norm.weight"])
        return x @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).T

    def matrix(self, edit):
        return torch.tensor(edit["matrix"], dtype=self.dtype).view(edit["rows"], -1)

    def norm(self, x, weight):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.config["rms_norm_eps"]) * weight

    def rotate(self, x):
        """RoPE, half-split form, on [tokens, heads, head_dim]."""
        tokens, _, size = x.shape
        exponent = torch.arange(0, size, 2, dtype=torch.float32) / size
        frequency = 1.0 / (self.config["rope_theta"] ** exponent)
        angle = (torch.arange(tokens, dtype=torch.float32)[:, None] * frequency).to(self.dtype)[:, None, :]
        first, second = x[..., : size // 2], x[..., size // 2 :]
        return torch.cat((first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin()), -1)

    def stored(self, k, v, e, layer, g):
        """Keys and values of one KV head, `[tokens, head_dim]`, as a low-bit cache gives them back."""
        scales = torch.ones(k.shape[-1], dtype=self.dtype)
        if "smoothing" in e:
            scales = (self.maxima[layer][g] ** e["smoothing"]).clamp(1e-4, 1e4).repeat(2)
        k_stored, k_margin = quantise(k / scales, e["keys"], e["group-size"], e.get("shrink-from"))
        v_stored, v_margin = quantise(v, e["values"], e["group-size"], e.get("shrink-from"))
        self.margins["rounding"] = min(self.margins["rounding"], k_margin, v_margin)
        return k if e["keys"] >= 16 else k_stored * scales, v_stored

    def attention(self, h, p, bits, spans, layer):
        c, w = self.config, self.weights
        n = len(h)
        heads, kv_heads = c["num_attention_heads"], c["num_key_value_heads"]
        size = c.get("head_dim", c["hidden_size"] // heads)
        q = self.rotate((h @ w[p + "q_proj.weight"].T).view(n, heads, size))
        k = self.rotate((h @ w[p + "k_proj.weight"].T).view(n, kv_heads, size))
        v = (h @ w[p + "v_proj.weight"].T).view(n, kv_heads, size)

        i, j = torch.arange(n)[:, None], torch.arange(n)[None, :]
        if self.measuring:
            self.maxima[layer] = k.abs().reshape(n, kv_heads, 2, size // 2).amax((0, 2))

        outputs = []
        for head in range(heads):
            g = head // (heads // kv_heads)
            seen = j <= i
            # Does query i see key j unquantised?
            exact = torch.ones(n, n, dtype=torch.bool)
            k_stored, v_stored = k[:, g], v[:, g]
            if g in bits:
                exact = (j < bits[g]["sink"]) | (j > i - bits[g]["recent"])
                k_stored, v_stored = self.stored(k[:, g], v[:, g], bits[g], layer, g)
            if g in spans:
                span = max(1, math.floor(spans[g]["alpha"] + spans[g]["beta"] * n))
                seen = seen & ((j < spans[g]["sink"]) | (i - j < span))
            scores = torch.where(exact, q[:, head] @ k[:, g].T, q[:, head] @ k_stored.T) / math.sqrt(size)
            weights = scores.masked_fill(~seen, -math.inf).softmax(-1)
            outputs.append((weights * exact) @ v[:, g] + (weights * ~exact) @ v_stored)
        return torch.cat(outputs, -1) @ w[p + "o_proj.weight"].T

    def experts(self, h, p, kept, merge, route, k):
        c, w = self.config, self.weights
        scores = h @ w[p + "gate.weight"].T
        if kept is not None:
            mask = torch.full((scores.shape[1],), -math.inf, dtype=scores.dtype)
            mask[kept] = 0
            scores = scores + mask
        weights = {part: torch.stack([w[f"{p}experts.{e}.{part}.weight"] for e in range(c["num_local_experts"])]) for part in ("w1", "w2", "w3")}
        if merge is not None:
            weights = {part: torch.einsum("je,eoi->joi", merge, stacked) for part, stacked in weights.items()}
        probabilities = scores.softmax(-1)
        if route is not None:
            # Margins of what is ranked; a sum on the edge of 0 would be as unclear.
            probabilities = ranked = probabilities @ route.T
        else:
            ranked = scores
        top, chosen = probabilities.topk(k, dim=-1)
        total = top.sum(-1, keepdim=True)
        shares = torch.where(total > 0, top / total, torch.zeros_like(top))
        share = torch.zeros_like(probabilities).scatter(1, chosen, shares)
        ranked = ranked.sort(-1, descending=True).values
        if ranked.shape[1] > k:
            self.margins["router"] = min(self.margins["router"], (ranked[:, k - 1] - ranked[:, k]).min().item())
        if route is not None:
            self.margins["sum"] = min(self.margins.get("sum", math.inf), total.abs().min().item())
            self.silent = getattr(self, "silent", 0) + (total <= 0).sum().item()
        out = torch.zeros_like(h)
        for e in range(share.shape[1]):
            y = (F.silu(h @ weights["w1"][e].T) * (h @ weights["w3"][e].T)) @ weights["w2"][e].T
            out = out + share[:, e : e + 1] * y
        return out
