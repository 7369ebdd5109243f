"""Weights in few bits, made once for each tensor and level and kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from weakref import WeakKeyDictionary

from torch import Tensor

from ..subject import Subject


class LevelMemory:
    """Tensors of at most so many bytes together, the one that was used longest ago leaves first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self._kept: OrderedDict[Hashable, Tensor] = OrderedDict()

    def get_or_make(self, key: Hashable, make: Callable[[], Tensor]) -> Tensor:
        """The tensor of that name; one that is larger than all room is made every time."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = make()
        size = made.numel() * made.element_size()
        if size > self.limit:
            return made
        while self.bytes + size > self.limit:
            _, left = self._kept.popitem(last=False)
            self.bytes -= left.numel() * left.element_size()
        self._kept[key] = made
        self.bytes += size
        return made

    def clear(self) -> None:
        """Gives all of it back, where memory has run out."""
        self._kept.clear()
        self.bytes = 0


_MEMORIES: WeakKeyDictionary[Subject, LevelMemory] = WeakKeyDictionary()


def levels_of(subject: Subject) -> LevelMemory:
    """The memory of a subject."""
    if subject not in _MEMORIES:
        _MEMORIES[subject] = LevelMemory(subject.level_memory)
    return _MEMORIES[subject]
