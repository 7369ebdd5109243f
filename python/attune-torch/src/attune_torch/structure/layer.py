"""One transformer block, by what is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import nn

from .linear import LinearModule
from .routers import Router


@dataclass
class Layer:
    """One transformer block, by what is in it."""

    index: int
    block: nn.Module
    attention: nn.Module | None = None
    """Attention, also in its latent forms; none where another mixer (a convolution, a state space) stands in
    its place."""
    caches: bool = True
    """Whether it leaves keys and values in a cache; a convolution, a state space or linear attention keep a
    state of their own instead."""
    feed_forward: nn.Module | None = None
    """The dense feed-forward part, or the mixture with its router, its experts and what answers for every
    token; none where the block holds its matrices itself."""
    router: Router | None = None
    """None in a layer without experts."""
    linear: dict[str, list[LinearModule]] = field(default_factory=dict)
    """Module name of the vocabulary (`q`, `kv-a`, `gate`, …) → its matrices: one, or one per expert."""
    beside: list[nn.Module] = field(default_factory=list)
    """Further feed-forward parts of the block, whose results are added to that of the mixture (Granite's
    shared expert)."""
    gives: dict[str, tuple[Any, ...] | None] = field(default_factory=dict)
    """What `attention` and `feed-forward` give beside their result, where they give a tuple."""
    unknown: dict[str, str] = field(default_factory=dict)
    """Parts of the layer that are there and not understood, and why: `attention`, `feed-forward`, `router`,
    `halves`."""

    def refusal(self, module: str) -> str | None:
        """Why the layer has no linear module of that name, if it has none."""
        if module in self.linear:
            return None
        part = "feed-forward" if module in ("gate", "up", "down") else "attention"
        if part in self.unknown:
            return f"the {part} part of layer {self.index} is not understood: {self.unknown[part]}"
        place = "feed-forward part" if part == "feed-forward" else "attention"
        return f"the {place} of layer {self.index} has no {module}"
