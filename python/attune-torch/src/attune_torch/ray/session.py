"""A session that shares each batch among actors."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import ray
from attune_worker.evaluator import Batch, EvaluatorError, Opened, Outputs, Plan, Session, Signal

from .actors import Actors, Lost, Slot, answered
from .gathering import Gathering
from .parts import Part, cut

GLANCE = 0.1
"""Seconds between looks at whether a batch is called off or paused."""
LEAVE = 5.0
"""Seconds in which actors have to end what is called off; then nobody waits for them."""
LOSSES = 2
"""Actors that may be lost on a part in a row with nothing known; then it is halved, and a single plan
fails."""


class RaySession(Session):
    """A session like that of each actor, only faster."""

    def __init__(self, actors: Actors) -> None:
        self._actors = actors
        self._tokens = itertools.count()

    @property
    def opened(self) -> Opened:
        return replace(self._actors.opened, concurrency=1)

    def load(self) -> str:
        return self._actors.load()

    def check(self, plan: Plan) -> str | None:
        calibration: str | None = self._short("check", plan)
        return calibration

    def peak_memory(self) -> int | None:
        """The most of any actor."""
        found = []
        for slot in self._actors.slots:
            try:
                found.append(slot.ask("peak_memory", seconds=5.0))
            except Lost:
                continue
        return max((peak for peak in found if peak is not None), default=None)

    def close(self) -> None:
        self._actors.close()

    def evaluate(self, batch: Batch) -> None:
        texts = ["\n".join(map(str, plan)) for plan in batch.plans]
        parts = cut(texts, len(batch.items), len(self._actors.slots))
        gathering = Gathering(batch)
        for part in parts:
            gathering.expect(part)
        _Shared(self._actors, batch, parts, next(self._tokens), gathering).run()

    def signal(self, name: str, args: Mapping[str, Any], batch: Batch) -> Signal:
        signal: Signal = self._whole(batch, "signal", name, args)
        return signal

    def outputs(self, plan: Plan, batch: Batch, positions: int) -> list[Outputs]:
        """Of one actor: few are asked for, and once."""
        found: list[Outputs] = self._whole(batch, "outputs", plan, positions)
        return found

    def _whole(self, batch: Batch, method: str, *arguments: Any) -> Any:
        """What a method of one actor makes of all items of a batch."""
        part = Part((), 0, len(batch.items))
        asked = (method, arguments)
        shared = _Shared(self._actors, batch, [part], next(self._tokens), Gathering(batch), asked)
        shared.run()
        return shared.result

    def _short(self, method: str, *arguments: Any) -> Any:
        """Of whichever actor is there, else of the first that comes."""
        slots = self._actors.slots
        while True:
            for slot in slots:
                try:
                    return slot.ask(method, *arguments)
                except Lost:
                    if slot.failure is None:
                        slot.renew()
            failures = [slot.failure for slot in slots if slot.failure is not None]
            if len(failures) == len(slots):
                raise EvaluatorError(f"all actors are lost, the last by {failures[-1]}")
            time.sleep(GLANCE)


class _Shared:
    """One batch under way: parts wait, slots take them, what a lost actor had comes back."""

    def __init__(
        self,
        actors: Actors,
        batch: Batch,
        parts: Sequence[Part],
        token: int,
        gathering: Gathering,
        whole: tuple[str, Sequence[Any]] | None = None,
    ) -> None:
        self._actors, self._batch, self._token = actors, batch, token
        self._gathering, self._whole = gathering, whole
        self._waiting = deque(parts)
        self._flying = self._retired = 0
        self._changed = threading.Condition()
        self._over = False
        self._failure: BaseException | None = None
        self._is_paused = False
        self.result: Any = None

    def run(self) -> None:
        """To the end. Raises what ends the whole batch."""
        threads = [
            threading.Thread(target=self._serve, args=[slot], daemon=True) for slot in self._actors.slots
        ]
        for thread in threads:
            thread.start()
        watch = _Watch(self._batch)
        try:
            while any(thread.is_alive() for thread in threads):
                for thread in threads:
                    thread.join(GLANCE / len(threads))
                self._pause(watch.is_held())
                if watch.failure is not None:
                    self._end(watch.failure)
                    break
        finally:
            watch.end()
        self._pause(False)
        if self._over:
            for slot in self._actors.slots:
                slot.tell("call_off", self._token)
            end = time.monotonic() + LEAVE
            for thread in threads:
                thread.join(max(0.0, end - time.monotonic()))
        if self._failure is not None:
            raise self._failure

    def _pause(self, on: bool) -> None:
        if on != self._is_paused:
            self._is_paused = on
            for slot in self._actors.slots:
                slot.tell("pause", on)

    def _end(self, failure: BaseException) -> None:
        with self._changed:
            self._failure = self._failure or failure
            self._over = True
            self._changed.notify_all()

    def _serve(self, slot: Slot) -> None:
        """One slot takes parts until all are done; while it has no actor, the others do without it."""
        try:
            while self._is_ready(slot) and (part := self._take()) is not None:
                try:
                    self._do(slot, part)
                    self._give()
                except Lost as lost:
                    slot.renew()
                    self._give(*self._again(part, lost))
        except Lost as lost:
            self._retire(lost)
        except BaseException as error:
            self._end(error)

    def _is_ready(self, slot: Slot) -> bool:
        """Waits for its actor, as long as there is anything to do. Raises why there will be none."""
        if slot.handle is None:
            slot.renew()
        while slot.handle is None:
            if slot.failure is not None:
                raise slot.failure
            with self._changed:
                if self._over or not (self._waiting or self._flying):
                    return False
                self._changed.wait(GLANCE)
        return True

    def _take(self) -> Part | None:
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._waiting or not self._flying)
            if self._over or not self._waiting:
                return None
            self._flying += 1
            return self._waiting.popleft()

    def _give(self, *parts: Part) -> None:
        with self._changed:
            self._flying -= 1
            self._waiting.extend(parts)
            self._changed.notify_all()

    def _retire(self, lost: Lost) -> None:
        """A slot gets no actor any more: the others do its part, as long as there is one."""
        with self._changed:
            self._retired += 1
        if self._retired == len(self._actors.slots):
            self._end(EvaluatorError(f"all actors are lost, the last by {lost}"))

    def _do(self, slot: Slot, part: Part) -> None:
        """Has a part done. Raises `Lost`, or what ends the whole batch."""
        items = list(self._batch.items[part.first : part.last])
        if self._whole is None:
            plans = [self._batch.plans[plan] for plan in part.plans]
            stream = slot.stream(
                "evaluate", self._token, plans, self._batch.split, items, self._batch.deadline
            )
        else:
            method, arguments = self._whole
            stream = slot.stream(method, self._token, *arguments, self._batch.split, items)
        self._gathering.begin(part)
        if self._is_paused:
            slot.tell("pause", True)
        while not self._over:
            ready, _ = ray.wait([stream], timeout=GLANCE)
            if not ready:
                continue
            message = answered(lambda: ray.get(next(stream)))
            if message[0] == "end":
                self.result = message[1]
                self._gathering.end(part)
                return
            if message[0] == "error":
                raise message[1]
            if message[0] == "said":
                print(f"actor {slot.number}: {message[1]}", file=sys.stderr, flush=True)
                continue
            self._gathering.take(part, message)

    def _again(self, part: Part, lost: Lost) -> list[Part]:
        """What is left of a part whose actor was lost; a plan that takes two actors with it fails."""
        left = self._gathering.left(part)
        losses = part.losses + 1 if len(left) == len(part.plans) else 0
        again = replace(part, plans=left, losses=losses)
        if self._whole is not None:
            if losses >= LOSSES:
                raise EvaluatorError(
                    f"{losses} actors were lost in a row while measuring; the last by {lost}"
                )
            return [again]
        if not left or losses < LOSSES:
            return [again] if left else []
        if len(left) == 1:
            failure = EvaluatorError(f"{losses} actors were lost on this plan; the last by {lost}")
            self._gathering.take(again, ("fail", 0, failure))
            return []
        middle = len(left) // 2
        return [replace(again, plans=half, losses=1) for half in (left[:middle], left[middle:])]


class _Watch:
    """Breathes for a batch: tells when it is held, and when it is called off."""

    def __init__(self, batch: Batch) -> None:
        self.failure: BaseException | None = None
        self._batch = batch
        self._since: float | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def is_held(self) -> bool:
        since = self._since
        return since is not None and time.monotonic() - since > GLANCE

    def end(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(GLANCE / 2):
            self._since = time.monotonic()
            try:
                self._batch.breathe()
            except BaseException as error:
                self.failure = error
                return
            self._since = None
