"""Requests that run: answers of plans, cancelling and pausing."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from .channel import Channel
from .evaluator import Batch, EvaluatorError, Interrupted, Plan, Scores, Work
from .wire import error_json, scores_json, work_json

GRACE = 0.5
"""Seconds for a request that is called off to end by itself; then its answer no longer waits for it."""
PROGRESS = 0.1
"""Least seconds between two reports of progress."""


class PauseGate:
    """Whether everything waits."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._since: float | None = None
        self._rested = 0.0

    def pause(self) -> None:
        with self.changed:
            self._since = self._since or time.monotonic()

    def resume(self) -> None:
        with self.changed:
            self._rested = self.rested()
            self._since = None
            self.changed.notify_all()

    def is_paused(self) -> bool:
        return self._since is not None

    def rested(self) -> float:
        """Seconds in all for which it was to wait."""
        since = self._since
        return self._rested + (time.monotonic() - since if since is not None else 0.0)


class RunningBatch(Batch):
    """One `evaluate`, `signal` or `outputs` request, from its arrival to its one answer."""

    def __init__(
        self,
        channel: Channel,
        gate: PauseGate,
        request: int,
        split: str,
        items: Sequence[int],
        deadline: float | None,
        metrics: Sequence[str],
    ) -> None:
        self.plans: Sequence[Plan] = ()
        self.split = split
        self.items = items
        self.deadline = deadline
        self.request = request
        self._channel, self._gate, self.metrics = channel, gate, list(metrics)
        self._places: Sequence[int] = ()
        self._open: set[int] = set()
        self._lock = threading.Lock()
        self._called_off = False
        self._answered = False
        self._last = time.monotonic()
        self._last_progress = 0.0

    def of_plans(self, plans: Sequence[Plan], places: Sequence[int]) -> None:
        """The plans that the session gets, and where each stands in the request."""
        self.plans, self._places, self._open = plans, places, set(range(len(plans)))
        self._last = self._clock()

    # What a session calls.

    def done(
        self, index: int, scores: Mapping[str, Scores], work: Work | None = None, seconds: float | None = None
    ) -> None:
        try:
            form = scores_json(scores, self.metrics, len(self.items))
        except EvaluatorError as failure:
            return self.fail(index, failure)
        now = self._clock()
        outcome = {
            "scores": form,
            "work": work_json(work or Work(len(self.items), len(self.items))),
            "seconds": float(max(0.0, now - self._last if seconds is None else seconds)),
        }
        self._outcome(index, outcome)

    def fail(self, index: int, error: BaseException) -> None:
        if not isinstance(error, EvaluatorError):
            report(error)
        self._outcome(index, {"error": error_json(error)})

    def progress(self, evaluations: float) -> None:
        now = time.monotonic()
        if now - self._last_progress >= PROGRESS:
            self._last_progress = now
            self.tell({"event": "progress", "evaluations": float(evaluations)})

    def breathe(self) -> None:
        if self._gate.is_paused():
            with self._gate.changed:
                self._gate.changed.wait_for(lambda: self._called_off or not self._gate.is_paused())
        if self._called_off:
            raise Interrupted("called off")

    # What the worker calls.

    def call_off(self) -> None:
        """It ends soon, or is answered for."""
        self._called_off = True
        with self._gate.changed:
            self._gate.changed.notify_all()
        timer = threading.Timer(GRACE, self.answer, [Interrupted("called off")])
        timer.daemon = True
        timer.start()

    def refuse(self, place: int, error: EvaluatorError) -> None:
        """A plan that the session does not get."""
        self.tell({"event": "outcome", "index": place, "error": error_json(error)})

    def unanswered(self) -> list[int]:
        return sorted(self._open)

    def answer(self, result: Mapping[str, Any] | BaseException) -> None:
        """The one answer; later ones, and outcomes after it, are dropped."""
        with self._lock:
            if self._answered:
                return
            self._answered = True
            if isinstance(result, BaseException):
                self._channel.fail(self.request, result)
            else:
                self._channel.send({"id": self.request, "result": result})

    def _outcome(self, index: int, outcome: Mapping[str, Any]) -> None:
        with self._lock:
            if index not in self._open:
                known = 0 <= index < len(self.plans)
                raise ValueError(f"plan {index} is answered {'twice' if known else 'and does not exist'}")
            self._open.remove(index)
            self._last = self._clock()
        self.tell({"event": "outcome", "index": self._places[index], **outcome})

    def tell(self, event: Mapping[str, Any]) -> None:
        """Something that is told before the answer; dropped after it."""
        with self._lock:
            if not self._answered:
                self._channel.send({"id": self.request, **event})

    def _clock(self) -> float:
        """Seconds, without those of pauses."""
        return time.monotonic() - self._gate.rested()


def report(error: BaseException) -> None:
    """Where an unexpected failure came from, for people."""
    traceback.print_exception(error, file=sys.stderr)
