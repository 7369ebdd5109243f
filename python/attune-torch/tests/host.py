"""A host as a script: starts the worker, asks, and keeps what it hears."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[3]
MODEL = REPOSITORY / "models/tiny-moe"
PATIENCE = 300.0
"""Seconds that an answer may take on a machine that does much else."""


class Host:
    """Speaks with `python -m attune_torch`."""

    def __init__(self) -> None:
        packages = (REPOSITORY / "python" / name / "src" for name in ("attune-worker", "attune-torch"))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, packages)), "OMP_NUM_THREADS": "1"}
        self._worker = subprocess.Popen(
            [sys.executable, "-m", "attune_torch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
        )
        self._heard: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._number = 0
        self.events: list[dict[str, Any]] = []
        """Events that belong to the last request that was waited for."""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._worker.stdout is not None
        for line in self._worker.stdout:
            self._heard.put(json.loads(line))
        self._heard.put(None)

    def send(self, method: str, **keys: Any) -> int:
        """A request; its number."""
        self._number += 1
        self._write({"id": self._number, "method": method, **keys})
        return self._number

    def note(self, method: str, **keys: Any) -> None:
        self._write({"method": method, **keys})

    def _write(self, message: dict[str, Any]) -> None:
        assert self._worker.stdin is not None
        self._worker.stdin.write(json.dumps(message) + "\n")
        self._worker.stdin.flush()

    def answer(self, number: int) -> dict[str, Any]:
        """Waits for the answer to a request; its events are then in `events`."""
        self.events = []
        while True:
            message = self.hear()
            if message.get("id") != number:
                continue
            if "event" not in message:
                return message
            self.events.append(message)

    def hear(self) -> dict[str, Any]:
        """The next message, heartbeats left out."""
        while True:
            message = self._heard.get(timeout=PATIENCE)
            assert message is not None, "the worker has ended"
            if message.get("event") != "heartbeat":
                return message

    def ask(self, method: str, **keys: Any) -> dict[str, Any]:
        """The result of a request."""
        answer = self.answer(self.send(method, **keys))
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def refused(self, method: str, **keys: Any) -> dict[str, Any]:
        """The error of a request."""
        error: dict[str, Any] = self.answer(self.send(method, **keys))["error"]
        return error

    def hello(self) -> dict[str, Any]:
        return self.ask("hello", protocol="attune-evaluator/1", host="a test")

    def open(self, model: Path = MODEL, task: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        data = MODEL / "data"
        usual = {
            "kind": "text",
            "options": {"length": 64, "lengths": {}, "passkeys": {}},
            "base": str(data),
            "selection": str(data / "prose.selection.txt"),
            "report": str(data / "prose.report.txt"),
            "elsewhere": {},
            "selection-items": 16,
            "report-items": 16,
        }
        return self.ask(
            "open", model=str(model), device="cpu", options={"dtype": "float32", **options}, task=usual | (task or {}), memory=None
        )

    def scores(self, plans: list[list[dict[str, Any]]], items: list[int], split: str = "selection") -> list[dict[str, Any]]:
        """The outcome of each plan."""
        self.ask("evaluate", plans=plans, split=split, items=items, deadline=None)
        outcomes = {event["index"]: event for event in self.events if event["event"] == "outcome"}
        return [outcomes[index] for index in range(len(plans))]

    def close(self) -> int:
        """Ends the worker; its exit status."""
        assert self._worker.stdin is not None
        if self._worker.poll() is None:
            self.ask("close")
            self._worker.stdin.close()
        return self._worker.wait(timeout=PATIENCE)

    def kill(self) -> None:
        self._worker.kill()
        self._worker.wait()
