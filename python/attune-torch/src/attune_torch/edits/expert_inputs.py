"""Quantised inputs of experts: the experts of a layer run one after the other, each on the rows that are
routed to it, as the plain implementation of transformers runs them, with what enters each product
quantised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from ..replaced import replaced_forward
from ..structure.layer import Layer
from ..structure.linear import LinearModule
from ..subject import Subject
from .activation_grid import rows_of


class InputEdit(Protocol):
    """What becomes of the rows that enter a product; equal ones do the same."""

    def apply(self, x: Tensor, items: Tensor | None) -> Tensor:
        """`x: [rows, channels]`, and the item that each row is of, where that is known."""


Grids = Mapping[str, InputEdit]
See = Callable[[Tensor], None]


def why_not(layer: Layer, range_: str) -> str | None:
    """Why inputs of the layer's experts cannot be quantised, if so."""
    router = layer.router
    assert router is not None
    if _are_apart(router.experts):
        if range_ == "tensor":
            return (
                f"which token of which item meets an expert of a {type(router.mixture).__name__} is not known"
            )
        return None
    if router.weighs_input or hasattr(router.experts, "is_transposed"):
        return None
    return f"how the experts of a {type(router.experts).__name__} compute is not understood"


def _are_apart(experts: nn.Module) -> bool:
    return isinstance(experts, nn.ModuleList | nn.ModuleDict)


def edited_experts(stack: ExitStack, subject: Subject, layer: Layer, grids: Grids) -> None:
    """The experts of `layer` are given what the grids leave of their inputs, until `stack` is closed."""
    router = layer.router
    assert router is not None
    if _are_apart(router.experts):
        for name, grid in grids.items():
            for matrix in layer.linear[name]:
                stack.enter_context(replaced_forward(matrix.owner, _quantising(grid)))
        return
    run = _Experts(subject, layer, grids)
    forward = run.of_weighed_rows if router.weighs_input else run.of_choice
    stack.enter_context(replaced_forward(router.experts, lambda _: forward))


def watched_experts(
    stack: ExitStack, subject: Subject, layer: Layer, see: Mapping[tuple[int, str], See]
) -> None:
    """Batched experts of `layer` run as they are, and `see` is shown the rows that enter an expert's `inner`
    products or its `down`, until `stack` is closed."""
    router = layer.router
    assert router is not None
    run = _WatchedExperts(subject, layer, see)
    forward = run.of_weighed_rows if router.weighs_input else run.of_choice
    stack.enter_context(replaced_forward(router.experts, lambda _: forward))


def _quantising(grid: InputEdit) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(own: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x, *args, **kwargs: own(grid.apply(x, None), *args, **kwargs)

    return make


class _Experts:
    """Batched experts, one after the other."""

    def __init__(self, subject: Subject, layer: Layer, grids: Grids) -> None:
        assert layer.router is not None
        self.subject, self.layer, self.grids = subject, layer, grids
        self.experts: Any = layer.router.experts

    def of_choice(self, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor) -> Tensor:
        """Rows `[n, hidden]`, whom each is routed to and with what weights, `[n, k]`."""
        items = rows_of(self.subject, hidden_states)
        final = torch.zeros_like(hidden_states)
        for expert in top_k_index.unique().tolist():
            if expert >= self.experts.down_proj.shape[0]:
                continue
            rows, place = torch.where(top_k_index == expert)
            given = self._expert(expert, hidden_states[rows], None if items is None else items[rows])
            given = given * top_k_weights[rows, place, None]
            final.index_add_(0, rows, given.to(final.dtype))
        return final

    def of_weighed_rows(self, hidden_states: Tensor) -> Tensor:
        """All rows for each expert, `[E·n, hidden]`: zeros where it is not chosen."""
        count = self.experts.gate_up_proj.shape[0]
        each = hidden_states.view(count, -1, hidden_states.shape[-1])
        items = rows_of(self.subject, each[0])
        final = torch.zeros_like(each)
        for expert in range(count):
            (rows,) = torch.where(each[expert].any(-1))
            if rows.numel():
                final[expert, rows] = self._expert(
                    expert, each[expert, rows], None if items is None else items[rows]
                )
        return final.view_as(hidden_states)

    def _expert(self, expert: int, x: Tensor, items: Tensor | None) -> Tensor:
        experts = self.experts
        inner = self._inner(expert, x, items)
        grid = self.grids.get("down")
        down = self.layer.linear["down"][0]
        given = self._product(down, expert, inner if grid is None else grid.apply(inner, items))
        return experts.post_expert_norm(given) if getattr(experts, "has_post_expert_norm", False) else given

    def _inner(self, expert: int, x: Tensor, items: Tensor | None) -> Tensor:
        """What enters `down`."""
        experts, linear_modules = self.experts, self.layer.linear
        up, gate = linear_modules["up"][0], linear_modules.get("gate", [None])[0]
        products = {}
        for name, matrix in (("gate", gate), ("up", up)):
            grid = self.grids.get(name)
            if matrix is not None and (matrix.parameter, grid) not in products:
                products[matrix.parameter, grid] = self._product(
                    matrix, expert, x if grid is None else grid.apply(x, items)
                )
        ups: Tensor = products[up.parameter, self.grids.get("up")]
        if gate is None:
            activated: Tensor = experts.act_fn(ups)
            return activated
        gates: Tensor = products[gate.parameter, self.grids.get("gate")]
        if gate.parameter == up.parameter and hasattr(experts, "_apply_gate"):
            both = ups.clone()
            both[..., gate.rows] = gates[..., gate.rows]
            applied: Tensor = experts._apply_gate(both)
            return applied
        if gate.parameter == up.parameter:
            ups, gates = ups[..., up.rows], gates[..., gate.rows]
        gated: Tensor = experts.act_fn(gates) * ups
        return gated

    def _product(self, matrix: LinearModule, expert: int, x: Tensor) -> Tensor:
        """Rows times a whole tensor of one expert, with all that it holds."""
        weight: Tensor = getattr(self.experts, matrix.parameter)[expert]
        bias = getattr(self.experts, f"{matrix.parameter}_bias", None)
        return linear(x, weight.T if matrix.transposed else weight, None if bias is None else bias[expert])


class _WatchedExperts(_Experts):
    """The same with everything exact, and somebody looking on."""

    def __init__(self, subject: Subject, layer: Layer, see: Mapping[tuple[int, str], See]) -> None:
        super().__init__(subject, layer, {})
        self.see = see

    def _expert(self, expert: int, x: Tensor, items: Tensor | None) -> Tensor:
        # One for both products that read `x`, so that it sees it once.
        inner, down = (_Seen(self.see.get((expert, which))) for which in ("inner", "down"))
        self.grids = {"gate": inner, "up": inner, "down": down}
        return super()._expert(expert, x, items)


class _Seen:
    """Shows rows to somebody, once."""

    def __init__(self, see: See | None) -> None:
        self.see = see

    def apply(self, x: Tensor, items: Tensor | None) -> Tensor:
        see, self.see = self.see, None
        if see is not None:
            see(x)
        return x
