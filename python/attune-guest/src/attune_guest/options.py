"""Reading options."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .setting import Setting, dashed

if TYPE_CHECKING:
    from .describe import Description


class Options:
    """The options of a study: complete and of the declared kinds, because the host checked them.

    Reading an option that the description does not declare, or as another kind, is a bug of the technique:
    `KeyError` and `TypeError`.
    """

    def __init__(self, values: Mapping[str, Setting]) -> None:
        self._values = dict(values)

    @classmethod
    def of(cls, description: Description, /, **given: Setting) -> Options:
        """Those of a description with their defaults, but for those that are given: for tests.

        `Options.of(technique.describe(), group_size=64)` sets the option `group-size`. `ValueError` for what
        the host would not let through.
        """
        specs = {spec.name: spec for spec in description.options}
        values: dict[str, Setting] = {name: spec.default for name, spec in specs.items()}
        for name, value in ((dashed(name), value) for name, value in given.items()):
            if name not in specs:
                raise ValueError(f"option `{name}` is not declared; there are {', '.join(specs) or 'none'}")
            complaint = specs[name].complaint(value)
            if complaint:
                raise ValueError(f"option `{name}`: {complaint}")
            values[name] = value
        return cls(values)

    def int(self, name: str) -> builtins.int:
        """A whole number."""
        value = self._get(name)
        if isinstance(value, builtins.int) and not isinstance(value, bool):
            return value
        raise _mistaken(name, value)

    def real(self, name: str) -> float:
        """A real number."""
        value = self._get(name)
        if isinstance(value, (builtins.int, float)) and not isinstance(value, bool):
            return float(value)
        raise _mistaken(name, value)

    def boolean(self, name: str) -> bool:
        """`True` or `False`."""
        value = self._get(name)
        if isinstance(value, bool):
            return value
        raise _mistaken(name, value)

    def text(self, name: str) -> str:
        """One of the declared words."""
        value = self._get(name)
        if isinstance(value, str):
            return value
        raise _mistaken(name, value)

    def ints(self, name: str) -> list[builtins.int]:
        """Whole numbers."""
        value = self._get(name)
        if isinstance(value, (list, tuple)):
            return [builtins.int(number) for number in value]
        raise _mistaken(name, value)

    def _get(self, name: str) -> Setting:
        if name not in self._values:
            raise KeyError(f"option `{name}` is read but not declared")
        return self._values[name]


def _mistaken(name: str, found: Setting) -> TypeError:
    return TypeError(f"option `{name}` is read as another kind than it was declared as: {found!r}")
