"""Associations over HTTP, on v4 and on dated paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

VERSIONS = ["v4", "2026-03", "2026-09"]
DEFAULT = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}
PRIMARY = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def records(version: str) -> str:
    """Return the path of records in one version of the API."""
    return "/crm/v4/objects" if version == "v4" else f"/crm/objects/{version}"


@pytest.fixture
def batch(version: str) -> str:
    base = "/crm/v4/associations" if version == "v4" else f"/crm/associations/{version}"
    return f"{base}/contacts/companies/batch"


@pytest.fixture
def contact(add) -> int:
    return int(add(email="a@example.com").id)


@pytest.fixture
def companies(add) -> list[int]:
    return [add("companies", name=f"C{number}").id for number in range(3)]


@pytest.fixture
def shown(version: str) -> Callable[[int], int | str]:
    """Return how replies of the version write an id."""
    return (lambda number: number) if version == "v4" else str


def _types(portal: Any, contact: int) -> dict[int, tuple[int, ...]]:
    return portal.associations.of("contacts", contact, "companies")


def _pair(contact: int, company: int, *types: dict[str, Any]) -> dict[str, Any]:
    ends = {"from": {"id": str(contact)}, "to": {"id": str(company)}}
    return ends | ({"types": list(types)} if types else {})


# --------------------------------------------------------------------------- one by one


def test_the_default_association_is_reported_in_both_directions(
    http, records, contact, companies
) -> None:
    path = f"{records}/contacts/{contact}/associations/default/companies/{companies[0]}"
    reply = http("PUT", path)
    assert reply.status == 200
    assert reply.json["status"] == "COMPLETE"
    assert {"startedAt", "completedAt"} <= reply.json.keys()
    one, other = ({"id": str(contact)}, {"id": str(companies[0])})
    back = DEFAULT | {"associationTypeId": 280}
    assert reply.json["results"] == [
        {"from": one, "to": other, "associationSpec": DEFAULT},
        {"from": other, "to": one, "associationSpec": back},
    ]


def test_ids_in_replies_are_numbers_on_v4_and_text_on_dated_paths(
    http, records, contact, companies, shown
) -> None:
    path = f"{records}/contacts/{contact}/associations"
    put = http("PUT", f"{path}/companies/{companies[0]}", [PRIMARY])
    got = http.get(f"{path}/companies").json["results"]
    assert put.status == 201
    assert put.json == {
        "fromObjectTypeId": "0-1",
        "fromObjectId": shown(contact),
        "toObjectTypeId": "0-2",
        "toObjectId": shown(companies[0]),
        "labels": ["Primary"],
    }
    assert [one["toObjectId"] for one in got] == [shown(companies[0])]


def test_the_types_of_an_association_come_with_category_and_label(
    http, records, contact, companies
) -> None:
    path = f"{records}/contacts/{contact}/associations"
    http("PUT", f"{path}/companies/{companies[0]}", [PRIMARY])
    got = http.get(f"{path}/companies")
    back = http.get(f"{records}/companies/{companies[0]}/associations/contact")
    assert got.json["results"][0]["associationTypes"] == [
        {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"},
        {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None},
    ]
    assert [one["typeId"] for one in back.json["results"][0]["associationTypes"]] == [2, 280]
    assert "paging" not in got.json


def test_associations_are_listed_page_by_page(http, records, contact, companies, shown) -> None:
    path = f"{records}/contacts/{contact}/associations"
    for company in companies:
        http("PUT", f"{path}/default/companies/{company}")
    first = http.get(f"{path}/companies", limit=2)
    after = first.json["paging"]["next"]["after"]
    second = http.get(f"{path}/companies", limit=2, after=after)
    again = http("GET", f"{path}/companies?limit=2&after={after}")
    assert [one["toObjectId"] for one in first.json["results"]] == [*map(shown, companies[:2])]
    assert [one["toObjectId"] for one in second.json["results"]] == [shown(companies[2])]
    assert again.json == second.json
    assert "paging" not in second.json
    assert after in first.json["paging"]["next"]["link"]


@pytest.mark.parametrize(("limit", "status"), [(500, 200), (501, 400), (0, 400)])
def test_a_page_has_at_most_500_associated_records(http, records, contact, limit, status) -> None:
    path = f"{records}/contacts/{contact}/associations/companies"
    assert http.get(path, limit=limit).status == status


def test_a_cursor_that_is_none_of_ours_is_refused(http, records, contact) -> None:
    path = f"{records}/contacts/{contact}/associations/companies"
    assert http.get(path, after="17").status == 400


def test_a_record_without_associations_has_an_empty_page(http, records, contact) -> None:
    reply = http.get(f"{records}/contacts/{contact}/associations/companies")
    assert (reply.status, reply.json) == (200, {"results": []})


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE"])
def test_a_record_that_is_not_there_is_a_404(http, records, contact, companies, verb) -> None:
    path = f"{records}/contacts/999/associations/companies"
    reply = http(verb, path if verb == "GET" else f"{path}/{companies[0]}", [PRIMARY])
    assert reply.status == 404
    assert reply.json["category"] == "OBJECT_NOT_FOUND"
    assert reply.json["message"] == "No contact with ID 999 exists"


def test_a_record_at_the_other_end_that_is_not_there_is_a_404(http, records, contact) -> None:
    for path in ("default/companies/999", "companies/999"):
        reply = http("PUT", f"{records}/contacts/{contact}/associations/{path}", [PRIMARY])
        assert reply.status == 404
        assert reply.json["subCategory"] == "crm.associations.TO_OBJECT_NOT_FOUND"


@pytest.mark.parametrize(
    "spec",
    [
        DEFAULT | {"associationTypeId": 280},
        DEFAULT | {"associationTypeId": 3},
        DEFAULT | {"associationTypeId": 987654},
        DEFAULT | {"associationCategory": "USER_DEFINED"},
    ],
)
def test_a_type_that_does_not_fit_the_pair_direction_or_category_is_refused(
    http, records, portal, contact, companies, spec
) -> None:
    path = f"{records}/contacts/{contact}/associations/companies/{companies[0]}"
    reply = http("PUT", path, [spec])
    named = f"{spec['associationCategory']}={spec['associationTypeId']}"
    assert reply.status == 400
    assert reply.json["message"] == "One or more associations are invalid"
    assert reply.json["context"] == {
        "associationSpec": [named],
        "INVALID_ASSOCIATION_TYPE_ID": [f"{named} is not a valid association definition id"],
    }
    assert _types(portal, contact) == {}


@pytest.mark.parametrize("body", [[], {}, [{}], [{"associationTypeId": 1}], "x", [1]])
def test_a_body_without_types_is_refused(http, records, contact, companies, body) -> None:
    path = f"{records}/contacts/{contact}/associations/companies/{companies[0]}"
    assert http("PUT", path, body).status == 400


def test_removing_an_association_twice_is_no_mistake(
    http, records, portal, contact, companies
) -> None:
    path = f"{records}/contacts/{contact}/associations/companies/{companies[0]}"
    http("PUT", path, [PRIMARY])
    for _ in range(2):
        reply = http("DELETE", path)
        assert (reply.status, reply.text) == (204, "")
    assert _types(portal, contact) == {}


# --------------------------------------------------------------------------- batches


def test_batch_read_leaves_out_records_without_associations_and_says_so(
    http, batch, add, contact, companies, shown
) -> None:
    other = add(email="b@example.com").id
    http.post(f"{batch}/create", {"inputs": [_pair(contact, companies[0], DEFAULT)]})
    reply = http.post(f"{batch}/read", {"inputs": [{"id": str(contact)}, {"id": other}]})
    assert reply.status == 207
    assert [one["from"] for one in reply.json["results"]] == [{"id": str(contact)}]
    assert reply.json["results"][0]["to"][0]["toObjectId"] == shown(companies[0])
    assert reply.json["numErrors"] == 1
    error = reply.json["errors"][0]
    assert error["category"] == "OBJECT_NOT_FOUND"
    assert error["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert error["message"] == f"No company is associated with contact {other}."
    assert error["context"] == {
        "fromObjectId": [str(other)],
        "fromObjectType": ["contact"],
        "toObjectType": ["company"],
    }


def test_batch_read_of_associated_records_is_a_200_without_errors(
    http, batch, contact, companies
) -> None:
    http.post(f"{batch}/associate/default", {"inputs": [_pair(contact, companies[0])]})
    reply = http.post(f"{batch}/read", {"inputs": [{"id": str(contact)}]})
    assert reply.status == 200
    assert reply.json["status"] == "COMPLETE"
    assert not {"errors", "numErrors"} & reply.json.keys()
    assert "paging" not in reply.json["results"][0]


def test_batch_read_pages_each_record_by_500(http, batch, portal, contact) -> None:
    ends = range(10_000, 10_700)
    portal.associations.load("contacts", "companies", [contact] * 700, ends, 279)
    first = http.post(f"{batch}/read", {"inputs": [{"id": contact}]}).json["results"][0]
    after = first["paging"]["next"]["after"]
    body = {"inputs": [{"id": contact, "after": after}]}
    second = http.post(f"{batch}/read", body).json["results"][0]
    assert [len(one["to"]) for one in (first, second)] == [500, 200]
    assert [int(one["toObjectId"]) for one in (*first["to"], *second["to"])] == list(ends)
    assert "paging" not in second


@pytest.mark.parametrize(("size", "status"), [(1000, 207), (1001, 400), (0, 400)])
def test_batch_read_takes_at_most_1000_records(http, batch, contact, size, status) -> None:
    body = {"inputs": [{"id": str(number)} for number in range(size)]}
    assert http.post(f"{batch}/read", body).status == status


@pytest.mark.parametrize(("size", "status"), [(2000, 201), (2001, 400)])
def test_batch_create_takes_at_most_2000_pairs(
    http, batch, contact, companies, size, status
) -> None:
    inputs = [_pair(contact, companies[0], DEFAULT)] * size
    assert http.post(f"{batch}/create", {"inputs": inputs}).status == status


def test_batch_create_reports_what_is_wrong_with_one_pair_for_it_alone(
    http, batch, portal, contact, companies, shown
) -> None:
    inputs = [
        _pair(contact, companies[0], DEFAULT),
        _pair(999, companies[0], DEFAULT),
        _pair(contact, 999, DEFAULT),
        _pair(contact, companies[1], DEFAULT | {"associationTypeId": 280}),
    ]
    reply = http.post(f"{batch}/create", {"inputs": inputs})
    assert reply.status == 207
    assert reply.json["numErrors"] == 3
    assert [one["fromObjectId"] for one in reply.json["results"]] == [shown(contact)]
    assert [one.get("subCategory") for one in reply.json["errors"]] == [
        "crm.associations.FROM_OBJECT_NOT_FOUND",
        "crm.associations.TO_OBJECT_NOT_FOUND",
        None,
    ]
    assert list(_types(portal, contact)) == companies[:1]


def test_batch_create_answers_201_with_labels(http, batch, contact, companies) -> None:
    inputs = [_pair(contact, companies[0], PRIMARY), _pair(contact, companies[1], DEFAULT)]
    reply = http.post(f"{batch}/create", {"inputs": inputs})
    assert reply.status == 201
    assert [one["labels"] for one in reply.json["results"]] == [["Primary"], []]


@pytest.mark.parametrize("missing", ["from", "to", "types"])
def test_batch_create_needs_both_ends_and_types(http, batch, contact, companies, missing) -> None:
    one = _pair(contact, companies[0], DEFAULT)
    del one[missing]
    assert http.post(f"{batch}/create", {"inputs": [one]}).status == 400


def test_batch_removal_answers_204_on_v4_and_200_with_a_body_on_dated_paths(
    http, batch, version, portal, contact, companies
) -> None:
    http.post(f"{batch}/associate/default", {"inputs": [_pair(contact, companies[0])]})
    gone = {"from": {"id": contact}, "to": [{"id": companies[0]}, {"id": 999}]}
    label = _pair(contact, companies[0], PRIMARY)
    for path, one in (("labels/archive", label), ("archive", gone)):
        reply = http.post(f"{batch}/{path}", {"inputs": [one]})
        assert reply.status == (204 if version == "v4" else 200)
        assert version == "v4" or reply.json["status"] == "COMPLETE"
    assert _types(portal, contact) == {}


def test_taking_a_label_off_leaves_the_association(http, batch, portal, contact, companies) -> None:
    http.post(f"{batch}/create", {"inputs": [_pair(contact, companies[0], PRIMARY)]})
    http.post(f"{batch}/labels/archive", {"inputs": [_pair(contact, companies[0], PRIMARY)]})
    assert _types(portal, contact) == {companies[0]: (279,)}


def test_taking_off_the_type_without_a_label_ends_the_association(
    http, batch, portal, contact, companies
) -> None:
    http.post(f"{batch}/create", {"inputs": [_pair(contact, companies[0], PRIMARY)]})
    http.post(f"{batch}/labels/archive", {"inputs": [_pair(contact, companies[0], DEFAULT)]})
    assert _types(portal, contact) == {}


def test_both_object_types_need_a_scope(http, portal, batch, contact) -> None:
    portal.scopes.discard("crm.objects.companies.read")
    reply = http.post(f"{batch}/read", {"inputs": [{"id": contact}]})
    assert reply.status == 403
    context = reply.json["errors"][0]["context"]
    assert context == {"requiredGranularScopes": ["crm.objects.companies.read"]}


def test_an_object_type_that_is_not_there_is_refused(http, records, contact) -> None:
    reply = http.get(f"{records}/contacts/{contact}/associations/unicorns")
    assert reply.status == 400
