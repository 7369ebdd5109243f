"""The matrices of a model that have a row for each token."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EmbeddingMatrix:
    """A matrix with a row for each token. `name` in plans: `input`, which is also the output matrix where the
    model has one for both, or `output`. `element_bytes` of a stored weight are 2 or 4; `None` where the host
    does not say."""

    name: str
    tokens: int
    channels: int
    element_bytes: int | None
