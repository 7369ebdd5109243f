"""Cutting a batch: neighbours in the order of their canonical texts share the most, so parts are stretches of
that order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import commonprefix

WINDOW = 4
"""A cut may move by one part in so many, to where least is shared."""


@dataclass(frozen=True)
class Part:
    """Some plans of a batch, by their positions, on the items from `first` to before `last`. `losses`: how
    often in a row an actor was lost on it before anything was known."""

    plans: tuple[int, ...]
    first: int
    last: int
    losses: int = 0


def cut(texts: Sequence[str], items: int, actors: int) -> list[Part]:
    """Parts for `actors`, the canonical text of each plan given. Fewer plans than actors: the items are cut
    as well."""
    order = sorted(range(len(texts)), key=lambda plan: (texts[plan], plan))
    if not order:
        return []
    if len(order) < actors:
        pieces = max(1, min(items, actors // len(order)))
        bounds = [items * piece // pieces for piece in range(pieces + 1)]
        pairs = list(zip(bounds, bounds[1:], strict=False))
        return [Part((plan,), first, last) for plan in order for first, last in pairs]
    shared = [
        len(commonprefix([texts[one], texts[other]])) for one, other in zip(order, order[1:], strict=False)
    ]
    bounds = [0, *(_place(shared, len(order), actors, number) for number in range(1, actors)), len(order)]
    pairs = [(first, last) for first, last in zip(bounds, bounds[1:], strict=False) if first < last]
    return [Part(tuple(order[first:last]), 0, items) for first, last in pairs]


def _place(shared: Sequence[int], plans: int, actors: int, number: int) -> int:
    """Where cut `number` falls: near its even place, between the two neighbours that share least."""
    even = plans * number // actors
    slack = plans // (actors * WINDOW)
    places = range(max(1, even - slack), min(plans - 1, even + slack) + 1)
    return min(places, key=lambda place: (shared[place - 1], abs(place - even), place))
