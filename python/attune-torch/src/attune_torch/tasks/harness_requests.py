"""Requests of lm-evaluation-harness as passages and prompts, and the answers in its form.

Its `HFLM` with `max_length` one below the model's context gives the same tokens: passages are read whole
here, where that program leaves out the last token, which predicts nothing that is scored.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import Passage, Prompt, Read, Written
from .continuation import NoTokens, Pair, Tokenizer, encode, encode_pair, prefix_token

MOST_TOKENS = 256
"""Tokens that are generated where a task does not say how many."""

_LENGTHS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
_GREEDY = {"do_sample": (False, None), "temperature": (0, None), "num_beams": (1, None)}
_SAMPLING = {"top_p", "top_k", "min_p", "typical_p"}
"""What decides nothing where nothing is drawn."""


@dataclass(frozen=True)
class Asked:
    """A request: passages of which log-likelihoods are summed, or a prompt."""

    passages: tuple[Passage, ...] = ()
    prompt: Prompt | None = None
    rolling: bool = False
    truncated: bool = False

    def answer(self, read: Sequence[Read], written: Sequence[Written]) -> Any:
        """What the harness expects: (log-likelihood, whether greedy), a log-likelihood, or a text."""
        if self.prompt is not None:
            return written[0].text
        likelihood = -math.fsum(value for one in read for value in one.nll)
        return likelihood if self.rolling else (likelihood, all(all(one.greedy) for one in read))


def loglikelihood(tokenizer: Tokenizer, context: int, before: str, continuation: str) -> Asked:
    """`continuation` behind `before`; what does not fit into the model's context is cut off the beginning of
    `before`.

    Raises `NoTokens` where the continuation alone does not fit.
    """
    return _cut(encode_pair(tokenizer, before, continuation), context)


def _cut(pair: Pair, context: int) -> Asked:
    scored = len(pair.continuation)
    if scored >= context:
        raise NoTokens(
            f"the continuation has {scored} tokens, which the model's context of {context} does not hold"
        )
    passage = Passage(tuple(pair.ids[-context:]), scored)
    return Asked((passage,), truncated=len(pair.ids) > context)


def rolling(tokenizer: Tokenizer, context: int, text: str) -> Asked:
    """The whole text, every token once, in windows that are as long as the model's context allows."""
    from lm_eval.utils import get_rolling_token_windows, make_disjoint_window

    tokens = encode(tokenizer, text)
    if not tokens:
        raise NoTokens("the text has no tokens")
    windows = get_rolling_token_windows(tokens, prefix_token(tokenizer), context - 1, 1)
    pairs = [make_disjoint_window(window) for window in windows]
    return Asked(tuple(Passage((*before, *after), len(after)) for before, after in pairs), rolling=True)


def generate(tokenizer: Tokenizer, context: int, before: str, options: Mapping[str, Any]) -> Asked:
    """`before` continued; of one that leaves no room for the tokens to come, the beginning is cut off.

    Raises `NoTokens` for options that are not those of greedy generation.
    """
    left = dict(options)
    until = left.pop("until", None) or []
    lengths = [length for name in _LENGTHS if (length := left.pop(name, None)) is not None]
    most = int(lengths[0]) if lengths else MOST_TOKENS
    for name, value in left.items():
        if name not in _SAMPLING and value not in _GREEDY.get(name, ()):
            raise NoTokens(f"`generation_kwargs` has {name}: {value!r}, and text is generated greedily here")
    room = context - 1 - most
    tokens = encode(tokenizer, before)
    if not tokens:
        raise NoTokens("the prompt has no tokens")
    if room < 1:
        raise NoTokens(
            f"{most} tokens are to be generated, which the model's context of {context} does not hold"
        )
    stops = tuple(stop for stop in ([until] if isinstance(until, str) else until) if stop)
    # The harness ends a text where the tokenizer's end of text is said, whatever the task says.
    if tokenizer.eos_token_id is not None:
        stops += (tokenizer.decode([tokenizer.eos_token_id]),)
    return Asked(prompt=Prompt(tuple(tokens[-room:]), most, stops), truncated=len(tokens) > room)
