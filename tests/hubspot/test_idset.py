from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadscore.hubspot import idset
from leadscore.hubspot.idset import IdSet

PARTS = st.lists(st.lists(st.integers(0, 2**62), max_size=30), max_size=10)


def _ids(numbers):
    return np.array(numbers, np.int64)


@given(PARTS, st.lists(st.integers(0, 2**62), max_size=30), st.integers(0, 20), st.booleans())
def test_it_has_what_was_added_and_nothing_else(parts, others, recent, packed):
    whole = {one for part in parts for one in part}
    asked = [*others, *whole]
    ids = IdSet()
    before, idset._RECENT = idset._RECENT, recent
    try:
        for part in parts:
            ids.add(_ids(part))
            ids.has(_ids([1]))
        ids = IdSet(ids.packed()) if packed else ids
        assert ids.has(_ids(asked)).tolist() == [one in whole for one in asked]
    finally:
        idset._RECENT = before


def test_what_is_added_after_it_was_written_down_is_in_it():
    ids = IdSet(IdSet().packed())
    ids.add(_ids([5]))
    assert ids.has(_ids([5, 6])).tolist() == [True, False]


def test_an_id_costs_eight_bytes_at_most_and_in_text_less():
    ids = IdSet()
    ids.add(np.arange(1, 1_000_000, 10, dtype=np.int64))
    assert len(ids.packed()) < 100_000
    assert ids._sorted.nbytes == 8 * 100_000
