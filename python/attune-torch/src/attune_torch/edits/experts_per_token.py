"""Another number of experts per token."""

from __future__ import annotations

from contextlib import ExitStack

from attune_worker.evaluator import Edit, Plan, Unsupported

from ..subject import Layer, Subject
from .expert_layers import ExpertLayer, mixture
from .routers import edited_routing


class ExpertsPerToken:
    """`experts-per-token`."""

    kind = "experts-per-token"

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        """See `EditKind`."""
        router, layer = mixture(subject, edit), ExpertLayer.of(plan, edit["layer"])
        experts = next(
            count for count in (layer.kept, layer.merge, layer.route, router.count) if count is not None
        )
        if not 1 <= edit["count"] <= experts:
            raise Unsupported(edit, f"the layer has {experts} experts; expected a count from 1 to {experts}")
        if router.sparsemixer and edit["count"] != 2:
            raise Unsupported(edit, "its router chooses two experts, whatever config.json says")
        if router.groups is not None:
            groups, chosen = router.groups
            if edit["count"] > router.count // groups * chosen:
                raise Unsupported(
                    edit,
                    f"a token chooses from {chosen} groups of {router.count // groups} experts, fewer "
                    "than that",
                )

    def changes(self, subject: Subject, edit: Edit) -> bool:
        """See `EditKind`."""
        return bool(edit["count"] != mixture(subject, edit).per_token)

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        """See `EditKind`."""
        routing = edited_routing(stack, layer)
        for edit in edits:
            routing.per_token = edit["count"]
        stack.callback(setattr, routing, "per_token", None)
