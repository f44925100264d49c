"""The funnel: every place where a stage is kept counts, and no stage is passed over."""

import pandas as pd
import pytest
from crmstores import entry, fill, person
from worldstore import world_store

from leadscore.errors import DataError, UsageError
from leadscore.funnels import funnel
from leadscore.sandbox.world import simulate

MQL = "marketingqualifiedlead"


def at(found, column):
    return found.set_index("stage")[column].to_dict()


def test_a_stage_counts_wherever_it_is_kept(store):
    people = [
        person("now", lifecyclestage=MQL),
        person("dated", hs_lifecyclestage_marketingqualifiedlead_date="2026-02-01"),
        person("in the history"),
        person("not", hs_lifecyclestage_lead_date="2026-02-01"),
        person("gone on", lifecyclestage="opportunity"),
    ]
    history = [
        entry("in the history", "lifecyclestage", MQL, "2026-02-01"),
        entry("somebody else", "lifecyclestage", MQL, "2026-02-01"),
        entry("not", "hs_lead_status", MQL, "2026-02-01"),
    ]
    found = funnel(fill(store, people, history))
    assert at(found, "entered")[MQL] == 3
    assert at(found, "reached")[MQL] == 4
    assert at(found, "reached")["lead"] == at(found, "contacts")["lead"] == 5
    assert found["label"].tolist()[:3] == ["Subscriber", "Lead", "Marketing Qualified Lead"]


def test_the_share_that_goes_on_is_of_those_that_reached_the_stage_before(store):
    people = [person("1", lifecyclestage="customer"), person("2"), person("3", lifecyclestage=MQL)]
    found = funnel(fill(store, people)).set_index("stage")
    assert found.loc[MQL, "from_previous"] == pytest.approx(2 / 3)
    assert found.loc["opportunity", "from_previous"] == 1.0
    assert found.loc["customer", "share"] == pytest.approx(1 / 3)
    assert found.loc[MQL, "low"] < 2 / 3 < found.loc[MQL, "high"]
    assert pd.isna(found.loc["subscriber", "from_previous"])


def test_the_stage_other_is_no_step_beyond_a_customer(store):
    found = funnel(fill(store, [person("1", lifecyclestage="other"), person("2")]))
    assert at(found, "reached")["customer"] == 0
    assert found["stage"].iloc[-1] == "other"
    assert at(found, "reached")["other"] == 1
    history = [entry("1", "lifecyclestage", MQL, "2026-02-01")]
    before = funnel(fill(store, [person("1", lifecyclestage="other"), person("2")], history))
    assert at(before, "reached")[MQL] == 1
    step = funnel(store, aside=())
    assert at(step, "reached")["customer"] == 1


def test_a_contact_that_was_at_no_stage_counts_as_a_contact(store):
    found = funnel(fill(store, [person("1", lifecyclestage=None), person("2")]))
    assert set(found["contacts"]) == {2}
    assert at(found, "share")["subscriber"] == 0.5


def test_a_funnel_by_source_or_month_has_every_contact_once(store):
    people = [
        person("1", "2026-03-01T03:00:00+00:00"),
        person("2", hs_analytics_source=None),
        person("3", createdate=None),
    ]
    fill(store, people)
    for by, parts in (("source", ["Paid search", "-"]), ("month", ["2026-01", "2026-02", "-"])):
        found = funnel(store, by=by)
        assert list(dict.fromkeys(found[by].fillna("-"))) == parts
        assert found.groupby(found[by].fillna("-"))["contacts"].first().sum() == 3


def test_months_are_those_of_a_time_zone_that_is_an_offset_only(store):
    fill(store, [person("1", "2026-02-28T23:00:00+00:00")], zone="UTC+02:00")
    assert set(funnel(store, by="month")["month"]) == {"2026-03"}


def test_the_parts_of_a_funnel_add_up_to_the_whole(tmp_path):
    store = world_store(tmp_path / "crm", simulate(contacts=300, seed=2, now="2026-11-01"))
    whole = funnel(store)
    for by in ("source", "month"):
        parts = funnel(store, by=by).groupby("stage", sort=False)[["entered", "reached"]].sum()
        assert parts["reached"].tolist() == whole["reached"].tolist()
        assert parts["entered"].tolist() == whole["entered"].tolist()
    steps = whole[whole["stage"] != "other"]
    assert steps["reached"].is_monotonic_decreasing
    assert (whole["entered"] <= whole["reached"]).all()
    won = store.contacts(["hs_v2_date_entered_customer"])["hs_v2_date_entered_customer"]
    assert at(whole, "reached")["customer"] == won.notna().sum() > 0


def test_a_stage_that_is_named_like_sql_is_a_name(store):
    fill(store, [person("1", lifecyclestage="x'); --")])
    about = store.properties("contacts")
    hit = about["name"] == "lifecyclestage"
    about.loc[hit, "options"] = about.loc[hit, "options"].map(lambda one: [*one, "x'); --"])
    about.loc[hit, "option_labels"] = about.loc[hit, "option_labels"].map(lambda one: [*one, "X"])
    store.write("properties", about)
    assert at(funnel(store), "entered")["x'); --"] == 1


def test_an_empty_portal_has_an_empty_funnel_with_its_columns(store):
    fill(store, [])
    for by in (None, "source", "month"):
        found = funnel(store, by=by)
        assert found.empty
        assert found["reached"].dtype == "Int64"
        assert found["share"].dtype == "float64"


def test_a_store_without_a_lifecycle_stage_is_a_clear_error(store):
    with pytest.raises(DataError, match="holds no contacts"):
        funnel(store)
    store.write("contacts", pd.DataFrame({"id": ["1"], "y": ["no"]}))
    with pytest.raises(DataError, match="no lifecyclestage, so there is no funnel"):
        funnel(store)
    with pytest.raises(UsageError, match="A funnel by 'owner' is not"):
        funnel(store, by="owner")
