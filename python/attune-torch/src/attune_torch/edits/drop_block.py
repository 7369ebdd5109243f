"""Skipped blocks and halves of blocks: their residual branch adds nothing
(`eval/src/edits/drop_block.rs`)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Literal

import torch
from attune_worker.evaluator import Edit, Plan, Unsupported
from torch import Tensor, nn

from ..replaced import replaced_forward
from ..structure.layer import Layer
from ..subject import Subject

Half = Literal["attention", "feed-forward"]


class DropBlock:
    """See `docs/edits.md`."""

    kind = "drop-block"

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        layer = subject.layers[edit.args["layer"]]
        part = edit.args.get("part")
        if part not in (None, "attention", "feed-forward"):
            raise Unsupported(edit, f"there is no half `{part}`; expected attention or feed-forward")
        if part is None or part == "attention":
            # A model without values has not been tried: what it needs is known when it is loaded.
            shared = subject.whole_because
            if shared is not None and subject.device.type != "meta":
                raise Unsupported(
                    edit, f"layers of this model may need what that one leaves for them: {shared}"
                )
        if part is not None and "halves" in layer.unknown:
            raise Unsupported(edit, layer.unknown["halves"])

    def changes(self, subject: Subject, edit: Edit) -> bool:
        return True

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        parts = {edit.args.get("part") for edit in edits}
        if None in parts or len(parts) == 2:
            stack.enter_context(replaced_forward(layer.block, lambda _: _passing(subject, layer)))
            return
        for part in parts:
            silence(stack, layer, part)  # type: ignore[arg-type]


def _passing(subject: Subject, layer: Layer) -> Callable[..., Any]:
    """A block that passes the stream as it is."""

    def forward(*args: Any, **kwargs: Any) -> Any:
        return subject.stages.given(layer.index, args[0] if args else kwargs["hidden_states"])

    return forward


def silence(stack: ExitStack, layer: Layer, half: Half) -> None:
    """One half of a block adds nothing until `stack` is closed."""
    if half == "attention":
        if layer.attention is not None:
            _silent(stack, layer.attention, layer.gives.get("attention"), None)
        return
    if layer.feed_forward is None:
        # The block calls the matrices itself.
        down = layer.linear["down"][0]
        _silent(stack, down.owner, None, down.outputs)
        return
    _silent(stack, layer.feed_forward, layer.gives.get("feed-forward"), None)
    for module in layer.beside:
        _silent(stack, module, None, None)


def _silent(stack: ExitStack, module: nn.Module, rest: tuple[Any, ...] | None, width: int | None) -> None:
    def forward(*args: Any, **kwargs: Any) -> Any:
        entering: Tensor = next(value for value in (*args, *kwargs.values()) if isinstance(value, Tensor))
        zeros = (
            torch.zeros_like(entering) if width is None else entering.new_zeros(*entering.shape[:-1], width)
        )
        return zeros if rest is None else (zeros, *rest)

    stack.enter_context(replaced_forward(module, lambda _: forward))
