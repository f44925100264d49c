from __future__ import annotations

import pytest

from leadscore.hubspot.propertyroom import property_room


def test_the_room_is_what_the_portal_says(portal, sandbox):
    definitions = sandbox.portal.collection("contacts").definitions
    before = property_room(portal, "0-1")
    definitions.most_custom = len(definitions.custom) + 3
    assert property_room(portal, "0-1") == 3 < before
    definitions.most_custom = 0
    assert property_room(portal, "0-1") == 0


@pytest.mark.parametrize(
    "action",
    [
        {"status": 403},
        {"status": 404},
        {"json": {}},
        {"json": {"byObjectType": [{"objectTypeId": "0-1", "limit": "many", "usage": True}]}},
        {"json": {"byObjectType": "none"}},
    ],
    ids=str,
)
def test_a_portal_that_does_not_say_is_unknown_room(portal, sandbox, action):
    match = {"path": "*/limits/*custom-properties"}
    status = action.get("status", 200)
    body = {"body": action["json"]} if "json" in action else {}
    sandbox.faults({"match": match, "action": {"status": status, **body}})
    assert property_room(portal, "0-1") is None


def test_the_overall_limit_counts_too(portal, sandbox):
    body = {
        "overallLimit": 10,
        "overallUsage": 8,
        "byObjectType": [{"objectTypeId": "0-1", "limit": 1000, "usage": 1}],
    }
    match = {"path": "*/limits/*custom-properties"}
    sandbox.faults({"match": match, "action": {"status": 200, "body": body}})
    assert property_room(portal, "0-1") == 2
