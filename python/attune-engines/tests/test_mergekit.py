"""What mergekit makes of a document beside an exported checkpoint. A stand-in has its place, which is asked in the
same way; `tests/engines/run` asks mergekit itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attune_engines import __main__ as program
from attune_engines.engine import EngineError
from attune_engines.engines import mergekit
from attune_engines.stored import distance
from safetensors.numpy import save_file

STAND_IN = """
import json, sys
from pathlib import Path
from safetensors.numpy import load_file, save_file


def main():
    document, out = sys.argv[1:]
    weights = json.loads(Path(document).read_text())
    if not weights:
        sys.exit("no models to merge")
    total = {}
    for name, weight in weights.items():
        for key, one in load_file(name).items():
            total[key] = total.get(key, 0) + one * weight
    save_file({key: one.astype("float32") for key, one in total.items()}, Path(out) / "model.safetensors")
"""
ONES = np.ones((2, 3), dtype=np.float32)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of two checkpoints, an export of their mean and one of the first, and a stand-in for mergekit."""
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(mergekit, "PROGRAM", "stand_in")
    monkeypatch.setattr(mergekit.Mergekit, "version", lambda _: "0.1.5")
    for folder in ("model", "export", "control"):
        (tmp_path / folder).mkdir()
    # Nobody runs what lies in the folder of a model.
    (tmp_path / "model" / "importlib.py").write_text("raise SystemExit('code of a model was run')")
    (tmp_path / "model" / "numpy.py").write_text("raise SystemExit('code of a model was run')")
    save_file({"a": ONES}, tmp_path / "model" / "one.safetensors")
    save_file({"a": 3 * ONES}, tmp_path / "model" / "other.safetensors")
    save_file({"a": 2 * ONES}, tmp_path / "export" / "model.safetensors")
    halves = {"one.safetensors": 0.5, "other.safetensors": 0.5}
    (tmp_path / "export" / mergekit.DOCUMENT).write_text(json.dumps(halves))
    (tmp_path / "control" / mergekit.DOCUMENT).write_text(json.dumps({"one.safetensors": 1.0}))
    return tmp_path


def make(place: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    arguments = ["make", "--engine", "mergekit-pytorch", "--folder", str(place / "export")]
    arguments += ["--model", str(place / "model"), "--control", str(place / "control")]
    code = program.main(arguments)
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, said


def test_what_is_made_is_compared_and_so_is_the_control(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = make(place, capsys)
    assert code == 0
    assert (said["version"], said["max_difference"], said["numbers"], said["tensors"]) == ("0.1.5", 0.0, 6, 1)
    assert (said["control"]["max_difference"], said["largest"]) == (1.0, 2.0)


def test_a_document_that_is_refused_says_why(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "control" / mergekit.DOCUMENT).write_text("{}")
    code, said = make(place, capsys)
    assert code == 0 and "no models to merge" in said["control_error"], "the control says nothing of the export"
    (place / "export" / mergekit.DOCUMENT).write_text("{}")
    code, said = make(place, capsys)
    assert code == 1 and "no models to merge" in said["error"]
    (place / "export" / mergekit.DOCUMENT).unlink()
    assert "holds no mergekit.yaml" in make(place, capsys)[1]["error"]


def test_checkpoints_with_other_tensors_are_not_compared() -> None:
    with pytest.raises(EngineError, match="`b` and 0 more"):
        distance({"a": ONES}, {"a": ONES, "b": ONES})
    with pytest.raises(EngineError, match=r"`a` is \[2, 2\] and not \[2, 3\]"):
        distance({"a": ONES[:, :2]}, {"a": ONES})
    with pytest.raises(EngineError, match="not finite"):
        distance({"a": ONES * np.nan}, {"a": ONES})


def test_it_makes_and_does_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["list"]) == 0
    listed = json.loads(capsys.readouterr().out)["engines"]
    assert [one["name"] for one in listed if one["makes"]] == ["mergekit-pytorch"]
    with pytest.raises(SystemExit):
        program.main(["verify", "--engine", "mergekit-pytorch", "--folder", ".", "--reference", "."])
