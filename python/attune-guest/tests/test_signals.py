import pytest

from attune_guest import Refused, Signal, Signals

SIGNALS = Signals([Signal("expert-frequency", [("layer", 2), ("expert", 2)], [0.1, 0.9, 0.4, 0.6])])


def test_a_signal_is_read_by_its_axes() -> None:
    assert SIGNALS.get("expert-frequency", {"layer": 2, "expert": 2}) == [0.1, 0.9, 0.4, 0.6]
    assert SIGNALS.with_axes("expert-frequency", ["layer", "expert"]) == ([2, 2], [0.1, 0.9, 0.4, 0.6])
    assert SIGNALS.get("block-influence", {"layer": 2}) is None


def test_another_shape_is_refused_with_both() -> None:
    with pytest.raises(Refused, match=r"axes \(layer: 2, expert: 2\) and 4 values, expected axes \(layer: 3"):
        SIGNALS.get("expert-frequency", {"layer": 3, "expert": 2})
    with pytest.raises(Refused, match=r"expected axes \(layer\)"):
        SIGNALS.with_axes("expert-frequency", ["layer"])
