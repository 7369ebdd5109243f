"""What is exported and verified: a line for each model. A new target adds its lines here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A small study of a model, exported to a target and run by its engine."""

    target: str
    model: str
    """A folder of `models`, or a case of `tests/golden/families.py` or else a family of Transformers, of which a
    model is made with random weights."""
    technique: str
    options: dict[str, Any] = field(default_factory=dict)
    """Of the technique."""
    sizes: dict[str, Any] = field(default_factory=dict)
    """Keys of config.json that differ from those of the case."""
    approximate: bool = False
    """Whether it is exported with `--approximate`."""
    dtype: str = "float32"
    """What a model that is made is stored in."""
    light: bool = False
    """Whether `--light` asks it: quick, and Transformers alone answers."""

    @property
    def name(self) -> str:
        """Which case it is, wherever it stands in the list: as a name of a folder, and in logs."""
        what = [self.options, self.sizes, self.approximate, self.dtype]
        mark = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:8]
        return f"{self.target}-{self.model}-{self.technique}-{mark}"


RECIPES = ["autoround", "llm-compressor", "gptqmodel", "modelopt", "mlx-recipe"]
"""Targets whose engine rounds by itself: it is asked which bits it chooses."""
NOBODY = {
    "moa": "MoA's kernels want a CUDA device",
    "exllama": "ExLlamaV3 wants a CUDA device",
}
"""Targets whose engine runs on no CPU, and why."""


KEEP = {"keep": 4}
MERGE = {"keep": 4, "phase": "merge", "routing": "one-hot"}
BLOCKS = {"drop": 1, "unit": "block"}
BITS = {"average": 6.0, "group-size": 32}
WIDE = {"hidden_size": 64, "intermediate_size": 64}
"""Rows that groups of 32 divide."""
WIDE_EXPERTS = {**WIDE, "moe_intermediate_size": 32}
WIDE_HYBRID = {**WIDE, "shared_intermediate_size": 64, "mamba_d_head": 16}
"""Transformers holds the channels of a Mamba to the residual's, even where no layer is one."""
EVERY_LAYER = {**WIDE_EXPERTS, "first_k_dense_replace": 0}
"""`weight-bits` wants the same modules in all layers."""
WIDE_SHARED = {**WIDE_EXPERTS, "shared_expert_intermediate_size": 32}
LEVELS = {"levels": [4, 8], "group-size": 32, "average": 7.5}
"""Of recipes: both occur, and neither everywhere."""
FOUR = {"levels": [4, 16], "group-size": 32, "grid": "symmetric", "average": 10.0}
"""ModelOpt has no whole numbers of 8 bits."""
MIXED = {"grid": "symmetric", "levels": [4, 8], "group-size": 32, "average": 7.0}
ALL_IN_4 = {"grid": "symmetric", "levels": [4], "group-size": 32, "average": 6.0}
"""Transformers reads the experts of all layers by one scheme."""
MXFP4 = {"grid": "mxfp4", "levels": [4, 8], "average": 7.0}
BLOCKS_OF_256 = {"hidden_size": 256, "intermediate_size": 256}
EXPERTS_OF_256 = {**BLOCKS_OF_256, "moe_intermediate_size": 256}
SHARED_OF_256 = {**EXPERTS_OF_256, "shared_expert_intermediate_size": 256}
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


def plain(family: str) -> dict[str, Any]:
    """Keys of a model without windows and with 64 channels that is one of its family."""
    if family == "helium":
        # As many channels in all heads as in the residual.
        return {"head_dim": 16}
    if family == "ministral":
        return {"layer_types": ["full_attention"] * 2}
    return {"sliding_window": None} if family == "mistral" else {}


def kept(family: str) -> dict[str, Any]:
    """Options of pruning. Where a bias chooses the same experts for every token, a search keeps those, and nothing is
    seen of it; so one of them is taken away."""
    biased = ("deepseek_v3-direct", "dots1", "ernie4_5_moe", "glm4_moe", "glm4_moe_lite-listed", "minimax_m2")
    return KEEP | ({"active": [1]} if family in biased else {})


def window(family: str) -> dict[str, Any]:
    """Options of windows: in both layers of a Gemma 2, whose first layer has the same by itself."""
    return WINDOW | ({"density": 0.4} if family == "gemma2" else {})


def wide(family: str) -> dict[str, Any]:
    """Keys of a model whose rows groups of 32 divide."""
    return WIDE | (plain(family) if family == "helium" else {})


def of_gguf(family: str, head: int) -> dict[str, Any]:
    """Keys of a model that llama.cpp runs, which scales the scores of a Gemma by the channels of a head."""
    gemma = family in ("gemma2", "gemma3_text")
    return plain(family) | ({"query_pre_attn_scalar": head} if gemma else {})


