"""Greedy generation by whole forwards: every token is what the sequence up to it gives, run as a whole.

Edits may depend on where a query stands (exact recent positions of a cache, sinks) and on how long the
sequence is (attention spans). A forward over everything that there is by now is what they mean, so every
token is taken from one: a cache that is filled as a sequence grows would hold what its tokens gave when it
was shorter. No sequence is padded. On a host each runs by itself, as in the population, so that its text does
not depend on what else is asked for; on other devices those of one length run together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import torch

from .subject import Subject
from .tasks import Prompt, Written
from .tasks.tokens import Tokens

DEVICE_ROWS = 8192
"""Tokens per product on devices other than the host."""



def write(
    subject: Subject, prompts: Sequence[Prompt], texts: Tokens, check: Callable[[], None]
) -> tuple[list[Written], int]:
    """How the model continues each prompt, and the tokens that were run for that; edits that are entered take
    effect.

    A continuation ends with an end-of-text token of the model, which is no part of it, before the first of
    the prompt's stops that it has, or after its most tokens. Of equally likely tokens the first of the
    vocabulary is taken. `check` is called before every forward.
    """
    ends = [end_tokens(subject) | _special(texts, prompt.stops) for prompt in prompts]
    said: list[list[int]] = [[] for _ in prompts]
    written = ["" for _ in prompts]
    running = set(range(len(prompts)))
    computed = 0
    while running:
        by_length: dict[int, list[int]] = defaultdict(list)
        for number in sorted(running):
            by_length[len(prompts[number].tokens) + len(said[number])].append(number)
        for length, alike in by_length.items():
            most = 1 if subject.device.type == "cpu" else max(1, DEVICE_ROWS // length)
            for first in range(0, len(alike), most):
                check()
                together = alike[first : first + most]
                computed += length * len(together)
                sequences = [[*prompts[number].tokens, *said[number]] for number in together]
                for number, token in zip(together, _next(subject, sequences), strict=True):
                    ended = token in ends[number]
                    if not ended:
                        said[number].append(token)
                        text = texts.text(said[number], True)
                        written[number], ended = cut(text, prompts[number].stops)
                    if ended or len(said[number]) >= prompts[number].most:
                        running.discard(number)
    return [Written(tuple(tokens), text) for tokens, text in zip(said, written, strict=True)], computed


def end_tokens(subject: Subject) -> frozenset[int]:
    """The tokens that end a text: those of the model's generation settings, else of its configuration."""
    for holder in (getattr(subject.model, "generation_config", None), subject.config):
        found = getattr(holder, "eos_token_id", None)
        if found is not None:
            return frozenset(found if isinstance(found, (list, tuple)) else [found])
    return frozenset()


def _special(texts: Tokens, stops: Sequence[str]) -> frozenset[int]:
    """The special tokens among `stops`: the text of what was generated never shows them."""
    found = {token for stop in stops if (token := texts.token(stop)) is not None}
    return frozenset(token for token in found if not texts.text([token], True))


def cut(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """The text before the first of `stops` in it, and whether there is one."""
    places = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return (text[: min(places)], True) if places else (text, False)


@torch.no_grad()
def _next(subject: Subject, sequences: list[list[int]]) -> list[int]:
    """The likeliest token behind each of some sequences of one length."""
    hidden = subject.hidden(torch.tensor(sequences, dtype=torch.long, device=subject.device))
    chosen: list[int] = subject.project(hidden[:, -1]).argmax(dim=-1).tolist()
    return chosen
