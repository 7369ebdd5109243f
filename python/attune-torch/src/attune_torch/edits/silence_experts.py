"""Experts that add nothing, while the router chooses among all."""

from __future__ import annotations

from contextlib import ExitStack

from attune_worker.evaluator import Edit, Plan, Unsupported

from ..subject import Layer, Subject
from .expert_layers import mixture
from .routers import edited_routing


class SilenceExperts:
    """`silence-experts`: what the router gives to some experts is given to nobody."""

    kind = "silence-experts"

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        """See `EditKind`."""
        router = mixture(subject, edit)
        for expert in edit["experts"]:
            if not 0 <= expert < router.count:
                raise Unsupported(edit, f"there is no expert {expert}; the model has 0 to {router.count - 1}")
        if len(edit["experts"]) >= router.count:
            raise Unsupported(
                edit, "it leaves no expert of the layer; drop its feed-forward half instead"
            )

    def changes(self, subject: Subject, edit: Edit) -> bool:
        """See `EditKind`."""
        return bool(edit["experts"])

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        """See `EditKind`."""
        routing = edited_routing(stack, layer)
        for edit in edits:
            routing.silenced = sorted(edit["experts"])
        stack.callback(setattr, routing, "silenced", [])
