"""What an engine has to do to be asked about a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class Engine(Protocol):
    """A program that loads exported folders."""

    name: str
    """As the descriptions of targets name it (`export/src/targets`)."""

    install: str
    """The command that brings it."""

    def version(self) -> str | None:
        """Which version is installed; `None` without one. Imports nothing heavy."""

    def log_probabilities(
        self, folder: Path, sequences: Sequence[Sequence[int]], positions: Sequence[Sequence[int]]
    ) -> list[NDArray[np.float32]]:
        """Logarithms of the probabilities of the next token, on the CPU: for each sequence of token ids an
        array [positions of that sequence, vocabulary]. Position p has seen the tokens 0 to p of its sequence.

        Logits are normalised because servers hand out nothing else. Raises `EngineError` when the engine does
        not load the folder.
        """


@runtime_checkable
class Maker(Protocol):
    """A program that makes a checkpoint of an exported document, and runs none."""

    name: str
    """As the descriptions of targets name it (`export/src/targets`)."""

    install: str
    """The command that brings it."""

    def version(self) -> str | None:
        """Which version is installed; `None` without one. Imports nothing heavy."""

    def make(self, folder: Path, model: Path) -> dict[str, NDArray[np.generic]]:
        """The tensors that it makes of the document in `folder`, which names files in the folder `model`, by
        their names.

        Raises `EngineError` when it does not take the document.
        """


@runtime_checkable
class RunsCode(Protocol):
    """An engine that can run Python code that comes with a folder, and does not unless it is told to."""

    runs_code: bool


class EngineError(Exception):
    """An engine refused a folder; the message is its own, with the file where it names one."""
