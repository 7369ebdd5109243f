"""Stretches of text that occur in two texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

PLACES = 16
"""Places that are looked at for one stretch: a text that says the same thing more often than that is understood."""
BASE = np.uint64(0x9E37_79B9_7F4A_7C15)
"""Base of the hash of a window: odd, and large."""
INVERSE = np.uint64(pow(int(BASE), -1, 1 << 64))
BLOCK = 1 << 20
"""Characters whose windows are hashed at once."""

Hashes = np.ndarray[Any, np.dtype[np.uint64]]


class Runs:
    """A text (in its normal form) in which runs are looked up. Every window that starts at a multiple of its length, half a run, is
    known by a hash, so every run of at least `run` characters holds a whole one."""

    def __init__(self, text: str, run: int) -> None:
        self._text = text
        self._run = run
        self._window = -(-run // 2)
        places: dict[str, list[int]] = {}
        for start in range(0, len(text) - self._window + 1, self._window):
            known = places.setdefault(text[start : start + self._window], [])
            if len(known) < PLACES:
                known.append(start)
        self._places = places
        own = [hashes[-first % self._window :: self._window] for first, hashes in self._windows(text)]
        self._hashes = np.unique(np.concatenate([np.zeros(0, np.uint64), *own]))
        self.repeated = self._covered(text, own=True)[0]
        """Share of the text in runs that occur elsewhere in it as well."""

    def shared(self, other: str) -> tuple[float, int]:
        """The share of another text that runs of this one cover, and where the longest of them begins."""
        share, longest = self._covered(other, own=False)
        return share, longest[0]

    def _covered(self, other: str, own: bool) -> tuple[float, tuple[int, int]]:
        """In the text itself, a run is not its own copy."""
        longest = (0, 0)
        if len(other) < self._run or len(self._text) < self._run:
            return 0.0, longest
        covered = end = at = 0
        for place in self._candidates(other):
            if place < at:
                continue
            found = self._around(other, place, own)
            if found is None:
                continue
            start, stop = found
            covered += max(0, stop - max(start, end))
            end = max(end, stop)
            # The next run that is not part of this one reaches beyond its end.
            at = max(stop + 1 - self._window, place + 1)
            if stop - start > longest[1] - longest[0]:
                longest = found
        return covered / len(other), longest

    def _candidates(self, other: str) -> list[int]:
        """Places whose window may be known."""
        found: list[int] = []
        for first, hashes in self._windows(other):
            found.extend((first + np.flatnonzero(np.isin(hashes, self._hashes))).tolist())
        return found

    def _windows(self, text: str) -> Iterator[tuple[int, Hashes]]:
        """The hashes of all windows of a text, some at a time, and the place of the first of them."""
        for first in range(0, len(text) - self._window + 1, BLOCK):
            yield first, _hashes(text[first : first + BLOCK + self._window - 1], self._window)

    def _around(self, other: str, at: int, own: bool) -> tuple[int, int] | None:
        """The longest run of `other` around the window at `at` that is long enough."""
        known, best = self._text, None
        for place in self._places.get(other[at : at + self._window], ()):
            if own and place == at:
                continue
            back = _behind(known, place, other, at)
            run = (at - back, at + self._window + _ahead(known, place + self._window, other, at + self._window))
            # Of equally long ones the last counts; which one it is shows in nothing.
            if run[1] - run[0] >= self._run and (best is None or run[1] - run[0] >= best[1] - best[0]):
                best = run
        return best


def _hashes(text: str, window: int) -> Hashes:
    """Of every window: `Σ value · BASE^(window − 1 − place)`, by differences of sums whose powers are shifted back."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64) + np.uint64(1)
    if len(points) < window:
        return np.zeros(0, dtype=np.uint64)
    down = np.ones(len(points), dtype=np.uint64)
    down[1:] = INVERSE
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(points * np.cumprod(down, dtype=np.uint64), dtype=np.uint64)])
    up = np.ones(len(points), dtype=np.uint64)
    up[1:] = BASE
    powers: Hashes = np.cumprod(up, dtype=np.uint64)[window - 1 :]
    hashes: Hashes = (sums[window:] - sums[:-window]) * powers
    return hashes


def _ahead(one: str, at: int, other: str, place: int) -> int:
    """How many characters are the same from both places on."""
    length = min(len(one) - at, len(other) - place)
    same, step = 0, 64
    while same < length:
        step = min(step, length - same)
        if one[at + same : at + same + step] != other[place + same : place + same + step]:
            break
        same += step
        step *= 2
    else:
        return same
    # The first difference is among the next `step`: halve where it can be.
    low, high = 0, step
    while high - low > 1:
        middle = (low + high) // 2
        if one[at + same + low : at + same + middle] == other[place + same + low : place + same + middle]:
            low = middle
        else:
            high = middle
    return same + low


def _behind(one: str, at: int, other: str, place: int) -> int:
    """How many characters are the same before both places."""
    same, length = 0, min(at, place)
    step = 64
    while same < length:
        step = min(step, length - same)
        left = one[at - same - step : at - same][::-1]
        right = other[place - same - step : place - same][::-1]
        ahead = _ahead(left, 0, right, 0)
        same += ahead
        if ahead < step:
            break
        step *= 2
    return same
