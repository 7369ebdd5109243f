"""Statistics of the dense model that techniques build baselines and damages from; `docs/signals.md` says what
each is. Naming them imports nothing that takes long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attune_worker.evaluator import BadRequest, Signal

from .arguments import KNOWN, resolved

if TYPE_CHECKING:
    from torch import Tensor

    from ..subject import Subject

__all__ = ["KNOWN", "described", "measure"]


def described() -> list[dict[str, str]]:
    """`signals` of `hello`."""
    return [{"name": signal.name, "summary": signal.summary} for signal in KNOWN]


def measure(
    subject: Subject,
    name: str,
    args: Mapping[str, Any],
    ids: Tensor,
    breathe: Callable[[], None] = lambda: None,
) -> Signal:
    """The signal `name` on the items `ids: [items, tokens]` of equal length, which are those of a trial.
    `breathe` is called between items and layers. Raises `BadRequest` for what is not known or does not go
    with the model."""
    known = next((signal for signal in KNOWN if signal.name == name), None)
    if known is None:
        raise BadRequest(
            f"signal `{name}` is not known; this evaluator measures {', '.join(each.name for each in KNOWN)}"
        )
    given = resolved(known, args)
    from . import measured

    return measured.MEASURES[name](measured.Asked(subject, name, given, ids, breathe))
