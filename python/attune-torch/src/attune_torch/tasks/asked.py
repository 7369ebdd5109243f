"""Tasks whose items are read from files, one by one: what is asked, what the answers are worth, and that none
is asked twice.

Nothing is tuned on data that is reported. Questions are compared as people would read them (one Unicode
normal form, without case, white space and punctuation), and one that stands in the selection data and in any
other is refused.
"""

from __future__ import annotations

import abc
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from attune_worker import BadRequest, Metric, Split
from attune_worker import Task as TaskRequest

from . import BESIDE, KL, PERPLEXITY, Aggregate, Item, Read, Task, Value, Written, fingerprint, packed

SELECTION = "selection"
REPORT = "report"
EXAMPLE = 120
"""Characters of an example in a message."""


class Asked(abc.ABC):
    """One item."""

    @property
    @abc.abstractmethod
    def question(self) -> str:
        """What is asked, for messages."""

    @property
    def form(self) -> tuple[str, ...]:
        """What makes it the same as another one: texts in their normal form."""
        return (normal_form(self.question),)

    @property
    @abc.abstractmethod
    def place(self) -> str:
        """Where it was read, for messages."""

    @abc.abstractmethod
    def item(self) -> Item:
        """What the model is asked."""

    @abc.abstractmethod
    def values(self, read: Sequence[Read], written: Sequence[Written]) -> Mapping[str, Value]:
        """A value of each metric."""

    @abc.abstractmethod
    def expected(self) -> Iterable[bytes]:
        """What the answers are compared with, as parts of a fingerprint."""


@dataclass
class AskedTask(Task):
    """A task of such items."""

    name: str
    meaning: str
    """What items are and how they are scored, with a number that is raised: part of every fingerprint."""
    metrics: Sequence[Metric]
    asked: Mapping[str, Sequence[Asked]]
    """The items of each split."""

    def __post_init__(self) -> None:
        self.aggregates: Mapping[str, Aggregate] = BESIDE
        self.splits = {
            name: Split(len(asked), fingerprint(self.meaning, _parts(asked)))
            for name, asked in self.asked.items()
        }

    def item(self, split: str, index: int) -> Item:
        return self.asked[split][index].item()

    def values(
        self, split: str, index: int, read: Sequence[Read], written: Sequence[Written]
    ) -> Mapping[str, Value]:
        return self.asked[split][index].values(read, written)


def _parts(asked: Iterable[Asked]) -> Iterable[bytes]:
    for one in asked:
        item = one.item()
        for passage in item.passages:
            yield packed((passage.scored, *passage.tokens))
        for prompt in item.prompts:
            yield packed((prompt.most, *prompt.tokens))
            yield from (stop.encode() for stop in prompt.stops)
        yield from one.expected()


def of_files(request: TaskRequest, read: Callable[[Path], Sequence[Asked]]) -> dict[str, Sequence[Asked]]:
    """The items of each file of a request, by split, none of the selection's in another.

    Raises `BadRequest`.
    """
    files = {SELECTION: request.selection, REPORT: request.report}
    files |= {f"elsewhere:{name}": file for name, file in request.elsewhere.items()}
    asked = {split: read(file) for split, file in files.items()}
    refuse_shared(asked)
    return asked


def refuse_shared(asked: Mapping[str, Sequence[Asked]]) -> None:
    """Raises `BadRequest` for a question of the selection that is asked in another split too."""
    known = {one.form: one for one in asked[SELECTION]}
    for split, others in asked.items():
        if split == SELECTION:
            continue
        shared = [(one, known[one.form]) for one in others if one.form in known]
        if shared:
            one, other = shared[0]
            raise BadRequest(
                f"{SELECTION} and {split} data overlap: {len(shared)} of the {len(others)} questions of "
                f"the {split} data are "
                f"also in the {SELECTION} data, the first at {one.place} and at {other.place}: "
                f"{one.question[:EXAMPLE]!r}; use disjoint data"
            )


def normal_form(text: str) -> str:
    """A text as it is compared: NFKC, without case, white space and punctuation; the text itself where
    nothing is left of it."""
    form = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(one for one in form if unicodedata.category(one)[0] not in "ZPC")
    return kept or text


def with_beside(*metrics: Metric) -> list[Metric]:
    """The metrics of a task, behind those that every task of a language model has."""
    return [KL, PERPLEXITY, *metrics]
