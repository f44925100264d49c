from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.hubspot.objecttypes import default_properties, find_type


@pytest.fixture
def cars(portal):
    body = {
        "name": "cars",
        "labels": {"singular": "Car", "plural": "Cars on sale"},
        "primaryDisplayProperty": "plate",
        "requiredProperties": ["plate"],
        "properties": [{"name": "plate", "label": "P", "type": "string", "fieldType": "text"}],
    }
    return portal.transport.call("POST", portal.path("schemas"), body=body, expect=(201,))


def test_hubspots_own_types_need_no_question(portal):
    before = portal.requests
    words = ("contacts", "Contact", "0-1", "company", "0-2", "tasks", "line_item")
    found = [find_type(portal, word) for word in words]
    assert found == [*["contacts"] * 3, *["companies"] * 2, "tasks", "line_items"]
    assert portal.requests == before


def test_a_custom_type_is_found_by_each_of_its_names(portal, cars):
    number, full = cars["objectTypeId"], cars["fullyQualifiedName"]
    assert [find_type(portal, w) for w in ("cars", "Cars on sale", "CAR")] == [number] * 3
    assert [find_type(portal, word) for word in (number, full)] == [number, full]


def test_a_type_that_is_not_there_is_said_with_the_nearest(portal):
    with pytest.raises(UsageError, match=r"'contcts'.*contacts"):
        find_type(portal, "contcts")


@pytest.mark.parametrize("kind", ["contacts", "companies", "deals", "notes"])
def test_the_default_properties_are_those_that_the_portal_shows(portal, sandbox, kind):
    shown = set(sandbox.portal.collection(kind).kind.shown)
    assert {*default_properties(kind), "hs_object_id"} == shown
