from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as reference

from leadscore import metrics
from leadscore.errors import DataError

ROWS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 1.0])),
    min_size=2,
    max_size=60,
)
SHARES = st.floats(0.05, 1.0)


def columns(rows):
    y, p = (np.array(column) for column in zip(*rows, strict=True))
    assume(0 < y.sum() < len(y))
    return y.astype(float), p


def days(counts):
    start = pd.Timestamp("2026-01-01", tz="UTC")
    return pd.Series([start + pd.Timedelta(days=d) for d, n in enumerate(counts) for _ in range(n)])


@given(ROWS)
def test_roc_auc_and_average_precision_agree_with_scikit_learn(rows):
    y, p = columns(rows)
    assert metrics.roc_auc(y, p) == pytest.approx(reference.roc_auc_score(y, p))
    assert metrics.average_precision(y, p) == pytest.approx(reference.average_precision_score(y, p))


@given(ROWS)
def test_brier_skill_and_log_loss_agree_with_scikit_learn(rows):
    y, p = columns(rows)
    brier, base = reference.brier_score_loss(y, p), reference.brier_score_loss(y, 0 * p + 0.3)
    assert metrics.brier_skill(y, p, reference=0.3) == pytest.approx(1 - brier / base)
    assert metrics.log_loss(y, p) == pytest.approx(reference.log_loss(y, p), rel=1e-6)


@given(ROWS)
def test_ranking_metrics_do_not_change_under_a_monotone_transform(rows):
    y, p = columns(rows)
    for metric in (metrics.roc_auc, metrics.average_precision, partial(metrics.lift, share=0.1)):
        assert metric(y, p) == pytest.approx(metric(y, np.exp(3 * p)))


@given(ROWS)
def test_a_reversed_ranking_has_the_complementary_auc(rows):
    y, p = columns(rows)
    assert metrics.roc_auc(y, -p) == pytest.approx(1 - metrics.roc_auc(y, p))


@given(ROWS, st.randoms(use_true_random=False))
def test_no_metric_depends_on_the_order_of_the_rows(rows, random):
    y, p = columns(rows)
    order = list(range(len(y)))
    random.shuffle(order)
    for metric in (
        metrics.roc_auc,
        metrics.average_precision,
        partial(metrics.lift, share=0.1),
        partial(metrics.recall_at, share=0.5),
        partial(metrics.brier_skill, reference=0.2),
        metrics.log_loss,
        metrics.ece,
    ):
        assert metric(y, p) == pytest.approx(metric(y[order], p[order]), abs=1e-12)


@given(ROWS, SHARES)
def test_one_probability_for_all_is_worth_exactly_chance(rows, share):
    y, _ = columns(rows)
    flat = np.full(len(y), 0.4)
    assert metrics.roc_auc(y, flat) == 0.5
    assert metrics.lift(y, flat, share) == pytest.approx(1.0)
    assert metrics.average_precision(y, flat) == pytest.approx(y.mean())


@given(ROWS, SHARES, SHARES)
def test_recall_never_falls_as_more_rows_are_taken(rows, one, other):
    y, p = columns(rows)
    low, high = sorted([one, other])
    assert metrics.recall_at(y, p, low) <= metrics.recall_at(y, p, high) + 1e-12
    assert metrics.recall_at(y, p, 1.0) == pytest.approx(1.0)


def test_rows_tied_at_the_cut_count_with_their_expected_value():
    y = [1, 1, 0, 0, 0, 0, 0, 0]
    p = [0.9, 0.5, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1]
    # Two of eight rows: the best one, and one of four tied rows of which one converted.
    assert metrics.recall_at(y, p, 0.25) == pytest.approx((1 + 1 / 4) / 2)
    assert metrics.lift(y, p, 0.25) == pytest.approx((1 + 1 / 4) / 2 / 0.25)


def test_a_perfect_ranking_lifts_the_top_decile_as_far_as_the_rate_allows():
    y = np.arange(100) >= 95
    assert metrics.lift(y, y * 1.0, 0.05) == pytest.approx(20)
    assert metrics.roc_auc(y, y * 1.0) == 1.0


@given(ROWS)
def test_always_saying_the_reference_has_no_skill(rows):
    y, p = columns(rows)
    assert metrics.brier_skill(y, 0 * p + 0.3, reference=0.3) == pytest.approx(0)


@given(ROWS)
def test_calibration_error_is_a_share(rows):
    y, p = columns(rows)
    assert 0 <= metrics.ece(y, p) <= 1


