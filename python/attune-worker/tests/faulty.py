"""Workers that break one promise each: `faulty.py MODE`."""

import itertools
import sys
import time
from collections.abc import Sequence
from typing import Any

from attune_worker import Argument, Edit, EditSchema, Plan, batch, run, worker
from attune_worker.schema import Int
from attune_worker.vocabulary import Vocabulary

MODE = sys.argv[1]
CALLS = itertools.count()
RAISE = EditSchema("raise", "Raises the loss.", [Argument("by", Int(0, 9))])


def score(plan: Plan, items: Sequence[float]) -> dict[str, list[float]]:
    total = float(sum(edit["by"] for edit in plan))
    if MODE == "drifts":
        total += next(CALLS) * 1e-9 if plan else 0.0
    if MODE == "loses":
        total += 0.5
    if MODE == "harmless":
        total = 0.0
    if MODE == "deaf":
        time.sleep(2.0 if len(plan) else 0.0)
    if MODE == "positions":
        return {"kl": [total * (1.0 + place) for place in range(len(items))]}
    return {"kl": [total * item for item in items]}


def accept_anything(self: Vocabulary, plan: Sequence[Edit]) -> Plan:
    return tuple(edit for edit in plan if edit.kind == "raise")


def forgiving(scores: Any, metrics: Any, count: int) -> dict[str, Any]:
    return {name: {"aggregate": "mean", "items": list(score.items)[:-1]} for name, score in scores.items()}


if MODE == "takes-all":
    Vocabulary.accept_plan = accept_anything  # type: ignore[method-assign]
if MODE == "short":
    batch.scores_json = forgiving  # type: ignore[attr-defined]
if MODE == "deaf":
    batch.GRACE = 60.0
if MODE == "mute":
    worker.HEARTBEAT = 60.0
if MODE == "talks":
    print("Loading the model …", flush=True)

run(
    score,
    edits=[RAISE],
    items={"selection": [1.0, 2.0, 3.0], "report": [4.0] if MODE != "one-data" else []},
    metrics=["kl"],
    name="faulty",
    items_at_once=None,
)
