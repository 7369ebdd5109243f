"""Number grids of the KV caches of engines (`grids/src/cache_grid.rs`)."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from .floats import E4M3, nearest
from .legacy_blocks import from_least, q8_0, signed

CACHES: dict[str, tuple[int, int | None]] = {
    "fp8-e4m3": (8, None),
    "q4_0": (4, 32),
    "q4_1": (4, 32),
    "q5_0": (5, 32),
    "q5_1": (5, 32),
    "q8_0": (8, 32),
}
"""By name: the bits of a code, and the channels of a block where it has blocks."""
_BLOCKS: dict[str, Callable[[Tensor, int, int], Tensor]] = {
    "q4_0": signed,
    "q4_1": from_least,
    "q5_0": signed,
    "q5_1": from_least,
    "q8_0": q8_0,
}


def refusal(name: str, bits: int, group: int) -> str | None:
    """Why a grid has no codes of `bits` for groups of `group` channels, if it has none."""
    own_bits, own_group = CACHES[name]
    if bits != own_bits:
        return f"{name} has {own_bits} bits, not {bits}"
    if own_group not in (None, group):
        return f"{name} has groups of {own_group} channels, not of {group}"
    return None


def quantise(name: str, x: Tensor) -> Tensor:
    """`x: [..., channels]` there and back, in float32."""
    bits, group = CACHES[name]
    return nearest(x, E4M3) if group is None else _BLOCKS[name](x, bits, group)
