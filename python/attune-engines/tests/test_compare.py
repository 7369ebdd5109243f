"""Figures, and files that are no reference."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from attune_engines.__main__ import main
from attune_engines.compare import divergence, figures, together
from attune_engines.engines import MODULES, engine
from attune_engines.normalise import log_softmax
from attune_engines.reference import BadReference, read
from safetensors.numpy import save_file


def rows(*probabilities: list[float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.log(np.array(probabilities, dtype=np.float32))


def test_figures_are_those_of_the_distributions() -> None:
    expected, found = rows([0.5, 0.25, 0.25], [0.8, 0.1, 0.1]), rows([0.25, 0.5, 0.25], [0.8, 0.1, 0.1])
    of = figures(expected, found)
    assert of.largest == pytest.approx(math.log(2), rel=1e-6)
    assert of.mean == pytest.approx(2 * math.log(2) / 6, rel=1e-6)
    # 0.5 ln 2 - 0.25 ln 2 at the first position, 0 at the second.
    assert of.kl == pytest.approx(0.25 * math.log(2) / 2, rel=1e-5)
    assert of.agreement == 0.5
    assert divergence(expected, found) == of.kl
    both = together([of, figures(expected[1:], found[1:])])
    assert both.positions == 3
    assert both.agreement == pytest.approx(2 / 3)
    assert both.largest == of.largest


def test_logits_are_normalised_however_large() -> None:
    logits = np.array([[1000.0, 1000.0], [-1000.0, -1000.0]], dtype=np.float32)
    assert np.allclose(log_softmax(logits), math.log(0.5))
    already = rows([0.5, 0.3, 0.2])
    assert np.allclose(log_softmax(already), already, atol=1e-6)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"inputs.0": np.zeros(3, np.uint32)}, "no tensor `items`"),
        ({"items": np.zeros(1, np.uint32)}, "sequence 0 lacks"),
        (
            {
                "items": np.zeros(1, np.uint32),
                "inputs.0": np.zeros(3, np.uint32),
                "positions.0": np.array([1, 3], np.uint32),
                "outputs.0": np.zeros((2, 5), np.float32),
            },
            "goes beyond the 3 tokens",
        ),
        (
            {
                "items": np.zeros(1, np.uint32),
                "inputs.0": np.zeros(3, np.uint32),
                "positions.0": np.array([1], np.uint32),
                "outputs.0": np.zeros((2, 5), np.float32),
            },
            r"is \[2, 5\]; expected \[1, vocabulary\]",
        ),
    ],
)
def test_a_bad_reference_is_named(tmp_path: Path, tensors: dict[str, np.ndarray], message: str) -> None:
    file = tmp_path / "reference.safetensors"
    save_file(tensors, file)
    with pytest.raises(BadReference, match=message):
        read(file)


def test_every_engine_has_its_name_and_the_command_that_brings_it(capsys: pytest.CaptureFixture[str]) -> None:
    for name in MODULES:
        found = engine(name)
        assert found is not None and found.name == name and found.install
    assert main(["list"]) == 0
    listed = json.loads(capsys.readouterr().out)["engines"]
    assert [one["name"] for one in listed] == list(MODULES)
    assert all(set(one) == {"name", "version", "install", "makes"} for one in listed)
    assert engine("nobody") is None


def test_an_engine_that_is_missing_says_what_brings_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attune_engines.installed.version", lambda *_: None)
    code = main(["verify", "--engine", "mlx-lm", "--folder", str(tmp_path), "--reference", str(tmp_path)])
    answer = json.loads(capsys.readouterr().out)
    assert code == 3
    assert answer["install"] == 'pip install "mlx[cpu]" mlx-lm'
