"""Merged experts."""

from __future__ import annotations

from contextlib import ExitStack

import torch
from attune_worker.evaluator import Edit, Plan, Unsupported
from torch import Tensor, nn

from ..replaced import replaced_parameter
from ..structure.linear import is_plain
from ..structure.routers import Router
from ..subject import Layer, Subject
from .expert_layers import check_matrix, is_identity, matrix_of
from .routers import understood_router


class MergeExperts:
    """`merge-experts`: linear combinations of the experts' weights, made when they are entered and dropped
    when they are left."""

    kind = "merge-experts"

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        """See `EditKind`."""
        router = check_matrix(subject, edit, plan, "route-experts")
        stacked(edit, router)

    def changes(self, subject: Subject, edit: Edit) -> bool:
        """See `EditKind`."""
        return not is_identity(edit)

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        """See `EditKind`."""
        router = understood_router(layer)
        for edit in edits:
            matrix = matrix_of(edit)
            for owner, name in stacked(edit, router):
                parameter = owner._parameters[name]
                assert parameter is not None
                stack.enter_context(replaced_parameter(owner, name, combined(matrix, parameter.detach())))
            _count(stack, router, matrix.shape[0])


def stacked(edit: Edit, router: Router) -> list[tuple[nn.Module, str]]:
    """The tensors of all experts of a layer, `[E, …]`. Raises `Unsupported` where they are not floating
    point, or not stacked."""
    found = []
    for owner in router.experts.modules():
        for name, parameter in owner.named_parameters(recurse=False):
            if parameter.ndim < 2 or parameter.shape[0] != router.count or not is_plain(parameter):
                raise Unsupported(
                    edit,
                    f"`{name}` of its {type(router.experts).__name__} is {parameter.dtype} "
                    f"{list(parameter.shape)}; experts are merged where each tensor has "
                    f"{router.count} of them in "
                    "floating point of 16 bits or more",
                )
            found.append((owner, name))
    if not found:
        raise Unsupported(edit, f"its {type(router.experts).__name__} holds no weights that could be merged")
    return found


def combined(matrix: Tensor, experts: Tensor) -> Tensor:
    """`θ'_j = Σ_i matrix[j][i]·θ_i` for each row, in float32 over `i` ascending, terms with 0 left out; a row
    with a single 1 is that expert to the bit. `experts: [E, …]`."""
    merged = torch.empty(matrix.shape[0], *experts.shape[1:], dtype=experts.dtype, device=experts.device)
    for place, row in enumerate(matrix.tolist()):
        terms = [(expert, number) for expert, number in enumerate(row) if number != 0.0]
        if len(terms) == 1 and terms[0][1] == 1.0:
            merged[place] = experts[terms[0][0]]
            continue
        total = torch.zeros(experts.shape[1:], device=experts.device)
        for expert, number in terms:
            total += experts[expert].float() * number
        merged[place] = total
    return merged


def _count(stack: ExitStack, router: Router, rows: int) -> None:
    """The experts' own number of them, which is what their shapes are read by."""
    for name in ("num_experts", "num_local_experts"):
        if getattr(router.experts, name, None) == router.count:
            setattr(router.experts, name, rows)
            stack.callback(setattr, router.experts, name, router.count)
