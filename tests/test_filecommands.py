"""The command that uploads."""

from __future__ import annotations

import json

import pytest

from leadscore import files
from leadscore.cli import _run

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


def test_a_file_is_uploaded_and_attached_or_nothing_is_done(
    portal, sandbox, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    path = tmp_path / "a.txt"
    path.write_text("a")
    contact = portal.client.crm.contacts.basic_api.get_page(limit=1).results[0].id

    def said(*arguments, code=0):
        words = ["upload", str(path), *arguments, "--workspace", str(tmp_path / "crm"), "--json"]
        assert _run(words) == code
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    refused = said("--to", f"contacts:{contact}", "--to", "contacts:404", code=1)
    assert "no contacts:404" in refused["error"]["message"]
    for bad in ("7", "contacts:", ":7", "contacts:x"):
        assert "names no record" in said("--to", bad, code=1)["error"]["message"]
    assert said("--dry-run")["file"] == ""
    assert files.find(portal).empty
    done = said("--to", f"contacts:{contact}", "--note", "Here")
    assert (done["path"], done["attached"]) == ("/leadscore/a.txt", 1)
    assert len(files.find(portal)) == 1
