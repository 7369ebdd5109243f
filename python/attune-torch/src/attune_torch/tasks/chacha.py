"""The generator that attune draws pass keys with, so that both evaluators hide the same ones.

ChaCha with 8 rounds (Bernstein, *ChaCha, a variant of Salsa20*, 2008) keyed by a hash of what is drawn for, read 32 bits at a time;
whole numbers of a range by Canon's method, as the `rand` crate 0.10 has it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

_WORD = 0xFFFF_FFFF
_CONSTANTS = (0x6170_7865, 0x3320_646E, 0x7962_2D32, 0x6B20_6574)
_COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
_DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))


class Random:
    """The stream of one purpose at one place, independent of all others."""

    def __init__(self, seed: int, purpose: str, indices: Sequence[int]) -> None:
        numbers = b"".join(number.to_bytes(8, "little") for number in (seed, *indices))
        digest = hashlib.sha256()
        for part in (purpose.encode(), numbers):
            digest.update(len(part).to_bytes(8, "little") + part)
        self._words = _stream(digest.digest())

    def below(self, low: int, high: int) -> int:
        """A whole number from `low` to below `high`, which are less than 2³² apart."""
        span = high - low
        result, rest = divmod(next(self._words) * span, 1 << 32)
        if rest > (1 << 32) - span:
            result += rest + (next(self._words) * span >> 32) > _WORD
        return low + result


def _stream(key: bytes) -> Iterator[int]:
    keys = [int.from_bytes(key[at : at + 4], "little") for at in range(0, 32, 4)]
    block = 0
    while True:
        start = [*_CONSTANTS, *keys, block & _WORD, block >> 32, 0, 0]
        state = list(start)
        for _ in range(4):
            for a, b, c, d in _COLUMNS + _DIAGONALS:
                _quarter_round(state, a, b, c, d)
        yield from ((mixed + before) & _WORD for mixed, before in zip(state, start, strict=True))
        block += 1


def _quarter_round(state: list[int], a: int, b: int, c: int, d: int) -> None:
    for left, right, other, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[left] = (state[left] + state[right]) & _WORD
        mixed = state[other] ^ state[left]
        state[other] = ((mixed << turn) | (mixed >> (32 - turn))) & _WORD
