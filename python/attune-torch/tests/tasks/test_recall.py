"""Recall in long contexts: what is hidden, what stands beside it, and what the lengths have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from attune_worker import BadRequest

from attune_torch.tasks import Read, Task, Written
from attune_torch.tasks.haystack import FIRST, SECOND

from .conftest import TINY_MOE

DATA = TINY_MOE / "data"
PROSE = (DATA / "prose.selection.txt", DATA / "prose.report.txt")
FACT = re.compile(r"The watchword that (\w+) gave to (\w+) is (\w+ \w+)\.")
ASKED = re.compile(r"Which watchword did (\w+) give to (\w+)\?")


def prompts(task: Task, about: Any, split: str) -> list[str]:
    items = [task.item(split, index) for index in range(task.splits[split].items)]
    return [about.tokens.text(item.prompts[0].tokens) for item in items]


def answer(task: Task, about: Any, split: str, index: int) -> str:
    passage = task.item(split, index).passages[0]
    return str(about.tokens.text(passage.tokens[-passage.scored :])).strip()


def test_one_fact_answers_and_the_others_confuse(opened: Callable[..., Task], about: Any) -> None:
    task = opened("recall", *PROSE, length=400, confusing=3, max_tokens=8)
    places = []
    for index, prompt in enumerate(prompts(task, about, "report")):
        facts = FACT.findall(prompt)
        asked = ASKED.findall(prompt)
        assert len(facts) == 4 and len(asked) == 1
        right = [watchword for giver, taker, watchword in facts if (giver, taker) == asked[0]]
        assert right == [answer(task, about, "report", index)]
        words = right[0].split()
        assert words[0] in FIRST and words[1] in SECOND
        for giver, taker, watchword in facts:
            if (giver, taker) != asked[0]:
                assert {giver, taker} & set(asked[0]), "it is about one of the two"
                assert not set(watchword.split()) & set(words), "nothing of the answer is in it"
        places.append(prompt.index(right[0]) / len(prompt))
        assert len(task.item("report", index).prompts[0].tokens) + 8 <= 400
    assert max(places[-4:]) > 0.6 and min(places[:4]) < 0.4, "at every depth"


def test_names_give_way_to_invented_ones_everywhere(opened: Callable[..., Task], about: Any) -> None:
    replaced = "\n".join(prompts(opened("recall", *PROSE, length=500), about, "selection"))
    kept = "\n".join(prompts(opened("recall", *PROSE, length=500, replace=False), about, "selection"))
    assert "Catherine" in kept and "Catherine" not in replaced
    assert {name for fact in FACT.findall(replaced) for name in fact[:2]}.isdisjoint(
        PROSE[0].read_text().split()
    )


def test_lengths_ask_the_same_questions_in_other_contexts(opened: Callable[..., Task], about: Any) -> None:
    task = opened("recall", *PROSE, length=500, lengths={300: 5, 400: 5})
    whole = [ASKED.findall(prompt) for prompt in prompts(task, about, "report")]
    for tokens in (300, 400):
        split = f"elsewhere:recall in {tokens} tokens"
        assert [ASKED.findall(prompt) for prompt in prompts(task, about, split)] == whole[:5]
        sizes = [len(task.item(split, index).prompts[0].tokens) for index in range(5)]
        assert all(tokens - 100 < size <= tokens for size in sizes), sizes
    assert not {tuple(one) for one in whole} & {
        tuple(ASKED.findall(prompt)) for prompt in prompts(task, about, "selection")
    }


def score(task: Task, split: str, index: int, text: str) -> dict[str, float]:
    item = task.item(split, index)
    read: Sequence[Read] = [
        Read([0.0] * one.scored, [1.0] * one.scored, [True] * one.scored) for one in item.passages
    ]
    values = task.values(split, index, read, [Written((), text)])
    return {name: value.value for name, value in values.items()}


def test_answers_are_scored_as_lv_eval_does(opened: Callable[..., Task], about: Any) -> None:
    task = opened("recall", *PROSE, length=400)
    right = answer(task, about, "report", 0)
    assert score(task, "report", 0, f" {right.title()}.")["recall-f1"] == 1.0
    assert score(task, "report", 0, "I do not know")["recall-f1"] == 0.0
    half = score(task, "report", 0, right.split()[0])
    assert half["keyword-recall"] == 0.5 and half["recall-f1"] == 2 / 3
    assert [metric.name for metric in task.metrics] == ["kl", "perplexity", "recall-f1", "keyword-recall"]


def test_records_of_lv_evals_layout_are_asked_as_they_are(opened: Callable[..., Task], about: Any) -> None:
    def record(who: str) -> dict[str, Any]:
        return {
            "input": f"Who is {who}?", "context": f"{who} is the miller's uncle. The road is long.",
            "answers": ["the miller's uncle", "another"], "answer_keywords": "miller uncle", "language": "en",
        }  # fmt: skip

    task = opened("recall", [record("Anne")], [record("Mary")])
    prompt = prompts(task, about, "report")[0]
    assert "Text: Mary is the miller's uncle. The road is long.\n\nQuestion: Who is Mary?\nAnswer:" in prompt
    assert score(task, "report", 0, "an uncle")["recall-f1"] == 2 / 3
    with pytest.raises(BadRequest, match="`language` is 'zh'"):
        opened("recall", [{**record("Anne"), "language": "zh"}], [record("Mary")])
    with pytest.raises(BadRequest, match="overlap"):
        opened("recall", [record("Anne")], [record("Anne")])


def test_what_cannot_be_made_is_refused(opened: Callable[..., Task], tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="are the same text"):
        opened("recall", PROSE[0], PROSE[0])
    with pytest.raises(BadRequest, match="no room for 3 facts and a sentence"):
        opened("recall", *PROSE, length=150)
    with pytest.raises(BadRequest, match="more than the model's context of 512"):
        opened("recall", *PROSE, length=2000)
    plain = tmp_path / "plain.txt"
    plain.write_text("nothing has a name here. " * 50)
    with pytest.raises(BadRequest, match="it has 0 names"):
        opened("recall", plain, PROSE[1])
