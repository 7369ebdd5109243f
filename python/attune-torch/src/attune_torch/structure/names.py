"""What linear modules are called in models of transformers, and how fused ones lie."""

from __future__ import annotations

from typing import Literal

QUERY = ("q_proj", "wq", "q_lin", "query", "q_a_proj")
ATTENTION = {
    "q_proj": "q",
    "k_proj": "k",
    "v_proj": "v",
    "wq": "q",
    "wk": "k",
    "wv": "v",
    "query": "q",
    "key": "k",
    "value": "v",
    "q_lin": "q",
    "k_lin": "k",
    "v_lin": "v",
    "q_a_proj": "q-a",
    "q_b_proj": "q-b",
    "kv_a_proj_with_mqa": "kv-a",
    "kv_b_proj": "kv-b",
    "o_proj": "o",
    "out_proj": "o",
    "wo": "o",
    "out_lin": "o",
    "dense": "o",
    "c_proj": "o",
}
"""Attribute of an attention module → module of the vocabulary."""

WITHOUT_CACHE = ("conv", "linear_attention", "mamba")
"""Entries of `layer_types` in configurations of transformers whose layers cache no keys and values, even where
they make queries."""

Layout = Literal["contiguous", "grouped"]
FUSED_QKV: dict[str, Layout] = {
    "qkv_proj": "contiguous",
    "c_attn": "contiguous",
    "Wqkv": "contiguous",
    "qkv": "contiguous",
    "W_pack": "contiguous",
    "query_key_value": "grouped",
}
"""Queries, keys and values in one tensor: one after the other, or KV head by KV head (its queries, its key,
its value). An experiment proves it before an edit relies on it."""

DENSE: tuple[tuple[str | None, str, str], ...] = (
    ("gate_proj", "up_proj", "down_proj"),
    ("w1", "w3", "w2"),
    (None, "up_proj", "down_proj"),
    (None, "c_fc", "c_proj"),
    (None, "fc1", "fc2"),
    (None, "fc_in", "fc_out"),
    (None, "dense_h_to_4h", "dense_4h_to_h"),
)
"""Gate, up and down of feed-forward parts."""

FUSED_DENSE: tuple[tuple[str, str], ...] = (("gate_up_proj", "down_proj"), ("input_linear", "output_linear"))
"""Gate and up in one tensor, the gate first, and down."""

SHARED = ("shared",)
"""What the names of experts that answer for every token begin with."""
