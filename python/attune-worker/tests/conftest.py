"""Workers in processes of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from attune_worker.check.host import Host

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src"
TASK: dict[str, Any] = {
    "kind": "toy",
    "options": {},
    "base": "/",
    "selection": "",
    "report": "",
    "elsewhere": {},
    "selection-items": 0,
    "report-items": 0,
}


@pytest.fixture(autouse=True, scope="session")
def importable() -> None:
    """Processes that tests start find the package as well."""
    paths = [str(SOURCE), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)


@pytest.fixture
def start() -> Iterator[Callable[..., Host]]:
    """Starts `tests/NAME.py ARGUMENTS`, and ends it after the test."""
    hosts: list[Host] = []

    def begin(name: str, *arguments: str, open_it: bool = True) -> Host:
        host = Host([sys.executable, str(HERE / f"{name}.py"), *arguments])
        hosts.append(host)
        if open_it:
            host.hello()
            host.ask("open", model="", device="auto", options={}, task=TASK, memory=None)
            host.ask("load")
        return host

    yield begin
    for host in hosts:
        host.kill()