def test_calibration_error_is_the_mean_distance_of_equal_count_bins():
    p = np.linspace(0.05, 0.95, 10).repeat(100)
    right = np.concatenate([np.arange(100) < round(100 * q) for q in p[::100]])
    assert metrics.ece(right, p) == pytest.approx(0, abs=1e-12)
    assert metrics.ece(right, p - 0.02) == pytest.approx(0.02)


@pytest.mark.parametrize("metric", [metrics.roc_auc, metrics.average_precision])
def test_a_metric_is_nan_without_any_conversion(metric):
    assert np.isnan(metric([0, 0, 0], [0.1, 0.2, 0.3]))
    assert np.isnan(metrics.lift([0, 0, 0], [0.1, 0.2, 0.3], 0.5))


@pytest.mark.parametrize(
    ("y", "p"),
    [
        ([0, 1], [0.5]),
        ([], []),
        ([0, 2], [0.1, 0.2]),
        ([0, 1], [0.1, np.nan]),
        ([0, np.nan], [0, 1]),
    ],
)
def test_outcomes_and_probabilities_that_do_not_fit_are_refused(y, p):
    with pytest.raises(DataError):
        metrics.roc_auc(y, p)


def noisy(n=2000, seed=1):
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.02, 0.5, n)
    return rng.random(n) < p, p


def test_the_interval_surrounds_the_value_and_is_the_same_for_the_same_seed():
    y, p = noisy()
    low, high = metrics.bootstrap(metrics.roc_auc, y, p)
    assert low < metrics.roc_auc(y, p) < high
    assert (low, high) == metrics.bootstrap(metrics.roc_auc, y, p)
    assert (low, high) != metrics.bootstrap(metrics.roc_auc, y, p, seed=1)


def test_the_interval_is_about_as_wide_as_theory_says():
    y, p = noisy(4000)
    low, high = metrics.bootstrap(lambda y, _: float(np.mean(y)), y, p, n=2000)
    rate = y.mean()
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(rate * (1 - rate) / 4000), rel=0.1)


def test_rows_of_one_contact_are_drawn_together():
    y, p = noisy(500)
    alone = np.diff(metrics.bootstrap(metrics.roc_auc, y, p))
    copies = (np.repeat(y, 9), np.repeat(p, 9))
    naive = np.diff(metrics.bootstrap(metrics.roc_auc, *copies))
    grouped = np.diff(metrics.bootstrap(metrics.roc_auc, *copies, groups=np.repeat(range(500), 9)))
    assert grouped == pytest.approx(alone, rel=0.2)
    assert naive < 0.5 * grouped


def test_an_interval_of_an_undefined_metric_is_nan():
    assert np.isnan(metrics.bootstrap(metrics.roc_auc, [0, 0], [0.1, 0.2])).all()


def test_the_oldest_rows_train_and_the_newest_test():
    times = days([1] * 10).sample(frac=1, random_state=0)
    train, test = metrics.temporal_split(times)
    assert (train.sum(), test.sum()) == (7, 3)
    assert times[train].max() < times[test].min()


@given(st.lists(st.integers(1, 30), min_size=2, max_size=20), SHARES.filter(lambda s: s < 1))
def test_ties_are_never_split_and_the_cut_is_the_nearest_boundary(counts, share):
    train, test = metrics.temporal_split(days(counts), train_share=share)
    boundaries = np.cumsum(counts)[:-1]
    assert train.sum() in boundaries
    assert (train ^ test).all()
    total = sum(counts)
    assert abs(train.sum() - share * total) == pytest.approx(
        np.abs(boundaries - share * total).min()
    )


def test_rows_within_the_gap_before_the_test_are_in_neither_part():
    train, test = metrics.temporal_split(days([1] * 100), gap="10D")
    assert test.sum() == 30
    assert train.sum() == 70 - 9
    assert not (train & test).any()


def test_the_split_is_the_same_in_every_time_zone():
    times = days([3, 1, 4, 1, 5, 9, 2, 6])
    for zone in ("America/New_York", "Asia/Kathmandu"):
        moved = metrics.temporal_split(times.dt.tz_convert(zone), gap="1D")
        assert all(map(np.array_equal, metrics.temporal_split(times, gap="1D"), moved))


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
        metrics.temporal_split(days(counts), **options)


def test_rows_without_a_time_are_refused():
    with pytest.raises(DataError, match="1 of 11 rows have no time"):
        metrics.temporal_split(pd.concat([days([1] * 10), pd.Series([pd.NaT])]))
