"""A report in HubSpot: nothing is sent that cannot be finished, nothing is there twice."""

from __future__ import annotations

import pytest

from leadscore.errors import HubSpotError, MissingScopesError, SettingsError, UsageError
from leadscore.uploading import take_back, upload

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "port<al>.html"
    path.write_text("<p>Hello</p>")
    return path


def files_of(portal):
    return portal.transport.call("GET", portal.path("files", "search"))["results"]


def notes_of(portal):
    found = portal.client.crm.objects.basic_api.get_page(
        "notes", properties=["hs_note_body", "hs_attachment_ids"]
    )
    return [one.properties for one in found.results]


def contact_of(portal):
    return portal.client.crm.contacts.basic_api.get_page(limit=1).results[0].id


def test_a_report_is_uploaded_private_under_a_name_of_its_own(portal, page):
    first, second = upload(portal, page), upload(portal, page)
    assert first.path != second.path
    assert first.path.startswith("/leadscore/port-al-")
    assert [one["access"] for one in files_of(portal)] == ["PRIVATE", "PRIVATE"]
    assert first.note_id is None
    assert "note" not in first.as_dict()


def test_a_note_stands_on_the_record_with_the_file_and_both_can_be_taken_back(portal, page):
    contact = contact_of(portal)
    done = upload(portal, page, note_on=f"contacts:{contact}")
    (note,) = notes_of(portal)
    assert note["hs_attachment_ids"] == done.file_id
    assert note["hs_note_body"] == "Report by leadscore: port&lt;al&gt;.html"
    assert done.as_dict()["record"] == f"contacts:{contact}"
    assert take_back(portal, done) == ["note", "file"]
    assert notes_of(portal) == []
    assert files_of(portal) == []
    assert take_back(portal, done) == []


def test_a_note_whose_reply_is_lost_is_found_and_not_made_again(portal, sandbox, page):
    rule = {"match": {"method": "POST", "path": "*/notes/batch/create"}, "times": 1}
    sandbox.faults([rule | {"action": {"apply_then_reset": True}}])
    done = upload(portal, page, note_on=f"contacts:{contact_of(portal)}")
    assert done.note_id
    assert len(notes_of(portal)) == 1


def test_where_the_note_is_refused_the_file_goes_again(portal, sandbox, page):
    rule = {"match": {"method": "POST", "path": "*/notes/batch/create"}}
    body = {"status": "error", "message": "no", "category": "VALIDATION_ERROR"}
    sandbox.faults([rule | {"action": {"status": 400, "body": body}}])
    with pytest.raises(HubSpotError):
        upload(portal, page, note_on=f"contacts:{contact_of(portal)}")
    assert files_of(portal) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"folder": "leadscore"}, "no folder"),
        ({"folder": "/a/../b"}, "no folder"),
        ({"note_on": "tickets:1"}, "no record that a note can stand on"),
        ({"note_on": "contacts:x"}, "no record that a note can stand on"),
        ({"note_on": "contacts:404404"}, "no contacts with the id 404404"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_sent(portal, page, options, said):
    with pytest.raises(UsageError, match=said):
        upload(portal, page, **options)
    assert files_of(portal) == []


def test_a_file_that_is_not_there_is_a_clear_error(portal, tmp_path):
    with pytest.raises(SettingsError, match=r"cannot be read.*Write the report first"):
        upload(portal, tmp_path / "nope.html")


def test_a_token_without_the_scope_sends_nothing(portal, sandbox, page):
    sandbox.portal.scopes = {"crm.objects.contacts.read"}
    portal.__dict__.pop("scopes", None)
    with pytest.raises(MissingScopesError, match=r"files, crm\.objects\.contacts\.write"):
        upload(portal, page, note_on="contacts:1")
    assert not [
        one for one in sandbox.requests() if one["method"] == "POST" and "files" in str(one)
    ]
