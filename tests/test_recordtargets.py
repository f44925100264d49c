from __future__ import annotations

import pytest

from leadscore.hubspot.reading import read_values
from leadscore.hubspot.writing import update_batch
from leadscore.recordtargets import ARCHIVED, MADE_AT, ArchiveTarget, CreationTarget, RecordTarget

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
ABOUT = {
    "object_type": "contacts",
    "properties": {"email": "address", "city": "string"},
    "by": ["email"],
}


def _ids(portal):
    return [c.id for c in portal.client.crm.contacts.basic_api.get_page(limit=3).results]


def test_only_the_properties_that_are_to_be_written_must_be_as_they_were(portal):
    target = RecordTarget(portal, ABOUT)
    live = {"email": "a@example.com", "city": "Ulm"}
    assert target.untouched(live, {"city": "Ulm"}, sent=False)
    assert not target.untouched(live, {"city": ""}, sent=False)
    assert target.holds(live, {"email": "A@example.com"})


def test_what_is_not_there_yet_may_be_created_and_is_found_at_once(portal):
    target = CreationTarget(portal, ABOUT)
    wanted = {"row-0": {"email": "new@example.com", "city": "Ulm"}}
    assert target.live(wanted) == {"row-0": {}}
    assert target.untouched({}, {}, sent=False)
    (outcome,) = target.send(wanted)
    live = target.live(wanted)["row-0"]
    assert (outcome.state, outcome.record) == ("written", live["hs_object_id"])
    assert target.holds(live, wanted["row-0"])
    (second,) = target.send(wanted)
    assert second.state == "conflict"


def test_a_record_is_archived_unless_it_was_changed_since(portal):
    target = ArchiveTarget(portal, ABOUT)
    one, two, _ = _ids(portal)
    made = target.live([one])[one][MADE_AT]
    assert target.untouched(target.live([one])[one], {MADE_AT: made}, sent=False)
    update_batch(portal, "contacts", {one: {"jobtitle": "Baker"}})
    assert not target.untouched(target.live([one])[one], {MADE_AT: made}, sent=False)
    target.send({two: {ARCHIVED: "true"}})
    assert target.holds(target.live([two])[two], {ARCHIVED: "true"})
    assert read_values(portal, "contacts", [two], []) == {}
