"""Search spaces: typed dimensions, and conditions that every config meets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .constraints import Constraint
from .domains import Domain

Config = Sequence[Sequence[Any]]
"""One point of a space: the cells of every dimension, row-major.

A cell is what its domain says: the position of an option (`Choice`, `Level`), a number (`Int`, `Real`), or a
list of numbers (`Subset`, `Permutation`, `Affine`, `Matrix`).
"""


@dataclass(frozen=True)
class Dimension:
    """An array of cells of one domain. `axes` are its names and lengths, outermost first; without axes there
    is one cell. `help` is one sentence."""

    name: str
    help: str
    domain: Domain
    axes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Space:
    """What can be decided."""

    dimensions: Sequence[Dimension]
    constraints: Sequence[Constraint] = ()
