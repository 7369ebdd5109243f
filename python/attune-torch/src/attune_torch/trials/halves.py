"""Whether a block is its input and what two halves add to it: with both silent, it passes its input as it
is."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..structure.layer import Layer
from .observed import Call, Seen

if TYPE_CHECKING:
    from ..subject import Subject


def try_halves(subject: Subject, layer: Layer, seen: Seen) -> None:
    """Notes what halves give beside their result, and in `layer.unknown["halves"]` why they cannot be
    skipped, if so."""
    from ..edits.drop_block import silence

    layer.gives = {
        name: _rest(call) for name, call in seen.calls.items() if name in ("attention", "feed-forward")
    }
    block = seen.calls.get("block")
    if block is None:
        layer.unknown["halves"] = "the block is not called"
        return
    if layer.attention is None or "down" not in layer.linear:
        part = "attention" if layer.attention is None else "feed-forward"
        layer.unknown["halves"] = (
            f"its {part} half is not understood: {layer.unknown.get(part, 'it has none')}"
        )
        return
    with ExitStack() as stack:
        silence(stack, layer, "attention")
        silence(stack, layer, "feed-forward")
        given = layer.block(*block.args, **block.kwargs)
    passed = given[0] if isinstance(given, tuple) else given
    if passed.shape != block.entered.shape or not torch.equal(passed, block.entered):
        kind = type(layer.block).__name__
        layer.unknown["halves"] = (
            f"a {kind} is not its input and what attention and a feed-forward part add to it"
        )


def _rest(call: Call) -> tuple[None, ...] | None:
    """What stands beside the result, as nothing; None where the result is no tuple."""
    if not isinstance(call.given, tuple):
        return None
    return tuple(None if isinstance(value, Tensor) else value for value in call.given[1:])
