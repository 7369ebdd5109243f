"""What it does to the loss that a query stops seeing a position (MoA, arXiv 2406.14909, eq. 3).

With attention weights `A` and the loss `L`, masking position `j` for query `i`, the softmax renormalised,
changes the loss to first order by `E_ij = A_ij/(1 − A_ij) · (Σ_n ∂L/∂A_in · A_in − ∂L/∂A_ij)`. Its absolute
value is added up by distance, so that a span `S` has the estimated damage `Σ_{d ≥ S} E[d]` (eq. 4).
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from attune_worker.evaluator import Signal
from torch import Tensor

from ..edits import attention
from ..edits.heads import weigh
from .gradients import sweep_items, tapped

if TYPE_CHECKING:
    from .measured import Asked

LEAST_REST = 1e-6
"""`1 − A` of a position that has all of a query's attention."""


def measure(asked: Asked) -> Signal:
    """`[layer][kv-head][distance]`, nats per token of the loss: query heads of one KV head are added up,
    items averaged. Distance 0, the query's own position, is never masked; it is in the table for
    completeness."""
    found = asked.attention()
    layers, heads, tokens = len(found), max(of.kv_heads for of in found), asked.ids.shape[1]
    sums = torch.zeros(layers, heads, tokens, dtype=torch.float64)

    def enter(stack: ExitStack) -> None:
        for layer, of in zip(asked.subject.layers, found, strict=True):
            if of.refusal is None and layer.attention is not None:
                own = sums[layer.index, : of.kv_heads]
                attention.act(stack, layer.attention, _Weighing(own, asked.args["sink"]))

    work = sweep_items(asked, enter)
    return asked.signal(
        [("layer", layers), ("kv-head", heads), ("distance", tokens)], sums / len(asked.ids), work
    )


@dataclass
class _Weighing:
    """Acts for one module: adds up what its weights' gradients say, `[kv-heads, distance]`."""

    sums: Tensor
    sink: int

    def attend(self, call: attention.Call) -> Tensor:
        """See `Acting`."""
        items, heads, queries, channels = call.query.shape
        kv_heads = call.key.shape[1]
        query = (call.query.float() * call.scaling).reshape(items, kv_heads, -1, channels)
        scores = (query @ call.key.float().transpose(-1, -2)).view(
            items, kv_heads, heads // kv_heads, queries, -1
        )
        weights = tapped(weigh(call, scores), self.visit)
        mixed = weights.flatten(2, 3) @ call.value.float()
        return mixed.view(items, heads, queries, -1).transpose(1, 2).contiguous()

    def visit(self, weights: Tensor, gradient: Tensor) -> None:
        """`[1, kv-heads, group, tokens, tokens]` each."""
        tokens = weights.shape[-1]
        self.sums += influence(
            weights.reshape(len(self.sums), -1, tokens, tokens),
            gradient.reshape(len(self.sums), -1, tokens, tokens),
            self.sink,
        )


def influence(weights: Tensor, gradient: Tensor, sink: int) -> Tensor:
    """`|E|` of `[kv-heads, group, tokens, tokens]`, by distance: `[kv-heads, tokens]` in float64."""
    weights, gradient = weights.double(), gradient.double()
    tokens = weights.shape[-1]
    at = torch.arange(tokens, device=weights.device)
    age = at[:, None] - at[None]
    gradient = gradient.masked_fill(age < 0, 0.0)
    mean = (weights * gradient).sum(-1, keepdim=True)
    change = (weights / (1 - weights).clamp_min(LEAST_REST) * (mean - gradient)).abs()
    change = change.masked_fill((age < 0) | (at < sink), 0.0).sum(1)
    sums = torch.zeros(len(weights), tokens, dtype=torch.float64, device=weights.device)
    return sums.index_add_(1, age.clamp_min(0).flatten(), change.flatten(1)).cpu()
