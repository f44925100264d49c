"""The front door of files."""

from __future__ import annotations

from io import BytesIO

import pandas as pd
import pytest

import leadscore as ls
from leadscore.errors import MissingScopesError, NotFoundError, SettingsError, UsageError
from leadscore.store import open_store

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "offer for Ada.txt"
    made.write_bytes(b"hello")
    return made


@pytest.fixture
def here(tmp_path):
    return {"workspace": tmp_path / "crm"}


def contact_of(portal):
    return portal.client.crm.contacts.basic_api.get_page(limit=1).results[0].id


def test_a_file_is_put_there_found_shown_and_deleted(portal, path, here):
    made = ls.files.upload(portal, path, folder="/a", ttl="30D", **here)
    assert (made.path, made.access, made.size) == ("/a/offer for Ada.txt", "PRIVATE", 5)
    found = ls.files.find(portal, "offer")
    assert found[["id", "name", "size"]].iloc[0].tolist() == [made.id, made.name, 5]
    assert ls.files.find(portal, folder="/b").empty
    assert len(ls.files.find(portal, folder="/a", limit=1)) == 1
    assert ls.files.signed_url(portal, made, expires="1h").startswith("http")
    assert ls.files.delete(portal, made, dry_run=True, **here)
    assert ls.files.delete(portal, made, **here)
    assert not ls.files.delete(portal, made.id, **here)


def test_a_dry_run_sends_nothing_and_leaves_nothing(portal, path, here):
    told = ls.files.upload(portal, path, dry_run=True, **here)
    assert (told.id, told.path, told.run) == ("", "/leadscore/offer for Ada.txt", None)
    to = ("contacts", [contact_of(portal), "404"])
    ready = ls.files.attach(portal, path, to, dry_run=True, **here)
    assert ready.results["state"].tolist() == ["ready", "missing"]
    assert ls.files.find(portal).empty
    assert not here["workspace"].exists()


def test_a_file_of_this_machine_is_attached_in_one_call(portal, path, here):
    done = ls.files.attach(portal, path, ("contacts", contact_of(portal)), progress=False, **here)
    assert done.counts["attached"] == 1
    note = portal.client.crm.objects.basic_api.get_by_id(
        "notes", done.results["note"][0], properties=["hs_note_body", "hs_attachment_ids"]
    )
    assert note.properties["hs_note_body"] == "offer for Ada.txt"
    assert note.properties["hs_attachment_ids"] == done.file
    again = ls.files.attach(portal, done.file, ("contacts", contact_of(portal)), **here)
    assert again.counts["already"] == 1


def test_neither_names_nor_links_are_in_the_workspace(portal, path, here):
    made = ls.files.upload(portal, path, **here)
    ls.files.attach(portal, made, ("contacts", contact_of(portal)), progress=False, **here)
    link = ls.files.signed_url(portal, made)
    token = link.split("/")[-2]
    for file in here["workspace"].rglob("*"):
        text = file.read_bytes() if file.is_file() else b""
        assert b"Ada" not in text
        assert token.encode() not in text
    with open_store(here["workspace"]) as store:
        runs = store.ledger.runs()
    assert runs["kind"].tolist() == ["upload", "attach"]
    assert [one["file"] for one in runs["facts"]] == [made.id] * 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"access": "SECRET"}, "no access 'SECRET'"),
        ({"ttl": "1h"}, "cannot be kept"),
        ({"ttl": "400D"}, "cannot be kept"),
        ({"ttl": "soon"}, "cannot be kept"),
        ({"folder": "a"}, "no folder"),
        ({"name": "../a"}, "no name"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_before_anything_is_sent(
    portal, path, here, options, says
):
    with pytest.raises(UsageError, match=says):
        ls.files.upload(portal, path, **options, **here)
    assert not here["workspace"].exists()


@pytest.mark.parametrize("ttl", ["P1M", "P1Y", pd.Timedelta(days=30)])
def test_a_file_may_be_kept_for_a_while(portal, path, here, ttl):
    assert ls.files.upload(portal, path, ttl=ttl, **here).id


def test_a_file_that_is_too_large_or_not_there_is_refused(portal, path, here, monkeypatch):
    monkeypatch.setattr("leadscore.fileoptions.LARGEST", 4)
    with pytest.raises(UsageError, match="5 bytes"):
        ls.files.upload(portal, path, **here)
    with pytest.raises(SettingsError):
        ls.files.upload(portal, path.with_name("nope"), **here)


def test_records_and_files_that_are_not_there_are_told_before_anything_is_uploaded(
    portal, path, here
):
    with pytest.raises(UsageError, match="no contacts with the id 404"):
        ls.files.attach(portal, path, ("contacts", "404"), **here)
    with pytest.raises(NotFoundError):
        ls.files.attach(portal, "404", ("contacts", contact_of(portal)), **here)
    for bad in ("x", ""):
        with pytest.raises(UsageError):
            ls.files.delete(portal, bad, **here)
    for bad in ("0s", "soon"):
        with pytest.raises(UsageError):
            ls.files.signed_url(portal, "7", expires=bad)
    assert ls.files.find(portal).empty


def test_without_the_scope_nothing_is_sent(portal, path, here):
    portal.__dict__["scopes"] = frozenset({"crm.objects.contacts.read"})
    for call in (
        lambda: ls.files.upload(portal, path, **here),
        lambda: ls.files.attach(portal, path, ("contacts", "7"), **here),
        lambda: ls.files.find(portal),
    ):
        with pytest.raises(MissingScopesError, match="files"):
            call()


def test_a_name_that_is_all_ending_gets_no_second_one(portal, tmp_path, here):
    (tmp_path / ".hidden").write_bytes(b"x")
    assert ls.files.upload(portal, tmp_path / ".hidden", **here).path == "/leadscore/hidden"


def test_content_in_place_of_a_path_is_told_so(portal, here):
    with pytest.raises(UsageError, match="path is wanted, not bytes"):
        ls.files.upload(portal, b"abc", **here)
    with pytest.raises(UsageError, match="path is wanted, not BytesIO"):
        ls.files.attach(portal, BytesIO(b"abc"), ("contacts", contact_of(portal)), **here)
