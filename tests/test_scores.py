import copy
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from leadframes import leads, with_attrs

from leadscore.errors import BusyError, DataError, GuardError, ModelError, UsageError
from leadscore.goals import reaches
from leadscore.hubspot.reading import read_values
from leadscore.hubspot.writing import update_batch
from leadscore.planning import plan
from leadscore.pointsmodel import as_model
from leadscore.rulefiles import parse
from leadscore.scores import score, score_frame
from leadscore.snapshots import scoring_frame, training_set
from leadscore.syncing import sync
from leadscore.training import fit, train
from leadscore.writeback import apply

DATA = leads()
MODEL = train(DATA)
FRESH = leads(1000, seed=21)
SCORED = score_frame(MODEL, FRESH)
LISTS = (
    "list<item: struct<property: dictionary<values=string, indices=int16, ordered=0>, "
    "value: large_string, contribution: double>>[pyarrow]"
)


def test_the_columns_are_as_promised():
    assert {name: str(kind) for name, kind in SCORED.dtypes.items()} == {
        "contact_id": "str",
        "probability": "float64",
        "score": "Int64",
        "tier": "str",
        "rank": "Int64",
        "fit": "Int64",
        "engagement": "Int64",
        "trend": "str",
        "reasons_for": LISTS,
        "reasons_against": LISTS,
        "reasons": "str",
        "held_out": "bool",
        "model": "str",
        "scored_at": "datetime64[us, UTC]",
    }


def test_every_contact_is_scored_once_with_the_models_probability():
    by_contact = SCORED.set_index("contact_id")["probability"]
    assert sorted(by_contact.index) == sorted(FRESH["contact_id"])
    assert by_contact[FRESH["contact_id"]].tolist() == MODEL.probability(FRESH).tolist()
    assert set(SCORED["model"]) == {MODEL.id}


def test_the_best_come_first_and_ties_go_by_contact():
    doubled = pd.concat([FRESH, FRESH.assign(contact_id="x" + FRESH["contact_id"])])
    found = score_frame(MODEL, doubled)
    ranks = list(zip(-found["probability"], found["contact_id"], strict=True))
    assert ranks == sorted(ranks)


def test_order_of_rows_and_time_zone_change_nothing():
    mixed = FRESH.sample(frac=1, random_state=2)
    zoned = mixed.assign(snapshot_at=mixed["snapshot_at"].dt.tz_convert("Asia/Kolkata"))
    found = score_frame(MODEL, zoned)
    columns = [name for name in SCORED if name != "scored_at"]
    pd.testing.assert_frame_equal(found[columns], SCORED[columns])
    assert found.attrs == SCORED.attrs


def test_the_same_rows_give_the_same_bytes_whatever_their_order():
    mixed = score_frame(MODEL, FRESH.sample(frac=1, random_state=5))
    one, other = (
        pa.Table.from_pandas(found.drop(columns="scored_at")).to_pydict()
        for found in (mixed, SCORED)
    )
    assert one == other


def test_a_score_is_the_share_of_the_newest_training_rows_that_lie_below():
    newest = DATA[DATA["snapshot_at"] >= DATA["snapshot_at"].quantile(0.8)]
    usual = score_frame(MODEL, newest)
    assert usual["score"].min() == 0
    assert usual["score"].max() >= 99
    assert usual["score"].mean() == pytest.approx(50, abs=1)
    assert usual["fit"].mean() < 51
    below = [(usual["probability"] < p).mean() * 100 for p in usual["probability"]]
    assert np.abs(usual["score"].astype(float) - below).max() <= 1


def test_scores_rise_with_the_probability():
    assert SCORED["score"].is_monotonic_decreasing
    assert SCORED["score"].between(0, 100).all()


def test_a_contact_does_not_change_its_score_because_of_others():
    best, worst = FRESH.head(30), FRESH.tail(30)
    alone = score_frame(MODEL, best)[["contact_id", "score", "fit", "engagement"]]
    beside = score_frame(MODEL, pd.concat([worst, best])).merge(alone[["contact_id"]])
    pd.testing.assert_frame_equal(alone, beside[alone.columns])


def test_a_group_without_properties_has_no_score():
    plain = with_attrs(DATA, groups={})
    found = score_frame(train(plain), FRESH)
    assert found["engagement"].isna().all()
    assert found["fit"].tolist() == found["score"].tolist()


