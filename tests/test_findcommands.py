from __future__ import annotations

import csv
import json

import pytest

from leadscore.cli import _run


@pytest.fixture(autouse=True)
def surroundings(sandbox, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)


def said(capsys, *arguments, code=0):
    assert _run([*map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_what_is_found_is_said_and_written_without_formulas(portal, capsys, tmp_path):
    one = said(capsys, "find", "contacts", "--limit", 1)["records"][0]
    where = portal.path("objects", "contacts", one["id"])
    body = {"properties": {"firstname": "=1+1"}}
    portal.transport.call("PATCH", where, body=body)
    file = tmp_path / "found.csv"
    asked = ["--id", one["id"], "--id", "999999", "--property", "firstname"]
    line = said(capsys, "find", "contacts", *asked, "--csv", file)
    assert line == {"found": 1, "missing": ["999999"], "csv": str(file)}
    with file.open() as rows:
        assert list(csv.reader(rows)) == [["id", "firstname"], [one["id"], "'=1+1"]]
    assert _run(["find", "contacts", *asked]) == 0
    lines = ["1 found.", "Not there: 999999.", "id      firstname", f"{one['id']}  =1+1"]
    assert capsys.readouterr().out.splitlines() == lines


def test_filters_can_be_words_and_hubspots_own(capsys):
    words = said(capsys, "find", "contacts", "--where", "lifecyclestage=lead|customer")
    several = (
        '[{"propertyName": "lifecyclestage", "operator": "IN", "values": ["lead", "customer"]}]'
    )
    assert said(capsys, "find", "contacts", "--filters", several) == words
    assert words["found"] == len(words["records"]) > 20
    assert _run(["find", "contacts", "--where", "lifecyclestage=lead|customer"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "…"


@pytest.mark.parametrize(
    "wrong", [["--where", "a=1", "--where", "a=2"], ["--filters", "[nonsense"], ["--where", "a b"]]
)
def test_what_cannot_be_read_is_a_usage_error(capsys, wrong):
    assert said(capsys, "find", "contacts", *wrong, code=1)["error"]["kind"] == "usage"
