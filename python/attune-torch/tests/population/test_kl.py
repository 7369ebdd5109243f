"""Divergences and likelihoods of rows, some at a time."""

import pytest
import torch

from attune_torch.population import kl


def compared(dense: torch.Tensor, candidates: list[torch.Tensor], targets: list[int]) -> list[kl.TokenScores]:
    """Rows are logits already."""
    return kl.compare(dense, candidates, torch.tensor(targets), lambda rows: rows, dense.shape[1], lambda: None)


@pytest.mark.parametrize("most", [1 << 22, 60, 1])
def test_parts_add_up_to_the_definition(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kl, "HOST_LOGITS", most)
    generator = torch.Generator().manual_seed(0)
    dense, one, other = (6 * torch.randn(5, 29, generator=generator) for _ in range(3))
    targets = [3, 28, 0, 7, 7]
    for found, candidate in zip(compared(dense, [one, other], targets), (one, other), strict=True):
        d, c = dense.double().log_softmax(1), candidate.double().log_softmax(1)
        assert found.kl == pytest.approx((d.exp() * (d - c)).sum(1).tolist(), rel=1e-6)
        assert found.nll == pytest.approx([-c[row, target].item() for row, target in enumerate(targets)], rel=1e-6)
        assert found.greedy == [c[row].argmax().item() == target for row, target in enumerate(targets)]


@pytest.mark.parametrize("block", [1, 58, 100])
def test_blocks_of_rows_change_no_digit(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(4)
    dense, candidate = (6 * torch.randn(5, 29, generator=generator) for _ in range(2))
    whole = compared(dense, [candidate], [3, 28, 0, 7, 7])
    monkeypatch.setattr(kl, "HOST_BLOCK", block)
    assert compared(dense, [candidate], [3, 28, 0, 7, 7]) == whole


def test_small_divergences_keep_seven_digits_behind_the_point() -> None:
    dense = 10 * torch.randn(8, 4000, generator=torch.Generator().manual_seed(1))
    candidate = dense + 1e-3 * torch.randn(8, 4000, generator=torch.Generator().manual_seed(2))
    d, c = dense.double().log_softmax(1), candidate.double().log_softmax(1)
    expected = (d.exp() * (d - c)).sum(1).tolist()
    assert max(expected) < 1e-5
    assert compared(dense, [candidate], [0] * 8)[0].kl == pytest.approx(expected, rel=1e-2, abs=1e-7)


def test_equal_logits_have_no_divergence_and_what_is_no_number_stays() -> None:
    dense = torch.randn(2, 40, generator=torch.Generator().manual_seed(3))
    broken = dense.clone()
    broken[1, 30] = float("nan")
    same, nan = compared(dense, [dense.clone(), broken], [3, 4])
    assert same.kl == [0.0, 0.0]
    assert nan.kl[0] == 0.0 and nan.kl[1] != nan.kl[1] and nan.nll[1] != nan.nll[1]
