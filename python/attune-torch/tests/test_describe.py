"""What the worker says of itself, before and after it looks at a model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from attune_worker import BadRequest, Unsupported

from attune_torch import grids
from attune_torch.describe import CACHE_GRIDS, EDITS, GRIDS, Options
from attune_torch.edits import check, kinds
from attune_torch.grids.caches import CACHES
from attune_torch.fingerprint import of_folder
from attune_torch.loading import device
from attune_torch.outline import Outline
from attune_torch.source import folder
from attune_torch.subject import Subject
from conftest import ROOT, loaded
from families import make
from plans import edit


def test_hello_is_answered_without_torch() -> None:
    code = (
        "import json, sys; from attune_torch import describe; hello = describe.hello();"
        "assert not {'torch', 'transformers'} & set(sys.modules);"
        "print(json.dumps(hello))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": _path()}
    )
    assert run.returncode == 0, run.stderr
    hello = json.loads(run.stdout)
    assert {option["name"] for option in hello["options"]} >= {"dtype", "device-map", "attention"}
    assert hello["tasks"][0]["name"] == "text"
    assert "torch " in hello["numerics"] and "transformers " in hello["numerics"]


def _path() -> str:
    return ":".join(sys.path)


def test_edits_that_are_said_are_those_that_are_honoured() -> None:
    assert set(kinds()) <= set(EDITS)
    assert tuple(grids.GRIDS) == GRIDS
    assert tuple(CACHES) == CACHE_GRIDS


def test_a_fingerprint_changes_with_config_and_weights_alone(tmp_path: Path) -> None:
    model = make("llama", tmp_path)
    first = of_folder(model)
    assert len(first) == 64 and int(first, 16) > 0
    (model / "README.md").write_text("words")
    assert of_folder(model) == first
    weights = bytearray((model / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (model / "model.safetensors").write_bytes(weights)
    second = of_folder(model)
    (model / "config.json").write_text((model / "config.json").read_text() + " ")
    assert len({first, second, of_folder(model)}) == 3


def test_a_checkpoint_that_lacks_a_part_is_refused_by_name(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    model = make("llama", tmp_path)
    tensors = load_file(model / "model.safetensors")
    del tensors["model.layers.1.self_attn.q_proj.weight"]
    save_file(tensors, model / "model.safetensors", {"format": "pt"})
    with pytest.raises(BadRequest, match=r"layers\.1\.self_attn\.q_proj\.weight"):
        loaded(model)


def test_places_and_devices_that_are_not_there_are_refused_by_name(tmp_path: Path) -> None:
    quiet = lambda message: None  # noqa: E731
    with pytest.raises(BadRequest, match=r"config\.json"):
        folder(str(tmp_path), Options(), quiet)
    with pytest.raises(BadRequest, match="hub-offline"):
        folder("nobody/has-this-model", Options(hub_offline=True), quiet)
    assert folder(str(ROOT / "models" / "tiny-moe"), Options(), quiet) == ROOT / "models" / "tiny-moe"
    assert device("cpu") == torch.device("cpu")
    with pytest.raises(BadRequest, match="vulkan"):
        device("vulkan")
    with pytest.raises(BadRequest, match="cuda:99"):
        device("cuda:99")
    with pytest.raises(BadRequest, match="neither-a-model"):
        (tmp_path / "config.json").write_text('{"model_type": "neither-a-model"}')
        Outline(tmp_path, Options())


def test_plans_are_checked_before_weights_are_there(tmp_path: Path) -> None:
    outline = Outline(make("mixtral", tmp_path), Options())
    subject = Subject(outline.model, None, outline.layers, outline.structure[0], outline.facts)
    plan = [
        edit("drop-block", layer=0),
        edit("weight-bits", layer=1, module="down", expert=3, bits=4, group_size=8),
        edit("activation-bits", layer=1, bits=4, range="token", grid="affine"),
    ]
    assert check(subject, plan) is None
    with pytest.raises(Unsupported, match="0 to 3"):
        check(subject, [edit("weight-bits", layer=1, module="down", expert=4, bits=4, group_size=8)])
