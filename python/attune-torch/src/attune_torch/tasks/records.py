"""Records of a JSON Lines file, with messages that name the line, what it has and what is expected."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attune_worker import BadRequest

LISTED = 12
"""Names of fields that a message lists."""

_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True)
class Record:
    """One line of a file."""

    file: Path
    line: int
    fields: Mapping[str, Any]

    def refuse(self, found: str, remedy: str = "repair the record or leave it out") -> BadRequest:
        """The error of this record, ready to be raised."""
        return BadRequest(f"{self.file}, line {self.line}: {found}; {remedy}")

    def has(self, *names: str) -> str | None:
        """The first of these fields that the record has with something in it."""
        return next((name for name in names if self.fields.get(name) is not None), None)

    def text(self, name: str, *others: str) -> str:
        """The string in a field, or in the first of `others` that is there."""
        value = self._value(name, *others, expected="a string")
        if not isinstance(value, str):
            raise self.refuse(f"`{name}` is {kind(value)}, expected a string")
        return value

    def texts(self, name: str, *others: str) -> list[str]:
        """The strings in a field that holds a list of at least one of them, or one string alone."""
        value = self._value(name, *others, expected="a list of strings")
        if isinstance(value, str):
            return [value]
        if not isinstance(value, list) or not value:
            found = "an empty list" if value == [] else kind(value)
            raise self.refuse(f"`{name}` is {found}, expected a list of strings")
        for number, text in enumerate(value):
            if not isinstance(text, str):
                raise self.refuse(f"`{name}` holds {kind(text)} at place {number}, expected strings")
        return list(value)

    def _value(self, *names: str, expected: str) -> Any:
        found = self.has(*names)
        if found is None:
            wanted = " or ".join(f"`{name}`" for name in names)
            raise self.refuse(f"the record has {listed(self.fields)}, expected {wanted}, {expected}")
        return self.fields[found]


def read(file: Path) -> list[Record]:
    """The records of a file, in its order; empty lines are none.

    Raises `BadRequest` where there is no such file, no UTF-8, a line that is no JSON object, or no record at all.
    """
    records = list(_lines(file))
    if not records:
        raise BadRequest(f"{file}: it has no records; write one JSON object a line")
    return records


def _lines(file: Path) -> Iterator[Record]:
    try:
        data = file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadRequest(f"{file}: {reason}; expected a JSON Lines file, one object a line") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{file}: byte {error.start} is no UTF-8; expected JSON Lines in UTF-8") from error
    # Not `splitlines`: JSON strings may hold line separators that are no ends of lines of the file.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except json.JSONDecodeError as error:
            raise BadRequest(f"{file}, line {number}: it is no JSON ({error.msg}); write one object a line") from error
        if not isinstance(fields, dict):
            raise BadRequest(f"{file}, line {number}: it is {kind(fields)}, expected an object")
        yield Record(file, number, fields)


def kind(value: Any) -> str:
    """What a JSON value is, in words."""
    return _KINDS.get(type(value), type(value).__name__)


def listed(fields: Mapping[str, Any]) -> str:
    """The names of fields, for a message."""
    names = [f"`{name[:40]}`" for name in list(fields)[:LISTED]]
    if not names:
        return "no field"
    return ", ".join(names) + (", …" if len(fields) > LISTED else "")
