import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import parametrize_with_checks

from leadscore.bins import Bins


@parametrize_with_checks([Bins(), Bins(min_rows=1), Bins(pairs=[(0, 0)], min_rows=1)])
def test_the_block_keeps_scikit_learns_conventions(estimator, check):
    check(estimator)


def frame(n=400, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "visits": np.where(rng.random(n) < 0.1, np.nan, rng.poisson(3, n)),
            "age": rng.uniform(0, 90, n),
            "source": pd.Series(rng.choice(["web", "fair", None], n), dtype="str"),
        }
    )


def test_each_row_is_in_one_bin_of_each_column_and_one_cell_of_each_pair():
    block = Bins(pairs=[(0, 2), (0, 1)]).fit(frame())
    made = block.transform(frame(seed=1)).toarray()
    sources = np.array([str(source) for source in block.sources_])
    for source in [(0,), (1,), (2,), (0, 2), (0, 1)]:
        assert (made[:, sources == str(source)].sum(axis=1) == 1).all()


def test_a_cell_is_met_where_both_of_its_bins_are():
    block = Bins(pairs=[(0, 2)]).fit(frame())
    names = block.get_feature_names_out().tolist()
    made = pd.DataFrame(block.transform(frame()).toarray(), columns=names)
    both = made["visits <= 2"] * made["source web"]
    assert both.sum() > 0
    assert made["visits&source <= 2&web"].equals(both)


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=False, width=32), min_size=1, max_size=300),
    st.integers(1, 30),
    st.integers(1, 12),
)
def test_whatever_the_numbers_no_bin_tells_of_few_rows(values, min_rows, most_bins):
    numbers = pd.DataFrame({"x": np.array(values, dtype=float)})
    block = Bins(min_rows=min_rows, most_bins=most_bins).fit(numbers)
    counts = block.transform(numbers).toarray().sum(axis=0)
    assert len(counts) - 1 <= most_bins
    assert len(counts) == 2 or counts[1:].min() >= min_rows
    assert counts.sum() == len(values)


def test_numbers_with_few_values_have_a_bin_for_each():
    values = pd.DataFrame({"opted_in": [0.0] * 50 + [1.0] * 30 + [np.nan] * 20})
    block = Bins().fit(values)
    assert block.what_ == ["(missing)", "<= 0", "> 0"]
    assert block.transform(values).toarray().sum(axis=0).tolist() == [20, 50, 30]


def test_numbers_beyond_all_that_was_seen_are_in_the_outer_bins():
    block = Bins().fit(frame()[["age"]])
    made = block.transform(pd.DataFrame({"age": [-1e9, 1e9]})).toarray()
    assert np.flatnonzero(made[0]).tolist() == [1]
    assert np.flatnonzero(made[1]).tolist() == [made.shape[1] - 1]


def test_rare_and_unseen_levels_share_one_column_and_missing_has_its_own():
    known = pd.Series(["web"] * 30 + ["fair"] * 25 + ["rare"] * 2 + [None] * 20, dtype="str")
    block = Bins().fit(pd.DataFrame({"source": known}))
    asked = pd.DataFrame({"source": pd.Series(["rare", "never seen", None, "web"], dtype="str")})
    assert block.what_ == ["(other)", "(missing)", "fair", "web"]
    assert block.transform(asked).toarray().argmax(axis=1).tolist() == [0, 0, 1, 3]
    assert "rare" not in str(block.__dict__)


def test_a_column_without_any_value_is_missing_or_not():
    empty = pd.DataFrame({"x": [np.nan] * 40})
    block = Bins().fit(empty)
    assert block.what_ == ["(missing)", "(any)"]
    assert block.transform(pd.DataFrame({"x": [np.nan, 3.0]})).toarray().tolist() == [
        [1, 0],
        [0, 1],
    ]


@pytest.mark.parametrize("most", [1, 4, 16])
def test_there_are_no_more_bins_than_asked_for(most):
    block = Bins(most_bins=most).fit(frame()[["age"]])
    assert len(block.what_) == most + 1


def test_bins_are_of_about_equal_count():
    ages = frame(6400)[["age"]]
    counts = Bins(most_bins=32).fit(ages).transform(ages).toarray().sum(axis=0)[1:]
    assert counts.min() >= 190
    assert counts.max() <= 210
