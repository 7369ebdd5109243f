"""`q3_k` and `q6_k` of GGUF (`grids/src/nearest/k_signed.rs`): blocks of 16 with a scale, whose codes share a scale of 256. Sums run in
the order of the numbers, because a sum in another order can choose another scale
(llama.cpp, `quantize_row_q3_K_ref`, `quantize_row_q6_K_ref`)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .arithmetic import divided, furthest, grouped, half

_BLOCK = 16
_NOTHING = 1e-15
"""A block without a larger number is stored as zeros."""


def quantise(weights: Tensor, bits: int, group: int) -> Tensor:
    """The grid of that many bits; 256 numbers in a group."""
    reach, levels, fitted = _RULES[bits]
    blocks = grouped(grouped(weights, group), _BLOCK)
    far = furthest(blocks)
    scales = torch.where(far.abs() < _NOTHING, torch.zeros_like(far), fitted(blocks, far, reach))
    largest = furthest(scales.squeeze(-1)).unsqueeze(-1)
    per = divided(-levels, largest)
    scale = half(per.reciprocal()) * _code(per * scales, levels)
    nothing = (scale == 0) | (largest.abs() < _NOTHING)
    return torch.where(nothing, torch.zeros_like(blocks), scale * _code(blocks / scale, reach)).flatten(-3)


def _code(number: Tensor, reach: float) -> Tensor:
    return number.round().clamp(-reach, reach - 1)


def _sums(values: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
    """`Σ w²·w·q` and `Σ w²·q²`, whose quotient is the best scale for the codes `q`."""
    weights = values * values
    products = squares = torch.zeros_like(values[..., :1])
    for place in range(values.shape[-1]):
        value, weight, code = (each[..., place : place + 1] for each in (values, weights, codes))
        products = products + weight * value * code
        squares = squares + weight * code * code
    return products, squares


def _by_divisions(values: Tensor, far: Tensor, reach: float) -> Tensor:
    """The best of 19 divisions of the range."""
    products, squares = _sums(values, _code(divided(-reach, far) * values, reach))
    scale = torch.where(squares == 0, torch.zeros_like(squares), products / squares)
    best = scale * products
    for tenths in range(-9, 10):
        if tenths == 0:
            continue
        # In float32, one operation after the other.
        part = float(reach + torch.tensor(0.1, dtype=torch.float32) * tenths)
        products, squares = _sums(values, _code(divided(-part, far) * values, reach))
        better = (squares > 0) & (products * products > best * squares)
        scale = torch.where(better, products / squares, scale)
        best = torch.where(better, scale * products, best)
    return scale


def _by_moving_codes(values: Tensor, far: Tensor, reach: float) -> Tensor:
    """One division of the range, whose codes are moved one by one while that helps, five times at most."""
    codes = _code(divided(-reach, far) * values, reach)
    products, squares = _sums(values, codes)
    for _ in range(5):
        columns = []
        for place in range(values.shape[-1]):
            value, own = (each[..., place : place + 1] for each in (values, codes))
            weight = value * value
            others, of_others = products - weight * value * own, squares - weight * own * own
            moved = _code(value * of_others / others, reach)
            one, every = others + weight * value * moved, of_others + weight * moved * moved
            better = (others > 0) & (moved != own) & (every > 0)
            better &= one * one * squares > products * products * every
            columns.append(torch.where(better, moved, own))
            products, squares = torch.where(better, one, products), torch.where(better, every, squares)
        codes = torch.cat(columns, -1)
    return torch.where(squares > 0, products / squares, torch.zeros_like(squares))


_RULES: dict[int, tuple[float, float, Callable[[Tensor, Tensor, float], Tensor]]] = {
    3: (4.0, 32.0, _by_moving_codes),
    6: (32.0, 128.0, _by_divisions),
}
"""By bits: how far codes of numbers and codes of scales reach below 0, and how a block is fitted."""
