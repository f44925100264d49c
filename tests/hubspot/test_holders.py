from __future__ import annotations

from leadscore.hubspot.creating import create_batch
from leadscore.hubspot.holders import read_by_key, search_by_key


def _mails(portal, n=3):
    found = portal.client.crm.contacts.basic_api.get_page(limit=n).results
    return {one.properties["email"].lower(): one.id for one in found}


def test_records_are_read_by_address_and_those_that_are_not_there_have_none(portal):
    mails = _mails(portal)
    found = read_by_key(portal, "contacts", "email", [*mails, "no@example.com"], ["city"])
    assert {mail: hits[0][0] for mail, hits in found.items() if hits} == mails
    assert found["no@example.com"] == []
    assert read_by_key(portal, "contacts", "email", [], ["city"]) == {}


def test_a_search_finds_every_record_of_a_value_in_pieces_that_fit(portal):
    long = [f"{'x' * 200}{n}.example" for n in range(40)]
    create_batch(portal, "companies", {d: {"properties": {"domain": d}} for d in long})
    create_batch(portal, "companies", {"again": {"properties": {"domain": long[0], "name": "2"}}})
    found = search_by_key(portal, "companies", "domain", long, ["name"])
    assert {len(hits) for hits in found.values()} == {1, 2}
    assert [hit[1].get("name") for hit in found[long[0]]][1] == "2"
