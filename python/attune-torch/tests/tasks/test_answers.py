"""How answers are compared. The cases of LV-Eval's score were worked out by hand from its definition, and
agree with its program."""

from __future__ import annotations

import math

import pytest

from attune_torch.tasks.answers import exact_match, f1, keyword_recall, lv_eval, squad


def test_the_normal_form_of_squad() -> None:
    assert (
        squad('  The  Mill\'s wheel, an hour-glass\n(and a "river"). ') == "mills wheel hourglass and river"
    )
    assert squad("a.b") == "ab", "punctuation goes before articles do"


@pytest.mark.parametrize(
    ("answer", "normalisation", "match"),
    [
        (" Paris\n", "strip", 1.0),
        ("paris", "strip", 0.0),
        ("the paris.", "squad", 1.0),
        ("Paris or Rome", "squad", 0.0),
        ("Lutetia", "squad", 1.0),
    ],
)
def test_one_of_the_expected_answers_in_a_normal_form(answer: str, normalisation: str, match: float) -> None:
    assert exact_match(answer, ["Paris", "Lutetia"], normalisation) == match


def test_f1_counts_words_with_repetition() -> None:
    assert math.isclose(
        f1("mill mill river", "mill river river hill"), 2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4)
    )
    assert f1("", "mill") == f1("mill", "") == f1("road", "mill") == 0.0


@pytest.mark.parametrize(
    ("answer", "expected", "keywords", "score"),
    [
        # 1 of 4 words of the keywords is there: above a fifth, so F1 = 2·1/(2 + 4).
        ("amber road", "amber garden lantern harbour", "amber garden lantern harbour", 1 / 3),
        # 1 of 6 is below it.
        ("amber road", "amber", "amber garden lantern harbour basket needle", 0.0),
        # Stop words are no keywords found, and count among them all the same: `with`, `of` do not help.
        ("with of", "with of", "with of amber lantern", 0.0),
        # They do help F1, as in the program of LV-Eval.
        ("he was with amber", "she was with amber", "amber", 2 * 3 / (4 + 4)),
        ("amber", "amber", None, 1.0),
        ("amber", "amber", "", 1.0),
    ],
)
def test_the_score_of_lv_eval(answer: str, expected: str, keywords: str | None, score: float) -> None:
    assert math.isclose(lv_eval(answer, expected, keywords), score)


def test_keyword_recall_is_a_share_of_the_keywords() -> None:
    assert keyword_recall("the amber lantern", "amber lantern") == 1.0
    assert keyword_recall("amber amber", "amber lantern") == 0.5
    assert keyword_recall("", "amber lantern") == keyword_recall("amber", "") == 0.0
