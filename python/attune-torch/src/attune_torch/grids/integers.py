"""`affine-int` and `symmetric`: whole numbers as GPTQ and compressed-tensors store them (`grids/src/nearest/affine_int.rs`,
`symmetric.rs`)."""

from __future__ import annotations

from torch import Tensor

from .arithmetic import divided, grouped, zeroed


def _codes(bits: int) -> tuple[float, float]:
    return -float(2 ** (bits - 1)), float(2 ** (bits - 1) - 1)


def affine_int(weights: Tensor, bits: int, group: int) -> Tensor:
    """Codes with a whole-number zero point; the range of a group has 0 in it."""
    groups, (least, largest) = grouped(weights, group), _codes(bits)
    low, high = groups.amin(-1, keepdim=True).clamp(max=0), groups.amax(-1, keepdim=True).clamp(min=0)
    scale = divided(high - low, largest - least)
    zero = (least - low / scale).clamp(least, largest).round()
    codes = (groups / scale + zero).clamp(least, largest).round()
    return zeroed((codes - zero) * scale, scale).flatten(-2)


def symmetric(weights: Tensor, bits: int, group: int) -> Tensor:
    """Codes around 0, of which one more is below it."""
    groups, (least, largest) = grouped(weights, group), _codes(bits)
    scale = divided(groups.abs().amax(-1, keepdim=True), (largest - least) / 2)
    return zeroed((groups / scale).clamp(least, largest).round() * scale, scale).flatten(-2)
