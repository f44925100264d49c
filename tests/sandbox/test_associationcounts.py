"""The properties that follow from associations."""

from __future__ import annotations

from typing import Any

import pytest

from leadscore.sandbox import links


@pytest.fixture
def link(portal) -> Any:
    def act(kind: str, one: Any, to: str, other: Any, *types: int) -> None:
        links.link(portal, kind, one.id, to, other.id, types)

    return act


def test_companies_contacts_and_deals_count_each_other(link, portal, add) -> None:
    contact, company = add(email="a@example.com"), add("companies", name="A")
    deal = add("deals", dealname="D", dealstage="qualifiedtobuy")
    link("contacts", contact, "companies", company)
    link("deals", deal, "contacts", contact)
    link("deals", deal, "companies", company)
    assert contact.values["num_associated_deals"] == "1"
    assert company.values["num_associated_contacts"] == "1"
    assert company.values["num_associated_deals"] == "1"
    assert deal.values["num_associated_contacts"] == "1"


def test_a_count_that_never_was_is_unknown_and_one_that_was_is_zero(link, portal, add) -> None:
    contact, company = add(email="a@example.com"), add("companies", name="A")
    link("contacts", contact, "companies", company)
    assert "num_associated_deals" not in company.values
    links.unlink(portal, "contacts", contact.id, "companies", company.id)
    assert company.values["num_associated_contacts"] == "0"


def test_the_count_is_calculated_in_the_history(link, portal, add) -> None:
    contact, company = add(email="a@example.com"), add("companies", name="A")
    link("contacts", contact, "companies", company)
    history = portal.collection("companies").history
    entry = history.wire(company.id, "num_associated_contacts")[0]
    assert (entry["value"], entry["sourceType"]) == ("1", "CALCULATED")


def test_a_child_company_knows_its_parent(link, add) -> None:
    parent, child = (add("companies", name=name) for name in "PC")
    link("companies", parent, "companies", child, 13)
    assert child.values["hs_parent_company_id"] == str(parent.id)
    assert "hs_parent_company_id" not in parent.values


def test_who_stops_being_primary_is_counted_anew(link, portal, add) -> None:
    contact = add(email="a@example.com")
    first, second = (add("companies", name=name) for name in "AB")
    link("contacts", contact, "companies", first)
    link("companies", second, "contacts", contact, 2)
    assert contact.values["associatedcompanyid"] == str(second.id)
