import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from leadscore.ablation import MOST_COLUMNS, Ablation, bin_codes, binned, gain, separation
from leadscore.metrics import roc_auc

N = 1500


def table(seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=N),
            "b": rng.normal(size=N),
            "c": pd.Series(rng.choice(["x", "y", None], N), dtype="str"),
        }
    )
    frame.loc[rng.random(N) < 0.1, "b"] = np.nan
    logit = frame["a"] + 0.5 * frame["b"].fillna(0) + (frame["c"] == "x") - 1.5
    return frame, (rng.random(N) < 1 / (1 + np.exp(-logit))).astype(float)


def test_squared_separation_is_that_of_two_normals():
    distance = 1.3
    auc = norm.cdf(distance / np.sqrt(2))
    assert separation(auc) == pytest.approx(distance**2)


def test_squared_separations_of_independent_properties_add_up():
    rng = np.random.default_rng(0)
    y = np.repeat([0.0, 1.0], 100_000)
    a, b = (rng.normal(size=len(y)) + shift * y for shift in (0.8, 1.1))
    parts = [separation(roc_auc(y, part)) for part in (a, b)]
    assert separation(roc_auc(y, 0.8 * a + 1.1 * b)) == pytest.approx(sum(parts), rel=0.03)


def test_dropping_by_the_inverse_equals_fitting_without():
    frame, y = table()
    ablation = Ablation(bin_codes(frame, ["a", "b", "c"]), y)
    said = ablation.without_each(["a", "b", "c"], ["a", "b", "c"])
    for place, name in enumerate(["a", "b", "c"], start=1):
        rest = [other for other in ("a", "b", "c") if other != name]
        assert np.abs(said[:, place] - ablation.predict(rest)).max() < 1e-9


def test_predictions_are_of_rows_that_were_not_learnt_from():
    rng = np.random.default_rng(1)
    noise = pd.DataFrame({f"n{i}": rng.normal(size=600) for i in range(20)})
    y = (rng.random(600) < 0.3).astype(float)
    ablation = Ablation(bin_codes(noise, list(noise)), y)
    assert roc_auc(y, ablation.predict(list(noise))) < 0.6


def test_a_property_may_have_several_columns():
    frame, y = table()
    ablation = Ablation(bin_codes(frame, ["one", "one", "two"]), y)
    assert ablation.properties == ["one", "two"]
    said = ablation.without_each(["one", "two"], ["one"])
    assert np.abs(said[:, 1] - ablation.predict(["two"])).max() < 1e-9


def test_columns_without_any_value_do_no_harm():
    frame, y = table()
    empty = frame.assign(a=np.nan, c=pd.Series([None] * N, dtype="str"))
    assert np.isfinite(Ablation(bin_codes(empty, list(empty)), y).predict(["a", "b", "c"])).all()


def test_the_matrix_stays_narrow_with_many_columns():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 120)))
    frame.columns = frame.columns.map(str)
    assert bin_codes(frame, list(frame)).matrix.shape[1] <= 1.6 * MOST_COLUMNS


def test_a_value_that_many_share_has_a_bin_of_its_own():
    values = pd.Series([0.0] * 50 + list(np.linspace(1, 2, 50)))
    codes = binned(values, 5)
    assert set(codes[:50]).isdisjoint(codes[50:])


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.none()), min_size=1), st.integers(1, 20))
def test_missing_has_code_zero_and_order_is_kept(values, bins):
    series = pd.Series(values, dtype="float64")
    codes = binned(series, bins)
    missing = series.isna().to_numpy()
    assert ((codes == 0) == missing).all()
    known = codes[~missing][np.argsort(series.dropna().to_numpy(), kind="stable")]
    assert (np.diff(known) >= 0).all()


def test_a_gain_of_nothing_is_nothing():
    frame, y = table()
    same = gain(y, frame["a"].to_numpy(), frame["a"].to_numpy())
    assert (same.gain, same.share, same.low) == (0, 0, 0)


def test_the_interval_of_a_gain_covers_the_truth_in_nineteen_of_twenty():
    truth, rng = 1.5**2 - 1.0**2, np.random.default_rng(2)
    above = 0
    for _ in range(300):
        y = np.repeat([0.0, 1.0], [300, 100])
        a, b = rng.normal(size=400) + y, rng.normal(size=400) + np.sqrt(1.25) * y
        above += gain(y, a + np.sqrt(1.25) * b, a).low > truth
    assert above / 300 < 0.05  # one side of a 95 % interval is 2.5 %
