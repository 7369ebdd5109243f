"""Tasks of lm-evaluation-harness: the values of every document are those that its own program gives on the
same model."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attune_worker import BadRequest

from attune_torch.tasks import Task

pytest.importorskip("lm_eval")

PLACES = ["mill", "river", "hill", "road", "house", "garden", "bridge", "church"]
CHOICE = """
task: own_choice
dataset_path: json
dataset_kwargs: {{data_files: {{test: "{data}"}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question}}}} "
doc_to_target: answer
doc_to_choice: choices
metric_list:
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
  - {{metric: acc_norm, aggregation: mean, higher_is_better: true}}
"""
LIKELIHOOD = """
task: own_likelihood
dataset_path: json
dataset_kwargs: {{data_files: {{test: "{data}"}}}}
test_split: test
output_type: loglikelihood
doc_to_text: "{{{{question}}}}"
doc_to_target: " {{{{choices[answer]}}}}"
metric_list:
  - {{metric: perplexity, aggregation: perplexity, higher_is_better: false}}
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
"""
ROLLING = """
task: own_rolling
dataset_path: json
dataset_kwargs: {{data_files: {{test: "{data}"}}}}
test_split: test
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{{{text}}}}"
metric_list:
  - {{metric: word_perplexity, aggregation: weighted_perplexity, higher_is_better: false}}
  - {{metric: bits_per_byte, aggregation: bits_per_byte, higher_is_better: false}}
"""
GENERATE = """
task: own_generate
dataset_path: json
dataset_kwargs: {{data_files: {{test: "{data}"}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{choices[answer]}}}}"
generation_kwargs: {{until: ["\\n", "."], max_gen_toks: 6, do_sample: false}}
filter_list:
  - {{name: whole, filter: [{{function: take_first}}]}}
  - {{name: first, filter: [{{function: regex, regex_pattern: "(\\\\w+)"}}, {{function: take_first}}]}}
metric_list:
  - {{metric: exact_match, aggregation: mean, higher_is_better: true, ignore_case: true}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four tasks of this test's own, with their data; the network is not asked."""
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    records = [
        {
            "question": f"{one.capitalize()} and {other} are far from each other. She went to the",
            "choices": [one, f"old {other}", "def"],
            "answer": number % 3,
            "text": f"The {one} is old. " * (3 if number % 5 else 90)
            + f"Beyond the {other} there is nothing.",
        }
        for number, (one, other) in enumerate(
            (one, other) for one in PLACES for other in PLACES if one < other
        )
    ]
    data = tmp_path / "own.jsonl"
    data.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    tasks = tmp_path / "tasks"
    tasks.mkdir()
    for name, form in (
        ("choice", CHOICE),
        ("likelihood", LIKELIHOOD),
        ("rolling", ROLLING),
        ("generate", GENERATE),
    ):
        (tasks / f"{name}.yaml").write_text(form.format(data=data), encoding="utf-8")
    return tasks


def by_harness(
    plain: Any, about: Any, folder: Path, name: str
) -> tuple[dict[int, dict[str, Any]], dict[str, Any]]:
    """What the harness's own program gives: logged values by document, and its figures."""
    from lm_eval import evaluator
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(about.folder))
    model = HFLM(pretrained=plain.model, tokenizer=tokenizer, batch_size=1, max_length=about.context - 1)
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    results = evaluator.simple_evaluate(model, tasks=[name], task_manager=manager, bootstrap_iters=0)
    documents: dict[int, dict[str, Any]] = {}
    for sample in results["samples"][name]:
        values = documents.setdefault(sample["doc_id"], {})
        values |= {f"{metric},{sample['filter']}": sample[metric] for metric in sample["metrics"]}
    return documents, results["results"][name]


