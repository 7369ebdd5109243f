"""Outcomes of parts, put together to those of plans."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from attune_worker.evaluator import Batch, NotFinite, Scores, Work

from .actor import Message
from .parts import Part

Piece = tuple[Mapping[str, Scores], Work | None, float | None]


class Gathering:
    """Hears of parts, answers plans: each once, when all its items are known."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._lock = threading.Lock()
        self._expected: dict[int, list[tuple[int, int]]] = {}
        self._pieces: dict[tuple[int, int], Piece] = {}
        self._failed: set[int] = set()
        self._under_way: dict[tuple[int, ...], float] = {}
        self._told = 0.0

    def expect(self, part: Part) -> None:
        """Before anything begins."""
        for plan in part.plans:
            self._expected.setdefault(plan, []).append((part.first, part.last))

    def begin(self, part: Part) -> None:
        """A part begins, or begins again."""
        with self._lock:
            self._under_way[self._key(part)] = 0.0

    def left(self, part: Part) -> tuple[int, ...]:
        """The plans of a part of which nothing is known yet."""
        with self._lock:
            self._under_way.pop(self._key(part), None)
            return tuple(
                plan
                for plan in part.plans
                if plan not in self._failed and (plan, part.first) not in self._pieces
            )

    def take(self, part: Part, message: Message) -> None:
        """A message of the actor that does this part."""
        with self._lock:
            if message[0] == "progress":
                self._under_way[self._key(part)] = message[1]
            elif message[0] == "fail":
                self._fail(part, part.plans[message[1]], message[2])
            else:
                self._piece(part, part.plans[message[1]], (message[2], message[3], message[4]))
            # What was done in vain is not taken back.
            self._told = max(self._told, sum(self._under_way.values()))
            self._batch.progress(self._told)

    def end(self, part: Part) -> None:
        """All of a part is done."""
        with self._lock:
            self._under_way[self._key(part)] = float(max(1, len(part.plans)) * (part.last - part.first))

    def _fail(self, part: Part, plan: int, error: Exception) -> None:
        if plan in self._failed:
            return
        self._failed.add(plan)
        if isinstance(error, NotFinite):
            # Its position among all items, not among those of the part.
            error = NotFinite(error.metric, error.item + part.first, error.value)
        self._batch.fail(plan, error)

    def _piece(self, part: Part, plan: int, piece: Piece) -> None:
        self._pieces[plan, part.first] = piece
        bounds = sorted(self._expected[plan])
        if plan in self._failed or any((plan, first) not in self._pieces for first, _ in bounds):
            return
        pieces = [self._pieces[plan, first] for first, _ in bounds]
        counts = [last - first for first, last in bounds]
        works = [work for _, work, _ in pieces if work is not None]
        seconds = [one for _, _, one in pieces if one is not None]
        self._batch.done(
            plan,
            joined([scores for scores, _, _ in pieces], counts),
            Work(sum(work.computed for work in works), sum(work.naive for work in works)) if works else None,
            sum(seconds) if seconds else None,
        )

    @staticmethod
    def _key(part: Part) -> tuple[int, ...]:
        return (part.first, *part.plans)


def joined(pieces: list[Mapping[str, Scores]], counts: list[int]) -> dict[str, Scores]:
    """Scores of neighbouring items as those of all of them."""
    whole: dict[str, Scores] = {}
    for name, first in pieces[0].items():
        values = [value for piece in pieces for value in piece[name].items]
        weights: list[float] | None = None
        if any(piece[name].weights is not None for piece in pieces):
            weights = []
            for piece, count in zip(pieces, counts, strict=True):
                weights += piece[name].weights or [1.0] * count
        whole[name] = Scores(values, weights, first.aggregate)
    return whole
