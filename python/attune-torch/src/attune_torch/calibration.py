"""The data that scales of smoothed keys are measured on, whatever is scored: see `kv-bits` in
`docs/edits.md`."""

from __future__ import annotations

from dataclasses import dataclass

from .tasks import Task, fingerprint, packed

TOKENS = 4096
"""Of the first items of the selection split: whole ones, at least one."""


@dataclass(frozen=True)
class Calibration:
    """Sequences of tokens, and their identity."""

    sequences: tuple[tuple[int, ...], ...]
    fingerprint: str


def of_task(task: Task) -> Calibration:
    """What the first items ask a model to read, as far as it fits into `TOKENS`."""
    found: list[tuple[int, ...]] = []
    for index in range(task.splits["selection"].items):
        item = task.item("selection", index)
        new = [passage.tokens for passage in item.passages] + [prompt.tokens for prompt in item.prompts]
        if found and sum(map(len, (*found, *new))) > TOKENS:
            break
        found += new
    parts = [packed(tokens) for tokens in found]
    return Calibration(tuple(found), fingerprint("keys of the first items of the selection, 1", parts))
