"""Values that people set: an option, an argument of an edit, a fact of a model."""

from __future__ import annotations

from collections.abc import Sequence

Setting = bool | int | float | str | Sequence[int] | Sequence[float]
"""`true` or `false`, a whole number, a real number, a word, or a list of numbers of one kind.

Where attune expects a real number it takes a whole one as well; a list without elements is one of whole
numbers.
"""

SMALLEST, LARGEST = -(2**63), 2**63 - 1
"""Whole numbers of the interface have 64 bits."""


def dashed(name: str) -> str:
    """The name in attune of a Python name: `group_size` is `group-size`."""
    return name.replace("_", "-")
