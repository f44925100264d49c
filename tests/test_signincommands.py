from __future__ import annotations

import io
import json
import sys

import pytest
from consenting import Visitor, browsing

from leadscore.cli import _run
from leadscore.hubspot.connection import connect


@pytest.fixture
def surroundings(sandbox, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    return sandbox


def said(capsys, *arguments, code=0):
    assert _run([*map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_scopes_are_listed_without_a_token_and_it_says_that_none_was_looked_at(capsys):
    line = said(capsys, "scopes", "--for", "find, bring", "--object", "deals")
    assert (line["checked"], line["missing"], line["portal_id"]) == (False, [], None)
    assert "no HubSpot token" in line["unchecked"]
    assert {row["scope"] for row in line["scopes"]} == {
        "crm.objects.deals.read",
        "crm.objects.deals.write",
        "crm.schemas.deals.write",
    }


def test_scopes_exit_1_and_name_what_is_missing(surroundings, capsys):
    surroundings.portal.scopes = {"crm.objects.contacts.read", "files"}
    line = said(capsys, "scopes", code=1)
    assert line["missing"] == ["crm.schemas.contacts.write", "crm.objects.contacts.write"]
    assert line["unused"] == ["files"]
    assert line["portal_id"] == surroundings.portal_id


def test_a_job_that_is_none_is_said_before_anything_is_asked(surroundings, capsys):
    error = said(capsys, "scopes", "--for", "score,nope", code=1)["error"]
    assert (error["kind"], "'nope'" in error["message"]) == ("usage", True)
    assert not surroundings.requests()


@pytest.fixture
def piped(monkeypatch):
    """Pipe text into the next command."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_token_is_piped_in_and_used_by_its_name(sandbox, monkeypatch, capsys, piped):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    piped(f"{sandbox.token}\n")
    line = said(capsys, "login", "acme")
    assert (line["name"], line["portal_id"], line["kind"]) == ("acme", sandbox.portal_id, "token")
    assert line["workspace"].endswith("acme")
    assert sandbox.token not in json.dumps(line)
    monkeypatch.delenv("LEADSCORE_BASE_URL")  # its address is kept with it
    assert said(capsys, "scopes", "--portal", "acme")["portal_id"] == sandbox.portal_id
    assert said(capsys, "portals")["current"] is None  # --portal is of one command
    assert [row["name"] for row in said(capsys, "portals")["portals"]] == ["acme"]
    assert not said(capsys, "logout", "acme")["revoked"]
    assert said(capsys, "portals")["portals"] == []


def test_a_portal_by_name_has_a_workspace_of_its_own(sandbox, monkeypatch, capsys, piped, tmp_path):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    piped(sandbox.token)
    said(capsys, "login", "acme")
    assert said(capsys, "sync", "--no-history", "--portal", "acme")["contacts"] == 250
    assert (tmp_path / ".leadscore" / "portals" / "acme" / "store").is_dir()
    assert [path.name for path in (tmp_path / ".leadscore").iterdir()] == ["portals"]


def test_oauth_goes_by_a_client_id_and_a_secret_that_is_piped_in(
    sandbox, portal, monkeypatch, capsys, piped
):
    app = portal.transport.call("GET", "/__sandbox/oauth/app")
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    piped(app["clientSecret"])
    with browsing(Visitor()):
        line = said(capsys, "login", "acme", "--client-id", app["clientId"], "--port", "0")
    assert (line["kind"], line["portal_id"]) == ("oauth", sandbox.portal_id)
    with connect(name="acme") as again:
        assert "crm.objects.contacts.write" in again.scopes
    assert said(capsys, "logout", "acme")["revoked"]


def test_the_address_that_a_browser_ended_up_at_is_piped_in(sandbox, portal, monkeypatch, capsys):
    app = portal.transport.call("GET", "/__sandbox/oauth/app")
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)

    class Typing(io.StringIO):
        def readline(self, *_):
            url = capsys.readouterr().err.split()
            return Visitor().answer(url[-1]) if url else app["clientSecret"]

    monkeypatch.setattr(sys, "stdin", Typing())
    line = said(capsys, "login", "acme", "--client-id", app["clientId"], "--paste")
    assert line["kind"] == "oauth"


@pytest.mark.parametrize("name", ["Acme", "pat-na1-00000000-1111-2222-3333-444444444444"])
def test_a_name_that_is_none_is_said_before_a_secret_is_asked_for_and_not_repeated(
    name, capsys, piped
):
    piped("")
    error = said(capsys, "login", name, code=1)["error"]
    assert "That is no name" in error["message"]
    assert name not in json.dumps(error)


def test_an_empty_pipe_is_said(capsys, piped):
    piped("")
    assert "no token in the pipe" in said(capsys, "login", "acme", code=1)["error"]["message"]


def test_a_portal_that_was_not_signed_in_to_is_one_sentence(capsys):
    error = said(capsys, "sync", "--portal", "acme", code=1)["error"]
    assert "No portal is signed in to as acme" in error["message"]


def test_commands_that_are_about_a_portal_take_its_name_and_others_do_not(capsys):
    for command, takes in (("sync", True), ("doctor", True), ("demo", False), ("logout", False)):
        _run([command, "--help"])
        assert ("--portal" in capsys.readouterr().out) == takes, command


def test_usage_is_told_as_a_line_and_as_a_table(surroundings, capsys):
    line = said(capsys, "usage")
    assert line["portal_id"] == surroundings.portal_id
    assert any(row["what"] == "custom properties of contacts" for row in line["usage"])
    assert _run(["usage"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["allowed", "used", "left", "until"]
    assert len(rows) == len(line["usage"])
