"""Plans, and runs of them."""

from __future__ import annotations

from typing import Any

import torch
from attune_worker.evaluator import Edit

from attune_torch.edits import compile
from attune_torch.subject import Subject


def edit(kind: str, **arguments: Any) -> Edit:
    """An edit; `group_size` is `group-size`."""
    return Edit(
        kind, {name.replace("_", "-"): value for name, value in arguments.items() if value is not None}
    )


@torch.no_grad()
def hidden(subject: Subject, plan: list[Edit], ids: torch.Tensor) -> torch.Tensor:
    """Final hidden states of the edited model, by its whole forward."""
    with compile(subject, plan).entered(subject):
        return subject.hidden(ids)


@torch.no_grad()
def layer_by_layer(subject: Subject, plan: list[Edit], ids: torch.Tensor) -> torch.Tensor:
    """The same, each layer edited by itself."""
    compiled, prepared = compile(subject, plan), subject.prepare(ids)
    stream = prepared.hidden
    for layer in compiled.layers:
        with layer.entered(subject):
            stream = subject.run_layer(layer.layer, stream, prepared)
    return subject.finish(stream, prepared)
