"""Keyword recall in long contexts, as LV-Eval measures it (Yuan et al., arXiv 2402.05136), at several
lengths.

Of plain text, the items are made: see `haystack`. Records of LV-Eval's own layout (`.jsonl`: `input`,
`context`, `answers`, `answer_keywords`) are asked as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attune_worker import BadRequest, Metric, Option, TaskSpec
from attune_worker import Task as TaskRequest
from attune_worker.options import Bool, Counts, Int

from . import About, Item, Read, Tell, Value, Written, beside, disjoint
from .answers import keyword_recall, lv_eval
from .asked import REPORT, SELECTION, Asked, AskedTask, of_files, with_beside
from .continuation import NoTokens
from .haystack import MOST, MOST_CONFUSING, Haystack
from .prompts import Asking, options
from .records import Record, read

KIND = "recall"
MEANING = "questions on long contexts, answers scored as LV-Eval's; kl and nll of the expected answer; 1"
AT_LENGTH = "recall in {} tokens"
"""What the data of `lengths` is called in reports."""
ITEMS = 32
"""Items that are made of a text when the study uses all there are: a text has no number of its own."""
PROMPT = (
    "Read the text and answer the question that follows it.\n\nText: {context}\n\nQuestion: {input}\nAnswer:"
)

METRICS = with_beside(Metric("recall-f1", "maximise", "share"), Metric("keyword-recall", "maximise", "share"))


def specification() -> dict[str, Any]:
    own = [
        Option(
            "length",
            Int(16, 2**32 - 1),
            1024,
            "Tokens of an item with its answer, at most.",
            basic=True,
            label="tokens per item",
        ),
        Option(
            "lengths",
            Counts(16, 2**32 - 1, "tokens"),
            {},
            "The report's questions in longer or shorter contexts that the result is reported on too.",
            label="report at lengths",
            reports=AT_LENGTH,
        ),
        Option(
            "confusing",
            Int(0, MOST_CONFUSING),
            2,
            "Facts in every context that look like the answer and are not.",
        ),
        Option("replace", Bool(), True, "Whether names in the text give way to invented ones."),
    ]
    summary = (
        "Whether a language model finds a fact in a long text, among others that look like it (LV-Eval)."
    )
    return TaskSpec(KIND, summary, METRICS, size=("length", "tokens"), options=[*own, *options()]).to_json()


def open(task: TaskRequest, subject: About, tell: Tell) -> AskedTask:
    asking = Asking.of(task.options, subject)
    maker = _Maker(task, asking, tell)
    files = {SELECTION: (task.selection, task.selection_items), REPORT: (task.report, task.report_items)}
    files |= {f"elsewhere:{name}": (file, task.report_items) for name, file in task.elsewhere.items()}
    forms = {file.suffix == ".jsonl" for file, _ in files.values()}
    lengths: Mapping[int, int] = {
        int(tokens): int(items) for tokens, items in dict(task.options["lengths"]).items()
    }
    if forms == {True}:
        if lengths:
            raise BadRequest(
                "task.lengths: records have the lengths that they have; give files of other lengths as "
                "`elsewhere`"
            )
        return AskedTask(KIND, MEANING, METRICS, of_files(task, maker.records))
    if forms != {False}:
        raise BadRequest(
            "some of the task's files are .jsonl and some are not; expected records in all of them, "
            "or text in all"
        )
    refuse_same_text(task)
    length = int(task.options["length"])
    asked: dict[str, Sequence[Asked]] = {
        split: maker.made(file, split, length, items or ITEMS, items or ITEMS)
        for split, (file, items) in files.items()
    }
    for tokens, items in lengths.items():
        # The report's first questions, whatever the length.
        of = max(items, task.report_items or ITEMS)
        asked[f"elsewhere:{AT_LENGTH.format(tokens)}"] = maker.made(task.report, REPORT, tokens, items, of)
    return AskedTask(KIND, MEANING, METRICS, asked)


def refuse_same_text(task: TaskRequest) -> None:
    """What is hidden is made anew for every split; the text around it has to be another as well. Raises
    `BadRequest`."""
    try:
        selection = task.selection.read_bytes()
        same = [file for file in (task.report, *task.elsewhere.values()) if file.read_bytes() == selection]
    except OSError as error:
        raise BadRequest(f"{error.filename}: {error.strerror}; expected text in UTF-8") from error
    for file in same:
        raise BadRequest(f"{task.selection} and {file} are the same text; use disjoint texts")
    reported = {"report": task.report, **{f"elsewhere:{name}": file for name, file in task.elsewhere.items()}}
    try:
        texts = {
            name: (file, file.read_text(encoding="utf-8-sig"))
            for name, file in {"selection": task.selection, **reported}.items()
        }
    except UnicodeDecodeError as error:
        raise BadRequest(f"{task.selection}, {task.report}: {error}; expected text in UTF-8") from error
    disjoint.check(texts)


@dataclass(frozen=True)
class _Maker:
    task: TaskRequest
    asking: Asking
    tell: Tell

    def made(self, file: Path, split: str, tokens: int, items: int, of: int) -> list[Asked]:
        """The first `items` of `of` items of a text."""
        if max(items, of) > MOST:
            raise BadRequest(f"{items} items of {file}; expected at most {MOST} of them")
        self.tell(f"reading {file}")
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise BadRequest(f"{file}: {error}; expected text in UTF-8, or a .jsonl file") from error
        haystack, options = Haystack.of(text, str(file), split), self.task.options
        # What the chat template and the tokenizer put around a prompt, and what tokens of parts may differ
        # from tokens of the whole.
        around = len(self.asking.item("a", "a").prompts[0].tokens) + self.asking.most
        made: list[Asked] = []
        for number in range(items):
            asked = haystack.item(
                number,
                of,
                tokens - around,
                int(options["confusing"]),
                bool(options["replace"]),
                self.asking.count,
            )
            place = f"{file}, item {number} of {tokens} tokens"
            made.append(self._asked(asked.prompt, asked.prompt, asked.answer, asked.keywords, place))
        return made

    def records(self, file: Path) -> list[Asked]:
        """The records of a file in LV-Eval's layout."""
        self.tell(f"reading {file}")
        return [self._record(record) for record in read(file)]

    def _record(self, record: Record) -> Asked:
        language = record.fields.get("language", "en")
        if language != "en":
            raise record.refuse(
                f"`language` is {language!r}, and answers are cut into words as English ones are"
            )
        question, context, answers = (
            record.text("input"),
            record.text("context"),
            record.texts("answers", "answer"),
        )
        keywords = record.text("answer_keywords") if record.has("answer_keywords") else None
        prompt = PROMPT.replace("{context}", context).replace("{input}", question)
        # LV-Eval compares with the first answer alone.
        return self._asked(
            prompt, f"{question}\n{context}", answers[0], keywords, f"{record.file}, line {record.line}"
        )

    def _asked(self, prompt: str, question: str, answer: str, keywords: str | None, place: str) -> Asked:
        try:
            return _Recalled(question, place, answer, keywords, self.asking.item(prompt, answer))
        except NoTokens as reason:
            raise BadRequest(f"{place}: {reason}; use shorter contexts or `max-tokens`") from reason


@dataclass(frozen=True)
class _Recalled(Asked):
    asked: str
    where: str
    answer: str
    keywords: str | None
    tokens: Item

    @property
    def question(self) -> str:
        return self.asked

    @property
    def place(self) -> str:
        return self.where

    def item(self) -> Item:
        return self.tokens

    def values(self, read: Sequence[Read], written: Sequence[Written]) -> Mapping[str, Value]:
        said = written[0].text
        return {
            **beside(read),
            "recall-f1": Value(lv_eval(said, self.answer, self.keywords)),
            "keyword-recall": Value(keyword_recall(said, self.keywords or self.answer)),
        }

    def expected(self) -> Iterable[bytes]:
        yield self.answer.encode()
        yield (self.keywords or "").encode()
