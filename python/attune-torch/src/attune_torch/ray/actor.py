"""What runs in each actor: a session, asked for parts of batches, that tells of outcomes as they come."""

from __future__ import annotations

import os
import queue
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from attune_worker.evaluator import (
    Batch,
    Evaluator,
    EvaluatorError,
    Interrupted,
    Opened,
    Opening,
    Plan,
    Scores,
    Session,
    Work,
)

Message = tuple[Any, ...]
"""`("done", plan, scores, work, seconds)`, `("fail", plan, error)`, `("progress", evaluations)`, `("said",
text)`, and last `("end", result)` or `("error", error)`."""


class Actor:
    """One session. Methods that compute run one at a time; the others are answered meanwhile."""

    def __init__(self) -> None:
        self._session: Session
        # One thread for all that computes: libraries keep state for each thread.
        self._thread = ThreadPoolExecutor(1)
        self._running: dict[int, ActorBatch] = {}
        self._called_off: set[int] = set()
        self._goes_on = threading.Event()
        self._goes_on.set()

    def open(self, factory: Callable[[], Evaluator], opening: Opening) -> Opened:
        # Not in the constructor: Ray would make any failure there one of the actor.
        self._session = self._thread.submit(lambda: factory().open(opening, _tell)).result()
        return self._session.opened

    def process(self) -> int:
        """Its process id."""
        return os.getpid()

    def load(self) -> str:
        return self._thread.submit(self._session.load).result()

    def check(self, plan: Plan) -> str | None:
        return self._session.check(plan)

    def peak_memory(self) -> int | None:
        return self._session.peak_memory()

    def evaluate(
        self, token: int, plans: Sequence[Plan], split: str, items: Sequence[int], deadline: float | None
    ) -> Iterator[Message]:
        """What becomes of each plan, by its position in `plans`."""
        yield from self._run(
            ActorBatch(plans, split, items, deadline, self._goes_on), token, self._session.evaluate
        )

    def signal(
        self, token: int, name: str, args: Mapping[str, Any], split: str, items: Sequence[int]
    ) -> Iterator[Message]:
        batch = ActorBatch((), split, items, None, self._goes_on)
        yield from self._run(batch, token, lambda running: self._session.signal(name, args, running))

    def outputs(
        self, token: int, plan: Plan, positions: int, split: str, items: Sequence[int]
    ) -> Iterator[Message]:
        """What the subject computes under a plan: a list of `Outputs`, as the result at the end."""
        batch = ActorBatch((), split, items, None, self._goes_on)
        yield from self._run(
            batch, token, lambda running: list(self._session.outputs(plan, running, positions))
        )

    def call_off(self, token: int) -> None:
        """Ends what runs under this number, or will."""
        self._called_off.add(token)
        for batch in list(self._running.values()):
            if batch.token == token:
                batch.call_off()

    def pause(self, on: bool) -> None:
        if on:
            self._goes_on.clear()
        else:
            self._goes_on.set()

    def close(self) -> None:
        self._session.close()

    def _run(self, batch: ActorBatch, token: int, work: Callable[[ActorBatch], Any]) -> Iterator[Message]:
        batch.token = token
        self._running[id(batch)] = batch
        if token in self._called_off:
            batch.call_off()

        def run() -> None:
            try:
                batch.breathe()
                batch.messages.put(("end", work(batch)))
            except BaseException as error:
                batch.messages.put(("error", batch.portable(error)))

        self._thread.submit(run)
        try:
            while True:
                message = batch.messages.get()
                yield message
                if message[0] in ("end", "error"):
                    return
        finally:
            self._running.pop(id(batch), None)


class ActorBatch(Batch):
    """A part of a batch, in an actor."""

    token = 0

    def __init__(
        self,
        plans: Sequence[Plan],
        split: str,
        items: Sequence[int],
        deadline: float | None,
        goes_on: threading.Event,
    ) -> None:
        self.plans, self.split, self.items, self.deadline = plans, split, items, deadline
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._goes_on = goes_on
        self._is_over = False

    def done(
        self, index: int, scores: Mapping[str, Scores], work: Work | None = None, seconds: float | None = None
    ) -> None:
        plain = {
            name: Scores(
                [float(value) for value in score.items],
                None if score.weights is None else [float(weight) for weight in score.weights],
                score.aggregate,
            )
            for name, score in scores.items()
        }
        self.messages.put(("done", index, plain, work, seconds))

    def fail(self, index: int, error: Exception) -> None:
        self.messages.put(("fail", index, self.portable(error)))

    def progress(self, evaluations: float) -> None:
        self.messages.put(("progress", float(evaluations)))

    def breathe(self) -> None:
        while not self._is_over and not self._goes_on.wait(0.1):
            pass
        if self._is_over:
            raise Interrupted("called off")

    def call_off(self) -> None:
        self._is_over = True

    def portable(self, error: BaseException) -> EvaluatorError:
        """The failure in a form that survives being pickled; where an unexpected one came from is said
        apart."""
        if isinstance(error, EvaluatorError):
            return error
        self.messages.put(("said", "".join(traceback.format_exception(error))))
        return EvaluatorError(f"{type(error).__name__}: {error}")


def _tell(message: str) -> None:
    print(message, flush=True)
