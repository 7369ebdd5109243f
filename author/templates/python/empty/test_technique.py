from model import SMALL
from technique import Mine

from attune_guest import Edit, Options

MINE = Mine()
OPTIONS = Options.of(MINE.describe())


def test_the_first_option_changes_nothing_and_the_others_drop_their_layer() -> None:
    (dimension,) = MINE.space(SMALL, OPTIONS).dimensions
    assert vars(dimension.domain)["options"] == ["none", "layer-0", "layer-1", "layer-2", "layer-3"]
    assert MINE.lower(SMALL, OPTIONS, [[0]]) == []
    assert MINE.lower(SMALL, OPTIONS, [[3]]) == [Edit("drop-block", layer=2)]


def test_a_block_that_is_left_out_costs_nothing() -> None:
    (nothing,), (one,) = (MINE.cost(SMALL, OPTIONS, [[option]]) for option in (0, 1))
    assert nothing.value == nothing.dense
    # Queries and output, keys and values, and three matrices of the feed-forward part, two bytes a weight.
    assert one.dense - one.value == 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128)
