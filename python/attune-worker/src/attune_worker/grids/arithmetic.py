"""Numbers of float32 in Python, whose own are float64.

A sum, product, quotient or root of two numbers of float32 that is computed in float64 and then rounded is
what float32 gives: 53 bits are more than twice 24 and two (Figueroa, "When is double rounding innocuous?",
1995). So every single operation goes through `f32`, and nothing here contracts or reorders.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from ctypes import c_float
from typing import TypeVar

One = TypeVar("One")

TINY = 2.0**-126
"""The least normal number."""


def f32(value: float) -> float:
    """The nearest number of float32, infinity beyond the largest."""
    return c_float(value).value


def half(value: float) -> float:
    """The nearest number of float16, infinity beyond the largest: what a file keeps of a scale."""
    try:
        (found,) = struct.unpack("<e", struct.pack("<e", value))
    except OverflowError:
        return math.copysign(math.inf, value)
    return float(found)


def divided(one: float, other: float) -> float:
    """A quotient in float32: by 0 it is infinite, and of 0 by 0 not a number."""
    if other == 0.0:
        if one == 0.0 or math.isnan(one):
            return math.nan
        return math.copysign(math.inf, one) * math.copysign(1.0, other)
    return f32(one / other)


def inverse(scale: float) -> float:
    """`1/scale`, and 0 for 0, as llama.cpp multiplies by instead of dividing."""
    return 0.0 if scale == 0.0 else f32(1.0 / scale)


def furthest(values: Iterable[float]) -> float:
    """The first of the numbers that are furthest from 0."""
    found = 0.0
    for value in values:
        if abs(value) > abs(found):
            found = value
    return found


def nearest(number: float, least: float, largest: float) -> float:
    """The whole number nearest to another one, halves to even, within two whole numbers; 0 for what is no
    number."""
    return 0.0 if math.isnan(number) else float(round(min(max(number, least), largest)))


def total(values: Iterable[float]) -> float:
    """The sum in float32 in the order of the numbers."""
    found = 0.0
    for value in values:
        found = f32(found + value)
    return found


def parts(values: Sequence[One], length: int) -> Iterable[Sequence[One]]:
    """Neighbours, that many at a time."""
    return (values[first : first + length] for first in range(0, len(values), length))
