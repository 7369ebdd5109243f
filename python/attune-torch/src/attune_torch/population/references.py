"""What the dense model says about each passage, kept as far as memory allows."""

from __future__ import annotations

from torch import Tensor

MOST = 1 << 30
"""Bytes that it takes at most when nobody says otherwise."""


class References:
    """Final hidden states of the rows that predict something, by passage, within a budget of bytes.

    First come, first kept: a search asks for the same items again and again, for which forgetting the oldest would keep nothing
    useful. They are projected to logits when they are compared with, some rows at a time.
    """

    def __init__(self, budget: int) -> None:
        self._free = budget
        self._kept: dict[tuple[object, ...], Tensor] = {}

    def find(self, passage: tuple[object, ...]) -> Tensor | None:
        """The rows `[scored, hidden]` of a passage."""
        return self._kept.get(passage)

    def keep(self, passage: tuple[object, ...], rows: Tensor) -> None:
        """Keeps rows that are no part of a larger tensor, where there is room."""
        size = rows.numel() * rows.element_size()
        if size <= self._free and passage not in self._kept:
            self._free -= size
            self._kept[passage] = rows
