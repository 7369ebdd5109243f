"""The names of stored experts are told where they are plain, and not guessed where they are not."""

from __future__ import annotations

from attune_torch import stored_experts

EXPERTS, HIDDEN = 4, 6
CONFIG = {"num_local_experts": EXPERTS, "num_experts_per_tok": 2}


def checkpoint(layers: int = 2) -> dict[str, list[int]]:
    stored = {"model.embed_tokens.weight": [12, HIDDEN]}
    for layer in range(layers):
        prefix = f"model.layers.{layer}"
        stored[f"{prefix}.self_attn.q_proj.weight"] = [HIDDEN, HIDDEN]
        stored[f"{prefix}.block_sparse_moe.gate.weight"] = [EXPERTS, HIDDEN]
        for expert in range(EXPERTS):
            for part in ("w1", "w2", "w3"):
                stored[f"{prefix}.block_sparse_moe.experts.{expert}.{part}.weight"] = [10, HIDDEN]
    return stored


def told(stored: dict[str, list[int]], config: dict[str, object] = CONFIG) -> dict[str, str]:
    return stored_experts.facts(stored, config, range(2), EXPERTS, HIDDEN)


def test_plain_names_are_told() -> None:
    moe = "model.layers.{layer}.block_sparse_moe"
    assert told(checkpoint()) == {
        "router-tensors": f"{moe}.gate.weight",
        "expert-tensors": " ".join(f"{moe}.experts.{{expert}}.{part}.weight" for part in ("w1", "w2", "w3")),
        "expert-keys": "num_local_experts",
    }


def test_a_correction_goes_with_the_router() -> None:
    stored = checkpoint()
    for layer in range(2):
        stored[f"model.layers.{layer}.block_sparse_moe.expert_bias"] = [EXPERTS]
    assert len(told(stored)["router-tensors"].split()) == 2


def test_what_merely_has_such_a_shape_is_no_router() -> None:
    stored = checkpoint()
    for layer in range(2):
        stored[f"model.layers.{layer}.self_attn.q_norm.weight"] = [EXPERTS]
        stored[f"model.layers.{layer}.self_attn.k_proj.weight"] = [EXPERTS, HIDDEN]
    assert told(stored) == told(checkpoint())


def test_experts_in_one_tensor_are_told_as_such() -> None:
    stored = {name: shape for name, shape in checkpoint().items() if ".experts." not in name}
    for layer in range(2):
        stored[f"model.layers.{layer}.block_sparse_moe.experts.down_proj"] = [EXPERTS, 10, HIDDEN]
    assert told(stored)["expert-tensors"] == "model.layers.{layer}.block_sparse_moe.experts.down_proj"


def test_what_is_not_plain_is_not_told() -> None:
    missing = checkpoint()
    del missing["model.layers.1.block_sparse_moe.experts.3.w2.weight"]
    two = checkpoint()
    other = "model.layers.{}.block_sparse_moe.other.weight"
    two.update({other.format(layer): [EXPERTS, HIDDEN] for layer in range(2)})
    for stored in (missing, two, {}):
        assert told(stored) == {}
    assert told(checkpoint(), {"experts_everywhere": EXPERTS}) == {}
    square = stored_experts.facts({"model.layers.0.gate.weight": [6, 6]}, {"num_experts": 6}, [0], 6, 6)
    assert square == {}
