"""Kept experts."""

from __future__ import annotations

from contextlib import ExitStack

from attune_worker.evaluator import Edit, Plan, Unsupported

from ..subject import Layer, Subject
from .expert_layers import ExpertLayer, free_mixture, mixture
from .routers import edited_routing


class KeepExperts:
    """`keep-experts`: the router chooses among fewer."""

    kind = "keep-experts"

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        """See `EditKind`."""
        router, kept = free_mixture(subject, edit, plan), edit["experts"]
        for expert in kept:
            if not 0 <= expert < router.count:
                raise Unsupported(edit, f"there is no expert {expert}; the model has 0 to {router.count - 1}")
        per_token = ExpertLayer.of(plan, edit["layer"]).per_token or router.per_token
        if len(kept) < per_token:
            raise Unsupported(
                edit, f"it keeps {len(kept)} experts, fewer than the {per_token} that each token is routed to"
            )

    def changes(self, subject: Subject, edit: Edit) -> bool:
        """See `EditKind`."""
        return len(edit["experts"]) < mixture(subject, edit).count

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        """See `EditKind`."""
        routing = edited_routing(stack, layer)
        for edit in edits:
            routing.kept = sorted(edit["experts"])
        stack.callback(setattr, routing, "kept", None)
