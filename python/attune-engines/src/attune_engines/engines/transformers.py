"""Transformers, on torch: checkpoints in the Hugging Face layout, compressed-tensors where that package is
installed."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune_engines import installed
from attune_engines.engine import EngineError
from attune_engines.normalise import log_softmax


class Transformers:
    """Loads a folder as `AutoModelForCausalLM` does and runs it in float32, whatever type it is stored in:
    that is the arithmetic which scored it, so only what the folder says can differ."""

    name = "Transformers"
    install = "pip install torch transformers"

    def __init__(self) -> None:
        self.runs_code = False
        """Whether code that comes with a folder (`auto_map` of config.json) is run."""

    def version(self) -> str | None:
        return installed.version("transformers", "torch")

    def log_probabilities(
        self, folder: Path, sequences: Sequence[Sequence[int]], positions: Sequence[Sequence[int]]
    ) -> list[NDArray[np.float32]]:
        import torch

        model = _load(folder, self.runs_code)
        rows = []
        with torch.no_grad():
            for tokens, wanted in zip(sequences, positions, strict=True):
                logits = _logits(model, tokens, wanted)
                rows.append(log_softmax(logits.float().numpy()))
        return rows


def _logits(model: Any, tokens: Sequence[int], wanted: Sequence[int]) -> Any:
    """[positions, vocabulary]. Those of other positions are not made where the model can leave them out: of a
    long text and a large vocabulary they are more than the model itself."""
    import torch

    places = torch.tensor(list(wanted), dtype=torch.long)
    chooses = "logits_to_keep" in inspect.signature(model.forward).parameters
    # Without a cache: what is asked is the whole sequence at once.
    found = model(
        torch.tensor([list(tokens)]), use_cache=False, **({"logits_to_keep": places} if chooses else {})
    ).logits[0]
    return found if chooses else found[places]


def _load(folder: Path, runs_code: bool = False) -> Any:
    """The model in float32, of which every weight was in the folder."""
    import torch
    from transformers import AutoModelForCausalLM

    has_floats = _has_floats_of_4_bits(folder)
    try:
        model, said = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=torch.bfloat16 if has_floats else torch.float32,
            attn_implementation="eager",
            local_files_only=True,
            trust_remote_code=runs_code,
            output_loading_info=True,
        )
    except Exception as error:  # whatever transformers, a quantiser's package or a file raises
        raise EngineError(f"{folder}: {type(error).__name__}: {error}") from error
    for key, what in (("missing_keys", "is not stored"), ("mismatched_keys", "is stored with another shape")):
        names = sorted(map(str, said.get(key) or ()))
        if names:
            # It would go on with random numbers.
            raise EngineError(f"{folder}: `{names[0]}` {what}, and {len(names) - 1} more")
    model = model.eval()
    if has_floats:
        # A pass makes numbers of codes, in bfloat16; from there on it computes in float32 as all others.
        try:
            with torch.no_grad():
                model(torch.tensor([[0]]), use_cache=False)
        except Exception as error:
            raise EngineError(f"{folder}: {type(error).__name__}: {error}") from error
        # Transformers' own `float` refuses whatever was loaded from codes.
        model = torch.nn.Module.float(model)
    return model


def _has_floats_of_4_bits(folder: Path) -> bool:
    """Whether compressed-tensors stores weights there (`mxfp4`, `nvfp4`) that it makes bfloat16 numbers of,
    whatever else it is told."""
    file = folder / "config.json"
    try:
        groups = json.loads(file.read_text(encoding="utf-8"))["quantization_config"]["config_groups"]
        weights = [group["weights"] for group in groups.values()]
        return any(one["type"] == "float" and one["num_bits"] == 4 for one in weights)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Transformers has its own words for a file that is none.
        return False


ENGINE = Transformers()
