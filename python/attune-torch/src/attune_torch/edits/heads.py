"""What each KV head of an edited layer sees and what its cache gives back, and attention over that, in
float32."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..grids.cache_grid import Grid
from ..subject import Subject
from .attention import Call, positions, visible

SCORES = 1 << 26
"""Scores in memory at once, 256 MiB: items are attended to a few at a time."""


@dataclass
class Cache:
    """The cache of one KV head."""

    keys: Grid | None
    values: Grid | None
    sink: int
    """First positions that stay exact."""
    recent: int
    """Last positions, the query's own included, that stay exact."""
    scales: Tensor | None = None
    """`[channels]`: what keys are divided by before, and multiplied by after."""


@dataclass
class Span:
    """How far one KV head looks: `max(1, ⌊alpha + beta·N⌋)` tokens back, and at the first `sink` ones."""

    sink: int
    alpha: float
    beta: float

    def tokens(self, length: int) -> int:
        """Tokens, the query's own included, in a sequence of `length`."""
        span = self.alpha + self.beta * length
        # A span without bounds is one of all tokens.
        return length if span >= length else max(1, math.floor(span))


@dataclass
class EditedHeads:
    """Acts for the attention of one layer."""

    subject: Subject
    kv_heads: int
    latent: bool
    """Whether one thing is kept per token for all heads: they all do what KV head 0 does."""
    caches: dict[int, Cache] = field(default_factory=dict)
    spans: dict[int, Span] = field(default_factory=dict)

    def attend(self, call: Call) -> Tensor | None:
        """See `Acting`."""
        items, heads, queries, _ = call.query.shape
        kv_heads, keys = call.key.shape[1:3]
        if not self.latent and kv_heads != self.kv_heads:
            raise ValueError(f"attention was given {kv_heads} KV heads in the place of {self.kv_heads}")
        lengths = self.lengths(items, keys)
        caches = {head: cache for head, cache in self.caches.items() if max(cache.sink, cache.recent) < keys}
        spans = {
            head: span
            for head, span in self.spans.items()
            if span.sink < keys and any(span.tokens(length) < length for length in lengths)
        }
        if not caches and not spans:
            return None
        if self.latent:
            spans = {head: spans[0] for head in range(kv_heads)}
        step = max(1, SCORES // (heads * queries * keys))
        parts = [
            self._some(call, slice(first, first + step), lengths[first : first + step], caches, spans)
            for first in range(0, items, step)
        ]
        return torch.cat(parts)

    def lengths(self, items: int, keys: int) -> list[int]:
        """Tokens of each item, less what it is padded with."""
        rows = self.subject.rows
        if rows is None or rows.valid is None:
            return [keys] * items
        own: list[int] = rows.valid.sum(1).tolist()
        # Candidates are stacked behind each other: the same items again and again.
        return own * (items // len(own))

    def _some(
        self, call: Call, items: slice, lengths: list[int], caches: dict[int, Cache], spans: dict[int, Span]
    ) -> Tensor:
        query, key, value = (x[items].float() for x in (call.query, call.key, call.value))
        mask = call.mask if call.mask is None or call.mask.shape[0] == 1 else call.mask[items]
        part = Call(call.module, query, key, value, mask, call.scaling, call.cap, call.sinks, call.base)
        at, asked = positions(part)
        age = asked - at
        hidden = None
        if spans:
            hidden = torch.zeros(len(lengths), key.shape[1], *age.shape, dtype=torch.bool, device=key.device)
            for head, span in spans.items():
                for item, length in enumerate(lengths):
                    hidden[item, head] = (age >= span.tokens(length)) & (at >= span.sink)
        stored_keys, stored_values = stored(key, value, caches)
        exact = None
        if any(cache.recent > 0 for cache in caches.values()):
            exact = torch.zeros(key.shape[1], *age.shape, dtype=torch.bool, device=key.device)
            for head, cache in caches.items():
                exact[head] = age < cache.recent
        return attention(part, hidden, (stored_keys, stored_values), exact)


def stored(key: Tensor, value: Tensor, caches: dict[int, Cache]) -> tuple[Tensor, Tensor]:
    """What caches give back of keys and values `[items, kv-heads, keys, channels]` beyond their recent
    windows."""
    key, value = key.clone(), value.clone()
    for cache, heads in _alike(caches):
        for kept, grid, scales in ((key, cache.keys, cache.scales), (value, cache.values, None)):
            if grid is not None:
                # All heads are a view, some of them a copy.
                place = slice(None) if len(heads) == kept.shape[1] else heads
                kept[:, place, cache.sink :] = grid.quantised(kept[:, place, cache.sink :], scales)
    return key, value


def _alike(caches: dict[int, Cache]) -> list[tuple[Cache, list[int]]]:
    """Caches, and the heads whose keys and values they quantise alike; one with scales of its own is alone."""
    found: dict[object, tuple[Cache, list[int]]] = {}
    for head, cache in caches.items():
        own = None if cache.scales is None else head
        _, heads = found.setdefault((cache.keys, cache.values, cache.sink, own), (cache, []))
        heads.append(head)
    return list(found.values())


def attention(
    call: Call, hidden: Tensor | None, given_back: tuple[Tensor, Tensor], exact: Tensor | None
) -> Tensor:
    """Attention over `given_back` keys and values, and over those of `call` where `exact: [kv-heads, queries,
    keys]`. `hidden: [items, kv-heads, queries, keys]` is what heads do not see beyond what the model hides.
    `[items, queries, heads, channels]`."""
    items, heads, queries, channels = call.query.shape
    kv_heads, keys = call.key.shape[1:3]
    group = heads // kv_heads
    query = (call.query * call.scaling).reshape(items, kv_heads, group * queries, channels)
    lines = (items, kv_heads, group, queries, keys)
    scores = (query @ given_back[0].transpose(-1, -2)).view(lines)
    if exact is not None:
        near = (query @ call.key.transpose(-1, -2)).view(lines)
        scores = torch.where(exact[None, :, None], near, scores)
    weights = weigh(call, scores, hidden)
    if exact is None:
        mixed = weights.flatten(2, 3) @ given_back[1]
    else:
        near = weights * exact[None, :, None]
        mixed = near.flatten(2, 3) @ call.value + (weights - near).flatten(2, 3) @ given_back[1]
    return mixed.view(items, heads, queries, -1).transpose(1, 2).contiguous()


def weigh(call: Call, scores: Tensor, hidden: Tensor | None = None) -> Tensor:
    """Attention weights of scaled scores `[items, kv-heads, group, queries, keys]`."""
    items, kv_heads, group, queries, keys = scores.shape
    if call.cap is not None:
        scores = torch.tanh(scores / call.cap) * call.cap
    seen, added = visible(call)

    def by_head(mask: Tensor) -> Tensor:
        per_head = mask.shape[1] > 1
        return mask.reshape(
            mask.shape[0], kv_heads if per_head else 1, group if per_head else 1, queries, keys
        )

    if added is not None:
        scores = scores + by_head(added)
    unseen = ~by_head(seen)
    if hidden is not None:
        unseen = unseen | hidden[:, :, None]
    scores = scores.masked_fill(unseen, float("-inf"))
    if call.sinks is None:
        weights = torch.softmax(scores, -1)
    else:
        sinks = call.sinks.float().reshape(1, kv_heads, group, 1, 1).expand(items, -1, -1, queries, 1)
        weights = torch.softmax(torch.cat([scores, sinks], -1), -1)[..., :-1]
    # A query that sees nothing, behind the end of a padded item, has no weights and not NaN.
    return weights.masked_fill(unseen, 0.0)
