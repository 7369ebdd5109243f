"""What is asked of a signal, and who measures which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from attune_worker.evaluator import BadRequest, Signal, Work
from torch import Tensor

from ..edits.attention_facts import AttentionFacts, facts
from ..subject import Subject


@dataclass
class Asked:
    """What is to be measured, on which data."""

    subject: Subject
    name: str
    args: dict[str, Any]
    """Complete."""
    ids: Tensor
    """`[items, tokens]`."""
    breathe: Callable[[], None]

    def item(self, number: int) -> Tensor:
        """`[1, tokens]`, on the model's device."""
        return self.ids[number : number + 1].to(self.subject.device)

    def signal(self, axes: list[tuple[str, int]], values: Tensor, work: int) -> Signal:
        """Nothing is shared, so all work is computed. Raises where values are not finite."""
        flat: list[float] = values.flatten().tolist()
        if not torch.isfinite(values).all():
            raise BadRequest(f"signal `{self.name}` of this model on these items is not finite")
        return Signal(axes, flat, Work(work, work))

    def layer_tokens(self, items: int | None = None) -> int:
        """Tokens of all items, or of so many, times layers: the work of one forward."""
        return (len(self.ids) if items is None else items) * self.ids.shape[1] * len(self.subject.layers)

    def attention(self) -> list[AttentionFacts]:
        """What attention is like in every layer. Raises `BadRequest` where a layer's cannot be looked into;
        layers without a cache have nothing that is asked for."""
        found = facts(self.subject)
        for layer, of in zip(self.subject.layers, found, strict=True):
            if layer.attention is not None and layer.caches and of.refusal is not None:
                raise BadRequest(f"signal `{self.name}`: layer {layer.index}: {of.refusal}")
        if all(of.refusal is not None for of in found):
            raise BadRequest(f"signal `{self.name}` needs a model with attention")
        return found

    def experts(self) -> int:
        """The largest number of experts in a layer. Raises `BadRequest` where there are none, or a router is
        not understood."""
        routers = [layer.router for layer in self.subject.layers if layer.router is not None]
        if not routers:
            raise BadRequest(f"signal `{self.name}` needs a model with experts")
        for layer in self.subject.layers:
            why = layer.unknown.get("router") or (layer.router.refusal if layer.router is not None else None)
            if why is not None:
                raise BadRequest(f"signal `{self.name}`: layer {layer.index}: {why}")
        return max(router.count for router in routers)


def _measures() -> dict[str, Callable[[Asked], Signal]]:
    from . import attention_influence, block_influence, kv_error, reconstruction, routing, weights

    return {
        "expert-frequency": routing.frequency,
        "expert-soft-activation": routing.soft_activation,
        "expert-reconstruction": reconstruction.measure,
        "block-influence": block_influence.measure,
        "attention-influence": attention_influence.measure,
        "kv-quantisation-error": kv_error.measure,
        "weight-quantisation-error": weights.measure,
        "weight-fisher": weights.measure,
    }


MEASURES = _measures()
