"""Spans of KV heads."""

from __future__ import annotations

import math
from contextlib import ExitStack

from attune_worker.evaluator import Edit, Plan, Unsupported

from ..subject import Layer, Subject
from .attention_facts import check_head, understood
from .edited_attention import edited_heads
from .heads import Span


class AttentionSpan:
    """`attention-span`. With latent attention there is one KV head, 0, whose span is that of all heads."""

    kind = "attention-span"

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        """See `EditKind`."""
        check_head(edit, understood(subject, edit))
        if not (math.isfinite(edit["alpha"]) and math.isfinite(edit["beta"])):
            raise Unsupported(edit, "alpha and beta must be finite")
        for other in plan:
            same = (
                other.kind == edit.kind
                and other is not edit
                and (other["layer"], other["kv-head"]) == (edit["layer"], edit["kv-head"])
            )
            if same:
                raise Unsupported(edit, f"{other} changes the same place")

    def changes(self, subject: Subject, edit: Edit) -> bool:
        """See `EditKind`."""
        return True

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        """See `EditKind`."""
        heads = edited_heads(stack, subject, layer)
        for edit in edits:
            heads.spans[edit["kv-head"]] = Span(edit["sink"], edit["alpha"], edit["beta"])
        stack.callback(heads.spans.clear)
