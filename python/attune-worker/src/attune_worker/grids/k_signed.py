"""`q3_k` and `q6_k` of GGUF: 256 numbers in blocks of 16, each with a scale.

The scale `s` of a block leaves the least error of `s·q`, each number weighted by its square. Then `s` becomes
a code of 6 bits (`q3_k`) or 8, with a sign, under one scale in float16 whose sign gives the largest of them
the least code, and `q = round(w/s')`, `w' = q·s'` (llama.cpp, `quantize_row_q3_K_ref`,
`quantize_row_q6_K_ref`). Sums run in the order of the numbers: in another order they can choose another
scale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .arithmetic import divided, f32, furthest, half, nearest, parts

_BLOCK = 16
_NOTHING = f32(1e-15)
"""A block without a larger number is stored as zeros."""


def rounded(values: Sequence[float], bits: int) -> list[float]:
    """Of 256 numbers."""
    reach, levels, fitted, nothing = _RULES[bits]
    blocks = list(parts(values, _BLOCK))
    scales = [fitted(one, reach) if abs(furthest(one)) >= _NOTHING else 0.0 for one in blocks]
    largest = furthest(scales)
    if largest == 0.0 or abs(largest) < nothing:
        return [0.0] * len(values)
    per = divided(-levels, largest)
    of_scales = half(divided(1.0, per))
    found: list[float] = []
    for block, own in zip(blocks, scales, strict=True):
        scale = f32(of_scales * _code(f32(per * own), levels))
        if scale == 0.0:
            found += [0.0] * len(block)
        else:
            found += [f32(scale * _code(f32(value / scale), reach)) for value in block]
    return found


def _code(number: float, reach: float) -> float:
    return nearest(number, -reach, reach - 1.0)


def _sums(values: Sequence[float], codes: Sequence[float]) -> tuple[float, float]:
    """`Σ w²·w·q` and `Σ w²·q²`, whose quotient is the best scale for the codes `q`."""
    products = squares = 0.0
    for value, code in zip(values, codes, strict=True):
        weight = f32(value * value)
        products = f32(products + f32(f32(weight * value) * code))
        squares = f32(squares + f32(f32(weight * code) * code))
    return products, squares


def _codes(values: Sequence[float], part: float, reach: float) -> list[float]:
    per = divided(-part, furthest(values))
    return [_code(f32(per * value), reach) for value in values]


def _by_divisions(values: Sequence[float], reach: float) -> float:
    """The best of 19 divisions of the range."""
    products, squares = _sums(values, _codes(values, reach, reach))
    scale = 0.0 if squares == 0.0 else f32(products / squares)
    best = f32(scale * products)
    for tenths in range(-9, 10):
        if tenths == 0:
            continue
        part = f32(reach + f32(f32(0.1) * tenths))
        products, squares = _sums(values, _codes(values, part, reach))
        if squares > 0.0 and f32(products * products) > f32(best * squares):
            scale = f32(products / squares)
            best = f32(scale * products)
    return scale


def _by_moving_codes(values: Sequence[float], reach: float) -> float:
    """One division of the range, whose codes are moved one by one while that helps, five times at most."""
    codes = _codes(values, reach, reach)
    products, squares = _sums(values, codes)
    for _ in range(5):
        before = list(codes)
        for place, value in enumerate(values):
            own, weight = codes[place], f32(value * value)
            weighed = f32(weight * value)
            others = f32(products - f32(weighed * own))
            if others <= 0.0:
                continue
            of_others = f32(squares - f32(f32(weight * own) * own))
            moved = _code(f32(f32(value * of_others) / others), reach)
            if moved == own:
                continue
            one = f32(others + f32(weighed * moved))
            every = f32(of_others + f32(f32(weight * moved) * moved))
            if every > 0.0 and f32(f32(one * one) * squares) > f32(f32(products * products) * every):
                codes[place], products, squares = moved, one, every
        if codes == before:
            break
    return f32(products / squares) if squares > 0.0 else 0.0


_RULES: dict[int, tuple[float, float, Callable[[Sequence[float], float], float], float]] = {
    3: (4.0, 32.0, _by_moving_codes, 0.0),
    6: (32.0, 128.0, _by_divisions, _NOTHING),
}
"""By bits: how far codes of numbers and codes of scales reach below 0, how a block is fitted, and the scale
below which all 256 are stored as zeros."""
