"""Configs that studies of the native evaluator found, on the same items: `docs/results/data` has what it scored them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from attune_worker import Batch, Edit, Opening, Plan, Scores, Task, Work

from attune_torch.session import TorchSession, open_session

REPOSITORY = Path(__file__).parents[3]
MODEL = REPOSITORY / "models/tiny-moe"
MODULES = ("q", "k", "v", "o", "gate", "up", "down")
ALIKE = 1e-5
"""Relative: both compute in float32, and sum in another order."""


class Answers(Batch):
    """A request that keeps what it is told."""

    def __init__(self, plans: Sequence[Plan], split: str, items: Sequence[int]) -> None:
        self.plans, self.split, self.items, self.deadline = plans, split, items, None
        self.scores: dict[int, dict[str, Scores]] = {}
        self.work: dict[int, Work] = {}

    def done(self, index: int, scores: Any, work: Work | None = None, seconds: float | None = None) -> None:
        assert work is not None
        self.scores[index], self.work[index] = scores, work

    def fail(self, index: int, error: Exception) -> None:
        raise error

    def progress(self, evaluations: float) -> None: ...

    def breathe(self) -> None: ...

    def value(self, index: int, metric: str) -> float:
        """The aggregate of a metric."""
        scores = self.scores[index][metric]
        weights = scores.weights or [1.0] * len(scores.items)
        mean = sum(map(math.prod, zip(weights, scores.items, strict=True))) / sum(weights)
        return math.exp(mean) if scores.aggregate == "exp-mean" else mean


def session(data: str, length: int = 128) -> TorchSession:
    folder = MODEL / "data"
    texts = (folder / f"{data}.selection.txt", folder / f"{data}.report.txt")
    options = {"length": length, "lengths": {}, "passkeys": {}}
    task = Task("text", options, folder, *texts, elsewhere={}, selection_items=128, report_items=128)
    own = open_session(Opening(str(MODEL), "cpu", {"dtype": "float32"}, task, None), lambda _: None)
    own.load()
    return own


def experts(config: Any) -> Plan:
    return tuple(
        Edit("keep-experts", {"layer": layer, "experts": kept}) for layer, kept in enumerate(config["kept-experts"])
    )


def kv_bits(config: Any) -> Plan:
    where = {"group-size": 32, "sink": 4, "recent": 32}
    return tuple(
        Edit("kv-bits", {"layer": layer, "keys": int(keys), "values": int(values), **where})
        for layer, (keys, values) in enumerate(config["bits"])
    )


def weight_bits(config: Any) -> Plan:
    return tuple(
        Edit("weight-bits", {"layer": layer, "module": module, "bits": int(bits), "group-size": 32})
        for layer, row in enumerate(config["bits"])
        for module, bits in zip(MODULES, row, strict=True)
    )


@pytest.mark.parametrize(
    ("data", "items", "lower", "studies"),
    [
        ("arithmetic", 128, experts, ["1-experts-keep-4-arithmetic-1"]),
        ("prose", 32, kv_bits, ["3-kv-bits-tiny-moe-3.0-layer-1", "3-kv-bits-tiny-moe-2.5-layer-1"]),
        ("prose", 32, weight_bits, ["4-weight-bits-3.5-evolution-1", "4-weight-bits-4.0-evolution-1"]),
    ],
)
def test_what_the_native_evaluator_scored_is_scored_again(
    data: str, items: int, lower: Any, studies: list[str]
) -> None:
    own = session(data)
    found = [json.loads((REPOSITORY / f"docs/results/data/{name}.json").read_text()) for name in studies]
    batch = Answers([(), *(lower(study["best"]["config"]) for study in found)], "selection", range(items))
    own.evaluate(batch)
    assert batch.scores[0]["kl"].items == [0.0] * items
    for number, study in enumerate(found, 1):
        for metric, expected in study["best"]["search"].items():
            assert batch.value(number, metric) == pytest.approx(expected, rel=ALIKE), (study["study"], metric)
