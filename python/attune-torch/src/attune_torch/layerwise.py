"""Calling a model's layers one by one, as the model itself calls them.

Nothing is composed by hand: the model's own forward runs with its layers stubbed, which gives the arguments that it passes
to each of them; its own code before and behind the layers computes the embedding, the masks, the positions and the norm.
Whether that is the same as the whole forward is proved on a small batch, and refused by name where it is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from .subject import Subject


@dataclass
class Prepared:
    """A batch of items, ready to go through the layers."""

    ids: Tensor
    mask: Tensor | None
    hidden: Tensor
    """What enters the first layer."""
    batch_axis: int
    """The axis of `hidden` that counts items; the next one counts tokens."""
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]]
    """For each layer, the arguments beside the stream."""


class Layerwise:
    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.refusal: str | None = None

    def prepare(self, ids: Tensor, mask: Tensor | None) -> Prepared:
        raise NotImplementedError

    def run_layer(self, index: int, hidden: Tensor, prepared: Prepared) -> Tensor:
        raise NotImplementedError

    def finish(self, hidden: Tensor, prepared: Prepared | None) -> Tensor:
        raise NotImplementedError

    def project(self, rows: Tensor) -> Tensor:
        raise NotImplementedError

    def whole(self, ids: Tensor, mask: Tensor | None) -> Tensor:
        raise NotImplementedError
