"""Numbers of 8 and of 4 bits with an exponent of their own, under scales: `fp8-e4m3-…`, `mxfp4` and
`nvfp4`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .arithmetic import TINY, f32, furthest, parts

Rows = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Form:
    """A format without infinities."""

    mantissa: int
    """Its bits."""
    least: int
    """The exponent of the smallest normal number; below it, numbers are as far apart as above."""
    largest: float

    def nearest(self, value: float) -> float:
        """The number nearest to another one, halves to the even mantissa; the largest one for what is beyond
        it."""
        value = min(max(value, -self.largest), self.largest)
        step = 2.0 ** (max(exponent(value), self.least) - self.mantissa)
        return round(value / step) * step


E2M1 = Form(1, 0, 6.0)
"""4 bits: 0, ½, 1, 1½, 2, 3, 4, 6 (OCP Microscaling Formats 1.0, §5.3.3)."""
E4M3 = Form(3, -6, 448.0)
"""8 bits (OCP 8-bit Floating Point Specification 1.0)."""


def exponent(value: float) -> int:
    """`⌊log₂|value|⌋`; −127 for 0 and what is too small for a normal float32."""
    return math.frexp(value)[1] - 1 if abs(value) >= TINY else -127


def fp8(rows: Rows) -> list[list[float]]:
    """`s = max|w|/448` over all rows, `q` the nearest e4m3 number to `w/s`, `w' = q·s`."""
    scale = f32(abs(furthest(value for row in rows for value in row)) / E4M3.largest)
    return [_under(row, scale, E4M3) for row in rows]


def fp8_blocks(rows: Rows, group: int) -> list[list[float]]:
    """The same for each block of `group` by `group`; the last ones may have fewer rows."""
    found: list[list[float]] = []
    for band in parts(rows, group):
        firsts = range(0, len(band[0]), group)
        blocks = [fp8([row[first : first + group] for row in band]) for first in firsts]
        found += [[value for block in blocks for value in block[row]] for row in range(len(band))]
    return found


def mxfp4(values: Sequence[float]) -> list[float]:
    """`s = 2ⁿ⁻²` with `n = ⌊log₂ max|w|⌋`, and one more from a mantissa of 1.75 on; `q` the nearest e2m1
    number to `w/s`, `w' = q·s` (OCP Microscaling Formats 1.0; compressed-tensors)."""
    far = abs(furthest(values))
    whole = exponent(far)
    # Below the normal numbers there is no mantissa to be rounded up.
    carried = whole + (far >= TINY and far / 2.0**whole >= 1.75)
    return _under(values, 2.0 ** min(max(carried - 2, -127), 127), E2M1)


def nvfp4(rows: Rows, block: int) -> list[list[float]]:
    """`g = 448·6/max|w|` over the matrix, `s` the nearest e4m3 number to `g·max|w|/6` over a block, `w' =
    q·s/g` with `q` the nearest e2m1 number (compressed-tensors' `nvfp4-pack-quantized`)."""
    far = max(abs(furthest(value for row in rows for value in row)), TINY)
    # Rounded twice, as torch divides a number by a tensor.
    whole = f32(f32(1.0 / far) * (E4M3.largest * E2M1.largest))
    whole = whole if math.isfinite(whole) else 1.0
    found = []
    for row in rows:
        blocks = [_under(one, _scale(one, whole), E2M1) for one in parts(row, block)]
        found.append([value for one in blocks for value in one])
    return found


def _scale(block: Sequence[float], whole: float) -> float:
    stored = E4M3.nearest(f32(whole * f32(abs(furthest(block)) / E2M1.largest)))
    return f32((stored or 0.125) / whole)


def _under(values: Sequence[float], scale: float, form: Form) -> list[float]:
    if scale == 0.0:
        return [0.0] * len(values)
    return [f32(form.nearest(f32(value / scale)) * scale) for value in values]
