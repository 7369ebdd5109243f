"""Whole way: a folder is what was scored, or is not, and Transformers says so."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from attune_engines.__main__ import main
from attune_engines.engines.transformers import ENGINE, _has_floats_of_4_bits, _logits
from safetensors.numpy import load_file, save_file

pytest.importorskip("transformers")

from tests.checkpoints import VOCABULARY, llama, outputs  # noqa: E402


def verify(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any]:
    code = main(["verify", "--engine", "Transformers", *map(str, arguments)])
    return code, json.loads(capsys.readouterr().out)


def test_an_export_agrees_and_its_control_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scored, dense = llama(tmp_path / "scored", 1), llama(tmp_path / "dense", 2)
    reference = outputs(scored, tmp_path / "reference.safetensors")
    code, found = verify(capsys, "--folder", scored, "--reference", reference, "--control", dense)
    assert code == 0
    assert found["engine"] == "Transformers"
    assert found["max_difference"] < 1e-4
    assert found["argmax_agreement"] == 1.0
    assert found["positions"] == 6
    assert [(one["item"], one["tokens"]) for one in found["items"]] == [(0, 9), (3, 5)]
    assert found["control"]["max_difference"] > 0.5
    assert found["control"]["kl"] > 0.01


def test_a_single_flipped_number_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scored = llama(tmp_path / "scored", 1)
    reference = outputs(scored, tmp_path / "reference.safetensors")
    file = scored / "model.safetensors"
    tensors = load_file(file)
    name = "model.layers.1.mlp.down_proj.weight"
    tensors[name] = np.negative(tensors[name])
    save_file(tensors, file, {"format": "pt"})
    code, found = verify(capsys, "--folder", scored, "--reference", reference)
    assert code == 0
    assert found["max_difference"] > 0.1
    assert max(one["max_difference"] for one in found["items"]) == found["max_difference"]


def test_logits_of_positions_that_nobody_asks_for_are_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    made = []
    forward = torch.nn.Linear.forward

    def counted(self: Any, x: Any) -> Any:
        y = forward(self, x)
        if y.shape[-1] == VOCABULARY:
            made.append(y.shape[1])
        return y

    folder = llama(tmp_path / "scored", 1)
    monkeypatch.setattr("torch.nn.Linear.forward", counted)
    tokens = [[1, 2, 3, 4, 5, 6, 7, 8]]
    [some] = ENGINE.log_probabilities(folder, tokens, [[1, 6]])
    [every] = ENGINE.log_probabilities(folder, tokens, [range(8)])
    assert made == [2, 8]
    assert np.abs(some - every[[1, 6]]).max() < 1e-5


def test_a_model_that_makes_all_logits_is_asked_for_all() -> None:
    import torch

    class Plain:
        def forward(self, input_ids: Any, use_cache: bool) -> Any:
            return SimpleNamespace(logits=input_ids[..., None] * torch.ones(3))

        __call__ = forward

    assert _logits(Plain(), [5, 6, 7], [0, 2]).tolist() == [[5.0] * 3, [7.0] * 3]


def test_a_folder_without_a_weight_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scored = llama(tmp_path / "scored", 1)
    reference = outputs(scored, tmp_path / "reference.safetensors")
    file = scored / "model.safetensors"
    tensors = load_file(file)
    del tensors["model.layers.1.mlp.down_proj.weight"]
    save_file(tensors, file, {"format": "pt"})
    code, found = verify(capsys, "--folder", scored, "--reference", reference)
    assert code == 1
    assert "model.layers.1.mlp.down_proj.weight" in found["error"]


def test_another_vocabulary_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scored, other = llama(tmp_path / "scored", 1), llama(tmp_path / "other", 1, vocab_size=48)
    reference = outputs(scored, tmp_path / "reference.safetensors")
    code, found = verify(capsys, "--folder", other, "--reference", reference)
    assert code == 1
    assert "[3, 48] and not [3, 40]" in found["error"]


def test_a_control_that_does_not_load_leaves_the_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scored = llama(tmp_path / "scored", 1)
    reference = outputs(scored, tmp_path / "reference.safetensors")
    code, found = verify(capsys, "--folder", scored, "--reference", reference, "--control", tmp_path / "none")
    assert code == 0
    assert found["max_difference"] < 1e-4
    assert "control" not in found and "none" in found["control_error"]


@pytest.mark.parametrize(
    ("groups", "has"),
    [
        ({"group_0": {"weights": {"type": "float", "num_bits": 4}}}, True),
        ({"group_0": {"weights": {"type": "float", "num_bits": 8}}}, False),
        ({"group_0": {"weights": {"type": "int", "num_bits": 4}}}, False),
        (None, False),
    ],
)
def test_floats_of_4_bits_are_seen_in_the_config(tmp_path: Path, groups: Any, has: bool) -> None:
    assert not _has_floats_of_4_bits(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"quantization_config": {"config_groups": groups}}))
    assert _has_floats_of_4_bits(tmp_path) is has


CODE = """
from transformers import LlamaConfig, LlamaForCausalLM


class OwnConfig(LlamaConfig):
    model_type = "own"


class OwnForCausalLM(LlamaForCausalLM):
    config_class = OwnConfig
"""


def test_code_of_a_folder_runs_only_where_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = llama(tmp_path / "scored", 1)
    reference = outputs(folder, tmp_path / "reference.safetensors")
    (folder / "own.py").write_text(CODE)
    config = json.loads((folder / "config.json").read_text())
    classes = {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnForCausalLM"}
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "own", "auto_map": classes}))
    code, found = verify(capsys, "--folder", folder, "--reference", reference)
    assert code == 1 and "error" in found
    code, found = verify(capsys, "--folder", folder, "--reference", reference, "--run-code")
    assert code == 0, found
    assert found["max_difference"] < 1e-4
