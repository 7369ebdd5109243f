"""What options accept, and the tasks that an evaluator offers: the Python form of `option` and `task`
specifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from .evaluator import Metric, Value


@dataclass(frozen=True)
class Bool:
    """`true` or `false`."""

    type: ClassVar[str] = "bool"


@dataclass(frozen=True)
class Int:
    """A whole number in an inclusive range."""

    min: int
    max: int
    type: ClassVar[str] = "int"


@dataclass(frozen=True)
class Real:
    """A real number in an inclusive range."""

    min: float
    max: float
    type: ClassVar[str] = "real"


@dataclass(frozen=True)
class OneOf:
    """One of these words."""

    words: Sequence[str]
    type: ClassVar[str] = "one-of"


@dataclass(frozen=True)
class Ints:
    """A list of whole numbers, each in an inclusive range."""

    min: int
    max: int
    type: ClassVar[str] = "ints"


@dataclass(frozen=True)
class Counts:
    """Counts of at least 1 by whole numbers, each in an inclusive range; `of` says what they count, in the
    plural."""

    min: int
    max: int
    of: str
    type: ClassVar[str] = "counts"


@dataclass(frozen=True)
class Folder:
    """The path of a folder, relative to the profile."""

    type: ClassVar[str] = "folder"


@dataclass(frozen=True)
class Text:
    """Any text."""

    type: ClassVar[str] = "text"


OptionKind = Bool | Int | Real | OneOf | Ints | Counts | Folder | Text


@dataclass(frozen=True)
class Option:
    """One option of an evaluator or a task. A default that its kind does not accept, as an empty path, says
    that a profile must not be silent. `label` is what a form calls it; only options of tasks that are `basic`
    stand in the short form. `reports`: see `TaskOption` of the Rust side."""

    name: str
    kind: OptionKind
    default: Value
    help: str
    basic: bool = False
    label: str = ""
    reports: str | None = None

    def to_json(self) -> dict[str, Any]:
        form: dict[str, Any] = {
            "name": self.name,
            "help": self.help,
            "kind": {"type": self.kind.type, **vars(self.kind)},
            "default": self.default,
        }
        if self.basic:
            form["basic"] = True
        if self.label:
            form["label"] = self.label
        if self.reports is not None:
            form["reports"] = self.reports
        return form


@dataclass(frozen=True)
class TaskSpec:
    """A task that an evaluator offers. `data` is the extension of its files; `size` names the option that
    says how much an item holds, and what that counts: `("length", "tokens")`."""

    name: str
    summary: str
    metrics: Sequence[Metric]
    data: str = "txt"
    size: tuple[str, str] | None = None
    options: Sequence[Option] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "summary": self.summary,
            "metrics": [metric_json(metric) for metric in self.metrics],
            "data": self.data,
            "size": None if self.size is None else {"option": self.size[0], "unit": self.size[1]},
            "options": [option.to_json() for option in self.options],
        }


def metric_json(metric: Metric) -> Mapping[str, str]:
    """A metric as `hello` and `open` name it."""
    return {"name": metric.name, "direction": metric.direction, "unit": metric.unit}
