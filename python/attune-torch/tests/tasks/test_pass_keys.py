"""Pass keys: the tokens of the native evaluator, and the task of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attune_worker import BadRequest

from attune_torch.tasks import Read, Task
from attune_torch.tasks.chacha import Random
from attune_torch.tasks.pass_keys import items

from .conftest import TINY_MOE

GOLDEN = Path(__file__).resolve().parents[4] / "tests" / "golden" / "pass-keys.json"
PROSE = (TINY_MOE / "data" / "prose.selection.txt", TINY_MOE / "data" / "prose.report.txt")


def test_keys_and_places_are_those_that_are_recorded(about: Any) -> None:
    """The native evaluator's test reads the same file."""
    for record in json.loads(GOLDEN.read_text(encoding="utf-8")):
        made, scored = items(
            lambda text: about.tokens.encode(text, "report"), record["length"], record["count"]
        )
        assert (made, scored) == (record["items"], record["scored"])


def test_draws_do_not_leave_their_range_and_reach_all_of_it() -> None:
    random = Random(1, "a test", [0])
    drawn = [random.below(10, 15) for _ in range(2000)]
    assert set(drawn) == {10, 11, 12, 13, 14}
    assert min(drawn.count(number) for number in set(drawn)) > 300


def test_keys_lie_in_the_texts_of_the_study(opened: Callable[..., Task], about: Any) -> None:
    task = opened("pass-keys", *PROSE, length=300, lengths={200: 3})
    assert task.splits["elsewhere:pass key in 200 tokens"].items == 3
    keys = {}
    for split in ("selection", "report"):
        texts = [
            about.tokens.text(task.item(split, index).passages[0].tokens)
            for index in range(task.splits[split].items)
        ]
        keys[split] = {text.rsplit(" ", 1)[1] for text in texts}
        assert all(text.count(text.rsplit(" ", 1)[1]) == 3 for text in texts)
        assert len(keys[split]) == len(texts)
    assert not keys["selection"] & keys["report"]


def test_a_key_is_found_when_all_of_its_tokens_are_the_likeliest(opened: Callable[..., Task]) -> None:
    task = opened("pass-keys", *PROSE, length=300)
    scored = task.item("report", 0).passages[0].scored

    def accuracy(greedy: list[bool]) -> float:
        return task.values("report", 0, [Read([0.1] * scored, [1.0] * scored, greedy)], [])["accuracy"].value

    assert accuracy([True] * scored) == 1.0
    assert accuracy([True] * (scored - 1) + [False]) == 0.0


def test_items_fit_into_the_context(opened: Callable[..., Task]) -> None:
    with pytest.raises(BadRequest, match="items of 600 tokens: expected 2 to 512"):
        opened("pass-keys", *PROSE, length=600)
    with pytest.raises(BadRequest, match="items of 40 tokens with a pass key: expected more than"):
        opened("pass-keys", *PROSE, length=40)
