"""What each KV head of a layer sees and what its cache gives back, by a plan of attune, and attention over
that, in float32.

Query `i` sees position `j ≤ i` when `j < sink` or `i − j < max(1, ⌊alpha + beta·N⌋)` in a sequence of `N`
tokens. Keys, after rotation, and values are rounded token by token; seen from query `i`, position `j` stays
exact when `j < sink` or `j > i − recent`. Positions are those of tokens: what a batch is padded with on the
left is no position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor

from ..grids.cache_grid import Grid

SCORES = 1 << 26
"""Scores in memory at once, 256 MiB: queries are attended for a few at a time."""


@dataclass(frozen=True)
class Span:
    """How far a head looks back."""

    sink: int
    alpha: float
    beta: float

    def tokens(self, length: Tensor) -> Tensor:
        """Tokens, the query's own included, in sequences of `length: [items]`."""
        span = self.alpha + self.beta * length.double()
        return torch.minimum(span.floor(), length.double()).clamp(min=1).long()


@dataclass(frozen=True)
class Cache:
    """What the cache of a head gives back."""

    keys: Grid | None
    values: Grid | None
    sink: int
    recent: int


@dataclass
class Call:
    """One call of attention."""

    query: Tensor
    """`[items, heads, queries, channels]`, after rotation."""
    key: Tensor
    """`[items, kv-heads, keys, channels]`, after rotation: the last one is of the last query."""
    value: Tensor
    mask: Tensor | None
    """`[items or 1, heads or 1, queries, at least keys]`: true where a query sees a key, or what is added
    to scores; None: causal."""
    last: Tensor
    """`[items]`, the position of the last query."""
    scaling: float
    cap: float | None
    """`c·tanh(x/c)` in the place of a score `x`."""
    sinks: Tensor | None
    """`[heads]`, a logit of each query head that no value belongs to."""


@dataclass
class Heads:
    """The KV heads of a layer, by number. With latent attention there is one, 0, and all heads do what it
    does."""

    count: int
    spans: dict[int, Span] = field(default_factory=dict)
    caches: dict[int, Cache] = field(default_factory=dict)

    def add(self, edit: Mapping[str, Any]) -> None:
        """One edit of a plan. Raises `ValueError` where this file does not know it."""
        if edit["edit"] == "attention-span":
            self.spans[edit["kv-head"]] = Span(edit["sink"], edit["alpha"], edit["beta"])
        elif edit["edit"] == "kv-bits" and "smoothing" not in edit:
            order = edit.get("key-order")
            if order not in (None, "interleaved"):
                raise ValueError(f"the plan has keys in the order {order}, which this file does not know")
            keys = _grid(edit, "keys", "key-grid", order is not None)
            values = _grid(edit, "values", "value-grid")
            head = edit.get("kv-head")
            for place in range(self.count) if head is None else [head]:
                self.caches[place] = Cache(keys, values, edit["sink"], edit["recent"])
        else:
            raise ValueError(f"the plan has the edit {dict(edit)}, which this file does not know")

    def attend(self, call: Call) -> Tensor | None:
        """`[items, queries, heads, value channels]`; None where no edit changes anything in this call,
        which is then the model's own."""
        kv_heads = call.key.shape[1]
        if self.count not in (1, kv_heads):
            raise ValueError(f"the plan is of {self.count} KV heads, and attention has {kv_heads}")
        spans, caches = (
            (self.spans, self.caches)
            if self.count == kv_heads
            else (_alike(self.spans, kv_heads), _alike(self.caches, kv_heads))
        )
        length = call.last + 1
        longest = int(length.max())
        spans = {
            head: span
            for head, span in spans.items()
            if span.sink < longest and bool((span.tokens(length) < length).any())
        }
        caches = {head: cache for head, cache in caches.items() if max(cache.sink, cache.recent) < longest}
        return _attended(call, spans, caches, length) if spans or caches else None


def _grid(edit: Mapping[str, Any], bits: str, grid: str, interleaved: bool = False) -> Grid | None:
    if edit[bits] == 16:
        return None
    return Grid(edit[bits], edit["group-size"], edit.get("shrink-from"), edit.get(grid), interleaved)


_T = TypeVar("_T")


def _alike(by_head: dict[int, _T], heads: int) -> dict[int, _T]:
    """What is said of head 0, of all heads."""
    return {head: by_head[0] for head in range(heads)} if 0 in by_head else {}


def heads_of(edits: Sequence[Mapping[str, Any]], kv_heads: int) -> dict[int, Heads]:
    """Layers of a plan, by number."""
    layers: dict[int, Heads] = {}
    for edit in edits:
        layers.setdefault(edit["layer"], Heads(kv_heads)).add(edit)
    return layers