@pytest.mark.parametrize(
    ("name", "metrics"),
    [
        ("own_choice", {"acc": "acc,none", "acc_norm": "acc_norm,none"}),
        ("own_likelihood", {"perplexity,none": "perplexity,none", "acc": "acc,none"}),
        ("own_rolling", {"word_perplexity": "word_perplexity,none", "bits_per_byte": "bits_per_byte,none"}),
        (
            "own_generate",
            {"exact_match,whole": "exact_match,whole", "exact_match,first": "exact_match,first"},
        ),
    ],
)
def test_every_document_has_the_value_that_the_harness_gives_it(
    plain: Any, about: Any, folder: Path, opened: Callable[..., Task], name: str, metrics: dict[str, str]
) -> None:
    documents, figures = by_harness(plain, about, folder, name)
    task = opened("lm-eval", folder, folder, tasks=name)
    assert [metric.name for metric in task.metrics] == ["kl", "perplexity", *metrics]
    seen: set[int] = set()
    sums = {metric: (0.0, 0.0) for metric in metrics}
    for split in ("selection", "report"):
        for index in range(task.splits[split].items):
            values = plain.values(task, split, index, about.tokens)
            number = task.asked[split][index].document.number  # type: ignore[attr-defined]
            assert number not in seen, "a document is in one split alone"
            seen.add(number)
            for metric, theirs in metrics.items():
                want = documents[number][theirs]
                if isinstance(want, tuple):
                    assert math.isclose(values[metric].weight, want[1])
                    want = -want[0] / want[1] / (math.log(2) if metric == "bits_per_byte" else 1)
                elif metric == "perplexity,none":
                    want = -want
                assert math.isclose(values[metric].value, float(want), rel_tol=1e-5, abs_tol=1e-5), (
                    metric,
                    number,
                )
                total, weight = sums[metric]
                sums[metric] = (
                    total + values[metric].value * values[metric].weight,
                    weight + values[metric].weight,
                )
    assert seen == set(documents), "no document is lost"
    for metric, theirs in metrics.items():
        mean = sums[metric][0] / sums[metric][1]
        figure = math.exp(mean) if task.aggregates.get(metric) == "exp-mean" else mean
        assert math.isclose(figure, figures[theirs], rel_tol=1e-4), metric


def test_the_same_question_is_never_in_both_halves(folder: Path, opened: Callable[..., Task]) -> None:
    data = folder.parent / "own.jsonl"
    record = json.loads(data.read_text(encoding="utf-8").splitlines()[0])
    with data.open("a", encoding="utf-8") as lines:
        for number in range(12):
            lines.write(json.dumps({**record, "text": f"another field {number}"}) + "\n")
    task = opened("lm-eval", folder, folder, tasks="own_choice")
    asked = {
        split: [task.item(split, index) for index in range(task.splits[split].items)] for split in task.splits
    }
    assert not set(asked["selection"]) & set(asked["report"])
    assert sum(len(items) for items in asked.values()) == 28 + 12


def test_what_cannot_be_had_is_refused_with_the_command_that_brings_it(
    folder: Path, opened: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadRequest, match="no task 'own_choise'; did you mean own_choice"):
        opened("lm-eval", folder, folder, tasks="own_choise")
    (folder / "absent.yaml").write_text(
        CHOICE.format(data="/nowhere/own.jsonl").replace("own_choice", "absent")
    )
    with pytest.raises(
        BadRequest, match="absent cannot be read .*lm_eval --model dummy --tasks absent --limit 1"
    ):
        opened("lm-eval", folder, folder, tasks="absent")
    with pytest.raises(BadRequest, match="the folder with your own tasks"):
        opened("lm-eval", folder, folder.parent, tasks="own_choice")
    monkeypatch.setitem(sys.modules, "lm_eval", None)
    with pytest.raises(BadRequest, match="pip install lm-eval"):
        opened("lm-eval", folder, folder, tasks="own_choice")


def test_metrics_without_a_value_per_document_are_left_out_aloud(
    folder: Path, opened: Callable[..., Task]
) -> None:
    told: list[str] = []
    corpus = "  - {metric: mcc, aggregation: matthews_corrcoef, higher_is_better: true}\n"
    form = (folder / "choice.yaml").read_text(encoding="utf-8").replace("own_choice", "own_corpus") + corpus
    (folder / "corpus.yaml").write_text(form, encoding="utf-8")
    task = opened("lm-eval", folder, folder, told, tasks="own_corpus")
    assert [metric.name for metric in task.metrics] == ["kl", "perplexity", "acc", "acc_norm"]
    assert any("own_corpus: left out, for want of a value per document: mcc" in line for line in told), told


