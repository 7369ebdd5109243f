"""What is left of numbers that an engine stores in few bits: the `grid` of `weight-bits`, and the `key-grid`
and `value-grid` of `kv-bits`.

An evaluator that honours such an edit computes with `matrix(…)` in the place of the weights, or with
`cache(…)` in the place of a token's keys or values. Every number is what attune's own evaluators compute, to
the bit: each is rounded to as the engine's own tools round, in float32 (docs/edits.md, "Number grids"). It is
written to be read and to be compared with, in Python alone, and takes a second for some ten thousand weights:
whoever has numpy or torch writes their own (`attune_torch.grids` is one), and holds it to this one in a test.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from . import floats, integers, k_affine, k_signed, legacy_blocks
from .arithmetic import f32, parts

Rows = Sequence[Sequence[float]]
_OfGroup = Callable[[Sequence[float], int], list[float]]
_OfMatrix = Callable[[Rows], list[list[float]]]
_WHOLE = (2, 3, 4, 5, 6, 8)


@dataclass(frozen=True)
class Grid:
    """A number grid: which bits and groups it has."""

    bits: tuple[int, ...]
    group: int | Literal["any", "row"]
    """Neighbouring input channels that it stores together."""
    of_group: _OfGroup | None = None
    of_matrix: _OfMatrix | None = None

    def refusal(self, name: str, bits: int, group: int, inputs: int) -> str | None:
        """Why it has no codes of `bits` for groups of `group` channels of `inputs`, if it has none."""
        if bits not in self.bits:
            return f"{name} has {', '.join(map(str, self.bits))} bits, not {bits}"
        own = {"any": group, "row": inputs}.get(str(self.group), self.group)
        if own != group:
            every = ", all inputs" if self.group == "row" else ""
            return f"{name} has groups of {own} channels{every}, not of {group}"
        if group < 1 or inputs < 1 or inputs % group:
            return f"groups of {group} channels do not divide the {inputs} inputs"
        return None


GRIDS: dict[str | None, Grid] = {
    None: Grid(tuple(range(1, 9)), "any", integers.from_least),
    "affine-int": Grid(_WHOLE, "any", integers.affine_int),
    "symmetric": Grid(_WHOLE, "any", integers.symmetric),
    "q4_0": Grid((4,), 32, legacy_blocks.signed),
    "q4_1": Grid((4,), 32, legacy_blocks.from_least),
    "q5_0": Grid((5,), 32, legacy_blocks.signed),
    "q5_1": Grid((5,), 32, legacy_blocks.from_least),
    "q8_0": Grid((8,), 32, legacy_blocks.q8_0),
    "q2_k": Grid((2,), 256, k_affine.rounded),
    "q3_k": Grid((3,), 256, k_signed.rounded),
    "q4_k": Grid((4,), 256, k_affine.rounded),
    "q5_k": Grid((5,), 256, k_affine.rounded),
    "q6_k": Grid((6,), 256, k_signed.rounded),
    "fp8-e4m3-tensor": Grid((8,), "row", of_matrix=floats.fp8),
    "fp8-e4m3-channel": Grid((8,), "row", lambda values, bits: floats.fp8([values])[0]),
    "fp8-e4m3-block": Grid((8,), 128, of_matrix=lambda rows: floats.fp8_blocks(rows, 128)),
    "mxfp4": Grid((4,), 32, lambda values, bits: floats.mxfp4(values)),
    "nvfp4": Grid((4,), 16, of_matrix=lambda rows: floats.nvfp4(rows, 16)),
}
"""By the `grid` of `weight-bits`; None is that of an edit without one."""

CACHES: dict[str, tuple[int, int | None]] = {
    "fp8-e4m3": (8, None),
    "q4_0": (4, 32),
    "q4_1": (4, 32),
    "q5_0": (5, 32),
    "q5_1": (5, 32),
    "q8_0": (8, 32),
}
"""By the `key-grid` or `value-grid` of `kv-bits`: bits of a code, and the channels of a block where it has
blocks."""


def matrix(rows: Rows, grid: str | None, bits: int, group: int) -> list[list[float]]:
    """What is left of a module's weights, `[outputs][inputs]`, which are taken as float32. `group` input
    channels are stored together, as the edit's `group-size` says.

    Raises `ValueError` for a grid that is not known, for bits or groups that it does not have, and for
    numbers that are not finite.
    """
    if grid not in GRIDS:
        expected = ", ".join(name for name in GRIDS if name)
        raise ValueError(f"no number grid {grid!r}, expected one of {expected}")
    known, name = GRIDS[grid], grid or "the grid of weight-bits"
    if not rows:
        return []
    inputs = len(rows[0])
    if any(len(row) != inputs for row in rows):
        raise ValueError("rows of a matrix are of one length")
    if refusal := known.refusal(name, bits, group, inputs):
        raise ValueError(refusal)
    weights = [_finite(row) for row in rows]
    if known.of_matrix is not None:
        return known.of_matrix(weights)
    assert known.of_group is not None
    of_group = known.of_group
    return [[value for part in parts(row, group) for value in of_group(part, bits)] for row in weights]


def cache(channels: Sequence[float], grid: str) -> list[float]:
    """What is left of the keys, or of the values, of one token and KV head.

    Raises `ValueError` for a grid that is not known, for channels that its blocks do not divide, and for
    numbers that are not finite.
    """
    if grid not in CACHES:
        raise ValueError(f"no number grid {grid!r} of caches, expected one of {', '.join(CACHES)}")
    bits, block = CACHES[grid]
    if block is None:
        return [floats.E4M3.nearest(value) for value in _finite(channels)]
    return matrix([channels], grid, bits, block)[0] if channels else []


def _finite(values: Sequence[float]) -> list[float]:
    """Numbers in float32."""
    found = [f32(value) for value in values]
    if not all(map(math.isfinite, found)):
        raise ValueError("a grid has numbers that are finite in float32")
    return found
