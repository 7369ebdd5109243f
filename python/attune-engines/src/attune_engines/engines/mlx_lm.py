"""mlx-lm: checkpoints for MLX, on Apple silicon and, with `mlx[cpu]`, on Linux."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune_engines import installed
from attune_engines.engine import EngineError
from attune_engines.normalise import log_softmax


class MlxLm:
    """Loads a folder as `mlx_lm.generate` does and computes in float32 on the CPU."""

    name = "mlx-lm"
    install = 'pip install "mlx[cpu]" mlx-lm'

    def version(self) -> str | None:
        return installed.version("mlx-lm", "mlx")

    def log_probabilities(
        self, folder: Path, sequences: Sequence[Sequence[int]], positions: Sequence[Sequence[int]]
    ) -> list[NDArray[np.float32]]:
        import mlx.core as mx

        mx.set_default_device(mx.cpu)
        model = _load(folder)
        rows = []
        for tokens, wanted in zip(sequences, positions, strict=True):
            logits = model(mx.array([list(tokens)]))[0][mx.array(list(wanted), mx.int32)]
            rows.append(log_softmax(np.array(logits.astype(mx.float32))))
        return rows


def _load(folder: Path) -> Any:
    import mlx.core as mx
    from mlx_lm.utils import load_model

    try:
        # Strict: a tensor that the model does not know, or lacks, is an error.
        model, _ = load_model(folder)
    except Exception as error:  # whatever mlx-lm, or a file, raises
        raise EngineError(f"{folder}: {type(error).__name__}: {error}") from error
    model.set_dtype(mx.float32)
    return model


ENGINE = MlxLm()
