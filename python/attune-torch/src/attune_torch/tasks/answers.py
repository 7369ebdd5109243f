"""How answers are compared: normal forms, words in common, and LV-Eval's score.

Sources: the normal form of SQuAD's evaluation (Rajpurkar et al., arXiv 1606.05250); token F1 of the same; keyword recall of LV-Eval
(Yuan et al., arXiv 2402.05136, §3.3), in the form of its published program (`qa_f1_score_with_gold_ans`), which differs
from the paper in one thing: stop words are left out where keywords are counted and not where F1 is.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

Normalisation = Literal["strip", "squad"]
NORMALISATIONS: tuple[Normalisation, ...] = ("strip", "squad")

LEAST_RECALL = 0.2
"""Share of the keywords below which an answer scores nothing (English)."""

STOP_WORDS = frozenset(
    "about and are as at be because being but by does for from had has have he her his in is it of on or she that "
    "their they this to was were what when which who with".split()
)
"""Words that count as no keyword found: those that LV-Eval lists for English."""

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def squad(text: str) -> str:
    """Lower case; ASCII punctuation taken out; `a`, `an`, `the` taken out; runs of white space one space, none at the ends."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def strip(text: str) -> str:
    """The text without white space at its ends."""
    return text.strip()


NORMAL_FORMS: dict[str, Callable[[str], str]] = {"strip": strip, "squad": squad}


def exact_match(answer: str, expected: Sequence[str], normalisation: str) -> float:
    """1 where the answer's normal form is that of one of the expected ones, else 0."""
    form = NORMAL_FORMS[normalisation]
    return float(form(answer) in {form(text) for text in expected})


def f1(answer: str, expected: str) -> float:
    """Harmonic mean of precision and recall of words, counted with repetition, in SQuAD's normal form."""
    said, wanted = squad(answer).split(), squad(expected).split()
    common = (Counter(said) & Counter(wanted)).total()
    return 2.0 * common / (len(said) + len(wanted)) if common else 0.0


def keyword_recall(answer: str, keywords: str) -> float:
    """Share of the keywords' words that the answer has, in SQuAD's normal form; a stop word is never found."""
    said, wanted = squad(answer).split(), squad(keywords).split()
    if not wanted:
        return 0.0
    common = Counter(said) & Counter(wanted)
    return sum(times for word, times in common.items() if word not in STOP_WORDS) / len(wanted)


def lv_eval(answer: str, expected: str, keywords: str | None) -> float:
    """LV-Eval's score, 0 to 1: `f1`, and 0 where less than a fifth of the keywords is there. Without keywords, `f1`."""
    if keywords and keyword_recall(answer, keywords) < LEAST_RECALL:
        return 0.0
    return f1(answer, expected)
