"""What the model computes under a plan: logits at some positions of what is read, or continued, for items."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from attune_worker import Batch, Interrupted, NotFinite, OutOfMemory, Outputs, Plan, spread

from . import edits
from .edits import kv_bits, rounded
from .population import memory
from .subject import Subject
from .tasks import Task


@torch.no_grad()
def of_plan(subject: Subject, task: Task, plan: Plan, batch: Batch, positions: int) -> Iterator[Outputs]:
    """Passages of each item, then its prompts; each runs alone, as the model's own whole forward."""
    try:
        compiled = edits.compile(subject, plan)
        if kv_bits.smooths(plan):
            kv_bits.calibrate(subject, batch.breathe)
        if rounded.feeds_back(plan):
            rounded.round_weights(subject, [plan], batch.breathe)
        for number, item in enumerate(batch.items):
            asked = task.item(batch.split, item)
            passages, prompts = asked.passages, asked.prompts
            for tokens in [*(one.tokens for one in passages), *(one.tokens for one in prompts)]:
                batch.breathe()
                # Edits are entered for one sequence, and not while the host is told of it.
                with compiled.entered(subject):
                    hidden = subject.hidden(torch.tensor([tokens], device=subject.device))[0]
                    at = spread(len(tokens), positions)
                    rows = subject.project(hidden[torch.tensor(at, device=hidden.device)]).cpu()
                if not bool(rows.isfinite().all()):
                    wrong = rows[~rows.isfinite()]
                    raise NotFinite("logits", number, float(wrong[0]))
                values = rows.numpy().astype("<f4").tobytes()
                yield Outputs(item, tokens, at, rows.shape[1], values)
            batch.progress(number + 1.0)
    except Interrupted:
        raise
    except Exception as error:
        if memory.is_shortage(error):
            raise OutOfMemory(f"{subject.device}: {error}; use shorter items") from error
        raise
