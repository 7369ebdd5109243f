"""Schemas of edits: names, types and ranges of arguments, what an edit touches and excludes, and how people
read it.

All of it is data that the host gets in `hello`: it parses, orders and words edits by it. The edits of neural
models need none here, their names are enough: the host has their schemas (`docs/edits.md`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

COUNT = 2**32 - 1
"""The largest count: what fits into 32 bits."""
LONGEST_LIST = 2**20
"""The most numbers of a list whose order counts."""
LARGEST = 1.7976931348623157e308
"""The largest finite real number."""


@dataclass(frozen=True)
class Int:
    """A whole number in an inclusive range."""

    min: int = 0
    max: int = COUNT
    type: ClassVar[str] = "int"

    def __str__(self) -> str:
        return f"a whole number from {self.min} to {self.max}"


@dataclass(frozen=True)
class Level:
    """One of these whole numbers."""

    levels: Sequence[int]
    type: ClassVar[str] = "level"

    def __str__(self) -> str:
        return "one of " + ", ".join(map(str, self.levels))


@dataclass(frozen=True)
class Real:
    """A finite real number in an inclusive range."""

    min: float = -LARGEST
    max: float = LARGEST
    type: ClassVar[str] = "real"

    def __str__(self) -> str:
        if (self.min, self.max) == (-LARGEST, LARGEST):
            return "a finite real number"
        return f"a real number from {self.min} to {self.max}"


@dataclass(frozen=True)
class Set:
    """Whole numbers without order or repetition, each from 0 to `max`."""

    max: int = COUNT
    type: ClassVar[str] = "set"

    def __str__(self) -> str:
        return f"a list of whole numbers from 0 to {self.max}"


@dataclass(frozen=True)
class Ints:
    """Whole numbers whose order counts, each from `min` to `max`: an order of things, or one number for each of
    them. There are `least` to `most` of them."""

    min: int = 0
    max: int = COUNT
    least: int = 0
    most: int = LONGEST_LIST
    type: ClassVar[str] = "ints"

    def __str__(self) -> str:
        many = "a list of"
        if self.least == self.most:
            many += f" {self.most}"
        elif (self.least, self.most) != (0, LONGEST_LIST):
            many += f" {self.least} to {self.most}"
        return f"{many} whole numbers from {self.min} to {self.max}"


@dataclass(frozen=True)
class Reals:
    """Finite real numbers."""

    type: ClassVar[str] = "reals"

    def __str__(self) -> str:
        return "a list of finite real numbers"


@dataclass(frozen=True)
class Matrix:
    """Finite real numbers, row by row, in as many rows as the argument `rows` says."""

    rows: str
    type: ClassVar[str] = "matrix"

    def __str__(self) -> str:
        return "finite real numbers, equally many (at least one) for each of its rows"


@dataclass(frozen=True)
class Word:
    """One of these words."""

    words: Sequence[str]
    type: ClassVar[str] = "word"

    def __str__(self) -> str:
        return "one of " + ", ".join(self.words)


ArgumentKind = Int | Level | Real | Set | Ints | Reals | Matrix | Word


@dataclass(frozen=True)
class Argument:
    """One argument of an edit. `absent` says what its absence means; `None` where it has to be given."""

    name: str
    kind: ArgumentKind
    help: str = ""
    absent: str | None = None

    def to_json(self) -> dict[str, Any]:
        kind = {"type": self.kind.type, **vars(self.kind)}
        return {"name": self.name, "kind": kind, "help": self.help, "absent": self.absent}


def named(kind: str, **words: Iterable[str]) -> dict[str, Any]:
    """An edit of neural models by its name, with the words that an evaluator honours of its later arguments:
    `named("weight-bits", grid=["q4_k", "q6_k"])`, `named("kv-bits", key_grid=["q8_0"])`. A plan with one that
    is not listed never comes."""
    arguments = [
        {"name": name.replace("_", "-"), "kind": {"type": Word.type, "words": list(some)}}
        for name, some in words.items()
    ]
    return {"kind": kind, "arguments": arguments} if arguments else {"kind": kind}


@dataclass(frozen=True)
class Contradiction:
    """Edits that cannot stand beside one of `kind` where each argument of `meet` is the same in both, or
    absent in one."""

    kind: str
    meet: Sequence[str] = ()
    when: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "meet": list(self.meet), "when": self.when}


@dataclass(frozen=True)
class EditSchema:
    """Everything that is known of one kind of edit.

    `group` is the argument that counts what edits belong to (a layer, a queue), `parts` the arguments, with
    where counting begins, that order edits within a group. `once_per`: a plan has one edit of this kind for
    each combination of these arguments; `None`: any number. `idle` are optional arguments that say nothing,
    and are left out, where their condition holds. `requires` are whole-number arguments that are one of some
    values where a condition holds. Conditions are in their JSON form: `{"one-of": ["argument",
    ["word", …]]}`. `sentence` is the edit in words: `{name}` is an argument, `[…]` is left out where an
    argument in it is absent, `[…|…]` has words for that case."""

    kind: str
    summary: str
    arguments: Sequence[Argument] = ()
    source: str = ""
    group: str | None = None
    parts: Sequence[tuple[str, int]] = ()
    once_per: Sequence[str] | None = ()
    contradicts: Sequence[Contradiction] = ()
    idle: Sequence[tuple[str, Mapping[str, Any]]] = ()
    requires: Sequence[tuple[str, Sequence[int], Mapping[str, Any]]] = ()
    sentence: str = ""

    @classmethod
    def from_json(cls, form: Mapping[str, Any]) -> EditSchema:
        """Of its form in `hello`. Raises `ValueError` where that is not one."""
        place = form.get("place") or {}
        try:
            return cls(
                kind=form["kind"],
                summary=form.get("summary") or "",
                arguments=[_argument(argument) for argument in form.get("arguments", ())],
                source=form.get("source", ""),
                group=place.get("group"),
                parts=[(part["argument"], part.get("base", 0)) for part in place.get("parts", ())],
                once_per=None,
                contradicts=[
                    Contradiction(rule["kind"], rule.get("meet", ()), rule.get("when"))
                    for rule in form.get("contradicts", ())
                ],
                idle=[(rule["argument"], rule["when"]) for rule in form.get("idle", ())],
                requires=[
                    (rule["argument"], rule["values"], rule["when"]) for rule in form.get("requires", ())
                ],
                sentence=form.get("sentence") or "",
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"edit schema {form}: {type(error).__name__}: {error}") from None

    def rules(self) -> list[Contradiction]:
        """What it cannot stand beside, itself included."""
        own = [] if self.once_per is None else [Contradiction(self.kind, self.once_per)]
        return own + list(self.contradicts)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "summary": self.summary,
            "source": self.source,
            "arguments": [argument.to_json() for argument in self.arguments],
            "place": {
                "group": self.group,
                "parts": [{"argument": name, "base": base} for name, base in self.parts],
            },
            "contradicts": [rule.to_json() for rule in self.rules()],
            "idle": [{"argument": name, "when": condition} for name, condition in self.idle],
            "requires": [
                {"argument": name, "values": list(values), "when": condition}
                for name, values, condition in self.requires
            ],
            "sentence": self.sentence or self.kind,
        }


_KINDS: dict[str, type[ArgumentKind]] = {
    kind.type: kind for kind in (Int, Level, Real, Set, Ints, Reals, Matrix, Word)
}


def _argument(form: Mapping[str, Any]) -> Argument:
    described = dict(form["kind"])
    kind = _KINDS[described.pop("type")]
    known = {name: value for name, value in described.items() if value is not None}
    return Argument(form["name"], kind(**known), form.get("help", ""), form.get("absent"))
