"""What techniques are told of a model is what the native evaluator says, name by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from attune_worker import BadRequest
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

from attune_torch.describe import Options
from attune_torch.outline import Outline
from conftest import ROOT
from families import make

GOLDEN = ROOT / "tests" / "golden"
RECORDED: dict[str, dict[str, Any]] = json.loads((GOLDEN / "facts.json").read_text())
CASES = {case["name"]: case["config"] for case in json.loads((GOLDEN / "families.json").read_text())}


# What only an evaluator of families that attune does not know has to say: the names of stored experts.
NAMES = {"router-tensors", "expert-tensors", "expert-keys"}


TOWERS = ("vision_tower.", "multi_modal_projector.")


def shared(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in NAMES}


PACKED = [f"tests/golden/packed/{name}" for name in ("gpt-oss-mxfp4", "llama-awq", "llama-fp8", "llama-gptq")]


@pytest.mark.parametrize("folder", ["models/tiny-moe", *PACKED])
def test_facts_of_models_in_the_repository_are_those_of_the_native_evaluator(folder: str) -> None:
    outline = Outline(ROOT / folder, Options())
    assert outline.name == Path(folder).name
    assert shared(outline.facts) == RECORDED[outline.name]


def test_a_model_that_is_no_causal_language_model_to_transformers_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CASES["mistral3"]))
    with pytest.raises(BadRequest, match="Mistral3Config"):
        _ = Outline(tmp_path, Options()).model


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"mistral3"}))
def test_facts_of_every_family_are_those_of_the_native_evaluator(name: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CASES[name]))
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(tmp_path)).float()
    model.save_pretrained(tmp_path)
    # A tower for images is in the files, and counts as whatever else they hold; none was there when facts
    # were recorded.
    file = tmp_path / "model.safetensors"
    save_file({key: value for key, value in load_file(file).items() if not key.startswith(TOWERS)}, file)
    # What is written anew may say more than what was recorded.
    (tmp_path / "config.json").write_text(json.dumps(CASES[name]))
    found = shared(Outline(tmp_path, Options()).facts)
    expected = RECORDED[name]
    assert {key: found.get(key) for key in expected} == expected
    assert found.keys() == expected.keys()


@pytest.mark.parametrize("name", ["lfm2", "lfm2_moe", "minimax", "qwen3_next"])
def test_layers_without_a_cache_are_said_where_others_have_one(name: str, tmp_path: Path) -> None:
    assert Outline(make(name, tmp_path / name), Options()).facts["cache-layers"] == [1]


def test_a_model_whose_layers_all_have_a_cache_says_nothing_of_it(tmp_path: Path) -> None:
    for name in ("llama", "gemma2", "deepseek_v3"):
        assert "cache-layers" not in Outline(make(name, tmp_path / name), Options()).facts
