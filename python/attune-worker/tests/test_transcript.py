"""The committed session of the protocol, played: this package says the worker's part of it to the letter."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import jsonschema
import pytest

from attune_worker import (
    BadRequest,
    Batch,
    Evaluator,
    EvaluatorError,
    Metric,
    NotFinite,
    Opened,
    Opening,
    Outputs,
    Plan,
    Scores,
    Session,
    Signal,
    Split,
    Unsupported,
    Work,
    serve,
)
from attune_worker.channel import Channel

DOCS = Path(__file__).parents[3] / "docs" / "evaluator-protocol"
LINES = [
    (line[0], json.loads(line[2:]))
    for line in (DOCS / "session.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
SAID = [line for who, line in LINES if who == "<" and line.get("event") != "heartbeat"]
ASKED = [line for who, line in LINES if who == ">"]


def answer(number: int) -> dict[str, Any]:
    """The transcript's answer to a request."""
    return next(line for line in SAID if line["id"] == number and "event" not in line)


def raised(error: Mapping[str, Any]) -> EvaluatorError:
    if error["kind"] == "unsupported":
        return Unsupported(error["edit"], error["message"])
    if error["kind"] == "not-finite":
        return NotFinite(error["metric"], error["item"], float(error["value"]))
    return {"bad-request": BadRequest}.get(error["kind"], EvaluatorError)(error["message"])


class Player(Evaluator, Session):
    """An evaluator whose values are those of the transcript."""

    def __init__(self) -> None:
        hello = dict(answer(1)["result"])
        hello.pop("protocol")
        self.name, self.version = hello.pop("name"), hello.pop("version")
        self.summary = hello.pop("summary")
        self._hello = hello
        self._tell: Callable[[str], None] = print

    def describe(self) -> Mapping[str, Any]:
        return self._hello

    def open(self, opening: Opening, tell: Callable[[str], None]) -> Session:
        asked = next(line for line in ASKED if line["method"] == "open")
        assert opening.memory == asked["memory"]
        assert str(opening.task.elsewhere["code"]) == asked["task"]["elsewhere"]["code"]
        assert opening.task.options == asked["task"]["options"]
        self._tell = tell
        self._progress(2)
        return self

    def _progress(self, number: int) -> None:
        for line in SAID:
            if line["id"] == number and line.get("event") == "progress":
                self._tell(line["message"])

    @property
    def opened(self) -> Opened:
        result = answer(2)["result"]
        task = result["task"]
        return Opened(
            device=result["device"],
            numerics=result["numerics"],
            metrics=[Metric(**metric) for metric in task["metrics"]],
            splits={name: Split(**split) for name, split in task["splits"].items()},
            name=result["facts"]["name"],
            facts=result["facts"]["values"],
            concurrency=result["concurrency"],
            edits=result["edits"],
        )

    def load(self) -> str:
        (number,) = (line["id"] for line in ASKED if line["method"] == "load")
        self._progress(number)
        return str(answer(number)["result"]["fingerprint"])

    def check(self, plan: Plan) -> str | None:
        for line in ASKED:
            if line["method"] == "check" and "error" in answer(line["id"]):
                error = answer(line["id"])["error"]
                if error["edit"] in map(str, plan):
                    raise raised(error)
        return None

    def evaluate(self, batch: Batch) -> None:
        asked = next(
            line
            for line in ASKED
            if line["method"] == "evaluate" and (line["split"], line["items"]) == (batch.split, batch.items)
        )
        for line in (line for line in SAID if line["id"] == asked["id"]):
            if line.get("event") == "progress":
                batch.progress(line["evaluations"])
            elif "scores" in line:
                scores = {name: Scores(**score) for name, score in line["scores"].items()}
                batch.done(line["index"], scores, Work(**line["work"]), line["seconds"])
            elif line.get("event") == "outcome":
                batch.fail(line["index"], raised(line["error"]))
            elif "error" in line:
                while True:
                    batch.breathe()

    def signal(self, name: str, args: Mapping[str, Any], batch: Batch) -> Signal:
        asked = next(line for line in ASKED if line["method"] == "signal" and line["name"] == name)
        assert args == asked["args"]
        for line in (line for line in SAID if line["id"] == asked["id"]):
            if line.get("event") == "progress":
                batch.progress(line["evaluations"])
            elif "error" in line:
                raise raised(line["error"])
        result = answer(asked["id"])["result"]
        axes = [(axis["name"], axis["len"]) for axis in result["axes"]]
        return Signal(axes, result["values"], Work(**result["work"]))

    def outputs(self, plan: Plan, batch: Batch, positions: int) -> Iterator[Outputs]:
        asked = next(line for line in ASKED if line["method"] == "outputs")
        assert (asked["items"], asked["split"], asked["positions"]) == (batch.items, batch.split, positions)
        assert [edit.kind for edit in plan] == [edit["edit"] for edit in asked["plan"]]
        for line in (line for line in SAID if line["id"] == asked["id"] and "event" in line):
            values = base64.b64decode(line["values"])
            yield Outputs(line["item"], line["inputs"], line["positions"], line["width"], values)

    def choices(self, plan: Plan, batch: Batch) -> Iterator[tuple[int, list[bytes]]]:
        asked = next(line for line in ASKED if line["method"] == "choices")
        assert [edit.kind for edit in plan] == [edit["edit"] for edit in asked["plan"]]
        lines = (line for line in SAID if line["id"] == asked["id"] and "event" in line)
        yield 0, [base64.b64decode(line["bytes"]) for line in lines]

    def bounds(self, batch: Batch) -> Mapping[str, Sequence[float | None]]:
        asked = next(line for line in ASKED if line["method"] == "bounds")
        assert (asked["items"], asked["split"]) == (batch.items, batch.split)
        known: Mapping[str, Sequence[float | None]] = answer(asked["id"])["result"]["bounds"]
        return known

    def peak_memory(self) -> int | None:
        return 1048576


