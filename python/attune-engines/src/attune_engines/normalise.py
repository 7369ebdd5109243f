"""Logits as logarithms of probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """`logits - log(sum(exp(logits)))` over the last axis, in float64 on the way. Rows that are
    normalised stay as they are."""
    wide = logits.astype(np.float64)
    shifted = wide - wide.max(axis=-1, keepdims=True)
    normalised = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    narrow: NDArray[np.float32] = normalised.astype(np.float32)
    return narrow
