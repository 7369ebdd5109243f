"""`fp8-e4m3-…`, `mxfp4` and `nvfp4`: floating-point codes under scales (`grids/src/nearest/fp8.rs`, `mxfp4.rs`, `nvfp4.rs`)."""

from __future__ import annotations

import torch
from torch import Tensor

from .arithmetic import divided, grouped, zeroed

E2M1 = (1, 0, 6.0)
"""Bits of the mantissa, the least exponent of a normal number and the largest number."""
E4M3 = (3, -6, 448.0)


def nearest(values: Tensor, form: tuple[int, int, float]) -> Tensor:
    """The nearest numbers of a format, halves to the even mantissa; the largest one for what is beyond it."""
    mantissa, least, largest = form
    values = values.clamp(-largest, largest)
    step = _power(_exponent(values).clamp(min=least) - mantissa)
    return (values / step).round() * step


def _exponent(values: Tensor) -> Tensor:
    """`⌊log₂|value|⌋`; −127 for 0 and what is too small for a normal float32."""
    return ((values.contiguous().view(torch.int32) >> 23) & 0xFF) - 127


def _power(exponents: Tensor) -> Tensor:
    return exponents.to(torch.float64).exp2().to(torch.float32)


def _fp8(weights: Tensor, furthest: Tensor) -> Tensor:
    scale = divided(furthest, E4M3[2])
    return zeroed(nearest(weights / scale, E4M3) * scale, scale)


def fp8_tensor(weights: Tensor, bits: int, group: int) -> Tensor:
    """One scale."""
    return _fp8(weights, weights.abs().amax())


def fp8_channel(weights: Tensor, bits: int, group: int) -> Tensor:
    """A scale for each row."""
    return _fp8(weights, weights.abs().amax(-1, keepdim=True))


def fp8_block(weights: Tensor, bits: int, group: int) -> Tensor:
    """A scale for each block of `group` by `group`; the last ones may have fewer rows."""
    of_columns = grouped(weights, group).abs().amax(-1)
    of_blocks = torch.stack([rows.amax(0) for rows in of_columns.split(group)])
    rows = of_blocks.repeat_interleave(group, 0)[: len(weights)]
    return _fp8(weights, rows.repeat_interleave(group, 1))


def mxfp4(weights: Tensor, bits: int, group: int) -> Tensor:
    """Powers of two; the largest number is rounded up where its mantissa is 1.75 or more."""
    blocks = grouped(weights, group)
    furthest = blocks.abs().amax(-1, keepdim=True)
    carried = (furthest.view(torch.int32) + (1 << 21)).view(torch.float32)
    scale = _power((_exponent(carried) - 2).clamp(-127, 127))
    return (nearest(blocks / scale, E2M1) * scale).flatten(-2)


def nvfp4(weights: Tensor, bits: int, group: int) -> Tensor:
    """8-bit scales under one of the whole matrix."""
    blocks = grouped(weights, group)
    furthest = weights.abs().amax().clamp(min=torch.finfo(torch.float32).tiny)
    of_all = furthest.reciprocal() * (E4M3[2] * E2M1[2])
    of_all = torch.where(of_all.isfinite(), of_all, torch.ones_like(of_all))
    scale = nearest(of_all * divided(blocks.abs().amax(-1, keepdim=True), E2M1[2]), E4M3)
    scale = torch.where(scale == 0, torch.full_like(scale, 0.125), scale) / of_all
    return (nearest(blocks / scale, E2M1) * scale).flatten(-2)
