"""An evaluator that is one function: by what its scores are kept, and how many items it has."""

import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attune_worker.check.host import Host
from attune_worker.score import _modules_beside

from conftest import TASK

PROGRAM = """
import helper
from attune_worker import run

run(helper.score, edits=["drop-block"], items={"selection": list(range(12)), "report": list(range(20, 24))})
"""
HELPER = """
def score(plan, items):
    return {"loss": [FACTOR * item for item in items]}
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text(HELPER.replace("FACTOR", "1.0"))
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    return file


@pytest.fixture
def hosts() -> Iterator[list[Host]]:
    started: list[Host] = []
    yield started
    for host in started:
        host.kill()


def said(hosts: list[Host], program: Path) -> dict[str, Any]:
    hosts.append(Host([sys.executable, str(program)]))
    return hosts[-1].hello()


def opened(hosts: list[Host], program: Path, **task: Any) -> dict[str, Any]:
    said(hosts, program)
    named = {name.replace("_", "-"): value for name, value in task.items()}
    answer = hosts[-1].ask("open", model="", device="auto", options={}, task={**TASK, **named}, memory=None)
    return dict(answer["task"]["splits"])


def test_the_version_follows_what_the_program_imports_from_beside_it(program: Path, hosts: list[Host]) -> None:
    first = said(hosts, program)["version"]
    (program.parent / "unrelated.py").write_text("print('nobody imports this')")
    assert said(hosts, program)["version"] == first
    (program.parent / "helper.py").write_text(HELPER.replace("FACTOR", "2.0"))
    second = said(hosts, program)["version"]
    assert second != first
    program.write_text(PROGRAM + "# another text")
    assert said(hosts, program)["version"] not in (first, second)


def test_an_interpreter_below_the_program_is_no_part_of_it() -> None:
    above = Path(sysconfig.get_path("stdlib")).resolve().parents[1]
    found = _modules_beside(above / "program.py")
    assert not [name for name in found if name.endswith(("json/__init__.py", "pathlib.py"))]


def test_a_study_that_wants_fewer_items_leaves_the_others_where_they_are(program: Path, hosts: list[Host]) -> None:
    every = opened(hosts, program)
    assert (every["selection"]["items"], every["report"]["items"]) == (12, 4)
    # Of more than there are, there is what there is: the host refuses the study.
    for wanted in ({"selection_items": 4, "report_items": 2}, {"selection_items": 50, "report_items": 50}):
        assert opened(hosts, program, **wanted) == every
