"""Conditions that every config of a space meets. Dimensions are named by their position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """What the cells of one dimension add to a budget: a row of costs for every cell, or one row for all.

    A row has the cost of each option (`Choice`, `Level`), of each element (`Subset`) or of one unit (`Int`,
    `Real`).
    """

    dimension: int
    costs: Sequence[Sequence[float]]


@dataclass(frozen=True)
class Budget:
    """The sum of all terms is at most `limit`."""

    resource: str
    unit: str
    limit: float
    terms: Sequence[Term]


@dataclass(frozen=True)
class Distinct:
    """At most this many different options among the cells that agree along the axes `by`."""

    dimension: int
    by: Sequence[str]
    at_most: int


@dataclass(frozen=True)
class Exactly:
    """Exactly `count` cells take the option at this position."""

    dimension: int
    option: int
    count: int


@dataclass(frozen=True)
class Forbidden:
    """Not all of these cells take these options at once: (dimension, cell, option)."""

    together: Sequence[tuple[int, int, int]]


@dataclass(frozen=True)
class Ascending:
    """The cells of a level, int or real dimension do not fall along the axis `along`: ordered thresholds."""

    dimension: int
    along: str


@dataclass(frozen=True)
class Active:
    """The cells of `dimension` count only where the cell of `when` takes one of `options`, by position.

    `when` is a choice or level dimension of one cell, which decides about all, or of the same axes, cell by
    cell. Cells that do not count hold their first value, are not varied and cost nothing.
    """

    dimension: int
    when: int
    options: Sequence[int]


Constraint = Budget | Distinct | Exactly | Forbidden | Ascending | Active
