"""What is exported and verified: a line for each model. A new target adds its lines here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A small study of a model, exported to a target and run by its engine."""

    target: str
    model: str
    """A folder of `models`, or a case of `tests/golden/families.py`, which is made anew with random weights."""
    technique: str
    options: dict[str, Any] = field(default_factory=dict)
    """Of the technique."""
    sizes: dict[str, Any] = field(default_factory=dict)
    """Keys of config.json that differ from those of the case."""
    approximate: bool = False
    """Whether it is exported with `--approximate`."""


KEEP = {"keep": 4}
BLOCKS = {"drop": 1, "unit": "block"}
BITS = {"average": 6.0, "group-size": 32}
WIDE = {"hidden_size": 64, "intermediate_size": 64}
"""Rows that groups of 32 divide."""
WIDE_EXPERTS = {**WIDE, "moe_intermediate_size": 32}

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
    *(Case("mlx", family, "weight-bits", BITS, WIDE_EXPERTS) for family in MLX_MIXTURES),
]
