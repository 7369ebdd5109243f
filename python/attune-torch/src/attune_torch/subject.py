"""The model that is edited and scored: its layers, how one of them is called, and what comes before and behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from .layerwise import Layerwise, Prepared
from .structure.linear import LinearModule
from .structure.routers import Router


@dataclass
class Layer:
    """One transformer block, by what is in it."""

    index: int
    block: nn.Module
    attention: nn.Module | None
    """Attention, also in its latent forms; none where another mixer (a convolution, a state space) stands in its place."""
    feed_forward: nn.Module | None
    """The dense feed-forward part, or the mixture with its router, its experts and what answers for every token."""
    router: Router | None
    """None in a layer without experts."""
    linear: dict[str, list[LinearModule]] = field(default_factory=dict)
    """Module name of the vocabulary (`q`, `kv-a`, `gate`, …) → its matrices: one, or one per expert."""
    unknown: dict[str, str] = field(default_factory=dict)
    """Parts of the layer that are there and not understood, and why: `attention`, `feed-forward`, `router`."""


@dataclass
class Rows:
    """Which rows of whatever a module is given belong to which item of the batch that is under way."""

    items: int
    tokens: int
    valid: Tensor | None = None
    """`[items, tokens]`, false where an item is padded; None: no padding."""


class Subject:
    """A loaded model with the structure that edits, signals and the population forward need."""

    def __init__(
        self, model: nn.Module, tokenizer: Any, layers: list[Layer], decoder: nn.Module, facts: Mapping[str, Any]
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.layers = layers
        self.decoder = decoder
        """The module that holds the layers, their norm and the embedding."""
        self.config: Any = model.config.get_text_config()
        self.facts = dict(facts)
        self.rows: Rows | None = None
        self.stages = Layerwise(self)

    @property
    def device(self) -> torch.device:
        """Where token ids go: the device of the embedding."""
        embedding: nn.Module = self.model.get_input_embeddings()
        return next(embedding.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """Of the residual stream: that of the embedding."""
        embedding: nn.Module = self.model.get_input_embeddings()
        return next(embedding.parameters()).dtype

    @property
    def layerwise(self) -> bool:
        """Whether layers may be called one by one: proved on a small batch when the model was loaded."""
        return self.stages.refusal is None

    @property
    def whole_because(self) -> str | None:
        """Why only whole forwards are offered, if so."""
        return self.stages.refusal

    def prepare(self, ids: Tensor, mask: Tensor | None = None) -> Prepared:
        """What enters the first layer for `ids: [items, tokens]`, and what every layer is given beside the stream.
        `mask: [items, tokens]` is 0 where an item is padded at its end."""
        return self.stages.prepare(ids, mask)

    def run_layer(self, index: int, hidden: Tensor, prepared: Prepared) -> Tensor:
        """Layer `index` as it stands (edits that are entered take effect). `hidden` as `prepare` or the layer before gave it;
        its batch axis is `prepared.batch_axis`, and may hold a multiple of the prepared items, the same ones again and again:
        candidates stacked behind each other."""
        return self.stages.run_layer(index, hidden, prepared)

    def finish(self, hidden: Tensor, prepared: Prepared | None = None) -> Tensor:
        """What the model does behind its last layer (a norm): `[items, tokens, hidden]`."""
        return self.stages.finish(hidden, prepared)

    def project(self, rows: Tensor) -> Tensor:
        """Logits `[rows, vocab]` in float32 of final hidden states `[rows, hidden]`: head, bias, scale and soft-cap."""
        return self.stages.project(rows)

    def hidden(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """Final hidden states `[items, tokens, hidden]` by the model's own whole forward; edits that are entered take effect."""
        return self.stages.whole(ids, mask)
