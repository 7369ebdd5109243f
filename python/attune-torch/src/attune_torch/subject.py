"""The model that is edited and scored: its layers, how one of them is called, and what comes before and
behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .layerwise import Layerwise, Prepared
from .structure.layer import Layer
from .structure.linear import LinearModule
from .structure.routers import Router

__all__ = ["Layer", "LinearModule", "Prepared", "Router", "Rows", "Subject"]


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
        self,
        model: nn.Module,
        tokenizer: Any,
        layers: list[Layer],
        decoder: nn.Module,
        facts: Mapping[str, Any],
    ) -> None:
        self.model: Any = model
        self.tokenizer = tokenizer
        self.layers = layers
        self.decoder = decoder
        """The module that holds the layers, their norm and the embedding."""
        whole: Any = self.model.config
        self.config: Any = whole.get_text_config()
        self.facts = dict(facts)
        self.rows: Rows | None = None
        self.level_memory = 1 << 30
        """Bytes that weights in few bits may take, so that they are made once."""
        self.stages = Layerwise(self)

    @contextmanager
    def counting(self, items: int, tokens: int, mask: Tensor | None = None) -> Iterator[None]:
        """Within, modules are given rows of so many items of so many tokens each."""
        before = self.rows
        if mask is not None and mask.shape[0] != items:
            mask = mask.repeat(items // mask.shape[0], 1)
        self.rows = Rows(items, tokens, None if mask is None or bool(mask.all()) else mask.bool())
        try:
            yield
        finally:
            self.rows = before

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
        return self.stages.tried and self.stages.refusal is None

    @property
    def whole_because(self) -> str | None:
        """Why only whole forwards are offered, if so."""
        return self.stages.refusal

    def prepare(self, ids: Tensor, mask: Tensor | None = None) -> Prepared:
        """What enters the first layer for `ids: [items, tokens]`, and what every layer is given beside the
        stream. `mask: [items, tokens]` is 0 where an item is padded at its end."""
        return self.stages.prepare(ids, mask)

    def run_layer(self, index: int, hidden: Tensor, prepared: Prepared) -> Tensor:
        """Layer `index` as it stands (edits that are entered take effect). `hidden` as `prepare` or the
        layer before gave it; its batch axis is `prepared.batch_axis`, and may hold a multiple of the
        prepared items, the same ones again and again: candidates stacked behind each other."""
        return self.stages.run_layer(index, hidden, prepared)

    def finish(self, hidden: Tensor, prepared: Prepared | None = None) -> Tensor:
        """What the model does behind its last layer (a norm): `[items, tokens, hidden]`."""
        return self.stages.finish(hidden, prepared)

    def project(self, rows: Tensor) -> Tensor:
        """Logits `[rows, vocab]` in float32 of final hidden states `[rows, hidden]`: head, bias, scale and
        soft-cap."""
        return self.stages.project(rows)

    def hidden(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """Final hidden states `[items, tokens, hidden]` by the model's own whole forward; edits that are
        entered take effect."""
        return self.stages.whole(ids, mask)
