"""Items that hide a pass key far back and ask for it at their end (Mohtashami & Jaggi, arXiv 2305.16300, §4.2).

With the filler and the purpose that stand here, the same tokens as the native evaluator's `passkeys`: the sentences, the seed, how keys
are drawn and where they lie are those of `eval/src/text/passkey.rs`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from attune_worker import BadRequest

from .chacha import Random

SEED = 1
"""Raised when other items come of the same numbers."""
MOST = 4096
"""More items than this are a slip."""
DRAWS = 1000
"""Draws of one key until it has as many tokens as the first."""

TASK = "A pass key is hidden in the text below. Find it and remember it.\n"
FILLER = (
    "The river runs past the mill. The road follows the river. Behind the hills the day is quiet. "
    "Somebody walks there and comes back. "
)
PURPOSE = "pass key"
QUESTION = "\nWhat is the pass key? The pass key is"

Encode = Callable[[str], list[int]]
"""Tokens of a text, without special tokens."""


def items(
    encode: Encode, length: int, count: int, text: str = FILLER, purpose: str = PURPOSE
) -> tuple[list[list[int]], int]:
    """`count` items of `length` tokens, and how many tokens of a key end each of them: they alone are scored.

    The keys lie at evenly spaced depths in `text`, which begins anew where it ends; other purposes have other keys. Raises `BadRequest`
    where an item has no room for its key.
    """

    def refuse(reason: str) -> BadRequest:
        return BadRequest(f"items of {length} tokens with a pass key: {reason}")

    if count > MOST:
        raise refuse(f"{count} items; expected at most {MOST} of them")
    task, filler, question = encode(TASK), encode(text), encode(QUESTION)
    made: list[list[int]] = []
    scored = 0
    for item in range(count):
        key, answer = _draw(encode, Random(SEED, purpose, [length, item]), scored)
        if answer is None:
            raise refuse(f"the tokenizer writes no other key with {scored} tokens; leave them out")
        if not answer:
            raise refuse("the tokenizer knows no digits; leave them out")
        scored = len(answer)
        needle = encode(f"\nThe pass key is {key}. Remember it: {key} is the pass key.\n")
        fixed = len(task) + len(needle) + len(question) + len(answer)
        if fixed >= length or not filler:
            raise refuse(f"expected more than {fixed}, which task, key and question take")
        rest = length - fixed
        before = rest * (2 * item + 1) // (2 * count)
        made.append(task + _fill(filler, before) + needle + _fill(filler, rest - before) + question + answer)
    return made, scored


def _draw(encode: Encode, random: Random, scored: int) -> tuple[int, list[int] | None]:
    """A key with `scored` tokens (any number of them where that is 0)."""
    for _ in range(DRAWS):
        key = random.below(10_000, 100_000)
        answer = encode(f" {key}")
        if not scored or len(answer) == scored:
            return key, answer
    return 0, None


def _fill(filler: list[int], tokens: int) -> list[int]:
    return list(itertools.islice(itertools.cycle(filler), tokens))
