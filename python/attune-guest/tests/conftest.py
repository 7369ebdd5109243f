"""Bindings of the interface, as componentize-py makes them for a component."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def component(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """`attune_guest.component` around the example; what it logs is in `lines`."""
    beside = Path(sys.executable).parent / "componentize-py"
    program = str(beside) if beside.is_file() else shutil.which("componentize-py")
    if program is None:
        pytest.skip("there is no componentize-py (pip install componentize-py==0.25.1)")
    folder = tmp_path_factory.mktemp("bindings")
    wit = [REPOSITORY / "plugins" / name for name in ("wit", "wit-profiling")]
    paths = [argument for path in wit for argument in ("--wit-path", str(path))]
    world = "attune:profiling/profiled-plugin"
    subprocess.run([program, *paths, "--world", world, "bindings", str(folder)], check=True)
    sys.path.insert(0, str(folder))
    log = importlib.import_module("wit_world.imports.log")
    lines: list[tuple[str, str]] = []
    log.log = lambda level, message: lines.append((level.name, message))  # type: ignore[attr-defined]
    streams = sys.stdout, sys.stderr
    module = importlib.import_module("attune_guest.component")
    module.printed = sys.stdout  # type: ignore[attr-defined]
    sys.stdout, sys.stderr = streams
    module.lines = lines  # type: ignore[attr-defined]
    yield module
    sys.path.remove(str(folder))
