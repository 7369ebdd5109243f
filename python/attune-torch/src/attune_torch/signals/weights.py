"""What quantising the weights of a module does, estimated from gradients: no plan is run.

With `Δ = Q_b(W) − W` of the grid of `weight-bits` and the gradient `g` of an item's loss, nats per token over
`N` scored tokens:

* `weight-quantisation-error`: `Σ |g ∘ Δ|`, the first-order change of the loss without cancelling;
* `weight-fisher`: `½ · N · Σ g² ∘ Δ²`, the second-order change of the distribution with the diagonal of the
  empirical Fisher information in the place of the Hessian: `N·g` is the gradient of an item's log-likelihood,
  whose square is that information for the item (SqueezeLLM, arXiv 2306.07629, weighs by the same diagonal).

Both are averaged over items, and added up over the experts of a layer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import torch
from attune_worker.evaluator import BadRequest, Signal
from torch import Tensor, nn

from ..grids.cache_grid import Grid
from ..structure.linear import MODULES, LinearModule
from .gradients import sweep_items

if TYPE_CHECKING:
    from .measured import Asked

Place = tuple[int, int]
"""Layer, and place of the module among those of the model."""


def measure(asked: Asked) -> Signal:
    """`[layer][module][bits]`: modules that any layer has, in the order of the vocabulary; 0 where a layer
    does not have one."""
    layers, bits = asked.subject.layers, asked.args["bits"]
    modules = [name for name in MODULES if any(name in layer.linear for layer in layers)]
    sums = torch.zeros(len(layers), len(modules), len(bits), dtype=torch.float64)
    stored: dict[tuple[nn.Module, str], list[tuple[Place, LinearModule]]] = defaultdict(list)
    for layer in layers:
        for name, matrices in layer.linear.items():
            for matrix in matrices:
                _check_group(asked, name, matrix)
                stored[matrix.owner, matrix.parameter].append(((layer.index, modules.index(name)), matrix))
    tokens = asked.ids.shape[1]
    scored = tokens - (max(1, tokens // 2) if asked.args["loss"] == "answers" else 1)

    def damage(gradient: Tensor, change: Tensor) -> Tensor:
        if asked.name == "weight-fisher":
            return (gradient * change).square().sum(dtype=torch.float64) * (0.5 * scored)
        return (gradient * change).abs().sum(dtype=torch.float64)

    def seen(places: list[tuple[Place, LinearModule]]) -> Callable[[Tensor], None]:
        def take(parameter: Tensor) -> None:
            assert parameter.grad is not None
            with torch.no_grad():
                for place, matrix in places:
                    weights, gradient = matrix.read(), matrix.of(parameter.grad).float()
                    for number, width in enumerate(bits):
                        grid = Grid(width, asked.args["group-size"] or matrix.inputs)
                        sums[place][number] += damage(gradient, grid.quantised(weights) - weights).cpu()
            parameter.grad = None

        return take

    def enter(stack: ExitStack) -> None:
        for (owner, name), places in stored.items():
            parameter = owner._parameters[name]
            if parameter is None or not all(matrix.readable for _, matrix in places):
                kind = "absent" if parameter is None else f"{type(parameter).__name__} of {parameter.dtype}"
                raise BadRequest(
                    f"signal `{asked.name}` needs weights in floating point of 16 bits or more; `{name}` of a "
                    f"{type(owner).__name__} is {kind}"
                )
            parameter.requires_grad_(True)
            stack.callback(parameter.requires_grad_, False)
            hook = parameter.register_post_accumulate_grad_hook(seen(places))
            stack.callback(hook.remove)

    work = sweep_items(asked, enter)
    axes = [("layer", len(layers)), ("module", len(modules)), ("bits", len(bits))]
    return asked.signal(axes, sums / len(asked.ids), work)


def _check_group(asked: Asked, name: str, matrix: LinearModule) -> None:
    size = asked.args["group-size"]
    if size and matrix.inputs % size:
        raise BadRequest(
            f"argument `group-size` of signal `{asked.name}` is {size}, which does not divide the "
            f"{matrix.inputs} inputs of "
            f"`{name}`"
        )
