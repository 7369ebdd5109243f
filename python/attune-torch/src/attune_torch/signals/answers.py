"""Greedy answers of the dense model."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import torch
from torch import Tensor

from ..subject import Subject


def greedy(subject: Subject, prompts: Tensor, length: int, breathe: Callable[[], None]) -> Tensor:
    """Each of `prompts: [items, tokens]` with the likeliest tokens after it up to `length`; of equally likely
    ones the lowest. The end of a text is a token like any other."""
    texts = [_continued(subject, prompt[None].to(subject.device), length, breathe) for prompt in prompts]
    return torch.cat(texts).to(prompts.device)


@torch.no_grad()
def _continued(subject: Subject, ids: Tensor, length: int, breathe: Callable[[], None]) -> Tensor:
    cache, new = None, ids
    # transformers is about to call it otherwise.
    name = (
        "cache"
        if "cache" in inspect.signature(inspect.unwrap(type(subject.decoder).forward)).parameters
        else "past_key_values"
    )
    while ids.shape[1] < length:
        breathe()
        given = subject.decoder(input_ids=new, use_cache=True, **{name: cache})
        cache = getattr(given, name, None)
        logits = subject.project(given.last_hidden_state[0, -1:])
        likeliest = torch.nonzero(logits[0] == logits.amax())[0]
        # A model without a cache of this kind is run over the whole text again.
        ids = torch.cat([ids, likeliest[None].to(ids.device)], 1)
        new = ids if cache is None else ids[:, -1:]
    return ids