def test_fit_and_engagement_come_from_their_own_properties():
    busy = FRESH.assign(visits=9.0, last_open=FRESH["snapshot_at"])
    one, other = (score_frame(MODEL, f).set_index("contact_id") for f in (FRESH, busy))
    assert (one["fit"] == other["fit"][one.index]).all()
    assert other["engagement"].min() > 90


def test_without_a_capacity_a_tenth_is_tier_a():
    assert SCORED.attrs["capacity"] == 100
    assert SCORED["tier"].value_counts()[["A", "B"]].tolist() == [100, 100]
    assert SCORED.attrs["contacts_by_tier"] == SCORED["tier"].value_counts().to_dict()


def test_expected_conversions_are_what_a_calibrated_model_should_see():
    expected = pd.Series(SCORED.attrs["expected_conversions"])
    assert expected.sum() == pytest.approx(SCORED["probability"].sum())
    assert expected.sum() == pytest.approx(FRESH["outcome"].sum(), rel=0.25)


def test_ranks_count_from_one_and_tiers_go_by_rate_where_asked():
    assert SCORED["rank"].tolist() == list(range(1, 1001))
    found = score_frame(MODEL, FRESH, rates={"A": 0.3, "B": 0.1})
    assert found.loc[found["tier"] == "A", "probability"].min() >= 0.3
    assert found.loc[found["tier"] == "B", "probability"].between(0.1, 0.3).all()
    assert found.attrs["rates"] == {"A": 0.3, "B": 0.1}


def test_those_held_out_are_told_and_take_no_place():
    held = FRESH.assign(held_out=FRESH["contact_id"].isin(SCORED["contact_id"][:10]))
    found = score_frame(MODEL, held, capacity=100)
    assert found["held_out"].sum() == 10
    assert (found["tier"] == "A").sum() == 110
    assert found.attrs["contacts_by_tier"]["A"] == 100
    assert found.attrs["held_out"] == 10


