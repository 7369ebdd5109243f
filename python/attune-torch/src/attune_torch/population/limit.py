"""When an evaluation has to wait, when to give up, and how far it is."""

from __future__ import annotations

import time

from attune_worker import Batch, Deadline

OFTEN = 0.1
"""Seconds between two reports of progress."""


class Limit:
    """Working time of plans that run together: what passes while the batch is paused does not count."""

    def __init__(self, batch: Batch, plans: int) -> None:
        self._batch = batch
        self._each = batch.deadline
        self._all = None if batch.deadline is None else batch.deadline * plans
        self._start = time.monotonic()
        self._rested = 0.0

    def elapsed(self) -> float:
        """Seconds of work so far."""
        return time.monotonic() - self._start - self._rested

    def check(self) -> None:
        """Waits while that is asked for; called at least once a layer and sequence.

        Raises `Interrupted` when the batch is called off, and `Deadline` when the plans take longer than they may.
        """
        before = time.monotonic()
        self._batch.breathe()
        self._rested += time.monotonic() - before
        if self._all is not None and self.elapsed() > self._all:
            raise Deadline(f"the plan did not finish within {self._each} s")


class Progress:
    """How many evaluations of one plan on one item are done."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._told = 0.0
        self.done = 0.0

    def add(self, evaluations: float) -> None:
        """So many more, which may be a part of one."""
        self.done += evaluations
        now = time.monotonic()
        if now - self._told >= OFTEN:
            self._told = now
            self._batch.progress(self.done)

    def back_to(self, done: float) -> None:
        """What came since is done again."""
        self.done = done
