"""Tasks of lm-evaluation-harness (Gao et al., 10.5281/zenodo.10256836) by name, with a value for every
document.

The harness makes the requests and scores the answers; the population runs them for every plan. Documents go
to the selection or to the report data by a hash of what is asked, so that no question is in both, and come in
the order of their hashes.
"""

from __future__ import annotations

import copy
import difflib
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attune_worker import BadRequest, Option, TaskSpec
from attune_worker import Task as TaskRequest
from attune_worker.options import Bool, Int, Text

from . import (
    BESIDE,
    KL,
    PERPLEXITY,
    About,
    Item,
    Passage,
    Prompt,
    Read,
    Tell,
    Value,
    Written,
    beside,
    fingerprint,
)
from . import harness_requests as requests
from .asked import REPORT, SELECTION, AskedTask, normal_form
from .asked import Asked as AskedItem
from .continuation import NoTokens, Tokenizer, tokenizer_of
from .harness_metrics import HarnessMetric, metrics
from .harness_scoring import scoring
from .prompts import chat_template

KIND = "lm-eval"
MEANING = (
    "documents of lm-evaluation-harness {version}; its requests and scores; kl and nll of what is expected; 2"
)
INSTALL = "pip install lm-eval"
SEED, NUMPY_SEED = 0, 1234
"""What `lm_eval` draws documents and examples by."""


def specification() -> dict[str, Any]:
    options = [
        Option(
            "tasks",
            Text(),
            "",
            "Names of tasks or groups of lm-evaluation-harness, with commas between them.",
            basic=True,
        ),
        Option(
            "examples",
            Int(-1, 64),
            -1,
            "Solved examples before each document (few-shot); -1: as many as the task says.",
        ),
        Option(
            "chat",
            Bool(),
            False,
            "Whether documents are put to the model as a user's message, by its chat template.",
        ),
    ]
    summary = "Tasks of lm-evaluation-harness by name; documents are split into selection and report by hash."
    return TaskSpec(KIND, summary, [KL, PERPLEXITY], data="yaml", options=options).to_json()


def open(task: TaskRequest, subject: About, tell: Tell) -> AskedTask:
    names = [name for part in str(task.options["tasks"]).split(",") if (name := part.strip())]
    if not names:
        raise BadRequest(
            'task.tasks is empty; expected names of tasks of lm-evaluation-harness, such as "hellaswag"'
        )
    try:
        import lm_eval
    except ImportError as error:
        raise BadRequest(f"task lm-eval needs the package lm-eval ({error}): {INSTALL}") from error
    loaded = _load(names, _folder(task), tell)
    reader = _Reader(
        tokenizer_of(subject), subject.context, int(task.options["examples"]), bool(task.options["chat"])
    )
    documents = [document for name, one in loaded.items() for document in reader.documents(name, one, tell)]
    shared = _shared(loaded, tell)
    asked: dict[str, list[_Harness]] = {}
    defined = True
    for split, half, wanted in ((SELECTION, 0, task.selection_items), (REPORT, 1, task.report_items)):
        mine = sorted((one for one in documents if int(one.hash, 16) % 2 == half), key=lambda one: one.hash)
        read = [reader.asked(one, shared[one.task_name]) for one in (mine[:wanted] if wanted else mine)]
        if not read:
            raise BadRequest(
                f"task.tasks: no document of {', '.join(names)} falls to the {split} data; name a larger task"
            )
        cut = sum(one.truncated for one in read)
        if cut:
            tell(
                f"{cut} of {len(read)} {split} documents do not fit into the model's context; their "
                "beginnings are cut off"
            )
        defined &= all(one.beside for one in read)
        asked[split] = read
    named = [one.metric for one in next(iter(shared.values()))]
    if defined:
        named = [KL, PERPLEXITY, *named]
    else:
        tell("kl and perplexity are left out: some documents have no text that is expected")
        for items in asked.values():
            for item in items:
                item.beside = item.added = None
    opened = AskedTask(KIND, MEANING.format(version=lm_eval.__version__), named, asked)
    opened.aggregates = {**BESIDE, **{one.metric.name: one.aggregate for one in next(iter(shared.values()))}}
    return opened


def _folder(task: TaskRequest) -> Path:
    """The folder with the user's own tasks."""
    if task.selection != task.report or not task.selection.is_dir():
        raise BadRequest(
            "task.selection and task.report are the folder with your own tasks of "
            "lm-evaluation-harness (YAML), the same for both "
            '("." where there are none): documents are split by hash; '
            f"found {task.selection} and {task.report}"
        )
    if task.elsewhere:
        raise BadRequest(
            "task.elsewhere: a task of kind lm-eval has no data of other domains; name other tasks "
            "in a study of its own"
        )
    return task.selection


