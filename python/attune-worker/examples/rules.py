"""Twelve rules vote whether a line of a log is about a failure: which of them can go? No model, no GPU."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attune_worker import Metric, Plan, Signal, Value, run
from attune_worker.evaluator import Task

RULES = {"error": 2.5, "fail": 2.0, "timeout": 1.5, "refused": 1.5, "denied": 1.0, "panic": 3.0}
RULES |= {"retry": 0.3, "slow": 0.2, "lost": 1.0, "corrupt": 2.0, "warn": 0.4, "unreachable": 1.2}


def belief(line: str, dropped: set[int]) -> float:
    """How sure the rules that are left are that the line is about a failure, from 0 to 1."""
    left = (rule for at, rule in enumerate(RULES.items()) if at not in dropped)
    return 1 / (1 + math.exp(1.0 - sum(weight for word, weight in left if word in line)))


def score(plan: Plan, items: Sequence[str]) -> dict[str, list[float]]:
    """What rules that are left out change in the verdicts on lines of a log."""
    dropped = {edit["layer"] for edit in plan}
    pairs = [(belief(line, set()), belief(line, dropped)) for line in items]
    kl = [p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q)) for p, q in pairs]
    return {"kl": kl, "turned": [float((p > 0.5) != (q > 0.5)) for p, q in pairs]}


def influence(args: Mapping[str, Any], items: Sequence[str]) -> Signal:
    """How much each rule alone changes the verdicts: what the technique's baseline goes by."""
    alone = [sum(abs(belief(line, set()) - belief(line, {at})) for line in items) for at in range(len(RULES))]
    # The technique knows two halves of a block, which rules do not have, and the whole.
    return Signal(
        [("layer", len(RULES)), ("part", 3)], [v for total in alone for v in (0.0, 0.0, total / len(items))]
    )


def items(task: Task) -> dict[str, list[str]]:
    return {
        split: Path(path).read_text().splitlines()
        for split, path in (("selection", task.selection), ("report", task.report))
    }


if __name__ == "__main__":
    shape: dict[str, Value] = {
        "layers": len(RULES),
        "heads": 1,
        "kv-heads": 1,
        "head-dim": 1,
        "block-parameters": [1, 0] * len(RULES),
        "parameters": len(RULES),
        "bytes-per-parameter": 1.0,
    }
    metrics = [Metric("kl", "minimise", "nats/line"), Metric("turned", "minimise", "share")]
    signals = {"block-influence": influence}
    run(score, edits=["drop-block"], items=items, metrics=metrics, name="rules", facts=shape, signals=signals)
