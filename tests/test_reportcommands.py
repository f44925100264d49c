"""The report command: one page, one line, and HubSpot only where asked."""

import json

import pytest
from crmstores import fill, person

from leadscore.cli import _run
from leadscore.store import open_store

GOAL = ["--goal", "customer", "--within", "90D"]


@pytest.fixture
def folder(tmp_path):
    store = fill(open_store(tmp_path / "crm"), [person("1", won="2026-02-01"), person("2")])
    store.close()
    return str(tmp_path / "crm")


def said(capsys, *arguments, code=0):
    assert _run([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_portals_page_is_written_where_it_is_wanted(folder, tmp_path, capsys):
    out = tmp_path / "page.html"
    told = said(capsys, "report", "portal", *GOAL, "--out", str(out), "--workspace", folder)
    assert told == {"report": str(out)}
    assert "2 contacts, 1 of them open." in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "said_so"),
    [
        (["deals"], "no report on 'deals'"),
        (["portal", "7"], "no report on the portal '7'"),
        (["run"], "No run has written"),
        (["model"], "No model is live"),
        (["portal", "--note-on", "contacts:1"], "A note needs the file"),
        (["portal", "--goal", "="], "cannot be read"),
    ],
)
def test_what_cannot_be_written_is_one_clear_error(folder, capsys, arguments, said_so):
    told = said(capsys, "report", *arguments, "--workspace", folder, code=1)
    assert said_so in told["error"]["message"]
    assert told["error"]["hint"]


@pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
def test_a_page_is_uploaded_and_noted_where_asked(folder, sandbox, portal, capsys, monkeypatch):
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    contact = portal.client.crm.contacts.basic_api.get_page(limit=1).results[0].id
    asked = ["--upload", "--note-on", f"contacts:{contact}", "--workspace", folder]
    told = said(capsys, "report", *GOAL, *asked)
    assert told["uploaded"]["record"] == f"contacts:{contact}"
    assert told["uploaded"]["note"]
    file = portal.transport.call("GET", portal.path("files", told["uploaded"]["file"]))
    assert file["access"] == "PRIVATE"