def _load(names: Sequence[str], folder: Path, tell: Tell) -> dict[str, Any]:
    """The tasks by name, groups taken apart."""
    import numpy
    from lm_eval.tasks import TaskManager

    tell(f"reading {', '.join(names)}")
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    if any(name not in manager.all_tasks for name in names):
        manager = TaskManager(include_path=str(folder))
    for name in names:
        if name not in manager.all_tasks:
            near = difflib.get_close_matches(name, manager.all_tasks, 3)
            hint = f"; did you mean {' or '.join(near)}?" if near else "; `lm_eval ls tasks` lists them"
            raise BadRequest(f"task.tasks: lm-evaluation-harness has no task {name!r}{hint}")
    random.seed(SEED)
    numpy.random.seed(NUMPY_SEED)
    try:
        loaded: dict[str, Any] = manager.load(list(names))["tasks"]
    except Exception as error:
        bring = f"lm_eval --model dummy --tasks {','.join(names)} --limit 1"
        raise BadRequest(
            f"task.tasks: {', '.join(names)} cannot be read ({type(error).__name__}: {error}); its "
            f"data are brought by: {bring}"
        ) from error
    for name, one in loaded.items():
        if getattr(one, "UNSAFE_CODE", False):
            raise BadRequest(f"task.tasks: {name} runs code that the model writes, which is not done here")
        if getattr(one, "MULTIMODAL", False):
            raise BadRequest(
                f"task.tasks: {name} is about images or sound, and the model is a language model"
            )
    return loaded


def _shared(loaded: Mapping[str, Any], tell: Tell) -> dict[str, list[HarnessMetric]]:
    """For each task, the metrics that all of them have."""
    taken = [KL.name, PERPLEXITY.name]
    of: dict[str, list[HarnessMetric]] = {}
    for name, one in loaded.items():
        filters = [each.name for each in one._filters]
        of[name], others = metrics(one, filters, taken)
        if others:
            tell(f"{name}: left out, for want of a value per document: {', '.join(others)}")
    common = set.intersection(*({one.metric.name for one in found} for found in of.values()))
    if not common:
        listed = "; ".join(f"{name} has {', '.join(one.aggregation())}" for name, one in loaded.items())
        raise BadRequest(
            f"task.tasks: no metric that documents have values of is common to all of them: {listed}"
        )
    return {name: [one for one in found if one.metric.name in common] for name, found in of.items()}


@dataclass(frozen=True)
class _Document:
    """A document with its requests."""

    task_name: str
    task: Any
    scoring: bytes
    """How the task scores: part of the fingerprint."""
    number: int
    instances: list[Any]
    hash: str
    """Of what is asked, without examples: the same for the same question."""


def _question(instances: Sequence[Any]) -> str:
    """The hash of a document's requests without examples, as people would read them: in normal form, whatever
    the order of choices."""
    texts = ([normal_form(text) for text in one.args if isinstance(text, str)] for one in instances)
    return fingerprint("question, 2", sorted(json.dumps(one).encode() for one in texts))


