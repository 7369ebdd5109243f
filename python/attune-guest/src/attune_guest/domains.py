"""What one cell of a dimension can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Choice:
    """One of several unordered options, by name. A cell is the position of its option."""

    options: Sequence[str]


@dataclass(frozen=True)
class Level:
    """One of several ordered levels, ascending. A cell is the position of its level."""

    levels: Sequence[float]


@dataclass(frozen=True)
class Int:
    """A whole number from `min` to `max`. A cell is an `int`."""

    min: int
    max: int


@dataclass(frozen=True)
class Real:
    """A real number from `min` to `max`. A cell is a `float`."""

    min: float
    max: float
    scale: Literal["linear", "log"] = "linear"


@dataclass(frozen=True)
class Subset:
    """`min` to `max` elements out of `of`. A cell is an ascending list of elements."""

    of: int
    min: int
    max: int

    @classmethod
    def exactly(cls, of: int, size: int) -> Subset:
        """Exactly `size` elements out of `of`."""
        return cls(of, size, size)


@dataclass(frozen=True)
class Permutation:
    """An order of this many elements. A cell is a list of all of them."""

    of: int


@dataclass(frozen=True)
class Affine:
    """`of` reals of any sign that sum to `sum`; `spread` is the standard deviation of draws. A cell is the
    list of them."""

    of: int
    sum: float
    spread: float


@dataclass(frozen=True)
class Matrix:
    """A matrix of reals, each from `min` to `max`. A cell is the list of them, row by row."""

    rows: int
    columns: int
    min: float
    max: float


Domain = Choice | Level | Int | Real | Subset | Permutation | Affine | Matrix
