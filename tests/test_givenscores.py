import pandas as pd
import pyarrow as pa
import pytest
from givenstores import SCORES, contact, given, put
from leadframes import leads, with_attrs
from worldstore import world_store

import leadscore as ls
from leadscore.givenscores import STATES, goal_on, scored_leads
from leadscore.goals import property_equals, reaches
from leadscore.registry import register
from leadscore.sandbox.world import simulate
from leadscore.training import train

GOAL = reaches("customer", within="90D")
DATA = leads(800)
MODEL = train(with_attrs(DATA, goal=GOAL.as_dict(), horizon_days=90))
TIMELESS = train(
    with_attrs(
        DATA, goal=property_equals("lifecyclestage", "customer").as_dict(), horizon_days=None
    )
)


def one(store, **about):
    (row,) = scored_leads(store, **about).to_dict("records")
    return row


@pytest.fixture
def crm(store):
    register(store, MODEL)
    return store


@pytest.mark.parametrize(
    ("won", "at", "state", "outcome"),
    [
        (None, "2026-05-01", "judged", False),
        ("2026-06-01", "2026-05-01", "judged", True),
        ("2026-07-30", "2026-05-01", "judged", True),  # the 90th day
        ("2026-08-15", "2026-05-01", "judged", False),  # too late to count
        ("2026-07-01", "2026-06-10", "not due", None),
        (None, "2026-06-10", "not due", None),
        ("2026-04-01", "2026-05-01", "reached before", None),
    ],
)
def test_a_score_is_judged_by_what_came_within_its_horizon(crm, won, at, state, outcome):
    put(crm, [contact("7", won=won)], [given("7", at, model=MODEL)])
    found = one(crm)
    assert found["state"] == state
    assert (None if pd.isna(found["outcome"]) else found["outcome"]) == outcome


def test_a_contact_that_is_gone_is_counted_and_not_judged(crm):
    put(crm, [contact("8")], [given("7", "2026-05-01", model=MODEL)])
    found = one(crm)
    assert found["state"] == "gone"
    assert pd.isna(found["outcome"])


def test_a_score_of_a_model_that_is_gone_cannot_be_judged(crm):
    folder = crm.workspace / "models" / MODEL.id
    put(crm, [contact("7")], [given("7", "2026-05-01", model=MODEL)])
    (folder / "card.json").unlink()
    assert one(crm)["state"] == "no goal"
    assert goal_on(crm, MODEL.id) is None


def test_a_goal_without_a_horizon_is_never_due(crm):
    register(crm, TIMELESS)
    put(crm, [contact("7", won="2026-06-01")], [given("7", "2026-05-01", model=TIMELESS)])
    assert one(crm)["state"] == "not due"
    assert goal_on(crm, TIMELESS.id).within is None


def test_of_nightly_scores_the_first_of_each_month_counts(crm):
    nights = [f"2026-0{month}-{day:02d}" for month in (3, 4) for day in range(2, 28)]
    scores = [given("7", at, model=MODEL, said=n / 100) for n, at in enumerate(nights)]
    put(crm, [contact("7")], scores)
    found = scored_leads(crm)
    assert found["month"].tolist() == ["2026-03", "2026-04"]
    assert found["probability"].tolist() == [0.0, 0.26]


def test_of_two_runs_at_one_snapshot_the_earlier_score_counts(crm):
    first = given("7", "2026-05-01", model=MODEL, said=0.3)
    second = first | {"scored_at": first["scored_at"] + pd.Timedelta("1h"), "probability": 0.4}
    for scores in ([first, second], [second, first]):
        put(crm, [contact("7")], scores)
        assert one(crm)["probability"] == 0.3


def test_who_had_reached_the_goal_was_given_no_probability_to_judge(crm):
    put(crm, [contact("7")], [given("7", "2026-05-01", model=MODEL, tier="reached")])
    assert scored_leads(crm).empty


def test_models_are_followed_each_by_its_own_goal(crm):
    other = train(with_attrs(DATA, goal=reaches("customer", within="30D").as_dict()))
    register(crm, other)
    scores = [given("7", "2026-05-01", model=model) for model in (MODEL, other)]
    put(crm, [contact("7", won="2026-07-01")], scores)
    found = scored_leads(crm).set_index("model")["outcome"].to_dict()
    assert found == {MODEL.id: True, other.id: False}
    assert one(crm, models=[other.id])["model"] == other.id


def test_worked_is_who_was_contacted_after_the_score(crm):
    people = [
        contact("1", notes_last_contacted="2026-05-20"),
        contact("2", notes_last_contacted="2026-04-20"),
        contact("3", notes_last_contacted=None),
    ]
    put(crm, people, [given(name, "2026-05-01", model=MODEL) for name in "123"])
    assert scored_leads(crm)["worked"].tolist() == [True, False, False]


def test_without_the_last_contact_the_lead_status_tells_who_was_worked(crm):
    status = {"1": "NEW", "2": "CONNECTED", "3": None}
    people = [contact(name, hs_lead_status=said) for name, said in status.items()]
    put(crm, people, [given(name, "2026-05-01", model=MODEL) for name in "123"])
    assert scored_leads(crm)["worked"].tolist() == [False, True, False]


def test_where_neither_is_synced_nobody_knows_who_was_worked(crm):
    put(crm, [contact("7")], [given("7", "2026-05-01", model=MODEL)])
    assert pd.isna(one(crm)["worked"])


def test_held_out_is_kept_and_missing_means_written(crm):
    scores = [
        given("1", "2026-05-01", model=MODEL, held_out=True),
        given("2", "2026-05-01", model=MODEL, held_out=None),
    ]
    put(crm, [contact("1"), contact("2")], scores)
    assert scored_leads(crm)["held_out"].tolist() == [True, False]


def test_without_scores_the_frame_is_empty_and_of_the_same_types(crm):
    empty = scored_leads(crm)
    assert empty.empty
    put(crm, [contact("7")], [given("7", "2026-05-01", model=MODEL)])
    full = scored_leads(crm)
    assert set(empty.columns) == set(full.columns)
    assert empty["outcome"].dtype == full["outcome"].dtype == "boolean"
    assert set(full["state"]) <= set(STATES)


@pytest.mark.parametrize("goal", [GOAL, ls.deal_won(within="60D")], ids=str)
def test_what_became_of_scores_is_what_the_training_set_says_of_the_same_snapshots(tmp_path, goal):
    world = simulate(contacts=600, seed=1, now="2026-11-01")
    store = world_store(tmp_path / "world", world)
    data = ls.training_set(store, goal, ages=(1, 30), month_starts=False)
    model = train(with_attrs(DATA, goal=goal.as_dict(), horizon_days=goal.within.days))
    register(store, model)
    told = data.assign(month=data["snapshot_at"].dt.strftime("%Y-%m"))
    told = told.drop_duplicates(["contact_id", "month"])
    rows = [
        given(name, at.isoformat(), model=model)
        for name, at in zip(
            told["contact_id"], told["snapshot_at"].dt.tz_localize(None), strict=True
        )
    ]
    store.write("scores", pa.Table.from_pylist(rows, schema=SCORES))
    found = scored_leads(store)
    assert found["outcome"].sum() > 10
    assert found["outcome"].isna().any()
    both = told.merge(found, on=["contact_id", "month"], suffixes=("_then", ""))
    assert len(both) == len(told)
    pd.testing.assert_series_equal(both["outcome"], both["outcome_then"], check_names=False)
