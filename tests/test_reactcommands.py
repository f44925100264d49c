from __future__ import annotations

import json

import pytest

from leadscore.cli import _run
from leadscore.finding import find


@pytest.fixture
def table(portal, sandbox, monkeypatch, tmp_path):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    found = find(portal, "contacts", limit=5)[["id"]].rename(columns={"id": "contact_id"})
    return found.assign(tier="C"), tmp_path / "tiers.csv"


def said(capsys, *arguments, code=0):
    assert _run([*map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_table_is_remembered_then_acted_on(table, tmp_path, capsys):
    frame, file = table
    asked = ["react", file, "--trigger", "A", "--workspace", tmp_path / "crm"]
    frame.to_csv(file, index=False)
    assert _run([*map(str, asked)]) == 0
    assert "Remembered" in capsys.readouterr().out
    frame.assign(tier=["A", "A", "C", "C", "C"]).to_csv(file, index=False)
    assert said(capsys, *asked, "--dry-run")["trigger A"] == 2
    assert said(capsys, *asked)["actions"]["trigger A"]["written"] == 2
    assert _run([*map(str, asked)]) == 0
    assert "trigger A: none" in capsys.readouterr().out


def test_a_property_is_set_by_name_value_and_tier(table, tmp_path, capsys):
    frame, file = table
    asked = ["react", file, "--property", "hs_lead_status=OPEN:A", "--workspace", tmp_path / "crm"]
    frame.to_csv(file, index=False)
    said(capsys, *asked)
    frame.assign(tier=["A", "C", "C", "C", "C"]).to_csv(file, index=False)
    assert said(capsys, *asked, "--dry-run")["changed"] == 1
    error = said(capsys, "react", file, "--property", "hs_lead_status=OPEN", code=1)["error"]
    assert "NAME=VALUE:TIER" in error["message"]


def test_without_anything_to_do_it_is_a_usage_error(table, capsys):
    assert said(capsys, "react", table[1], code=1)["error"]["kind"] == "usage"
