from __future__ import annotations

import pytest

from leadscore.errors import PlanError
from leadscore.hubspot.properties import definitions
from leadscore.recordkeys import check_key, key_definition, matched_key, own_key

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


def test_keys_hold_nothing_that_can_be_read(sandbox):
    assert "acme" not in matched_key("companies", "domain", "acme.example")
    assert own_key("p", 1) != own_key("p", 2)


def test_a_property_of_that_name_that_is_somebodys_own_or_not_unique_is_refused(portal):
    ours = key_definition("leadscore") | {"groupName": "leadscore"}
    assert not check_key(portal, "deals", definitions(portal, "deals"), "leadscore")
    assert check_key(portal, "deals", {"leadscore_key": ours}, "leadscore")
    with pytest.raises(PlanError, match="not unique"):
        check_key(portal, "deals", {"leadscore_key": ours | {"hasUniqueValue": False}}, "leadscore")
    theirs = ours | {"groupName": "sales", "description": "Mine."}
    with pytest.raises(PlanError, match="not of leadscore's making"):
        check_key(portal, "deals", {"leadscore_key": theirs}, "leadscore")


def test_ten_unique_properties_leave_no_room(portal):
    there = {f"u{n}": {"hasUniqueValue": True} for n in range(10)}
    with pytest.raises(PlanError, match="no room for one more unique property"):
        check_key(portal, "deals", there, "leadscore")
