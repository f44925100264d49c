"""Definitions: read, kept, and created once whatever becomes of the replies."""

from __future__ import annotations

import pytest
from scripted import reply

from leadscore.errors import (
    BadReplyError,
    InvalidRequestError,
    PlanError,
    UnreachableError,
)
from leadscore.hubspot.properties import create_missing, definitions, definitions_table
from leadscore.scoreproperties import GROUP, definitions_of

WANTED = definitions_of("leadscore")[:2]
NAMES = [one["name"] for one in WANTED]
SCHEMA = {
    "name": "cars",
    "labels": {"singular": "Car", "plural": "Cars"},
    "primaryDisplayProperty": "vin",
    "requiredProperties": ["vin"],
    "properties": [{"name": "vin", "label": "VIN", "type": "string", "fieldType": "text"}],
    "associatedObjects": [],
}


def _row(**definition):
    return definitions_table({"x": {"name": "x", **definition}}, "contacts").to_pylist()[0]


def _creations(sandbox, ending):
    return [one for one in sandbox.portal.requests if one.method == "POST" and ending in one.path]


# --------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize("object_type", ["contacts", "0-1", "companies", "deals", "tasks"])
def test_every_object_type_has_definitions(portal, object_type):
    found = definitions(portal, object_type)
    assert found["hs_object_id"]["type"] == "number"
    assert all(name == one["name"] for name, one in found.items())


def test_a_custom_type_is_known_by_its_id_and_by_its_name(portal):
    made = portal.transport.call("POST", portal.path("schemas"), body=SCHEMA, expect=(201,))
    assert made["objectTypeId"].startswith("2-")
    for name in (made["objectTypeId"], made["fullyQualifiedName"]):
        assert definitions(portal, name)["vin"]["label"] == "VIN"


def test_a_type_that_is_none_of_the_usual_is_asked_for_by_its_own_name(odd, script):
    script.replies = [reply(200, {"results": [{"name": "quantity", "type": "number"}]})]
    assert definitions(odd, "line_items").keys() == {"quantity"}
    asked = script.requests[0].split()[1].decode()
    assert asked == odd.path("properties", "line_items")


def test_an_object_type_that_the_portal_lacks_is_said(portal):
    with pytest.raises(InvalidRequestError, match="2-999999"):
        definitions(portal, "2-999999")


def test_archived_properties_are_not_listed(portal):
    body = {"label": "L", "type": "string", "fieldType": "text", "groupName": "contactinformation"}
    where = portal.path("properties", "contacts")
    portal.transport.call("POST", where, body=body | {"name": "old"}, expect=(201,))
    assert "old" in definitions(portal, "contacts")
    portal.transport.call("DELETE", portal.path("properties", "contacts", "old"), expect=(204,))
    assert "old" not in definitions(portal, "contacts")


@pytest.mark.parametrize("body", [{}, {"results": [{"label": "no name"}]}, {"results": ["x"]}])
def test_a_list_of_definitions_that_cannot_be_believed_is_an_error(odd, script, body):
    script.replies = [reply(200, body)]
    with pytest.raises(BadReplyError):
        definitions(odd, "contacts")


# ----------------------------------------------------------------------------------------- table


def test_definitions_keep_options_and_say_what_is_read_only():
    row = _row(
        label="",
        type="enumeration",
        options=[{"value": "a", "label": "A"}, {"value": "b", "label": ""}],
        modificationMetadata={"readOnlyValue": True},
        hasUniqueValue=True,
    )
    assert (row["label"], row["options"], row["read_only"]) == ("x", ["a", "b"], True)
    assert (row["option_labels"], row["has_unique_value"], row["hidden"]) == (
        ["A", "b"], True, False,
    )  # fmt: skip


def test_options_stand_as_hubspot_shows_them_with_their_labels():
    orders = {"c": 2, "a": 0, "later": -1, "b": 1, "none": None}
    options = [{"value": v, "label": v.upper(), "displayOrder": o} for v, o in orders.items()]
    row = _row(type="enumeration", options=options)
    assert row["options"] == ["a", "b", "c", "later", "none"]
    assert row["option_labels"] == ["A", "B", "C", "LATER", "NONE"]


def test_a_definition_that_says_nothing_has_a_row_too():
    row = _row()
    assert (row["type"], row["field_type"], row["options"], row["option_labels"]) == (
        None, None, [], [],
    )  # fmt: skip


def test_the_table_of_a_real_portal_has_one_row_per_property(portal):
    found = definitions(portal, "deals")
    table = definitions_table(found, "deals")
    assert table["name"].to_pylist() == list(found)
    stage = next(row for row in table.to_pylist() if row["name"] == "dealstage")
    assert "closedwon" in stage["options"]
    assert len(stage["option_labels"]) == len(stage["options"])


# -------------------------------------------------------------------------------------- creation


