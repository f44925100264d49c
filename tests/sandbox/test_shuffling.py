from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from leadscore.sandbox.shuffling import mixed, unmixed


@given(st.integers(0, 2**63))
def test_every_id_has_its_own_place(number):
    assert unmixed(mixed(number)) == number
    assert mixed(0) == 0 <= mixed(number)


def test_neighbours_lie_far_apart():
    order = sorted(range(1, 1001), key=mixed)
    steps = [abs(a - b) for a, b in pairwise(order)]
    assert 1 not in steps
