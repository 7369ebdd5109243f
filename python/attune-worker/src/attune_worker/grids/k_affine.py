"""`q2_k`, `q4_k` and `q5_k` of GGUF: 256 numbers in blocks of 16 or 32, each with a scale and an offset.

From some divisions of a block's range into codes, the scale `s` and the offset `m ≥ 0` that leave the least
weighted error of `s·q − m`. Then `s` and `m` become codes of 4 bits (`q2_k`) or 6, under the largest of the
256 over 15 or 63 in float16, and `q = round((w + m')/s')`, `w' = q·s' − m'` (llama.cpp,
`quantize_row_q4_K_ref`). Sums run in the order of the numbers: in another order they can choose another
division.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .arithmetic import divided, f32, half, nearest, parts, total


@dataclass(frozen=True)
class _Rule:
    block: int
    """Numbers of a block."""
    top: float
    """The largest code of a number."""
    levels: float
    """The largest code of a scale or an offset."""
    first: float
    """Codes by which the first division differs from `top`; each further one has a tenth more."""
    further: int
    """Divisions after the first."""
    absolute: bool
    """Whether errors count as they are, and by `|w|`: else squared, and by `|w|` and the root of the mean
    square."""


_RULES = {
    2: _Rule(16, 3.0, 15.0, -0.5, 15, True),
    4: _Rule(32, 15.0, 63.0, -1.0, 20, False),
    5: _Rule(32, 31.0, 63.0, -0.5, 15, False),
}


def rounded(values: Sequence[float], bits: int) -> list[float]:
    """Of 256 numbers."""
    rule = _RULES[bits]
    blocks = list(parts(values, rule.block))
    fitted = [_fitted(rule, block) for block in blocks]
    scales = _coded(rule, [scale for scale, _ in fitted])
    offsets = _coded(rule, [offset for _, offset in fitted])
    found: list[float] = []
    for block, scale, offset in zip(blocks, scales, offsets, strict=True):
        if scale == 0.0:
            found += [-offset] * len(block)
            continue
        codes = (nearest(f32(f32(value + offset) / scale), 0.0, rule.top) for value in block)
        found += [f32(f32(scale * code) - offset) for code in codes]
    return found


def _coded(rule: _Rule, numbers: list[float]) -> list[float]:
    """What is left of the scales, or of the offsets."""
    largest = max(0.0, *numbers)
    per = f32(rule.levels / largest) if largest > 0.0 else 0.0
    kept = half(f32(largest / rule.levels))
    return [f32(kept * nearest(f32(per * number), 0.0, rule.levels)) for number in numbers]


def _fitted(rule: _Rule, values: Sequence[float]) -> tuple[float, float]:
    """Scale and offset of a block."""
    low, high = min(*values, 0.0), max(values)
    if high == low:
        return 0.0, -low
    weights = _weights(rule, values)
    pairs = list(zip(values, weights, strict=True))
    every, weighted = total(weights), total(f32(weight * value) for value, weight in pairs)

    def coded(per: float) -> list[float]:
        return [nearest(f32(per * f32(value - low)), 0.0, rule.top) for value in values]

    def error(codes: list[float], scale: float, least: float) -> float:
        found = 0.0
        for (value, weight), code in zip(pairs, codes, strict=True):
            apart = f32(f32(f32(scale * code) + least) - value)
            found = f32(found + f32(weight * (abs(apart) if rule.absolute else f32(apart * apart))))
        return found

    per = divided(rule.top, f32(high - low))
    scale = divided(1.0, per)
    best = error(coded(per), scale, low)
    for number in range(rule.further + 1):
        part = f32(f32(rule.first + f32(f32(0.1) * number)) + rule.top)
        codes = coded(divided(part, f32(high - low)))
        first = second = third = 0.0
        for (value, weight), code in zip(pairs, codes, strict=True):
            weighed = f32(weight * code)
            first = f32(first + weighed)
            second = f32(second + f32(weighed * code))
            third = f32(third + f32(weighed * value))
        determinant = f32(f32(every * second) - f32(first * first))
        if determinant <= 0.0:
            continue
        slope = divided(f32(f32(every * third) - f32(weighted * first)), determinant)
        least = divided(f32(f32(second * weighted) - f32(first * third)), determinant)
        if least > 0.0:
            slope, least = divided(third, second), 0.0
        found = error(codes, slope, least)
        if found < best:
            best, scale, low = found, slope, least
    return scale, -low


def _weights(rule: _Rule, values: Sequence[float]) -> list[float]:
    """What the error of each number counts."""
    if rule.absolute:
        return [abs(value) for value in values]
    mean = f32(total(f32(value * value) for value in values) / len(values))
    base = f32(mean**0.5)
    return [f32(base + abs(value)) for value in values]