def without_a_block(family: str) -> dict[str, Any]:
    """Keys of a model that llama.cpp runs whichever block is dropped: of a Gemma 2 a layer with a window has to stay."""
    return of_gguf(family, 8) | ({"num_hidden_layers": 4} if family == "gemma2" else {})


def heads_of_32(family: str) -> dict[str, Any]:
    """Keys of a model with heads of 32 channels: engines take those of a Qwen 2 for a share of the residual's, whatever its
    config says."""
    return {"hidden_size": 128} if family in ("qwen2", "qwen2_moe") else HEADS_OF_32


def seen(family: str, technique: str) -> dict[str, Any]:
    """Keys of a model in which a plan of the technique changes something: spans of heads do not in windows that are shorter."""
    windows = family in ("phi3", "starcoder2") and technique == "attention-spans"
    return {"sliding_window": None} if windows else {}


MIXTURES = [
    "deepseek_v2-lite",
    "deepseek_v3-direct",
    "dots1",
    "ernie4_5_moe",
    "flex_olmo",
    "glm4_moe",
    "glm4_moe_lite-listed",
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
"""Families with experts, without groups of them: what is left of a group is not defined."""
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
MLX = ["llama", "mistral", "qwen2", "qwen3", "mixtral"]
MLX += ["olmoe", "ernie4_5", "glm4", "granite", "helium", "nemotron", "olmo2", "seed_oss", "smollm3"]
MLX += ["stablelm"]
MLX_MIXTURES = ["dots1", "glm4_moe"]
PACKED = [
    "arcee",
    "cohere",
    "cohere2",
    "ernie4_5",
    "exaone4",
    "gemma",
    "gemma2",
    "gemma3_text",
    "glm",
    "glm4",
    "gpt_neox",
    "granite",
    "helium",
    "hunyuan_v1_dense",
    "llama",
    "ministral",
    "ministral3",
    "mistral",
    "nemotron",
    "olmo",
    "olmo2",
    "olmo3",
    "phi",
    "phi3",
    "qwen2",
    "qwen3",
    "seed_oss",
    "smollm3",
    "stablelm",
    "starcoder2",
]
PACKED_MIXTURES = {
    "dots1": EVERY_LAYER,
    "ernie4_5_moe": {**WIDE_EXPERTS, "moe_layer_start_index": 0},
    "flex_olmo": WIDE,
    "glm4_moe": EVERY_LAYER,
    "hunyuan_v1_moe": WIDE,
    "minimax_m2": WIDE,
    "mixtral": WIDE,
    "olmoe": WIDE,
    "phimoe": WIDE,
    "qwen2_moe": WIDE_SHARED,
    "qwen3_moe": WIDE_EXPERTS,
}
GGUF = ["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text"]
GGUF_MIXTURES = {"mixtral": BLOCKS_OF_256, "qwen2_moe": SHARED_OF_256, "qwen3_moe": EXPERTS_OF_256}
LATENT = ["deepseek_v2", "deepseek_v3", "glm4_moe_lite", "youtu"]
"""Whose caches hold one latent for all heads, and no keys and values."""
ANY_ATTENTION = [
    *PACKED,
    *PACKED_MIXTURES,
    "deepseek_v2",
    "deepseek_v3",
    "glm4_moe_lite",
    "gpt_oss",
    "granitemoe",
    "granitemoehybrid-dense",
    "granitemoeshared",
    "llama4_text",
    "youtu",
]
"""Families whose attention goes through Transformers' AttentionInterface."""

CASES = [
    Case("plan", "tiny-moe", "expert-pruning", KEEP, light=True),
    Case("hf", "tiny-moe", "expert-pruning", KEEP, light=True),
    Case("hf", "tiny-moe", "expert-pruning", MERGE, approximate=True),
    *(Case("hf", family, "expert-pruning", kept(family)) for family in ["mixtral", *MIXTURES]),
    *(Case("hf", family, "expert-pruning", MERGE) for family in ("olmoe-rescaled", "qwen3_moe")),
    *(
        Case("hf", family, "block-dropping", BLOCKS, light=family == "gemma")
        for family in ["llama", "mistral", *ALIKE]
    ),
    # It is stored in 16 bits, and so are scales.
    Case("mlx", "tiny-moe", "weight-bits", BITS, approximate=True),
    *(Case("mlx", family, "weight-bits", BITS, WIDE | plain(family)) for family in MLX),
    Case("mlx", "llama", "weight-bits", {**BITS, "rounding": "gptq"}, WIDE),
    # One matrix for both embeddings, and two.
    Case("mlx", "tiny-moe", "weight-bits", {**BITS, **ENDS}, approximate=True),
    Case("mlx", "olmo2", "weight-bits", {**BITS, **ENDS}, WIDE),
    *(Case("mlx", family, "weight-bits", BITS, EVERY_LAYER) for family in MLX_MIXTURES),
    Case("mlx", "qwen2_moe", "weight-bits", BITS, WIDE_SHARED),
    *(
        Case("compressed-tensors", family, "weight-bits", MIXED, wide(family), light=family == "qwen3")
        for family in PACKED
    ),
    Case("compressed-tensors", "llama", "weight-bits", {**MIXED, "rounding": "gptq"}, WIDE),
    Case("compressed-tensors", "llama", "weight-bits", {**MIXED, **ENDS}, {**WIDE, "tie_word_embeddings": False}),
    *(
        Case("compressed-tensors", family, "weight-bits", ALL_IN_4, sizes)
        for family, sizes in PACKED_MIXTURES.items()
    ),
    Case("compressed-tensors", "granitemoehybrid-dense", "weight-bits", MIXED, WIDE_HYBRID),
    # Transformers runs it in bfloat16 alone.
    Case("compressed-tensors", "llama", "weight-bits", MXFP4, WIDE, approximate=True, dtype="bfloat16"),
    # llama.cpp rounds what enters products, as well.
    *(
        Case("gguf", family, "weight-bits", TYPES_OF_GGUF, sizes | of_gguf(family, 8), approximate=True)
        for family, sizes in (dict.fromkeys(GGUF, BLOCKS_OF_256) | GGUF_MIXTURES).items()
    ),
    *(
        Case("gguf", family, "weight-bits", {**TYPES_OF_GGUF, **ENDS}, {**BLOCKS_OF_256, **tied}, approximate=True)
        for family, tied in (("llama", {}), ("qwen3", {"tie_word_embeddings": True}))
    ),
    # It is stored in 16 bits, to which llama.cpp rounds what enters a product.
    Case("gguf", "tiny-moe", "expert-pruning", KEEP, approximate=True),
    *(Case("gguf", family, "expert-pruning", KEEP) for family in GGUF_MIXTURES),
    # It looks the activation of a Gemma up in half precision.
    *(
        Case("gguf", family, "block-dropping", BLOCKS, without_a_block(family), approximate=family.startswith("gemma"))
        for family in [*GGUF, *GGUF_MIXTURES]
    ),
    *(
        Case("gguf", family, "kv-bits", CACHE_IN_4, heads_of_32(family) | of_gguf(family, 32), approximate=True)
        for family in [*GGUF, *GGUF_MIXTURES]
    ),
    # Heads of two blocks, whose channels llama.cpp has in another order in these families.
    *(
        Case("gguf", family, "kv-bits", CACHE_IN_4, {"head_dim": 64} | plain(family), approximate=True)
        for family in ("llama", "mistral", "mixtral")
    ),
    *(
        Case("windows", family, "attention-spans", window(family), plain(family), light=family == "llama")
        for family in ("llama", "mistral", "qwen2", "qwen3", "gemma2", "ministral")
    ),
    Case("granite-swa", "llama", "attention-spans", WINDOW, light=True),
    Case("granite-swa", "mistral", "attention-spans", WINDOW, plain("mistral")),
    Case("granite-swa", "granite", "attention-spans", WINDOW, {"attention_bias": False}),
    *(
        Case(
            "transformers", model, technique, options, seen(model, technique), light=(model, technique) == ("tiny-moe", "kv-bits")
        )
        for model in ("tiny-moe", *ANY_ATTENTION)
        for technique, options in (("attention-spans", SPANS), ("kv-bits", CACHE))
        if technique != "kv-bits" or model not in LATENT
    ),
    Case("mlx-windows", "llama", "attention-spans", WINDOW),
    Case("mlx-windows", "mistral", "attention-spans", WINDOW, plain("mistral")),
    *(
        Case("vllm", family, "attention-spans", WINDOW, heads_of_32(family) | plain(family))
        for family in ("llama", "mistral", "qwen2", "qwen3")
    ),
    # Its kernels round otherwise.
    *(
        Case("vllm", family, "kv-bits", {"average": 12.0}, heads_of_32(family) | plain(family), approximate=True)
        for family in ("llama", "mistral", "qwen2", "qwen3")
    ),
    Case("mergekit", "tiny-digits", "checkpoint-mix"),
    *(
        Case(recipe, "llama", "weight-bits", FOUR if recipe == "modelopt" else LEVELS, WIDE, approximate=True)
        for recipe in RECIPES
    ),
    Case("moa", "llama", "attention-spans", {"sink": 2, "longest": 64, "density": 0.5}, approximate=True),
    Case("exllama", "llama", "weight-bits", LEVELS, WIDE, approximate=True),
]
