from __future__ import annotations

import pandas as pd
import pytest
from portals import truth

from leadscore.errors import UsageError
from leadscore.finding import find, ids_of
from leadscore.hubspot.connection import connect
from leadscore.hubspot.properties import definitions
from leadscore.sandbox import open_sandbox


@pytest.fixture(scope="module")
def served():
    with open_sandbox(contacts=250, seed=3, process=False, limits=False) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def crm(served):
    with connect(served) as portal:
        yield portal


def contacts(crm, **asked):
    return find(crm, "contacts", **asked)


def test_all_records_come_typed_in_the_order_of_their_ids(crm, served):
    found = contacts(crm)
    assert list(found["id"]) == sorted(truth(served, "email"), key=int)
    assert list(found) == ["id", "email", "firstname", "lastname", "createdate", "lastmodifieddate"]
    assert str(found["createdate"].dtype) == "datetime64[us, UTC]"


def test_filters_find_who_the_portal_has_and_show_what_was_searched_by(crm, served):
    found = contacts(crm, lifecyclestage="lead", email__has=True)
    stages, mails = truth(served, "lifecyclestage"), truth(served, "email")
    assert set(found["id"]) == {i for i in stages if stages[i] == "lead" and mails[i]}
    assert set(found["lifecyclestage"]) == {"lead"}


def test_filters_as_hubspot_writes_them_go_with_the_others(crm, served):
    lead = {"propertyName": "lifecyclestage", "operator": "EQ", "value": "lead"}
    none = {"propertyName": "email", "operator": "NOT_HAS_PROPERTY"}
    groups = [{"filters": [lead]}, {"filters": [none]}]
    stages, mails = truth(served, "lifecyclestage"), truth(served, "email")
    either = {i for i in stages if stages[i] == "lead" or not mails[i]}
    assert set(contacts(crm, where=groups)["id"]) == either
    some = sorted(either)[:5]
    assert sorted(contacts(crm, where=groups, hs_object_id=some)["id"]) == some


def test_ids_come_in_their_order_once_each_and_who_is_lost_is_named(crm):
    ids = list(contacts(crm)["id"])
    found = contacts(crm, ids=pd.Series([ids[7], "999999", ids[3], ids[7]]))
    assert (list(found["id"]), found.attrs["missing"]) == ([ids[7], ids[3]], ["999999"])


def test_addresses_come_in_their_order_and_who_is_lost_is_named(crm):
    known = contacts(crm, email__has=True)
    asked = [known["email"][9].upper(), "no@body.example", "junk", known["email"][2]]
    found = contacts(crm, email=asked)
    assert list(found["id"]) == [known["id"][9], known["id"][2]]
    assert found.attrs["missing"] == ["no@body.example", "junk"]
    assert list(contacts(crm, email=asked[0])["id"]) == [known["id"][9]]


def test_an_address_with_other_filters_is_one_of_them(crm):
    known = contacts(crm, email__has=True, lifecyclestage="lead")
    mails = [known["email"][0], known["email"][1].upper()]
    assert list(contacts(crm, email=mails, lifecyclestage="lead")["id"]) == list(known["id"][:2])
    assert contacts(crm, email=mails, lifecyclestage="other").empty


def test_records_of_one_company_are_found(crm, served):
    company = str(min(served.portal.collection("companies").records.ids_between(0, 10**18)))
    found = contacts(crm, associated_with=("companies", company))
    linked = served.portal.associations.of("companies", int(company), "contacts")
    assert set(found["id"]) == set(map(str, linked)) != set()


def test_a_sort_goes_with_a_limit_and_without(crm):
    column = "createdate"
    newest = contacts(crm, sort=f"-{column}", limit=210, properties=["email"])
    everyone = contacts(crm, sort=f"-{column}", properties=[column])
    assert list(newest) == ["id", "email"]
    assert everyone[column].is_monotonic_decreasing
    assert list(newest["id"]) == list(everyone["id"][:210])


def test_more_properties_than_a_search_takes_are_read_by_id(crm):
    names = list(definitions(crm, "contacts"))
    found = contacts(crm, lifecyclestage="lead", properties=names)
    assert list(found) == ["id", *names]
    leads = contacts(crm, lifecyclestage="lead")
    pd.testing.assert_series_equal(found["email"], leads["email"])


def test_nothing_found_is_a_frame_with_its_columns(crm):
    found = contacts(crm, email="no@body.example", lifecyclestage="lead")
    assert (len(found), list(found)[:2]) == (0, ["id", "email"])
    assert contacts(crm, ids=[]).empty


@pytest.mark.parametrize("kind", ["companies", "deals", "tasks"])
def test_other_types_are_found_alike(crm, served, kind):
    assert set(find(crm, kind)["id"]) == set(truth(served, "hs_object_id", kind))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"id": 1, "query": "x"}, "not both"),
        ({"id": 1, "ids": [2]}, "not both"),
        ({"limit": 0}, "limit=0"),
        ({"sort": "nothing"}, "no property 'nothing'"),
        ({"properties": ["emial"]}, "mean email"),
        ({"associated_with": "7"}, "one record"),
        ({"ids": pd.DataFrame({"id": [1]})}, "names no records"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_searched(crm, served, asked, said):
    with pytest.raises(UsageError, match=said):
        contacts(crm, **asked)


def test_ids_of_a_frame_that_pandas_made_floats_are_whole():
    assert ids_of(pd.Series([7.0, None, 8.0])) == ["7", "8"]


def test_one_value_or_none_are_found_together(crm, served):
    found = contacts(crm, hs_lead_status=["OPEN", None], lifecyclestage="lead")
    status, stages = truth(served, "hs_lead_status"), truth(served, "lifecyclestage")
    wanted = {i for i, s in stages.items() if s == "lead" and (status.get(i) or "") in ("", "OPEN")}
    assert set(found["id"]) == wanted


def test_an_owner_is_given_by_address(crm, served):
    owner = next(one for one in truth(served, "hubspot_owner_id").values() if one)
    mail = served.portal.shelf("owners")[owner]["email"]
    assert contacts(crm, hubspot_owner_id=mail.upper(), limit=5).equals(
        contacts(crm, hubspot_owner_id=owner, limit=5)
    )
    with pytest.raises(UsageError, match="no owner 'nobody@example"):
        contacts(crm, hubspot_owner_id="nobody@example.org")


def test_missing_and_empty_addresses_are_passed_over_alike(crm):
    asked = ["", None, float("nan"), " ", "nobody@example.org"]
    assert contacts(crm, email=asked).attrs["missing"] == ["nobody@example.org"]
    assert contacts(crm, ids=["", None]).attrs["missing"] == []
    assert not len(contacts(crm, email=asked, lifecyclestage="lead"))
