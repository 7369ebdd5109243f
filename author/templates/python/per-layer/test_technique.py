import pytest
from model import SMALL
from technique import Mine

from attune_guest import Edit, Options, Refused

MINE = Mine()
OPTIONS = Options.of(MINE.describe(), levels=[16, 4, 4])


def test_layers_get_the_bits_that_were_chosen_and_exact_ones_no_edit() -> None:
    config = [[1, 1, 0, 1]]
    edits = MINE.lower(SMALL, OPTIONS, config)
    # Queries, keys, values, output, gate, up and down of layer 2.
    assert len(edits) == 7
    assert edits[0] == Edit("weight-bits", layer=2, module="q", bits=4, group_size=64)
    (cost,) = MINE.cost(SMALL, OPTIONS, config)
    # Three layers of 16 bits, and one of 4 and a half: 32 bits for each group of 64 weights.
    assert cost.value == (3 * 16 + 4.5) / 4


def test_bits_that_nobody_has_are_refused() -> None:
    with pytest.raises(Refused, match="`levels` contains 7"):
        MINE.space(SMALL, Options.of(MINE.describe(), levels=[4, 7]))
