"""llama.cpp, through the server of the package `xllamacpp`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune_engines import installed
from attune_engines.engine import EngineError

FILE = "model.gguf"
MANIFEST = "attune-export.json"


class LlamaCpp:
    """One thread. The cache of keys and values is in float32 and attention is computed step by step, unless
    the export says how the cache is stored: then as it says.

    Products with matrices of codes are llama.cpp's own: what enters them is rounded to 8 bits.
    """

    name = "llama.cpp"
    install = "pip install xllamacpp gguf"

    def version(self) -> str | None:
        # It runs files, and `gguf` reads what they say of their tokens.
        return installed.version("xllamacpp", "gguf")

    def log_probabilities(
        self, folder: Path, sequences: Sequence[Sequence[int]], positions: Sequence[Sequence[int]]
    ) -> list[NDArray[np.float32]]:
        file = folder / FILE if folder.is_dir() else folder
        if not file.is_file():
            raise EngineError(f"{file} is not there; `attune export --to gguf` writes it for llama.cpp")
        tokens, plain = vocabulary(file)
        with environment(served(folder).get("environment")):
            longest = max(map(len, sequences), default=0)
            server = opened(file, served(folder).get("arguments") or [], longest + 2)
            try:
                answers = []
                for sequence, asked in zip(sequences, positions, strict=True):
                    answer = np.zeros((len(asked), tokens), np.float32)
                    for place, position in enumerate(asked):
                        answer[place] = row(server, list(sequence[: position + 1]), tokens, plain)
                    answers.append(answer)
                return answers
            finally:
                del server


def served(folder: Path) -> dict[str, Any]:
    """What the export says of how it is run; nothing for a file that attune did not write."""
    file = folder / MANIFEST
    if not file.is_file():
        return {}
    done = json.loads(file.read_text(encoding="utf-8")).get("done")
    return done if isinstance(done, dict) else {}


@contextmanager
def environment(setting: str | None) -> Iterator[None]:
    """With `NAME=value` set; llama.cpp reads it when a cache is made."""
    if setting is None:
        yield
        return
    name, _, value = setting.partition("=")
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def opened(file: Path, arguments: Sequence[str], context: int) -> Any:
    """A server of the file; `arguments` are those of `llama-server`, of which the cache's are known."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx = max(context, 64)
    params.n_parallel = 1
    params.n_gpu_layers = 0
    params.warmup = False
    params.fit_params = False
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    # All of the cache, windows included: prompts are read again and again.
    params.swa_full = True
    params.verbosity = -1
    kinds = {"-ctk": "f32", "-ctv": "f32"} | dict(zip(arguments[::2], arguments[1::2], strict=True))
    params.cache_type_k = getattr(xllamacpp.ggml_type, f"GGML_TYPE_{kinds['-ctk'].upper()}")
    params.cache_type_v = getattr(xllamacpp.ggml_type, f"GGML_TYPE_{kinds['-ctv'].upper()}")
    on = kinds.get("-fa") == "on"
    attention = xllamacpp.llama_flash_attn_type
    params.flash_attn_type = (
        attention.LLAMA_FLASH_ATTN_TYPE_ENABLED if on else attention.LLAMA_FLASH_ATTN_TYPE_DISABLED
    )
    try:
        return xllamacpp.Server(params)
    except Exception as error:
        raise EngineError(f"llama.cpp does not load {file}: {error}") from error


def row(server: Any, prompt: list[int], tokens: int, plain: int) -> NDArray[np.float32]:
    """Logarithms of the probabilities of all tokens behind a prompt.

    The server says them once the token that it chose is a text, which a lone byte is not: so it has to choose
    `plain`. Probabilities are those before the choice.
    """
    request = {
        "prompt": prompt,
        "n_predict": 1,
        "n_probs": tokens,
        "temperature": 0.0,
        "cache_prompt": True,
        "logit_bias": [[plain, 1e9]],
    }
    answer = server.handle_completions(request)
    try:
        found = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    except (IndexError, KeyError, TypeError) as error:
        raise EngineError(f"llama.cpp answers {str(answer)[:200]} in the place of probabilities") from error
    values = np.full(tokens, np.nan, np.float32)
    for one in found:
        values[one["id"]] = one["logprob"]
    if np.isnan(values).any():
        raise EngineError(f"llama.cpp names {len(found)} of {tokens} tokens")
    return values


def vocabulary(file: Path) -> tuple[int, int]:
    """How many tokens a file has, the rows of its embedding, and one that is an ordinary text."""
    import gguf

    try:
        reader = gguf.GGUFReader(file)
    except Exception as error:
        raise EngineError(f"{file} is no GGUF file: {error}") from error
    rows = [int(tensor.shape[-1]) for tensor in reader.tensors if tensor.name == "token_embd.weight"]
    if not rows:
        raise EngineError(f"{file} has no tensor token_embd.weight")
    texts = reader.get_field("tokenizer.ggml.tokens")
    kinds = reader.get_field("tokenizer.ggml.token_type")
    if texts is None or kinds is None:
        raise EngineError(f"{file} has no tokenizer, and the server of llama.cpp answers with texts")
    for token, kind in enumerate(kinds.contents()):
        if kind == gguf.TokenType.NORMAL and str(texts.contents(token)).isalnum():
            return rows[0], token
    raise EngineError(f"{file} has no token that is a word")


ENGINE = LlamaCpp()
