"""mlx-lm reads what Transformers wrote, where it is installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attune_engines.__main__ import main

pytest.importorskip("mlx_lm", reason='pip install "mlx[cpu]" mlx-lm brings mlx-lm')
pytest.importorskip("torch", reason="the checkpoints are made with torch")

from tests.checkpoints import llama, outputs  # noqa: E402


def test_an_export_agrees_and_its_control_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scored, dense = llama(tmp_path / "scored", 1), llama(tmp_path / "dense", 2)
    reference = outputs(scored, tmp_path / "reference.safetensors")
    arguments = ["--folder", scored, "--reference", reference, "--control", dense]
    assert main(["verify", "--engine", "mlx-lm", *map(str, arguments)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["engine"] == "mlx-lm"
    assert found["max_difference"] < 1e-3
    assert found["argmax_agreement"] == 1.0
    assert found["control"]["max_difference"] > 0.5
