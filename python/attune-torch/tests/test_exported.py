"""What an export for transformers computes: what this evaluator scores, in whole passes and token by
token."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from attune_worker.evaluator import Edit
from torch import Tensor
from transformers import AutoModelForCausalLM, dynamic_module_utils

from attune_torch import exported
from attune_torch.exported.attune_heads import Heads
from attune_torch.subject import Subject
from conftest import loaded
from families import make
from plans import edit, hidden

FILES = (
    *("exported/attune_attention.py", "exported/attune_heads.py", "exported/attune_interface.py"),
    *("grids/arithmetic.py", "grids/cache_grid.py", "grids/caches.py", "grids/floats.py"),
    "grids/legacy_blocks.py",
)


@pytest.fixture(scope="session", autouse=True)
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Code of folders is copied to a place of these tests, and not to the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path_factory.mktemp("modules")))
        patch.syspath_prepend(tmp_path_factory.mktemp("path"))
        yield


def span(layer: int, head: int, sink: int, alpha: float, beta: float = 0.0) -> Edit:
    return edit("attention-span", layer=layer, kv_head=head, sink=sink, alpha=alpha, beta=beta)


def bits(layer: int, keys: int, values: int, group_size: int, sink: int, recent: int, **more: Any) -> Edit:
    sizes = {"group_size": group_size, "sink": sink, "recent": recent}
    return edit("kv-bits", layer=layer, keys=keys, values=values, **sizes, **more)


PLAN = [span(0, 0, 2, 5.0), span(0, 1, 0, 9.5), bits(0, 2, 3, 4, 2, 4), bits(1, 4, 16, 4, 0, 0, kv_head=1, key_order="interleaved")]


def export(dense: Path, folder: Path, plan: list[Edit], kv_heads: int = 2) -> Path:
    """As `attune export --to transformers` writes it."""
    shutil.copytree(dense, folder)
    config = json.loads((folder / "config.json").read_text())
    said = [{"edit": one.kind, **one.args} for one in plan]
    config["attune_attention"] = {"model_type": config["model_type"], "kv_heads": kv_heads, "edits": said}
    config["model_type"] = "attune_attention"
    config["auto_map"] = {
        "AutoConfig": "attune_attention.AttuneConfig",
        "AutoModelForCausalLM": "attune_attention.AttuneForCausalLM",
    }
    (folder / "config.json").write_text(json.dumps(config))
    package = Path(exported.__file__).parents[1]
    for file in FILES:
        text = (package / file).read_text().replace("from ..grids.", "from .")
        (folder / Path(file).name).write_text(text)
    return folder


def opened(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True, dtype=torch.float32).eval()


def scored(subject: Subject, plan: list[Edit], ids: Tensor) -> Tensor:
    return torch.stack([subject.project(row) for row in hidden(subject, plan, ids)])


def token_by_token(model: Any, ids: Tensor) -> Tensor:
    cache, logits = None, []
    for place in range(ids.shape[1]):
        given = model(ids[:, place : place + 1], cache=cache, use_cache=True)
        cache = given.cache
        logits.append(given.logits)
    return torch.cat(logits, 1)


@pytest.mark.parametrize("name", ["llama", "qwen3", "glm4", "gemma2", "gpt_oss"])
@torch.no_grad()
def test_it_computes_what_is_scored(name: str, tmp_path: Path) -> None:
    dense = make(name, tmp_path / "dense")
    subject, model = loaded(dense), opened(export(dense, tmp_path / f"exported_{name}", PLAN))
    ids = torch.randint(2, 90, (2, 40), generator=torch.Generator().manual_seed(1))
    expected, plain = scored(subject, PLAN, ids), scored(subject, [], ids)
    limit = 1e-4 * float(expected.abs().max())
    found = model(ids, use_cache=False).logits
    assert float((found - plain).abs().max()) > 100 * limit, "the plan changes something"
    assert float((found - expected).abs().max()) < limit
    assert float((token_by_token(model, ids) - expected).abs().max()) < limit
    one = model(ids[:, :23], use_cache=True)
    rest = model(ids[:, 23:], cache=one.cache, use_cache=True)
    assert float((torch.cat([one.logits, rest.logits], 1) - expected).abs().max()) < limit


@torch.no_grad()
def test_padding_on_the_left_is_no_position(tmp_path: Path) -> None:
    model = opened(export(make("llama", tmp_path / "dense"), tmp_path / "padded", PLAN))
    ids = torch.randint(2, 90, (1, 30), generator=torch.Generator().manual_seed(2))
    padded = torch.cat([torch.zeros(1, 7, dtype=torch.long), ids], 1)
    mask = (torch.arange(37) >= 7).long()[None]
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    found = model(padded, attention_mask=mask, position_ids=positions).logits[:, 7:]
    assert float((found - model(ids).logits).abs().max()) < 1e-4
    both = model.generate(
        torch.cat([padded, torch.cat([ids[:, :7], ids], 1)]),
        attention_mask=torch.cat([mask, torch.ones_like(mask)]),
        max_new_tokens=8,
        do_sample=False,
    )
    alone = model.generate(ids, max_new_tokens=8, do_sample=False)
    assert both[0, 7:].tolist()[: alone.shape[1]] == alone[0].tolist()


@torch.no_grad()
def test_a_span_that_grows_is_that_of_the_whole_text(tmp_path: Path) -> None:
    plan = [span(0, 0, 1, -2.0, 0.25), span(1, 1, 0, 1.0, 0.1)]
    dense = make("llama", tmp_path / "dense")
    model = opened(export(dense, tmp_path / "growing", plan))
    ids = torch.randint(2, 90, (1, 40), generator=torch.Generator().manual_seed(3))
    apart = model(ids, use_cache=False).logits - scored(loaded(dense), plan, ids)
    assert float(apart.abs().max()) < 1e-4


@torch.no_grad()
def test_all_heads_of_a_latent_do_what_its_one_head_does(tmp_path: Path) -> None:
    plan = [span(0, 0, 1, 3.0), span(2, 0, 0, 6.0)]
    dense = make("deepseek_v3", tmp_path / "dense")
    model = opened(export(dense, tmp_path / "latent", plan, 1))
    ids = torch.randint(2, 90, (1, 24), generator=torch.Generator().manual_seed(4))
    expected, plain = (scored(loaded(dense), some, ids) for some in (plan, []))
    found = model(ids, use_cache=False).logits
    assert float((found - expected).abs().max()) < 1e-4 * float(expected.abs().max())
    assert float((found - plain).abs().max()) > 1e-2 * float(expected.abs().max())


def test_two_folders_in_one_process_keep_their_plans(tmp_path: Path) -> None:
    dense = make("llama", tmp_path / "dense")
    one = opened(export(dense, tmp_path / "one", [span(0, 0, 0, 3.0)]))
    ids = torch.arange(2, 40)[None]
    with torch.no_grad():
        before = one(ids).logits
        other = opened(export(dense, tmp_path / "other", [span(1, 1, 0, 5.0)]))
        plain = AutoModelForCausalLM.from_pretrained(dense, dtype=torch.float32).eval()
        assert torch.equal(one(ids).logits, before)
        assert not torch.equal(other(ids).logits, before)
        assert not torch.equal(plain(ids).logits, before)


def test_the_plan_is_not_passed_over(tmp_path: Path) -> None:
    dense = make("llama", tmp_path / "dense")
    folder = export(dense, tmp_path / "exported", PLAN)
    with pytest.raises(ValueError, match="custom code"):
        AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=False)
    with pytest.raises(ValueError, match="layer 7 .* has 0 attention modules"):
        opened(export(dense, tmp_path / "beyond", [span(7, 0, 0, 3.0)]))
    with pytest.raises(ValueError, match="fixed size"):
        opened(folder).generate(torch.tensor([[5, 6]]), max_new_tokens=2, cache_implementation="static")
    with pytest.raises(ValueError, match="the plan is of 3 KV heads"):
        opened(export(dense, tmp_path / "heads", [span(0, 2, 0, 3.0)], 3))(torch.arange(9)[None])
    with pytest.raises(ValueError, match="does not know"):
        Heads(2).add({"edit": "kv-bits", "layer": 0, "smoothing": 0.5})


def test_what_is_saved_is_the_model_without_the_plan(tmp_path: Path) -> None:
    model = opened(export(make("llama", tmp_path / "dense"), tmp_path / "exported", PLAN))
    model.save_pretrained(tmp_path / "saved")
    config = json.loads((tmp_path / "saved" / "config.json").read_text())
    assert config["model_type"] == "llama"
    assert "auto_map" not in config and "attune_attention" not in config
