"""The conformance suite passes what keeps its promises, and names what is broken."""

import json
import sys
from pathlib import Path

import pytest

from attune_worker.check.__main__ import main

HERE = Path(__file__).parent


def check(capsys: pytest.CaptureFixture[str], *options: str, worker: str, mode: str = "") -> tuple[int, str]:
    """Exit code and output of the suite on a Python file."""
    code = main([*options, "--", sys.executable, worker, *mode.split()])
    return code, capsys.readouterr().out


def test_a_worker_of_one_function_keeps_every_promise(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = check(capsys, worker=str(HERE / "toy.py"))
    assert code == 0, out
    assert "19 of 19 promises are kept" in out


@pytest.mark.parametrize(
    ("mode", "promise"),
    [
        ("drifts", "the same again is equal"),
        ("loses", "without edits nothing is lost"),
        ("harmless", "some plan scores otherwise than none"),
        ("positions", "the order of items does not matter"),
        ("takes-all", "an unknown edit is refused by name, and the others are scored"),
        ("short", "every item has one finite value of every metric"),
        ("deaf", "called off, it ends soon, and works again"),
        ("mute", "paused, it waits, and gives signs of life"),
        ("one-data", "selection and report data are two"),
    ],
)
def test_a_broken_promise_is_named(capsys: pytest.CaptureFixture[str], mode: str, promise: str) -> None:
    code, out = check(capsys, "--only", promise, worker=str(HERE / "faulty.py"), mode=mode)
    assert code == 1, out
    assert f"✗ {promise}" in out


def test_what_a_worker_says_beside_the_protocol_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = check(capsys, worker=str(HERE / "faulty.py"), mode="talks")
    assert code == 1
    assert "✗ it starts, opens and loads: it says what is no line of the protocol: b'Loading the model" in out


def test_the_page_of_the_package_shows_a_worker_that_keeps_every_promise(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = (HERE.parent / "README.md").read_text()
    worker = tmp_path / "pipeline.py"
    worker.write_text(page.split("```python\n")[1].split("```")[0])
    code, out = check(capsys, "--needs-edits", worker=str(worker))
    assert code == 0, out


def test_the_page_of_the_package_shows_a_worker_that_knows_number_grids(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = (HERE.parent / "README.md").read_text()
    worker, plans = tmp_path / "stored.py", tmp_path / "plans.json"
    worker.write_text(page.split("```python\n")[2].split("```")[0])
    module = {"edit": "weight-bits", "layer": 0, "module": "q", "bits": 4}
    grids: list[dict[str, object]] = [
        {"group-size": 256, "grid": "q4_k"},
        {"group-size": 32, "grid": "affine-int"},
        {"group-size": 32},
    ]
    plans.write_text(json.dumps([[module | grid] for grid in grids]))
    code, out = check(capsys, "--plans", str(plans), worker=str(worker))
    assert code == 0, out


@pytest.mark.parametrize("example", ["cache", "rules"])
def test_the_examples_keep_every_promise(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, example: str
) -> None:
    plans = tmp_path / "plans.json"
    rules = [{"edit": "drop-block", "layer": rule} for rule in range(12)]
    plans.write_text(json.dumps([rules[:1], rules]))
    folder = HERE.parent / "examples"
    given = ["--plans", str(plans)] if example == "rules" else []
    data = ["--selection", str(folder / "selection.log"), "--report", str(folder / "report.log")]
    code, out = check(capsys, *given, *data, worker=str(folder / f"{example}.py"))
    assert code == 0, out
