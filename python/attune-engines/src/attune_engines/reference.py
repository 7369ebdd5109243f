"""What an evaluator said that a plan computes: token ids, and rows of outputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from attune_engines.normalise import log_softmax


class BadReference(Exception):
    """A file that is no reference: which one, what was found, what was expected."""


@dataclass(frozen=True)
class Sequence:
    """One sequence of an item of the task."""

    item: int
    """The item that it belongs to."""
    tokens: list[int]
    positions: list[int]
    """Ascending; position p has seen the tokens 0 to p."""
    log_probabilities: NDArray[np.float32]
    """Of the next token: [positions, vocabulary]."""


def read(file: Path) -> list[Sequence]:
    """Reads a safetensors file of `attune export --verify`: for each sequence N the tensors `inputs.N`
    [length], `positions.N` [positions] and `outputs.N` [positions, vocabulary] (logits, up to a constant in
    each row), and `items` [sequences].

    Raises `BadReference`.
    """
    try:
        tensors = load_file(file)
    except (OSError, SafetensorError) as error:
        raise BadReference(f"{file}: {error}; expected a safetensors file of outputs") from error
    if "items" not in tensors:
        raise BadReference(
            f"{file}: no tensor `items`; expected a file of outputs of `attune export --verify`"
        )
    return [_sequence(file, tensors, number, int(item)) for number, item in enumerate(tensors["items"])]


def _sequence(file: Path, tensors: dict[str, NDArray[np.generic]], number: int, item: int) -> Sequence:
    found = [tensors.get(f"{name}.{number}") for name in ("inputs", "positions", "outputs")]
    inputs, positions, outputs = found
    if inputs is None or positions is None or outputs is None:
        raise BadReference(f"{file}: sequence {number} lacks `inputs`, `positions` or `outputs`")
    if outputs.ndim != 2 or outputs.shape[0] != len(positions) or not len(positions):
        shape = list(outputs.shape)
        raise BadReference(f"{file}: `outputs.{number}` is {shape}; expected [{len(positions)}, vocabulary]")
    if int(positions.max()) >= len(inputs):
        raise BadReference(
            f"{file}: `positions.{number}` goes beyond the {len(inputs)} tokens of the sequence"
        )
    rows = log_softmax(outputs.astype(np.float32))
    return Sequence(item, inputs.tolist(), positions.tolist(), rows)
