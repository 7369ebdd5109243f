"""Whether data that results are reported on is free of data that was tuned on. The rule for people is in `docs/texts.md`.

Texts are compared as people would read them, in one normal form, whatever their tokens are:
* **runs**: stretches of `RUN` characters or more that occur in both (`runs`);
* **passages**: lines and sentences that occur in both, in whatever order (`Passages`).

Texts of one kind share some of both by chance: short records, licence headers. How much is estimated from the selection text alone:
the share of it that says again what it has said before (Good & Turing: the chance that the next one is known is one less the share of
those that were seen once). What is beyond that was copied.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from attune_worker import BadRequest

from .runs import Runs

RUN = 100
"""Characters of a run that counts as copied, spaces and punctuation aside: some twenty words. Idiom is shorter."""
FEWEST = 4
"""Passages that both texts have before any are called copied."""
SHORTEST = 4
"""Characters below which a passage says nothing: brackets, `else`, numbers."""
TOLERATED = 0.01
"""Share that is put down to headers and other boilerplate."""
CHANCE = 2.0
"""How often the share that repetition explains may be met."""
NEARLY_ALL = 0.9
"""Share that nothing explains."""
EXAMPLE = 120
"""Characters of an example in a message."""

SYMBOLS = frozenset("+*/=<>%$#@&_\\|~^{}[]")
"""Symbols of ASCII that tell records and formulas apart. The others are punctuation, which editors change."""
_PUNCTUATION = ((0x80, 0xBF), (0x2000, 0x206F), (0x3000, 0x303F), (0xFE00, 0xFE6F), (0xFEFF, 0xFEFF), (0xE0000, 0x10FFFF))
"""Blocks of punctuation and of what has no shape."""

# A sentence ends where white space follows its mark and what closes it; a line, and a sentence of Chinese or Japanese, at once.
_END = re.compile(r"[.!?;…][\"')”’»]*(?=\s)|(?=[\n\r\v\f\x85\u2028\u2029。！？])")


@dataclass(frozen=True)
class Shared:
    """What two texts have in common: a share of the other text, 0 to 1, the share that the selection text's own repetition explains,
    and the longest of what is shared."""

    share: float = 0.0
    expected: float = 0.0
    example: str = ""

    @property
    def is_copy(self) -> bool:
        return self.share > TOLERATED + CHANCE * self.expected or self.share > NEARLY_ALL


def form(text: str) -> str:
    """What is left of a text for comparing: compatibility forms unified (NFKC), no case, no accents that stand alone, no spaces or
    line ends, no punctuation, nothing invisible."""
    return unicodedata.normalize("NFKC", text).translate(_LEFT)


class _Left(dict[int, str]):
    """What is left of each character, found when it is first met."""

    def __missing__(self, point: int) -> str:
        lower = chr(point).lower() if _stays(chr(point)) else ""
        self[point] = "".join(part for part in lower if not unicodedata.category(part).startswith("M"))
        return self[point]


_LEFT = _Left()


def _stays(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in SYMBOLS
    if character.isalnum():
        return True
    shapeless = any(low <= ord(character) <= high for low, high in _PUNCTUATION)
    category = unicodedata.category(character)
    return not (shapeless or character.isspace() or category == "Cc" or category.startswith("M"))


def check(texts: Mapping[str, tuple[Path, str]]) -> None:
    """Compares the text of the selection with every other one: file and text by split.

    Raises `BadRequest` where they overlap.
    """
    selection = texts["selection"][1]
    runs = Runs(form(selection), RUN)
    passages = Passages(selection)
    for split, (file, text) in texts.items():
        if split == "selection":
            continue
        share, first = runs.shared(form(text))
        found = [
            (Shared(share, runs.repeated, _excerpt(text, first)), f"runs of {RUN} characters or more"),
            (passages.shared(text), "whole lines and sentences, in any order"),
        ]
        copied = [one for one in found if one[0].is_copy]
        if copied:
            shared, what = max(copied, key=lambda one: one[0].share)
            raise _overlap(split, file, shared, what)


def no_item_twice(
    items: Mapping[str, Sequence[tuple[int, ...]]], files: Mapping[str, Path], text: Callable[[Sequence[int]], str]
) -> None:
    """Refuses a whole item that is also an item of the selection, however small a share of the text it is.

    Raises `BadRequest`.
    """
    known = set(items["selection"])
    for split, own in items.items():
        if split == "selection":
            continue
        twice = [item for item in own if item in known]
        # A few tokens in a row are the same by chance.
        example = next((said for item in twice if len(form(said := text(item))) >= RUN), None)
        if example is not None:
            raise _overlap(split, files[split], Shared(len(twice) / len(own), 0.0, example), "whole items")


def _overlap(split: str, file: Path, shared: Shared, what: str) -> BadRequest:
    return BadRequest(
        f"selection and {split} data overlap: {100 * shared.share:.1f} % of the {split} text {file} is also in the selection text "
        f"({what}; {100 * shared.expected:.1f} % would be chance), for example {shared.example[:EXAMPLE]!r}; use disjoint texts"
    )


def _excerpt(text: str, character: int) -> str:
    """The words of a text around a character of its normal form."""
    behind, words = 0, []
    for word in text.split():
        behind += len(form(word)) if behind <= character else 0
        if behind > character:
            words.append(word)
            if sum(map(len, words)) > EXAMPLE:
                break
    return " ".join(words)


class Passages:
    """How often a text has which line or sentence."""

    def __init__(self, text: str) -> None:
        self._counts = Counter(passage for _, passage in _passages(text))
        whole = sum(len(passage) * count for passage, count in self._counts.items())
        once = sum(len(passage) for passage, count in self._counts.items() if count == 1)
        self._repeated = 1.0 - once / whole if whole else 0.0
        """Share of the text, by characters, in passages that it has more than once."""

    def shared(self, other: str) -> Shared:
        """Which of another text's passages this one has."""
        whole = shared = longest = 0
        different, example = set(), ""
        for own, passage in _passages(other):
            whole += len(passage)
            if passage in self._counts:
                shared += len(passage)
                different.add(passage)
                if len(passage) > longest:
                    longest, example = len(passage), own.strip()
        if len(different) < FEWEST:
            return Shared()
        return Shared(shared / whole, self._repeated, example)


def _passages(text: str) -> Iterator[tuple[str, str]]:
    """Every passage of a text, as it stands and in its normal form."""
    for own in _cut(text):
        passage = form(own)
        if len(passage) >= SHORTEST:
            yield own, passage


def _cut(text: str) -> Iterator[str]:
    start = 0
    for found in _END.finditer(text):
        # What ends a line or a sentence begins the next one.
        if found.end() > start:
            yield text[start : found.end()]
            start = found.end()
    yield text[start:]
