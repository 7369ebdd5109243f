"""An edit that every model can have, and plans of it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import torch
from attune_worker import Edit, Plan
from torch import nn

from attune_torch.subject import Layer, Subject


class Stretch:
    """`stretch`: every other channel of what a layer gives is a little more. For tests, because every model can have it."""

    kind = "stretch"

    def __init__(self) -> None:
        self.entered = 0

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        pass

    def changes(self, subject: Subject, edit: Edit) -> bool:
        return bool(edit["percent"])

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        self.entered += 1
        more = sum(edit["percent"] for edit in edits) / 100

        def stretched(module: nn.Module, args: Any, given: Any) -> Any:
            hidden = given[0] if isinstance(given, tuple) else given
            changed = hidden * (1 + more * (torch.arange(hidden.shape[-1]) % 2))
            return (changed, *given[1:]) if isinstance(given, tuple) else changed

        stack.callback(layer.block.register_forward_hook(stretched).remove)


def plan(*percents: int) -> Plan:
    """One `stretch` for each layer."""
    return tuple(Edit("stretch", {"layer": layer, "percent": percent}) for layer, percent in enumerate(percents))