@dataclass
class _Reader:
    tokenizer: Tokenizer
    context: int
    examples: int
    chat: bool

    def documents(self, name: str, task: Any, tell: Tell) -> list[_Document]:
        """All documents of a task, with the requests that the harness makes."""
        default = task.get_config("num_fewshot")
        # A task that says 0 has its examples in its prompts.
        count = self.examples if self.examples >= 0 and default != 0 else default or 0
        task.set_config(key="num_fewshot", value=count)
        task.set_fewshot_seed(seed=NUMPY_SEED)
        if count:
            _refuse_examples_of_test(name, task)
        template = self._template()
        chat = {"apply_chat_template": template is not None, "chat_template": template}
        task.build_all_requests(tokenizer_name="", **chat)
        scores = scoring(task)
        by_document: dict[int, list[Any]] = {}
        for instance in task.instances:
            by_document.setdefault(instance.doc_id, []).append(instance)
        documents = []
        for number, instances in by_document.items():
            bare = instances
            if count:
                before = task.fewshot_context(
                    instances[0].doc, num_fewshot=0, gen_prefix=task.doc_to_prefix(instances[0].doc), **chat
                )
                made = task.construct_requests(
                    doc=instances[0].doc, ctx=before, metadata=(name, number, 1), **chat
                )
                bare = made if isinstance(made, list) else [made]
            instances.sort(key=lambda one: one.idx)
            documents.append(_Document(name, task, scores, number, instances, _question(bare)))
        tell(f"{name}: {len(documents)} documents")
        return documents

    def _template(self) -> Any:
        if not self.chat:
            return None
        whole = chat_template(self.tokenizer)

        def render(messages: Any, add_generation_prompt: bool = True) -> str:
            ending = {
                "add_generation_prompt": add_generation_prompt,
                "continue_final_message": not add_generation_prompt,
            }
            return str(whole.apply_chat_template(messages, tokenize=False, **ending))

        return render

    def asked(self, document: _Document, shared: Sequence[HarnessMetric]) -> _Harness:
        """A document as an item."""
        try:
            asked = [self._request(instance) for instance in document.instances]
            expected = self._expected(document, asked)
        except NoTokens as reason:
            raise BadRequest(
                f"task.tasks: document {document.number} of {document.task_name}: {reason}"
            ) from reason
        return _Harness(document, asked, shared, *expected)

    def _request(self, instance: Any) -> requests.Asked:
        match instance.request_type:
            case "loglikelihood":
                return requests.loglikelihood(self.tokenizer, self.context, *instance.args[:2])
            case "loglikelihood_rolling":
                return requests.rolling(self.tokenizer, self.context, instance.args[0])
            case "generate_until":
                return requests.generate(self.tokenizer, self.context, *instance.args[:2])
        raise NoTokens(f"a request {instance.request_type!r}, which is not known")

    def _expected(
        self, document: _Document, asked: list[requests.Asked]
    ) -> tuple[list[int] | None, Passage | None]:
        """Which passages of a document `kl` and `perplexity` are of, by their places, and one that is added
        for them."""
        task, instances = document.task, document.instances
        if task.OUTPUT_TYPE == "multiple_choice":
            doc = instances[0].doc
            right = task.doc_to_text(doc) if task.multiple_input else task.doc_to_target(doc)
            choices = task.doc_to_choice(doc)
            if isinstance(right, str):
                right = choices.index(right) if right in choices else None
            if isinstance(right, int) and 0 <= right < len(choices):
                return [right], None
            return None, None
        count = sum(len(one.passages) for one in asked)
        if task.OUTPUT_TYPE != "generate_until":
            return list(range(count)), None
        target = task.doc_to_target(instances[0].doc)
        target = target[0] if isinstance(target, list) and target else target
        if not isinstance(target, str) or not target:
            return None, None
        delimiter = "" if self.chat else str(task.config.target_delimiter)
        added = requests.loglikelihood(self.tokenizer, self.context, instances[0].args[0], delimiter + target)
        return [count], added.passages[0]


def _refuse_examples_of_test(name: str, task: Any) -> None:
    """Examples come from other documents than those that are split, or what is reported would be seen while
    tuning."""
    own = task.config.fewshot_config
    if own is not None and getattr(task.fewshot_cfg, "samples", None) is not None:
        return
    used = task.config.test_split or task.config.validation_split
    drawn = (
        task.fewshot_cfg.split
        or task.config.training_split
        or task.config.validation_split
        or task.config.test_split
    )
    if drawn == used:
        raise BadRequest(
            f"task.examples: {name} draws its examples from the documents that it asks about "
            f"({used}), so that questions of the report "
            "would stand in prompts of the selection; give the task a `fewshot_split` or set `examples: 0`"
        )


@dataclass
class _Harness(AskedItem):
    document: _Document
    asked: Sequence[requests.Asked]
    shared: Sequence[HarnessMetric]
    beside: list[int] | None
    """Places of the passages that `kl` and `perplexity` are of."""
    added: Passage | None

    @property
    def truncated(self) -> bool:
        return any(one.truncated for one in self.asked)

    @property
    def question(self) -> str:
        return self.document.hash

    @property
    def place(self) -> str:
        return f"document {self.document.number} of {self.document.task_name}"

    def item(self) -> Item:
        passages = [passage for one in self.asked for passage in one.passages]
        prompts: list[Prompt] = [one.prompt for one in self.asked if one.prompt is not None]
        return Item(tuple(passages + ([self.added] if self.added else [])), tuple(prompts))

    def values(self, read: Sequence[Read], written: Sequence[Written]) -> Mapping[str, Value]:
        left, right = 0, 0
        answered = []
        for instance, one in zip(self.document.instances, self.asked, strict=True):
            said, texts = len(one.passages), int(one.prompt is not None)
            answer = one.answer(read[left : left + said], written[right : right + texts])
            left, right = left + said, right + texts
            instance = copy.copy(instance)
            instance.resps, instance.filtered_resps = [answer] * (instance.repeats or 1), {}
            answered.append(instance)
        for each in self.document.task._filters:
            each.apply(answered)
        values: dict[str, Value] = {}
        if self.beside is not None:
            values |= beside([read[place] for place in self.beside])
        scored: dict[str, Any] = {}
        for one_metric in self.shared:
            if one_metric.filter not in scored:
                filtered = [instance.filtered_resps[one_metric.filter] for instance in answered]
                scored[one_metric.filter] = self.document.task.process_results(answered[0].doc, filtered)
            values[one_metric.metric.name] = one_metric.value(scored[one_metric.filter][one_metric.name])
        return values

    def expected(self) -> Iterable[bytes]:
        yield json.dumps(self.document.instances[0].doc, sort_keys=True, default=str).encode()
        yield self.document.scoring
        yield repr([(one.metric.name, one.filter) for one in self.shared]).encode()
