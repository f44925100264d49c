"""Types of association, and labels of the portal's own, over HTTP."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["/crm/v4/associations", "/crm/associations/2026-09"])
def base(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def labels(base: str) -> str:
    return f"{base}/contacts/companies/labels"


NEW = {"name": "boss", "label": "Boss", "inverseLabel": "Has boss"}


def test_hubspots_own_types_are_listed_in_their_direction(http, base, labels) -> None:
    reply = http.get(labels)
    assert (reply.status, reply.json["results"]) == (
        200,
        [
            {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"},
            {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None},
        ],
    )
    back = http.get(f"{base}/companies/contacts/labels").json["results"]
    assert [one["typeId"] for one in back] == [2, 280]


def test_a_label_of_the_portals_own_comes_with_its_inverse(http, base, labels) -> None:
    reply = http.post(labels, NEW)
    assert reply.status == 200
    there, back = reply.json["results"]
    assert (there["category"], there["label"]) == ("USER_DEFINED", "Boss")
    assert (back["category"], back["label"]) == ("USER_DEFINED", "Has boss")
    assert there in http.get(labels).json["results"]
    assert back in http.get(f"{base}/companies/contacts/labels").json["results"]


def test_a_label_without_an_inverse_reads_the_same_both_ways(http, labels) -> None:
    results = http.post(labels, {"name": "ally", "label": "Ally"}).json["results"]
    assert [one["label"] for one in results] == ["Ally", "Ally"]
    assert results[0]["typeId"] != results[1]["typeId"]


@pytest.mark.parametrize(
    "body",
    [{"name": "x"}, {"label": "x"}, {"name": "a-b", "label": "x"}, {"name": "1a", "label": "x"}],
)
def test_a_label_needs_a_label_and_a_name_without_hyphens_or_a_digit_first(
    http, labels, body
) -> None:
    assert http.post(labels, body).status == 400


def test_a_name_or_a_label_that_is_taken_is_refused(http, labels) -> None:
    http.post(labels, NEW)
    assert http.post(labels, NEW | {"name": "other"}).status == 400
    assert http.post(labels, NEW | {"label": "Other"}).status == 400


def test_there_are_ten_labels_for_a_pair_at_most(http, labels) -> None:
    made = [http.post(labels, {"name": f"n{one}", "label": f"L{one}"}).status for one in range(11)]
    assert made == [200] * 10 + [400]


def test_a_label_is_renamed_in_both_directions(http, base, labels) -> None:
    there, back = http.post(labels, NEW).json["results"]
    body = {"associationTypeId": there["typeId"], "label": "Chief", "inverseLabel": "Has chief"}
    reply = http("PUT", labels, body)
    assert (reply.status, reply.text) == (204, "")
    assert there | {"label": "Chief"} in http.get(labels).json["results"]
    renamed = back | {"label": "Has chief"}
    assert renamed in http.get(f"{base}/companies/contacts/labels").json["results"]


def test_a_deleted_label_is_taken_off_records_that_stay_associated(
    http, labels, portal, add
) -> None:
    number = http.post(labels, NEW).json["results"][0]["typeId"]
    contact, company = add(email="a@example.com").id, add("companies", name="A").id
    portal.associations.put("contacts", contact, "companies", company, [number])
    reply = http("DELETE", f"{labels}/{number}")
    assert (reply.status, reply.text) == (204, "")
    assert portal.associations.of("contacts", contact, "companies") == {company: (279,)}
    assert http("DELETE", f"{labels}/{number}").status == 404


def test_hubspots_own_types_are_neither_renamed_nor_deleted(http, labels) -> None:
    assert http("PUT", labels, {"associationTypeId": 1, "label": "First"}).status == 400
    assert http("DELETE", f"{labels}/1").status == 400


def test_a_labels_category_is_user_defined_in_requests_too(http, base, labels, add) -> None:
    number = http.post(labels, NEW).json["results"][0]["typeId"]
    contact, company = add(email="a@example.com").id, add("companies", name="A").id
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}"
    wrong = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number}
    right = wrong | {"associationCategory": "USER_DEFINED"}
    assert http("PUT", path, [wrong]).status == 400
    assert http("PUT", path, [right]).json["labels"] == ["Boss"]


def test_no_limits_are_set_and_setting_them_is_not_served(http, base) -> None:
    where = f"{base}/definitions/configurations"
    assert http.get(f"{where}/all").json == {"results": []}
    assert http.get(f"{where}/contacts/companies").json == {"results": []}
    assert http.post(f"{where}/contacts/companies/batch/create", {"inputs": []}).status == 501
    assert http.post(f"{base}/usage/high-usage-report/1", {}).status == 501
