"""Seeded randomness: a technique has no other."""

from __future__ import annotations

import math

_MASK = 2**64 - 1


class Random:
    """SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the stream of a seed is the same everywhere, and in the
    SDKs of all languages. Meant for varying configs, not for statistics."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def bits(self) -> int:
        """The next 64 bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def unit(self) -> float:
        """A real number from 0 (included) to 1 (excluded)."""
        return (self.bits() >> 11) / 2.0**53

    def chance(self, probability: float) -> bool:
        """`True` with this probability."""
        return self.unit() < probability

    def normal(self) -> float:
        """A draw of the standard normal distribution (Box and Muller, 1958)."""
        # 1 − unit is never 0, whose logarithm is infinite.
        radius = math.sqrt(-2.0 * math.log(1.0 - self.unit()))
        return radius * math.cos(math.tau * self.unit())

    def below(self, length: int) -> int:
        """A position from 0 to `length - 1`, each equally likely."""
        if length <= 0:
            raise ValueError("there is nothing to choose from")
        # Rejecting the last, incomplete run of `length` numbers keeps every position equally likely.
        limit = _MASK - _MASK % length
        while True:
            bits = self.bits()
            if bits < limit:
                return bits % length
