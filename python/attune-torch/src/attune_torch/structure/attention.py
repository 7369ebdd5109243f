"""Attention of a block, and its linear modules."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from .layer import Layer
from .linear import LinearModule, matrix
from .names import ATTENTION, FUSED_QKV, QUERY, WITHOUT_CACHE


def attention(layer: Layer, config: Any) -> None:
    """Finds the attention of `layer.block`."""
    holders = [
        module
        for name, module in layer.block.named_modules()
        if name and (names := {child for child, _ in module.named_children()}) & ({*QUERY} | {*FUSED_QKV})
        if "experts" not in names
    ]
    kinds = getattr(config, "layer_types", None) or []
    kind = kinds[layer.index] if layer.index < len(kinds) else None
    layer.caches = bool(holders) and kind not in WITHOUT_CACHE
    if len(holders) != 1:
        mixers = [
            type(child).__name__ for child in layer.block.children() if any(True for _ in child.children())
        ]
        layer.unknown["attention"] = (
            "it has several" if holders else f"none of its modules ({', '.join(mixers)}) makes queries"
        )
        return
    layer.attention = holders[0]
    for name, child in holders[0].named_children():
        module = ATTENTION.get(name)
        if name in FUSED_QKV:
            _fused(layer, name, child, config)
        elif module is not None and (found := matrix(child)) is not None:
            layer.linear[module] = [found]


def _fused(layer: Layer, name: str, child: nn.Module, config: Any) -> None:
    whole = matrix(child)
    if whole is None:
        layer.unknown["attention"] = f"`{name}` is a {type(child).__name__}"
        return
    heads = config.num_attention_heads
    size = getattr(layer.attention, "head_dim", None) or getattr(config, "head_dim", None)
    size = size or config.hidden_size // heads
    keys, rest = divmod(whole.outputs - heads * size, 2 * size)
    if rest or keys < 1 or heads % keys:
        layer.unknown["attention"] = (
            f"`{name}` has {whole.outputs} outputs, with {heads} heads of {size} channels"
        )
        return
    rows: dict[str, slice | torch.Tensor]
    if FUSED_QKV[name] == "contiguous" or keys == 1:
        first, second = heads * size, (heads + keys) * size
        rows = {"q": slice(0, first), "k": slice(first, second), "v": slice(second, whole.outputs)}
    else:
        turns = torch.arange(whole.outputs, device="cpu").view(keys, heads // keys + 2, size)
        parts = {"q": turns[:, :-2], "k": turns[:, -2], "v": turns[:, -1]}
        rows = {part: numbers.reshape(-1) for part, numbers in parts.items()}
    for part, own in rows.items():
        outputs = (heads if part == "q" else keys) * size
        layer.linear[part] = [
            LinearModule(child, whole.parameter, outputs, whole.inputs, None, own, whole.transposed)
        ]
