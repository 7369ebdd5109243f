"""Quantised activations: round-to-nearest over ranges of values that are there
(`eval/src/ops/activations.rs`).

Affine: `s = (max − min)/(2ᵇ − 1)`, `q = round((x − min)/s)`, `x' = q·s + min`. Symmetric: `s = max|x|/(2ᵇ⁻¹
− 1)`, `q = round(x/s)`, `x' = q·s`. Halves are rounded to even; a range without extent stays as it is. In
float32 whatever the model's type is; what is given back is rounded to that type.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from attune_worker.evaluator import Edit
from torch import Tensor

from ..subject import Subject


@dataclass(frozen=True)
class ActivationGrid:
    """How the inputs of a module are quantised."""

    bits: int
    range: str
    grid: str
    group: int | None

    @classmethod
    def of(cls, edit: Edit) -> ActivationGrid:
        return cls(edit.args["bits"], edit.args["range"], edit.args["grid"], edit.args.get("group-size"))

    def apply(self, x: Tensor, items: Tensor | None) -> Tensor:
        """Quantises and dequantises `x: [..., channels]`. `items` says for each of its rows which item it is
        of, −1 for none; needed for ranges of items alone."""
        wide = x.to(torch.float32)
        if self.range == "token":
            ranges = wide.unflatten(-1, (-1, self.group or x.shape[-1]))
            low, high = ranges.amin(-1, keepdim=True), ranges.amax(-1, keepdim=True)
            return self._rounded(ranges, low, high).flatten(-2).to(x.dtype)
        if items is None:
            raise RuntimeError(f"which rows of {tuple(x.shape)} are of which item is not known")
        rows = wide.reshape(-1, x.shape[-1])
        count = int(items.max()) + 2
        where = (items + 1).to(rows.device)
        low = rows.new_full((count,), torch.inf).scatter_reduce(0, where, rows.amin(-1), "amin")
        high = rows.new_full((count,), -torch.inf).scatter_reduce(0, where, rows.amax(-1), "amax")
        return self._rounded(rows, low[where, None], high[where, None]).view(x.shape).to(x.dtype)

    def _rounded(self, x: Tensor, low: Tensor, high: Tensor) -> Tensor:
        """`low` and `high` are those of the range of each value."""
        if self.grid == "affine":
            extent, steps = high - low, 2**self.bits - 1
        else:
            extent, steps = torch.maximum(high.abs(), low.abs()), 2 ** (self.bits - 1) - 1
            low = torch.zeros_like(extent)
        step = extent / float(steps)
        divisor = torch.where(step == 0, torch.ones_like(step), step)
        # Rounding of the quotient may lift the last code by one.
        codes = ((x - low) / divisor).round().clamp(-float(steps), float(steps))
        return torch.where(step == 0, x, codes * divisor + low)


def rows_of(subject: Subject, x: Tensor) -> Tensor | None:
    """Which item each row of `x: [..., channels]` is of, −1 where an item is padded; None where rows are no
    tokens of items."""
    rows = subject.rows
    if rows is None or x.numel() // x.shape[-1] != rows.items * rows.tokens:
        return None
    if x.dim() == 3 and x.shape[:2] != (rows.items, rows.tokens):
        return None
    numbers = torch.arange(rows.items, device=x.device).repeat_interleave(rows.tokens)
    return numbers if rows.valid is None else torch.where(rows.valid.flatten().to(x.device), numbers, -1)
