"""What an evaluator implements. The package speaks the protocol; the evaluator only scores."""

from __future__ import annotations

import abc
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .canonical import edit_text, real_text

Value = bool | int | float | str | list[int] | list[float] | dict[int, int]
"""Value of an option or an argument of an edit."""


@dataclass(frozen=True)
class Edit:
    """One edit of a plan: its kind and its arguments, already of the types that the schema declares."""

    kind: str
    args: Mapping[str, Any]

    def __str__(self) -> str:
        """The canonical text, as attune prints and hashes it."""
        return edit_text(self.kind, self.args)

    def __getitem__(self, argument: str) -> Any:
        return self.args[argument]


Plan = tuple[Edit, ...]
"""Edits in canonical order; the empty plan leaves the subject as it is."""


@dataclass(frozen=True)
class Metric:
    """What every plan is scored by, and which way is better."""

    name: str
    direction: Literal["minimise", "maximise"] = "minimise"
    unit: str = ""


@dataclass(frozen=True)
class Scores:
    """Values of one metric: one for each requested item, in that order. No weights: all 1."""

    items: Sequence[float]
    weights: Sequence[float] | None = None
    aggregate: Literal["mean", "exp-mean"] = "mean"


@dataclass(frozen=True)
class Work:
    """In units of the evaluator's own, see the protocol."""

    computed: int
    naive: int


@dataclass(frozen=True)
class Split:
    """Data of one split: how many items, and the identity of data and scoring (64 hexadecimal digits)."""

    items: int
    fingerprint: str


@dataclass(frozen=True)
class Task:
    """The task of an `open` request."""

    kind: str
    options: Mapping[str, Any]
    base: Path
    selection: Path
    report: Path
    elsewhere: Mapping[str, Path]
    selection_items: int
    report_items: int


@dataclass(frozen=True)
class Opening:
    """An `open` request."""

    model: str
    device: str
    options: Mapping[str, Any]
    task: Task
    memory: int | None


@dataclass(frozen=True)
class Opened:
    """What a session says of itself once it is open: see `open` in the protocol."""

    device: str
    numerics: str
    metrics: Sequence[Metric]
    splits: Mapping[str, Split]
    name: str = ""
    facts: Mapping[str, Value] = field(default_factory=dict)
    concurrency: int = 1
    edits: Sequence[str] | None = None


class Batch(abc.ABC):
    """An `evaluate` request. The session answers each plan once, by `done` or `fail`, in any order and from
    any thread."""

    plans: Sequence[Plan]
    split: str
    items: Sequence[int]
    deadline: float | None

    @abc.abstractmethod
    def done(
        self, index: int, scores: Mapping[str, Scores], work: Work | None = None, seconds: float | None = None
    ) -> None:
        """Plan `index` is scored. Absent `work` is one unit for each item; absent `seconds` is the time since
        the answer before."""

    @abc.abstractmethod
    def fail(self, index: int, error: Exception) -> None:
        """Plan `index` has no score: an `EvaluatorError`, or any other exception (`internal`)."""

    @abc.abstractmethod
    def progress(self, evaluations: float) -> None:
        """So many evaluations of one plan on one item are done by now, in all."""

    @abc.abstractmethod
    def breathe(self) -> None:
        """Call it often: waits while paused, raises `Interrupted` when called off."""


class Session(abc.ABC):
    """An open subject and task.

    `check` may be called while `evaluate` runs, from another thread; `evaluate`, `signal`, `outputs`, `choices` and
    `bounds` run side by side only as far as `Opened.concurrency` says."""

    @property
    @abc.abstractmethod
    def opened(self) -> Opened: ...

    @abc.abstractmethod
    def load(self) -> str:
        """Loads what takes long; returns the fingerprint of the subject, 64 hexadecimal digits."""

    def check(self, plan: Plan) -> str | None:
        """Raises `Unsupported` where the plan cannot be honoured; else the fingerprint of its calibration
        data, if it has any."""
        return None

    @abc.abstractmethod
    def evaluate(self, batch: Batch) -> None:
        """Answers every plan of the batch. All of them have passed `check`; split and items exist.

        Raises for the batch as a whole: `OutOfMemory`, or what `Batch.breathe` raises."""

    def signal(self, name: str, args: Mapping[str, Any], batch: Batch) -> Signal:
        """`batch` has no plans; raises `BadRequest` for a signal that is not known."""
        raise BadRequest(f"there is no signal `{name}`")

    def outputs(self, plan: Plan, batch: Batch, positions: int) -> Iterable[Outputs]:
        """What the subject computes under a plan, before anything is scored: sequence by sequence, in the
        order of `batch.items`, at no more than `positions` positions each (`spread` says which). `batch` has no
        plans; the plan has passed `check`. Asked only where `describe` has `"outputs": True`."""
        raise BadRequest("this evaluator hands out no outputs")

    def choices(self, plan: Plan, batch: Batch) -> Iterable[tuple[int, Sequence[bytes]]]:
        """What is chosen for edits of a plan by calibration data, as where the plan is scored: the place of the
        edit in the plan, ascending, and its parts. `batch` is for `breathe` alone; the plan has passed `check`.
        Asked only where `describe` has `"choices": True`."""
        raise BadRequest("this evaluator hands out nothing that it chooses")

    def bounds(self, batch: Batch) -> Mapping[str, Sequence[float | None]]:
        """Values that no plan can beat on the items of `batch`, by metric: a lower bound of what is minimised, an
        upper one of what is maximised, or the optimum; `None` where none is known. They may be loose. `batch` has
        no plans. Asked only where `describe` has `"bounds": True`."""
        return {}

    def peak_memory(self) -> int | None:
        """The most memory that evaluating has taken so far, bytes, where it can be told."""
        return None

    def close(self) -> None:
        """Gives back what it holds. Called once, at the end."""
        return None


