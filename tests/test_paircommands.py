from __future__ import annotations

import json

import pytest

from leadscore.cli import _run
from leadscore.finding import find


@pytest.fixture
def pair(portal, sandbox, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    return find(portal, "contacts")["id"][0], find(portal, "companies")["id"].iloc[-1]


def said(capsys, *arguments, code=0):
    assert _run([*map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_file_of_pairs_is_associated_and_dissociated(pair, tmp_path, capsys):
    file = tmp_path / "pairs.csv"
    file.write_text(f"from_id,to_id\n{pair[0]},{pair[1]}\n404,{pair[1]}\n")
    ends, folder = ["contacts", "companies", file], ["--workspace", tmp_path / "crm"]
    assert said(capsys, "associate", *ends, "--dry-run", *folder)["associate"] == 2
    few = ["associate", *ends, *folder, "--max-writes", 1]
    assert said(capsys, *few, code=4)["error"]["kind"] == "guard"
    passed = ["--override", "write_cap", "--reason", "a test", "--dry-run"]
    assert said(capsys, *few, *passed)["guards"] == ["write_cap"]
    done = said(capsys, "associate", *ends, *folder, code=3)
    assert (done["associated"], done["rejected"]) == (1, 1)
    assert _run(["associate", *map(str, [*ends, *folder])]) == 3
    assert "404" in capsys.readouterr().out
    assert said(capsys, "dissociate", *ends, *folder)["dissociated"] == 1
