"""The protocol loop: reads requests, runs them, and says that it lives.

One thread reads; `open`, `load` and `check` run one after the other on a second, `evaluate`, `signal`,
`outputs`, `choices` and `bounds` on as many as the session allows, and one sends heartbeats.
"""

from __future__ import annotations

import base64
import json
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from .batch import PauseGate, RunningBatch, report
from .channel import Channel
from .evaluator import BadRequest, Evaluator, EvaluatorError, Opened, Plan, Session
from .vocabulary import Vocabulary
from .wire import (
    PROTOCOL,
    bounds_json,
    field,
    json_value,
    opened_json,
    opening_of,
    outputs_json,
    plan_of,
    settings_of,
    work_json,
)

HEARTBEAT = 2.0
"""Seconds between heartbeats; the protocol wants one every five."""
CLOSING = 4.0
"""Seconds that running requests and the session get to end at the close."""


def serve(evaluator: Evaluator, channel: Channel | None = None) -> None:
    """Speaks with the host until it closes. Without a channel on standard input and output, which it takes
    for itself."""
    if channel is None:
        if sys.stdin is not None and sys.stdin.isatty():
            hint = "attune starts it; to try it: python -m attune_worker.check -- COMMAND"
            print(f"{evaluator.name} is a worker for attune. {hint}", file=sys.stderr)
        elif threading.current_thread() is threading.main_thread():
            # Ctrl-C reaches the whole group of a terminal; the host decides what it means.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        channel = Channel.of_process()
    _Worker(evaluator, channel).run()


