"""How far an engine is from a reference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune_engines.engine import Engine, EngineError
from attune_engines.reference import Sequence


@dataclass(frozen=True)
class Figures:
    """Differences between two sets of rows of log-probabilities, in nats."""

    largest: float
    """The largest |difference| of any token at any position."""
    mean: float
    """The mean |difference| over positions and the whole vocabulary."""
    kl: float
    """The mean Kullback-Leibler divergence of the engine's distribution from the reference's, over
    positions."""
    agreement: float
    """The share of positions at which both have the same most likely token."""
    positions: int

    def as_json(self) -> dict[str, Any]:
        return {
            "max_difference": self.largest,
            "mean_difference": self.mean,
            "kl": self.kl,
            "argmax_agreement": self.agreement,
            "positions": self.positions,
        }


def figures(expected: NDArray[np.float32], found: NDArray[np.float32]) -> Figures:
    """Of one set of rows, [positions, vocabulary]."""
    wide = expected.astype(np.float64)
    differences = np.abs(found - wide)
    same = expected.argmax(axis=-1) == found.argmax(axis=-1)
    return Figures(
        float(differences.max()),
        float(differences.mean()),
        divergence(expected, found),
        float(same.mean()),
        len(expected),
    )


def together(several: Iterable[Figures]) -> Figures:
    """Of several, weighted by their positions."""
    all_of_them = list(several)
    positions = sum(one.positions for one in all_of_them)

    def mean(values: Iterable[float]) -> float:
        pairs = zip(values, all_of_them, strict=True)
        return sum(value * one.positions for value, one in pairs) / positions

    return Figures(
        max(one.largest for one in all_of_them),
        mean(one.mean for one in all_of_them),
        mean(one.kl for one in all_of_them),
        mean(one.agreement for one in all_of_them),
        positions,
    )


def divergence(reference: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The mean Kullback-Leibler divergence of rows from those of a reference, over positions: nats."""
    wide = reference.astype(np.float64)
    # Rounding can leave a divergence a hair below 0.
    return float(np.maximum((np.exp(wide) * (wide - other)).sum(axis=-1), 0.0).mean())


def ask(engine: Engine, folder: Path, sequences: list[Sequence]) -> list[NDArray[np.float32]]:
    """What a folder computes in an engine, sequence by sequence: log-probabilities `[positions, vocabulary]`,
    as many as were expected.

    Raises `EngineError` when the engine does not load the folder, or what it hands out cannot be compared.
    """
    tokens = [one.tokens for one in sequences]
    rows = engine.log_probabilities(folder, tokens, [one.positions for one in sequences])
    for one, found in zip(sequences, rows, strict=True):
        _check(folder, one, found)
    return rows


def beside(sequences: list[Sequence], rows: list[NDArray[np.float32]]) -> list[Figures]:
    """How far what was answered is from what was expected, sequence by sequence."""
    return [figures(one.log_probabilities, found) for one, found in zip(sequences, rows, strict=True)]


def _check(folder: Path, expected: Sequence, found: NDArray[np.float32]) -> None:
    if found.shape != expected.log_probabilities.shape:
        shapes = f"{list(found.shape)} and not {list(expected.log_probabilities.shape)}"
        raise EngineError(f"{folder}: rows of {shapes}: [positions, vocabulary] of the evaluator")
    wrong = int((~np.isfinite(found)).sum())
    if wrong:
        raise EngineError(f"{folder}: {wrong} of {found.size} log-probabilities are not finite numbers")
