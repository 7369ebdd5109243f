"""Multiple choice by log-likelihood: the choice that the model finds likeliest behind the question is its
answer.

The requests, their tokens and both accuracies are those of lm-evaluation-harness (`multiple_choice`, `acc`,
`acc_norm`); `docs/tasks.md` has the formulas.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attune_worker import BadRequest, Metric, Option, TaskSpec
from attune_worker import Task as TaskRequest
from attune_worker.options import Text

from . import About, Item, Passage, Read, Tell, Value, Written, beside, packed
from .asked import Asked, AskedTask, normal_form, of_files, with_beside
from .continuation import tokenizer_of
from .questions import DELIMITER, PROMPT, Question, accuracy, margin, normalised_accuracy, question
from .records import Record, read

KIND = "choice"
MEANING = "questions with choices; likelihoods of choices, kl and nll of the right one; 1"

METRICS = with_beside(
    Metric("accuracy", "maximise", "share"),
    Metric("normalised-accuracy", "maximise", "share"),
    Metric("margin", "maximise", "nats"),
)


def specification() -> dict[str, Any]:
    options = [
        Option("prompt", Text(), PROMPT, "What stands before a choice; `{question}` is the question."),
        Option("delimiter", Text(), DELIMITER, "What stands between the prompt and a choice."),
    ]
    summary = "Multiple choice: which answer a language model finds likeliest behind a question."
    return TaskSpec(KIND, summary, METRICS, data="jsonl", options=options).to_json()


def open(task: TaskRequest, subject: About, tell: Tell) -> AskedTask:
    prompt, delimiter = str(task.options["prompt"]), str(task.options["delimiter"])
    if "{question}" not in prompt:
        raise BadRequest(f"task.prompt is {prompt!r}, expected a text with `{{question}}` in it")
    tokenizer = tokenizer_of(subject)

    def questions(file: Path) -> list[Asked]:
        tell(f"reading {file}")
        return [
            _Choice(record, question(record, prompt, delimiter, tokenizer, subject.context))
            for record in read(file)
        ]

    return AskedTask(KIND, MEANING, METRICS, of_files(task, questions))


@dataclass(frozen=True)
class _Choice(Asked):
    record: Record
    tokens: Question

    @property
    def question(self) -> str:
        return "\n".join([self.record.text("question"), *self.record.texts("choices")])

    @property
    def form(self) -> tuple[str, ...]:
        # In order only once they are as they are compared: upper case comes before lower case.
        choices = sorted(normal_form(choice) for choice in self.record.texts("choices"))
        return (normal_form(self.record.text("question")), *choices)

    @property
    def place(self) -> str:
        return f"{self.record.file}, line {self.record.line}"

    def item(self) -> Item:
        return Item(tuple(Passage(tuple(pair.ids), len(pair.continuation)) for pair in self.tokens.pairs))

    def values(self, read: Sequence[Read], written: Sequence[Written]) -> Mapping[str, Value]:
        likelihoods = [-math.fsum(one.nll) for one in read]
        right = self.tokens.right
        return {
            **beside([read[right]]),
            "accuracy": Value(accuracy(likelihoods, right)),
            "normalised-accuracy": Value(normalised_accuracy(likelihoods, self.tokens.characters, right)),
            "margin": Value(margin(likelihoods, right)),
        }

    def expected(self) -> Iterable[bytes]:
        yield packed((self.tokens.right, *self.tokens.characters))
