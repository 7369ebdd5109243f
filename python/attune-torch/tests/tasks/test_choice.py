"""Multiple choice by log-likelihood: the numbers of a loop over transformers, the rule of
lm-evaluation-harness for tokens."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attune_worker import BadRequest, Edit

from attune_torch.session import TorchSession
from attune_torch.tasks import Read, Task
from attune_torch.tasks.continuation import NoTokens, encode_pair
from attune_torch.tasks.questions import accuracy, margin, normalised_accuracy

from .conftest import Collected

GOLDEN = Path(__file__).resolve().parents[4] / "tests" / "golden"
GOOD: dict[str, Any] = {"question": "Where does she live?", "choices": ["by the river", "in the mill"], "answer": 0}
OTHER: dict[str, Any] = {"question": "What is on the hill?", "choices": ["a church", "a mill"], "answer": "a mill"}


def golden() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GOLDEN / "choice.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("form", ["default", "spaced"])
def test_likelihoods_are_those_of_a_loop_over_transformers(
    form: str, plain: Any, about: Any, opened: Callable[..., Task]
) -> None:
    record = golden()
    task = opened(
        "choice", GOLDEN / "choice.selection.jsonl", GOLDEN / "choice.report.jsonl", **record["forms"][form]
    )
    assert [metric.name for metric in task.metrics] == [
        "kl", "perplexity", "accuracy", "normalised-accuracy", "margin",
    ]  # fmt: skip
    for split in ("selection", "report"):
        assert task.splits[split].items == len(record[split][form]) == 16
        for index, expected in enumerate(record[split][form]):
            passages = task.item(split, index).passages
            tokens = [[len(one.tokens) - one.scored, *one.tokens[-one.scored :]] for one in passages]
            assert tokens == expected["tokens"]
            values = plain.values(task, split, index, about.tokens)
            likelihoods, right = expected["dense"], expected["right"]
            best = likelihoods.index(max(likelihoods))
            assert values["accuracy"].value == float(best == right)
            others = max(value for place, value in enumerate(likelihoods) if place != right)
            assert math.isclose(values["margin"].value, likelihoods[right] - others, abs_tol=1e-3)
            count = len(expected["tokens"][right]) - 1
            assert math.isclose(values["perplexity"].value, -likelihoods[right] / count, rel_tol=1e-4)
            assert values["perplexity"].weight == values["kl"].weight == count


def test_both_accuracies_take_the_first_of_the_best() -> None:
    assert accuracy([-3.0, -2.0, -2.0], 1) == 1.0
    assert accuracy([-3.0, -2.0, -2.0], 2) == 0.0
    # By characters, the longer answer is the likelier one.
    assert normalised_accuracy([-3.0, -4.0], [2, 8], 1) == 1.0
    assert accuracy([-3.0, -4.0], 1) == 0.0
    assert margin([-3.0, -1.0, -2.5], 1) == 1.5
    assert margin([-3.0, -1.0, -2.5], 0) == -2.0


def test_kl_and_perplexity_are_of_the_right_choice_alone(opened: Callable[..., Task]) -> None:
    task = opened("choice", [GOOD], [OTHER])
    lengths = [passage.scored for passage in task.item("selection", 0).passages]
    read = [Read([0.5] * n, [float(place + 1)] * n, [True] * n) for place, n in enumerate(lengths)]
    values = task.values("selection", 0, read, [])
    assert values["kl"].value == 0.5 and values["perplexity"].value == 1.0
    assert values["kl"].weight == lengths[0]


class Letters:
    """A tokenizer of letters that begins every text with a token, and knows `ab` as one."""

    bos_token_id: int | None = 1
    eos_token_id: int | None = None

    def encode(self, text: str, **options: Any) -> list[int]:
        ids = [1] if options.get("add_special_tokens", True) else []
        while text:
            for known, token in (("<s>", 1), ("ab", 2)):
                if text.startswith(known):
                    ids.append(token)
                    text = text[len(known) :]
                    break
            else:
                ids.append(ord(text[0]))
                text = text[1:]
        return ids

    def decode(self, token_ids: Any, **options: Any) -> str:
        return "<s>" if token_ids == 1 else ""


def test_tokens_of_a_continuation_follow_the_rule_of_the_harness() -> None:
    tokenizer = Letters()
    pair = encode_pair(tokenizer, "xy \n", "z")
    assert (pair.context, pair.continuation) == ([1, ord("x"), ord("y")], [ord(" "), ord("\n"), ord("z")])
    # A token over the boundary: the context keeps its own tokens, the continuation what the whole has behind
    # as many.
    pair = encode_pair(tokenizer, "xa", "bc")
    assert (pair.context, pair.continuation) == ([1, ord("x"), ord("a")], [ord("c")])
    # No second beginning for a text that has one.
    assert encode_pair(tokenizer, "<s>x", "y").context == [1, ord("x")]
    pair = encode_pair(tokenizer, "", "xy")
    assert (pair.context, pair.continuation) == ([1], [ord("x"), ord("y")])
    pair = encode_pair(tokenizer, "", "<s>y")
    assert (pair.context, pair.continuation) == ([1], [ord("y")])
    with pytest.raises(NoTokens, match="no tokens of its own"):
        encode_pair(tokenizer, "xa", "b")


def test_a_tokenizer_that_ends_every_text_is_refused() -> None:
    class Ended(Letters):
        def encode(self, text: str, **options: Any) -> list[int]:
            return super().encode(text, **options) + ([3] if options.get("add_special_tokens", True) else [])

    with pytest.raises(NoTokens, match="ends every text"):
        encode_pair(Ended(), "x", "y")


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({**GOOD, "choices": ["one"]}, "line 1: `choices` has one choice, expected two or more"),
        ({**GOOD, "choices": ["", "b"]}, "choice 0 is empty"),
        ({**GOOD, "answer": 2}, "`answer` is 2; expected 0 to 1"),
        ({**GOOD, "answer": True}, "`answer` is true or false"),
        ({**GOOD, "answer": "in the"}, "`answer` is the text of none of the choices"),
        ({**GOOD, "choices": "ab", "answer": 0}, "one choice, expected two"),
        (
            {"query": "x", "choices": ["a", "b"]},
            "the record has `query`, `choices`, expected `question`, a string",
        ),
        ({**GOOD, "question": "word " * 600}, "more than the model's context of 512; shorten the question"),
    ],
)
def test_a_bad_record_is_refused_with_its_place(
    record: Any, message: str, opened: Callable[..., Task]
) -> None:
    with pytest.raises(BadRequest, match="selection.jsonl, line 1: ") as refused:
        opened("choice", [record], [OTHER])
    assert message in str(refused.value)


def test_a_question_of_the_selection_is_not_asked_in_the_report(opened: Callable[..., Task]) -> None:
    again = {**GOOD, "question": "  where does SHE live", "choices": GOOD["choices"][::-1], "answer": 1}
    with pytest.raises(
        BadRequest, match=r"1 of the 2 questions .*report.jsonl, line 2 and at .*selection.jsonl, line 1"
    ):
        opened("choice", [GOOD], [OTHER, again])


def test_fingerprints_change_with_tokens_and_with_what_is_right(opened: Callable[..., Task]) -> None:
    def of(selection: Any, **options: Any) -> str:
        return opened("choice", [selection], [OTHER], **options).splits["selection"].fingerprint

    assert of(GOOD) == of(GOOD)
    assert (
        len({of(GOOD), of({**GOOD, "answer": 1}), of(GOOD, prompt="{question}"), of(GOOD, delimiter="  ")})
        == 4
    )


def test_a_prompt_needs_a_place_for_the_question(opened: Callable[..., Task]) -> None:
    with pytest.raises(BadRequest, match="task.prompt is 'Q', expected a text with `{question}` in it"):
        opened("choice", [GOOD], [OTHER], prompt="Q")


def test_tokens_stay_in_the_vocabulary(
    opened: Callable[..., Task], about: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from attune_torch.tasks import choice

    small = SimpleNamespace(folder=about.folder, vocab=300, context=512)
    own = choice.open
    monkeypatch.setattr(choice, "open", lambda task, _, tell: own(task, small, tell))
    with pytest.raises(BadRequest, match="is not below the vocabulary size 300"):
        opened("choice", [GOOD], [OTHER])


def test_an_edited_model_is_scored_as_an_independent_implementation_says(
    session: Callable[..., TorchSession],
) -> None:
    record = golden()
    for form, options in record["forms"].items():
        opened = session(
            "choice", GOLDEN / "choice.selection.jsonl", GOLDEN / "choice.report.jsonl", **options
        )
        plan = tuple(
            Edit(one["edit"], {key: value for key, value in one.items() if key != "edit"})
            for one in record["edits"]
        )
        for split in ("selection", "report"):
            batch = Collected([(), plan], split, list(range(16)))
            opened.evaluate(batch)
            dense, edited = batch.scores[0], batch.scores[1]
            assert list(dense["kl"].items) == [0.0] * 16
            for index, expected in enumerate(record[split][form]):
                for scores, name in ((dense, "dense"), (edited, "edited")):
                    likelihoods, right = expected[name], expected["right"]
                    others = max(value for place, value in enumerate(likelihoods) if place != right)
                    assert math.isclose(
                        scores["margin"].items[index], likelihoods[right] - others, abs_tol=1e-3
                    )
                    count = len(expected["tokens"][right]) - 1
                    assert math.isclose(
                        scores["perplexity"].items[index], -likelihoods[right] / count, rel_tol=1e-4
                    )
                    assert scores["accuracy"].items[index] == float(likelihoods[right] >= max(likelihoods))
                assert math.isclose(edited["kl"].items[index], expected["kl"], rel_tol=1e-3, abs_tol=1e-6)


def test_a_question_with_its_choices_in_other_letters_and_another_order_is_the_same(
    opened: Callable[..., Task],
) -> None:
    # Sorted as they stand, upper case comes first: `Apple`, `banana` here and `Banana`, `apple` there.
    asked = {"question": "Which is yellow?", "choices": ["Apple", "banana"], "answer": 1}
    again = {"question": "which is YELLOW", "choices": ["Banana", "apple"], "answer": 0}
    with pytest.raises(BadRequest, match="1 of the 2 questions of the report data are"):
        opened("choice", [asked, GOOD], [OTHER, again])
    other = {"question": "Which is yellow", "choices": ["apple", "ban", "ana"], "answer": 0}
    assert opened("choice", [asked], [other]).splits["report"].items == 1
