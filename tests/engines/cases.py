"""What is exported and verified: a line for each model. A new target adds its lines here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A small study of a model, exported to a target and run by its engine."""

    target: str
    model: str
    """A folder of `models`, or a case of `tests/golden/families.py` or else a family of Transformers, of which a model
    is made with random weights."""
    technique: str
    options: dict[str, Any] = field(default_factory=dict)
    """Of the technique."""
    sizes: dict[str, Any] = field(default_factory=dict)
    """Keys of config.json that differ from those of the case."""
    approximate: bool = False
    """Whether it is exported with `--approximate`."""
    searched: bool = True
    """Whether the search keeps to what the target takes."""
    dtype: str = "float32"
    """What a model that is made is stored in."""


KEEP = {"keep": 4}
BLOCKS = {"drop": 1, "unit": "block"}
BITS = {"average": 6.0, "group-size": 32}
WIDE = {"hidden_size": 64, "intermediate_size": 64}
"""Rows that groups of 32 divide."""
WIDE_EXPERTS = {**WIDE, "moe_intermediate_size": 32}
MIXED = {"grid": "symmetric", "levels": [4, 8], "group-size": 32, "average": 7.0}
ALL_IN_4 = {"grid": "symmetric", "levels": [4], "group-size": 32, "average": 6.0}
"""Transformers reads the experts of all layers by one scheme."""
MXFP4 = {"grid": "mxfp4", "levels": [4, 8], "average": 7.0}
BLOCKS_OF_256 = {"hidden_size": 256, "intermediate_size": 256}
TYPES_OF_GGUF = {"grid": "gguf", "levels": [2, 4, 6], "average": 4.0}
"""llama.cpp rounds inputs, so that less than this is not seen of a plan."""
ENDS = {"embeddings": "searched"}
"""Embeddings in few bits as well."""
CACHE_IN_4 = {"grid": "gguf", "levels": [4], "average": 5.0}
WINDOW = {"window": 8, "longest": 64, "density": 0.8, "sink": 0, "unit": "layer"}
"""Texts have 24 tokens: most of them see more than 8 without it, and not all layers may."""
SPANS = {"sink": 2, "longest": 64, "shortest": 32, "density": 0.5, "elastic": False}
CACHE = {"levels": [2, 4, 8], "average": 6.0, "sink": 1, "recent": 2}
HEADS_OF_32 = {"head_dim": 32}
"""What vLLM has kernels for, and blocks of GGUF divide."""

MIXTURES = [
    "deepseek_v2",
    "deepseek_v3",
    "dots1",
    "ernie4_5_moe",
    "flex_olmo",
    "glm4_moe",
    "glm4_moe_lite",
    "gpt_oss",
    "granitemoe",
    "granitemoeshared",
    "hunyuan_v1_moe",
    "llama4_text",
    "minimax_m2",
    "olmoe",
    "phimoe",
    "qwen2_moe",
    "qwen3_moe",
]
ALIKE = [
    "arcee",
    "cohere",
    "ernie4_5",
    "falcon",
    "flex_olmo",
    "gemma",
    "glm",
    "glm4",
    "gpt_neox",
    "granite",
    "granitemoe",
    "granitemoeshared",
    "helium",
    "hunyuan_v1_dense",
    "hunyuan_v1_moe",
    "ministral3",
    "nemotron",
    "olmo",
    "olmo2",
    "olmoe",
    "phi",
    "phi3",
    "phimoe",
    "seed_oss",
    "stablelm",
    "starcoder2",
    "youtu",
]
MLX = ["olmoe", "ernie4_5", "glm4", "granite", "helium", "nemotron", "olmo2", "seed_oss", "smollm3", "stablelm"]
MLX_MIXTURES = ["dots1", "glm4_moe", "qwen2_moe"]

CASES = [
    Case("plan", "tiny-moe", "expert-pruning", KEEP),
    Case("hf", "tiny-moe", "expert-pruning", KEEP),
    *(Case("hf", family, "expert-pruning", KEEP) for family in MIXTURES),
    *(Case("hf", family, "block-dropping", BLOCKS) for family in ALIKE),
    # It is stored in 16 bits, and so are scales.
    Case("mlx", "tiny-moe", "weight-bits", BITS, approximate=True),
    *(Case("mlx", family, "weight-bits", BITS, WIDE) for family in MLX),
    # One matrix for both embeddings, and two.
    Case("mlx", "tiny-moe", "weight-bits", {**BITS, **ENDS}, approximate=True),
    Case("mlx", "olmo2", "weight-bits", {**BITS, **ENDS}, WIDE),
    *(Case("mlx", family, "weight-bits", BITS, WIDE_EXPERTS) for family in MLX_MIXTURES),
    *(
        Case("compressed-tensors", family, "weight-bits", MIXED, WIDE)
        for family in ("llama", "mistral", "qwen2", "qwen3")
    ),
    Case("compressed-tensors", "llama", "weight-bits", {**MIXED, **ENDS}, {**WIDE, "tie_word_embeddings": False}),
    Case("compressed-tensors", "mixtral", "weight-bits", ALL_IN_4, WIDE),
    # Transformers runs it in bfloat16 alone.
    Case("compressed-tensors", "llama", "weight-bits", MXFP4, WIDE, approximate=True, dtype="bfloat16"),
    *(
        Case("gguf", family, "weight-bits", TYPES_OF_GGUF, BLOCKS_OF_256)
        for family in ("llama", "qwen3", "gemma2")
    ),
    Case("gguf", "llama", "weight-bits", {**TYPES_OF_GGUF, **ENDS}, BLOCKS_OF_256),
    Case("gguf", "qwen3", "weight-bits", {**TYPES_OF_GGUF, **ENDS}, {**BLOCKS_OF_256, "tie_word_embeddings": True}),
    Case("gguf", "tiny-moe", "expert-pruning", KEEP),
    Case("gguf", "qwen3_moe", "expert-pruning", KEEP),
    Case("gguf", "llama", "block-dropping", BLOCKS),
    Case("gguf", "llama", "kv-bits", CACHE_IN_4, HEADS_OF_32),
    *(
        Case("windows", family, "attention-spans", WINDOW)
        for family in ("llama", "mistral", "qwen2", "qwen3", "gemma2")
    ),
    Case("granite-swa", "llama", "attention-spans", WINDOW),
    Case("granite-swa", "mistral", "attention-spans", WINDOW),
    Case("granite-swa", "granite", "attention-spans", WINDOW, {"attention_bias": False}),
    *(
        Case("transformers", model, technique, options)
        for model in ("tiny-moe", "llama", "qwen3", "gemma2")
        for technique, options in (("attention-spans", SPANS), ("kv-bits", CACHE))
    ),
    # It takes no model with windows in all of its layers, and of two layers a search tries that.
    Case("mlx-windows", "llama", "attention-spans", WINDOW, searched=False),
    Case("mlx-windows", "mistral", "attention-spans", WINDOW, searched=False),
    Case("vllm", "llama", "attention-spans", WINDOW, HEADS_OF_32),
    Case("vllm", "qwen3", "attention-spans", WINDOW, HEADS_OF_32),
    # Its kernels round otherwise.
    Case("vllm", "llama", "kv-bits", {"average": 12.0}, HEADS_OF_32, approximate=True),
]
