"""The properties that the market fills."""

from __future__ import annotations

import re

import pytest
from markets import history, world

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox import marketfields as field
from leadscore.sandbox.definitions import Definitions
from leadscore.sandbox.moments import wire_date, wire_datetime
from leadscore.sandbox.standard import standard_properties


@pytest.mark.parametrize("kind", ["contacts", "companies", "deals"])
def test_every_value_is_one_that_its_property_takes(kind: str) -> None:
    custom = {found["name"]: found for found in world().properties}
    known = standard_properties(kind) | (custom if kind == "contacts" else {})
    for name, values in history(kind).groupby("property")["value"]:
        for value in values.unique():
            assert takes(known[name], value), (name, value)


def takes(found: dict, value: str) -> bool:
    several = value.split(";") if found["fieldType"] == "checkbox" else [value]
    options = {option["value"] for option in found["options"]}
    kind = found["type"]
    if kind in {"datetime", "date"}:
        return (wire_datetime if kind == "datetime" else wire_date)(value) == value
    if kind == "number":
        return re.fullmatch(r"[1-9]\d*|0", value) is not None
    if kind in {"enumeration", "bool"} and options:
        return set(several) <= options
    return value != ""


def test_every_named_property_is_filled_somewhere() -> None:
    for kind, names in world().names.items():
        assert set(history(kind)["property"]) == set(names)


@pytest.mark.parametrize(
    "definition",
    [*field.market_definitions(), field.leak_definition("fit_grade"), field.leak_definition("x")],
    ids=lambda found: found["name"],
)
def test_a_definition_is_one_that_a_portal_takes(definition: dict) -> None:
    known = Definitions("contacts")
    known.create(definition, at="2026-01-01T00:00:00.000Z")
    assert known.get(definition["name"])["type"] == definition["type"]


@pytest.mark.parametrize("kind", ["contacts", "companies", "deals"])
def test_each_property_is_named_once_and_is_hubspots_or_defined(kind: str) -> None:
    names = field.NAMES[kind]
    custom = (
        {found["name"] for found in field.market_definitions()} if kind == "contacts" else set()
    )
    assert len(set(names)) == len(names)
    assert set(names) - set(standard_properties(kind)) == custom


def test_setters_begin_with_one_for_each_form_and_end_with_one_for_each_owner() -> None:
    kinds = [kind for kind, _ in field.SETTERS]
    assert kinds[: field.IMPORT] == ["FORM"] * len(fixed.FORMS)
    assert [one for _, one in field.SETTERS[field.UI :]] == [
        f"userId:{owner[0]}" for owner in field.OWNERS
    ]
