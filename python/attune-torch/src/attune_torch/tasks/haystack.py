"""Long contexts with one fact in them, of a local text: LV-Eval's confusing facts and replaced keywords in small.

LV-Eval (Yuan et al., arXiv 2402.05136) asks the same questions in contexts of several lengths. Facts that look like the answer and are not
stand beside it (confusing facts), and names are replaced so that nobody answers by heart (keyword replacement). Its
texts were chosen and edited by people and a large model. Here both are done by rule: the passages are sentences of a text at hand, names in it
give way to invented ones, and the facts are of one form. So its figures are not LV-Eval's and cannot be compared with them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from attune_worker import BadRequest

from .chacha import Random

SEED = 1
"""Raised when other items come of the same text."""
MOST = 4096
"""More items than this are a slip."""
NAMES = 24
"""Names of the text that facts are about, the most frequent ones."""
FEWEST_NAMES = 4
LEAST_TIMES = 2
"""How often a capitalised word stands inside sentences before it counts as a name."""

TASK = "Read the text and answer the question that follows it.\n\nText: "
QUESTION = "\n\nQuestion: Which watchword did {giver} give to {taker}? Answer with the watchword alone.\nAnswer:"
FACT = "The watchword that {giver} gave to {taker} is {first} {second}."
FIRST = "amber bronze cobalt copper crimson golden hollow ivory marble quiet scarlet silver velvet violet wooden yellow".split()
SECOND = "anchor basket candle feather garden hammer harbour ladder lantern mirror needle orchard pebble ribbon saddle window".split()

_SYLLABLES = "ba be bo da de do ka ke ko la le lo ma me mo na ne no ra re ro sa se so ta te to va ve vo".split()
_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]]*\s+")
_INSIDE = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}\b")

_T = TypeVar("_T")

Count = Callable[[str], int]
"""Tokens of a text."""


@dataclass(frozen=True)
class Question:
    """A prompt, what is to be said behind it, and the words of that which are looked for."""

    prompt: str
    answer: str
    keywords: str


@dataclass(frozen=True)
class Haystack:
    """A text as sentences, and the names in it."""

    sentences: list[str]
    names: list[str]
    purpose: str
    """What tells its facts from those of other texts."""

    @classmethod
    def of(cls, text: str, source: str, purpose: str) -> Haystack:
        """Cuts a text at the ends of its sentences and at its empty lines.

        Raises `BadRequest`, naming `source`, where there are hardly any sentences or names.
        """
        paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
        sentences = [sentence for part in paragraphs for sentence in _SENTENCE.split(part) if sentence]
        found = Counter(name for sentence in sentences for name in _INSIDE.findall(sentence))
        often = [(name, times) for name, times in found.items() if times >= LEAST_TIMES]
        names = [name for name, _ in sorted(often, key=lambda pair: (-pair[1], pair[0]))[:NAMES]]
        if len(names) < FEWEST_NAMES:
            raise BadRequest(
                f"{source}: it has {len(names)} names (capitalised words inside sentences, at least {LEAST_TIMES} times), "
                f"expected {FEWEST_NAMES}; give prose about people or places"
            )
        return cls(sentences, names, purpose)

    def item(self, number: int, items: int, tokens: int, confusing: int, replace: bool, count: Count) -> Question:
        """Item `number` of `items`, of at most `tokens` tokens with its answer. The question does not depend on `tokens`."""
        facts = self._facts(number, confusing, replace)
        budget = tokens - count(TASK + facts.question + " " + facts.answer) - sum(count(" " + fact) for fact in facts.all)
        passages = self._passages(number, items, budget, facts, count)
        if not passages:
            raise BadRequest(
                f"items of {tokens} tokens have no room for {1 + confusing} facts and a sentence; make them longer, or "
                "`confusing` smaller"
            )
        context = " ".join(self._hidden(passages, facts, number, items))
        return Question(TASK + context + facts.question, facts.answer, facts.answer)

    def _facts(self, number: int, confusing: int, replace: bool) -> _Facts:
        random = Random(SEED, f"recall facts of {self.purpose}", [number])
        people = _draw(random, self.names, FEWEST_NAMES)
        invented = _invent(random, self.names)
        called = {name: invented[at] if replace else name for at, name in enumerate(self.names)}
        giver, taker, *others = (called[name] for name in people)
        words = [(first, second) for first in FIRST for second in SECOND]
        first, second = _draw(random, words, 1)[0]
        # No word of the answer stands in a confusing fact, so that none of them earns a part of the score.
        left = [pair for pair in words if pair[0] != first and pair[1] != second]
        # Each confuses one person, so all of them are true and none answers the question.
        pairs = [(giver, other) for other in others] + [(other, taker) for other in others] + [(taker, giver)]
        wrong = [
            FACT.format(giver=pair[0], taker=pair[1], first=words[0], second=words[1])
            for pair, words in zip(_draw(random, pairs, confusing), _draw(random, left, confusing), strict=True)
        ]
        return _Facts(
            fact=FACT.format(giver=giver, taker=taker, first=first, second=second),
            wrong=wrong,
            question=QUESTION.format(giver=giver, taker=taker),
            answer=f"{first} {second}",
            called=called if replace else {},
        )

    def _passages(self, number: int, items: int, budget: int, facts: _Facts, count: Count) -> list[str]:
        """Whole sentences from the item's own place in the text on, round and round, as many as fit."""
        passages: list[str] = []
        at, tried = number * len(self.sentences) // items, 0
        pattern = re.compile(r"\b(" + "|".join(map(re.escape, facts.called)) + r")\b") if facts.called else None
        # Up to the first sentence that does not fit; one that is too long by itself is no beginning.
        while tried < len(self.sentences):
            sentence = self.sentences[at % len(self.sentences)]
            if pattern is not None:
                sentence = pattern.sub(lambda found: facts.called[found.group()], sentence)
            size = max(1, count(" " + sentence))
            if size <= budget:
                budget -= size
                passages.append(sentence)
            elif passages:
                break
            else:
                tried += 1
            at += 1
        return passages

    def _hidden(self, passages: list[str], facts: _Facts, number: int, items: int) -> list[str]:
        """The passages with the fact at a depth that grows from item to item, and the others anywhere."""
        random = Random(SEED, f"recall places of {self.purpose}", [number])
        places = [(round(len(passages) * (2 * number + 1) / (2 * items)), facts.fact)]
        places += [(random.below(0, len(passages) + 1), fact) for fact in facts.wrong]
        hidden = list(passages)
        for place, fact in sorted(places, key=lambda pair: -pair[0]):
            hidden.insert(place, fact)
        return hidden


MOST_CONFUSING = 2 * (FEWEST_NAMES - 2) + 1
"""Confusing facts that four people allow."""


@dataclass(frozen=True)
class _Facts:
    fact: str
    wrong: list[str]
    question: str
    answer: str
    called: dict[str, str]

    @property
    def all(self) -> list[str]:
        return [self.fact, *self.wrong]


def _draw(random: Random, of: list[_T], count: int) -> list[_T]:
    left = list(of)
    return [left.pop(random.below(0, len(left))) for _ in range(count)]


def _invent(random: Random, known: list[str]) -> list[str]:
    """As many names as there are, all different, of three syllables."""
    invented: list[str] = []
    while len(invented) < len(known):
        name = "".join(_SYLLABLES[random.below(0, len(_SYLLABLES))] for _ in range(3)).capitalize()
        if name not in invented and name not in known:
            invented.append(name)
    return invented
