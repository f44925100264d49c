"""The black-box reference learns what there is to learn, from every type of column."""

import numpy as np
import pandas as pd
import pytest
from leadframes import leads
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from leadscore.blackbox import MOST_LEVELS, _levels, trees_probability
from leadscore.fitting import folds
from leadscore.metrics import roc_auc

DATA = leads(1200)
PAST, ASKED = DATA.iloc[:800], DATA.iloc[800:]
COLUMNS = ["visits", "source", "opted_in", "last_open", "interests"]


def test_numbers_alone_give_what_scikit_learn_gives():
    contacts = pd.factorize(PAST["contact_id"], sort=True)[0]
    outcome = PAST["outcome"].to_numpy(bool)
    kept, apart = next(folds(outcome.astype(int), contacts, seed=0))
    plain = HistGradientBoostingClassifier(
        max_iter=300, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=50,
        early_stopping=True, n_iter_no_change=20, random_state=0,
    )  # fmt: skip
    visits = PAST[["visits"]]
    plain.fit(visits.iloc[kept], outcome[kept], X_val=visits.iloc[apart], y_val=outcome[apart])
    expected = plain.predict_proba(ASKED[["visits"]])[:, 1]
    assert trees_probability(PAST, ASKED, ["visits"]) == pytest.approx(expected)


@pytest.mark.parametrize("column", COLUMNS)
def test_each_type_of_column_is_read(column):
    rng = np.random.default_rng(0)
    happened = rng.random(1200) < 0.3
    now = DATA["snapshot_at"]
    telling = {
        "visits": happened * 2.0,
        "source": np.where(happened, "event", "web"),
        "opted_in": pd.array(happened, dtype="boolean"),
        "last_open": now - pd.to_timedelta(np.where(happened, 1, 9), unit="D"),
        "interests": pd.Series([["a"] if one else ["b"] for one in happened]),
    }
    data = DATA.assign(outcome=happened, **{column: telling[column]})
    said = trees_probability(data.iloc[:800], data.iloc[800:], COLUMNS)
    assert roc_auc(happened[800:], said) > 0.99


def test_a_date_after_the_snapshot_is_not_known():
    later = DATA.assign(last_open=DATA["snapshot_at"] + pd.Timedelta("1h"))
    never = DATA.assign(last_open=pd.Series(pd.NaT, index=DATA.index, dtype="datetime64[us, UTC]"))
    one, other = (trees_probability(d.iloc[:800], d.iloc[800:], COLUMNS) for d in (later, never))
    assert one.tolist() == other.tolist()


def test_a_level_that_was_not_learnt_counts_as_missing():
    new = ASKED.assign(source="never seen")
    blank = ASKED.assign(source=pd.Series([None] * 400, index=ASKED.index, dtype="str"))
    one, other = (trees_probability(PAST, frame, COLUMNS) for frame in (new, blank))
    assert one.tolist() == other.tolist()


def test_a_level_of_few_contacts_is_not_learnt_however_many_rows_it_has():
    often = pd.concat([PAST.head(120)] * 10, ignore_index=True)
    names = "name " + (pd.factorize(often["contact_id"])[0] // 10).astype(str).astype(object)
    named = often.assign(source=pd.Series(names, dtype="str"))
    blank = often.assign(source=pd.Series([None] * 1200, dtype="str"))
    one, other = (trees_probability(frame, ASKED, ["source", "visits"]) for frame in (named, blank))
    assert one.tolist() == other.tolist()


def test_at_most_as_many_levels_are_kept_as_the_trees_can_take():
    values = pd.Series(np.repeat([f"level {i}" for i in range(300)], 20), dtype="str")
    assert len(_levels(values, pd.Series(np.arange(6000)))) == MOST_LEVELS < 255


def test_the_same_seed_gives_the_same_trees_on_one_core_and_on_all():
    with threadpool_limits(1):
        alone = trees_probability(PAST, ASKED, COLUMNS)
    assert trees_probability(PAST, ASKED, COLUMNS).tolist() == alone.tolist()


def test_with_nothing_to_learn_from_the_rate_is_said_of_all():
    blank = DATA.assign(visits=np.nan)
    said = trees_probability(blank.iloc[:800], blank.iloc[800:], ["visits"])
    assert said.tolist() == [PAST["outcome"].mean()] * 400
    assert trees_probability(PAST, ASKED, []).tolist() == said.tolist()
