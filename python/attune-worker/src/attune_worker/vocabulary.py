"""Checks of plans against schemas, in the words of the Rust side."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .canonical import value_text
from .evaluator import Edit, Plan, Unsupported
from .schema import Argument, Contradiction, EditSchema, Int, Ints, Level, Matrix, Real, Reals, Set, Word


class Vocabulary:
    """The kinds of edit that an evaluator may honour. Those with a schema are checked by it; of the others,
    which the host checks, only the name counts."""

    def __init__(self, edits: Iterable[EditSchema | Mapping[str, Any] | str]) -> None:
        self._schemas: dict[str, EditSchema | None] = {}
        for edit in edits:
            kind = (
                edit if isinstance(edit, str) else edit.kind if isinstance(edit, EditSchema) else edit["kind"]
            )
            self._schemas.setdefault(kind, edit if isinstance(edit, EditSchema) else None)

    @property
    def kinds(self) -> list[str]:
        return list(self._schemas)

    def subset(self, kinds: Iterable[str]) -> Vocabulary:
        """Only these kinds, as far as they are known."""
        some = Vocabulary([])
        some._schemas = {kind: self._schemas[kind] for kind in kinds if kind in self._schemas}
        return some

    def accept(self, edit: Edit) -> Edit:
        """`edit` with arguments of the declared types. Raises `Unsupported`."""
        if edit.kind not in self._schemas:
            near = difflib.get_close_matches(edit.kind, self._schemas, 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            known = ", ".join(self._schemas) or "no edit"
            raise Unsupported(edit, f"unknown edit `{edit.kind}`{hint}; this evaluator knows {known}")
        schema = self._schemas[edit.kind]
        if schema is None:
            return edit
        typed = Edit(edit.kind, _typed_arguments(schema, edit))
        idle = {name for name, condition in schema.idle if holds(condition, typed)}
        accepted = Edit(edit.kind, {name: value for name, value in typed.args.items() if name not in idle})
        for name, values, condition in schema.requires:
            if name in accepted.args and holds(condition, accepted) and accepted.args[name] not in values:
                found, expected = value_text(accepted.args[name]), ", ".join(map(str, values))
                one_of = "one of " if len(values) > 1 else ""
                raise Unsupported(
                    edit,
                    f"argument `{name}` of edit `{edit.kind}` is {found}, expected {one_of}{expected} where "
                    f"{condition_text(condition)}",
                )
        return accepted

    def accept_plan(self, plan: Sequence[Edit]) -> Plan:
        """Every edit accepted, and none beside one that it contradicts. Raises `Unsupported`."""
        accepted = tuple(self.accept(edit) for edit in plan)
        for number, edit in enumerate(accepted):
            schema = self._schemas[edit.kind]
            for rule in schema.rules() if schema else ():
                for other_number, other in enumerate(accepted):
                    if other_number != number and self._excludes(rule, edit, other):
                        raise Unsupported(edit, f"it cannot stand beside {other}")
        return accepted

    def arrange(self, edits: Iterable[Edit]) -> Plan:
        """The canonical order: by group, part and kind; exact repetitions are dropped."""
        plan: list[Edit] = []
        for edit in sorted(edits, key=self._rank):
            if not plan or str(plan[-1]) != str(edit):
                plan.append(edit)
        return tuple(plan)

    def _rank(self, edit: Edit) -> tuple[int, int, str, list[bool]]:
        schema = self._schemas.get(edit.kind)
        part, given = 0, []
        for name, base in schema.parts if schema else ():
            argument = next(one for one in schema.arguments if one.name == name) if schema else None
            words = argument.kind.words if argument and isinstance(argument.kind, Word) else None
            number = 0
            if name in edit.args:
                value = edit.args[name]
                number = base + (list(words).index(value) if words and value in words else value)
            part = part * (len(words) if words else 2**32) + number
            given.append(name in edit.args)
        return (int(self._group(edit)), part, edit.kind, given)

    def _excludes(self, rule: Contradiction, edit: Edit, other: Edit) -> bool:
        return (
            rule.kind == other.kind
            and self._group(edit) == self._group(other)
            and all(
                edit.args[name] == other.args[name]
                for name in rule.meet
                if name in edit.args and name in other.args
            )
            and (rule.when is None or holds(rule.when, edit))
        )

    def _group(self, edit: Edit) -> Any:
        schema = self._schemas.get(edit.kind)
        return edit.args.get(schema.group, 0) if schema and schema.group else 0


def holds(condition: Mapping[str, Any], edit: Edit) -> bool:
    """Whether a condition, in its JSON form, holds for `edit`."""
    ((name, rest),) = condition.items()
    if name == "all":
        return all(holds(part, edit) for part in rest)
    if name == "any":
        return any(holds(part, edit) for part in rest)
    argument, expected = rest
    if argument not in edit.args:
        return False
    if name == "is":
        return bool(edit.args[argument] == expected)
    if name == "one-of":
        return edit.args[argument] in expected
    if name == "same":
        return bool(edit.args[argument] == edit.args.get(expected))
    raise ValueError(f"unknown condition `{name}`")


def condition_text(condition: Mapping[str, Any]) -> str:
    """A condition as messages say it."""
    ((name, rest),) = condition.items()
    if name in ("all", "any"):
        return (" and " if name == "all" else " or ").join(map(condition_text, rest))
    argument, expected = rest
    if name == "is":
        return f"`{argument}` is {value_text(expected)}"
    if name == "one-of":
        return f"`{argument}` is one of {', '.join(expected)}"
    return f"`{argument}` and `{expected}` are the same"


def _typed_arguments(schema: EditSchema, edit: Edit) -> dict[str, Any]:
    accepted: dict[str, Any] = {}
    for argument in schema.arguments:
        if argument.name in edit.args:
            accepted[argument.name] = _typed(argument, edit)
        elif argument.absent is None:
            raise Unsupported(edit, f"edit `{edit.kind}` lacks the argument `{argument.name}`")
    for name in edit.args:
        if name not in accepted:
            raise Unsupported(edit, f"edit `{edit.kind}` has no argument `{name}`")
    return accepted


def _typed(argument: Argument, edit: Edit) -> Any:
    """The value in the declared type. Files do not tell 1 from 1.0."""
    kind, value = argument.kind, edit.args[argument.name]
    whole = isinstance(value, int) and not isinstance(value, bool)
    number = whole or isinstance(value, float)
    if isinstance(kind, Int) and whole and kind.min <= value <= kind.max:
        return value
    if isinstance(kind, Level) and whole and value in kind.levels:
        return value
    if isinstance(kind, Real) and number and math.isfinite(value) and kind.min <= value <= kind.max:
        return float(value)
    if isinstance(kind, Word) and isinstance(value, str) and value in kind.words:
        return value
    if isinstance(kind, Set) and _all_whole(value) and all(0 <= member <= kind.max for member in value):
        return sorted(set(value))
    found = value_text(value)
    if isinstance(kind, Ints) and _all_whole(value):
        wrong = next((place for place, member in enumerate(value) if not kind.min <= member <= kind.max), None)
        if not kind.least <= len(value) <= kind.most:
            found = f"a list of {len(value)}"
        elif wrong is not None:
            found = f"{value[wrong]} at place {wrong} of its list"
        else:
            return value
    if isinstance(kind, Reals) and _all_finite(value):
        return _reals(value)
    if isinstance(kind, Matrix) and _all_finite(value) and value:
        rows = edit.args.get(kind.rows)
        if isinstance(rows, int) and rows > 0 and len(value) % rows == 0:
            return _reals(value)
    message = f"argument `{argument.name}` of edit `{edit.kind}` is {found}, expected {kind}"
    raise Unsupported(edit, message)


def _all_whole(value: Any) -> bool:
    return isinstance(value, list) and all(type(member) is int for member in value)


def _all_finite(value: Any) -> bool:
    return isinstance(value, list) and all(
        type(member) in (int, float) and math.isfinite(member) for member in value
    )


def _reals(value: list[Any]) -> list[float]:
    # −0 means 0 and would be another text.
    return [float(number) + 0.0 for number in value]
