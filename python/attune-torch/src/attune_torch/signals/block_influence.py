"""How much each block, and each half of it, turns the residual stream (ShortGPT, arXiv 2403.03853, Eq. 1)."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import torch
from attune_worker.evaluator import BadRequest, Edit, Signal, Unsupported
from torch import Tensor, nn

from ..edits import LayerEdits, compile
from ..subject import Layer

if TYPE_CHECKING:
    from .measured import Asked


def measure(asked: Asked) -> Signal:
    """`[layer][part]`: part 0 is attention, 1 the feed-forward part, 2 the whole block; each with its
    residual. A block is run a second time without its feed-forward part, which gives the stream between the
    halves whatever the block is made of. Halves of a layer without attention, which no plan can name, are 0."""
    subject = asked.subject
    layers = len(subject.layers)
    sums = torch.zeros(layers, 3, dtype=torch.float64)
    whole = [layer for layer in subject.layers if layer.caches]
    halves = [Edit("drop-block", {"layer": layer.index, "part": "feed-forward"}) for layer in whole]
    try:
        without = compile(subject, halves).layers
    except Unsupported as refused:
        raise BadRequest(f"signal `{asked.name}`: {refused}") from None
    with ExitStack() as stack, torch.no_grad():
        for layer in subject.layers:
            half = without[layer.index] if layer.caches else None
            _watch(stack, layer, half, asked, sums[layer.index])
        for item in range(len(asked.ids)):
            asked.breathe()
            subject.hidden(asked.item(item))
    values = 1.0 - sums / asked.ids.numel()
    return asked.signal([("layer", layers), ("part", 3)], values, 2 * asked.layer_tokens())


def _watch(stack: ExitStack, layer: Layer, half: LayerEdits | None, asked: Asked, sums: Tensor) -> None:
    within = False

    def hook(block: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], given: Any) -> None:
        nonlocal within
        if within:
            return
        before, after = _stream(args or tuple(kwargs.values())), _stream(given)
        if half is None:
            rows = float(before[..., 0].numel())
            sums.add_(torch.tensor([rows, rows, _cosines(before, after)], dtype=torch.float64))
            return
        within = True
        try:
            with half.entered(asked.subject):
                between = _stream(block(*args, **kwargs))
        finally:
            within = False
        pairs = ((before, between), (between, after), (before, after))
        sums.add_(torch.tensor([_cosines(one, other) for one, other in pairs], dtype=torch.float64))

    stack.callback(layer.block.register_forward_hook(hook, with_kwargs=True).remove)


def _stream(given: Any) -> Tensor:
    """The residual stream, which comes first in what a block is given and gives."""
    found: Tensor = given if isinstance(given, Tensor) else given[0]
    return found


def _cosines(one: Tensor, other: Tensor) -> float:
    """The cosines of rows, summed. Two rows of zeros are alike."""
    one, other = one.double(), other.double()
    norm = (one.square().sum(-1) * other.square().sum(-1)).sqrt()
    dots = (one * other).sum(-1)
    return float(torch.where(norm == 0, 1.0, dots / norm.clamp_min(1e-300)).sum())
