"""A long text's tokens, a piece at a time: the tokenizer library takes some 250 bytes of memory per byte of text.

Pieces overlap. What a piece says near its ends may differ from what the whole text says there (a word is cut, a space is put
before the first one), so two neighbours are joined in the middle of their overlap, where both say the same for a while. Where
they never do, they overlap further, at last altogether.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .tokens import Numbers, Places


@dataclass(frozen=True)
class Cut:
    """How a text is cut, in bytes: the length of a piece (a text without a second one is given to the tokenizer whole), and how
    far a piece reaches back into the one before it."""

    piece: int
    overlap: int


USUAL = Cut(256 << 10, 4 << 10)
AGREED = 16
"""Tokens in a row that two pieces must agree on to be joined there."""

Encode = Callable[[str], Places]


class Pieces:
    """The tokens of the beginning of a text that may still grow."""

    def __init__(self, cut: Cut = USUAL) -> None:
        self._cut = cut
        self._settled: list[Numbers] = []
        self._last = Places(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
        self._covered = 0

    def advance(self, text: bytes, ended: bool, encode: Encode, step: Callable[[int], None]) -> None:
        """Goes on to the end of `text` (UTF-8), whose beginning was given before; `ended` when it will not grow any more, else
        only whole pieces are looked at. `step` is told how many bytes are behind it."""
        while self._covered < len(text):
            begin = self._covered
            # A rest shorter than a piece belongs to the last one.
            if len(text) - begin < 2 * self._cut.piece:
                if not ended:
                    return
                end = len(text)
            else:
                end = _boundary(text, begin + self._cut.piece)
            self._join(text, begin, end, encode)
            self._covered = end
            step(end)

    def _join(self, text: bytes, begin: int, end: int, encode: Encode) -> None:
        overlap = self._cut.overlap
        while True:
            start = _boundary(text, max(0, begin - overlap))
            ids, starts, ends = encode(text[start:end].decode())
            tokens = Places(ids, starts + start, ends + start)
            if begin == 0:
                self._last = tokens
                return
            found = _agreement(self._last, tokens, start + (begin - start) // 2)
            if found is not None:
                mine, theirs = found
                self._settled.append(self._last.ids[:mine])
                self._last = Places(*(part[theirs:] for part in tokens))
                return
            if start == 0:
                # The whole beginning again: nothing that was said of it before counts.
                self._settled.clear()
                self._last = tokens
                return
            overlap *= 4

    def count(self) -> int:
        """How many tokens there are that more text does not change."""
        sure = max(0, self._covered - self._cut.overlap)
        return self._settled_count() + int(np.searchsorted(self._last.ends, sure, side="right"))

    def finish(self, ended: bool) -> Numbers:
        """The tokens of the whole text, or those that more of it does not change."""
        whole = np.concatenate([*self._settled, self._last.ids])
        return whole if ended else whole[: self.count()]

    def _settled_count(self) -> int:
        return sum(len(part) for part in self._settled)


def _boundary(text: bytes, at: int) -> int:
    """The beginning of the character that a byte is part of."""
    while 0 < at < len(text) and text[at] & 0xC0 == 0x80:
        at -= 1
    return at


def _agreement(mine: Places, theirs: Places, middle: int) -> tuple[int, int] | None:
    """Where both sequences, behind `middle`, begin to say the same for long enough: a position in each."""

    def begins(tokens: Places, at: int) -> bool:
        return at == 0 or bool(
            tokens.ends[at - 1] <= tokens.starts[at] and tokens.starts[at - 1] < tokens.starts[at]
        )

    at = int(np.searchsorted(mine.starts, middle, side="left"))
    other = int(np.searchsorted(theirs.starts, middle, side="left"))
    while at + AGREED <= len(mine.ids) and other + AGREED <= len(theirs.ids):
        one, two = mine.starts[at], theirs.starts[other]
        if one < two:
            at += 1
        elif one > two:
            other += 1
        else:
            same = all(
                np.array_equal(a[at : at + AGREED], b[other : other + AGREED])
                for a, b in zip(mine, theirs, strict=True)
            )
            if same and begins(mine, at) and begins(theirs, other):
                return at, other
            at += 1
            other += 1
    return None
