import numpy as np
import pandas as pd
import pytest
from leadframes import leads
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from leadscore import features, fitting
from leadscore.errors import DataError

GAP = pd.Timedelta("30D")


def rows(data):
    data = data.sort_values(["contact_id", "snapshot_at"], ignore_index=True)
    chosen = features.select(data)
    columns = features.prepared_columns(chosen.types, chosen.options)
    return fitting.Rows(
        frame=features.prepare(data, chosen.types, options=chosen.options),
        outcome=data["outcome"].to_numpy("int64"),
        contacts=pd.factorize(data["contact_id"])[0],
        times=data["snapshot_at"],
        types={name: column.type for name, column in columns.items()},
    )


def test_what_comes_out_is_a_plain_scikit_learn_pipeline():
    fit = fitting.fit_recalibrated(rows(leads()), time_known=True, gap=GAP)
    assert type(fit.pipeline) is Pipeline
    assert list(fit.pipeline.named_steps) == ["encode", "logistic"]
    assert type(fit.pipeline[-1]) is LogisticRegression
    assert fit.pipeline[-1].class_weight is None


def test_the_newest_fifth_of_the_rows_is_recalibrated_to_its_own_rate():
    made = rows(leads(4000, drift=3.0))
    fit = fitting.fit_recalibrated(made, time_known=True, gap=GAP)
    assert fit.method == "newest_block"
    assert fit.newest.mean() == pytest.approx(0.2, abs=0.01)
    assert made.times[fit.newest].min() > made.times[~fit.newest].max()
    said = fit.pipeline.predict_proba(made.frame[fit.newest])[:, 1].mean()
    assert said == pytest.approx(made.outcome[fit.newest].mean(), abs=1e-6)
    assert said > made.outcome.mean() + 0.05


def test_without_time_the_mean_probability_is_the_rate_of_all_rows():
    made = rows(leads())
    fit = fitting.fit_recalibrated(made, time_known=False, gap=GAP)
    assert fit.method == "cross_fitted"
    assert fit.newest.all()
    said = fit.pipeline.predict_proba(made.frame)[:, 1].mean()
    assert said == pytest.approx(made.outcome.mean(), abs=1e-6)


def test_too_little_time_for_the_gap_falls_back_to_cross_fitting():
    fit = fitting.fit_recalibrated(rows(leads()), time_known=True, gap=pd.Timedelta("400D"))
    assert fit.method == "cross_fitted"


def test_noise_is_flattened_and_the_slope_stays_positive():
    fit = fitting.fit_recalibrated(rows(leads(seed=4, signal=0.0)), time_known=True, gap=GAP)
    assert 0.05 <= fit.slope < 0.9
    strong = fitting.fit_recalibrated(rows(leads(seed=4)), time_known=True, gap=GAP)
    assert fit.slope < strong.slope


def test_a_relation_that_turns_round_never_turns_the_ranking():
    data = leads(3000)
    newest = data["snapshot_at"] > data["snapshot_at"].quantile(0.8)
    turned = data.assign(visits=data["visits"].where(~newest, 8 - data["visits"]))
    fit = fitting.fit_recalibrated(rows(turned), time_known=True, gap=GAP)
    assert fit.slope > 0


def open_for_long():
    """Return leads with a snapshot each month, until they convert."""
    rng = np.random.default_rng(0)
    months, still = [], leads(2000)
    for month in range(6):
        happened = pd.array(rng.random(len(still)) < 0.05 * (1 + still["visits"].fillna(2)) / 4)
        moved = still.assign(outcome=happened, snapshot_at=still["snapshot_at"] + GAP * month)
        months.append(moved)
        still = still[~happened.to_numpy()]
    return pd.concat(months, ignore_index=True)


def test_what_is_predicted_is_newer_by_the_gap_and_of_other_contacts():
    made = rows(open_for_long())
    newest, sides = fitting._sides(made, GAP, 0)
    asked = np.concatenate([side.asked for side in sides if side.block == 0])
    assert sorted(asked) == np.flatnonzero(newest).tolist()
    assert {side.block for side in sides} == {0, 1, 2}
    for side in sides:
        assert made.times[side.learnt].max() <= made.times[side.asked].min() - GAP
        assert not set(made.contacts[side.learnt]) & set(made.contacts[side.asked])


def test_leads_that_stay_open_are_learnt_from_like_those_that_converted():
    made = rows(open_for_long())
    _, sides = fitting._sides(made, GAP, 0)
    old = made.times <= min(made.times[side.asked].min() for side in sides) - GAP
    rate = made.outcome[old].mean()
    for side in sides:
        assert made.outcome[side.learnt].mean() == pytest.approx(rate, rel=0.3)


def test_leads_of_one_snapshot_are_split_by_time_alone():
    made = rows(leads())
    newest, sides = fitting._sides(made, GAP, 0)
    assert [side.block for side in sides] == [0, 1, 2]
    assert np.array_equal(sides[0].asked, np.flatnonzero(newest))


def test_folds_test_every_row_once_and_keep_contacts_together():
    contacts = np.arange(300) // 3
    outcome = (np.arange(300) % 7 == 0).astype(int)
    tested = []
    for train, test in fitting.folds(outcome, contacts, seed=0):
        assert not set(contacts[train]) & set(contacts[test])
        assert 0 < outcome[test].mean() < 1
        tested += list(test)
    assert sorted(tested) == list(range(300))


def test_folds_without_enough_conversions_are_refused():
    with pytest.raises(DataError, match="Only 2 contacts have the rarer outcome"):
        list(fitting.folds(np.array([1, 1] + [0] * 50), np.arange(52), seed=0))


def test_the_number_of_threads_does_not_change_a_bit():
    from threadpoolctl import threadpool_limits

    made = rows(leads(3000))
    fits = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            fits.append(fitting.fit_recalibrated(made, time_known=True, gap=GAP))
    one, two = (fit.pipeline[-1].coef_.tobytes() for fit in fits)
    assert one == two
