"""Canonical text: how attune writes values and edits, to the letter. Equal plans are equal texts, and texts
are hashed.

A real number is written as Rust's `{:?}` writes it: the shortest digits that read back as the same number,
with at least one behind the point, and with an exponent from 1e16 on and below 1e-4.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

_SHORT = {"\0": "\\0", "\t": "\\t", "\r": "\\r", "\n": "\\n", '"': '\\"', "\\": "\\\\"}


def real_text(number: float) -> str:
    """`1.0`, `0.0001`, `1e-5`, `1.5e16`, `-0.0`, `NaN`, `inf`."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    mantissa, e, exponent = repr(float(number)).partition("e")
    # Both languages begin exponents at the same sizes; Python pads them.
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def text_text(text: str) -> str:
    """A text in quotes, with what cannot be seen by its number: `"a\\u{301}"`."""
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character == " " or (character.isprintable() and unicodedata.category(character) not in ("Mn", "Me")):
        return character
    return f"\\u{{{ord(character):x}}}"


def value_text(value: Any) -> str:
    """A value of an option or an argument, as profiles write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return real_text(value)
    if isinstance(value, str):
        return text_text(value)
    if isinstance(value, Mapping):
        pairs = sorted((int(number), int(count)) for number, count in value.items())
        return "{" + ", ".join(f"{number}: {count}" for number, count in pairs) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(value_text, value)) + "]"
    raise TypeError(f"{value!r} of type {type(value).__name__} is no value of an edit")


def edit_text(kind: str, args: Mapping[str, Any]) -> str:
    """`kind(name:value,…)` with arguments in name order."""
    return f"{kind}(" + ",".join(f"{name}:{value_text(args[name])}" for name in sorted(args)) + ")"
