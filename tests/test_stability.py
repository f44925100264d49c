import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadscore.stability import psi, psis

COUNTS = st.lists(st.integers(0, 1000), min_size=4, max_size=4)


@given(COUNTS, COUNTS)
def test_it_is_symmetric_finite_and_never_below_zero(then, now):
    assert 0 <= psi(then, now) < np.inf
    assert np.isclose(psi(then, now), psi(now, then))


@given(COUNTS, COUNTS)
def test_many_at_once_are_each_for_itself(then, now):
    both = psis([then, now], [now, now])
    assert np.allclose(both, [psi(then, now), 0.0])
