"""`q4_0`, `q5_0`, `q4_1`, `q5_1` and `q8_0` of GGUF: blocks of 32. Codes are made with exact scales, which
are kept in float16 (llama.cpp, `quantize_row_q4_0_ref` and its like)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .arithmetic import f32, furthest, half, inverse


def signed(values: Sequence[float], bits: int) -> list[float]:
    """`d = m/−2ᵇ⁻¹` for the number `m` that is furthest from 0, `q = ⌊w/d + 2ᵇ⁻¹ + ½⌋` up to `2ᵇ − 1`,
    `w' = (q − 2ᵇ⁻¹)·d`."""
    middle = float(2 ** (bits - 1))
    scale = f32(furthest(values) / -middle)
    by, kept = inverse(scale), half(scale)
    if kept == 0.0:
        return [0.0] * len(values)
    codes = (min(_whole(f32(f32(value * by) + (middle + 0.5))), 2.0 * middle - 1.0) for value in values)
    return [f32((code - middle) * kept) for code in codes]


def from_least(values: Sequence[float], bits: int) -> list[float]:
    """`d = (max − min)/(2ᵇ − 1)`, `q = ⌊(w − min)/d + ½⌋`, `w' = q·d + min`."""
    low, top = min(values), float(2**bits - 1)
    scale = f32(f32(max(values) - low) / top)
    by, kept, least = inverse(scale), half(scale), half(low)
    if kept == 0.0:
        return [least] * len(values)
    codes = (min(_whole(f32(f32(f32(value - low) * by) + 0.5)), top) for value in values)
    return [f32(f32(code * kept) + least) for code in codes]


def q8_0(values: Sequence[float], bits: int) -> list[float]:
    """`d = max|w|/127`, `q = round(w/d)` with halves away from 0, `w' = q·d`."""
    scale = f32(abs(furthest(values)) / 127.0)
    by, kept = inverse(scale), half(scale)
    if kept == 0.0:
        return [0.0] * len(values)
    return [f32(_away(f32(value * by)) * kept) for value in values]


def _whole(number: float) -> float:
    return float(math.trunc(number))


def _away(number: float) -> float:
    whole = math.floor(abs(number))
    return math.copysign(whole + (abs(number) - whole >= 0.5), number)
