"""Record the logits of tiny models of every family that is described in families/src/known.

The weights follow from a formula (`fill`), which eval/src/family_goldens.rs has, too: nothing but configs, token ids and logits is
stored. Names and shapes of the tensors are compared by a hash, so that the description of a family agrees with what
`save_pretrained` of transformers writes.

    python families.py [NAME…]      with transformers 5.24; with names of cases only these are recorded, and the others stay
"""

import json
import math
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
LENGTH, VOCAB = 40, 48
TINY = dict(
    vocab_size=VOCAB, hidden_size=32, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=128, bos_token_id=0, eos_token_id=0, pad_token_id=0,
)
GRANITE = dict(embedding_multiplier=12.0, residual_multiplier=0.22, attention_multiplier=0.0625, logits_scaling=8.0)
VISION = dict(model_type="siglip_vision_model", hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=16, patch_size=8)
# What logits of a text do not depend on, in models of several parts.
OTHERS = ("vision_tower.", "vision_model.", "multi_modal_projector.")
PIXTRAL = dict(model_type="pixtral", hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=16, patch_size=8, head_dim=8)
LLAMA4 = dict(head_dim=8, intermediate_size_mlp=20, num_local_experts=5, num_experts_per_tok=2, attention_chunk_size=12, floor_scale=6, attn_scale=0.5)
YARN3 = dict(rope_theta=10000.0, factor=4.0, original_max_position_embeddings=8, beta_fast=4.0, beta_slow=1.0, mscale=1.0, mscale_all_dim=1.0)
EXPERTS = dict(num_experts=5, num_experts_per_tok=2, moe_intermediate_size=12)
SIGMOID = dict(n_routed_experts=6, n_shared_experts=1, num_experts_per_tok=2, moe_intermediate_size=12, first_k_dense_replace=1, n_group=1, topk_group=1)

LATENT = dict(num_key_value_heads=4, q_lora_rank=20, kv_lora_rank=12, qk_nope_head_dim=10, qk_rope_head_dim=6, v_head_dim=8)
DIRECT = {**LATENT, "q_lora_rank": None}
GROUPED = {**SIGMOID, "n_group": 3, "topk_group": 2}


def rope(kind="default", **more):
    return {"rope_parameters": {"rope_type": kind, "rope_theta": 10000.0, **more}}


