"""Intervals: paired, grouped, and as wide as theory and simulation say."""

import numpy as np
import pytest

from leadscore import metrics
from leadscore.resampling import bootstrap, bootstrap_difference, bootstrap_values, interval


def noisy(n=2000, seed=1):
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.02, 0.5, n)
    return rng.random(n) < p, p


def test_the_interval_surrounds_the_value_and_is_the_same_for_the_same_seed():
    y, p = noisy()
    low, high = bootstrap(metrics.roc_auc, y, p)
    assert low < metrics.roc_auc(y, p) < high
    assert (low, high) == bootstrap(metrics.roc_auc, y, p)
    assert (low, high) != bootstrap(metrics.roc_auc, y, p, seed=1)


def test_the_interval_is_about_as_wide_as_theory_says():
    y, p = noisy(4000)
    low, high = bootstrap(metrics.base_rate, y, p, n=2000)
    rate = y.mean()
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(rate * (1 - rate) / 4000), rel=0.1)


def test_rows_of_one_contact_are_drawn_together():
    y, p = noisy(500)
    alone = np.diff(bootstrap(metrics.roc_auc, y, p))
    copies = (np.repeat(y, 9), np.repeat(p, 9))
    naive = np.diff(bootstrap(metrics.roc_auc, *copies))
    grouped = np.diff(bootstrap(metrics.roc_auc, *copies, groups=np.repeat(range(500), 9)))
    assert grouped == pytest.approx(alone, rel=0.2)
    assert naive < 0.5 * grouped


def test_an_interval_of_an_undefined_metric_is_nan():
    assert np.isnan(bootstrap(metrics.roc_auc, [0, 0], [0.1, 0.2])).all()


def test_all_metrics_are_measured_on_the_same_draws():
    y, p = noisy(300)
    named = {"roc_auc": metrics.roc_auc, "lift": metrics.lift, "rate": metrics.base_rate}
    drawn = bootstrap_values(named, y, p, n=50)
    assert drawn.shape == (50, 3)
    for name, metric in named.items():
        assert interval(drawn[name]) == bootstrap(metric, y, p, n=50)


def test_a_draw_weights_rows_as_if_they_stood_there_several_times():
    y, p = noisy(60)
    rng = np.random.default_rng(5)
    rows = np.repeat(np.arange(60), np.bincount(rng.integers(60, size=60), minlength=60))
    named = {
        "auc": metrics.roc_auc, "ap": metrics.average_precision, "lift": metrics.lift,
        "ece": metrics.ece, "loss": metrics.log_loss, "flagged": metrics.flagged_share,
        "ratio": metrics.top_to_bottom,
    }  # fmt: skip
    drawn = bootstrap_values(named, y, p, n=1, seed=5).iloc[0]
    for name, metric in named.items():
        assert drawn[name] == pytest.approx(metric(y[rows], p[rows]))


def test_intervals_over_contacts_do_not_depend_on_the_order_of_the_rows():
    y, p = noisy(400)
    groups, order = np.arange(400) // 3, np.random.default_rng(0).permutation(400)
    mixed = bootstrap(metrics.roc_auc, y[order], p[order], groups=groups[order])
    assert bootstrap(metrics.roc_auc, y, p, groups=groups) == pytest.approx(mixed, abs=1e-12)


def test_a_paired_difference_is_narrower_than_two_intervals_apart():
    y, p = noisy(2000)
    other = p + np.random.default_rng(2).normal(0, 0.02, 2000)
    low, high = bootstrap_difference(metrics.roc_auc, y, p, other)
    alone = np.diff(bootstrap(metrics.roc_auc, y, p))[0]
    assert high - low < 0.5 * alone
    assert low < metrics.roc_auc(y, p) - metrics.roc_auc(y, other) < high


def test_a_ranking_does_not_differ_from_itself():
    y, p = noisy(300)
    assert bootstrap_difference(metrics.roc_auc, y, p, p) == (0, 0)
    turned = bootstrap_difference(metrics.roc_auc, y, -p, p)
    assert turned == pytest.approx(
        tuple(-v for v in bootstrap_difference(metrics.roc_auc, y, p, -p))[::-1]
    )


@pytest.mark.slow
def test_an_interval_over_contacts_holds_the_truth_nineteen_times_in_twenty():
    # Five rows of a contact share its chance; the truth is the mean of very many contacts.
    rng = np.random.default_rng(0)

    def world(contacts):
        trait = np.repeat(rng.normal(-1.5, 1, contacts), 5)
        said = 1 / (1 + np.exp(-trait - rng.normal(0, 0.3, 5 * contacts)))
        fate = np.repeat(rng.normal(0, 1, contacts), 5)
        happened = rng.random(5 * contacts) < 1 / (1 + np.exp(-trait - fate))
        return happened, said, np.repeat(np.arange(contacts), 5)

    y, p, _ = world(200_000)
    truth = {"roc_auc": metrics.roc_auc(y, p), "lift": metrics.lift(y, p), "rate": y.mean()}
    named = {"roc_auc": metrics.roc_auc, "lift": metrics.lift, "rate": metrics.base_rate}
    hits = dict.fromkeys(named, 0)
    for _ in range(200):
        y, p, groups = world(300)
        drawn = bootstrap_values(named, y, p, groups=groups, n=300)
        for name in named:
            low, high = interval(drawn[name])
            hits[name] += low <= truth[name] <= high
    # Three standard errors of 190 of 200.
    assert all(180 <= hit <= 199 for hit in hits.values()), hits
