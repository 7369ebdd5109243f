"""What routers say: whom they choose, and how sure they are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import torch
from attune_worker.evaluator import Signal
from torch import Tensor, nn

from ..edits.routers import Routing, logits_of, route, score
from ..structure.routers import Router

if TYPE_CHECKING:
    from .measured import Asked


def frequency(asked: Asked) -> Signal:
    """`[layer][expert]`: share of top-k choices that each expert gets."""
    chosen, _ = _probed(asked)
    return _signal(asked, chosen / chosen.sum(1, keepdim=True).clamp_min(1))


def soft_activation(asked: Asked) -> Signal:
    """`[layer][expert]`: mean score of each expert, before the choice."""
    _, scores = _probed(asked)
    return _signal(asked, scores / asked.ids.numel())


def _signal(asked: Asked, values: Tensor) -> Signal:
    layers, experts = values.shape
    return asked.signal([("layer", layers), ("expert", experts)], values, asked.layer_tokens())


def _probed(asked: Asked) -> tuple[Tensor, Tensor]:
    """Tokens that chose each expert, and its score summed over tokens, `[layers, experts]` each; 0 in layers
    without experts."""
    subject, experts = asked.subject, asked.experts()
    chosen, scores = torch.zeros(2, len(subject.layers), experts, dtype=torch.float64)

    def look(layer: int, router: Router) -> Callable[[Tensor, Tensor], None]:
        def take(entering: Tensor, logits: Tensor) -> None:
            who, _ = route(router, logits, Routing())
            chosen[layer, : router.count] += torch.bincount(who.flatten(), minlength=router.count).cpu()
            scores[layer, : router.count] += score(router, logits.float()).double().sum(0).cpu()

        return take

    with ExitStack() as stack, torch.no_grad():
        for layer in subject.layers:
            if layer.router is not None:
                watch_router(stack, layer.router, look(layer.index, layer.router))
        for number in range(len(asked.ids)):
            asked.breathe()
            subject.hidden(asked.item(number))
    return chosen, scores


def watch_router(stack: ExitStack, router: Router, take: Callable[[Tensor, Tensor], None]) -> None:
    """`take(entering [rows, hidden], logits [rows, E])` hears of each call of the router until `stack` is
    closed."""

    def hook(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], given: Any) -> None:
        entering = next(arg for arg in (*args, *kwargs.values()) if isinstance(arg, Tensor))
        take(entering.reshape(-1, entering.shape[-1]), logits_of(router, given, entering))

    stack.callback(router.module.register_forward_hook(hook, with_kwargs=True).remove)
