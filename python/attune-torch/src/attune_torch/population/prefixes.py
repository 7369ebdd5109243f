"""Activations that stay in memory, so that children of a plan start where they begin to differ from it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import Tensor


class Place(NamedTuple):
    """What an activation depends on: the passage, and the edits of every layer before `depth`."""

    passage: tuple[object, ...]
    depth: int
    prefix: bytes


@dataclass
class _Kept:
    activation: Tensor
    size: int
    owner: bytes


@dataclass
class _Owner:
    places: list[Place] = field(default_factory=list)


class PrefixCache:
    """Activations within a budget of bytes.

    They belong to the plan that computed them. A plan whose activations are used is fresh as a whole, since the next child may
    differ from it in any layer; the activations of the plan that was not used for longest go first, its deepest ones before its
    shallow ones.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._used = 0
        self._kept: dict[Place, _Kept] = {}
        self._owners: OrderedDict[bytes, _Owner] = OrderedDict()

    def all(self, places: Sequence[Place]) -> list[Tensor] | None:
        """The activations of all places, if all are there."""
        if any(place not in self._kept for place in places):
            return None
        found = [self._kept[place] for place in places]
        for kept in found:
            self._owners.move_to_end(kept.owner)
        return [kept.activation for kept in found]

    def takes(self, size: int) -> bool:
        """Whether anything of this size is ever kept."""
        return size <= self._budget

    def keep(self, place: Place, activation: Tensor, owner: bytes) -> None:
        """Keeps an activation of the plan `owner`; it must not be part of a larger tensor, which would stay as well."""
        size = activation.numel() * activation.element_size()
        if not self.takes(size) or place in self._kept:
            return
        self._owners.setdefault(owner, _Owner())
        self._owners.move_to_end(owner)
        while self._used + size > self._budget and self._drop_one():
            pass
        self._used += size
        self._owners.setdefault(owner, _Owner()).places.append(place)
        self._kept[place] = _Kept(activation, size, owner)

    def clear(self) -> None:
        """Forgets everything: the device has no memory to spare."""
        self._used = 0
        self._kept.clear()
        self._owners.clear()

    def _drop_one(self) -> bool:
        """Forgets one activation; false when there is none."""
        while self._owners:
            name, owner = next(iter(self._owners.items()))
            if not owner.places:
                del self._owners[name]
                continue
            self._used -= self._kept.pop(owner.places.pop()).size
            return True
        return False
