"""The actors: started, compared, replaced when lost."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import ray
from attune_worker.evaluator import (
    Evaluator,
    EvaluatorError,
    Opened,
    Opening,
)

from .actor import Actor
from .cluster import connect, require

T = TypeVar("T")
START = 600.0
"""Seconds in which an actor has to find its place, start and open."""
STARTS = 3
"""Starts in a row of one actor that may fail."""


class Lost(Exception):
    """The actor is gone: its process, its machine or its memory."""


class Slot:
    """One actor, and the ones that come after it. `handle` is none while there is none that is ready."""

    def __init__(self, actors: Actors, number: int) -> None:
        self.number = number
        self.handle: Any = None
        self.failure: BaseException | None = None
        """Why the last renewal has failed."""
        self._actors = actors
        self._lock = threading.Lock()
        self._is_renewing = False

    def ask(self, method: str, *arguments: Any, seconds: float | None = None) -> Any:
        """The answer of a short method. Raises `Lost`, and what the method raises."""
        call = self._method(method).options(concurrency_group="control")
        return answered(lambda: ray.get(call.remote(*arguments), timeout=seconds))

    def stream(self, method: str, *arguments: Any) -> Any:
        """A generator of references to messages. Raises `Lost`."""
        call = self._method(method).options(concurrency_group="work", num_returns="streaming")
        return answered(lambda: call.remote(*arguments))

    def tell(self, method: str, *arguments: Any) -> None:
        """Calls a short method, without an answer."""
        handle = self.handle
        if handle is not None:
            getattr(handle, method).options(concurrency_group="control").remote(*arguments)

    def start(self) -> Opened:
        """The first actor, that has opened. Raises `Lost`, or what opening raises."""
        self.handle, opened = self._open()
        return opened

    def renew(self) -> None:
        """Begins to put another actor in the place of one that is lost; who waits for it looks at `handle`
        and `failure`. What can go on without it does."""
        with self._lock:
            if self._is_renewing:
                return
            self._is_renewing, self.failure = True, None
        self.end()
        threading.Thread(target=self._renew, daemon=True).start()

    def end(self) -> None:
        """Ends its process."""
        handle, self.handle = self.handle, None
        if handle is not None:
            answered(lambda: ray.kill(handle, no_restart=True))

    def _renew(self) -> None:
        try:
            for attempt in range(1, STARTS + 1):
                try:
                    handle, opened = self._open()
                    self._actors.compare(opened)
                    if self._actors.fingerprint is not None:
                        loaded = handle.load.remote()
                        self._actors.compare_subject(answered(partial(ray.get, loaded)))
                    self.handle = handle
                    return
                except Lost:
                    if attempt == STARTS:
                        raise
        except BaseException as failure:
            self.failure = failure
        finally:
            with self._lock:
                self._is_renewing = False

    def _open(self) -> tuple[Any, Opened]:
        handle = self._actors.new()
        opened: Opened = answered(lambda: ray.get(handle.open.remote(*self._actors.asked), timeout=START))
        return handle, opened

    def _method(self, name: str) -> Any:
        handle = self.handle
        if handle is None:
            raise Lost("it is being replaced")
        return getattr(handle, name)


class Actors:
    """All slots, which have the same session in them."""

    def __init__(
        self,
        factory: Callable[[], Evaluator],
        opening: Opening,
        count: int,
        gpus: float,
        cpus: int,
        address: str,
        tell: Callable[[str], None],
    ) -> None:
        self.asked = (factory, opening)
        """What each actor opens."""
        self.fingerprint: str | None = None
        self._has_connected = connect(address, count * cpus, tell)
        require(count, gpus, cpus)
        tell(f"{count} Ray actors start")
        groups = {"work": 1, "control": 4}
        self._class = ray.remote(concurrency_groups=groups, max_restarts=0, num_gpus=gpus, num_cpus=cpus)(
            Actor
        )
        self.slots = [Slot(self, number) for number in range(count)]
        opened = together([slot.start for slot in self.slots])
        self.opened: Opened = opened[0]
        for other in opened[1:]:
            self.compare(other)

    def new(self) -> Any:
        """An actor that begins to start."""
        return self._class.remote()

    def load(self) -> str:
        """Loads everywhere; the fingerprint of the subject."""
        found: list[str] = together([partial(slot.ask, "load") for slot in self.slots])
        self.fingerprint = found[0]
        for other in found[1:]:
            self.compare_subject(other)
        return found[0]

    def compare(self, other: Opened) -> None:
        """Raises `EvaluatorError` where an actor would score otherwise than the first."""
        for name in ("device", "numerics", "metrics", "splits", "edits"):
            first, found = getattr(self.opened, name), getattr(other, name)
            if _kind(name, first) != _kind(name, found):
                raise EvaluatorError(
                    f"actors differ in `{name}`: {first} and {found}; a study needs machines of one kind"
                )

    def compare_subject(self, other: str) -> None:
        if other != self.fingerprint:
            raise EvaluatorError(
                "actors have loaded different subjects; give the model by a path that is the same everywhere"
            )

    def close(self) -> None:
        for slot in self.slots:
            try:
                slot.ask("close", seconds=2.0)
            except Exception as error:
                # It is gone already, or will be in a moment.
                print(f"actor {slot.number}: {type(error).__name__}: {error}")
            slot.end()
        if self._has_connected:
            ray.shutdown()


def answered(ask: Callable[[], T]) -> T:
    """What Ray answers; its words for an actor that is gone as `Lost`, and a failure of the actor's own as it
    was raised."""
    try:
        return ask()
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        raise cause if isinstance(cause, Exception) else EvaluatorError(str(error)) from None
    except (ray.exceptions.RayError, StopIteration) as error:
        raise Lost(f"{type(error).__name__}: {error}") from None


def together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """All of them at once. Raises the first failure, `Lost` as `EvaluatorError`."""
    results: list[T | BaseException] = [EvaluatorError("not called")] * len(calls)

    def run(number: int) -> None:
        try:
            results[number] = calls[number]()
        except Lost as error:
            results[number] = EvaluatorError(f"actor {number} was lost: {error}")
        except BaseException as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=[number], daemon=True) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found: list[T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        found.append(result)
    return found


def _kind(name: str, value: Any) -> Any:
    # Which GPU it is differs, and counts for nothing.
    return re.sub(r":\d+", "", str(value)) if name == "device" else value
