from technique import LocalHeads

from attune_guest import Edit, Options, Signals

from .models import DENSE

HEADS = LocalHeads()
OPTIONS = Options.of(HEADS.describe(), window=32)


def test_the_example_is_a_technique_in_plain_python() -> None:
    space = HEADS.space(DENSE, OPTIONS)
    assert dict(space.dimensions[0].axes) == {"layer": 4, "kv-head": 2}
    config = [[0, 1, 0, 0, 0, 0, 0, 0]]
    expected = Edit("attention-span", layer=0, kv_head=1, sink=4, alpha=32.0, beta=0.0)
    assert HEADS.lower(DENSE, OPTIONS, config) == [expected]
    assert HEADS.cost(DENSE, OPTIONS, config)[0].value == 7
    assert HEADS.baselines(DENSE, OPTIONS, Signals())[0].config == [[1] * 8]
