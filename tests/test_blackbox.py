"""The black-box reference learns what there is to learn, from every type of column."""

import numpy as np
import pandas as pd
import pytest
from leadframes import leads
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from leadscore.blackbox import MOST_LEVELS, trees_probability
from leadscore.metrics import roc_auc

DATA = leads(1200)
PAST, ASKED = DATA.iloc[:800], DATA.iloc[800:]
COLUMNS = ["visits", "source", "opted_in", "last_open", "interests"]


def test_numbers_alone_give_what_scikit_learn_gives():
    plain = HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=50,
        early_stopping=False, random_state=0,
    )  # fmt: skip
    plain.fit(PAST[["visits"]], PAST["outcome"].to_numpy(bool))
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


def test_levels_that_were_not_learnt_and_too_many_levels_count_as_missing():
    names = np.array([f"level {i}" for i in range(400)])
    many = DATA.assign(source=pd.Series(names[np.arange(1200) % 400], dtype="str"))
    said = trees_probability(many.iloc[:800], many.iloc[800:], ["source", "visits"])
    assert np.isfinite(said).all()
    assert MOST_LEVELS < 255
    new = ASKED.assign(source="never seen")
    blank = ASKED.assign(source=pd.Series([None] * 400, index=ASKED.index, dtype="str"))
    one, other = (trees_probability(PAST, frame, COLUMNS) for frame in (new, blank))
    assert one.tolist() == other.tolist()


def test_the_same_seed_gives_the_same_trees_on_one_core_and_on_all():
    with threadpool_limits(1):
        alone = trees_probability(PAST, ASKED, COLUMNS)
    assert trees_probability(PAST, ASKED, COLUMNS).tolist() == alone.tolist()


def test_with_nothing_to_learn_from_the_rate_is_said_of_all():
    blank = DATA.assign(visits=np.nan)
    said = trees_probability(blank.iloc[:800], blank.iloc[800:], ["visits"])
    assert said.tolist() == [PAST["outcome"].mean()] * 400
    assert trees_probability(PAST, ASKED, []).tolist() == said.tolist()
