"""What several grids compute with."""

from __future__ import annotations

import torch
from torch import Tensor


def grouped(weights: Tensor, group: int) -> Tensor:
    """`[outputs, inputs]` as `[outputs, groups, group]`."""
    groups: Tensor = weights.unflatten(-1, (-1, group))
    return groups


def divided(one: Tensor | float, other: Tensor | float) -> Tensor:
    """`one/other`, rounded once. Where one of them is a plain number, torch multiplies by a reciprocal
    instead, which rounds twice: a number over a tensor everywhere, a tensor over a number with CUDA."""
    like = one if isinstance(one, Tensor) else other
    assert isinstance(like, Tensor)
    upper, lower = (
        each if isinstance(each, Tensor) else torch.full_like(like, each) for each in (one, other)
    )
    return upper / lower


def root(values: Tensor) -> Tensor:
    """The square root, rounded once: torch's own of float32 is off in the last digit on some processors, and
    a sum that is can choose another division. That of float64 has digits to spare."""
    found: Tensor = values.double().sqrt().float()
    return found


def half(scale: Tensor) -> Tensor:
    """What a file keeps of a scale in half precision."""
    return scale.to(torch.float16).to(torch.float32)


def inverse(scale: Tensor) -> Tensor:
    """`1/scale`, and 0 for 0, as llama.cpp multiplies by instead of dividing."""
    return torch.where(scale == 0, torch.zeros_like(scale), scale.reciprocal())


def furthest(values: Tensor) -> Tensor:
    """The first number of the last axis that is furthest from 0, with its sign; the axis stays."""
    return values.gather(-1, values.abs().argmax(-1, keepdim=True))


def zeroed(values: Tensor, scale: Tensor) -> Tensor:
    """`values`, and 0 where the scale is 0."""
    return torch.where(scale == 0, torch.zeros_like(values), values)
