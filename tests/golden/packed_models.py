"""Write tiny random models whose linear modules are stored in few bits under packed/, and record their logits.

Packing and dequantising are numpy, from the layouts as their writers document them: fp8 in blocks (DeepSeek V3, arXiv 2412.19437,
section 3.3), GPTQ (AutoGPTQ's `qweight`, `qzeros`, `scales`, `g_idx`), AWQ (AutoAWQ's `gemm` layout). The forward is that of
`transformers` on the dequantised float32 weights. Experts of GPT-OSS in mxfp4 (OCP Microscaling Formats 1.0) are dequantised by
`transformers` itself.

    python tests/golden/packed_models.py
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, GptOssConfig, LlamaConfig
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

HERE = Path(__file__).resolve().parent
HIDDEN, LAYERS, VOCAB, HEADS, KV_HEADS, FFN, LENGTH = 96, 1, 64, 4, 2, 64, 40
CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": VOCAB, "hidden_size": HIDDEN, "intermediate_size": FFN,
    "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS, "hidden_act": "silu",
    "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": False, "bos_token_id": 0, "eos_token_id": 0,
}
BLOCK = 64
GROUP = 32
# Nibble n of a word of AWQ holds the column AWQ_ORDER[n] of eight.
AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]


def fp8(name, matrix, rng):
    """Blocks of 64 by 64, the last ones smaller."""
    rows, columns = matrix.shape
    scales = np.zeros((-(-rows // BLOCK), -(-columns // BLOCK)), np.float32)
    codes = torch.zeros(rows, columns, dtype=torch.float8_e4m3fn)
    back = np.zeros_like(matrix)
    for r in range(scales.shape[0]):
        for c in range(scales.shape[1]):
            at = np.s_[r * BLOCK:(r + 1) * BLOCK, c * BLOCK:(c + 1) * BLOCK]
            scales[r, c] = np.float32(np.abs(matrix[at]).max() / 448)
            part = torch.from_numpy(matrix[at] / scales[r, c]).to(torch.float8_e4m3fn)
            codes[at] = part
            back[at] = part.to(torch.float32).numpy() * scales[r, c]
    return {f"{name}.weight": codes, f"{name}.weight_scale_inv": torch.from_numpy(scales)}, back


def grid(matrix, groups, bits):
    """Codes `[in, out]`, and scales and zero points `[groups, out]`, asymmetric; `groups[i]` is that of input `i`."""
    turned, top, count = matrix.T, 2 ** bits - 1, max(groups) + 1
    scales = np.zeros((count, turned.shape[1]), np.float16)
    zeros = np.zeros((count, turned.shape[1]), np.int64)
    for group in range(count):
        part = turned[groups == group]
        low, high = np.minimum(part.min(0), -1e-3), np.maximum(part.max(0), 1e-3)
        scales[group] = ((high - low) / top).astype(np.float16)
        zeros[group] = np.clip(np.round(-low / scales[group].astype(np.float32)), 1, top)
    wide = scales.astype(np.float32)
    codes = np.clip(np.round(turned / wide[groups]) + zeros[groups], 0, top).astype(np.int64)
    back = wide[groups] * (codes - zeros[groups]).astype(np.float32)
    return codes, scales, zeros, back.T.copy()


def words(values, order, bits):
    """Packs the last axis into 32-bit words: place `n` of a word holds column `order[n]`."""
    each = 32 // bits
    values = values.reshape(*values.shape[:-1], -1, each).astype(np.uint64)
    packed = sum(values[..., column] << np.uint64(bits * place) for place, column in enumerate(order))
    return torch.from_numpy(packed.astype(np.uint32).view(np.int32).copy())


def gptq(bits, ordered):
    def pack(name, matrix, rng):
        groups = np.arange(matrix.shape[1]) // GROUP
        if ordered:
            groups = rng.permutation(groups)
        codes, scales, zeros, back = grid(matrix, groups, bits)
        plain = range(32 // bits)
        return {
            f"{name}.qweight": words(codes.T.copy(), plain, bits).T.contiguous(),
            # One less than the zero point is stored.
            f"{name}.qzeros": words(zeros - 1, plain, bits),
            f"{name}.scales": torch.from_numpy(scales),
            f"{name}.g_idx": torch.from_numpy(groups.astype(np.int32)),
        }, back
    return pack


def awq(name, matrix, rng):
    codes, scales, zeros, back = grid(matrix, np.arange(matrix.shape[1]) // GROUP, 4)
    return {f"{name}.qweight": words(codes, AWQ_ORDER, 4), f"{name}.qzeros": words(zeros, AWQ_ORDER, 4), f"{name}.scales": torch.from_numpy(scales)}, back


FORMATS = {
    "llama-fp8": (21, fp8, {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [BLOCK, BLOCK]}),
    "llama-gptq": (22, gptq(4, True), {"quant_method": "gptq", "bits": 4, "group_size": GROUP, "desc_act": True, "sym": False}),
    "llama-gptq8": (23, gptq(8, False), {"quant_method": "gptq", "bits": 8, "group_size": GROUP, "desc_act": False, "sym": False}),
    "llama-awq": (24, awq, {"quant_method": "awq", "bits": 4, "group_size": GROUP, "version": "gemm", "zero_point": True}),
}
recorded = {}
for name, (seed, pack, quantisation) in FORMATS.items():
    rng = np.random.default_rng(seed)
    stored, dense = {}, {}
    def keep(name, values):
        stored[name] = torch.from_numpy(values.astype(np.float32)).to(torch.float16)
        dense[name] = stored[name].to(torch.float32)
    def matrix(rows, columns):
        return (rng.standard_normal((rows, columns)) * 1.5 / np.sqrt(columns)).astype(np.float32)
    keep("model.embed_tokens.weight", matrix(VOCAB, HIDDEN))
    keep("lm_head.weight", matrix(VOCAB, HIDDEN))
    keep("model.norm.weight", 1 + 0.3 * rng.standard_normal(HIDDEN))
    for layer in range(LAYERS):
        place = f"model.layers.{layer}."
        for norm in ("input_layernorm", "post_attention_layernorm"):
            keep(f"{place}{norm}.weight", 1 + 0.3 * rng.standard_normal(HIDDEN))
        kv = HIDDEN // HEADS * KV_HEADS
        shapes = {"self_attn.q_proj": (HIDDEN, HIDDEN), "self_attn.k_proj": (kv, HIDDEN), "self_attn.v_proj": (kv, HIDDEN), "self_attn.o_proj": (HIDDEN, HIDDEN),
                  "mlp.gate_proj": (FFN, HIDDEN), "mlp.up_proj": (FFN, HIDDEN), "mlp.down_proj": (HIDDEN, FFN)}
        for module, shape in shapes.items():
            tensors, back = pack(place + module, matrix(*shape), rng)
            stored |= tensors
            dense[f"{place}{module}.weight"] = torch.from_numpy(back)
    folder = HERE / "packed" / name
    folder.mkdir(parents=True, exist_ok=True)
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(CONFIG | {"quantization_config": quantisation}, indent=2) + "\n")
    model = AutoModelForCausalLM.from_config(LlamaConfig(**{key: value for key, value in CONFIG.items() if key != "architectures"}), attn_implementation="eager").to(torch.float32)
    print(name, model.load_state_dict(dense, strict=False))
    ids = torch.from_numpy(rng.integers(0, VOCAB, (1, LENGTH)))
    with torch.no_grad():
        recorded[f"{name}.logits"] = model.eval()(ids).logits.contiguous()
    recorded[f"{name}.input_ids"] = ids

# GPT-OSS with experts in mxfp4: of blocks `[experts, outputs, groups, 16]` transformers makes `[experts, inputs, outputs]`.
GPT_OSS = {
    "architectures": ["GptOssForCausalLM"], "model_type": "gpt_oss", "vocab_size": VOCAB, "hidden_size": 64, "intermediate_size": 32,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "hidden_act": "silu",
    "num_local_experts": 4, "num_experts_per_tok": 2, "max_position_embeddings": 128, "rms_norm_eps": 1e-5,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}, "sliding_window": 8, "attention_bias": True, "tie_word_embeddings": False, "swiglu_limit": 7.0,
    "layer_types": ["sliding_attention", "full_attention"], "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0,
}
rng = np.random.default_rng(25)
config = GptOssConfig(**{key: value for key, value in GPT_OSS.items() if key != "architectures"})
model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").to(torch.float32).eval()
stored, dense = {}, {}
for name, like in model.state_dict().items():
    if name.endswith(("experts.gate_up_proj", "experts.down_proj")):
        experts, inputs, outputs = like.shape
        blocks = torch.from_numpy(rng.integers(0, 256, (experts, outputs, inputs // 32, 16), dtype=np.uint8))
        scales = torch.from_numpy(rng.integers(122, 126, (experts, outputs, inputs // 32), dtype=np.uint8))
        stored |= {f"{name}_blocks": blocks, f"{name}_scales": scales}
        dense[name] = convert_moe_packed_tensors(blocks, scales, dtype=torch.float32)
        continue
    around = 1.0 if "norm" in name else 0.0
    spread = 1.5 / np.sqrt(like.shape[-1]) if like.dim() == 2 else 0.3
    stored[name] = torch.from_numpy((around + spread * rng.standard_normal(like.shape)).astype(np.float32)).to(torch.bfloat16)
    dense[name] = stored[name].to(torch.float32)
print("gpt-oss-mxfp4", model.load_state_dict(dense))
folder = HERE / "packed" / "gpt-oss-mxfp4"
folder.mkdir(parents=True, exist_ok=True)
save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
quantisation = {"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"]}
(folder / "config.json").write_text(json.dumps(GPT_OSS | {"quantization_config": quantisation}, indent=2) + "\n")
ids = torch.from_numpy(rng.integers(0, VOCAB, (1, LENGTH)))
with torch.no_grad():
    recorded["gpt-oss-mxfp4.logits"] = model(ids).logits.contiguous()
recorded["gpt-oss-mxfp4.input_ids"] = ids
save_file(recorded, HERE / "packed-models.safetensors")