def test_examples_are_not_drawn_from_what_is_reported(folder: Path, opened: Callable[..., Task]) -> None:
    with pytest.raises(BadRequest, match="draws its examples from the documents that it asks about"):
        opened("lm-eval", folder, folder, tasks="own_choice", examples=2)


def test_another_document_or_another_scoring_is_other_data(folder: Path, opened: Callable[..., Task]) -> None:
    def prints(name: str) -> dict[str, str]:
        task = opened("lm-eval", folder, folder, tasks=name)
        return {split: one.fingerprint for split, one in task.splits.items()}

    data, choice, generate = folder.parent / "own.jsonl", folder / "choice.yaml", folder / "generate.yaml"
    kept = {file: file.read_text(encoding="utf-8") for file in (data, choice, generate)}
    before = {name: prints(name) for name in ("own_choice", "own_generate")}
    # Where definition and data lie is no part of it.
    moved = folder.parent / "moved.jsonl"
    moved.write_text(kept[data], encoding="utf-8")
    choice.write_text(kept[choice].replace(str(data), str(moved)), encoding="utf-8")
    assert prints("own_choice") == before["own_choice"]

    # A field that no request shows can be what a function scores by.
    records = [json.loads(line) for line in kept[data].splitlines()]
    for record in records:
        record["note"] = "read by hand"
    moved.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    noted = prints("own_choice")
    assert all(noted[split] != before["own_choice"][split] for split in noted)

    # The same requests of the same documents, with another answer that is right and another way to compare.
    target = kept[choice].replace("doc_to_target: answer", 'doc_to_target: "{{ (answer + 1) % 3 }}"')
    choice.write_text(target, encoding="utf-8")
    targeted = prints("own_choice")
    assert all(targeted[split] != before["own_choice"][split] for split in targeted)
    for change in (("ignore_case: true", "ignore_case: false"), ("(\\\\w+)", "(\\\\w+) ")):
        assert change[0] in kept[generate], change
        generate.write_text(kept[generate].replace(*change), encoding="utf-8")
        changed = prints("own_generate")
        assert all(changed[split] != before["own_generate"][split] for split in changed), change
    generate.write_text(kept[generate], encoding="utf-8")
    assert prints("own_generate") == before["own_generate"]


def test_a_function_of_a_task_counts_with_the_file_that_it_stands_in(
    folder: Path, opened: Callable[..., Task]
) -> None:
    own = "\n".join(
        (
            "def right(text):",
            "    return text.strip()",
            "def score(doc, results):",
            "    return {'exact_match': float(right(results[0]) == doc['choices'][doc['answer']])}",
        )
    )
    form = (folder / "generate.yaml").read_text(encoding="utf-8")
    text = form.replace("own_generate", "own_function") + "process_results: !function own_score.score\n"
    (folder / "function.yaml").write_text(text, encoding="utf-8")
    found = []
    for body in (own, own.replace("strip()", "lower()"), own):
        (folder / "own_score.py").write_text(body, encoding="utf-8")
        task = opened("lm-eval", folder, folder, tasks="own_function")
        found.append(task.splits["report"].fingerprint)
    assert found[0] == found[2] != found[1]


def test_questions_that_read_alike_are_in_one_half(folder: Path, opened: Callable[..., Task]) -> None:
    data = folder.parent / "own.jsonl"
    lines = data.read_text(encoding="utf-8").splitlines()
    again = [json.loads(line) for line in lines]
    for record in again:
        record["question"] = record["question"].upper().replace(" ", "  ")
        record["choices"] = record["choices"][::-1]
    data.write_text("\n".join([*lines, *map(json.dumps, again)]) + "\n", encoding="utf-8")
    task = opened("lm-eval", folder, folder, tasks="own_choice")
    asked: dict[str, list[Any]] = task.asked  # type: ignore[attr-defined]
    halves = {split: {one.document.number % len(lines) for one in items} for split, items in asked.items()}
    assert not halves["selection"] & halves["report"]
    assert sum(split.items for split in task.splits.values()) == 2 * len(lines)
