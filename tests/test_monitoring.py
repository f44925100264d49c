import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from givenstores import SCORES, contact, given, put
from leadframes import leads, with_attrs
from worldstore import world_store

import leadscore as ls
from leadscore.curves import wilson
from leadscore.drifting import drift
from leadscore.errors import DataError, ModelError
from leadscore.evaluation import evaluate
from leadscore.goals import reaches
from leadscore.monitoring import base_rates, monitor
from leadscore.registry import promote, register
from leadscore.sandbox.world import simulate
from leadscore.training import train

GOAL = reaches("customer", within="30D").as_dict()
DATA = with_attrs(leads(), goal=GOAL)
MODEL = train(DATA)
evaluate(MODEL, DATA)
YEAR = pd.Timedelta(days=365)


def later(*, seed=4, **columns):
    """Return the frame with another year of leads, whose outcomes are not known yet."""
    more = leads(seed=seed)
    more = more.assign(
        contact_id="later " + more["contact_id"],
        snapshot_at=more["snapshot_at"] + YEAR,
        last_open=more["last_open"] + YEAR,
        **{"outcome": pd.array([pd.NA] * len(more), dtype="boolean"), **columns},
    )
    return with_attrs(pd.concat([DATA, more], ignore_index=True), goal=GOAL)


@pytest.fixture
def crm(store):
    register(store, MODEL, data=DATA)
    promote(store, MODEL.id)
    return store


def test_leads_like_those_before_give_no_alarm(crm):
    found = monitor(crm, data=later())
    assert found.attrs["alarms"] == 0
    assert found.attrs["later_rows"] == 1500
    assert {"psi", "missing", "base rate"} == set(found["check"])
    assert set(found["model"]) == {MODEL.id}


def test_leads_of_another_market_are_an_alarm_before_any_outcome_is_known(crm):
    found = monitor(crm, data=later(visits=leads(seed=4)["visits"] + 4))
    alarms = found[found["verdict"] == "alarm"]
    assert set(alarms["property"]) == {"", "visits"}
    assert found.attrs["alarms"] == len(alarms)


def test_the_rows_that_it_learnt_from_are_not_compared_with_themselves(crm):
    found = monitor(crm, data=DATA)
    assert set(found["check"]) == {"base rate"}
    assert found.attrs["later_rows"] == 0


def test_a_model_without_a_reference_is_compared_with_the_rows_it_learnt_from(crm):
    bare = train(DATA)
    with_reference = monitor(crm, data=later())
    without = monitor(crm, bare, data=later())
    psi = [f.loc[f["check"] == "psi", "value"].tolist() for f in (with_reference, without)]
    assert psi[0] == psi[1]


def test_data_about_another_goal_are_refused(crm):
    with pytest.raises(ModelError, match="the data are about"):
        monitor(crm, data=with_attrs(DATA, goal="another"))


def test_without_a_live_model_it_says_how_to_get_one(store):
    with pytest.raises(DataError, match="leadscore train"):
        monitor(store, data=DATA)


def test_the_base_rate_of_each_month_comes_with_its_interval():
    found = base_rates(MODEL, DATA).set_index("part")
    january = DATA[DATA["snapshot_at"].dt.strftime("%Y-%m") == "2025-01"]
    rate = january["outcome"].mean()
    assert found.loc["2025-01", "value"] == pytest.approx(rate)
    low, high = wilson(np.array([rate]), np.array([len(january)]))
    assert found.loc["2025-01", ["low", "high"]].tolist() == [low[0], high[0]]
    assert len(found) == 12
    assert set(found["verdict"]) == {"ok"}, "months that it learnt from are no news"


def test_a_month_that_converts_otherwise_than_the_training_rows_is_remarked_on():
    doubled = leads(seed=4)["outcome"] | leads(seed=5)["outcome"]
    found = base_rates(MODEL, later(outcome=doubled)).set_index("part")
    assert (found.loc["2026-02":, "verdict"] == "advice").mean() > 0.5
    assert "training rows" in found.loc[found["verdict"] == "advice", "advice"].iloc[0]


def test_scores_that_were_given_are_judged_against_what_the_backtest_promised(crm):
    rng = np.random.default_rng(0)
    said = rng.beta(1, 5, 400)
    won = ["2026-05-20" if rng.random() < p else None for p in said]
    people = [contact(str(n), won=at) for n, at in enumerate(won)]
    put(
        crm,
        people,
        [given(str(n), "2026-05-01", model=MODEL, said=p) for n, p in enumerate(said)],
    )
    found = monitor(crm, data=DATA).set_index(["check", "part"])
    auc = found.loc[("forward roc_auc", "")]
    assert auc["expected"] == MODEL.card["metrics"][0]["value"]
    assert auc["rows"] == 400
    assert found.loc[("scores", "judged"), "value"] == 400


# A simulated market ------------------------------------------------------------------------------

DRIFT = pd.Timestamp("2026-03-01", tz="UTC")
HORIZON = pd.Timedelta("60D")
COLUMNS = [
    *("createdate", "hs_analytics_num_page_views", "hs_email_open", "pricing_page_views"),
    *("industry", "numemployees", "jobtitle", "hs_analytics_source"),
]


def watched(folder, **options):
    """Train before the drift, score after it, and watch what became of it."""
    world = simulate(contacts=1500, seed=1, now="2026-11-01", base_rate=0.2, **options)
    store = world_store(folder, world)
    data = ls.training_set(store, ls.reaches("customer", within="60D"))
    facts = data.attrs
    data = data[["contact_id", "snapshot_at", "outcome", *COLUMNS]]
    past = data[data["snapshot_at"] + HORIZON <= DRIFT]
    now = data[data["snapshot_at"] >= DRIFT]
    for frame in (data, past, now):
        frame.attrs = facts
    model = train(past)
    register(store, model, data=past)
    said = zip(now["contact_id"], now["snapshot_at"], model.probability(now), strict=True)
    rows = [given(who, at.isoformat(), model=model, said=p) for who, at, p in said]
    store.write("scores", pa.Table.from_pylist(rows, schema=SCORES))
    return monitor(store, model, data=data), drift(model, now, reference=unaged(model))


def unaged(model):
    return model.card["reference"] | {"ages": None}


def told(found, check, name=""):
    rows = found[(found["check"] == check) & (found["part"] == "")]
    (row,) = rows[rows["property"] == name].to_dict("records")
    return row


@pytest.mark.slow
def test_in_a_steady_market_scores_keep_their_word_though_the_contacts_grow_old(tmp_path):
    found, raw = watched(tmp_path / "steady")
    assert found.attrs["alarms"] == 0
    assert told(found, "psi")["value"] < 0.05
    assert told(raw, "psi")["value"] > 0.1, "the same, had the contacts' ages not been weighed"
    calibration = told(found, "forward calibration")
    # The interval is of what came, not of what 1,500 contacts can teach.
    assert 3 / 4 < calibration["value"] < 4 / 3
    assert told(found, "forward roc_auc")["low"] > 0.6


@pytest.mark.slow
def test_a_market_that_became_another_is_found_by_the_forward_check(tmp_path):
    found, _ = watched(tmp_path / "drifted", drift=DRIFT.isoformat())
    calibration = told(found, "forward calibration")
    assert calibration["high"] < 1
    assert calibration["verdict"] in ("advice", "alarm")
    rates = found[(found["check"] == "base rate") & (found["part"] >= "2026-04")]
    assert (rates["verdict"] == "advice").sum() >= 2
