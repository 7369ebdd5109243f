"""Experiments on a few tokens when a model is loaded: what its structure was taken for is proved, or refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ..edits.attention_facts import facts
from .fused import try_fused
from .halves import try_halves
from .layers import random_ids, try_layers
from .observed import observe
from .routing import try_router

if TYPE_CHECKING:
    from ..subject import Subject

__all__ = ["random_ids", "try_layers", "try_structure"]

_TOKENS = 16


@torch.no_grad()
def try_structure(subject: Subject) -> None:
    """Proves how fused tensors lie, by what rules routers choose, that halves of blocks are halves and what attention does; what is not
    proved is left in `Layer.unknown`, `Router.refusal` and `AttentionFacts.refusal`."""
    seen = observe(subject, random_ids(subject, 1, _TOKENS))
    for layer in subject.layers:
        try_fused(layer, seen[layer.index])
        try_halves(subject, layer, seen[layer.index])
        if layer.router is not None:
            try_router(layer.router)
    facts(subject)