class _Lane:
    """Threads that take jobs in order. They are daemons: a job that hangs does not keep the process."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._threads = 0

    def grow(self, threads: int) -> None:
        for number in range(self._threads, threads):
            threading.Thread(target=self._run, name=f"{self._name}-{number}", daemon=True).start()
        self._threads = max(self._threads, threads)

    def add(self, job: Callable[[], None]) -> None:
        self._jobs.put(job)

    def _run(self) -> None:
        while True:
            self._jobs.get()()


PIECE = 1 << 20
"""Bytes of a choice in one line, at most."""


def pieces(part: bytes) -> list[bytes]:
    """In pieces that a line holds, one at least."""
    return [part[first : first + PIECE] for first in range(0, max(1, len(part)), PIECE)]


class _Worker:
    def __init__(self, evaluator: Evaluator, channel: Channel) -> None:
        self._evaluator, self._channel = evaluator, channel
        self._gate = PauseGate()
        self._vocabulary = Vocabulary([])
        self._session: Session | None = None
        self._opened: Opened | None = None
        self._loaded = False
        self._telling: int | None = None
        self._running: dict[int, RunningBatch] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._greeted = False
        self._control, self._work = _Lane("control"), _Lane("work")
        self._control.grow(1)
        self._methods: dict[str, Callable[[int, Mapping[str, Any]], Any]] = {
            "open": self._open,
            "load": self._load,
            "check": self._check,
        }
        self._long: dict[str, Callable[[RunningBatch, Mapping[str, Any]], Mapping[str, Any]]] = {
            "evaluate": self._evaluate,
            "signal": self._signal,
            "outputs": self._outputs,
            "choices": self._choices,
            "bounds": self._bounds,
        }

    def run(self) -> None:
        closing: int | None = None
        for line in self._channel.lines():
            closing = self._take(line)
            if closing is not None:
                break
        self._call_off_all()
        self._over.set()
        self._close()
        if closing is not None:
            self._channel.send({"id": closing, "result": {}})

    def _take(self, line: bytes | None) -> int | None:
        """Starts what a line asks for; the number of the request when it is `close`."""
        request: Any = None
        try:
            if line is None:
                raise BadRequest("the line is longer than 64 MiB")
            try:
                request = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadRequest(f"the line is not JSON: {error}") from None
            if not isinstance(request, dict):
                raise BadRequest("the line is no JSON object")
            method = field(request, "method", str, "request")
            if "id" not in request:
                self._note(method, request)
                return None
            number: int = field(request, "id", int, method)
            if method == "close":
                return number
            self._start(number, method, request)
        except Exception as error:
            if not isinstance(error, EvaluatorError):
                report(error)
            number_or_none = request.get("id") if isinstance(request, dict) else None
            self._channel.fail(number_or_none if type(number_or_none) is int else None, error)
        return None

    def _note(self, method: str, note: Mapping[str, Any]) -> None:
        if method == "pause":
            self._gate.pause()
        elif method == "resume":
            self._gate.resume()
        elif method == "cancel":
            with self._lock:
                batch = self._running.get(note.get("request", -1))
            if batch:
                batch.call_off()

    def _start(self, number: int, method: str, request: Mapping[str, Any]) -> None:
        if method == "hello":
            self._channel.send({"id": number, "result": self._hello(request)})
            if not self._greeted:
                self._greeted = True
                threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        elif method in self._long:
            batch = self._batch(number, method, request)
            run = self._long[method]
            with self._lock:
                self._running[number] = batch
            self._work.add(lambda: self._run_batch(batch, run, request))
        elif method in self._methods:
            self._control.add(lambda: self._answer(number, self._methods[method], request))
        else:
            raise BadRequest(f"unknown method `{method}`; this worker speaks {PROTOCOL}")

    def _answer(
        self, number: int, method: Callable[[int, Mapping[str, Any]], Any], request: Mapping[str, Any]
    ) -> None:
        try:
            self._channel.send({"id": number, "result": method(number, request)})
        except Exception as error:
            if not isinstance(error, EvaluatorError):
                report(error)
            self._channel.fail(number, error)

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT):
            self._channel.send({"event": "heartbeat"})

    def _hello(self, request: Mapping[str, Any]) -> dict[str, Any]:
        spoken = request.get("protocol")
        if spoken != PROTOCOL:
            raise BadRequest(f"the host speaks {spoken}; this worker speaks {PROTOCOL}")
        described = dict(self._evaluator.describe())
        self._vocabulary = Vocabulary(described.get("edits", ()))
        evaluator = self._evaluator
        who = {"protocol": PROTOCOL, "name": evaluator.name, "version": evaluator.version}
        lists: dict[str, Any] = {"options": [], "tasks": [], "edits": [], "signals": []}
        return {**who, "summary": evaluator.summary, **lists, **json_value(described)}

    def _open(self, number: int, request: Mapping[str, Any]) -> dict[str, Any]:
        if self._session is not None:
            raise BadRequest("`open` was answered before")
        opening = opening_of(request)
        self._telling = number
        session = self._evaluator.open(opening, self._tell)
        opened = session.opened
        if opened.edits is not None:
            self._vocabulary = self._vocabulary.subset(opened.edits)
        result = opened_json(opened, opening.task.kind, opening.model)
        self._session, self._opened = session, opened
        self._work.grow(max(1, opened.concurrency))
        return result

    def _tell(self, message: str) -> None:
        if self._telling is not None:
            self._channel.send({"id": self._telling, "event": "progress", "message": str(message)})

    def _load(self, number: int, request: Mapping[str, Any]) -> dict[str, Any]:
        session = self._sure()
        self._telling = number
        fingerprint = session.load()
        self._telling = None
        self._loaded = True
        return {"fingerprint": fingerprint}

    def _check(self, number: int, request: Mapping[str, Any]) -> dict[str, Any]:
        plan = self._vocabulary.accept_plan(plan_of(request.get("plan")))
        return {"calibration": self._sure().check(plan)}

    def _sure(self) -> Session:
        if self._session is None:
            raise BadRequest("nothing is open: `open` comes first")
        return self._session

    def _batch(self, number: int, method: str, request: Mapping[str, Any]) -> RunningBatch:
        if not self._loaded or self._opened is None:
            raise BadRequest(f"nothing is loaded: `open` and `load` come before `{method}`")
        if method == "choices":
            # It is about a plan, and no data that a plan is scored on.
            return RunningBatch(self._channel, self._gate, number, "selection", [], None, [])
        split = field(request, "split", str, method)
        items = field(request, "items", list, method)
        held = self._opened.splits.get(split)
        if held is None:
            raise BadRequest(f"there is no split `{split}`; there are {', '.join(self._opened.splits)}")
        for item in items:
            if type(item) is not int or not 0 <= item < held.items:
                raise BadRequest(f"split `{split}` has {held.items} items, and item {item} is asked for")
        if len(set(items)) != len(items):
            raise BadRequest("an item is asked for twice")
        deadline = request.get("deadline")
        metrics = [metric.name for metric in self._opened.metrics]
        return RunningBatch(
            self._channel,
            self._gate,
            number,
            split,
            items,
            None if deadline is None else float(deadline),
            metrics,
        )

    def _run_batch(
        self,
        batch: RunningBatch,
        run: Callable[[RunningBatch, Mapping[str, Any]], Mapping[str, Any]],
        request: Mapping[str, Any],
    ) -> None:
        try:
            batch.breathe()
            batch.answer(run(batch, request))
        except Exception as error:
            if not isinstance(error, EvaluatorError):
                report(error)
            batch.answer(error)
        finally:
            with self._lock:
                self._running.pop(batch.request, None)

    def _evaluate(self, batch: RunningBatch, request: Mapping[str, Any]) -> Mapping[str, Any]:
        session = self._sure()
        asked = [plan_of(plan) for plan in field(request, "plans", list, "evaluate")]
        plans: list[Plan] = []
        places: list[int] = []
        for place, plan in enumerate(asked):
            try:
                accepted = self._vocabulary.accept_plan(plan)
                session.check(accepted)
            except EvaluatorError as refusal:
                batch.refuse(place, refusal)
                continue
            plans.append(accepted)
            places.append(place)
        batch.of_plans(plans, places)
        if plans:
            session.evaluate(batch)
        for index in batch.unanswered():
            batch.fail(index, EvaluatorError("the evaluator did not answer this plan"))
        return {"peak-memory": session.peak_memory()}

    def _signal(self, batch: RunningBatch, request: Mapping[str, Any]) -> Mapping[str, Any]:
        name = field(request, "name", str, "signal")
        measured = self._sure().signal(name, settings_of(request.get("args") or {}), batch)
        axes = [{"name": axis, "len": int(length)} for axis, length in measured.axes]
        result: dict[str, Any] = {"axes": axes, "values": [float(value) for value in measured.values]}
        if measured.work is not None:
            result["work"] = work_json(measured.work)
        return result

    def _outputs(self, batch: RunningBatch, request: Mapping[str, Any]) -> Mapping[str, Any]:
        session = self._sure()
        plan = self._vocabulary.accept_plan(plan_of(request.get("plan")))
        session.check(plan)
        positions = field(request, "positions", int, "outputs")
        for outputs in session.outputs(plan, batch, positions):
            batch.breathe()
            batch.tell({"event": "outputs", **outputs_json(outputs)})
        return {}

    def _choices(self, batch: RunningBatch, request: Mapping[str, Any]) -> Mapping[str, Any]:
        session = self._sure()
        plan = self._vocabulary.accept_plan(plan_of(request.get("plan")))
        session.check(plan)
        for place, parts in session.choices(plan, batch):
            for number, part in enumerate(parts):
                for piece in pieces(part):
                    batch.breathe()
                    said = {"event": "choice", "edit": int(place), "part": number}
                    batch.tell({**said, "bytes": base64.b64encode(piece).decode("ascii")})
        return {}

    def _bounds(self, batch: RunningBatch, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"bounds": bounds_json(self._sure().bounds(batch), batch.metrics, len(batch.items))}

    def _call_off_all(self) -> None:
        with self._lock:
            running = list(self._running.values())
        for batch in running:
            batch.call_off()

    def _close(self) -> None:
        session = self._session
        if session is None:
            return
        ended = threading.Event()

        def close() -> None:
            try:
                session.close()
            except Exception as error:
                report(error)
            ended.set()

        # Behind what runs on the control lane: a session is not closed while it loads.
        self._control.add(close)
        ended.wait(CLOSING)
