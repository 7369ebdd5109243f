"""From an `evaluate` request to scores: what a task asks for its items is put to all plans together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import torch
from attune_worker import BadRequest, Batch, Deadline, EvaluatorError, OutOfMemory, Scores, Work
from attune_worker.evaluator import Plan

from . import edits, generation
from .edits import kv_bits, rounded
from .population import Asked, Candidate, Limit, Population, Progress, Scored, memory
from .tasks import Item, Read, Task, Value, Written
from .tasks.tokens import Tokens


class Answering:
    """One request on its way."""

    def __init__(self, batch: Batch, population: Population, task: Task, texts: Tokens) -> None:
        """`texts` gives the text of tokens that a plan wrote."""
        self._batch = batch
        self._population = population
        self._subject = population.subject
        self._task = task
        self._texts = texts
        self._items = [task.item(batch.split, index) for index in batch.items]
        self._progress = Progress(batch)

    @torch.no_grad()
    def run(self) -> None:
        """Answers every plan of the batch.

        Raises `BadRequest` for no item at all, `OutOfMemory` when one plan on one sequence is too much, and `Interrupted` when it is called off.
        """
        if not self._items:
            raise BadRequest(f"no items of split `{self._batch.split}` are asked for")
        candidates: list[tuple[int, Candidate]] = []
        smooths, feeds_back = (
            any(map(needs, self._batch.plans)) for needs in (kv_bits.smooths, rounded.feeds_back)
        )
        if smooths or feeds_back:
            try:
                if smooths:
                    kv_bits.calibrate(self._subject, self._batch.breathe)
                rounded.round_weights(self._subject, self._honoured(), self._batch.breathe)
            except Exception as error:
                if memory.is_shortage(error):
                    raise OutOfMemory(f"{self._subject.device}: {error}; use shorter selection items") from error
                raise
        for index, plan in enumerate(self._batch.plans):
            try:
                candidates.append((index, Candidate(edits.compile(self._subject, plan))))
            except EvaluatorError as refusal:
                self._batch.fail(index, refusal)
        # Plans with a common beginning become neighbours.
        candidates.sort(key=lambda one: one[1].order())
        for chunk in self._chunks(candidates):
            limit = Limit(self._batch, len(chunk))
            try:
                self._answer(chunk, limit)
            except Deadline as late:
                # Too slow is what the plans are, not the device.
                for index, _ in chunk:
                    self._batch.fail(index, late)

    def _honoured(self) -> Iterator[Plan]:
        """The plans that are not refused."""
        for plan in self._batch.plans:
            try:
                edits.check(self._subject, plan)
            except EvaluatorError:
                continue
            yield plan

    def _chunks(self, candidates: Sequence[tuple[int, Candidate]]) -> Iterator[Sequence[tuple[int, Candidate]]]:
        longest = max((len(passage.tokens) for item in self._items for passage in item.passages), default=1)
        size = self._population.at_once(longest)
        for first in range(0, len(candidates), size):
            yield candidates[first : first + size]

    def _answer(self, chunk: Sequence[tuple[int, Candidate]], limit: Limit) -> None:
        candidates = [candidate for _, candidate in chunk]
        asked = [
            Asked((self._batch.split, index, number), passage, _part(item))
            for index, item in zip(self._batch.items, self._items, strict=True)
            for number, passage in enumerate(item.passages)
        ]
        scored = [Scored([], 0.0) for _ in candidates]
        if asked:
            scored = self._population.score(candidates, asked, limit, self._progress)
        written = self._write(candidates, scored, limit)
        naive = len(self._subject.layers) * sum(len(one.passage.tokens) for one in asked)
        for number, (index, _) in enumerate(chunk):
            answers, prompted = written[number]
            own = scored[number]
            work = Work(round(own.computed), naive + prompted)
            self._batch.done(index, self._scores(own, answers), work, limit.elapsed() / len(chunk))

    def _write(
        self, candidates: Sequence[Candidate], scored: Sequence[Scored], limit: Limit
    ) -> list[tuple[list[Written], int]]:
        """How each candidate continues the prompts, and the tokens times layers that this would take it alone; what was computed is
        added to its score."""
        prompts = [prompt for item in self._items for prompt in item.prompts]
        found: list[tuple[list[Written], int]] = [([], 0) for _ in candidates]
        if not prompts:
            return found
        share = sum(_part(item) * len(item.prompts) for item in self._items)
        same: dict[bytes, list[int]] = {}
        for number, candidate in enumerate(candidates):
            same.setdefault(candidate.whole, []).append(number)
        for numbers in same.values():
            try:
                with candidates[numbers[0]].plan.entered(self._subject):
                    answers, tokens = generation.write(self._subject, prompts, self._texts, limit.check)
            except Exception as error:
                if memory.is_shortage(error):
                    raise OutOfMemory(f"{self._subject.device}: {error}; use fewer or shorter items") from error
                raise
            work = tokens * len(self._subject.layers)
            for number in numbers:
                found[number] = answers, work
                scored[number].computed += work / len(numbers)
            self._progress.add(share * len(numbers))
        return found

    def _scores(self, scored: Scored, written: Sequence[Written]) -> dict[str, Scores]:
        """The values of all items, by metric."""
        values: dict[str, list[Value]] = {metric.name: [] for metric in self._task.metrics}
        reads, texts = iter(scored.reads), iter(written)
        for index, item in zip(self._batch.items, self._items, strict=True):
            own = [Read(one.kl, one.nll, one.greedy) for one in islice(reads, len(item.passages))]
            said = list(islice(texts, len(item.prompts)))
            for name, value in self._task.values(self._batch.split, index, own, said).items():
                values[name].append(value)
        return {
            name: Scores(
                [value.value for value in own],
                [value.weight for value in own],
                self._task.aggregates.get(name, "mean"),
            )
            for name, own in values.items()
        }


def _part(item: Item) -> float:
    """Part of an item that each of its passages and prompts is, for progress."""
    return 1.0 / (len(item.passages) + len(item.prompts))