def test_the_facts_can_be_kept_as_json_and_the_frame_without_its_lists_as_parquet(tmp_path):
    assert json.loads(json.dumps(SCORED.attrs)) == SCORED.attrs
    plain = SCORED.drop(columns=["reasons_for", "reasons_against"])
    plain.to_parquet(tmp_path / "scores.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "scores.parquet"), plain)


def test_reasons_are_read_as_lists_of_what_was_found():
    first = SCORED.to_dict("records")[0]["reasons_for"]
    assert isinstance(first, list)
    assert set(first[0]) == {"property", "value", "contribution"}
    assert SCORED["reasons_for"].map(len).max() <= 5


def test_reasons_are_the_strongest_contributions_of_each_side():
    parts = MODEL.contributions(FRESH).set_axis(FRESH["contact_id"])
    for row in SCORED.head(50).itertuples():
        own = parts.loc[row.contact_id]
        wanted = own[own >= 0.05].sort_values(ascending=False).head(5)
        assert [r["property"] for r in row.reasons_for] == list(wanted.index)
        against = own[own <= -0.05].sort_values().head(5)
        assert [r["contribution"] for r in row.reasons_against] == against.tolist()


def test_reasons_say_label_value_and_absolute_date():
    lead = FRESH.head(1).assign(
        visits=9.0,
        source=pd.Series(["event"], dtype="str"),
        last_open=pd.Timestamp("2020-01-31", tz="UTC"),
    )
    text = score_frame(MODEL, lead)["reasons"][0]
    assert text.startswith("For: Page visits is 9; Original source is event")
    assert "Against: last_open is 2020-01-31" in text


def test_missing_values_are_called_unknown():
    lead = FRESH.head(1).assign(visits=9.0, source=pd.Series([None], dtype="str"))
    reasons = score_frame(MODEL, lead)[["reasons_for", "reasons_against"]].iloc[0]
    values = {r["property"]: r["value"] for side in reasons for r in side}
    assert values.get("source", "unknown") == "unknown"


def test_hostile_contact_data_is_inert_in_the_reasons():
    nasty = "<script>alert(1)</script>\u202e\x1b[31m"
    data = leads().assign(source=lambda d: d["source"].replace("event", nasty))
    found = score_frame(train(data), data)
    told = " ".join(found["reasons"])
    assert "script" in told
    assert not set("<>\u202e\x1b") & set(told)
    assert found["reasons"].str.len().max() <= 500


def test_facts_for_the_plan_are_handed_on():
    model = train(leads())
    model.card["signal"] = False
    found = score_frame(model, with_attrs(FRESH, workspace="crm"))
    assert (found.attrs["workspace"], found.attrs["signal"]) == ("crm", False)


def test_nobody_to_score_gives_an_empty_frame():
    found = score_frame(MODEL, FRESH.iloc[:0])
    assert len(found) == 0
    assert found.attrs["contacts"] == 0
    assert list(found.columns) == list(SCORED.columns)


def test_a_contact_with_two_rows_is_refused():
    with pytest.raises(DataError, match="1000 contacts have more than one row"):
        score_frame(MODEL, pd.concat([FRESH, FRESH]))


def test_a_frame_that_does_not_fit_is_refused():
    with pytest.raises(ModelError, match="missing: visits"):
        score_frame(MODEL, FRESH.drop(columns="visits"))
    with pytest.raises(DataError, match="contact_id"):
        score_frame(MODEL, FRESH.drop(columns="contact_id"))


def test_cuts_are_checked_before_anything_is_scored():
    with pytest.raises(UsageError, match="not by both"):
        score_frame(MODEL, FRESH.drop(columns="visits"), capacity=3, rates={"A": 0.2, "B": 0.1})


@pytest.fixture(scope="module")
def models():
    return {}


@pytest.fixture
def learned(synced, sandbox, models):
    """Return a model of the small portal, which is synced; equal portals make equal models."""
    if sandbox.portal_id not in models:
        models[sandbox.portal_id] = fit(training_set(synced, reaches("customer")))
    return copy.deepcopy(models[sandbox.portal_id])


def test_the_contacts_of_a_store_are_scored_and_their_scores_kept(store, learned):
    waiting = score(learned, store)
    everybody = score(learned, store, who="all")
    assert set(waiting["contact_id"]) < set(everybody["contact_id"])
    assert sorted(everybody["contact_id"]) == sorted(store.contacts(["id"])["id"])
    assert everybody.attrs["workspace"] == str(store.workspace)
    kept = store.sql("select run, count(*) as n from scores group by run order by run")
    runs = {waiting.attrs["run"]: len(waiting), everybody.attrs["run"]: len(everybody)}
    assert dict(zip(kept["run"], kept["n"], strict=True)) == runs
    assert store.versions("scores")["rows_added"].tolist() == list(runs.values())


def test_the_snapshot_is_streamed_and_scored_like_a_frame_in_memory(store, learned):
    streamed = score(learned, store, who="all", hold_out=0.3)
    frame = scoring_frame(store, reaches("customer"), who="all", hold_out=0.3)
    whole = score_frame(learned, frame)
    assert learned.card["history"]
    assert store.rows("snapshot") == len(whole)
    columns = ["contact_id", "probability", "tier", "rank", "held_out"]
    pd.testing.assert_frame_equal(streamed[columns], whole[columns])
    assert 0 < streamed["held_out"].sum() < len(streamed)
    assert store.sql("select sum(held_out::int) as n from scores")["n"][0] == whole.held_out.sum()


def test_a_model_that_learnt_without_history_is_given_values_of_now(synced, store):
    model = fit(training_set(store, reaches("customer"), history=False), drop=["product_logins"])
    found = score(model, store)
    frame = scoring_frame(store, reaches("customer"), history=False)
    assert found["probability"].tolist() == score_frame(model, frame)["probability"].tolist()
    assert not store.has("snapshot")


def test_a_property_that_only_the_converted_have_stops_the_scores_of_the_open(synced, store):
    naive = training_set(store, reaches("customer"), history=False)
    model = fit(naive, keep=["product_logins"])
    with pytest.raises(GuardError, match="product_logins are missing") as caught:
        score(model, store)
    assert caught.value.guards == ["missing_features"]
    assert not store.has("scores")
    known = {"missing_features": "the product is new to them"}
    found = score(model, store, override=known)
    assert found.attrs["overridden"] == known
    assert [g["guard"] for g in found.attrs["guards"]] == ["missing_features"]
    assert store.ledger.runs()["facts"].iloc[-1]["overridden"] == known


def test_those_left_out_are_not_scored_and_not_taken_for_winners(store, learned):
    first = score(learned, store)
    out = first["contact_id"].tolist()[:3]
    found = score(learned, store, exclude=out)
    assert set(first["contact_id"]) - set(found["contact_id"]) == set(out)
    assert found.attrs["reached"] == 0


def test_the_trend_is_against_the_last_run(store, learned):
    assert set(score(learned, store)["trend"]) == {"new"}
    assert set(score(learned, store)["trend"]) == {"steady"}
    learned.card["quantiles"]["whole"] = [q + 1 for q in learned.card["quantiles"]["whole"]]
    assert "falling" in set(score(learned, store)["trend"])


def test_who_reaches_the_goal_after_a_score_is_told_so_once_and_nobody_else(portal, store, learned):
    first = score(learned, store)
    portal_has(portal, first)
    winner = first["contact_id"].iloc[4]
    update_batch(portal, "contacts", {winner: {"lifecyclestage": "customer"}})
    sync(portal, store, progress=False)
    for night in range(2):
        found = score(learned, store)
        reached = found[found["tier"] == "reached"]
        assert reached["contact_id"].tolist() == [winner]
        assert reached["score"].isna().all()
        assert len(found) == len(first)
        changes = plan(portal, found, progress=False).changes.set_index("contact_id")
        assert (winner in changes.index) == (night == 0)
        assert portal_has(portal, found)[winner]["leadscore_tier"] == "reached"
    noted = store.sql("select contact_id from scores where tier = 'reached'")
    assert noted["contact_id"].tolist() == [winner]


def test_a_held_out_contact_that_reaches_the_goal_is_still_not_written(portal, store, learned):
    first = score(learned, store, hold_out=0.5)
    portal_has(portal, first)
    winners = [first.loc[first["held_out"] == out, "contact_id"].iloc[0] for out in (True, False)]
    update_batch(portal, "contacts", {one: {"lifecyclestage": "customer"} for one in winners})
    sync(portal, store, progress=False)
    found = score(learned, store, hold_out=0.5).set_index("contact_id")
    assert found.loc[winners, "tier"].tolist() == ["reached"] * 2
    assert found.loc[winners, "held_out"].tolist() == [True, False]
    planned = plan(portal, found.reset_index(), progress=False).changes["contact_id"]
    assert set(winners) & set(planned) == {winners[1]}


def test_rules_about_what_was_done_lately_score_the_store_as_they_scored_its_history(synced, store):
    data = training_set(store, reaches("customer"))
    counter = next(n.removesuffix("__30d") for n in data if n.endswith("__30d"))
    rule = f"{{property: {counter}, in_last: 30 days, points_each: 1, max: 20}}"
    model = as_model(parse(f"name: Lately\ngroups: {{Did: {{rules: [{rule}]}}}}"), data)
    frame = scoring_frame(store, reaches("customer")).set_index("contact_id")
    found = score(model, store).set_index("contact_id")["probability"]
    by_hand = pd.Series(model.probability(frame.reset_index()), index=frame.index)
    assert len(set(found)) > 1
    assert found.to_dict() == pytest.approx(by_hand.to_dict())


def portal_has(portal, found):
    """Write the scores, and return what the portal holds afterwards."""
    made = plan(portal, found, progress=False)
    apply(portal, made, override={"no_signal": "a test"}, progress=False)
    names = ["leadscore_tier", "leadscore_score"]
    return read_values(portal, "contacts", found["contact_id"].tolist()[-100:], names)


def test_a_workspace_in_use_is_left_alone(store, learned):
    with store.lock("sync"), pytest.raises(BusyError):
        score(learned, store)
    assert not store.has("scores")


def test_a_run_that_fails_leaves_no_scores_and_says_so_on_record(store, learned):
    learned.card["features"].append(
        {"name": "gone", "label": "Gone", "type": "number", "group": "fit", "missing": 0.5}
    )
    with pytest.raises(GuardError):
        score(learned, store)
    assert not store.has("scores")
    assert store.ledger.runs()["status"].tolist()[-1] == "failed"
