"""A text file to tokens: no more of it than is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from attune_worker import BadRequest

from . import Tell
from .pieces import Pieces
from .source import Source, bad
from .tokens import Numbers, Tokens

ALWAYS = 4 << 20
"""Bytes of text that are read of any file: a text up to this size is the same task whatever a study uses of it."""
MOST = 256 << 20
"""Bytes of text beyond which nothing is read."""


@dataclass(frozen=True)
class Text:
    """A text, as far as it was read."""

    file: Path
    text: str
    ids: Numbers


def read(
    file: Path, model: Path | None, tokens: Tokens, split: str, wanted: int | None, length: int, tell: Tell
) -> Text:
    """Reads and tokenises a file: so many tokens of it, or everything (None). Of one beyond `ALWAYS` bytes of text, twice as much is
    read until there are as many tokens as wanted.

    Raises `BadRequest` for what is no text, a tokenizer that fails, or no whole item of `length` tokens.
    """
    source = Source(file, model)
    text = bytearray()
    pieces = Pieces()
    until = MOST if wanted is None else ALWAYS
    ended = False
    while not ended:
        ended = not source.fill(text, until)
        share, whole = source.share(), bytes(text)

        def step(done: int, share: float = share, size: int = len(whole)) -> None:
            if size > ALWAYS // 4:
                tell(f"reading {file}: {share * done / size:.0%}")

        pieces.advance(whole, ended, lambda part: tokens.places(part, split), step)
        if until >= MOST or (wanted is not None and pieces.count() >= wanted):
            break
        until *= 2
    ids = pieces.finish(ended)
    said = text.decode()
    if not said.strip():
        found = "it has nothing but white space" if said else "the file is empty"
        raise bad(file, None, found, f"give a {split} text")
    if len(ids) < length:
        raise too_short(file, split, len(ids), 1, length)
    return Text(file, said, ids)


def too_short(file: Path, split: str, tokens: int, items: int, length: int) -> BadRequest:
    """A split with too little text for its items."""
    what, remedy = ("item", "") if items == 1 else ("items", "fewer or ")
    return BadRequest(
        f"the {split} text {file} has {tokens} tokens, too few for {items} {what} of {length}; give more text, or {remedy}shorter "
        "items"
    )
