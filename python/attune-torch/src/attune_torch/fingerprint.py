"""The identity of a model: results are never mixed between two of these."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from . import stored

_BLOCK = 16 << 20


def of_folder(folder: Path, breathe: Callable[[], None] = lambda: None) -> str:
    """SHA-256 over config.json and every weight file with its name, 64 hexadecimal digits. A worker's own:
    the native evaluator says another one of the same folder, and cached scores of the two are apart.

    Python files of the folder are part of the model where its code is of its own, so they count too; and so
    does generation_config.json, which says where a generated text ends.
    """
    digest = hashlib.sha256(b"attune-torch/1")
    ends = [file] if (file := folder / "generation_config.json").is_file() else []
    for file in [folder / "config.json", *ends, *sorted(folder.glob("*.py")), *stored.files(folder)]:
        digest.update(file.name.encode() + b"\0" + file.stat().st_size.to_bytes(8, "little"))
        with file.open("rb") as opened:
            while block := opened.read(_BLOCK):
                digest.update(block)
                breathe()
    return digest.hexdigest()
