"""Who acts for the attention of a layer while edits of several kinds are entered there."""

from __future__ import annotations

from contextlib import ExitStack

from ..subject import Layer, Subject
from . import attention
from .attention_facts import facts
from .heads import EditedHeads


def edited_heads(stack: ExitStack, subject: Subject, layer: Layer) -> EditedHeads:
    """The edited heads of `layer`, which act until `stack` is closed: those that are entered, or new ones."""
    if layer.attention is None:
        raise ValueError(f"layer {layer.index} has no attention")
    acting = attention.acting_for(layer.attention)
    if isinstance(acting, EditedHeads):
        return acting
    found = facts(subject)[layer.index]
    heads = EditedHeads(subject, found.kv_heads, found.latent)
    attention.act(stack, layer.attention, heads)
    return heads