def _attended(call: Call, spans: dict[int, Span], caches: dict[int, Cache], length: Tensor) -> Tensor:
    items, heads, queries, _ = call.query.shape
    kv_heads, keys = call.key.shape[1:3]
    key, value = call.key.float(), call.value.float()
    at = call.last[:, None] - torch.arange(keys - 1, -1, -1, device=key.device)
    given_back = _given_back(key, value, caches, at)
    # Queries are the last of the keys.
    age = torch.arange(keys - queries, keys, device=key.device)[:, None] - torch.arange(
        keys, device=key.device
    )
    hidden = exact = None
    if spans:
        hidden = torch.zeros(items, kv_heads, *age.shape, dtype=torch.bool, device=key.device)
        for head, span in spans.items():
            old = age >= span.tokens(length)[:, None, None]
            hidden[:, head] = old & (at >= span.sink)[:, None]
    if any(cache.recent > 0 for cache in caches.values()):
        exact = torch.zeros(kv_heads, *age.shape, dtype=torch.bool, device=key.device)
        for head, cache in caches.items():
            exact[head] = age < cache.recent
    step = max(1, SCORES // (items * heads * keys))
    parts = []
    for first in range(0, queries, step):
        some = slice(first, first + step)
        unseen, added = _mask(call, some, age)
        if hidden is not None:
            unseen = unseen | hidden[:, :, None, some]
        near = None if exact is None else exact[:, some]
        parts.append(_mixed(call, some, (key, value), given_back, near, unseen, added))
    return torch.cat(parts, 1)


def _given_back(key: Tensor, value: Tensor, caches: dict[int, Cache], at: Tensor) -> tuple[Tensor, Tensor]:
    """Keys and values beyond the recent ones; `at: [items, keys]` are positions."""
    key_back, value_back = key.clone(), value.clone()
    for head, cache in caches.items():
        first = (at < cache.sink)[..., None]
        for kept, grid in ((key_back, cache.keys), (value_back, cache.values)):
            if grid is not None:
                kept[:, head] = torch.where(first, kept[:, head], grid.quantised(kept[:, head]))
    return key_back, value_back


def _mask(call: Call, some: slice, age: Tensor) -> tuple[Tensor, Tensor | None]:
    """What the model hides from `some` queries, and what its mask adds to scores where it adds numbers:
    `[items or 1, kv-heads or 1, group or 1, queries, keys]`."""
    kv_heads, keys = call.key.shape[1:3]
    if call.mask is None:
        return (age[some] < 0)[None, None, None], None
    mask = call.mask[..., some, :keys]
    shape = (mask.shape[0], kv_heads, -1) if mask.shape[1] > 1 else (mask.shape[0], 1, 1)
    mask = mask.reshape(*shape, *mask.shape[2:])
    if mask.dtype == torch.bool:
        return ~mask, None
    return mask <= torch.finfo(mask.dtype).min / 2, mask.float()


def _mixed(
    call: Call,
    some: slice,
    own: tuple[Tensor, Tensor],
    given_back: tuple[Tensor, Tensor],
    exact: Tensor | None,
    unseen: Tensor,
    added: Tensor | None,
) -> Tensor:
    """Attention of `some` queries over what is `given_back`, and over a model's own keys and values where
    `exact: [kv-heads, queries, keys]`: `[items, queries, heads, value channels]`."""
    items, heads = call.query.shape[:2]
    kv_heads, keys = call.key.shape[1:3]
    query = call.query[:, :, some].float() * call.scaling
    lines = (items, kv_heads, heads // kv_heads, query.shape[2], keys)
    query = query.reshape(items, kv_heads, -1, query.shape[-1])
    scores = (query @ given_back[0].transpose(-1, -2)).view(lines)
    if exact is not None:
        near = (query @ own[0].transpose(-1, -2)).view(lines)
        scores = torch.where(exact[None, :, None], near, scores)
    if call.cap is not None:
        scores = torch.tanh(scores / call.cap) * call.cap
    if added is not None:
        scores = scores + added
    scores = scores.masked_fill(unseen, float("-inf"))
    if call.sinks is not None:
        sinks = call.sinks.float().reshape(1, kv_heads, -1, 1, 1).expand(*lines[:4], 1)
        scores = torch.cat([scores, sinks], -1)
    # A query that sees nothing, of what a batch is padded with, has no weights and not NaN.
    weights = torch.softmax(scores, -1)[..., :keys].masked_fill(unseen, 0.0)
    if exact is None:
        mixed = weights.flatten(2, 3) @ given_back[1]
    else:
        near = weights * exact[None, :, None]
        mixed = near.flatten(2, 3) @ own[1] + (weights - near).flatten(2, 3) @ given_back[1]
    return mixed.view(items, heads, lines[3], -1).transpose(1, 2)
