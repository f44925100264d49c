from __future__ import annotations

import pandas as pd
import pytest
from historystore import history_store

from leadscore.errors import DataError
from leadscore.goals import reaches
from leadscore.snapshotfacts import SET_ONCE, bare, changing, derived_facts, frame_facts, synced_at


def _about(**read_only):
    return pd.DataFrame(
        {
            "label": [name.upper() for name in read_only],
            "type": "number",
            "group": "emailinformation",
            "read_only": list(read_only.values()),
        },
        index=list(read_only),
    )


def test_what_hubspot_keeps_up_to_date_changes_and_what_it_sets_once_does_not():
    about = _about(hs_email_open=True, hs_latest_source=False, jobtitle=False, createdate=True)
    assert changing(about) == ["hs_email_open", "hs_latest_source"]
    assert SET_ONCE.fullmatch("hs_analytics_source_data_1")


def test_a_first_visit_or_form_may_come_long_after_the_contact_and_is_not_known_from_the_start():
    about = _about(first_conversion_date=True, hs_analytics_first_timestamp=True)
    assert changing(about) == ["first_conversion_date", "hs_analytics_first_timestamp"]


def test_the_time_of_the_sync_is_told_or_missed(store):
    with pytest.raises(DataError, match="synced"):
        synced_at(store)


def test_an_id_is_text_although_hubspot_calls_it_a_number(store):
    history_store(store, {"1": 0}, [("1", "opens", "1", 1)])
    about = _about(seen=False, company_id=False)
    facts = frame_facts(
        store,
        reaches("customer"),
        about,
        texts=["company_id"],
        version=3,
        as_of=pd.Timestamp("2026-01-01", tz="UTC"),
    )
    assert facts["types"] == {"seen": "number", "company_id": "string"}
    assert facts["groups"] == {"seen": "engagement", "company_id": "engagement"}
    assert facts["goal"]["value"] == "customer"


def test_a_derived_column_is_of_its_propertys_family_and_group():
    facts = {"labels": {"a__b": "A"}, "types": {"a__b": "string"}, "groups": {"a__b": "fit"}}
    told = derived_facts(facts, ["a__b__7d", "a__b__since"])
    assert told["families"] == {"a__b__7d": "a__b", "a__b__since": "a__b"}
    assert set(told["types"].values()) == {"number"}
    assert set(told["groups"].values()) == {"fit"}
    assert told["labels"]["a__b__7d"] == "A, last 7 days"


def test_a_bare_frame_has_the_columns_and_none_of_the_attrs_and_leaves_the_other_as_it_was():
    frame = pd.DataFrame({"visits": [1.0]})
    frame.attrs = {"goal": "customer"}
    without = bare(frame)
    without["more"] = 2.0
    assert without.attrs == {}
    assert without["visits"].tolist() == [1.0]
    assert (list(frame.columns), frame.attrs) == (["visits"], {"goal": "customer"})