def spoken(line: dict[str, Any]) -> dict[str, Any]:
    """A line without what each worker words by itself."""
    if line.get("error", {}).get("kind") == "not-finite":
        line = {**line, "error": {key: value for key, value in line["error"].items() if key != "message"}}
    return line


def next_line(reader: BinaryIO) -> dict[str, Any]:
    while True:
        line: dict[str, Any] = json.loads(reader.readline())
        if line.get("event") != "heartbeat":
            return line


@pytest.fixture
def heard() -> list[dict[str, Any]]:
    """What the package says in the transcript's session."""
    ours, theirs = os.pipe(), os.pipe()
    channel = Channel(os.fdopen(ours[0], "rb"), os.fdopen(theirs[1], "wb"))
    threading.Thread(target=serve, args=[Player(), channel], daemon=True).start()
    host, worker = os.fdopen(ours[1], "wb", buffering=0), os.fdopen(theirs[0], "rb")
    lines = []
    for who, line in LINES:
        if who == ">":
            host.write(json.dumps(line).encode() + b"\n")
        elif line.get("event") != "heartbeat":
            lines.append(next_line(worker))
    return lines


def test_the_worker_says_its_part_of_it(heard: list[dict[str, Any]]) -> None:
    for found, expected in zip(heard, SAID, strict=True):
        assert spoken(found) == spoken(expected)


@pytest.mark.skipif(not list(DOCS.glob("*.schema.json")), reason="the schemas are not written yet")
def test_every_line_is_one_of_the_schemas(heard: list[dict[str, Any]]) -> None:
    def schema(name: str) -> Any:
        return json.loads((DOCS / f"{name}.schema.json").read_text())

    methods = {line["id"]: line["method"] for line in ASKED if "id" in line}
    line_schema = jsonschema.Draft202012Validator(schema("worker-line"))
    for line in heard:
        line_schema.validate(line)
        method = methods[line["id"]]
        if "result" in line and method != "close":
            jsonschema.validate(line["result"], schema(f"{method}-result"))
