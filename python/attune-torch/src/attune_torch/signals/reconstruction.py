"""Which experts answer most like all of them together (NAEE, arXiv 2402.14800, §3.2)."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import torch
from attune_worker.evaluator import Signal
from torch import Tensor

from ..edits.routers import score
from ..structure.routers import Router
from .routing import watch_router
from .subsets import Answers, best_subsets

if TYPE_CHECKING:
    from .measured import Asked

TOKENS = 4096
"""That errors are added up over: whole items, at least one."""


def measure(asked: Asked) -> Signal:
    """`[layer][kept][expert]`: 1 for the experts of the best subset of `kept + 1`, else 0: that with the
    smallest squared distance between what the experts answer when the router has only those to choose from,
    and what they answer in the dense model, on its inputs. Zeros in layers without experts."""
    subject, experts = asked.subject, asked.experts()
    items = min(len(asked.ids), max(1, TOKENS // asked.ids.shape[1]))
    layers = len(subject.layers)
    values = torch.zeros(layers, experts, experts, dtype=torch.float64)
    prepared = [subject.prepare(asked.item(item)) for item in range(items)] if subject.layerwise else []
    hidden = [each.hidden for each in prepared]
    most = 1
    for layer in subject.layers:
        answers: list[Answers] = []
        with ExitStack() as stack, torch.no_grad():
            router = layer.router
            if router is not None:
                most = max(most, -(-router.count // router.per_token))
                watch_router(stack, router, partial(_note, answers, router))
            for item in range(items):
                asked.breathe()
                if prepared:
                    hidden[item] = subject.run_layer(layer.index, hidden[item], prepared[item])
                elif router is not None:
                    subject.hidden(asked.item(item))
        if router is not None:
            for kept in best_subsets(router, answers, asked.breathe):
                values[layer.index, len(kept) - 1, kept] = 1.0
    # Every expert runs on every token; attention, which runs once, is counted as often.
    work = asked.layer_tokens(items) * (most if prepared else most + layers - 1)
    return asked.signal([("layer", layers), ("kept", experts), ("expert", experts)], values, work)


def _note(answers: list[Answers], router: Router, x: Tensor, logits: Tensor) -> None:
    answers.append(_answers(router, x, logits))


def _answers(router: Router, x: Tensor, logits: Tensor) -> Answers:
    """What every expert answers to every row of `x: [rows, hidden]`."""
    rows = x.shape[0]
    if router.weighs_input:
        entering = x.repeat(router.count, 1) * score(router, logits.float()).t().reshape(-1, 1).to(x.dtype)
        answers = router.experts(entering).reshape(router.count, rows, -1).transpose(0, 1)
    else:
        one = torch.ones(rows, 1, dtype=x.dtype, device=x.device)
        whom = [torch.full((rows, 1), expert, device=x.device) for expert in range(router.count)]
        answers = torch.stack([router.experts(x, expert, one) for expert in whom], 1)
    answers = answers.float()
    return Answers(logits.float(), answers @ answers.transpose(1, 2))
