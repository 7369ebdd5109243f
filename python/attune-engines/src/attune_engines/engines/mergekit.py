"""mergekit: one checkpoint of several, as a document says (`mergekit.yaml`)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune_engines import installed
from attune_engines.engine import EngineError
from attune_engines.stored import tensors_of

DOCUMENT = "mergekit.yaml"
"""What the target `mergekit` writes."""
PROGRAM = "mergekit.scripts.merge_raw_pytorch"
"""The module that `mergekit-pytorch` runs: it knows no architectures, as the generators here have one of
their own."""
RUN = (
    "import sys; sys.path[:] = [place for place in sys.path if place not in ('', '.')]; sys.argv.pop(0); "
    "import importlib; importlib.import_module(sys.argv[0]).main()"
)
"""Runs it in this Python, wherever its script lies; no module is taken from the folder of the model."""
TAIL = 400
"""Characters of its standard error that a message shows."""


class Mergekit:
    """Has mergekit make a checkpoint, in a process of its own, and reads it."""

    name = "mergekit-pytorch"
    install = "pip install mergekit"

    def version(self) -> str | None:
        return installed.version("mergekit")

    def make(self, folder: Path, model: Path) -> dict[str, NDArray[np.generic]]:
        """See `Maker`."""
        document = (folder / DOCUMENT).resolve()
        if not document.is_file():
            raise EngineError(f"{folder} holds no {DOCUMENT}")
        with tempfile.TemporaryDirectory() as place:
            command = [sys.executable, "-c", RUN, PROGRAM, str(document), place]
            # Names in the document are those of files in the folder of the model.
            ended = subprocess.run(command, cwd=model, capture_output=True, text=True, errors="replace")
            if ended.returncode:
                raise EngineError(f"{document}: mergekit says: {ended.stderr.strip()[-TAIL:]}")
            return tensors_of(Path(place))


ENGINE = Mergekit()
