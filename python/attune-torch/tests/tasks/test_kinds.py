"""Every kind of task, as the worker opens and scores it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attune_worker import Edit

from attune_torch.session import TorchSession
from attune_torch.tasks import KINDS, kind, specifications

from .conftest import TINY_MOE, Collected

PROSE = (TINY_MOE / "data" / "prose.selection.txt", TINY_MOE / "data" / "prose.report.txt")
HARM = Edit("weight-bits", {"layer": 2, "module": "v", "bits": 2, "group-size": 32})
DATA: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "text": (*PROSE, {"length": 32}),
    "choice": (
        [{"question": "She was", "choices": ["happy", "def"], "answer": 0}],
        [{"question": "He was", "choices": ["sorry", "12"], "answer": 0}],
        {},
    ),
    "generate": (
        [{"prompt": "seq 2 4 6", "answer": "8"}],
        [{"prompt": "seq 3 5 7", "answer": "9"}],
        {"max_tokens": 3},
    ),
    "recall": (*PROSE, {"length": 300, "max_tokens": 3, "lengths": {250: 2}}),
    "pass-keys": (*PROSE, {"length": 150, "lengths": {200: 2}}),
}
YAML = """
task: own
dataset_path: json
dataset_kwargs: {{data_files: {{test: "{data}"}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question}}}}"
doc_to_target: answer
doc_to_choice: choices
metric_list: [{{metric: acc, aggregation: mean, higher_is_better: true}}]
"""


def data(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any, dict[str, Any]]:
    if name != "lm-eval":
        return DATA[name]
    pytest.importorskip("lm_eval")
    for variable in ("HF_HOME", "HF_DATASETS_CACHE"):
        monkeypatch.setenv(variable, str(folder / "cache"))
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    records = [
        {"question": f"seq {k} {k + 2}", "choices": [str(k + 4), "def"], "answer": 0} for k in range(8)
    ]
    (folder / "own.data").write_text(
        "".join(json.dumps(record) + "\n" for record in records), encoding="utf-8"
    )
    (folder / "own.yaml").write_text(YAML.format(data=folder / "own.data"), encoding="utf-8")
    return folder, folder, {"tasks": "own"}


@pytest.mark.parametrize("name", list(KINDS))
def test_every_kind_scores_the_dense_model_and_a_harmful_plan(
    name: str, session: Callable[..., TorchSession], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    selection, report, options = data(name, tmp_path, monkeypatch)
    opened = session(name, selection, report, **options)
    named = [metric.name for metric in opened.opened.metrics]
    assert named[:2] == ["kl", "perplexity"]
    declared = {metric["name"] for metric in kind(name).specification()["metrics"]}
    assert declared <= set(named), "what `hello` says is there"
    for split, described in opened.opened.splits.items():
        assert described.items > 0 and len(described.fingerprint) == 64
        items = list(range(min(2, described.items)))
        batch = Collected([[], [HARM]], split, items)
        opened.evaluate(batch)
        dense, harmed = batch.scores[0], batch.scores[1]
        assert set(dense) == set(harmed) == set(named)
        assert list(dense["kl"].items) == [0.0] * len(items)
        assert all(value > 0 for value in harmed["kl"].items)
        for metric in opened.opened.metrics:
            if metric.unit == "share":
                assert all(
                    0.0 <= value <= 1.0 for value in (*dense[metric.name].items, *harmed[metric.name].items)
                )


def test_what_hello_says_of_tasks_is_json_and_complete() -> None:
    said = json.loads(json.dumps(specifications()))
    assert [one["name"] for one in said] == list(KINDS)
    for one in said:
        assert one["summary"].endswith(".") and one["metrics"][0]["name"] == "kl"
        for option in one["options"]:
            assert option["help"] and "type" in option["kind"]
