"""Notes with a file: one for each record, whatever is lost on the way."""

from __future__ import annotations

import pytest

from leadscore import attaching
from leadscore.attaching import attach_notes, notes_with, remove_notes
from leadscore.errors import HubSpotError

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
LOSE = {"match": {"method": "POST", "path": "*/notes/batch/create"}, "times": 1}


@pytest.fixture
def contacts(portal):
    found = portal.client.crm.contacts.basic_api.get_page(limit=5).results
    return [one.id for one in found]


def attach(portal, kind, ids, text="See <b>"):
    return [one for batch in attach_notes(portal, kind, ids, "77", text=text) for one in batch]


def notes(portal):
    found = portal.client.crm.objects.basic_api.get_page("notes", properties=["hs_note_body"])
    return [one.properties["hs_note_body"] for one in found.results]


def test_each_record_gets_one_note_and_the_same_call_makes_none_again(
    portal, contacts, monkeypatch
):
    monkeypatch.setattr(attaching, "BATCH", 2)
    first = attach(portal, "contacts", contacts)
    assert [(one.id, one.state) for one in first] == [(one, "attached") for one in contacts]
    assert notes(portal) == ["See &lt;b&gt;"] * 5
    again = attach(portal, "contacts", contacts)
    assert {one.state for one in again} == {"already"}
    assert [one.note for one in again] == [one.note for one in first]
    assert len(notes(portal)) == 5


def test_after_a_lost_reply_only_the_missing_notes_are_made(portal, contacts, sandbox):
    sandbox.faults([LOSE | {"action": {"apply_then_reset": True}}])
    assert {one.state for one in attach(portal, "contacts", contacts)} == {"attached"}
    assert len(notes(portal)) == 5


def test_what_is_refused_is_told_by_record(portal, contacts, sandbox):
    body = {"status": "error", "message": "no\u202e", "category": "VALIDATION_ERROR"}
    sandbox.faults([LOSE | {"times": 99, "action": {"status": 400, "body": body}}])
    found = attach(portal, "contacts", contacts[:2])
    assert [one.state for one in found] == ["rejected"] * 2
    assert "no\ufffd" in found[0].reason


def test_another_file_of_a_note_is_another_file(portal, contacts):
    attach(portal, "contacts", contacts[:1])
    assert notes_with(portal, "contacts", contacts, "7") == {}
    assert list(notes_with(portal, "contacts", contacts, "77")) == contacts[:1]


@pytest.mark.parametrize("kind", ["companies", "deals"])
def test_notes_stand_on_other_types_too_by_a_type_that_may_be_looked_up(portal, kind, monkeypatch):
    needed = (
        {"name": "Acme"} if kind == "companies" else {"dealname": "a", "dealstage": "closedwon"}
    )
    body = {"properties": needed, "associations": []}
    made = portal.client.crm.objects.basic_api.create(kind, body)
    known = attaching._association(portal, kind)
    monkeypatch.setattr(attaching, "_NOTE_TO", {})
    assert attaching._association(portal, kind) == known
    assert [one.state for one in attach(portal, kind, [made.id])] == ["attached"]


def test_notes_that_are_there_are_removed_and_counted(portal, contacts):
    made = [one.note for one in attach(portal, "contacts", contacts[:2])]
    assert remove_notes(portal, [*made, "404"]) == 2
    assert remove_notes(portal, made) == 0


def test_a_portal_that_takes_none_is_an_error(portal, contacts, sandbox):
    sandbox.faults([LOSE | {"times": 99, "action": {"status": 403, "body": {}}}])
    with pytest.raises(HubSpotError):
        attach(portal, "contacts", contacts)
