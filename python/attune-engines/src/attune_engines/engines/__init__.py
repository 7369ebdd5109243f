"""The engines, by the names that descriptions of targets have for them."""

from __future__ import annotations

from importlib import import_module

from attune_engines.engine import Engine, Maker

MODULES: dict[str, str] = {
    "Transformers": "transformers",
    "mlx-lm": "mlx_lm",
    "llama.cpp": "llama_cpp",
    "vLLM": "vllm",
    "mergekit-pytorch": "mergekit",
}
"""Name of the engine, and the module here that has it as `ENGINE`."""


def engine(name: str) -> Engine | Maker | None:
    """The engine of that name, if this package can ask it."""
    module = MODULES.get(name)
    if module is None:
        return None
    found: Engine | Maker = import_module(f"attune_engines.engines.{module}").ENGINE
    return found
