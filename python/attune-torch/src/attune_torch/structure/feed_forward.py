"""Feed-forward parts without experts: gate, up and down, apart or fused."""

from __future__ import annotations

from torch import nn

from .linear import LinearModule, matrix
from .names import DENSE, FUSED_DENSE, SHARED


def dense(part: nn.Module) -> dict[str, LinearModule] | None:
    """The matrices of a feed-forward part, in the order of the forward pass; None where it is none."""
    children = {name: whole for name, child in part.named_children() if (whole := matrix(child)) is not None}
    for names in DENSE:
        if all(name is None or name in children for name in names):
            found = {
                which: children[name]
                for which, name in zip(("gate", "up", "down"), names, strict=True)
                if name is not None
            }
            fits = all(found[which].outputs == found["down"].inputs for which in found if which != "down")
            return found if fits else None
    for both, down in FUSED_DENSE:
        if both in children and down in children:
            whole, inner = children[both], children[down].inputs
            if whole.outputs == 2 * inner:
                return {**halves(whole, inner), "down": children[down]}
    return None


def halves(whole: LinearModule, inner: int) -> dict[str, LinearModule]:
    """Gate and up of a fused matrix, the gate first."""
    rows = {"gate": slice(0, inner), "up": slice(inner, 2 * inner)}
    return {
        name: LinearModule(
            whole.owner, whole.parameter, inner, whole.inputs, whole.expert, own, whole.transposed
        )
        for name, own in rows.items()
    }


def is_shared(part: nn.Module, block: nn.Module) -> bool:
    """Whether a part's name says that it answers for every token beside experts."""
    return any(child is part and name.startswith(SHARED) for name, child in block.named_children())
