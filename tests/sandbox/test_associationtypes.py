"""The types of associations."""

from __future__ import annotations

import pytest

from leadscore.sandbox.associationtypes import STANDARD, Types


@pytest.mark.parametrize("number", STANDARD)
def test_every_types_inverse_leads_back_to_it(number: int) -> None:
    one = STANDARD[number]
    other = STANDARD[one.inverse]
    assert (other.inverse, other.from_kind, other.to_kind) == (number, one.to_kind, one.from_kind)


@pytest.mark.parametrize(
    ("start", "end", "number"),
    [
        ("contacts", "companies", 279),
        ("companies", "contacts", 280),
        ("contacts", "deals", 4),
        ("deals", "contacts", 3),
        ("deals", "companies", 341),
        ("companies", "deals", 342),
        ("tasks", "contacts", 204),
        ("tasks", "companies", 192),
        ("tasks", "deals", 216),
        ("notes", "contacts", 202),
        ("notes", "companies", 190),
        ("notes", "deals", 214),
        ("contacts", "tasks", 203),
        ("contacts", "notes", 201),
        ("contacts", "calls", 193),
        ("contacts", "emails", 197),
        ("contacts", "meetings", 199),
        ("leads", "contacts", 608),
        ("contacts", "leads", 609),
        ("contacts", "contacts", 449),
    ],
)
def test_the_types_without_a_label_have_hubspots_ids(start: str, end: str, number: int) -> None:
    assert Types().default(start, end).id == number


@pytest.mark.parametrize(
    ("start", "end", "number"),
    [
        ("contacts", "companies", 1),
        ("deals", "companies", 5),
        ("tickets", "companies", 26),
        ("leads", "contacts", 578),
    ],
)
def test_the_primary_types_have_hubspots_ids(start: str, end: str, number: int) -> None:
    primary = Types().primary(start, end)
    assert primary is not None
    assert primary.id == number
    assert Types().primary(end, start) is None


def test_names_say_unlabeled_only_where_there_is_a_primary_type_too() -> None:
    names = [STANDARD[number].name for number in (1, 279, 2, 280, 3, 204)]
    assert names == [
        "contact_to_company",
        "contact_to_company_unlabeled",
        "company_to_contact",
        "company_to_contact_unlabeled",
        "deal_to_contact",
        "task_to_contact",
    ]


def test_object_types_without_a_type_are_given_one_and_its_inverse() -> None:
    types = Types()
    made = types.default("cars", "contacts")
    assert made == types.default("cars", "contacts")
    assert types.default("contacts", "cars").id == made.inverse


def test_one_label_for_both_ends_of_one_object_type_is_one_type() -> None:
    made = Types().define("contacts", "contacts", "peer", "Peer", "Peer")
    assert made.inverse == made.id


def test_renaming_changes_both_ends() -> None:
    types = Types()
    made = types.define("contacts", "companies", "boss", "Boss", "Has boss")
    types.rename(made.id, "Chief", "Has chief")
    assert [types[one].label for one in (made.id, made.inverse)] == ["Chief", "Has chief"]
    types.remove(made.id)
    assert types.own == {}
