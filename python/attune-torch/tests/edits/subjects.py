"""Subjects for tests: tiny-moe, and small random models of many families."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

from attune_torch.structure import find
from attune_torch.subject import Subject
from attune_torch.trials import try_layers, try_structure

torch.set_num_threads(1)

TINY_MOE = Path(__file__).parents[4] / "models" / "tiny-moe"

_SHAPE = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 1,
}
_MIXTURE = {
    "num_experts": 8,
    "num_local_experts": 8,
    "n_routed_experts": 8,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
}
_LATENT = {
    "kv_lora_rank": 8,
    "q_lora_rank": None,
    "qk_rope_head_dim": 4,
    "qk_nope_head_dim": 8,
    "v_head_dim": 8,
    "num_key_value_heads": 4,
    "first_k_dense_replace": 1,
    "n_shared_experts": 1,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {},
    "qwen3": {"head_dim": 8},
    "mistral": {"sliding_window": 6},
    "bloom": {"n_head": 4},
    "gpt_neox": {},
    "opt": {},
    "gemma2": {"head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": 6},
    "gpt_oss": {"head_dim": 8, "sliding_window": 6, **_MIXTURE},
    "mixtral": _MIXTURE,
    "qwen3_moe": {"head_dim": 8, "norm_topk_prob": False, **_MIXTURE},
    "granitemoe": _MIXTURE,
    "deepseek_v2": {
        **_MIXTURE,
        **_LATENT,
        "n_group": 4,
        "topk_group": 2,
        "topk_method": "group_limited_greedy",
        "routed_scaling_factor": 2.5,
    },
    "deepseek_v3": {**_MIXTURE, **_LATENT, "n_group": 2, "topk_group": 1},
    "dots1": {**_MIXTURE, "first_k_dense_replace": 1, "n_shared_experts": 1, "n_group": 1, "topk_group": 1},
    "ernie4_5_moe": {
        "moe_num_experts": 8,
        "moe_k": 2,
        "moe_layer_start_index": 0,
        "moe_num_shared_experts": 1,
        **_MIXTURE,
    },
    "minimax_m2": _MIXTURE,
    "phimoe": _MIXTURE,
    "jetmoe": _MIXTURE,
    "lfm2_moe": {
        **_MIXTURE,
        "layer_types": ["full_attention"] * 2,
        "num_dense_layers": 0,
        "use_expert_bias": True,
    },
    "llama4_text": {
        **_MIXTURE,
        "interleave_moe_layer_step": 1,
        "intermediate_size_mlp": 48,
        "moe_layers": [0, 1],
    },
}


def subject_of(model: Any) -> Subject:
    """A loaded model as a subject."""
    model.eval().requires_grad_(False)
    decoder, layers = find.layers(model)
    subject = Subject(model, None, layers, decoder, {})
    try_layers(subject)
    try_structure(subject)
    return subject


@cache
def tiny_moe() -> Subject:
    """In float32."""
    return subject_of(AutoModelForCausalLM.from_pretrained(TINY_MOE, dtype=torch.float32))


def random_model(family: str, attention: str = "eager", **changes: Any) -> Any:
    """A random model whose attention and routers say something."""
    config = AutoConfig.for_model(family, **{**_SHAPE, **FAMILIES[family], **changes})
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation=attention)
    with torch.no_grad():
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            if tensor.is_floating_point() and tensor.dim() >= 2:
                tensor.mul_(6)
            if "correction" in name or "expert_bias" in name:
                tensor.normal_(std=0.3)
            if "sinks" in name:
                tensor.normal_()
    return model


@cache
def random_subject(family: str) -> Subject:
    """See `random_model`."""
    return subject_of(random_model(family))


def random_ids(items: int, tokens: int, vocab: int = 97) -> Tensor:
    """The same in every run."""
    return torch.randint(2, vocab, (items, tokens), generator=torch.Generator().manual_seed(items * tokens))


def prose(items: int, length: int) -> Tensor:
    """The first items of tiny-moe's selection text."""
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(TINY_MOE / "tokenizer.json"))
    text = (TINY_MOE / "data" / "prose.selection.txt").read_text(encoding="utf-8")
    ids = tokenizer.encode(text[: 40 * items * length], add_special_tokens=False)[: items * length]
    return torch.tensor(ids).view(items, length)


@torch.no_grad()
def logits(subject: Subject, ids: Tensor) -> Tensor:
    """`[items, tokens, vocab]`."""
    return torch.stack([subject.project(hidden) for hidden in subject.hidden(ids)])
