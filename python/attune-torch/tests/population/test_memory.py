"""What stays in memory, and less at a time where there is not enough."""

import pytest
import torch

from attune_torch.population import memory
from attune_torch.population.prefixes import Place, PrefixCache


def place(passage: int, depth: int) -> Place:
    return Place(("selection", passage, 0), depth, b"prefix")


def keep(cache: PrefixCache, passage: int, depth: int, owner: bytes) -> None:
    cache.keep(place(passage, depth), torch.zeros(1, 1), owner)


def has(cache: PrefixCache, passage: int, depth: int) -> bool:
    return place(passage, depth) in cache._kept


def test_the_plan_that_was_not_used_for_longest_goes_first() -> None:
    cache = PrefixCache(4 * 4)
    for passage, depth, owner in ((0, 1, b"old"), (0, 2, b"old"), (1, 1, b"new"), (1, 2, b"new")):
        keep(cache, passage, depth, owner)
    assert cache.all([place(0, 1)]) is not None, "a use of one activation keeps all of its plan"
    keep(cache, 2, 1, b"newest")
    assert not has(cache, 1, 2) and has(cache, 1, 1), "the deepest one of the other plan goes"
    keep(cache, 2, 2, b"newest")
    assert not has(cache, 1, 1) and has(cache, 0, 2) and has(cache, 2, 1)
    assert cache._used == 16
    assert cache.all([place(0, 1), place(7, 1)]) is None


def test_no_budget_keeps_nothing() -> None:
    cache = PrefixCache(0)
    keep(cache, 0, 1, b"plan")
    assert not has(cache, 0, 1) and not cache._owners


@pytest.mark.parametrize(("room", "left"), [(1000, 8), (40, 8), (8, 8), (7, 4), (1, 1)])
def test_less_at_a_time_and_every_plan_once_and_in_order(room: int, left: int) -> None:
    done: list[int] = []

    def device(plans: list[int], most: int) -> list[int]:
        if len(plans) * most > room:
            raise torch.OutOfMemoryError(f"{len(plans)} plans on {most} sequences")
        done.extend(plans)
        return list(plans)

    plans = list(range(13))
    assert memory.halving(plans, 8, device) == (plans, left)  # type: ignore[arg-type]
    assert done == plans


def test_a_device_that_is_too_small_for_anything_says_so() -> None:
    def device(plans: list[int], most: int) -> list[int]:
        raise MemoryError(f"{len(plans)} plans on {most} sequences")

    with pytest.raises(MemoryError, match="1 plans on 1 sequences"):
        memory.halving([1, 2, 3], 4, device)  # type: ignore[arg-type]
    assert not memory.is_shortage(RuntimeError("shapes do not match"))
