"""Rounding with error feedback (GPTQ, arXiv 2210.17323), on grids whose codes are whole numbers under one
scale for each group (`grids/src/feedback`).

With `H = Σ x·xᵀ + λ·1 = R·Rᵀ` over what enters a module, `R` upper triangular and `λ` 1 % of the mean of the
diagonal of `Σ x·xᵀ`, column `j` is rounded as `w_j + Σ_{i<j} (w_i − w'_i)·R_ij/R_jj`, columns in their order.
Scales are those of the weights as they are stored. Errors are kept in float64; the weight that is rounded is
in float32.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .arithmetic import divided, grouped

DAMPING = 0.01
COLUMNS = 64
"""Whose errors are made good together by the columns behind them."""
GRIDS = (None, "affine-int", "symmetric")
"""Grids that have codes of this kind; None is that of `weight-bits` without `grid`."""


@dataclass(frozen=True)
class _Affine:
    """`w' = (q − z)·s + m`: each `[outputs, groups, 1]`."""

    scale: Tensor
    zero: Tensor
    low: Tensor
    least: float
    largest: float

    @classmethod
    def of(cls, weights: Tensor, bits: int, group: int, grid: str | None) -> _Affine:
        groups = grouped(weights.float(), group)
        low, high = groups.amin(-1, keepdim=True), groups.amax(-1, keepdim=True)
        none, half = torch.zeros_like(low), float(2 ** (bits - 1))
        if grid is None:
            return cls((high - low) / float(2**bits - 1), none, low, 0.0, 2 * half - 1)
        if grid == "symmetric":
            return cls(divided(torch.maximum(high, -low), half - 0.5), none, none, -half, half - 1)
        low, high = low.clamp(max=0), high.clamp(min=0)
        scale = divided(high - low, 2 * half - 1)
        zero = (-half - low / torch.where(scale > 0, scale, 1.0)).clamp(-half, half - 1).round()
        return cls(scale, torch.where(scale > 0, zero, 0.0), none, -half, half - 1)

    def column(self, index: int) -> _Affine:
        """That of one group of every output: `[outputs]`."""
        scale, zero, low = (part[:, index, 0] for part in (self.scale, self.zero, self.low))
        return _Affine(scale, zero, low, self.least, self.largest)

    def code(self, weights: Tensor) -> Tensor:
        steps = torch.where(self.scale > 0, self.scale, 1.0)
        codes = ((weights - self.low) / steps + self.zero).clamp(self.least, self.largest).round()
        return torch.where(self.scale > 0, codes, self.zero)

    def value(self, codes: Tensor) -> Tensor:
        return (codes - self.zero) * self.scale + self.low


def factor(moments: Tensor) -> Tensor | None:
    """`R_ij/R_jj` of `moments`, `Σ x·xᵀ` in float64, `[inputs, inputs]`; None where nothing is known of the
    inputs, and every code is the nearest one."""
    damping = DAMPING * float(moments.diagonal().mean())
    if not 0 < damping < float("inf"):
        return None
    damped = moments + damping * torch.eye(len(moments), dtype=moments.dtype, device=moments.device)
    # Upper times lower is lower times upper with rows and columns in the other order.
    upper: Tensor = torch.linalg.cholesky(damped.flip(0, 1)).flip(0, 1)
    found: Tensor = upper / upper.diagonal()
    return found


def codes(weights: Tensor, bits: int, group: int, grid: str | None, factor: Tensor | None) -> Tensor:
    """Codes of `weights: [outputs, inputs]` in float32, counted from the least one."""
    affine = _Affine.of(weights, bits, group, grid)
    exact, found = weights.double(), torch.empty_like(weights, dtype=torch.uint8)
    owed, inputs = torch.zeros_like(exact), weights.shape[1]
    for first in range(0, inputs, COLUMNS):
        end = min(first + COLUMNS, inputs)
        errors = torch.zeros_like(exact[:, first:end])
        for column in range(first, end):
            of = affine.column(column // group)
            code = of.code((exact[:, column] + owed[:, column]).float())
            found[:, column] = (code - of.least).to(torch.uint8)
            error = exact[:, column] - of.value(code).double()
            errors[:, column - first] = error
            if factor is not None:
                owed[:, column + 1 : end] += torch.outer(error, factor[column, column + 1 : end])
        if factor is not None:
            owed[:, end:] += errors @ factor[first:end, end:]
    return found


def dequantise(weights: Tensor, bits: int, group: int, grid: str | None, codes: Tensor) -> Tensor:
    """The weights that `codes` stand for, in float32; scales follow from `weights`, the original ones."""
    affine = _Affine.of(weights, bits, group, grid)
    return affine.value(grouped(codes.float(), group) + affine.least).flatten(-2)
