"""The whole worker, as attune runs it."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from .host import Host

DROP: list[dict[str, Any]] = [{"edit": "drop-block", "layer": 2, "part": "feed-forward"}]
COARSE: list[dict[str, Any]] = [
    {"edit": "weight-bits", "layer": 4, "module": "q", "bits": 2, "group-size": 32}
]
# Rounded with error feedback, which has to be done before the plan is entered: no other test asks this worker for it.
FED_BACK: list[dict[str, Any]] = [{**COARSE[0], "layer": 3, "rounding": "gptq"}]


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    own = Host()
    hello = own.hello()
    assert (hello["protocol"], hello["name"]) == ("attune-evaluator/1", "torch")
    opened = own.open()
    assert opened["task"]["splits"]["selection"]["items"] == 938
    assert [metric["name"] for metric in opened["task"]["metrics"]] == ["kl", "perplexity"]
    assert "float32" in opened["numerics"] and "torch" in opened["numerics"]
    assert own.ask("check", plan=DROP) == {"calibration": None}, "before anything is loaded"
    assert len(own.ask("load")["fingerprint"]) == 64
    yield own
    assert own.close() == 0


def test_plans_are_scored_by_item(host: Host) -> None:
    dense, drop, coarse = host.scores([[], DROP, COARSE], [0, 1, 5])
    assert dense["scores"]["kl"] == {"aggregate": "mean", "items": [0.0] * 3, "weights": [63.0] * 3}
    assert dense["scores"]["perplexity"]["aggregate"] == "exp-mean"
    for outcome in (drop, coarse):
        assert all(value > 0 for value in outcome["scores"]["kl"]["items"])
        assert outcome["work"]["naive"] == 3 * 64 * 6 and 0 < outcome["work"]["computed"] < 3 * 64 * 6
        assert outcome["seconds"] > 0
    alone = [host.scores([plan], [5, 0, 1])[0] for plan in (COARSE, DROP)]
    for one, other in zip(alone, (coarse, drop), strict=True):
        first, second = one["scores"]["kl"]["items"], other["scores"]["kl"]["items"]
        assert first == [second[2], *second[:2]], "equal to the bit, alone and in another order"


def test_outputs_are_what_plans_are_scored_by(host: Host) -> None:
    """Of every position: the divergence of two plans' outputs is the score."""

    def outputs(plan: list[dict[str, Any]], positions: int) -> list[Any]:
        asked: dict[str, Any] = {"split": "selection", "items": [5, 1], "positions": positions}
        assert host.ask("outputs", plan=plan, **asked) == {}
        return [event for event in host.events if event["event"] == "outputs"]

    def log_probabilities(event: dict[str, Any]) -> torch.Tensor:
        values = np.frombuffer(base64.b64decode(event["values"]), "<f4")
        rows = torch.from_numpy(values.reshape(len(event["positions"]), event["width"]).copy())
        return rows.double().log_softmax(1)

    dense = outputs([], 64)
    for plan in (FED_BACK, COARSE):
        edited = outputs(plan, 64)
        assert [event["item"] for event in edited] == [5, 1]
        scored = host.scores([plan], [5, 1])[0]["scores"]["kl"]["items"]
        for one, other, kl in zip(dense, edited, scored, strict=True):
            assert one["inputs"] == other["inputs"] and one["positions"] == list(range(64))
            expected, found = log_probabilities(one), log_probabilities(other)
            # The last token predicts nothing that is scored.
            divergence = (expected.exp() * (expected - found)).sum(1)[:63].mean()
            assert float(divergence) == pytest.approx(kl, rel=1e-3) and kl > 0
    few = outputs(COARSE, 3)
    assert [event["positions"] for event in few] == [[0, 31, 63]] * 2
    rows = log_probabilities(edited[0])[[0, 31, 63]]
    assert torch.allclose(log_probabilities(few[0]), rows, atol=1e-5)


def test_what_cannot_be_is_refused_and_the_rest_is_scored(host: Host) -> None:
    foreign: list[dict[str, Any]] = [{"edit": "testkit-unknown"}]
    beyond: list[dict[str, Any]] = [{"edit": "drop-block", "layer": 6, "part": "attention"}]
    outcomes = host.scores([[], foreign, beyond, DROP], [0])
    assert ["error" in outcome for outcome in outcomes] == [False, True, True, False]
    assert outcomes[1]["error"]["kind"] == outcomes[2]["error"]["kind"] == "unsupported"
    assert "testkit-unknown" in outcomes[1]["error"]["edit"]
    assert host.refused("check", plan=beyond)["kind"] == "unsupported"
    for wrong in ({"split": "nowhere", "items": [0]}, {"split": "selection", "items": [938]}):
        assert host.refused("evaluate", plans=[[]], deadline=None, **wrong)["kind"] == "bad-request"
    assert (
        host.refused("signal", name="testkit-unknown", args={}, split="selection", items=[0])["kind"]
        == "bad-request"
    )


def test_a_plan_that_takes_too_long_fails_alone(host: Host) -> None:
    host.ask("evaluate", plans=[DROP, COARSE], split="selection", items=[0, 1], deadline=1e-9)
    errors = [
        event["error"]["kind"] for event in host.events if event["event"] == "outcome" and "error" in event
    ]
    assert errors and set(errors) == {"deadline"}


def test_called_off_it_ends_soon_and_works_again(host: Host) -> None:
    number = host.send(
        "evaluate", plans=[DROP, COARSE, []], split="selection", items=list(range(900)), deadline=None
    )
    while host.hear().get("event") != "progress":
        pass
    host.note("pause")
    host.note("resume")
    start = time.monotonic()
    host.note("cancel", request=number)
    assert host.answer(number)["error"]["kind"] == "interrupted"
    assert time.monotonic() - start < 1.0
    # It does not go on behind our back: the next request is answered long before all of that could be done.
    assert host.scores([DROP], [0])[0]["scores"]["kl"]["items"][0] > 0


def test_signals_and_calibrated_plans(host: Host) -> None:
    measured = host.ask("signal", name="expert-frequency", args={}, split="selection", items=[0, 1, 2])
    assert measured["axes"] == [{"name": "layer", "len": 6}, {"name": "expert", "len": 8}]
    assert sum(measured["values"][:8]) == pytest.approx(1)
    smooth: list[dict[str, Any]] = [
        {"edit": "kv-bits", "layer": 1, "keys": 2, "values": 4, "group-size": 32, "sink": 0, "recent": 0, "smoothing": 0.5}
    ]
    calibration = host.ask("check", plan=smooth)["calibration"]
    assert len(calibration) == 64
    one, other = host.scores([smooth, [{**smooth[0], "smoothing": 1.0}]], [0])
    assert 0 < one["scores"]["kl"]["items"][0] != other["scores"]["kl"]["items"][0] > 0
