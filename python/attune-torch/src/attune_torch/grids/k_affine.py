"""`q2_k`, `q4_k` and `q5_k` of GGUF (`grids/src/nearest/k_affine.rs`): blocks with a scale and an offset, fitted by weighted least
squares, whose codes share two scales of 256. Sums run in the order of the numbers, because a sum in another order can choose another
fit (llama.cpp, `quantize_row_q2_K_ref`, `quantize_row_q4_K_ref`, `quantize_row_q5_K_ref`)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .arithmetic import divided, grouped, half, root


@dataclass(frozen=True)
class _Rule:
    block: int
    top: float
    """The largest code of a number."""
    levels: float
    """The largest code of a scale or an offset."""
    first: float
    """Codes by which the first division differs from `top`; each further one has a tenth more."""
    further: int
    """Divisions after the first."""
    absolute: bool
    """Whether errors count as they are, and by `|w|`: else squared, and by `|w|` and the root of the mean square."""


_RULES = {
    2: _Rule(16, 3.0, 15.0, -0.5, 15, True),
    4: _Rule(32, 15.0, 63.0, -1.0, 20, False),
    5: _Rule(32, 31.0, 63.0, -0.5, 15, False),
}


def quantise(weights: Tensor, bits: int, group: int) -> Tensor:
    """The grid of that many bits; 256 numbers in a group."""
    rule = _RULES[bits]
    blocks = grouped(grouped(weights, group), rule.block)
    scale, offset = (_coded(rule, numbers) for numbers in _fitted(rule, blocks))
    codes = ((blocks + offset) / scale).round().clamp(0, rule.top)
    return torch.where(scale == 0, -offset, scale * codes - offset).flatten(-3)


def _coded(rule: _Rule, numbers: Tensor) -> Tensor:
    """What is left of the scales, or of the offsets: `[…, blocks, 1]`."""
    largest = numbers.amax(-2, keepdim=True).clamp(min=0)
    per = torch.where(largest > 0, divided(rule.levels, largest), torch.zeros_like(largest))
    return half(divided(largest, rule.levels)) * (per * numbers).round().clamp(max=rule.levels)


def _sum(values: Tensor) -> Tensor:
    """The sum over the last axis in its order."""
    total = values[..., :1]
    for place in range(1, values.shape[-1]):
        total = total + values[..., place : place + 1]
    return total


def _fitted(rule: _Rule, values: Tensor) -> tuple[Tensor, Tensor]:
    """Scale and offset of each block."""
    weights = values.abs()
    if not rule.absolute:
        weights = root(divided(_sum(values * values), float(values.shape[-1]))) + weights
    low, high = values.amin(-1, keepdim=True).clamp(max=0), values.amax(-1, keepdim=True)
    flat, offset_of_flat = high == low, -low
    total, weighted = _sum(weights), _sum(weights * values)

    def coded(per: Tensor) -> Tensor:
        return (per * (values - low)).round().clamp(0, rule.top)

    def error(codes: Tensor, scale: Tensor, least: Tensor) -> Tensor:
        apart = scale * codes + least - values
        return _sum(weights * (apart.abs() if rule.absolute else apart * apart))

    per = divided(rule.top, high - low)
    scale = per.reciprocal()
    best = error(coded(per), scale, low)
    for number in range(rule.further + 1):
        # In float32, one operation after the other.
        codes_of_range = rule.first + torch.tensor(0.1, dtype=torch.float32) * number + rule.top
        per = divided(float(codes_of_range), high - low)
        codes = coded(per)
        weighed = weights * codes
        first, second, third = _sum(weighed), _sum(weighed * codes), _sum(weighed * values)
        determinant = total * second - first * first
        slope = (total * third - weighted * first) / determinant
        least = (second * weighted - first * third) / determinant
        above = least > 0
        slope = torch.where(above, third / second, slope)
        least = torch.where(above, torch.zeros_like(least), least)
        found = error(codes, slope, least)
        better = (determinant > 0) & (found < best)
        best, scale, low = (
            torch.where(better, new, old) for new, old in ((found, best), (slope, scale), (least, low))
        )
    return torch.where(flat, torch.zeros_like(scale), scale), torch.where(flat, offset_of_flat, -low)
