"""Passages that run side by side in one tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from ..layerwise import Prepared
from ..tasks import Passage


class Asked(NamedTuple):
    """A passage of a request: what it is known by, and how often an item it is part of counts."""

    name: tuple[object, ...]
    """Split, item, and the passage's number in it."""
    passage: Passage
    share: float
    """Part of its item that it is, for progress."""


@dataclass
class Unit:
    """Passages of one length, and where they were asked for."""

    at: list[int]
    asked: list[Asked]
    ids: Tensor
    prepared: dict[bytes, Prepared] = field(default_factory=dict, repr=False)
    """What enters the first layer and is passed to each, by the name of the matrix that tokens enter by."""

    @property
    def names(self) -> list[tuple[object, ...]]:
        return [one.name for one in self.asked]

    @property
    def tokens(self) -> int:
        """Of each passage."""
        return self.ids.shape[1]

    @property
    def rows(self) -> int:
        """Tokens of all of them."""
        return self.ids.numel()

    @property
    def scored(self) -> list[int]:
        """Tokens at the end of each that are predicted."""
        return [one.passage.scored for one in self.asked]

    @property
    def share(self) -> float:
        return sum(one.share for one in self.asked)

    def targets(self) -> Tensor:
        """The tokens that are predicted, passage after passage."""
        return torch.cat([row[self.tokens - scored :] for row, scored in zip(self.ids, self.scored, strict=True)])

    def predicting(self, hidden: Tensor) -> Tensor:
        """Of final hidden states `[passages, tokens, hidden]` the rows that predict something, passage after passage."""
        if len(self.asked) == 1:
            return hidden[0, self.tokens - 1 - self.scored[0] : self.tokens - 1]
        rows = zip(hidden, self.scored, strict=True)
        return torch.cat([row[self.tokens - 1 - scored : self.tokens - 1] for row, scored in rows])


def units(asked: Sequence[Asked], most: int, rows: int, device: torch.device) -> list[Unit]:
    """The passages in units of one length, with at most `most` passages and `rows` tokens each, or one passage; those of one
    length in their order."""
    by_length: dict[int, list[int]] = {}
    for at, one in enumerate(asked):
        by_length.setdefault(len(one.passage.tokens), []).append(at)
    found = []
    for length, places in by_length.items():
        together = max(1, min(most, rows // length))
        for first in range(0, len(places), together):
            own = places[first : first + together]
            ids = torch.tensor([asked[at].passage.tokens for at in own], dtype=torch.long, device=device)
            found.append(Unit(own, [asked[at] for at in own], ids))
    return found
