"""The commands that bring tables in and keep them in step."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from portals import Hand, truth

from leadscore.cli import _run

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5, "history": False}], indirect=True)


@pytest.fixture
def said(sandbox, portal, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)

    def run(*arguments, code=0, as_json=True):
        end = ["--workspace", str(tmp_path / "crm"), *(["--json"] if as_json else [])]
        assert _run([*map(str, arguments), *end]) == code
        out = capsys.readouterr().out
        return json.loads(out.splitlines()[-1]) if as_json else out

    return run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "webinar.csv"
    path.write_text("Email Address,Job title,seen\nAda@example.com,Engineer,2026-03-01\n")
    return path


def test_a_file_is_brought_in_with_its_events(said, sandbox, file):
    options = ["--map", "Email Address=email", "--event", "webinar", "--at", "seen"]
    dry = said("bring", file, *options, "--dry-run", as_json=False)
    assert dry.startswith("A dry run: nothing was sent. webinar.csv, 1 rows: 1 create.")
    done = said("bring", file, "--match", "email", *options)
    assert (done["created"], done["events"]["added"]) == (1, 1)
    assert "example.com" not in json.dumps(done)
    assert said("bring", file, *options)["unchanged"] == 1


def test_rows_that_cannot_be_brought_end_with_three(said, file):
    file.write_text("email\nnobody\n")
    assert said("bring", file, code=3)["rejected"] == 1


def test_a_table_of_a_database_follows_and_leads(said, sandbox, portal, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_URL", f"sqlite:///{tmp_path}/crm.db")
    options = ["--property", "jobtitle", "--table", "people"]
    assert said("pull", "contacts", "--into", "env:CRM_URL", *options)["added"] == 5
    gone = min(truth(sandbox, "hs_object_id"))
    Hand(portal).archive(gone)
    sandbox.advance(60)
    told = said("pull", "contacts", "--into", "env:CRM_URL", *options)
    assert told["gone_rows"] == [{"id": gone, "why": "archived", "done": "kept"}]
    pushed = said("push", "contacts", "env:CRM_URL", "--table", "people", "--match", "id")
    assert (pushed["unchanged"], pushed["missing"]) == (4, 1)


def test_a_file_is_pushed_and_conflicts_are_told_in_words(said, sandbox, portal, tmp_path):
    path = tmp_path / "people.csv"
    pd.DataFrame({"email": ["ada@example.com"], "jobtitle": ["Engineer"]}).to_csv(path, index=False)
    assert said("push", "contacts", path, "--match", "email")["created"] == 1
    one = next(i for i, email in truth(sandbox, "email").items() if email == "ada@example.com")
    Hand(portal).edit(one, jobtitle="By hand")
    pd.DataFrame({"email": ["ada@example.com"], "jobtitle": ["Chief"]}).to_csv(path, index=False)
    told = said("push", "contacts", path, "--match", "email", as_json=False)
    assert "None" not in told
    assert f"record {one}: jobtitle changed on both sides, won: portal" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bring", "a.csv", "--map", "email"], "names no column and property"),
        (["bring", "a.csv", "--table", "x"], "are for a database"),
        (["bring", "sqlite:///a.db"], "one table or one query"),
        (["bring", "env:NOTHING"], "The environment has no NOTHING"),
        (["bring", "none.csv"], "There is no file"),
    ],
)
def test_what_cannot_be_meant_is_one_error(said, arguments, message):
    assert message in said(*arguments, code=1)["error"]["message"]
