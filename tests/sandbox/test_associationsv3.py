"""Associations of v3."""

from __future__ import annotations

from typing import Any

import pytest

BASE = "/crm/v3/associations/contacts/companies"


@pytest.fixture
def ends(add) -> tuple[str, str]:
    return str(add(email="a@example.com").id), str(add("companies", name="A").id)


def _pair(contact: str, company: str, name: str = "contact_to_company_unlabeled") -> dict[str, Any]:
    return {"from": {"id": contact}, "to": {"id": company}, "type": name}


def test_types_have_ids_in_text_and_names(http) -> None:
    reply = http.get(f"{BASE}/types")
    assert reply.status == 200
    assert reply.json["results"] == [
        {"id": "1", "name": "contact_to_company"},
        {"id": "279", "name": "contact_to_company_unlabeled"},
    ]


def test_records_are_associated_and_read_type_by_type(http, ends) -> None:
    made = http.post(f"{BASE}/batch/create", {"inputs": [_pair(*ends)]})
    read = http.post(f"{BASE}/batch/read", {"inputs": [{"id": ends[0]}]})
    assert made.status == 201
    assert made.json["results"] == [_pair(*ends)]
    assert read.status == 200
    types = ("contact_to_company", "contact_to_company_unlabeled")
    to = [{"id": ends[1], "type": one} for one in types]
    assert read.json["results"] == [{"from": {"id": ends[0]}, "to": to}]


def test_a_record_without_associations_makes_it_a_207(http, ends) -> None:
    reply = http.post(f"{BASE}/batch/read", {"inputs": [{"id": ends[0]}]})
    assert (reply.status, reply.json["results"]) == (207, [])
    assert reply.json["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"


def test_records_and_types_that_are_not_there_are_reported_one_by_one(http, ends) -> None:
    wrong = [_pair("999", ends[1]), _pair(ends[0], "999"), _pair(*ends, "company_to_contact")]
    reply = http.post(f"{BASE}/batch/create", {"inputs": [*wrong, _pair(*ends)]})
    assert (reply.status, reply.json["numErrors"], len(reply.json["results"])) == (207, 3, 1)
    assert [one["subCategory"] for one in reply.json["errors"]] == [
        "crm.associations.FROM_OBJECT_NOT_FOUND",
        "crm.associations.TO_OBJECT_NOT_FOUND",
        "crm.associations.INVALID_ASSOCIATION_TYPE",
    ]


def test_associations_are_ended_by_a_type(http, portal, ends) -> None:
    http.post(f"{BASE}/batch/create", {"inputs": [_pair(*ends)]})
    contact, company = map(int, ends)
    left = {"contact_to_company": {company: (279,)}, "contact_to_company_unlabeled": {}}
    for name, expected in left.items():
        reply = http.post(f"{BASE}/batch/archive", {"inputs": [_pair(*ends, name)]})
        assert (reply.status, reply.text) == (204, "")
        assert portal.associations.of("contacts", contact, "companies") == expected


def test_a_page_has_100_records_and_the_rest_is_found_on_v4(http, portal, ends) -> None:
    numbers = range(5000, 5150)
    portal.associations.load("contacts", "companies", [int(ends[0])] * 150, numbers, 279)
    found = http.post(f"{BASE}/batch/read", {"inputs": [{"id": ends[0]}]}).json["results"][0]
    assert len(found["to"]) == 100
    after = found["paging"]["next"]["after"]
    path = f"/crm/v4/objects/contacts/{ends[0]}/associations/companies"
    assert len(http.get(path, after=after).json["results"]) == 50
