"""Rounding with error feedback: against the paper's formulas, and whatever else a plan or a batch holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from attune_worker.evaluator import Edit, Unsupported
from safetensors.torch import load_file
from torch import Tensor

from attune_torch import edits
from attune_torch.calibration import Calibration
from attune_torch.edits import kv_bits, rounded
from attune_torch.grids import feedback
from attune_torch.subject import Subject

from .subjects import logits, random_model, subject_of, tiny_moe

RECORDED = load_file(Path(__file__).parents[4] / "tests" / "golden" / "gptq.safetensors")
IDS = torch.arange(48).reshape(2, 24) * 7 % 89 + 2


def moments(rows: Tensor) -> Tensor:
    return rows.double().T @ rows.double()


@pytest.mark.parametrize("key", sorted(key for key in RECORDED if ".bits" in key))
def test_weights_are_those_of_the_papers_formulas(key: str) -> None:
    *few, name, bits, group = key.split(".")
    grid = None if name == "least" else name
    level = int(bits.removeprefix("bits")), int(group.removeprefix("group")), grid
    rows = RECORDED["rows"][:8] if few else RECORDED["rows"]
    weights = RECORDED["input"]
    codes = feedback.codes(weights, *level, feedback.factor(moments(rows)))
    assert torch.equal(feedback.dequantise(weights, *level, codes), RECORDED[key])
    nearest = feedback.dequantise(weights, *level, feedback.codes(weights, *level, None))
    assert not torch.equal(nearest, RECORDED[key])


def edit(layer: int, module: str, **arguments: Any) -> Edit:
    named = {name.replace("_", "-"): value for name, value in arguments.items()}
    return Edit(
        "weight-bits",
        {"layer": layer, "module": module, "bits": 3, "group-size": 8, "rounding": "gptq"} | named,
    )


def of(family: str) -> Subject:
    made = subject_of(random_model(family))
    kv_bits.calibrate_on(made, Calibration(tuple(map(tuple, IDS.tolist())), "a text"))
    return made


def scored(made: Subject, plan: list[Edit]) -> Tensor:
    with torch.no_grad(), edits.compile(made, plan).entered(made):
        return logits(made, IDS)


@pytest.mark.parametrize("family", ["llama", "gpt_neox", "mixtral", "gpt_oss", "deepseek_v3"])
def test_codes_depend_on_the_dense_model_alone_and_neither_on_memory_nor_on_company(family: str) -> None:
    made = of(family)
    plan = [edit(1, module) for module in made.layers[1].linear]
    rounded.round_weights(made, [plan])
    found = scored(made, plan)
    nearest = [
        Edit(one.kind, {name: value for name, value in one.args.items() if name != "rounding"})
        for one in plan
    ]
    assert not torch.equal(found, scored(made, nearest))
    assert edits.check(made, plan) == "a text" and edits.check(made, nearest) is None
    # Beside other plans, and with room for one module at a time.
    made = of(family)
    made.level_memory = 1
    skips = Edit("drop-block", {"layer": 0})
    rounded.round_weights(made, [[edit(0, next(iter(made.layers[0].linear)), bits=2)], [skips, *plan]])
    assert torch.equal(scored(made, plan), found)


@pytest.mark.parametrize(
    "arguments, why",
    [
        ({"rounding": "awq"}, "there is no rounding awq; there are gptq"),
        ({"grid": "fp8-e4m3-block", "bits": 8, "group_size": 128}, "is not defined on fp8-e4m3-block"),
    ],
)
def test_what_is_not_defined_is_refused(arguments: dict[str, Any], why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        edits.compile(tiny_moe(), [edit(0, "q", **arguments)])


def test_sixteen_bits_need_no_rounding() -> None:
    made = of("llama")
    exact = [edit(0, "q", bits=16)]
    assert edits.check(made, exact) is None
    assert torch.equal(scored(made, exact), scored(made, []))


def test_what_is_handed_out_are_the_codes_that_are_scored() -> None:
    made = of("mixtral")
    experts = edit(1, "gate")
    plan = (Edit("drop-block", {"layer": 0}), experts, edit(1, "q", bits=4), edit(1, "o", rounding=None))
    plan = tuple(Edit(one.kind, {k: v for k, v in one.args.items() if v is not None}) for one in plan)
    found = dict(rounded.chosen(made, plan))
    assert sorted(found) == [1, 2], "the edits that are rounded so, by their places"
    gates = made.layers[1].linear["gate"]
    assert len(found[1]) == len(gates) > 1 and len(found[2]) == 1
    for number, (matrix, codes) in enumerate(zip(gates, found[1], strict=True)):
        outputs, inputs = matrix.read().shape
        of_it = torch.frombuffer(bytearray(codes), dtype=torch.uint8).view(outputs, inputs)
        scored_with = rounded.codes_of(made, (1, "gate", number), rounded.Level(3, 8, None))
        assert torch.equal(of_it, scored_with) and int(of_it.max()) < 8
    assert dict(rounded.chosen(made, plan)) == found, "asked again"
