"""Mapped routers."""

from __future__ import annotations

from contextlib import ExitStack

from attune_worker.evaluator import Edit, Plan, Unsupported

from ..subject import Layer, Subject
from .expert_layers import check_matrix, is_identity, matrix_of
from .routers import edited_routing


class RouteExperts:
    """`route-experts`."""

    kind = "route-experts"

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        """See `EditKind`."""
        router = check_matrix(subject, edit, plan, "merge-experts")
        if router.correction is not None and not _one_hot(edit):
            raise Unsupported(
                edit,
                "its router adds a number to the score of each expert, and what is added to a "
                "mixture of scores is "
                'not defined; give every row a single 1 (`routing: "one-hot"`)',
            )

        if router.sparsemixer:
            raise Unsupported(
                edit,
                "its router weighs each expert among those with a logit near its own, and a mapped "
                "score has no such "
                "neighbours",
            )

    def changes(self, subject: Subject, edit: Edit) -> bool:
        """See `EditKind`."""
        return not is_identity(edit)

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        """See `EditKind`."""
        routing = edited_routing(stack, layer)
        for edit in edits:
            routing.mapping = matrix_of(edit)
        stack.callback(setattr, routing, "mapping", None)


def _one_hot(edit: Edit) -> bool:
    """Whether every row is the score of one expert."""
    matrix = matrix_of(edit)
    return bool((((matrix == 1).sum(1) == 1) & ((matrix == 0).sum(1) == matrix.shape[1] - 1)).all())
