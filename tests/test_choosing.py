from __future__ import annotations

import pandas as pd
import pytest

from leadscore.choosing import (
    PAIRS,
    PERSONAL,
    choose,
    choose_history,
    listed,
    listed_by_object,
)
from leadscore.errors import UsageError

DEFINED = {
    name: {"name": name, "groupName": "contactinformation"}
    for name in ("createdate", "email", "jobtitle", "lastmodifieddate", "lifecyclestage", "seats")
} | {
    "hs_hidden": {"name": "hs_hidden", "hidden": True},
    "associatedcompanyid": {"name": "associatedcompanyid", "hidden": True},
    "other_number": {"name": "other_number", "fieldType": "phonenumber"},
    "leadscore_score": {"name": "leadscore_score", "groupName": "leadscore"},
    "hs_v2_date_entered_customer": {"name": "hs_v2_date_entered_customer", "hidden": True},
}


def test_personal_data_is_asked_for_not_taken_by_habit():
    names = choose("contacts", DEFINED, None)
    assert not PERSONAL & set(names)
    assert "other_number" not in names
    assert "email" in choose("contacts", DEFINED, ["email"])


def test_what_leadscore_writes_and_what_is_hidden_is_not_read_back():
    assert not {"leadscore_score", "hs_hidden"} & set(choose("contacts", DEFINED, None))


def test_what_later_steps_rely_on_is_always_read():
    needed = {"createdate", "lastmodifieddate", "lifecyclestage", "hs_v2_date_entered_customer"}
    needed |= {"associatedcompanyid"}
    assert needed <= set(choose("contacts", DEFINED, ["seats"]))


def test_a_property_that_the_portal_lacks_is_named():
    with pytest.raises(UsageError, match="'job_title'"):
        choose("contacts", DEFINED, ["job_title"])


def test_history_is_that_of_the_chosen_properties_less_times_of_change():
    names = choose("contacts", DEFINED, None)
    assert set(names) - set(choose_history("contacts", names, None, defined=DEFINED)) == {
        "createdate",
        "lastmodifieddate",
    }


def test_of_deals_the_history_that_tells_a_sale_is_read_and_of_companies_none():
    assert choose_history("deals", ["amount", "dealstage", "dealname"], None, defined={}) == [
        "amount",
        "dealstage",
    ]
    assert choose_history("companies", ["name"], None, defined={}) == []


def test_a_wish_for_one_object_type_is_a_wish_for_no_other():
    wish = {"contacts": ["seats"]}
    assert choose_history("contacts", ["seats"], wish, defined=DEFINED) == ["seats"]
    assert choose_history("deals", ["dealstage"], wish, defined=DEFINED) == []


def test_a_history_that_the_portal_cannot_have_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError, match=r"'job_title'.* jobtitle"):
        choose_history("contacts", ["seats"], {"contacts": ["job_title"]}, defined=DEFINED)


@pytest.mark.parametrize("names", ["email", b"email", {"email": 1}, [1], 5, True])
def test_what_is_no_list_of_names_is_refused(names):
    with pytest.raises(UsageError, match="properties is no list"):
        listed("properties", names)


@pytest.mark.parametrize("names", ["jobtitle", {"contacts": "jobtitle"}, False])
def test_a_history_that_is_no_list_of_names_is_refused(names):
    with pytest.raises(UsageError, match=r"history.* is no list"):
        listed_by_object("history", names)


def test_a_history_of_objects_that_a_sync_does_not_read_is_refused():
    with pytest.raises(UsageError, match="'contact'"):
        listed_by_object("history", {"contact": ["jobtitle"]})


def test_no_wish_stays_none_and_any_list_will_do():
    assert listed("properties", None) is listed_by_object("history", None) is None
    assert listed("properties", pd.Index(["email"])) == ["email"]
    assert listed_by_object("history", ()) == {"contacts": []}


def test_associations_go_from_contacts_and_deals():
    assert {source for source, _ in PAIRS} == {"contacts", "deals"}
