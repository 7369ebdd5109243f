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
        entering = plan.of_embedding("input")
        self.prefixes = [hashlib.sha256(b"embedding" + entering.encode()).digest() if entering else b"embedding"]
        """For each number of layers, a name of the edits of that many first layers and of the matrix that tokens enter by, which the
        plan's data of calibration is part of. Plans with an equal one compute the same there."""
        for key in self.keys:
            told = f"{plan.calibration}: {key}" if key and plan.calibration else key
            self.prefixes.append(hashlib.sha256(self.prefixes[-1] + told.encode()).digest())

    @property
    def layers(self) -> int:
        return len(self.keys)

    @property
    def hidden(self) -> bytes:
        """The name of what gives the final hidden states: all but the output matrix."""
        return self.prefixes[-1]

    @property
    def whole(self) -> bytes:
        """The name of the plan as a whole."""
        leaving = self.plan.of_embedding("output")
        return hashlib.sha256(self.hidden + leaving.encode()).digest() if leaving else self.hidden

    @property
    def dense(self) -> bool:
        """Whether nothing is edited that final hidden states depend on."""
        return self.prefixes[0] == b"embedding" and not any(self.keys)

    def order(self) -> tuple[str, ...]:
        """Neighbours in this order have most in common."""
        return (self.plan.of_embedding("input"), *self.keys)
