"""What a task is to the evaluator: data cut into items, what the model is asked for each of them, and what its answers are worth.

A task knows files, tokens and metrics, and nothing of plans, layers or devices. For every item it says which *passages* the
model reads (their last tokens are predicted and scored) and which *prompts* it continues; the population runs them for every
plan, and gives back a `Read` and a `Written` for each, of which the task makes one value of each metric.

A kind of task is a module of this package with two functions,

    def specification() -> dict[str, Any]: ...                    # what `hello` says of it
    def open(task: attune_worker.Task, subject: About, tell: Tell) -> Task: ...

and a line in `KINDS`. Neither imports torch: `hello` is answered before torch is loaded.
"""

from __future__ import annotations

import abc
import hashlib
import importlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, cast

from attune_worker import BadRequest, Metric, Split
from attune_worker import Task as TaskRequest

if TYPE_CHECKING:
    from .tokens import Tokens

Aggregate = Literal["mean", "exp-mean"]
Tell = Callable[[str], None]

KINDS: dict[str, str] = {
    "text": "text",
    "choice": "choice",
    "generate": "generate",
    "recall": "recall",
    "pass-keys": "hidden_keys",
    "lm-eval": "lm_harness",
}
"""Kinds of tasks, the one of profiles that name none first, and the modules of this package that hold them."""


@dataclass(frozen=True)
class Passage:
    """Tokens that the model reads at once. The last `scored` of them are predicted, each from all before it; at most all but
    the first are."""

    tokens: tuple[int, ...]
    scored: int

    def __post_init__(self) -> None:
        if not 0 < self.scored < len(self.tokens):
            raise ValueError(f"{self.scored} scored tokens in a passage of {len(self.tokens)}")


@dataclass(frozen=True)
class Prompt:
    """Tokens that the model continues, greedily: at most `most` tokens, up to the end of text or the first of `stops`."""

    tokens: tuple[int, ...]
    most: int
    stops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """What the model is asked for one item."""

    passages: tuple[Passage, ...] = ()
    prompts: tuple[Prompt, ...] = ()


@dataclass(frozen=True)
class Read:
    """What the model said of the scored tokens of a passage, one value for each."""

    kl: Sequence[float]
    """KL(dense ‖ candidate) of the distributions that predict it, nats."""
    nll: Sequence[float]
    """−log p(token), nats."""
    greedy: Sequence[bool]
    """Whether the token is the most probable one."""


@dataclass(frozen=True)
class Written:
    """How the model continued a prompt, without the stop that ended it."""

    tokens: tuple[int, ...]
    text: str


class Value(NamedTuple):
    """Value of a metric on an item, and what it weighs in the aggregate."""

    value: float
    weight: float = 1.0


class Task(abc.ABC):
    """An open task."""

    name: str
    metrics: Sequence[Metric]
    """What every plan is scored by, the one that counts in a profile that says nothing first."""
    aggregates: Mapping[str, Aggregate] = {}
    """How values of items become one, by metric; `mean` where nothing is said."""
    splits: Mapping[str, Split]
    """`selection`, `report` and `elsewhere:NAME`: items, and the fingerprint of data and scoring (see `fingerprint`)."""

    @abc.abstractmethod
    def item(self, split: str, index: int) -> Item:
        """What is asked for an item; `index` is below the split's number of items. The same for every call."""

    @abc.abstractmethod
    def values(
        self, split: str, index: int, read: Sequence[Read], written: Sequence[Written]
    ) -> Mapping[str, Value]:
        """A value for each metric, from the answers to the item's passages and prompts, in their order.

        Values that are not finite are reported as such by the caller: they say that the plan breaks the model.
        """


class About(Protocol):
    """What a task may ask about the subject; the weights are not loaded yet."""

    @property
    def folder(self) -> Path | None:
        """The folder with its files, where it has one on this machine."""

    @property
    def tokens(self) -> Tokens:
        """Its tokenizer, opened when it is first asked for."""

    @property
    def vocab(self) -> int:
        """Entries of the embedding."""

    @property
    def context(self) -> int:
        """The longest sequence that it is made for."""


class Kind(Protocol):
    """A module that holds a kind of task."""

    def specification(self) -> dict[str, Any]: ...

    def open(self, task: TaskRequest, subject: About, tell: Tell) -> Task: ...


def kind(name: str) -> Kind:
    """The kind of task of this name.

    Raises `BadRequest` for a name that is not known.
    """
    if name not in KINDS:
        raise BadRequest(f"no task `{name}`, expected one of {', '.join(KINDS)}")
    return cast(Kind, importlib.import_module(f"{__name__}.{KINDS[name]}"))


def specifications() -> list[dict[str, Any]]:
    """What `hello` says of every kind of task."""
    return [kind(name).specification() for name in KINDS]


def fingerprint(meaning: str, parts: Iterable[bytes]) -> str:
    """The identity of data and scoring: SHA-256 of parts, each behind its length.

    `meaning` says in words, with a number that is raised, what items are and how they are scored.
    """
    digest = hashlib.sha256()
    for part in (meaning.encode(), *parts):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def packed(numbers: Iterable[int], width: int = 4) -> bytes:
    """Numbers as a part of a fingerprint, the first byte first."""
    return b"".join(number.to_bytes(width, "little") for number in numbers)


KL = Metric("kl", "minimise", "nats/token")
PERPLEXITY = Metric("perplexity", "minimise", "")
BESIDE: Mapping[str, Aggregate] = {"kl": "mean", "perplexity": "exp-mean"}
"""The aggregates of `beside`."""


def beside(read: Sequence[Read]) -> dict[str, Value]:
    """`kl` and `perplexity` of all scored tokens of the passages: their mean divergence and mean negative log-likelihood
    (whose aggregate is an `exp-mean`), weighing as many as there are."""
    kl = [value for one in read for value in one.kl]
    nll = [value for one in read for value in one.nll]
    count = len(kl)
    return {
        "kl": Value(math.fsum(kl) / count, float(count)),
        "perplexity": Value(math.fsum(nll) / count, float(count)),
    }
