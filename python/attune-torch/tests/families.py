"""Tiny random models of many families, made with transformers' own configurations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM

VOCAB = 96
BASE: dict[str, Any] = dict(
    vocab_size=VOCAB,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=3,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=128,
    bos_token_id=0,
    eos_token_id=0,
    pad_token_id=0,
)
SHARED = dict(
    n_routed_experts=4,
    n_shared_experts=1,
    num_experts_per_tok=2,
    moe_intermediate_size=24,
    first_k_dense_replace=1,
)
LATENT = dict(
    q_lora_rank=16,
    kv_lora_rank=16,
    qk_nope_head_dim=8,
    qk_rope_head_dim=4,
    v_head_dim=8,
    num_key_value_heads=4,
)
PER_LAYER = dict(
    vocab_size_per_layer_input=VOCAB, hidden_size_per_layer_input=8, laurel_rank=4, sliding_window=8
)

FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", dict(attention_bias=True, mlp_bias=True)),
    "qwen2": ("qwen2", dict(tie_word_embeddings=True)),
    "qwen3": ("qwen3", dict(head_dim=16)),
    "phi3": ("phi3", {}),
    "gemma2": ("gemma2", dict(head_dim=8, sliding_window=8)),
    "olmo2": ("olmo2", {}),
    "glm4": ("glm4", dict(head_dim=8)),
    "cohere": ("cohere", {}),
    "starcoder2": ("starcoder2", dict(sliding_window=None)),
    "gpt_neox": ("gpt_neox", {}),
    "falcon": ("falcon", dict(new_decoder_architecture=True, num_kv_heads=2)),
    "gpt2": ("gpt2", dict(n_embd=32, n_layer=3, n_head=4, n_positions=128)),
    "opt": ("opt", dict(ffn_dim=48, word_embed_proj_dim=32)),
    "bloom": ("bloom", dict(n_layer=3, n_head=4)),
    "granite": ("granite", dict(residual_multiplier=0.3, logits_scaling=4.0)),
    "mixtral": ("mixtral", dict(num_local_experts=4, num_experts_per_tok=2)),
    "qwen2_moe": (
        "qwen2_moe",
        dict(
            num_experts=4, num_experts_per_tok=2, moe_intermediate_size=24, shared_expert_intermediate_size=16
        ),
    ),
    "granitemoeshared": (
        "granitemoeshared",
        dict(
            num_local_experts=4, num_experts_per_tok=2, shared_intermediate_size=16, residual_multiplier=0.3
        ),
    ),
    "gpt_oss": ("gpt_oss", dict(head_dim=8, num_local_experts=4, num_experts_per_tok=2, sliding_window=8)),
    "glm4_moe": ("glm4_moe", dict(head_dim=8, n_group=1, topk_group=1, routed_scaling_factor=2.5, **SHARED)),
    "deepseek_v3": ("deepseek_v3", {**SHARED, **LATENT, "n_group": 1, "topk_group": 1}),
    "ernie4_5_moe": (
        "ernie4_5_moe",
        dict(
            moe_num_experts=4,
            moe_k=2,
            moe_intermediate_size=24,
            moe_num_shared_experts=1,
            moe_layer_start_index=1,
        ),
    ),
    "llama4_text": (
        "llama4_text",
        dict(
            head_dim=8,
            intermediate_size_mlp=48,
            num_local_experts=4,
            num_experts_per_tok=1,
            attention_chunk_size=16,
        ),
    ),
    # Refused by the native evaluator.
    "gemma3n_text": (
        "gemma3n_text",
        dict(
            head_dim=8,
            num_kv_shared_layers=0,
            activation_sparsity_pattern=[0.0] * 3,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"],
            **PER_LAYER,
        ),
    ),
    "minimax": (
        "minimax",
        dict(
            head_dim=8,
            num_local_experts=4,
            num_experts_per_tok=2,
            block_size=8,
            layer_types=["linear_attention", "full_attention", "linear_attention"],
        ),
    ),
    "lfm2": ("lfm2", dict(layer_types=["conv", "full_attention", "conv"], block_auto_adjust_ff_dim=False)),
    "lfm2_moe": (
        "lfm2_moe",
        dict(
            num_experts=4,
            num_experts_per_tok=2,
            moe_intermediate_size=24,
            num_dense_layers=1,
            layer_types=["conv", "full_attention", "conv"],
        ),
    ),
    "qwen3_next": (
        "qwen3_next",
        dict(
            head_dim=8,
            num_experts=4,
            num_experts_per_tok=2,
            moe_intermediate_size=24,
            shared_expert_intermediate_size=24,
            linear_num_key_heads=2,
            linear_num_value_heads=4,
            linear_key_head_dim=8,
            linear_value_head_dim=8,
            layer_types=["linear_attention", "full_attention", "linear_attention"],
        ),
    ),
}


@torch.no_grad()
def make(name: str, folder: Path, dtype: torch.dtype = torch.float32, **changed: Any) -> Path:
    """A checkpoint of the family in `folder`, with weights large enough that every part matters."""
    kind, own = FAMILIES[name]
    torch.manual_seed(0)
    settings = {**BASE, **own, **changed}
    if kind in ("gpt2", "bloom"):
        names = (
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "num_key_value_heads",
            "intermediate_size",
        )
        settings = {key: value for key, value in settings.items() if key not in names} | (
            {"hidden_size": 32} if kind == "bloom" else {}
        )
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **settings)).float()
    generator = torch.Generator().manual_seed(7)
    for tensor_name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        noise = torch.randn(tensor.shape, generator=generator) if tensor.is_floating_point() else None
        if noise is None or any(part in tensor_name for part in ("A_log", "dt_bias", "inv_freq", "slope")):
            continue
        if "correction" in tensor_name or "expert_bias" in tensor_name:
            tensor.copy_(noise * 0.2)
        elif isinstance(tensor, torch.nn.Parameter) and tensor.dim() >= 2 and "norm" not in tensor_name:
            tensor.copy_(noise * (1.0 if "embed" in tensor_name else 1.5 / tensor.shape[-1] ** 0.5))
        elif isinstance(tensor, torch.nn.Parameter):
            tensor.add_(noise * 0.3)
    model.to(dtype).save_pretrained(folder)
    return folder
