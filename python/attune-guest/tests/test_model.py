from dataclasses import replace

import pytest

from attune_guest import Model, Refused

from .models import DENSE, MIXTURE

# Two layers: attention with `q` and `o` in the first, a module of four experts in the second.
LISTED = replace(
    DENSE,
    layers=2,
    extra={
        "modules": "q o up",
        "module-inputs": [0, 1, 2],
        "module-tensors": [0, 0, 2],
        "module-shapes": [64, 32, 1, 1, 32, 64, 1, 1, 0, 0, 0, 0] + [0] * 8 + [128, 64, 4, 2],
        "module-element-bytes": [2, 4, 0, 0, 0, 2],
    },
)


def test_modules_are_those_that_the_host_lists() -> None:
    first, second = LISTED.linear_modules()
    assert [(module.name, module.tensor, module.element_bytes) for module in first] == [
        ("q", "q", 2),
        ("o", "q", 4),
    ]
    (up,) = second
    assert (up.outputs, up.inputs, up.matrices, up.rows, up.element_bytes) == (128, 64, 4, 2, 2)
    assert up.is_of_experts() and up.weights() == 128 * 64 * 4


def test_a_host_that_lists_none_has_those_of_llama_and_mixtral() -> None:
    (layer, *_) = DENSE.linear_modules()
    assert [module.name for module in layer] == ["q", "k", "v", "o", "gate", "up", "down"]
    down = MIXTURE.linear_modules()[0][-1]
    assert (down.matrices, down.rows) == (8, 2)


def test_lists_that_contradict_each_other_and_too_little_are_refused() -> None:
    wrong = replace(LISTED, extra={**LISTED.extra, "module-inputs": [0, 9, 2]})
    with pytest.raises(Refused, match="model `dense` contradict each other"):
        wrong.linear_modules()
    with pytest.raises(Refused, match="feed-forward part of model `dense`"):
        replace(DENSE, extra={}).linear_modules()


def test_blocks_count_attention_and_the_rest() -> None:
    attention = float(2 * 64 * 64 + 2 * 64 * 32)
    assert DENSE.block_parameters()[0] == (attention, float(3 * 64 * 128))
    assert MIXTURE.block_parameters()[0] == (attention, 8.0 * (24_576 + 64))
    listed = replace(DENSE, extra={"block-parameters": [1, 2, 3, 4]})
    assert listed.block_parameters() == [(1.0, 2.0), (3.0, 4.0)]


def test_facts_that_came_later_have_what_older_hosts_meant() -> None:
    assert (DENSE.cache_elements(), DENSE.cache_layers()) == (64.0, [0, 1, 2, 3])
    assert (DENSE.expert_layers(), MIXTURE.expert_layers()) == ([], [0, 1])
    assert (DENSE.router_mapping(), DENSE.other_bytes(), DENSE.embeddings()) == ("any", None, [])
    later = replace(DENSE, extra={"cache-layers": [1], "cache-elements": 9, "embeddings": [10, 4, 0]})
    assert (later.cache_elements(), later.cache_layers()) == (9.0, [1])
    (matrix,) = later.embeddings()
    assert (matrix.name, matrix.tokens, matrix.element_bytes) == ("input", 10, None)


def test_a_target_says_what_it_takes() -> None:
    assert DENSE.target() is None
    facts: Model = replace(
        DENSE,
        extra={
            "target": "gguf",
            "target-edits": "weight-bits kv-bits",
            "target-weight-bits-levels": [4, 8],
            "target-weight-bits-together": "q+k+v experts",
        },
    )
    target = facts.target()
    assert target is not None and target.name == "gguf"
    assert (target.takes("weight-bits"), target.takes("drop-block")) == (True, False)
    assert (target.levels("weight-bits"), target.groups("weight-bits")) == ([4, 8], None)
    assert (target.together("weight-bits"), target.layers("kv-bits")) == (["q+k+v", "experts"], "own")
