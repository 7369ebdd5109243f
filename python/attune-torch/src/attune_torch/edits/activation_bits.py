"""Quantised inputs of linear modules (`eval/src/edits/activation_bits.rs`)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import torch
from attune_worker.evaluator import Edit, Plan, Unsupported
from torch import Tensor, nn

from ..replaced import replaced_forward
from ..structure.layer import Layer
from ..structure.linear import FEED_FORWARD, MODULES, LinearModule
from ..subject import Subject
from .activation_grid import ActivationGrid, rows_of
from .expert_inputs import edited_experts, why_not

LEVELS = (2, 3, 4, 5, 6, 8, 16)


class ActivationBits:
    """See `docs/edits.md`."""

    kind = "activation-bits"

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        layer = subject.layers[edit.args["layer"]]
        bits, only, group = edit.args["bits"], edit.args.get("module"), edit.args.get("group-size")
        if bits not in LEVELS:
            raise Unsupported(edit, f"values in {bits} bits; expected 2, 3, 4, 5, 6 or 8, or 16 for exact")
        if only is not None and (why := layer.refusal(only)) is not None:
            raise Unsupported(edit, why)
        if only is None:
            missing = [part for part in ("attention", "feed-forward") if part in layer.unknown]
            if missing:
                raise Unsupported(
                    edit, f"its {missing[0]} part is not understood: {layer.unknown[missing[0]]}"
                )
        if group is not None and edit.args["range"] == "tensor":
            raise Unsupported(edit, "a range over all tokens of an item has no groups of channels")
        for module in _modules(layer, edit):
            matrices = layer.linear[module]
            if group is not None and (group < 1 or matrices[0].inputs % group):
                raise Unsupported(
                    edit,
                    f"a group of {group} channels does not divide the {matrices[0].inputs} inputs of "
                    f"{module}",
                )
            why = (
                why_not(layer, edit.args["range"])
                if module in FEED_FORWARD and layer.router is not None
                else None
            )
            if why is not None:
                raise Unsupported(edit, why)

    def changes(self, subject: Subject, edit: Edit) -> bool:
        return bool(edit.args["bits"] < 16)

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        grids = {module: ActivationGrid.of(edit) for edit in edits for module in _modules(layer, edit)}
        own = {
            module: grid
            for module, grid in grids.items()
            if layer.router is None or module not in FEED_FORWARD
        }
        owners: dict[int, nn.Module] = {}
        parts: dict[int, list[tuple[LinearModule, ActivationGrid | None]]] = {}
        for module, matrices in layer.linear.items():
            if layer.router is not None and module in FEED_FORWARD:
                continue
            owners[id(matrices[0].owner)] = matrices[0].owner
            parts.setdefault(id(matrices[0].owner), []).append((matrices[0], own.get(module)))
        for number, owner in owners.items():
            if any(grid is not None for _, grid in parts[number]):
                stack.enter_context(replaced_forward(owner, _edited(subject, parts[number])))
        if len(own) < len(grids):
            edited_experts(
                stack, subject, layer, {name: grid for name, grid in grids.items() if name not in own}
            )


def _modules(layer: Layer, edit: Edit) -> list[str]:
    only = edit.args.get("module")
    return [name for name in MODULES if name in layer.linear and only in (None, name)]


def _edited(
    subject: Subject, parts: list[tuple[LinearModule, ActivationGrid | None]]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A linear module whose parts are given what their grids leave of its input."""
    grids = {grid for _, grid in parts}

    def make(own: Callable[..., Any]) -> Callable[..., Any]:
        def forward(x: Tensor, *args: Any, **kwargs: Any) -> Any:
            rows = rows_of(subject, x)
            given = {grid: own(x if grid is None else grid.apply(x, rows), *args, **kwargs) for grid in grids}
            if len(grids) == 1:
                return given[parts[0][1]]
            whole: Tensor = torch.empty_like(given[parts[0][1]])
            for matrix, grid in parts:
                whole[..., matrix.rows] = given[grid][..., matrix.rows]
            return whole

        return forward

    return make
