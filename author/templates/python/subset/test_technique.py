import pytest
from model import SMALL
from technique import Mine, spread

from attune_guest import Edit, Options, Refused

MINE = Mine()
OPTIONS = Options.of(MINE.describe())


def test_every_element_of_the_subset_is_an_edit() -> None:
    edits = MINE.lower(SMALL, OPTIONS, [[[0, 3]]])
    assert edits == [Edit("drop-block", layer=layer, part="attention") for layer in (0, 3)]


def test_layers_are_spread_over_depth_and_one_stays() -> None:
    assert spread(4, 2) == [1, 3]
    assert MINE.space(SMALL, Options.of(MINE.describe(), drop=3)).dimensions
    with pytest.raises(Refused, match="4 layers; one has to stay"):
        MINE.space(SMALL, Options.of(MINE.describe(), drop=4))
