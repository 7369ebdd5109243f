from model import SMALL
from technique import SINK, Mine, windows

from attune_guest import Edit, Options

MINE = Mine()
CONFIG = [[40], [10]]


def test_windows_are_on_a_line_from_the_first_layer_to_the_last() -> None:
    assert windows(4, CONFIG) == [40, 30, 20, 10]
    edits = MINE.lower(SMALL, Options.of(MINE.describe()), CONFIG)
    # Two KV heads in each of four layers.
    assert len(edits) == 8
    assert edits[2] == Edit("attention-span", layer=1, kv_head=0, sink=SINK, alpha=30.0, beta=0.0)
