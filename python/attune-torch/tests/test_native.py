"""Random plans of every kind of edit, and signals, against what the native evaluator found
(`golden/native.json`, made by `golden/make_native.py`).

Where a value lies on the boundary between two codes, or two experts tie, its last digits decide, and with
them digits of KL that count. So an item that is further from the native evaluator than 1e-4 is scored again
with noise in the last digits of the embedding, and has to be no further away than such noise moves it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from attune_torch import edits, signals
from attune_torch.calibration import TOKENS, Calibration
from attune_torch.edits import kv_bits
from attune_worker.evaluator import Edit
from torch import Tensor, nn

from .edits.subjects import logits, prose, tiny_moe

FOUND = json.loads((Path(__file__).parent / "golden" / "native.json").read_text(encoding="utf-8"))
RELATIVE, ABSOLUTE = 1e-4, 1e-6
LAST_DIGIT = 1e-7
SEEDS = 8
CAME_LATER = {"embedding-bits", "silence-experts"}
"""Kinds that no recorded plan has: both evaluators are held to checkpoints that hold the rounded, or no, weights
(`edits/test_embeddings.py`, `edits/test_silence.py` and the native tests of the same names)."""


@cache
def items() -> Tensor:
    return prose(FOUND["items"], FOUND["length"])


@torch.no_grad()
def scored(plan: list[Edit], seed: int | None = None) -> tuple[Tensor, Tensor]:
    """KL to the dense model and mean negative log-likelihood of each item, in nats per token."""

    def noise(_module: nn.Module, _args: Any, given: Tensor) -> Tensor:
        draw = torch.Generator().manual_seed(seed or 0)
        return given * (1 + LAST_DIGIT * torch.randn(given.shape, generator=draw))

    subject, ids = tiny_moe(), items()
    hook = None if seed is None else subject.model.get_input_embeddings().register_forward_hook(noise)
    try:
        with edits.compile(subject, plan).entered(subject):
            found = torch.log_softmax(logits(subject, ids).double(), -1)
    finally:
        if hook is not None:
            hook.remove()
    dense = _dense()
    kl = (dense.exp() * (dense - found)).sum(-1)[:, :-1].mean(1)
    return kl, -found[:, :-1].gather(-1, ids[:, 1:, None])[..., 0].mean(1)


@cache
def _dense() -> Tensor:
    length = FOUND["length"]
    sequences = tuple(map(tuple, prose(TOKENS // length, length).tolist()))
    kv_bits.calibrate_on(tiny_moe(), Calibration(sequences, "of the selection"))
    kv_bits.calibrate(tiny_moe())
    return torch.log_softmax(logits(tiny_moe(), items()).double(), -1)


def near(found: Tensor, expected: Tensor) -> Tensor:
    return (found - expected).abs() <= RELATIVE * expected.abs() + ABSOLUTE


def plan_of(one: dict[str, Any]) -> list[Edit]:
    return [
        Edit(edit["edit"], {name: value for name, value in edit.items() if name != "edit"})
        for edit in one["plan"]
    ]


def test_items_are_the_same_and_the_dense_model_is() -> None:
    assert not FOUND["plans"][0]["plan"]
    kl, nll = scored([])
    assert not kl.any() and torch.allclose(
        nll, torch.tensor(FOUND["plans"][0]["perplexity"]).double(), rtol=1e-6
    )


def test_random_plans_score_what_they_score_natively() -> None:
    plans = FOUND["plans"][1:]
    assert len(plans) >= 60
    recorded = {edit["edit"] for one in plans for edit in one["plan"]}
    assert recorded == set(edits.kinds()) - CAME_LATER
    strict = 0
    for number, one in enumerate(plans, 1):
        plan, expected = plan_of(one), torch.tensor(one["kl"], dtype=torch.float64)
        kl, nll = scored(plan)
        close = near(kl, expected)
        strict += int(close.sum())
        if bool(close.all()):
            assert bool(near(nll, torch.tensor(one["perplexity"]).double()).all()), (number, one["plan"])
            continue
        spread = torch.stack([scored(plan, seed)[0] - kl for seed in range(SEEDS)]).abs().amax(0)
        within = (kl - expected).abs() <= 2 * spread
        assert bool((close | within).all()), (number, one["plan"], kl, expected, spread)
    assert strict >= 0.9 * 3 * len(plans), f"{strict} of {3 * len(plans)} items are near"


def test_prefixes_of_a_plan_do_not_depend_on_what_was_entered_before() -> None:
    plans = [plan_of(one) for one in FOUND["plans"][1:12]]
    first = [scored(plan)[0] for plan in plans]
    again = [scored(plan)[0] for plan in reversed(plans)][::-1]
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))


UNLIKE: dict[str, Callable[[int], int]] = {
    # Native runs both halves one after the other, and keeps what the routers said.
    "block-influence": lambda work: work // 2,
    "expert-soft-activation": lambda work: 0,
}
"""Work that is counted otherwise here, and what it is natively."""


@pytest.mark.parametrize(
    "wanted", FOUND["signals"], ids=lambda wanted: f"{wanted['name']} {wanted.get('args', {})}"
)
def test_signals_are_what_they_are_natively(wanted: dict[str, Any]) -> None:
    found = signals.measure(tiny_moe(), wanted["name"], wanted.get("args", {}), items())
    assert [list(axis) for axis in found.axes] == wanted["axes"]
    values, expected = (
        torch.tensor(numbers, dtype=torch.float64) for numbers in (found.values, wanted["values"])
    )
    assert torch.allclose(values, expected, rtol=1e-4, atol=1e-6 * float(expected.max()))
    assert found.work is not None
    assert UNLIKE.get(wanted["name"], lambda work: work)(found.work.computed) == wanted["work"]
