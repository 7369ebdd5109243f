"""Which model and which arguments a folder means to vLLM; vLLM itself is asked by `tests/golden/check_vllm.py`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

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


def test_the_engine_has_its_name_and_a_version_where_it_is_installed() -> None:
    assert ENGINE.name == "vLLM"
    version = ENGINE.version()
    assert version is None or version[0].isdigit()
