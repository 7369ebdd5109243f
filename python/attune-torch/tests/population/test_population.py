"""Scores depend on plan and passage and nothing else; what plans share is computed once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import torch
from attune_worker import Batch, Deadline, Interrupted, OutOfMemory, Plan
from families import FAMILIES, VOCAB

from attune_torch import edits
from attune_torch.population import Asked, Candidate, Limit, Population, Progress, Scored
from attune_torch.subject import Subject
from attune_torch.tasks import Passage

from .models import Stretch, plan


@pytest.fixture(autouse=True)
def stretch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stretch]:
    kind = Stretch()
    monkeypatch.setattr(edits, "KINDS", [kind])
    with torch.no_grad():
        yield kind


Family = Callable[[str], Subject]


@pytest.fixture
def llama(family: Family) -> Subject:
    return family("llama")


class Request(Batch):
    """A batch that ends after so many breaths, if said."""

    def __init__(self, breaths: int | None = None, deadline: float | None = None) -> None:
        self.plans, self.split, self.items, self.deadline = (), "selection", (), deadline
        self.breaths = breaths
        self.told: list[float] = []

    def done(self, *_: Any, **__: Any) -> None: ...

    def fail(self, index: int, error: Exception) -> None: ...

    def progress(self, evaluations: float) -> None:
        self.told.append(evaluations)

    def breathe(self) -> None:
        if self.breaths is not None:
            self.breaths -= 1
            if self.breaths < 0:
                raise Interrupted("called off")


def passages(lengths: Sequence[int], scored: int | None = None, vocab: int = VOCAB) -> list[Asked]:
    draw = random.Random(sum(lengths)).randrange
    return [
        Asked(
            ("selection", number, 0),
            Passage(tuple(draw(vocab) for _ in range(length)), scored or length - 1),
            1.0,
        )
        for number, length in enumerate(lengths)
    ]


def score(population: Population, plans: Sequence[Plan], asked: Sequence[Asked], **request: Any) -> list[Scored]:
    candidates = [Candidate(edits.compile(population.subject, one)) for one in plans]
    batch = Request(**request)
    progress = Progress(batch)
    found = population.score(candidates, asked, Limit(batch, len(plans)), progress)
    assert progress.done == pytest.approx(len(plans) * sum(one.share for one in asked))
    return found


def values(scored: Scored) -> list[tuple[list[float], list[float], list[bool]]]:
    return [(one.kl, one.nll, one.greedy) for one in scored.reads]


PLANS = [plan(0, 0, 0), plan(0, 0, 5), plan(0, 3, 0), plan(0, 3, 5), plan(2, 0, 0), plan(2, 3, 5), plan(0, 3, 5)]


@pytest.mark.parametrize("name", FAMILIES)
def test_the_dense_model_is_that_of_transformers_and_sharing_changes_nothing(name: str, family: Family) -> None:
    own = family(name)
    made: Any = own.model
    asked = passages([12, 20], scored=9)
    plans = [plan(0, 0, 0), plan(0, 3, 0), plan(0, 3, 5)]
    whole, shared = (score(Population(own, share=share), plans, asked) for share in (False, True))
    for one, other in zip(whole, shared, strict=True):
        for left, right in zip(one.reads, other.reads, strict=True):
            assert left.kl == pytest.approx(right.kl, rel=1e-4, abs=1e-6)
            assert left.nll == pytest.approx(right.nll, rel=1e-5)
    for read, passage in zip(shared[0].reads, asked, strict=True):
        tokens = torch.tensor([passage.passage.tokens])
        logits = made(tokens).logits[0, -10:-1].double()
        expected = torch.nn.functional.cross_entropy(logits, tokens[0, -9:], reduction="none")
        assert read.nll == pytest.approx(expected.tolist(), rel=1e-5)
        assert read.kl == [0.0] * 9
        assert read.greedy == (logits.argmax(1) == tokens[0, -9:]).tolist()
    assert min(sum(read.kl) for one in shared[1:] for read in one.reads) > 1e-5, "every other plan is worse"


def test_scores_do_not_depend_on_company_order_or_what_is_kept(llama: Subject) -> None:
    asked = passages([16, 16, 24])
    together = [values(one) for one in score(Population(llama), PLANS, asked)]
    kept = Population(llama)
    for number in reversed(range(len(PLANS))):
        assert values(score(Population(llama), [PLANS[number]], asked)[0]) == together[number]
        assert values(score(kept, [PLANS[number]], asked[::-1])[0]) == together[number][::-1]
        assert values(score(kept, [PLANS[number]], asked[1:2])[0]) == together[number][1:2]
    tight = Population(llama, budget=40_000)
    assert tight.at_once(24) < len(PLANS)
    assert [values(one) for one in score(tight, PLANS, asked)] == together


def test_what_plans_have_in_common_is_computed_once(
    llama: Subject, stretch: Stretch, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = passages([16])
    population = Population(llama)
    plans = [plan(1, 1, 1), plan(1, 1, 2), plan(1, 2, 2), plan(1, 2, 2)]
    computed = [one.computed for one in score(population, plans, asked)]
    # Layer 0 is run once for all, layer 1 for 1 and 2, layer 2 for (1, 1), (1, 2) and (2, 2), which two plans share.
    assert computed == [16 * (1 / 4 + 1 / 2 + 1), 16 * (1 / 4 + 1 / 2 + 1), *[16 * (1 / 4 + 1 / 2 + 1 / 2)] * 2]
    # Layer 2 is edited once for both prefixes in which it is the same.
    assert stretch.entered == 1 + 2 + 2
    child = score(population, [plan(1, 2, 7)], asked)[0]
    assert child.computed == 16, "it begins where it differs from what is in memory"
    assert score(Population(llama, budget=0), [plan(1, 2, 7)], asked)[0].computed == 3 * 16
    assert [one.computed for one in score(Population(llama, share=False), plans, asked)] == [3 * 16] * 4
    monkeypatch.setattr(llama.stages, "refusal", "its layers share more than the stream")
    whole = score(Population(llama), plans, asked)
    assert [one.computed for one in whole] == [3 * 16, 3 * 16, 1.5 * 16, 1.5 * 16]


def test_less_at_a_time_when_memory_runs_out(llama: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that stacks, with memory for 4 sequences at once."""
    asked = passages([16] * 6)
    expected = [values(one) for one in score(Population(llama), PLANS, asked)]
    population = Population(llama)
    monkeypatch.setattr(type(population.forward), "on_host", property(lambda _: False))
    sizes: list[int] = []
    run_layer = llama.run_layer

    def small(index: int, hidden: torch.Tensor, prepared: Any) -> torch.Tensor:
        sizes.append(len(hidden))
        if len(hidden) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return run_layer(index, hidden, prepared)

    monkeypatch.setattr(llama, "run_layer", small)
    for one, other in zip(score(population, PLANS, asked), expected, strict=True):
        for read, (kl, nll, _) in zip(one.reads, other, strict=True):
            assert read.kl == pytest.approx(kl, rel=1e-3, abs=1e-6) and read.nll == pytest.approx(nll, rel=1e-4)
    assert population.most == 3, "half of six at once fit, and that is remembered"
    assert max(sizes) > 4
    monkeypatch.setattr(llama, "run_layer", lambda *_: (_ for _ in ()).throw(MemoryError("no room")))
    with pytest.raises(OutOfMemory, match="no room; use fewer or shorter items"):
        population.score([Candidate(edits.compile(llama, PLANS[1]))], asked, Limit(Request(), 1), Progress(Request()))


