from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers

sys.path.insert(0, str(Path(__file__).parent))

from attune_torch.describe import Options
from attune_torch.loading import load
from attune_torch.outline import Outline
from attune_torch.subject import Subject
from families import make

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

ROOT = Path(__file__).parents[3]


def loaded(folder: Path, **options: object) -> Subject:
    """The model of a folder on the CPU."""
    return load(Outline(folder, Options(**options)), torch.device("cpu"), lambda message: None)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def family(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Subject]:
    """Tiny models by family, each made and loaded once."""
    kept: dict[str, Subject] = {}

    def of(name: str) -> Subject:
        if name not in kept:
            kept[name] = loaded(make(name, tmp_path_factory.mktemp(name)))
        return kept[name]

    return of


@pytest.fixture(scope="session")
def tiny_moe() -> Subject:
    return loaded(ROOT / "models" / "tiny-moe", dtype="float32")
