"""How a batch is cut: what shares a beginning stays together."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("attune_torch.ray")

from attune_torch.ray.parts import cut


def test_every_plan_and_item_is_in_exactly_one_part() -> None:
    draw = random.Random(1)
    for _ in range(200):
        texts = [f"{draw.randrange(4)}\n{draw.randrange(9)}" for _ in range(draw.randrange(30))]
        items, actors = draw.randrange(1, 9), draw.randrange(1, 9)
        parts = cut(texts, items, actors)
        pairs = [
            (plan, item) for part in parts for plan in part.plans for item in range(part.first, part.last)
        ]
        assert sorted(pairs) == [(plan, item) for plan in range(len(texts)) for item in range(items)]
        assert len(parts) <= max(actors, len(texts))


def test_neighbours_stay_together_and_cuts_fall_where_least_is_shared() -> None:
    texts = [f"{first}\n{second}" for second in range(5) for first in ("aaaa", "bbbb")]
    # An even cut of five and five is also one between the families.
    families = [{texts[plan][0] for plan in part.plans} for part in cut(texts, 3, 2)]
    assert families == [{"a"}, {"b"}]
    uneven = ["aaaa 1", "aaaa 2", "aaaa 3", "bbbb 1", "bbbb 2", "bbbb 3", "bbbb 4", "bbbb 5"]
    assert [len(part.plans) for part in cut(uneven, 3, 2)] == [3, 5]


def test_few_plans_share_their_items_among_actors() -> None:
    parts = cut(["only"], 10, 4)
    assert [(part.plans, part.first, part.last) for part in parts] == [
        ((0,), 0, 2),
        ((0,), 2, 5),
        ((0,), 5, 7),
        ((0,), 7, 10),
    ]
    assert len(cut(["one", "two", "three"], 10, 8)) == 6
    assert len(cut(["one"], 2, 8)) == 2
    assert cut([], 2, 8) == []
