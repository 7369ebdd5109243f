"""Greedy generation by whole forwards: what a sequence of this length gives, at every length.

Edits may depend on where a query stands (exact recent positions of a cache, sinks) and on how long the sequence is (attention spans). A forward
over everything that there is by now is their definition, so every token is taken from one: a cache that is filled as a sequence grows
would hold what its tokens gave when it was shorter. Sequences of equal length run together, and none is padded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from .subject import Subject


@dataclass(frozen=True)
class Limits:
    """When a generation ends."""

    tokens: int
    """After so many tokens,"""
    ends: frozenset[int]
    """or with one of these tokens, which is no part of the answer,"""
    stops: tuple[str, ...] = ()
    """or when the text has one of these in it, which ends the text before it."""


def generate(
    subject: Subject,
    prompts: Sequence[Sequence[int]],
    limits: Limits,
    decode: Callable[[list[int]], str],
    rows: int,
    breathe: Callable[[], None],
) -> tuple[list[str], int]:
    """The texts that follow `prompts`, and the tokens that were run for them; edits that are entered take effect.

    At most `rows` tokens run at once, and at least one sequence. Of equally likely tokens the first of the vocabulary is taken.
    """
    said: list[list[int]] = [[] for _ in prompts]
    texts = ["" for _ in prompts]
    running = set(range(len(prompts)))
    work = 0
    for _ in range(limits.tokens):
        lengths: dict[int, list[int]] = defaultdict(list)
        for number in sorted(running):
            lengths[len(prompts[number]) + len(said[number])].append(number)
        for length, alike in sorted(lengths.items()):
            most = max(1, rows // length)
            for first in range(0, len(alike), most):
                breathe()
                together = alike[first : first + most]
                work += length * len(together)
                chosen = _next(subject, [[*prompts[number], *said[number]] for number in together])
                for number, token in zip(together, chosen, strict=True):
                    if token in limits.ends:
                        running.discard(number)
                        continue
                    said[number].append(token)
                    texts[number], ended = cut(decode(said[number]), limits.stops)
                    if ended:
                        running.discard(number)
        if not running:
            break
    return texts, work


def cut(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """The text before the first of `stops` in it, and whether there is one."""
    places = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return (text[: min(places)], True) if places else (text, False)


@torch.no_grad()
def _next(subject: Subject, sequences: list[list[int]]) -> list[int]:
    """The likeliest token behind each of some sequences of one length."""
    hidden = subject.hidden(torch.tensor(sequences, device=subject.device))
    chosen: list[int] = subject.project(hidden[:, -1]).argmax(dim=-1).tolist()
    return chosen
