"""Exact match of generated text: whether a greedy answer is the expected one, in a normal form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attune_worker import Metric, Option, TaskSpec
from attune_worker import Task as TaskRequest
from attune_worker.options import OneOf

from . import About, Item, Read, Tell, Value, Written, beside
from .answers import NORMALISATIONS, exact_match
from .asked import ERROR, Asked, AskedTask, of_files, with_beside
from .continuation import NoTokens
from .prompts import Asking, options
from .records import Record, read

KIND = "generate"
MEANING = "prompts continued greedily, compared in a normal form; kl and nll of the first expected answer; 1"

METRICS = with_beside(Metric("exact-match", "maximise", "share"), ERROR)


def specification() -> dict[str, Any]:
    normal = Option(
        "normalise",
        OneOf(list(NORMALISATIONS)),
        NORMALISATIONS[0],
        "How texts are compared: without white space at their ends (strip), or as SQuAD does (squad).",
    )
    summary = "Whether what a language model writes behind a prompt is the expected answer."
    return TaskSpec(KIND, summary, METRICS, data="jsonl", options=[normal, *options()]).to_json()


def open(task: TaskRequest, subject: About, tell: Tell) -> AskedTask:
    asking, normalisation = Asking.of(task.options, subject), str(task.options["normalise"])

    def asked(record: Record) -> Asked:
        prompt, expected = record.text("prompt"), record.texts("answer", "answers")
        try:
            return _Generated(record, prompt, expected, normalisation, asking.item(prompt, expected[0]))
        except NoTokens as reason:
            raise record.refuse(str(reason)) from reason

    def prompts(file: Path) -> list[Asked]:
        tell(f"reading {file}")
        return [asked(record) for record in read(file)]

    return AskedTask(KIND, MEANING, METRICS, of_files(task, prompts))


@dataclass(frozen=True)
class _Generated(Asked):
    record: Record
    prompt: str
    answers: Sequence[str]
    normalisation: str
    tokens: Item

    @property
    def question(self) -> str:
        return self.prompt

    @property
    def place(self) -> str:
        return f"{self.record.file}, line {self.record.line}"

    def item(self) -> Item:
        return self.tokens

    def values(self, read: Sequence[Read], written: Sequence[Written]) -> Mapping[str, Value]:
        match = exact_match(written[0].text, self.answers, self.normalisation)
        return {**beside(read), "exact-match": Value(match), "error": Value(1.0 - match)}

    def expected(self) -> Iterable[bytes]:
        yield self.normalisation.encode()
        yield from (answer.encode() for answer in self.answers)