def test_long_passages_among_many_short_ones_stay_within_the_budget(
    llama: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = passages([4] * 40 + [64] * 8)
    expected = values(score(Population(llama), [PLANS[1]], asked)[0])
    # Half of it takes 96 tokens in and out of a layer and finished, in float32.
    population = Population(llama, budget=2 * 3 * 4 * 96 * llama.config.hidden_size)
    monkeypatch.setattr(type(population.forward), "on_host", property(lambda _: False))
    sizes: list[int] = []
    run_layer = llama.run_layer

    def counted(index: int, hidden: torch.Tensor, prepared: Any) -> torch.Tensor:
        sizes.append(hidden.shape[0] * hidden.shape[1])
        return run_layer(index, hidden, prepared)

    monkeypatch.setattr(llama, "run_layer", counted)
    found = values(score(population, [PLANS[1]], asked)[0])
    assert max(sizes) == 96, "as many as fit, and no more"
    for (kl, nll, _), (expected_kl, expected_nll, _greedy) in zip(found, expected, strict=True):
        assert kl == pytest.approx(expected_kl, rel=1e-3, abs=1e-6) and nll == pytest.approx(expected_nll, rel=1e-4)


def test_a_stack_is_equal_up_to_rounding_and_the_dense_model_is_itself(
    llama: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = passages([16] * 5 + [24])
    expected = [values(one) for one in score(Population(llama), PLANS, asked)]
    population = Population(llama)
    monkeypatch.setattr(type(population.forward), "on_host", property(lambda _: False))
    for _ in range(2):
        stacked = score(population, PLANS, asked)
        for one, other in zip(stacked, expected, strict=True):
            for read, (kl, nll, _greedy) in zip(one.reads, other, strict=True):
                assert read.kl == pytest.approx(kl, rel=1e-3, abs=1e-6) and read.nll == pytest.approx(nll, rel=1e-4)
        assert all(value == 0.0 for read in stacked[0].reads for value in read.kl)


def test_it_ends_when_it_is_called_off_or_late(llama: Subject) -> None:
    asked = passages([16, 16])
    population = Population(llama)
    before = [values(one) for one in score(Population(llama), PLANS, asked)]
    for breaths in (0, 3, 9, 20):
        with pytest.raises(Interrupted):
            score(population, PLANS, asked, breaths=breaths)
    with pytest.raises(Deadline, match="1e-09 s"):
        score(population, PLANS, asked, deadline=1e-9)
    assert [values(one) for one in score(population, PLANS, asked)] == before, "and works again"


def test_a_layer_that_changes_what_it_is_given_is_found_out(llama: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    run_layer = llama.run_layer
    monkeypatch.setattr(llama, "run_layer", lambda index, hidden, prepared: run_layer(index, hidden.add_(1), prepared))
    population = Population(llama)
    with pytest.raises(RuntimeError, match="layer 0 changes its input in place"):
        candidate = Candidate(edits.compile(llama, PLANS[1]))
        population.forward.run(
            [_unit(llama)], [candidate], Limit(Request(), 1), lambda _: None
        )


def _unit(own: Subject) -> Any:
    from attune_torch.population.units import units

    return units(passages([16]), 1, 16, own.device)[0]
