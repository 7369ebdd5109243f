"""Smoothed keys and signals through a session, as a host asks for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from attune_worker import BadRequest, Batch, Edit, Opening, Plan, Scores, Task, Work

from attune_torch import describe, signals
from attune_torch.session import TorchSession, open_session

from .edits.subjects import TINY_MOE

FOUND = json.loads((Path(__file__).parent / "golden" / "native.json").read_text(encoding="utf-8"))


class Asked(Batch):
    """Keeps what it is told."""

    def __init__(self, plans: list[Plan], items: int) -> None:
        self.plans, self.split, self.items, self.deadline = plans, "selection", list(range(items)), None
        self.scores: dict[int, Mapping[str, Scores]] = {}

    def done(
        self, index: int, scores: Mapping[str, Scores], work: Work | None = None, seconds: float | None = None
    ) -> None:
        self.scores[index] = scores

    def fail(self, index: int, error: Exception) -> None:
        raise error

    def progress(self, evaluations: float) -> None:
        pass

    def breathe(self) -> None:
        pass


def session() -> TorchSession:
    prose = TINY_MOE / "data"
    options = {"length": FOUND["length"], "lengths": {}, "passkeys": {}}
    task = Task("text", options, prose, prose / "prose.selection.txt", prose / "prose.report.txt", {}, 0, 4)
    return open_session(Opening(str(TINY_MOE), "cpu", {"dtype": "float32"}, task, None), lambda _: None)


def plan(one: list[dict[str, object]]) -> Plan:
    return tuple(
        Edit(str(edit["edit"]), {name: edit[name] for name in edit if name != "edit"}) for edit in one
    )


def test_a_session_scores_smoothed_keys_and_measures_signals() -> None:
    own = session()
    # Exact keys are not smoothed: there the argument says nothing.
    smooths = [
        one
        for one in FOUND["plans"]
        if any(edit.get("smoothing") and edit["keys"] != 16 for edit in one["plan"])
    ]
    smoothed = smooths[:4]
    plans = [plan(one["plan"]) for one in smoothed]
    before = [own.check(each) for each in plans]
    assert None not in before and len(set(before)) == 1 and own.check(()) is None
    with pytest.raises(BadRequest, match="loaded"):
        own.signal("expert-frequency", {}, Asked([], 3))
    own.load()
    assert [own.check(each) for each in plans] == before
    asked = Asked(plans, FOUND["items"])
    own.evaluate(asked)
    for index, one in enumerate(smoothed):
        kl = torch.tensor(asked.scores[index]["kl"].items)
        # Codes on boundaries are told apart in `test_native.py`.
        assert torch.allclose(kl, torch.tensor(one["kl"]), rtol=3e-3, atol=1e-6), one["plan"]
    for wanted in FOUND["signals"][:2]:
        found = own.signal(wanted["name"], {}, Asked([], FOUND["items"]))
        assert torch.allclose(torch.tensor(found.values), torch.tensor(wanted["values"]), atol=1e-5)


def test_signals_that_are_said_are_those_that_are_measured() -> None:
    said = [signal["name"] for signal in describe.hello()["signals"]]
    assert said == [signal.name for signal in signals.KNOWN]
    from attune_torch.signals.measured import MEASURES

    assert set(said) == set(MEASURES)