# Name: family, what its config has that TINY has not, keys of the written config.json that are changed (None: left out).
CASES = {
    "arcee": ("arcee", dict(mlp_bias=True)),
    "cohere": ("cohere", dict()),
    "cohere-qk-norm": ("cohere", dict(use_qk_norm=True, attention_bias=True, tie_word_embeddings=False, logit_scale=0.25, **rope("linear", factor=2.0))),
    "cohere2": ("cohere2", dict(sliding_window=8, num_hidden_layers=4)),
    "cohere2-pattern": ("cohere2", dict(sliding_window=8, num_hidden_layers=4), {"layer_types": None, "sliding_window_pattern": 2}),
    "cohere2-full": ("cohere2", dict(sliding_window=8, layer_types=["full_attention"] * 2)),
    "deepseek_v2": ("deepseek_v2", dict(topk_method="group_limited_greedy", routed_scaling_factor=2.5, **LATENT, **GROUPED)),
    "deepseek_v2-lite": ("deepseek_v2", dict(topk_method="greedy", **DIRECT, **{**SIGMOID, "n_shared_experts": 2}, **rope("yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=4, beta_slow=1, mscale=0.707, mscale_all_dim=0.707))),
    "deepseek_v2-biases": ("deepseek_v2", dict(attention_bias=True, **LATENT, **{**SIGMOID, "first_k_dense_replace": 0}, **rope("yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=4, mscale=1.0))),
    "deepseek_v3": ("deepseek_v3", dict(routed_scaling_factor=2.5, **LATENT, **GROUPED, **rope("yarn", factor=8.0, original_max_position_embeddings=16, beta_fast=4, beta_slow=1, mscale=1.0, mscale_all_dim=1.0))),
    "deepseek_v3-direct": ("deepseek_v3", dict(norm_topk_prob=False, attention_bias=True, rope_interleave=False, **DIRECT, **SIGMOID)),
    "deepseek_v3-old-keys": ("deepseek_v3", dict(**LATENT, **SIGMOID), {"rope_parameters": None, "rope_theta": 500.0, "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "mscale": 0.5, "mscale_all_dim": 2.0}, "topk_method": "noaux_tc", "scoring_func": "sigmoid", "moe_layer_freq": 1}),
    "dots1": ("dots1", dict(head_dim=8, **SIGMOID)),
    "ernie4_5": ("ernie4_5", dict(head_dim=8)),
    "ernie4_5-biases": ("ernie4_5", dict(head_dim=16, use_bias=True, tie_word_embeddings=False)),
    "ernie4_5_moe": ("ernie4_5_moe", dict(moe_num_experts=6, moe_k=2, moe_intermediate_size=12, moe_num_shared_experts=2, moe_layer_start_index=1)),
    "ernie4_5_moe-every-second": ("ernie4_5_moe", dict(moe_num_experts=6, moe_k=3, moe_intermediate_size=12, moe_num_shared_experts=0, moe_layer_start_index=0, moe_layer_interval=2), {"moe_layer_end_index": -1}),
    "exaone4": ("exaone4", dict(head_dim=8, sliding_window=8, layer_types=["sliding_attention", "full_attention"])),
    "exaone4-no-windows": ("exaone4", dict(sliding_window=None, layer_types=["full_attention"] * 2)),
    "falcon": ("falcon", dict(), {"num_key_value_heads": None, "intermediate_size": None}),
    "falcon-one-norm": ("falcon", dict(new_decoder_architecture=True, num_kv_heads=2, num_ln_in_parallel_attn=1, tie_word_embeddings=False, ffn_hidden_size=40)),
    "falcon-sequential": ("falcon", dict(parallel_attn=False, multi_query=False, bias=True)),
    "falcon-two-norms": ("falcon", dict(new_decoder_architecture=True, num_kv_heads=2, bias=True)),
    "flex_olmo": ("flex_olmo", dict(num_experts=5, num_experts_per_tok=2)),
    "gemma": ("gemma", dict(head_dim=16)),
    "gemma2": ("gemma2", dict(head_dim=8, sliding_window=8, query_pre_attn_scalar=24)),
    "gemma2-no-caps": ("gemma2", dict(head_dim=8, sliding_window=8, query_pre_attn_scalar=8, attn_logit_softcapping=None, final_logit_softcapping=None)),
    "gemma3_text": ("gemma3_text", dict(head_dim=8, sliding_window=8, query_pre_attn_scalar=24, num_hidden_layers=6)),
    "gemma3_text-scaled": ("gemma3_text", dict(head_dim=8, sliding_window=8, query_pre_attn_scalar=8, num_hidden_layers=6, rope_parameters={"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6}, "sliding_attention": {"rope_type": "default", "rope_theta": 100.0}})),
    "gemma3_text-old-keys": ("gemma3_text", dict(head_dim=8, sliding_window=8, query_pre_attn_scalar=8), {"rope_parameters": None, "layer_types": None, "rope_theta": 500.0, "rope_local_base_freq": 50.0, "rope_scaling": {"rope_type": "linear", "factor": 4.0}, "sliding_window_pattern": 2}),
    "gemma3": ("gemma3", dict(text_config={**TINY, "head_dim": 8, "sliding_window": 8, "query_pre_attn_scalar": 24, "num_hidden_layers": 6}, vision_config=VISION, image_token_index=VOCAB - 1, mm_tokens_per_image=4)),
    "glm": ("glm", dict(head_dim=8)),
    "glm4": ("glm4", dict(head_dim=16, attention_bias=False)),
    "glm4_moe": ("glm4_moe", dict(head_dim=8, use_qk_norm=True, routed_scaling_factor=2.5, **SIGMOID)),
    "glm4_moe_lite": ("glm4_moe_lite", dict(**LATENT, **{k: v for k, v in GROUPED.items() if k != "first_k_dense_replace"})),
    "glm4_moe_lite-listed": ("glm4_moe_lite", dict(mlp_layer_types=["sparse", "dense"], rope_interleave=False, routed_scaling_factor=1.0, **LATENT, **{k: v for k, v in SIGMOID.items() if k != "first_k_dense_replace"})),
    "glm4_moe-air": ("glm4_moe", dict(head_dim=8, attention_bias=True, norm_topk_prob=False, **SIGMOID)),
    "glm4_moe-groups": ("glm4_moe", dict(head_dim=8, **{**SIGMOID, "n_group": 3, "topk_group": 2})),
    "gpt_neox": ("gpt_neox", dict()),
    "gpt_neox-in-turn": ("gpt_neox", dict(use_parallel_residual=False, attention_bias=False, **rope(partial_rotary_factor=1.0))),
    "gpt_neox-old-keys": ("gpt_neox", dict(hidden_act="gelu_new"), {"rope_parameters": None, "rotary_pct": 0.5, "rotary_emb_base": 500, "rope_scaling": {"type": "linear", "factor": 2.0}}),
    "gpt_oss": ("gpt_oss", dict(head_dim=8, num_local_experts=5, num_experts_per_tok=2, sliding_window=8)),
    "granite": ("granite", dict(attention_bias=True, **GRANITE)),
    "granitemoe": ("granitemoe", dict(num_local_experts=5, num_experts_per_tok=2, **GRANITE)),
    "granitemoehybrid-dense": ("granitemoehybrid", dict(num_local_experts=0, num_experts_per_tok=0, shared_intermediate_size=24, layer_types=["attention"] * 2, position_embedding_type="rope", mamba_n_heads=8, mamba_d_head=8, **GRANITE), {"time_step_limit": None}),
    "granitemoeshared": ("granitemoeshared", dict(num_local_experts=5, num_experts_per_tok=2, shared_intermediate_size=20, **GRANITE)),
    "helium": ("helium", dict(head_dim=8)),
    "hunyuan_v1_dense": ("hunyuan_v1_dense", dict(head_dim=16)),
    "hunyuan_v1_dense-alpha": ("hunyuan_v1_dense", dict(head_dim=8, attention_bias=True, **rope("dynamic", alpha=1000.0, factor=1.0, beta_fast=32, beta_slow=1, mscale=1.0, mscale_all_dim=1.0))),
    "hunyuan_v1_moe": ("hunyuan_v1_moe", dict(head_dim=8, num_experts=5, moe_topk=2)),
    "llama4_text": ("llama4_text", dict(LLAMA4, num_hidden_layers=4)),
    "llama4_text-interleaved": ("llama4_text", dict(LLAMA4, num_experts_per_tok=1, interleave_moe_layer_step=2, no_rope_layer_interval=2, use_qk_norm=False, attention_bias=True, attn_temperature_tuning=False), {"moe_layers": None, "no_rope_layers": None, "layer_types": None}),
    "llama4_text-no-chunks": ("llama4_text", dict(LLAMA4, moe_layers=[0], no_rope_layers=[0, 1], attention_chunk_size=None)),
    "llama4": ("llama4", dict(text_config={**TINY, **LLAMA4}, vision_config=dict(model_type="llama4_vision_model", hidden_size=16, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2, image_size=16, patch_size=8, vision_output_dim=16, projector_input_dim=16, projector_output_dim=16), image_token_index=VOCAB - 1)),
    "minimax_m2": ("minimax_m2", dict(head_dim=8, num_local_experts=6, num_experts_per_tok=2)),
    "minimax_m2-rotary_dim": ("minimax_m2", dict(head_dim=16, num_local_experts=6, num_experts_per_tok=3, rotary_dim=12), {"rope_parameters": None, "rope_theta": 500.0}),
    "ministral3": ("ministral3", dict(head_dim=8, rope_parameters={"rope_type": "yarn", **YARN3, "llama_4_scaling_beta": 0.5})),
    "ministral3-window": ("ministral3", dict(head_dim=16, sliding_window=8, rope_parameters={"rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16, "llama_4_scaling_beta": 0.1})),
    "mistral3": ("mistral3", dict(text_config={**TINY, "model_type": "ministral3", "head_dim": 8, "rope_parameters": {"rope_type": "yarn", **YARN3, "llama_4_scaling_beta": 0.5}}, vision_config=PIXTRAL, image_token_index=VOCAB - 1, tie_word_embeddings=False)),
    "ministral": ("ministral", dict(head_dim=8, sliding_window=8, layer_types=["full_attention", "sliding_attention"])),
    "nemotron": ("nemotron", dict(attention_bias=True)),
    "olmo": ("olmo", dict()),
    "olmo-clipped": ("olmo", dict(clip_qkv=0.5, attention_bias=True)),
    "olmo2": ("olmo2", dict()),
    "olmo3": ("olmo3", dict(sliding_window=8, num_hidden_layers=4)),
    "olmo3-yarn": ("olmo3", dict(sliding_window=8, layer_types=["full_attention", "sliding_attention"], attention_bias=True), {"rope_parameters": None, "rope_theta": 500000.0, "rope_scaling": {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 16, "attention_factor": 1.2, "beta_fast": 32, "beta_slow": 1}}),
    "olmo3-apart": ("olmo3", dict(sliding_window=8, layer_types=["full_attention", "sliding_attention"], rope_parameters={"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6}, "sliding_attention": {"rope_type": "default", "rope_theta": 100.0}})),
    "olmoe": ("olmoe", dict(num_experts=5, num_experts_per_tok=2)),
    "olmoe-clipped": ("olmoe", dict(num_experts=5, num_experts_per_tok=2, clip_qkv=0.8)),
    "olmoe-rescaled": ("olmoe", dict(num_experts=5, num_experts_per_tok=3, norm_topk_prob=True), {"num_experts": 5, "num_local_experts": None}),
    "phi": ("phi", dict()),
    "phi-qk-norm": ("phi", dict(qk_layernorm=True, num_key_value_heads=4, tie_word_embeddings=True, **rope(partial_rotary_factor=0.25))),
    "phi3": ("phi3", dict(sliding_window=8)),
    "phi3-partial": ("phi3", rope(partial_rotary_factor=0.5)),
    "phi3-longrope": ("phi3", dict(original_max_position_embeddings=64, **rope("longrope", short_factor=[1.0 + i / 8 for i in range(4)], long_factor=[2.0 + i for i in range(4)]))),
    "phi3-longrope-beyond": ("phi3", dict(original_max_position_embeddings=32, **rope("longrope", short_factor=[1.0 + i / 8 for i in range(4)], long_factor=[2.0 + i for i in range(4)]))),
    "phimoe": ("phimoe", dict(num_local_experts=5, num_experts_per_tok=2, attention_bias=True, lm_head_bias=True)),
    "phimoe-near": ("phimoe", dict(num_local_experts=5, num_experts_per_tok=2, router_jitter_noise=0.3, sliding_window=8, tie_word_embeddings=True)),
    "phimoe-longrope": ("phimoe", dict(num_local_experts=5, num_experts_per_tok=2, **rope("longrope", original_max_position_embeddings=64, short_mscale=1.2, long_mscale=1.4, short_factor=[1.0 + i / 8 for i in range(4)], long_factor=[2.0 + i for i in range(4)]))),
    "qwen2_moe": ("qwen2_moe", dict(shared_expert_intermediate_size=20, **EXPERTS)),
    "qwen2_moe-some-layers": ("qwen2_moe", dict(shared_expert_intermediate_size=20, decoder_sparse_step=2, norm_topk_prob=True, **EXPERTS)),
    "qwen3_moe": ("qwen3_moe", dict(head_dim=16, norm_topk_prob=True, **EXPERTS)),
    "qwen3_moe-plain": ("qwen3_moe", dict(head_dim=8, norm_topk_prob=False, **EXPERTS), {"num_local_experts": None, "num_experts": 5}),
    "qwen3_moe-some-layers": ("qwen3_moe", dict(head_dim=8, mlp_only_layers=[0], use_sliding_window=True, sliding_window=8, **EXPERTS)),
    "seed_oss": ("seed_oss", dict(head_dim=8, attention_out_bias=True)),
    "smollm3": ("smollm3", dict(no_rope_layers=[1, 0])),
    "smollm3-every-second": ("smollm3", dict(no_rope_layer_interval=2, tie_word_embeddings=False), {"no_rope_layers": None}),
    "stablelm": ("stablelm", dict(use_qkv_bias=True)),
    "starcoder2": ("starcoder2", dict(sliding_window=8)),
    "youtu": ("youtu", dict(pad_token_id=None, **LATENT)),
    "youtu-direct": ("youtu", dict(pad_token_id=None, attention_bias=True, tie_word_embeddings=False, **DIRECT)),
}


def fill(name, shape, plus_one):
    """Numbers in [-1, 1) from SplitMix64 over a hash of the name, times a size that makes every part of the network matter."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    with np.errstate(over="ignore"):
        x = np.uint64(seed) + np.arange(1, math.prod(shape) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    unit = (x >> np.uint64(40)).astype(np.float32) / np.float32(2**23) - np.float32(1)
    if ("norm" in name or ".ln_" in name) and name.endswith(".weight"):
        values = unit * np.float32(0.5) + np.float32(0.0 if plus_one else 1.0)
    elif len(shape) == 1 or name.endswith("bias"):
        values = unit * np.float32(0.5)
    else:
        values = unit * np.float32(2.5 / math.sqrt(shape[-1]))
    return torch.from_numpy(values.reshape(shape))


def names_hash(tensors):
    text = "".join(f"{name}{list(tensor.shape)}\n" for name, tensor in sorted(tensors.items()) if not name.startswith(OTHERS))
    seed = 0xCBF29CE484222325
    for byte in text.encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    return f"{seed:016x}"


@torch.no_grad()
def record(only):
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

    recorded, cases = {}, []
    for name, (family, args, *changes) in CASES.items():
        if only and name not in only:
            continue
        auto = AutoModelForImageTextToText if "text_config" in args else AutoModelForCausalLM
        config = AutoConfig.for_model(family, **(args if "text_config" in args else {**TINY, **args}))
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            auto.from_config(config).save_pretrained(folder)
            written = json.loads((folder / "config.json").read_text())
            for change in changes:
                written |= change
                written = {key: value for key, value in written.items() if value is not None or key not in change}
            (folder / "config.json").write_text(json.dumps(written))
            plus_one = family.startswith("gemma") or family == "nemotron"
            tensors = {key: fill(key, tuple(t.shape), plus_one) for key, t in load_file(folder / "model.safetensors").items()}
            save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
            model, info = auto.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
            assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], (name, info)
            ids = torch.from_numpy(np.random.default_rng(list(name.encode())).integers(0, VOCAB, (1, LENGTH)))
            # The whole of Llama 4 asks for what only images give.
            model = model.language_model if family == "llama4" else model
            logits = model.eval()(ids, use_cache=False).logits
        assert torch.isfinite(logits).all(), name
        print(f"{name:24} logits from {logits.min():.2f} to {logits.max():.2f}", flush=True)
        recorded[f"{name}.logits"] = logits[0].contiguous()
        cases.append({"name": name, "config": written, "tensors": names_hash(tensors), "ids": ids[0].tolist()})
    if only:
        others = [case for case in json.loads((HERE / "families.json").read_text()) if case["name"] in CASES and case["name"] not in only]
        before = load_file(HERE / "families.safetensors")
        recorded |= {f"{case['name']}.logits": before[f"{case['name']}.logits"] for case in others}
        cases = sorted(cases + others, key=lambda case: list(CASES).index(case["name"]))
    save_file(recorded, HERE / "families.safetensors")
    (HERE / "families.json").write_text("[\n" + ",\n".join(json.dumps(case, sort_keys=True) for case in cases) + "\n]\n")


if __name__ == "__main__":
    record(sys.argv[1:])
