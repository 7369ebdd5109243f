"""A session without a model, for the tests of Ray: slow enough to be killed in the middle."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attune_worker.evaluator import (
    BadRequest,
    Batch,
    Deadline,
    Evaluator,
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
)

ITEMS = 12


class Toy(Evaluator):
    """Scores what plans say; `options["log"]` is a folder in which each actor tells what it does."""

    name = "toy"
    summary = "Adds numbers."

    def describe(self) -> Mapping[str, Any]:
        return {"edits": ["add", "slow", "die", "nan"]}

    def open(self, opening: Opening, tell: Callable[[str], None]) -> Session:
        if opening.options.get("refuse"):
            raise BadRequest("there is no such data", {"split": "selection"})
        return ToySession(opening)


class ToySession(Session):
    def __init__(self, opening: Opening) -> None:
        self._log = Path(str(opening.options["log"]))
        self._opening = opening

    @property
    def opened(self) -> Opened:
        splits = {"selection": Split(ITEMS, "1" * 64), "report": Split(ITEMS, "2" * 64)}
        device = f"cpu:{os.getpid()} (toy)"
        return Opened(device, "toy float64", [Metric("kl"), Metric("perplexity")], splits)

    def load(self) -> str:
        self._tell("loads")
        return "a" * 64

    def check(self, plan: Plan) -> str | None:
        if any(edit.kind == "fly" for edit in plan):
            raise Unsupported(plan[0], "it has no wings")
        return None

    def evaluate(self, batch: Batch) -> None:
        self._tell("begins", *(" ".join(map(str, plan)) for plan in batch.plans))
        for index, plan in enumerate(batch.plans):
            try:
                batch.done(
                    index, self._scores(batch, plan), Work(len(batch.items), 2 * len(batch.items)), 0.5
                )
            except (NotFinite, Deadline) as error:
                batch.fail(index, error)
            self._tell("done", " ".join(map(str, plan)))
            batch.progress((index + 1) * len(batch.items))

    def signal(self, name: str, args: Mapping[str, Any], batch: Batch) -> Signal:
        if name != "sizes":
            return super().signal(name, args, batch)
        return Signal([("item", len(batch.items))], [float(item) for item in batch.items])

    def outputs(self, plan: Plan, batch: Batch, positions: int) -> list[Outputs]:
        for edit in plan:
            if edit.kind == "slow":
                _rest(batch, edit["seconds"])
        total = float(sum(edit["amount"] for edit in plan if edit.kind == "add"))
        return [Outputs.of_rows(item, [item, 1], [1], [[total, 0.5]]) for item in batch.items]

    def _scores(self, batch: Batch, plan: Plan) -> dict[str, Scores]:
        total = 0.0
        for edit in plan:
            if edit.kind == "slow":
                _rest(batch, edit["seconds"])
            elif edit.kind == "die" and not (self._log / f"died-{edit['times']}").exists():
                if edit["times"] < 9:
                    (self._log / f"died-{edit['times']}").touch()
                os._exit(9)
            elif edit.kind == "add":
                total += edit["amount"]
            elif edit.kind == "nan" and edit["item"] in batch.items:
                raise NotFinite("kl", list(batch.items).index(edit["item"]), float("nan"))
        batch.breathe()
        kl = [total * (item + 1) for item in batch.items]
        return {
            "kl": Scores(kl),
            "perplexity": Scores(
                [0.1 * value for value in kl], [float(item) for item in batch.items], "exp-mean"
            ),
        }

    def _tell(self, *words: str) -> None:
        with open(self._log / str(os.getpid()), "a") as log:
            log.write("\n".join(words) + "\n")


def _rest(batch: Batch, seconds: float) -> None:
    for _ in range(round(seconds / 0.05)):
        batch.breathe()
        time.sleep(0.05)
