"""The conformance suite passes what keeps its promises, and names what is broken."""

import sys
from pathlib import Path

import pytest

from attune_worker.check.__main__ import main

HERE = Path(__file__).parent


def check(capsys: pytest.CaptureFixture[str], *arguments: str, only: str = "") -> tuple[int, str]:
    code = main(["--only", only, "--", sys.executable, *arguments])
    return code, capsys.readouterr().out


def test_a_worker_of_one_function_keeps_every_promise(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = check(capsys, str(HERE / "toy.py"))
    assert code == 0, out
    assert "17 of 17 promises are kept" in out


@pytest.mark.parametrize(
    ("mode", "promise"),
    [
        ("drifts", "the same again is equal"),
        ("loses", "without edits nothing is lost"),
        ("harmless", "some plan is worse than none"),
        ("positions", "the order of items does not matter"),
        ("takes-all", "an unknown edit is refused by name, and the others are scored"),
        ("short", "every item has one finite value of every metric"),
        ("deaf", "called off, it ends soon, and works again"),
        ("mute", "paused, it waits, and gives signs of life"),
        ("one-data", "selection and report data are two"),
    ],
)
def test_a_broken_promise_is_named(capsys: pytest.CaptureFixture[str], mode: str, promise: str) -> None:
    code, out = check(capsys, str(HERE / "faulty.py"), mode, only=promise)
    assert code == 1, out
    assert f"✗ {promise}" in out


def test_what_a_worker_says_beside_the_protocol_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = check(capsys, str(HERE / "faulty.py"), "talks")
    assert code == 1
    assert "✗ it starts, opens and loads: it says what is no line of the protocol: b'Loading the model" in out
