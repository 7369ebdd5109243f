"""Exact match of generated text: what is written is what whole forwards give, with edits and without."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from attune_worker import BadRequest, Edit

from attune_torch.session import TorchSession
from attune_torch.tasks import Read, Task, Written

from .conftest import TINY_MOE, Collected

REFERENCE = Path(__file__).resolve().parents[4] / "tests" / "golden" / "reference.py"
PROMPTS = [
    "seq 12 15 18 21 24",
    "She was not at all surprised to see him; and in a few minutes they",
    "    def close(self):\n        return",
    "kv: a1=93 b7=20 c4=11 ; b7 ->",
]
RECORDS = [{"prompt": prompt, "answer": "27"} for prompt in PROMPTS]
OTHERS = [{"prompt": "seq 3 5 7 9", "answers": ["11", "eleven"]}]
WINDOW = Edit("kv-bits", {"layer": 1, "keys": 2, "values": 2, "group-size": 32, "sink": 1, "recent": 3})
SPAN = [
    Edit("attention-span", {"layer": 2, "kv-head": head, "sink": 1, "alpha": 2.0, "beta": 0.25})
    for head in (0, 1)
]
EXPERTS = Edit("keep-experts", {"layer": 4, "experts": [0, 3, 4, 7]})


def reference() -> Any:
    """An implementation of the edits that shares no code with this one: see tests/golden."""
    spec = importlib.util.spec_from_file_location("golden_reference", REFERENCE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Reference(TINY_MOE)


def by_reference(model: Any, ids: Sequence[int], plan: Sequence[Edit], most: int) -> list[int]:
    """Greedy tokens, each from a forward over everything that there is by then."""
    edits = [{"edit": edit.kind, **edit.args} for edit in plan]
    said: list[int] = []
    for _ in range(most):
        token = int(model.logits(torch.tensor([*ids, *said]), edits)[-1].argmax())
        if token == 0:
            break
        said.append(token)
    return said


@pytest.mark.parametrize(
    "plan", [[], [WINDOW], SPAN, [EXPERTS, WINDOW, *SPAN]], ids=["dense", "window", "span", "all"]
)
def test_every_token_is_that_of_a_forward_over_all_before_it(
    plan: list[Edit], session: Callable[..., TorchSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = session("generate", RECORDS, OTHERS, max_tokens=10, stop="")
    task, heard = opened._task, {}
    values = type(task).values

    def listening(
        self: Task, split: str, index: int, read: Sequence[Read], written: Sequence[Written]
    ) -> Any:
        heard[index] = written[0]
        return values(self, split, index, read, written)

    monkeypatch.setattr(type(task), "values", listening)
    batch = Collected([plan], "selection", [0, 1, 2, 3])
    opened.evaluate(batch)
    independent = reference()
    for index in range(4):
        prompt = task.item("selection", index).prompts[0]
        expected = by_reference(independent, prompt.tokens, plan, 10)
        assert list(heard[index].tokens) == expected, PROMPTS[index]
        assert heard[index].text == opened._about.tokens.text(expected, True)
    prompts = [len(task.item("selection", index).prompts[0].tokens) for index in range(4)]
    read = sum(len(task.item("selection", index).passages[0].tokens) for index in range(4))
    steps = sum(min(10, len(heard[index].tokens) + 1) for index in range(4))
    assert batch.work[0].naive >= 6 * (read + steps * min(prompts))


def test_texts_do_not_depend_on_company(session: Callable[..., TorchSession]) -> None:
    opened = session("generate", RECORDS, OTHERS, max_tokens=6)
    together = Collected([[], [WINDOW], [EXPERTS], []], "selection", [0, 1, 2, 3])
    opened.evaluate(together)
    for number, plan in enumerate(together.plans):
        alone = Collected([plan], "selection", [2, 0])
        opened.evaluate(alone)
        for metric, scores in alone.scores[0].items():
            whole = together.scores[number][metric].items
            assert list(scores.items) == [whole[2], whole[0]], metric
    assert together.work[0].computed < together.work[0].naive, "equal plans write once"


def score(task: Task, text: str, index: int = 0, split: str = "report") -> float:
    passage = task.item(split, index).passages[0]
    read = [Read([0.0] * passage.scored, [1.0] * passage.scored, [True] * passage.scored)]
    return task.values(split, index, read, [Written((), text)])["exact-match"].value


def test_any_of_the_expected_answers_will_do(opened: Callable[..., Task]) -> None:
    task = opened("generate", RECORDS, OTHERS)
    assert [metric.name for metric in task.metrics] == ["kl", "perplexity", "exact-match"]
    assert [score(task, text) for text in (" 11 ", "eleven", "Eleven", "11.", "111")] == [1, 1, 0, 0, 0]
    task = opened("generate", RECORDS, OTHERS, normalise="squad")
    assert [score(task, text) for text in ("the Eleven.", "11.", "1 1")] == [1, 1, 0]


def test_prompts_are_continued_as_they_stand_and_answers_scored_behind_them(
    opened: Callable[..., Task], about: Any
) -> None:
    task = opened("generate", RECORDS, OTHERS, max_tokens=7, stop="\n\n")
    item = task.item("report", 0)
    assert about.tokens.text(item.prompts[0].tokens) == "seq 3 5 7 9"
    assert (item.prompts[0].most, item.prompts[0].stops) == (7, ("\n\n",))
    assert about.tokens.text(item.passages[0].tokens) == "seq 3 5 7 9 11"
    assert about.tokens.text(item.passages[0].tokens[-item.passages[0].scored :]) == " 11"


def test_what_does_not_fit_or_has_no_template_is_refused(opened: Callable[..., Task]) -> None:
    with pytest.raises(
        BadRequest,
        match=r"selection.jsonl, line 2: prompt and generation have \d+ tokens, more than .* of 512",
    ):
        opened("generate", [RECORDS[0], {"prompt": "word " * 500, "answer": "a"}], OTHERS)
    with pytest.raises(BadRequest, match="task.chat is true, and the model has no chat template"):
        opened("generate", RECORDS, OTHERS, chat=True)
    with pytest.raises(BadRequest, match="line 1: the record has `prompt`, expected `answer` or `answers`"):
        opened("generate", [{"prompt": "a"}], OTHERS)
