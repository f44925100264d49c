import numpy as np
import pandas as pd
from sklearn.utils.estimator_checks import parametrize_with_checks

from leadscore.pairs import Pairs, code_of, coder_of


@parametrize_with_checks([Pairs(min_rows=1)])
def test_pairs_keep_scikit_learns_conventions(estimator, check):
    check(estimator)


def frame(n=400):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": pd.Series(rng.choice(["small", "large"], n), dtype="str"),
            "age": np.where(rng.random(n) < 0.2, np.nan, rng.uniform(0, 100, n)),
            "trade": pd.Series(rng.choice(["food", "steel", None], n), dtype="str"),
        }
    )


def test_a_pair_of_levels_marks_the_rows_that_have_both():
    data = frame()
    block = Pairs([(0, 2)], min_rows=20).fit(data)
    made = block.transform(data).toarray()
    names = block.get_feature_names_out().tolist()
    both = (data["size"] == "small") & (data["trade"] == "food")
    assert np.array_equal(made[:, names.index("size&trade small&food")] > 0, both)
    assert made.sum(axis=1).tolist() == [1.0] * len(data)


def test_numbers_are_cut_at_their_quartiles_and_missing_is_a_part():
    values = frame()["age"].to_numpy()
    codes = code_of(values, coder_of(values, 20))
    assert np.array_equal(codes == 0, np.isnan(values))
    shares = np.bincount(codes)[1:] / np.sum(codes > 0)
    assert len(shares) == 4
    assert np.abs(shares - 0.25).max() < 0.02


def test_rare_pairs_and_unseen_levels_have_no_column():
    data = frame()
    block = Pairs([(0, 2)], min_rows=20).fit(data)
    odd = pd.DataFrame({"size": ["huge"], "age": [1.0], "trade": ["food"]})
    assert block.transform(odd).toarray().sum() == 0
    assert Pairs([(0, 2)], min_rows=10_000).fit(data).transform(data).nnz == 0


def test_the_weight_is_the_value_in_the_columns():
    made = Pairs([(0, 2)], min_rows=20, weight=1.5).fit(frame()).transform(frame())
    assert set(made.data) == {1.5}


def test_every_column_leads_back_to_both_of_its_columns():
    block = Pairs([(0, 2), (0, 1)], min_rows=20).fit(frame())
    assert set(block.sources_) == {(0, 2), (0, 1)}


def test_a_row_is_coded_the_same_whatever_rows_stand_beside_it():
    data = frame()
    block = Pairs(min_rows=20).fit(data)
    whole = block.transform(data).toarray()
    assert np.array_equal(block.transform(data.iloc[7:19]).toarray(), whole[7:19])
