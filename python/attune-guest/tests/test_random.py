import pytest

from attune_guest import Random


def test_the_stream_is_that_of_the_reference_implementation() -> None:
    # The first outputs of Vigna's splitmix64.c for seed 1234567.
    random = Random(1_234_567)
    stream = [random.bits() for _ in range(3)]
    assert stream == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_positions_are_equally_likely_and_in_range() -> None:
    random, counts = Random(1), [0, 0, 0]
    for _ in range(3000):
        counts[random.below(3)] += 1
    # Standard deviation 26: five of them either way.
    assert all(870 < count < 1130 for count in counts), counts
    with pytest.raises(ValueError, match="nothing to choose from"):
        random.below(0)


def test_normal_draws_have_the_moments_of_the_distribution() -> None:
    random = Random(1)
    draws = [random.normal() for _ in range(4000)]
    mean = [sum(draw**power for draw in draws) / 4000 for power in (1, 2, 4)]
    # Standard deviations 0.016, 0.022 and 0.155: five of them either way.
    assert abs(mean[0]) < 0.08 and abs(mean[1] - 1) < 0.11 and abs(mean[2] - 3) < 0.78
