"""Text: items are non-overlapping runs of tokens, every one of them predicted but the first. See `docs/texts.md`.

The same data as the native evaluator's task of this name, and the same fingerprints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from attune_worker import BadRequest, Option, Split, TaskSpec
from attune_worker import Task as TaskRequest
from attune_worker.options import Counts, Int

from . import (
    BESIDE,
    KL,
    PERPLEXITY,
    About,
    Item,
    Passage,
    Read,
    Task,
    Tell,
    Value,
    Written,
    beside,
    disjoint,
    fingerprint,
    packed,
    pass_keys,
)
from .reading import read, too_short
from .tokens import Numbers

KIND = "text"
MEANING = "text items of consecutive tokens; kl and nll of tokens 1..; 1"
"""Raised when items or their scores come to mean something else; that of the native evaluator."""
LONGEST = (1 << 32) - 1
AT_LENGTH = "{} tokens"
WITH_PASSKEY = "pass key in {} tokens"


def specification() -> dict[str, Any]:
    def counts(name: str, label: str, reports: str, help_: str) -> Option:
        return Option(name, Counts(2, LONGEST, "tokens"), {}, help_, label=label, reports=reports)

    length = Option("length", Int(2, LONGEST), 128, "Length of one piece of text.", basic=True, label="tokens per item")
    lengths = counts(
        "lengths",
        "report at lengths",
        AT_LENGTH,
        "Longer or shorter pieces of the report text that the result is reported on too.",
    )
    passkeys = counts(
        "passkeys",
        "report pass keys",
        WITH_PASSKEY,
        "Pieces that hide a pass key and ask for it: can the result still look far back?",
    )
    summary = "How well a language model predicts text, against the dense model and by itself."
    options = [length, lengths, passkeys]
    return TaskSpec(KIND, summary, [KL, PERPLEXITY], size=("length", "tokens"), options=options).to_json()


@dataclass(frozen=True)
class Items:
    """The items of one split: their tokens `[items, length]`, of which the last `scored` are predicted and scored."""

    ids: Numbers
    scored: int

    @classmethod
    def of_text(cls, ids: Numbers, length: int) -> Items:
        """As many whole items as there are."""
        count = len(ids) // length
        return cls(ids[: count * length].reshape(count, length), length - 1)

    @property
    def length(self) -> int:
        return int(self.ids.shape[1])

    def split(self) -> Split:
        parts = [packed([self.length], 8), self.ids.astype("<u4").tobytes()]
        # Items that are scored whole keep the fingerprint of the time when all were.
        if self.scored + 1 < self.length:
            parts.append(packed([self.scored], 8))
        return Split(len(self.ids), fingerprint(MEANING, parts))


class TextTask(Task):
    """Texts cut into items, with disjoint selection and report data."""

    name = KIND
    metrics = (KL, PERPLEXITY)
    aggregates = BESIDE

    def __init__(self, items: Mapping[str, Items]) -> None:
        self._items = items
        self.splits = {split: own.split() for split, own in items.items()}

    def item(self, split: str, index: int) -> Item:
        own = self._items[split]
        return Item((Passage(tuple(own.ids[index].tolist()), own.scored),))

    def values(
        self, split: str, index: int, read: Sequence[Read], written: Sequence[Written]
    ) -> Mapping[str, Value]:
        return beside(read)


def open(task: TaskRequest, subject: About, tell: Tell) -> TextTask:
    """Reads, tokenises and cuts the texts.

    Raises `BadRequest` for unreadable files, files that hold no text, a tokenizer that does not fit the model, texts shorter than
    one item, or selection text that occurs in report text.
    """
    options = task.options
    length = int(options["length"])
    lengths, passkeys = _counts(options, "lengths"), _counts(options, "passkeys")
    for tokens in (length, *lengths, *passkeys):
        if not 2 <= tokens <= subject.context:
            raise BadRequest(f"items of {tokens} tokens: expected 2 to {subject.context}, the context of the model")
    longer = max((tokens * items for tokens, items in lengths.items()), default=0)
    report = max(task.report_items * length, longer) if task.report_items else None
    files: list[tuple[str, Path, int | None]] = [
        ("selection", task.selection, task.selection_items * length or None),
        ("report", task.report, report),
    ]
    files += [(f"elsewhere:{name}", file, task.report_items * length or None) for name, file in task.elsewhere.items()]
    texts = {
        split: read(file, subject.folder, subject.tokens, split, wanted, length, tell) for split, file, wanted in files
    }
    disjoint.check({split: (text.file, text.text) for split, text in texts.items()})
    items = {split: Items.of_text(text.ids, length) for split, text in texts.items()}
    disjoint.no_item_twice(
        {split: [tuple(row) for row in own.ids.tolist()] for split, own in items.items()},
        {split: text.file for split, text in texts.items()},
        subject.tokens.text,
    )
    for tokens, count in lengths.items():
        split = f"elsewhere:{AT_LENGTH.format(tokens)}"
        # Of the report's items, which have been compared with the selection: no token beyond them.
        ids = items["report"].ids.reshape(-1)
        if len(ids) < count * tokens:
            raise too_short(texts["report"].file, split, len(ids), count, tokens)
        items[split] = Items.of_text(ids[: count * tokens], tokens)
    for tokens, count in passkeys.items():
        split = f"elsewhere:{WITH_PASSKEY.format(tokens)}"
        made, scored = pass_keys.items(partial(subject.tokens.encode, split=split), tokens, count)
        items[split] = Items(np.asarray(made, dtype=np.int64), scored)
    return TextTask(items)


def _counts(options: Mapping[str, Any], name: str) -> dict[int, int]:
    return {int(tokens): int(items) for tokens, items in dict(options.get(name) or {}).items()}


