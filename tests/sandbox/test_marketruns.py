"""Runs of equal keys."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadscore.sandbox.marketruns import begins, ends, running


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2))))
def test_runs_begin_and_end_where_a_key_changes(pairs: list[tuple[int, int]]) -> None:
    keys = [np.array([pair[k] for pair in pairs], dtype=np.int64) for k in (0, 1)]
    changes = [a != b for a, b in pairwise(pairs)]
    assert begins(*keys).tolist() == ([True, *changes] if pairs else [])
    assert ends(*keys).tolist() == ([*changes, True] if pairs else [])


@given(st.lists(st.integers(0, 3)), st.integers(1, 5))
def test_counts_start_again_with_each_run(rows: list[int], size: int) -> None:
    found = running(np.array(sorted(rows), dtype=np.int64), np.full(len(rows), size))
    seen: dict[int, int] = {}
    for row, count in zip(sorted(rows), found.tolist(), strict=True):
        seen[row] = seen.get(row, 0) + size
        assert count == seen[row]
