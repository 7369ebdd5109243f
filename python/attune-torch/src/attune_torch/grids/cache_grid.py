"""What a low-bit cache gives back: asymmetric round-to-nearest over groups of channels.

`s = (max − min)/(2ᵇ − 1)`, `q = round((x − min)/s)`, `x' = q·s + min`, halves to even; a group of equal
values comes back exactly (the per-token grid of KIVI, arXiv 2402.02750, §3.1). Channels can be divided by a
scale of their own before and multiplied by it after, and codes can come from a wider grid whose width was
halved since (PM-KVQ, arXiv 2505.18610). The order of operations is that of the native evaluator's
`eval/src/ops/quantise.rs`, in float32.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .caches import quantise


@dataclass(frozen=True)
class Grid:
    """How the channels of one head are quantised, token by token."""

    bits: int
    """1 to 8."""
    group_size: int
    """Channels that share a scale and a zero point."""
    shrink_from: int | None = None
    """Bits that are quantised to first: `bits` times a power of two, at most 16; None: `bits`."""
    engine: str | None = None
    """The number grid of an engine's cache instead, by its name in `caches`."""
    interleaved: bool = False
    """Whether groups are cut from the channels of both halves of a head by turns."""

    @property
    def divisors(self) -> list[int]:
        """What each halving of the width divides codes by: `2ᵇ + 1` from `2b` bits to `b`. They are odd, so a
        quotient of codes is never half a whole number."""
        found, bits = [], self.shrink_from or self.bits
        while bits > self.bits:
            bits //= 2
            found.append(2**bits + 1)
        return found

    def quantised(self, x: Tensor, scales: Tensor | None = None) -> Tensor:
        """`x: [..., channels]` there and back, in float32. `scales: [channels]` divide channels before and
        multiply them after."""
        x = x.float()
        if scales is not None:
            x = x / scales
        back: Tensor
        if self.interleaved:
            by_turns = x.unflatten(-1, (2, -1)).transpose(-1, -2).flatten(-2)
            back = self._in_order(by_turns).unflatten(-1, (-1, 2)).transpose(-1, -2).flatten(-2)
        else:
            back = self._in_order(x)
        return back if scales is None else back * scales

    def _in_order(self, x: Tensor) -> Tensor:
        """Channels in the order of their groups there and back."""
        if self.engine is not None:
            return quantise(self.engine, x)
        groups = x.reshape(*x.shape[:-1], -1, self.group_size)
        low = groups.amin(-1, keepdim=True)
        top = float(2 ** (self.shrink_from or self.bits) - 1)
        step = (groups.amax(-1, keepdim=True) - low) / top
        constant = step == 0
        codes = torch.round((groups - low) / torch.where(constant, 1.0, step)).clamp_max(top)
        for divisor in self.divisors:
            codes, step = torch.round(codes / divisor), step * divisor
        return torch.where(constant, groups, codes * step + low).flatten(-2)
