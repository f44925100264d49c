"""What requests do to associations, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest

from leadscore.sandbox import links
from leadscore.sandbox.replies import Refusal

PUT = "/crm/v4/objects/{}/{}/associations/{}/{}"


def _spec(number: int, category: str = "HUBSPOT_DEFINED") -> dict[str, Any]:
    return {"associationCategory": category, "associationTypeId": number}


@pytest.fixture
def put(http) -> Any:
    def act(kind: str, one: int, to: str, other: int, *specs: dict[str, Any]) -> None:
        path = PUT.format(kind, one, to, other)
        if specs:
            assert http("PUT", path, list(specs)).status == 201
        else:
            default = path.replace("associations/", "associations/default/")
            assert http("PUT", default).status == 200

    return act


@pytest.fixture
def contact(add) -> Any:
    return add(email="a@example.com")


@pytest.fixture
def companies(add) -> list[Any]:
    return [add("companies", name=name) for name in ("A", "B")]


def _of(portal: Any, contact: Any) -> dict[int, tuple[int, ...]]:
    return portal.associations.of("contacts", contact.id, "companies")


def test_the_first_company_of_a_contact_becomes_its_primary_one(
    put, portal, contact, companies
) -> None:
    for company in companies:
        put("contacts", contact.id, "companies", company.id)
    assert _of(portal, contact) == {companies[0].id: (1, 279), companies[1].id: (279,)}
    assert contact.values["associatedcompanyid"] == str(companies[0].id)


def test_so_it_does_when_the_company_is_associated_with_the_contact(
    put, portal, contact, companies
) -> None:
    put("companies", companies[0].id, "contacts", contact.id)
    assert _of(portal, contact) == {companies[0].id: (1, 279)}


def test_the_first_company_of_a_deal_becomes_its_primary_one(put, portal, add, companies) -> None:
    deal = add("deals", dealname="D", dealstage="qualifiedtobuy")
    put("deals", deal.id, "companies", companies[1].id)
    assert portal.associations.of("deals", deal.id, "companies") == {companies[1].id: (5, 341)}


def test_another_primary_company_moves_the_property_too(put, portal, contact, companies) -> None:
    put("contacts", contact.id, "companies", companies[0].id)
    put("contacts", contact.id, "companies", companies[1].id, _spec(1))
    assert _of(portal, contact) == {companies[0].id: (279,), companies[1].id: (1, 279)}
    assert contact.values["associatedcompanyid"] == str(companies[1].id)


def test_without_its_primary_company_a_contact_has_none(
    http, put, portal, contact, companies
) -> None:
    for company in companies:
        put("contacts", contact.id, "companies", company.id)
    http("DELETE", PUT.format("contacts", contact.id, "companies", companies[0].id))
    assert _of(portal, contact) == {companies[1].id: (279,)}
    assert "associatedcompanyid" not in contact.values


def test_labels_of_the_portals_own_replace_each_other(put, portal, contact, companies) -> None:
    types = portal.associations.types
    one, other = (
        types.define("contacts", "companies", name, name.upper(), name) for name in ("x", "y")
    )
    company = companies[0].id
    put("contacts", contact.id, "companies", company, _spec(one.id, "USER_DEFINED"))
    put("contacts", contact.id, "companies", company, _spec(other.id, "USER_DEFINED"))
    assert _of(portal, contact)[company] == (1, 279, other.id)
    both = [_spec(each.id, "USER_DEFINED") for each in (one, other)]
    put("contacts", contact.id, "companies", company, *both)
    assert _of(portal, contact)[company] == (1, 279, one.id, other.id)


def test_archiving_a_record_ends_its_associations(http, put, portal, contact, companies) -> None:
    put("contacts", contact.id, "companies", companies[0].id)
    http("DELETE", f"/crm/v3/objects/contacts/{contact.id}")
    assert portal.associations.of("companies", companies[0].id, "contacts") == {}
    assert companies[0].values["num_associated_contacts"] == "0"


def test_records_show_each_type_of_an_association_by_its_name(
    put, portal, contact, companies
) -> None:
    for company in companies:
        put("contacts", contact.id, "companies", company.id)
    first, second = (str(company.id) for company in companies)
    assert links.shown(portal, "contacts", contact.id, ["company", "0-2", "deals"]) == {
        "companies": {
            "results": [
                {"id": first, "type": "contact_to_company"},
                {"id": first, "type": "contact_to_company_unlabeled"},
                {"id": second, "type": "contact_to_company_unlabeled"},
            ]
        }
    }


def test_a_record_shows_a_hundred_associated_records_and_where_the_rest_is(
    http, portal, contact
) -> None:
    numbers = range(5000, 5101)
    portal.associations.load("contacts", "companies", [contact.id] * 101, numbers, 279)
    shown = links.shown(portal, "contacts", contact.id, ["companies"])["companies"]
    after = shown["paging"]["next"]["after"]
    rest = http.get(f"/crm/v4/objects/contacts/{contact.id}/associations/companies", after=after)
    assert len(shown["results"]) == 100
    assert [one["toObjectId"] for one in rest.json["results"]] == [5100]


def test_showing_an_object_type_that_is_not_there_is_refused(portal, contact) -> None:
    with pytest.raises(Refusal) as caught:
        links.shown(portal, "contacts", contact.id, ["unicorns"])
    assert caught.value.status == 400


def test_the_types_of_a_new_records_associations_say_with_what(portal, contact, companies) -> None:
    specs = [{"to": {"id": str(companies[0].id)}, "types": [_spec(279)]}]
    checked = links.checked_links(portal, "contacts", specs)
    links.link_new(portal, "contacts", contact.id, checked)
    assert _of(portal, contact) == {companies[0].id: (1, 279)}


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        ({"to": {"id": "1"}, "types": [_spec(279)]}, 404),
        ({"to": {"id": "{company}"}, "types": [_spec(280)]}, 400),
        ({"to": {"id": "{company}"}, "types": []}, 400),
        ({"to": {"id": "{company}"}, "types": [_spec(279), _spec(4)]}, 400),
        ({"to": {}, "types": [_spec(279)]}, 400),
        ({"types": [_spec(279)]}, 400),
        ("companies", 400),
    ],
)
def test_associations_of_a_new_record_that_do_not_fit_are_refused(
    portal, companies, spec, status
) -> None:
    if isinstance(spec, dict) and spec.get("to", {}).get("id") == "{company}":
        spec = spec | {"to": {"id": companies[0].id}}
    with pytest.raises(Refusal) as caught:
        links.checked_links(portal, "contacts", [spec])
    assert caught.value.status == status
