"""llama.cpp reads a file that the package `gguf` wrote, where it is installed."""

from __future__ import annotations

import json
import os
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attune_engines.engine import EngineError
from attune_engines.engines import engine
from attune_engines.engines.llama_cpp import LlamaCpp, environment, served

HEADS = 4
VOCABULARY = 40


def test_the_engine_is_found_by_the_name_that_descriptions_have() -> None:
    found = engine("llama.cpp")
    assert isinstance(found, LlamaCpp)
    assert found.name == "llama.cpp"


def test_it_is_not_there_without_the_package_that_reads_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"xllamacpp": "1.2"}

    def version_of(package: str) -> str:
        try:
            return there[package]
        except KeyError:
            raise PackageNotFoundError(package) from None

    monkeypatch.setattr("attune_engines.installed.version_of", version_of)
    assert LlamaCpp().version() is None
    there["gguf"] = "0.19"
    assert LlamaCpp().version() == "1.2"


def test_what_an_export_says_of_the_cache_is_read_and_what_it_sets_is_put_back(tmp_path: Path) -> None:
    assert served(tmp_path) == {}
    (tmp_path / "attune-export.json").write_text(json.dumps({"done": {"arguments": ["-ctk", "q8_0"]}}))
    assert served(tmp_path)["arguments"] == ["-ctk", "q8_0"]
    with environment("ATTUNE_TEST_OF_A_SETTING=1"):
        assert os.environ["ATTUNE_TEST_OF_A_SETTING"] == "1"
    assert "ATTUNE_TEST_OF_A_SETTING" not in os.environ


def test_a_folder_without_the_file_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"model\.gguf is not there"):
        LlamaCpp().log_probabilities(tmp_path, [[1, 2]], [[0]])


@pytest.fixture
def dense(tmp_path: Path) -> Any:
    """A random Llama of transformers, and its file."""
    pytest.importorskip("xllamacpp", reason="pip install xllamacpp brings llama.cpp")
    pytest.importorskip("gguf", reason="pip install gguf writes the file")
    torch = pytest.importorskip("torch", reason="the model is made with torch")
    transformers = pytest.importorskip("transformers", reason="the model is one of transformers")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=128,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        initializer_range=0.2,
        max_position_embeddings=64,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
    )
    model = transformers.LlamaForCausalLM(config).float().eval()
    write(model, tmp_path / "model.gguf")
    return model


def write(model: Any, file: Path) -> None:
    import gguf

    writer = gguf.GGUFWriter(file, "llama")
    config = model.config
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"t{token}" for token in range(VOCABULARY)])
    writer.add_token_types([gguf.TokenType.NORMAL] * VOCABULARY)
    writer.add_token_merges(["t 1"])
    writer.add_eos_token_id(0)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        rows = tensor.numpy()
        if "q_proj" in name or "k_proj" in name:
            rows = rows.reshape(HEADS, 2, -1, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)
        if name != "lm_head.weight":
            writer.add_tensor(names.get_name(name, (".weight",)), np.ascontiguousarray(rows))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_probabilities_are_the_models_and_a_cache_in_few_bits_has_others(dense: Any, tmp_path: Path) -> None:
    import torch

    tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
    with torch.no_grad():
        expected = torch.log_softmax(dense(torch.tensor([tokens])).logits[0], -1).numpy()
    asked = [2, 7, 11]
    [found, none] = LlamaCpp().log_probabilities(tmp_path, [tokens, [1]], [asked, []])
    assert found.shape == (3, VOCABULARY)
    assert none.shape == (0, VOCABULARY)
    assert np.abs(found - expected[asked]).max() < 1e-3

    arguments = ["-ctk", "q4_0", "-ctv", "q4_0", "-fa", "on"]
    (tmp_path / "attune-export.json").write_text(json.dumps({"done": {"arguments": arguments}}))
    [rounded] = LlamaCpp().log_probabilities(tmp_path, [tokens], [asked])
    assert np.abs(rounded - expected[asked]).max() > 1e-2


def test_a_file_that_is_none_is_refused(dense: Any, tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF, it says, and nothing else follows")
    with pytest.raises(EngineError, match="is no GGUF file"):
        LlamaCpp().log_probabilities(tmp_path, [[1, 2]], [[0]])
