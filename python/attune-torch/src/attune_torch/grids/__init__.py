"""Number grids of engines: what is left of weights that an engine stores in few bits (`grids/src/number_grid.rs`,
`grids/src/nearest`). Each is rounded to as the engine's own tools round, in float32."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from . import floats, integers, k_affine, k_signed, legacy_blocks

WHOLE = (2, 3, 4, 5, 6, 8)


@dataclass(frozen=True)
class NumberGrid:
    """A grid: which bits and groups it has, and how a matrix is rounded to it."""

    bits: tuple[int, ...]
    group: int | Literal["any", "row"]
    """Neighbouring channels that it stores together."""
    quantise: Callable[[Tensor, int, int], Tensor]
    """Of weights `[outputs, inputs]` in float32, bits and group."""

    def refusal(self, name: str, bits: int, group: int, inputs: int) -> str | None:
        """Why it has no codes of `bits` for groups of `group` channels, if it has none."""
        if bits not in self.bits:
            return f"{name} has {', '.join(map(str, self.bits))} bits, not {bits}"
        own = {"any": group, "row": inputs}.get(str(self.group), self.group)
        if own != group:
            every = ", all inputs" if self.group == "row" else ""
            return f"{name} has groups of {own} channels{every}, not of {group}"
        return None


GRIDS: dict[str, NumberGrid] = {
    "affine-int": NumberGrid(WHOLE, "any", integers.affine_int),
    "symmetric": NumberGrid(WHOLE, "any", integers.symmetric),
    "q4_0": NumberGrid((4,), 32, legacy_blocks.signed),
    "q4_1": NumberGrid((4,), 32, legacy_blocks.from_least),
    "q5_0": NumberGrid((5,), 32, legacy_blocks.signed),
    "q5_1": NumberGrid((5,), 32, legacy_blocks.from_least),
    "q8_0": NumberGrid((8,), 32, legacy_blocks.q8_0),
    "q2_k": NumberGrid((2,), 256, k_affine.quantise),
    "q3_k": NumberGrid((3,), 256, k_signed.quantise),
    "q4_k": NumberGrid((4,), 256, k_affine.quantise),
    "q5_k": NumberGrid((5,), 256, k_affine.quantise),
    "q6_k": NumberGrid((6,), 256, k_signed.quantise),
    "fp8-e4m3-tensor": NumberGrid((8,), "row", floats.fp8_tensor),
    "fp8-e4m3-channel": NumberGrid((8,), "row", floats.fp8_channel),
    "fp8-e4m3-block": NumberGrid((8,), 128, floats.fp8_block),
    "mxfp4": NumberGrid((4,), 32, floats.mxfp4),
    "nvfp4": NumberGrid((4,), 16, floats.nvfp4),
}
"""All of them by name, in the order of the vocabulary."""
