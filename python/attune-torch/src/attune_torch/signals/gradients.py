"""Gradients of the loss of the dense model, in nats per scored token.

Layers are checkpointed: their activations are computed again when the gradient of their output is known (Chen
et al., arXiv 1604.06174), so there are in memory the inputs of all layers, the inside of one, and `ROWS` rows
of logits.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from attune_worker.evaluator import BadRequest
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..replaced import replaced_forward
from ..subject import Subject
from .answers import greedy

if TYPE_CHECKING:
    from .measured import Asked

ROWS = 64
"""Rows whose logits are in memory at once."""


class Tap(torch.autograd.Function):
    """The identity; `visit(x, gradient)` hears of the gradient of the loss by `x` in the backward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, visit: Callable[[Tensor, Tensor], None]) -> Tensor:
        ctx.visit = visit
        ctx.save_for_backward(x)
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        (x,) = ctx.saved_tensors
        with torch.no_grad():
            ctx.visit(x, gradients[0])
        return gradients[0], None


def tapped(x: Tensor, visit: Callable[[Tensor, Tensor], None]) -> Tensor:
    """`x`, whose gradient `visit` hears of."""
    found: Tensor = Tap.apply(x, visit)
    return found


def sweep_items(asked: Asked, enter: Callable[[ExitStack], None]) -> int:
    """Runs every item forward and its loss back, with what `enter` puts into the model. Returns the work:
    forward, each layer once more for its graph, and a backward pass that counts as two; and one for each
    token of prompt and answer."""
    subject, ids, work = asked.subject, asked.ids, 4 * asked.layer_tokens()
    first = 1
    if asked.args["loss"] == "answers":
        first = max(1, ids.shape[1] // 2)
        ids = greedy(subject, ids[:, :first], ids.shape[1], asked.breathe)
        work += len(ids) * (ids.shape[1] - 1) * len(subject.layers)
    with ExitStack() as stack:
        stack.enter_context(torch.enable_grad())
        frozen(stack, subject.model)
        model: Any = subject.model
        stack.callback(model.get_input_embeddings().register_forward_hook(_leaf).remove)
        for layer in subject.layers:
            stack.enter_context(replaced_forward(layer.block, _checkpointed))
        enter(stack)
        for item in range(len(ids)):
            asked.breathe()
            loss = backward(subject, ids[item : item + 1].to(subject.device), first)
            if not loss == loss or loss in (float("inf"), float("-inf")):
                raise BadRequest(f"the loss of the dense model on item {item} is {loss}")
    return work


def frozen(stack: ExitStack, model: nn.Module) -> None:
    """No parameter has a gradient until `stack` is closed, but those that somebody wants meanwhile."""
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.requires_grad_(False)
            stack.callback(parameter.requires_grad_, True)


def _checkpointed(own: Callable[..., Any]) -> Callable[..., Any]:
    return partial(checkpoint, own, use_reentrant=False, preserve_rng_state=False)


def _leaf(_module: nn.Module, _args: Any, given: Tensor) -> Tensor:
    return given.detach().requires_grad_()


def backward(subject: Subject, ids: Tensor, first: int) -> float:
    """Mean cross-entropy of the tokens from `first` on of `ids: [1, tokens]`, nats per token, run back
    through the model."""
    hidden = subject.decoder(input_ids=ids, use_cache=False).last_hidden_state
    leaf = hidden.detach().requires_grad_()
    count, total = ids.shape[1] - first, 0.0
    for start in range(first - 1, ids.shape[1] - 1, ROWS):
        stop = min(start + ROWS, ids.shape[1] - 1)
        logits = subject.project(leaf[0, start:stop])
        loss = (
            nn.functional.cross_entropy(
                logits, ids[0, start + 1 : stop + 1].to(logits.device), reduction="sum"
            )
            / count
        )
        loss.backward()
        total += float(loss.detach())
    assert leaf.grad is not None
    hidden.backward(leaf.grad)
    return total
