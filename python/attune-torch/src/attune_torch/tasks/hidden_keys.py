"""Pass keys as a task of their own: keys hidden in the study's texts, and asked for at the end (see `pass_keys`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attune_worker import BadRequest, Metric, Option, TaskSpec
from attune_worker import Task as TaskRequest
from attune_worker.options import Counts, Int

from . import About, Item, Passage, Read, Tell, Value, Written, beside
from .asked import ERROR, REPORT, SELECTION, Asked, AskedTask, with_beside
from .pass_keys import PURPOSE, items
from .recall import ITEMS, refuse_same_text

KIND = "pass-keys"
MEANING = "pass keys in a text; kl and nll of the key, and whether each of its tokens is the likeliest; 1"
AT_LENGTH = "pass key in {} tokens"

METRICS = with_beside(Metric("accuracy", "maximise", "share"), ERROR)


def specification() -> dict[str, Any]:
    options = [
        Option("length", Int(2, 2**32 - 1), 1024, "Tokens of an item.", basic=True, label="tokens per item"),
        Option(
            "lengths",
            Counts(2, 2**32 - 1, "tokens"),
            {},
            "Longer or shorter items in the report text that the result is reported on too.",
            label="report at lengths",
            reports=AT_LENGTH,
        ),
    ]
    summary = "Whether a language model finds a number that is hidden far back in a text."
    return TaskSpec(KIND, summary, METRICS, size=("length", "tokens"), options=options).to_json()


def open(task: TaskRequest, subject: About, tell: Tell) -> AskedTask:
    refuse_same_text(task)
    length = int(task.options["length"])
    wanted = {SELECTION: (task.selection, length, task.selection_items), REPORT: (task.report, length, task.report_items)}
    for name, file in task.elsewhere.items():
        wanted[f"elsewhere:{name}"] = (file, length, task.report_items)
    for tokens, count in dict(task.options["lengths"]).items():
        wanted[f"elsewhere:{AT_LENGTH.format(tokens)}"] = (task.report, int(tokens), int(count))
    asked = {
        split: _made(file, split, tokens, count or ITEMS, subject, tell) for split, (file, tokens, count) in wanted.items()
    }
    return AskedTask(KIND, MEANING, METRICS, asked)


def _made(file: Path, split: str, length: int, count: int, subject: About, tell: Tell) -> list[Asked]:
    if length > subject.context:
        raise BadRequest(f"items of {length} tokens: expected 2 to {subject.context}, the context of the model")
    tell(f"reading {file}")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{file}: {error}; expected text in UTF-8") from error
    # Of a long text, what the items have room for and more: a token has seldom more than eight characters.
    text = text[: 8 * length]
    made, scored = items(lambda part: subject.tokens.encode(part, split), length, count, text, f"{PURPOSE} of {split}")
    return [_Hidden(f"{file}, item {number}", Passage(tuple(ids), scored)) for number, ids in enumerate(made)]


@dataclass(frozen=True)
class _Hidden(Asked):
    where: str
    passage: Passage

    @property
    def question(self) -> str:
        return self.where

    @property
    def place(self) -> str:
        return self.where

    def item(self) -> Item:
        return Item((self.passage,))

    def values(self, read: Sequence[Read], written: Sequence[Written]) -> Mapping[str, Value]:
        found = float(all(read[0].greedy))
        return {**beside(read), "accuracy": Value(found), "error": Value(1.0 - found)}

    def expected(self) -> Iterable[bytes]:
        return ()
