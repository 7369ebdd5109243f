"""What a technique says about itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .setting import Setting


@dataclass(frozen=True)
class IntOption:
    """A whole number from `min` to `max`."""

    name: str
    help: str
    min: int
    max: int
    default: int

    def complaint(self, value: object) -> str | None:
        """Why `value` is none of its values; `None` when it is one."""
        return _out_of_range(value, self.min, self.max, "a whole number", _is_whole)


@dataclass(frozen=True)
class RealOption:
    """A real number from `min` to `max`."""

    name: str
    help: str
    min: float
    max: float
    default: float

    def complaint(self, value: object) -> str | None:
        """Why `value` is none of its values; `None` when it is one."""
        return _out_of_range(value, self.min, self.max, "a real number", _is_number)


@dataclass(frozen=True)
class BoolOption:
    """`true` or `false`."""

    name: str
    help: str
    default: bool

    def complaint(self, value: object) -> str | None:
        """Why `value` is none of its values; `None` when it is one."""
        return None if isinstance(value, bool) else f"{value!r} is neither True nor False"


@dataclass(frozen=True)
class OneOfOption:
    """One of several words, the first by default."""

    name: str
    help: str
    words: Sequence[str]

    @property
    def default(self) -> str:
        """The first word."""
        return self.words[0]

    def complaint(self, value: object) -> str | None:
        """Why `value` is none of its values; `None` when it is one."""
        return None if value in self.words else f"{value!r} is none of {', '.join(self.words)}"


@dataclass(frozen=True)
class IntsOption:
    """A list of whole numbers, at least one, each from `min` to `max`."""

    name: str
    help: str
    min: int
    max: int
    default: Sequence[int]

    def complaint(self, value: object) -> str | None:
        """Why `value` is none of its values; `None` when it is one."""
        if not isinstance(value, (list, tuple)) or not value:
            return f"{value!r} is no list with elements"
        found = (_out_of_range(each, self.min, self.max, "a whole number", _is_whole) for each in value)
        return next((complaint for complaint in found if complaint), None)


OptionSpec = IntOption | RealOption | BoolOption | OneOfOption | IntsOption
"""What a profile may say in `technique.options`; ranges are inclusive, and `help` is one sentence."""


@dataclass(frozen=True)
class Description:
    """A technique in words.

    `name` has lower-case letters, digits and hyphens; `summary` is one sentence with the source of the
    method. `signals` are the statistics of the dense model that `baselines` is made of, and `edits` the
    kinds of edit that `lower` emits: it may emit no others.
    """

    name: str
    version: str
    summary: str
    options: Sequence[OptionSpec] = ()
    signals: Sequence[str] = ()
    edits: Sequence[str] = ()
    extra: Mapping[str, Setting] = field(default_factory=dict)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _out_of_range(value: object, least: float, most: float, what: str, fits: object) -> str | None:
    assert callable(fits)
    if not fits(value):
        return f"{value!r} is not {what}"
    assert isinstance(value, (int, float))
    return None if least <= value <= most else f"{value} is not from {least} to {most}"
