"""Which model and which arguments a folder means to vLLM, and what is left of one; `tests/engines/run` asks
vLLM itself."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from attune_engines.engine import EngineError
from attune_engines.engines.vllm import ARGUMENTS, ENGINE, MODEL, _rows, load

TEXT = """# vllm serve MODEL --config vllm.yaml
kv-cache-dtype: fp8_e4m3
kv-cache-dtype-skip-layers: ["0","3"]
hf-overrides: {"layer_types":["full_attention","sliding_attention"],"sliding_window":48}
"""


def test_a_file_of_arguments_is_for_the_model_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ARGUMENTS).write_text(TEXT)
    monkeypatch.delenv(MODEL, raising=False)
    with pytest.raises(EngineError, match=MODEL):
        load(tmp_path)
    monkeypatch.setenv(MODEL, "/models/llama")
    model, arguments = load(tmp_path)
    assert model == Path("/models/llama")
    assert arguments == {
        "kv_cache_dtype": "fp8_e4m3",
        "kv_cache_dtype_skip_layers": ["0", "3"],
        "hf_overrides": {"layer_types": ["full_attention", "sliding_attention"], "sliding_window": 48},
    }


def test_a_checkpoint_is_its_own_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert load(tmp_path) == (tmp_path, {})
    (tmp_path / ARGUMENTS).write_text("a: [")
    with pytest.raises(EngineError, match=ARGUMENTS):
        load(tmp_path)


@dataclass
class _Said:
    logprob: float


@dataclass
class _Output:
    logprobs: list[dict[int, _Said]]


@dataclass
class _Answer:
    prompt_logprobs: list[dict[int, _Said] | None]
    outputs: list[_Output]


def test_rows_are_what_is_said_of_the_token_after_a_position() -> None:
    says = [{1: _Said(-position - 0.5), 0: _Said(-float(position))} for position in range(3)]
    answer = _Answer([None, says[0], says[1]], [_Output([says[2]])])
    assert _rows(answer, [0, 2]).tolist() == [[0.0, -0.5], [-2.0, -2.5]]


def test_half_a_vocabulary_is_refused() -> None:
    answer = _Answer([None], [_Output([{0: _Said(-1.0), 7: _Said(-0.5)}])])
    with pytest.raises(EngineError, match="2 tokens and token 7"):
        _rows(answer, [0])


def stand_in(monkeypatch: pytest.MonkeyPatch, happened: list[str], fails: bool) -> None:
    """Packages in the place of vLLM that say what happens to models."""

    class LLM:
        def __init__(self, model: str, **_: Any) -> None:
            happened.append(f"loads {Path(model).name}")
            self.llm_engine = SimpleNamespace(
                engine_core=SimpleNamespace(shutdown=lambda: happened.append("ends"))
            )

        def generate(self, asked: list[Any], *_: Any, **__: Any) -> list[_Answer]:
            if fails:
                raise RuntimeError("out of memory")
            return [_Answer([None], [_Output([{0: _Said(0.0)}])]) for _ in asked]

    vllm, distributed = ModuleType("vllm"), ModuleType("vllm.distributed")
    vars(vllm).update(LLM=LLM, SamplingParams=lambda **_: None)
    vars(distributed).update(cleanup_dist_env_and_memory=lambda: happened.append("released"))
    monkeypatch.setitem(sys.modules, "vllm", vllm)
    monkeypatch.setitem(sys.modules, "vllm.distributed", distributed)


@pytest.mark.parametrize("fails", [False, True])
def test_a_model_is_gone_before_the_next_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    happened: list[str] = []
    stand_in(monkeypatch, happened, fails)
    for name in ("export", "control"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
        try:
            ENGINE.log_probabilities(tmp_path / name, [[0]], [[0]])
        except EngineError as error:
            assert fails and "out of memory" in str(error)
    assert happened == ["loads export", "ends", "released", "loads control", "ends", "released"]


def test_a_vllm_that_cannot_be_imported_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(EngineError, match="vLLM does not load"):
        ENGINE.log_probabilities(tmp_path, [[0]], [[0]])


def test_the_engine_has_its_name_and_a_version_where_it_is_installed() -> None:
    assert ENGINE.name == "vLLM"
    version = ENGINE.version()
    assert version is None or version[0].isdigit()
