from __future__ import annotations

import json

import pytest

from leadscore.cli import _run


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
