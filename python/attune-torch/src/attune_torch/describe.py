"""What the worker says of itself (`hello`). Imports nothing that imports torch: the answer comes at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Literal

from attune_worker import Option, named
from attune_worker.options import Bool, Int, OneOf, Text

from . import __version__, ray

NAME = "torch"
SUMMARY = "Runs any causal language model that transformers loads, on the CPU or with CUDA."

Dtype = Literal["auto", "float32", "bfloat16", "float16"]
Placement = Literal["one", "auto", "balanced", "sequential"]

OPTIONS: list[Option] = [
    Option(
        "dtype",
        OneOf(["auto", "float32", "bfloat16", "float16"]),
        "auto",
        "what weights and activations are computed in; auto: what config.json says",
    ),
    Option(
        "device-map",
        OneOf(["one", "auto", "balanced", "sequential"]),
        "one",
        "on one device, or spread over all CUDA devices as `device_map` of transformers does it",
    ),
    Option(
        "attention",
        OneOf(["auto", "sdpa", "eager", "flash_attention_2"]),
        "auto",
        "the attention implementation of transformers; auto: the one that it takes by itself",
    ),
    Option(
        "trust-remote-code",
        Bool(),
        False,
        "run Python code that comes with the model: only for models that you trust",
    ),
    Option("revision", Text(), "main", "branch, tag or commit of a model of the hub"),
    Option(
        "hub-offline",
        Bool(),
        False,
        "take a model of the hub from the local cache alone, and never ask the hub",
    ),
    Option(
        "level-memory",
        Int(0, 1 << 20),
        1024,
        "MiB of the device that weights in few bits may take, so that they are made once",
    ),
]

EDITS = (
    "keep-experts",
    "merge-experts",
    "route-experts",
    "experts-per-token",
    "kv-bits",
    "weight-bits",
    "attention-span",
    "drop-block",
    "activation-bits",
    "embedding-bits",
    "silence-experts",
)
"""Kinds of edits that are honoured, where the model has what they change; in the order of `docs/edits.md`."""

GRIDS = (
    "affine-int",
    "symmetric",
    "q4_0",
    "q4_1",
    "q5_0",
    "q5_1",
    "q8_0",
    "q2_k",
    "q3_k",
    "q4_k",
    "q5_k",
    "q6_k",
    "fp8-e4m3-tensor",
    "fp8-e4m3-channel",
    "fp8-e4m3-block",
    "mxfp4",
    "nvfp4",
)
"""Number grids that weights are rounded to. They came after `attune-evaluator/1`, so the host asks to be
told."""

ROUNDINGS = ("gptq",)
"""How codes of weights are made, where it is not by rounding each to the nearest."""

CACHE_GRIDS = ("fp8-e4m3", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0")
"""Those that keys and values are rounded to."""

CHANNEL_ORDERS = ("interleaved",)
"""Orders that channels of keys are cut into groups in, beside the model's own."""

_LISTED: dict[str, dict[str, Iterable[str]]] = {
    "weight-bits": {"grid": GRIDS, "rounding": ROUNDINGS},
    "kv-bits": {"key_grid": CACHE_GRIDS, "value_grid": CACHE_GRIDS, "key_order": CHANNEL_ORDERS},
}


@dataclass(frozen=True)
class Options:
    """The evaluator's options of a profile."""

    dtype: Dtype = "auto"
    device_map: Placement = "one"
    attention: str = "auto"
    trust_remote_code: bool = False
    revision: str = "main"
    hub_offline: bool = False
    level_memory: int = 1024

    @classmethod
    def of(cls, options: Any) -> Options:
        """The options of an `open` request: complete and checked; others are somebody else's."""
        names = {option.name: option.name.replace("-", "_") for option in OPTIONS}
        return cls(**{field: options[name] for name, field in names.items() if name in options})


def numerics() -> str:
    """What decides the last digits, as far as known before anything is opened."""
    return ", ".join(f"{name} {_version(name)}" for name in ("torch", "transformers"))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"


def hello() -> dict[str, Any]:
    """`options`, `tasks`, `edits`, … of the answer to `hello`."""
    from . import signals, tasks

    return {
        "options": [option.to_json() for option in (*OPTIONS, *ray.OPTIONS)],
        "tasks": tasks.specifications(),
        "edits": [named(kind, **_LISTED.get(kind, {})) for kind in EDITS],
        "unedited": "the dense model",
        "signals": signals.described(),
        "outputs": True,
        "choices": True,
        "numerics": numerics(),
        "idle-seconds": 600,
    }


VERSION = __version__
