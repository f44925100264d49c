from __future__ import annotations

import pytest

from leadscore.errors import PlanError
from leadscore.hubspot.properties import create_missing, definition_digest, definitions
from leadscore.ownproperties import own_properties
from leadscore.scoreproperties import GROUP, definitions_of
from leadscore.settings import PROPERTIES

SCORE, TIER, REASONS = "leadscore_score", "leadscore_tier", "leadscore_reasons"


@pytest.fixture
def own(portal):
    return lambda chosen=PROPERTIES, **more: own_properties(portal, "leadscore", chosen, **more)


@pytest.fixture
def room(sandbox):
    contacts = sandbox.portal.collection("contacts").definitions

    def leave(number):
        contacts.most_custom = len(contacts.custom) + number

    return leave


@pytest.fixture
def edit(portal):
    def change(name, **changed):
        where = portal.path("properties", "contacts", name)
        portal.transport.call("PATCH", where, body=changed)

    return change


def _create(portal, *names):
    wanted = [d for d in definitions_of("leadscore") if d["name"] in names]
    create_missing(portal, "contacts", GROUP, wanted)


def test_all_are_created_where_none_is_there_and_there_is_room(own):
    found = own()
    assert found.names == found.missing == [f"leadscore_{name}" for name in PROPERTIES]
    assert found.notes == []
    assert found.digests == {}


def test_what_is_there_is_checked_and_its_digest_kept(portal, own):
    _create(portal, SCORE, TIER)
    found = own(("score", "tier", "reasons"))
    assert found.missing == [REASONS]
    there = definitions(portal, "contacts")
    assert found.digests == {name: definition_digest(there[name]) for name in (SCORE, TIER)}
    assert found.notes == []


def test_where_room_is_short_the_score_and_the_tier_alone_are_created(portal, own, room):
    room(3)
    found = own()
    assert found.names == found.missing == [SCORE, TIER]
    assert "room for 3 more" in found.notes[0]
    assert "leadscore_reasons" in found.notes[0]
    assert "LEADSCORE_PROPERTIES" in found.notes[0]


def test_where_room_is_short_what_is_there_is_written_all_the_same(portal, own, room):
    _create(portal, REASONS)
    room(2)
    found = own()
    assert (found.names, found.missing) == ([SCORE, TIER, REASONS], [SCORE, TIER])


def test_no_room_for_the_score_and_the_tier_is_refused_with_the_figures(own, room):
    room(1)
    with pytest.raises(PlanError, match=r"room for 1 more.*2 are needed: leadscore_score"):
        own()


def test_where_all_are_there_nobody_asks_for_room(portal, sandbox, own, room):
    _create(portal, SCORE, TIER)
    room(0)
    before = len(sandbox.requests())
    assert own(("score", "tier")).missing == []
    assert not [r for r in sandbox.requests()[before:] if "limits" in r["path"]]


def test_a_portal_that_does_not_say_is_taken_to_have_room(sandbox, own):
    sandbox.faults({"match": {"path": "*/custom-properties"}, "action": {"status": 403}})
    found = own()
    assert len(found.missing) == len(PROPERTIES)
    assert "room is assumed" in found.notes[0]


def test_what_people_changed_is_said_and_left_as_it_is(portal, sandbox, own, edit):
    _create(portal, SCORE, TIER)
    edit(SCORE, label="Punkte", groupName="contactinformation", numberDisplayHint="formatted")
    before = len(sandbox.portal.writes)
    found = own(("score", "tier"))
    assert found.notes == [
        "Shown otherwise than leadscore would, and left as it is: "
        "leadscore_score (label, number format, group)."
    ]
    assert len(sandbox.portal.writes) == before
    assert definitions(portal, "contacts")[SCORE]["label"] == "Punkte"


def test_what_is_not_written_any_more_is_said_to_be_of_older_scores(portal, own):
    _create(portal, SCORE, TIER, REASONS)
    found = own(("score", "tier"))
    assert found.names == [SCORE, TIER]
    assert found.notes == [
        f"In the portal and not written any more, so they tell of older scores: {REASONS}."
    ]


def test_an_archived_property_is_said_to_come_back(portal, own):
    _create(portal, SCORE, TIER)
    portal.transport.call("DELETE", portal.path("properties", "contacts", SCORE), expect=(204,))
    found = own(("score", "tier"))
    assert found.missing == [SCORE]
    assert found.notes == [
        "Archived in the portal, and restored with the old definition: leadscore_score."
    ]


def test_a_persons_own_property_of_our_kind_is_refused(portal, own):
    body = definitions_of("leadscore")[0] | {
        "groupName": "contactinformation",
        "description": "Ours",
    }
    portal.transport.call("POST", portal.path("properties", "contacts"), body=body, expect=(201,))
    with pytest.raises(PlanError, match="not of leadscore's making") as caught:
        own()
    assert "prefix" in caught.value.hint


def test_what_followups_write_is_checked_and_created_with_ours(portal, own, room):
    more = [
        {
            "name": "leadscore_entered",
            "label": "Entered",
            "type": "datetime",
            "fieldType": "date",
            "description": "When. Written by leadscore.",
        }
    ]
    found = own(("score", "tier"), more=more)
    assert found.missing == [SCORE, TIER, "leadscore_entered"]
    assert found.names == [SCORE, TIER]
    room(2)
    with pytest.raises(PlanError, match="3 are needed"):
        own(("score", "tier"), more=more)
