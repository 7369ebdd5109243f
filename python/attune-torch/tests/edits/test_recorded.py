"""Logits of edited models against those that an independent forward recorded, which the native evaluator is
tested against too (`tests/golden`)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from attune_worker.evaluator import Edit
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from attune_torch import edits
from attune_torch.calibration import Calibration
from attune_torch.edits import kv_bits, rounded
from attune_torch.subject import Subject

from .subjects import logits, subject_of, tiny_moe

GOLDEN = Path(__file__).parents[4] / "tests" / "golden"
FILES = {
    "tiny-moe": "tiny-moe",
    "tiny-moe-kv": "tiny-moe",
    "merged-experts": "mixtral",
    "weight-bits": None,
    "grid-logits": None,
    "gptq": None,
    "blocks-and-activations": None,
}
"""Files of cases, and the model of those that do not name theirs."""


def cases() -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for file, model in FILES.items():
        recorded = json.loads((GOLDEN / f"{file}.json").read_text(encoding="utf-8"))
        stride = recorded.get("column_stride", 1) if isinstance(recorded, dict) else 1
        for case in recorded["cases"] if isinstance(recorded, dict) else recorded:
            found.append((file, model or case["model"], {"column_stride": stride, **case}))
    return found


@cache
def subject(model: str) -> Subject:
    if model == "tiny-moe":
        return tiny_moe()
    folder = GOLDEN / "models" / model
    return subject_of(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32))


@pytest.mark.parametrize(
    "file, model, case", cases(), ids=lambda value: value["name"] if isinstance(value, dict) else value
)
def test_recorded_logits_agree(file: str, model: str, case: dict[str, Any]) -> None:
    recorded = load_file(GOLDEN / f"{file}.safetensors")
    name, stride = case["name"], case["column_stride"]
    ids = recorded[f"{name}.input_ids"].reshape(-1, recorded[f"{name}.input_ids"].shape[-1])
    plan = tuple(
        Edit(edit["edit"], {key: value for key, value in edit.items() if key != "edit"})
        for edit in case["edits"]
    )
    kv_bits.calibrate_on(subject(model), Calibration(tuple(map(tuple, ids.tolist())), "its own"))
    if kv_bits.smooths(plan):
        kv_bits.calibrate(subject(model))
    rounded.round_weights(subject(model), [plan])
    with edits.compile(subject(model), plan).entered(subject(model)):
        found = logits(subject(model), ids)
    expected = next(
        recorded[key] for key in (f"{name}.logits", f"{name}.logits_every_{stride}") if key in recorded
    )
    step = found.shape[-1] // expected.shape[-1]
    found = found[..., ::step].reshape(expected.shape)
    # Of the range of the logits, as the native evaluator's own tests ask.
    assert float((found - expected).abs().max()) <= 1e-4 * float(expected.max() - expected.min())
