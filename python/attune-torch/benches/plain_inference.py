"""Batch inference by transformers alone, as somebody writes it who has passages of one length and nothing to edit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from attune_torch.population import memory
from torch import Tensor

WHAT = ("hidden states", "hidden states and logits")
"""Final hidden states by the decoder alone, or the whole model's logits of every token, which nobody looks at."""


def works(
    model: Any, decoder: Any, ids: Tensor, times: int, say: Callable[[str], None]
) -> dict[str, dict[int, Callable[[], None]]]:
    """For each of `WHAT`, by passages in a batch, something that runs all passages `ids: [passages, tokens]` so many
    times. Each has run once, so that what is done once is done; sizes that memory does not suffice for are left out."""
    sizes = [size for size in (1, 4, 16, 64, 256) if size < len(ids)] + [len(ids)]
    found: dict[str, dict[int, Callable[[], None]]] = {}
    for what, run in zip(WHAT, (partial(_hidden, decoder), partial(_logits, model)), strict=True):
        found[what] = {}
        for size in sizes:
            try:
                _all(run, ids, size, 1)
            except Exception as error:
                if not memory.is_shortage(error):
                    raise
                say(f"{size} passages in a batch are too many for {what}")
                break
            found[what][size] = partial(_all, run, ids, size, times)
    return found


@torch.inference_mode()
def _all(run: Callable[[Tensor], None], ids: Tensor, size: int, times: int) -> None:
    for _ in range(times):
        for part in ids.split(size):
            run(part)


def _hidden(decoder: Any, ids: Tensor) -> None:
    decoder(input_ids=ids, use_cache=False)


def _logits(model: Any, ids: Tensor) -> None:
    model(input_ids=ids, use_cache=False)