@dataclass(frozen=True)
class Signal:
    """Axes are (name, length), outermost first; values row-major."""

    axes: Sequence[tuple[str, int]]
    values: Sequence[float]
    work: Work | None = None


@dataclass(frozen=True)
class Outputs:
    """Outputs of one sequence of an item."""

    item: int
    inputs: Sequence[int]
    """What the subject read: ids of tokens."""
    positions: Sequence[int]
    """Ascending; the row of position p follows from the inputs 0 to p."""
    width: int
    """Values of a row: what can come next."""
    values: bytes
    """float32, the lowest byte first, row by row: logarithms of probabilities, up to a constant in each row."""

    @classmethod
    def of_rows(
        cls, item: int, inputs: Sequence[int], positions: Sequence[int], rows: Sequence[Sequence[float]]
    ) -> Outputs:
        """Of numbers."""
        flat = [value for row in rows for value in row]
        return cls(item, inputs, positions, len(rows[0]), struct.pack(f"<{len(flat)}f", *flat))


def spread(length: int, most: int) -> list[int]:
    """At most `most` positions of a sequence of `length`, evenly spread from the first to the last; the last
    alone where one is wanted."""
    count = min(length, most)
    if count <= 1:
        return [length - 1] * count
    return [number * (length - 1) // (count - 1) for number in range(count)]


class Evaluator(abc.ABC):
    """What a worker says of itself before it opens anything (`hello`), and how it opens."""

    name: str
    version: str = "0"
    summary: str = ""

    @abc.abstractmethod
    def describe(self) -> Mapping[str, Any]:
        """`options`, `tasks`, `edits`, `signals`, `outputs`, `bounds`, … of `hello`, as JSON values or the package's
        dataclasses."""

    @abc.abstractmethod
    def open(self, opening: Opening, tell: Callable[[str], None]) -> Session:
        """`tell(message)` reports progress of long reading; it may be kept, and used while the session loads
        as well."""


class EvaluatorError(Exception):
    """A failure that the host knows by its kind; any other exception is `internal` as well."""

    kind = "internal"


class Unsupported(EvaluatorError):
    """An edit that cannot be honoured; `edit` is its canonical text."""

    kind = "unsupported"

    def __init__(self, edit: Edit | str, message: str) -> None:
        super().__init__(message)
        self.edit = str(edit)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.edit, str(self)))


class BadRequest(EvaluatorError):
    """What is asked for cannot be: other data, an unknown signal, a setting that does not go with the
    subject.

    `about` says what of a profile has to change, where `open` or `load` is refused: `"task"`, `"model"`,
    `"device"`, `{"file": path}`, `{"split": name}`, `{"task-option": name}` or `{"option": name}`."""

    kind = "bad-request"

    def __init__(self, message: str, about: str | Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.about = about

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (str(self), self.about))


class NotFinite(EvaluatorError):
    """A score that is NaN or infinite; `item` is its position among the items asked for."""

    kind = "not-finite"

    def __init__(self, metric: str, item: int, value: float) -> None:
        super().__init__(f"metric `{metric}` of item {item} is {real_text(value)}")
        self.metric, self.item, self.value = metric, item, value

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.metric, self.item, self.value))


class OutOfMemory(EvaluatorError):
    """The device ran out of memory, and smaller steps were tried."""

    kind = "out-of-memory"


class Deadline(EvaluatorError):
    """The plan took longer than `Batch.deadline`."""

    kind = "deadline"


class Interrupted(EvaluatorError):
    """Called off."""

    kind = "interrupted"
