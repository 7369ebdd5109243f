"""Reading signals: measured statistics of the dense model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .errors import Refused


@dataclass(frozen=True)
class Signal:
    """A statistic, row-major over its axes, outermost first."""

    name: str
    axes: Sequence[tuple[str, int]]
    values: Sequence[float]


class Signals:
    """The statistics that the technique asked for, as far as they were measured."""

    def __init__(self, signals: Iterable[Signal] = ()) -> None:
        self._signals = list(signals)

    def get(self, name: str, axes: Mapping[str, int]) -> list[float] | None:
        """The signal `name` with exactly these axes, row-major; `None` when it was not measured.

        `Refused` when its shape is another one.
        """
        found = self.with_axes(name, list(axes))
        if found is None:
            return None
        lengths, values = found
        if lengths != list(axes.values()):
            raise self._misshapen(name, [f"{axis}: {length}" for axis, length in axes.items()])
        return values

    def with_axes(self, name: str, axes: Sequence[str]) -> tuple[list[int], list[float]] | None:
        """The signal `name` with axes of these names, however long: their lengths, and the values row-major;
        `None` when it was not measured.

        `Refused` when its axes are others.
        """
        signal = self._find(name)
        if signal is None:
            return None
        lengths = [length for _, length in signal.axes]
        if [axis for axis, _ in signal.axes] != list(axes) or len(signal.values) != math.prod(lengths):
            raise self._misshapen(name, axes)
        return lengths, list(signal.values)

    def _find(self, name: str) -> Signal | None:
        return next((signal for signal in self._signals if signal.name == name), None)

    def _misshapen(self, name: str, expected: Sequence[str]) -> Refused:
        signal = self._find(name)
        assert signal is not None
        found = ", ".join(f"{axis}: {length}" for axis, length in signal.axes)
        return Refused(
            f"signal `{name}` has axes ({found}) and {len(signal.values)} values, "
            f"expected axes ({', '.join(expected)})"
        )
