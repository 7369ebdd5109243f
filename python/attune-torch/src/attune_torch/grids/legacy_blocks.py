"""`q4_0`, `q5_0`, `q4_1`, `q5_1` and `q8_0` of GGUF: blocks of 32 (`grids/src/nearest/signed.rs`, `from_least.rs`, `q8_0.rs`)."""

from __future__ import annotations

from torch import Tensor

from .arithmetic import divided, furthest, grouped, half, inverse


def signed(weights: Tensor, bits: int, group: int) -> Tensor:
    """A scale with a sign, so that the number furthest from 0 has the least code."""
    groups, middle = grouped(weights, group), float(2 ** (bits - 1))
    scale = divided(furthest(groups), -middle)
    codes = (groups * inverse(scale) + (middle + 0.5)).trunc().clamp(max=2 * middle - 1)
    return ((codes - middle) * half(scale)).flatten(-2)


def from_least(weights: Tensor, bits: int, group: int) -> Tensor:
    """A scale and the least number of a block."""
    groups, top = grouped(weights, group), float(2**bits - 1)
    low = groups.amin(-1, keepdim=True)
    scale = divided(groups.amax(-1, keepdim=True) - low, top)
    codes = ((groups - low) * inverse(scale) + 0.5).trunc().clamp(max=top)
    return (codes * half(scale) + half(low)).flatten(-2)


def q8_0(weights: Tensor, bits: int, group: int) -> Tensor:
    """A scale; halves are rounded away from 0."""
    groups = grouped(weights, group)
    scale = divided(groups.abs().amax(-1, keepdim=True), 127.0)
    numbers = groups * inverse(scale)
    whole = numbers.abs().floor()
    codes = (whole + ((numbers.abs() - whole) >= 0.5)).copysign(numbers)
    return (codes * half(scale)).flatten(-2)
