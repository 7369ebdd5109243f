"""A plan as the population sees it: by layers, with names for its beginnings."""

from __future__ import annotations

import hashlib

from ..edits import CompiledPlan


class Candidate:
    """A compiled plan and the identities of its prefixes."""

    def __init__(self, plan: CompiledPlan) -> None:
        self.plan = plan
        self.keys = [layer.key for layer in plan.layers]
        """Equal for layers that compute the same from the same input; empty where nothing is edited."""
        self.prefixes = [b"embedding"]
        """For each number of layers, a name of the edits of that many first layers, which the plan's data of calibration is part
        of. Plans with an equal one compute the same there."""
        for key in self.keys:
            told = f"{plan.calibration}: {key}" if key and plan.calibration else key
            self.prefixes.append(hashlib.sha256(self.prefixes[-1] + told.encode()).digest())

    @property
    def layers(self) -> int:
        return len(self.keys)

    @property
    def whole(self) -> bytes:
        """The name of the plan as a whole."""
        return self.prefixes[-1]

    @property
    def dense(self) -> bool:
        """Whether nothing is edited."""
        return not any(self.keys)

    def order(self) -> tuple[str, ...]:
        """Neighbours in this order have most in common."""
        return tuple(self.keys)
