"""What a config does and costs, and what it has to beat."""

from __future__ import annotations

from dataclasses import dataclass, field

from .setting import Setting, dashed
from .space import Config


@dataclass(frozen=True, init=False)
class Edit:
    """An edit of attune's vocabulary: a kind and named arguments.

    `Edit("weight-bits", layer=0, module="q", bits=4, group_size=64)` has the argument `group-size`.
    """

    kind: str
    args: dict[str, Setting] = field(default_factory=dict)

    def __init__(self, kind: str, /, **args: Setting) -> None:
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "args", {dashed(name): value for name, value in args.items()})


@dataclass(frozen=True)
class Cost:
    """An amount of a resource, beside that of the dense model."""

    resource: str
    unit: str
    value: float
    dense: float


@dataclass(frozen=True)
class Baseline:
    """A named config that the found one has to beat. `help` says in one sentence where it comes from."""

    name: str
    help: str
    config: Config
