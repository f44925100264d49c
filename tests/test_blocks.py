import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import parametrize_with_checks

from leadscore.blocks import Hinges, Levels, columns_of_frame


@parametrize_with_checks([Hinges(), Levels(min_rows=1)])
def test_the_blocks_keep_scikit_learns_conventions(estimator, check):
    check(estimator)


def pieces(values, **options):
    frame = pd.DataFrame({"x": values})
    block = Hinges(**options).fit(frame)
    return block, block.transform(frame).toarray()


def test_a_line_has_mean_nought_and_deviation_one():
    _, made = pieces(np.arange(200.0))
    assert made[:, 0].mean() == pytest.approx(0, abs=1e-9)
    assert made[:, 0].std() == pytest.approx(1, abs=1e-9)


def test_a_hinge_is_flat_below_its_knot_and_rises_above_it():
    block, made = pieces(np.arange(200.0), quantiles=(0.5,), bend=0.5)
    knot = block.knots_[0][0]
    below = made[:, 0] <= knot
    assert not made[below, 1].any()
    assert np.allclose(made[~below, 1], 0.5 * (made[~below, 0] - knot))


def test_skewed_counts_are_tamed():
    values = np.array([0.0, 1, 2, 3, 1000])
    _, made = pieces(values)
    assert made[4, 0] - made[3, 0] < 5 * (made[3, 0] - made[0, 0])


def test_a_missing_number_is_the_mean_and_says_that_it_is_missing():
    _, made = pieces([1.0, 2.0, np.nan, 3.0])
    assert made[2].tolist() == [*[0.0] * (made.shape[1] - 1), 1.0]
    assert not made[[0, 1, 3], -1].any()


def test_a_heap_at_the_smallest_value_takes_no_knots():
    values = np.array([0.0] * 900 + list(range(1, 101)))
    block, _ = pieces(values, quantiles=(0.5,))
    zero = (0 - block.mean_[0]) / block.scale_[0]
    assert (block.knots_[0] > zero).all()


def test_a_number_that_never_varies_has_one_flat_piece():
    block, made = pieces([7.0] * 50)
    assert made.shape == (50, 1)
    assert not made.any()
    assert block.get_feature_names_out().tolist() == ["x line"]


@given(st.lists(st.floats(allow_nan=True, width=32), min_size=3, max_size=40))
def test_whatever_the_numbers_the_pieces_are_finite(values):
    known = np.array(values, dtype=float)
    known[np.isinf(known)] = np.nan
    _, made = pieces(known)
    assert np.isfinite(made).all()


def test_rare_and_unseen_levels_have_no_column():
    frame = pd.DataFrame({"source": ["web"] * 30 + ["fair"] * 25 + ["rare"] * 2})
    block = Levels(min_rows=20).fit(frame)
    asked = pd.DataFrame({"source": ["fair", "rare", "never seen", None]})
    assert block.levels_[0].tolist() == ["fair", "web"]
    assert block.transform(asked).toarray().tolist() == [[1, 0], [0, 0], [0, 0], [0, 0]]


def test_a_missing_level_is_a_level_like_any_other():
    frame = pd.DataFrame({"source": pd.Series(["web"] * 30 + [None] * 30, dtype="str")})
    block = Levels(min_rows=20).fit(frame)
    assert block.levels_[0].tolist() == ["(missing)", "web"]


def test_numbers_stay_numbers_and_all_else_is_text():
    frame = pd.DataFrame({"n": [1, 2], "t": ["a", None], "o": [True, False]})
    assert [c.dtype.kind for c in columns_of_frame(frame)] == ["f", "O", "f"]


def test_each_output_column_tells_where_it_comes_from():
    frame = pd.DataFrame({"a": np.arange(9.0), "b": [1.0] * 9})
    block = Hinges(quantiles=(0.5,)).fit(frame)
    assert block.sources_ == [(0,), (0,), (1,)]
    assert len(block.get_feature_names_out()) == 3


def test_without_any_frequent_level_there_is_a_column_of_noughts():
    block = Levels(min_rows=20).fit(pd.DataFrame({"source": ["a", "b"]}))
    made = block.transform(pd.DataFrame({"source": ["a", "c"]}))
    assert made.shape == (2, 1)
    assert made.nnz == 0
    assert block.get_feature_names_out().tolist() == ["source (none)"]
