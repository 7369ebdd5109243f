"""What quantising a layer's cache does to the loss, to first order (PM-KVQ, arXiv 2505.18610, §3.2): `mean
|∂L/∂K ∘ (Q_b(K) − K)|` over the tokens and channels of one KV head, keys after rotation, and the same for
values. Each layer's error meets its own gradient."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from attune_worker.evaluator import BadRequest, Signal
from torch import Tensor

from ..edits import attention
from ..grids.cache_grid import Grid
from ..edits.heads import attention as attend
from .gradients import sweep_items, tapped

if TYPE_CHECKING:
    from .measured import Asked


def measure(asked: Asked) -> Signal:
    """`[layer][kv-head][part][bits]`: part 0 is keys, part 1 values; bits in the order of the argument. Nats
    per token of the loss and cached element, averaged over items. Positions that queries see exactly have no
    gradient here."""
    found = asked.attention()
    if any(of.latent for of in found):
        raise BadRequest(
            f"signal `{asked.name}` is about keys and values of heads, and the cache of this model "
            "holds one latent per "
            "token for all heads"
        )
    if any(of.shared for of in found):
        raise BadRequest(f"signal `{asked.name}` is about a cache of each layer, and layers of this model share one")
    size = asked.args["group-size"]
    for of in found:
        if of.refusal is None and size and (of.head_dim % size or of.value_dim % size):
            raise BadRequest(
                f"argument `group-size` of signal `{asked.name}` is {size}, which does not divide the "
                f"{of.head_dim} "
                "channels per head"
            )
    layers, heads, bits = len(found), max(of.kv_heads for of in found), asked.args["bits"]
    sums = torch.zeros(layers, heads, 2, len(bits), dtype=torch.float64)

    def enter(stack: ExitStack) -> None:
        for layer, of in zip(asked.subject.layers, found, strict=True):
            if of.refusal is None and layer.attention is not None:
                own = sums[layer.index, : of.kv_heads]
                acting = _Quantising(own, bits, size, asked.args["sink"], asked.args["recent"])
                attention.act(stack, layer.attention, acting)

    work = sweep_items(asked, enter)
    axes = [("layer", layers), ("kv-head", heads), ("part", 2), ("bits", len(bits))]
    return asked.signal(axes, sums / len(asked.ids), work)


@dataclass
class _Quantising:
    """Acts for one module: adds up the damage, `[kv-heads, part, bits]`."""

    sums: Tensor
    bits: list[int]
    group_size: int
    sink: int
    recent: int

    def attend(self, call: attention.Call) -> Tensor:
        """See `Acting`."""
        query, key, value = call.query.float(), call.key.float(), call.value.float()
        wide = attention.Call(
            call.module, query, key, value, call.mask, call.scaling, call.cap, call.sinks, call.base
        )
        at, asked = attention.positions(wide)
        exact = (at < self.sink) | (asked - at < self.recent)
        given_back = tapped(key, partial(self.visit, 0)), tapped(value, partial(self.visit, 1))
        return attend(wide, None, given_back, exact.expand(key.shape[1], -1, -1))

    def visit(self, part: int, stored: Tensor, gradient: Tensor) -> None:
        """`[1, kv-heads, tokens, channels]` each."""
        for place, bits in enumerate(self.bits):
            grid = Grid(bits, self.group_size or stored.shape[-1])
            error = (grid.quantised(stored) - stored) * gradient
            self.sums[:, part, place] += error.double().abs().mean((0, 2, 3)).cpu()
