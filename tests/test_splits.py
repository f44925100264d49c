"""A split in time keeps ties together and a gap between the sides."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.errors import DataError
from leadscore.splits import rolling_starts, temporal_split, time_cut

SHARES = st.floats(0.05, 0.95)


def days(counts):
    start = pd.Timestamp("2026-01-01", tz="UTC")
    return pd.Series([start + pd.Timedelta(days=d) for d, n in enumerate(counts) for _ in range(n)])


def test_the_oldest_rows_train_and_the_newest_test():
    times = days([1] * 10).sample(frac=1, random_state=0)
    train, test = temporal_split(times)
    assert (train.sum(), test.sum()) == (7, 3)
    assert times[train].max() < times[test].min()


@given(st.lists(st.integers(1, 30), min_size=2, max_size=20), SHARES)
def test_ties_are_never_split_and_the_cut_is_the_nearest_boundary(counts, share):
    train, test = temporal_split(days(counts), train_share=share)
    boundaries = np.cumsum(counts)[:-1]
    assert train.sum() in boundaries
    assert (train ^ test).all()
    total = sum(counts)
    assert abs(train.sum() - share * total) == pytest.approx(
        np.abs(boundaries - share * total).min()
    )


def test_rows_within_the_gap_before_the_test_are_in_neither_part():
    train, test = temporal_split(days([1] * 100), gap="10D")
    assert test.sum() == 30
    assert train.sum() == 70 - 9
    assert not (train & test).any()


def test_the_split_is_the_same_in_every_time_zone():
    times = days([3, 1, 4, 1, 5, 9, 2, 6])
    for zone in ("America/New_York", "Asia/Kathmandu"):
        moved = temporal_split(times.dt.tz_convert(zone), gap="1D")
        assert all(map(np.array_equal, temporal_split(times, gap="1D"), moved))


@pytest.mark.parametrize(
    ("counts", "options", "said"),
    [
        ([5], {}, "fewer than two different times"),
        ([1] * 10, {"gap": "30D"}, "training part .* is empty"),
        ([5, 5], {"outcome": [0] * 5 + [0, 1] * 2 + [0]}, "training part .* outcome False"),
        ([5, 5], {"outcome": [0, 1] * 2 + [1] * 6}, "test part .* outcome True"),
        ([1] * 10, {"train_share": 1.0}, "share of 1.0"),
    ],
)
def test_a_split_that_cannot_be_used_is_refused_with_its_reason(counts, options, said):
    with pytest.raises(DataError, match=said):
        temporal_split(days(counts), **options)


def test_rows_without_a_time_are_refused():
    with pytest.raises(DataError, match="1 of 11 rows have no time"):
        temporal_split(pd.concat([days([1] * 10), pd.Series([pd.NaT])]))


@given(st.lists(st.integers(1, 30), min_size=3, max_size=20))
def test_rolling_blocks_begin_at_different_times_in_order(counts):
    starts = rolling_starts(days(counts), [0.5, 0.6, 0.7, 0.8, 0.9])
    assert starts == sorted(set(starts))
    assert set(starts) <= set(days(counts))


def test_a_rolling_block_begins_where_a_split_of_that_share_cuts():
    times = days([3, 1, 4, 1, 5, 9, 2, 6])
    assert rolling_starts(times, [0.7]) == [time_cut(times, 0.7)]
    assert time_cut(times, 0.7) == times[temporal_split(times)[1]].min()
