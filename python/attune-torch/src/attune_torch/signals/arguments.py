"""The signals by name, and what may be said to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from attune_worker.evaluator import BadRequest

LOSSES = ("answers", "text")


@dataclass(frozen=True)
class Argument:
    """A word of some, a whole number in a range, or a list of such."""

    default: Any
    words: Sequence[str] = ()
    least: int = 0
    most: int = 2**32 - 1

    def accepted(self, value: Any) -> bool:
        """Whether `value` is of this kind and in range."""
        if self.words:
            return value in self.words
        values = value if isinstance(self.default, list) else [value]
        return isinstance(values, list) and all(
            isinstance(each, int) and not isinstance(each, bool) and self.least <= each <= self.most
            for each in values
        )

    def __str__(self) -> str:
        if self.words:
            return " or ".join(self.words)
        kind = "whole numbers" if isinstance(self.default, list) else "a whole number"
        return f"{kind} from {self.least} to {self.most}"


@dataclass(frozen=True)
class Known:
    """A signal that this evaluator measures."""

    name: str
    summary: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)


_COUNT = Argument(0)
_WEIGHTS = {
    "loss": Argument("text", LOSSES),
    "bits": Argument([2, 3, 4, 8], least=2, most=8),
    "group-size": _COUNT,
}

KNOWN: tuple[Known, ...] = (
    Known("expert-frequency", "share of the top-k choices that fall on each expert"),
    Known("expert-soft-activation", "mean router probability of each expert"),
    Known(
        "expert-reconstruction", "the experts whose answers lie nearest to those of all, by how many are kept"
    ),
    Known("block-influence", "how much each block, and each half of it, turns the residual stream"),
    Known(
        "attention-influence",
        "what it does to the loss that no query of a KV head sees what lies so many tokens back",
        {"loss": Argument("answers", LOSSES), "sink": Argument(4)},
    ),
    Known(
        "kv-quantisation-error",
        "what quantising keys or values of a KV head does to the loss, to first order",
        {
            "loss": Argument("text", LOSSES),
            "sink": _COUNT,
            "recent": _COUNT,
            "group-size": _COUNT,
            "bits": Argument([1, 2, 3, 4, 8], least=1, most=8),
        },
    ),
    Known(
        "weight-quantisation-error",
        "what quantising the weights of a module does to the loss, to first order",
        _WEIGHTS,
    ),
    Known(
        "weight-fisher",
        "what quantising the weights of a module does to the distribution, by the diagonal of the "
        "empirical Fisher "
        "information",
        _WEIGHTS,
    ),
)


def resolved(signal: Known, given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments with defaults. Raises `BadRequest` for one that is not known, or not accepted."""
    for name, value in given.items():
        argument = signal.arguments.get(name)
        if argument is None:
            known = ", ".join(signal.arguments) or "no arguments"
            raise BadRequest(f"signal `{signal.name}` has no argument `{name}`; it has {known}")
        if not argument.accepted(value):
            raise BadRequest(f"argument `{name}` of signal `{signal.name}` is {value}; expected {argument}")
    return {name: given.get(name, argument.default) for name, argument in signal.arguments.items()}
