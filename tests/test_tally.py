"""A tally counts every row once, and a draw of it every drawn contact."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.errors import DataError
from leadscore.tally import resampled, tally

ROWS = st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.5])), min_size=1, max_size=40)


@given(ROWS)
def test_every_row_is_counted_at_its_probability(rows):
    y, p = map(np.array, zip(*rows, strict=True))
    found = tally(y, p)
    assert found.said.tolist() == sorted(set(p.tolist()))
    for said, wins, size in zip(found.said, found.wins, found.sizes, strict=True):
        assert (wins, size) == (y[p == said].sum(), (p == said).sum())


def test_a_tally_stays_what_it_is():
    found = tally([0, 1], [0.2, 0.4])
    assert tally(found) is found


def test_contacts_are_drawn_whole_and_as_many_as_there_are():
    groups = ["a", "a", "a", "b"]
    sizes = {
        float(draw.sizes.sum()) for draw in resampled([0, 1, 0, 1], [1, 2, 3, 4], groups=groups)
    }
    assert sizes == {2.0, 4.0, 6.0}


def test_a_seed_draws_the_same_contacts_whatever_the_probabilities():
    y, groups = [0, 1, 0, 1, 1], list("abcde")
    one = [d.wins.sum() for d in resampled(y, [1, 2, 3, 4, 5], groups=groups, n=20)]
    other = [d.wins.sum() for d in resampled(y, [3, 3, 3, 1, 0], groups=groups, n=20)]
    assert one == other


def test_a_text_is_no_probability():
    with pytest.raises((DataError, ValueError)):
        tally([0, 1], ["high", "low"])
