from functools import partial

import numpy as np
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


@given(ROWS, SHARES)
def test_the_share_flagged_is_where_the_gains_curve_reaches_the_recall(rows, recall):
    y, p = columns(rows)
    share = metrics.flagged_share(y, p, recall)
    assert 0 < share <= 1
    assert metrics.recall_at(y, p, share) == pytest.approx(recall)
    assert metrics.recall_at(y, p, share - 1e-6) < recall


def test_the_share_flagged_of_a_perfect_ranking_is_that_of_the_conversions_wanted():
    y = np.arange(100) >= 80
    assert metrics.flagged_share(y, y * 1.0, 0.6) == pytest.approx(0.12)
    assert np.isnan(metrics.flagged_share([0, 0], [0.1, 0.2]))


def test_top_to_bottom_is_the_ratio_of_two_rates_and_always_finite():
    y, p = np.zeros(1000), np.arange(1000) / 1000
    y[900:950], y[:500:50] = 1, 1
    assert metrics.top_to_bottom(y, p) == pytest.approx((50.5 / 101) / (10.5 / 501))
    y[:500] = 0
    assert np.isfinite(metrics.top_to_bottom(y, p))
    assert metrics.top_to_bottom(y, 0 * p) == pytest.approx(1, rel=0.1)


def test_the_gains_curve_goes_from_nothing_to_all():
    y, p = [1, 0, 0, 1], [0.9, 0.2, 0.1, 0.8]
    assert metrics.gains(y, p, shares=[0, 0.125, 1]).tolist() == [0, 0.25, 1]
    assert metrics.base_rate(y, p) == 0.5
