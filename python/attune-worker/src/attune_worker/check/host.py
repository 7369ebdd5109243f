"""A host: starts a worker and asks it, as attune does."""

from __future__ import annotations

import collections
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..wire import PROTOCOL

TAIL = 20
"""Lines of standard error that a failure shows."""


class Broken(Exception):
    """A promise is broken."""


class Gone(Broken):
    """There is nobody left to ask: the worker has ended, talks nonsense, or hangs."""


class Failed(Exception):
    """A request is answered by an error."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(f"{error.get('kind')}: {error.get('message')}")
        self.kind, self.error = error.get("kind"), error


class Call:
    """A request that was sent."""

    def __init__(self, host: Host, number: int, method: str) -> None:
        self.number, self.method = number, method
        self.events: list[dict[str, Any]] = []
        self._host = host
        self._answer: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.heard = threading.Event()

    def take(self, message: dict[str, Any]) -> None:
        if "event" in message:
            self.events.append(message)
            self.heard.set()
        else:
            self._answer.put(message)

    def result(self, seconds: float | None = None) -> dict[str, Any]:
        """The result. Raises `Failed`, or `Broken` where none comes: within `seconds`, or as long as the
        worker lives."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            try:
                answer = self._answer.get(timeout=0.02 if end else 0.2)
            except queue.Empty:
                self._host.look()
                if end is not None and time.monotonic() > end:
                    raise Broken(f"`{self.method}` is not answered within {seconds} s") from None
                continue
            self._host.look_at_lines()
            if "error" in answer:
                raise Failed(answer["error"])
            if not isinstance(answer.get("result"), dict):
                raise Broken(f"`{self.method}` is answered by neither a result nor an error: {answer}")
            return dict(answer["result"])


class Host:
    """A worker that runs."""

    def __init__(self, command: Sequence[str], idle: float = 60.0) -> None:
        self._process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._calls: dict[int, Call] = {}
        self._lock = threading.Lock()
        self._next = 1
        self._idle = idle
        self._last = time.monotonic()
        self._ended = False
        self._nonsense: str | None = None
        self._heartbeat = threading.Event()
        self._stray: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._tail: collections.deque[str] = collections.deque(maxlen=TAIL)
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._overhear, daemon=True).start()

    def call(self, method: str, **keys: Any) -> Call:
        """Sends a request; keys with `_` for `-`."""
        with self._lock:
            call = Call(self, self._next, method)
            self._next += 1
            self._calls[call.number] = call
        named = {name.replace("_", "-"): value for name, value in keys.items()}
        self.raw(json.dumps({"id": call.number, "method": method, **named}).encode() + b"\n")
        return call

    def ask(self, method: str, **keys: Any) -> dict[str, Any]:
        return self.call(method, **keys).result()

    def note(self, method: str, **keys: Any) -> None:
        self.raw(json.dumps({"method": method, **keys}).encode() + b"\n")

    def hello(self) -> dict[str, Any]:
        answer = self.ask("hello", protocol=PROTOCOL, host="attune_worker.check")
        self._idle = float(answer.get("idle-seconds") or self._idle)
        return answer

    def raw(self, line: bytes) -> None:
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except OSError:
            self._ended = True
            self.look()

    def stray_error(self, seconds: float) -> dict[str, Any]:
        """The next error that belongs to no request: the answer to a line that was none."""
        try:
            return self._stray.get(timeout=seconds)
        except queue.Empty:
            self.look()
            raise Broken(f"garbage is not answered within {seconds} s") from None

    def heartbeat(self, seconds: float) -> bool:
        """Whether one comes in the next `seconds`."""
        self._heartbeat.clear()
        return self._heartbeat.wait(seconds)

    def look(self) -> None:
        """Raises `Gone` where the worker has ended, talks nonsense, or has long said nothing."""
        self.look_at_lines()
        if self._ended:
            tail = "".join(f"\n    {line}" for line in self._tail)
            raise Gone(f"it has ended ({self._code()}); the last lines of its standard error:{tail}")
        silent = time.monotonic() - self._last
        if silent > self._idle:
            raise Gone(f"it has said nothing for {silent:.0f} s")

    def look_at_lines(self) -> None:
        """Raises `Gone` where something on its standard output was no line of the protocol."""
        if self._nonsense is not None:
            raise Gone(f"it says what is no line of the protocol: {self._nonsense}")

    def end(self, ask: bool, seconds: float) -> int:
        """Its exit code after `close`, or after its standard input has ended."""
        assert self._process.stdin is not None
        if ask:
            self.call("close").result(seconds)
        self._process.stdin.close()
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Broken(f"it runs on {seconds} s after the end") from None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _code(self) -> str:
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "it has closed its standard output"
        return f"exit code {code}" if code >= 0 else f"signal {-code}"

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._last = time.monotonic()
            try:
                self._take(json.loads(line, parse_constant=_no_constant))
            except (ValueError, KeyError, TypeError) as error:
                self._nonsense = self._nonsense or f"{line[:200]!r} ({error})"
        self._ended = True

    def _take(self, message: Any) -> None:
        if message.get("event") == "heartbeat" and message.get("id") is None:
            self._heartbeat.set()
        elif message.get("id") is None:
            self._stray.put(message["error"])
        else:
            with self._lock:
                call = self._calls[message["id"]]
                if "event" not in message:
                    del self._calls[message["id"]]
            call.take(message)

    def _overhear(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            text = line.decode(errors="replace").rstrip()
            self._tail.append(text)
            print(f"  | {text}", file=sys.stderr)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
