"""Grids of whole numbers under one scale for each group: that of `weight-bits` without `grid`, `affine-int`
and `symmetric`."""

from __future__ import annotations

from collections.abc import Sequence

from .arithmetic import f32, furthest, nearest


def from_least(values: Sequence[float], bits: int) -> list[float]:
    """`s = (max − min)/(2ᵇ − 1)`, `q = round((w − min)/s)`, `w' = q·s + min`; equal numbers stay as they
    are."""
    low, top = min(values), float(2**bits - 1)
    scale = f32(f32(max(values) - low) / top)
    if scale == 0.0:
        return list(values)
    codes = (nearest(f32(f32(value - low) / scale), 0.0, top) for value in values)
    return [f32(f32(code * scale) + low) for code in codes]


def affine_int(values: Sequence[float], bits: int) -> list[float]:
    """The range has 0 in it: `s = (max − min)/(2ᵇ − 1)`, `z = round(−2ᵇ⁻¹ − min/s)` within the codes,
    `q = round(w/s + z)`, `w' = (q − z)·s`, codes from `−2ᵇ⁻¹` to `2ᵇ⁻¹ − 1`."""
    least, largest = _codes(bits)
    low, high = min(*values, 0.0), max(*values, 0.0)
    scale = f32(f32(high - low) / (largest - least))
    if scale == 0.0:
        return [0.0] * len(values)
    zero = nearest(f32(least - f32(low / scale)), least, largest)
    codes = (nearest(f32(f32(value / scale) + zero), least, largest) for value in values)
    return [f32((code - zero) * scale) for code in codes]


def symmetric(values: Sequence[float], bits: int) -> list[float]:
    """`s = max|w|/((2ᵇ − 1)/2)`, `q = round(w/s)`, `w' = q·s`, codes as above."""
    least, largest = _codes(bits)
    scale = f32(abs(furthest(values)) / ((largest - least) / 2.0))
    if scale == 0.0:
        return [0.0] * len(values)
    return [f32(nearest(f32(value / scale), least, largest) * scale) for value in values]


def _codes(bits: int) -> tuple[float, float]:
    middle = float(2 ** (bits - 1))
    return -middle, middle - 1.0