def test_what_is_missing_is_created_once_and_then_left_alone(portal, sandbox):
    assert create_missing(portal, "contacts", GROUP, WANTED) == NAMES
    assert create_missing(portal, "contacts", GROUP, WANTED) == []
    assert set(NAMES) <= definitions(portal, "contacts").keys()
    assert len(_creations(sandbox, "/properties/")) == 1 + len(NAMES)  # the group, too


def test_somebody_elses_property_is_not_touched(portal):
    where = portal.path("properties", "contacts")
    body = {**WANTED[0], "type": "string", "fieldType": "text", "groupName": "contactinformation"}
    body.pop("numberDisplayHint")
    portal.transport.call("POST", where, body=body, expect=(201,))
    with pytest.raises(PlanError, match=NAMES[0]):
        create_missing(portal, "contacts", GROUP, WANTED)
    assert NAMES[1] not in definitions(portal, "contacts")


def _lose(sandbox, path, action, nth=1):
    sandbox.faults([{"match": {"method": "POST", "path": path, "nth": nth}, "action": action}])


# The call is done, and the reply is none, half of one, or not one of the portal's.
LOST = [
    {"apply_then_reset": True},
    {"reset": "middle"},
    {"apply_then_status": 500},
    {"apply_then_status": 503},
    *({action: True} for action in ("truncated", "empty", "html", "array")),
]


@pytest.mark.parametrize("action", LOST, ids=str)
def test_a_property_whose_reply_was_lost_is_looked_up_and_not_created_twice(
    portal, sandbox, waits, action
):
    portal.pool._sleep = waits.append
    _lose(sandbox, "/crm/*contacts", action, nth=[1, 2])
    assert create_missing(portal, "contacts", GROUP, WANTED) == NAMES
    assert set(NAMES) <= definitions(portal, "contacts").keys()
    writes = [one for one in _creations(sandbox, "contacts") if "groups" not in one.path]
    assert len(writes) == len(NAMES)


@pytest.mark.parametrize("action", LOST, ids=str)
def test_a_group_whose_reply_was_lost_is_looked_up_too(portal, sandbox, waits, action):
    portal.pool._sleep = waits.append
    _lose(sandbox, "*/groups", action)
    assert create_missing(portal, "contacts", GROUP, WANTED) == NAMES
    assert len(_creations(sandbox, "/groups")) == 1


def test_a_creation_that_never_arrived_is_sent_again(portal, sandbox, waits):
    portal.pool._sleep = waits.append
    _lose(sandbox, "/crm/*contacts", {"reset": "before"})
    assert create_missing(portal, "contacts", GROUP, WANTED) == NAMES
    assert set(NAMES) <= definitions(portal, "contacts").keys()
    assert waits


def test_a_portal_that_never_answers_a_creation_is_given_up(portal, sandbox, waits):
    portal.pool._sleep = waits.append
    _lose(sandbox, "/crm/*contacts", {"reset": "before"}, nth={"from": 1})
    with pytest.raises(UnreachableError):
        create_missing(portal, "contacts", GROUP, WANTED)
    assert len(_creations(sandbox, "contacts")) < 10


# --------------------------------------------------------------------- said by a script, in order

EMPTY = reply(200, {"results": []})
GROUPED = reply(200, {"results": [GROUP]})
TAKEN = reply(409, {"category": "OBJECT_ALREADY_EXISTS", "message": "exists"})


def _listed(**changed):
    return reply(200, {"results": [{**WANTED[0], **changed}]})


def test_a_name_that_is_taken_by_what_we_want_is_done(odd, script):
    script.replies = [EMPTY, GROUPED, TAKEN, _listed()]
    assert create_missing(odd, "contacts", GROUP, WANTED[:1]) == NAMES[:1]
    assert len(script.requests) == 4


def test_a_name_that_is_taken_by_something_else_is_refused(odd, script):
    script.replies = [EMPTY, GROUPED, TAKEN, _listed(type="string")]
    with pytest.raises(PlanError, match="not what leadscore writes"):
        create_missing(odd, "contacts", GROUP, WANTED[:1])


def test_a_new_property_that_is_not_listed_yet_is_waited_for(odd, script):
    script.replies = [EMPTY, GROUPED, TAKEN, EMPTY, TAKEN, _listed()]
    assert create_missing(odd, "contacts", GROUP, WANTED[:1]) == NAMES[:1]
    assert len(script.requests) == 6


def test_a_name_that_is_taken_and_never_listed_is_said(odd, script):
    script.replies = [EMPTY, GROUPED, *[TAKEN, EMPTY] * 4]
    with pytest.raises(InvalidRequestError, match="exists"):
        create_missing(odd, "contacts", GROUP, WANTED[:1])


def test_a_refused_definition_is_not_sent_again(odd, script):
    script.replies = [EMPTY, GROUPED, reply(400, {"message": "no room"})]
    with pytest.raises(InvalidRequestError, match="no room"):
        create_missing(odd, "contacts", GROUP, WANTED[:1])
    assert len(script.requests) == 3
