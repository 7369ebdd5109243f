"""Checkpoints as they are stored, and how far two of them are from each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from attune_engines.engine import EngineError

Tensors = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Distance:
    """Between two checkpoints with the same names and shapes."""

    largest: float
    """The largest |difference| of two numbers."""
    mean: float
    """The mean |difference|."""
    numbers: int
    tensors: int

    def as_json(self) -> dict[str, Any]:
        return {
            "max_difference": self.largest,
            "mean_difference": self.mean,
            "numbers": self.numbers,
            "tensors": self.tensors,
        }


def tensors_of(folder: Path) -> Tensors:
    """All tensors of the safetensors files in a folder, by name.

    Raises `EngineError` where there are none, or a file is none.
    """
    found: Tensors = {}
    for file in sorted(folder.glob("*.safetensors")):
        try:
            found |= load_file(file)
        except (OSError, SafetensorError) as error:
            raise EngineError(f"{file}: {error}") from error
        except (KeyError, TypeError) as error:
            # numpy has no bfloat16.
            problem = f"a type that numpy does not have ({error}); store it in float32 or float16"
            raise EngineError(f"{file}: {problem}") from error
    if not found:
        raise EngineError(f"{folder} holds no tensors in safetensors files")
    return found


def largest(tensors: Tensors) -> float:
    """The largest |number| of a checkpoint."""
    return max(float(np.abs(one.astype(np.float64)).max(initial=0.0)) for one in tensors.values())


def distance(found: Tensors, expected: Tensors) -> Distance:
    """How far a checkpoint is from another one.

    Raises `EngineError` where names or shapes differ, or a number is not finite.
    """
    if found.keys() != expected.keys():
        other = sorted(found.keys() ^ expected.keys())
        raise EngineError(f"`{other[0]}` and {len(other) - 1} more tensors are in one of both checkpoints only")
    most = total = 0.0
    numbers = 0
    for name, one in expected.items():
        if found[name].shape != one.shape:
            shapes = f"{list(found[name].shape)} and not {list(one.shape)}"
            raise EngineError(f"`{name}` is {shapes}")
        differences = np.abs(found[name].astype(np.float64) - one.astype(np.float64))
        if not np.isfinite(differences).all():
            raise EngineError(f"`{name}` has numbers that are not finite")
        most = max(most, float(differences.max(initial=0.0)))
        total += float(differences.sum())
        numbers += differences.size
    return Distance(most, total / max(numbers, 1), numbers, len(expected))
