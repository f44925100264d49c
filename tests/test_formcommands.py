"""The command that submits a file."""

from __future__ import annotations

import json

import pytest
from formbodies import field, posted, taken

from leadscore.cli import _run

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


@pytest.fixture
def form(portal, sandbox, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    return posted(portal, field(required=True))


def said(capsys, *arguments, code=0):
    assert _run(["submit", *map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_file_is_submitted_once_and_its_bad_rows_are_told(form, sandbox, tmp_path, capsys):
    file, folder = tmp_path / "people.csv", ["--workspace", tmp_path / "crm"]
    file.write_text("email\na@example.com\nnobody\n", encoding="utf-8")
    refused = said(capsys, form, file, *folder, code=1)["error"]["message"]
    assert "row 2: 'email' is no e-mail address" in refused
    dry = said(capsys, "Talk to us", file, "--skip-invalid", "--dry-run", *folder, code=3)
    assert (dry["run"], dry["ready"], dry["rows"][0]["row"]) == (None, 1, 2)
    assert taken(sandbox, form) == []
    done = said(capsys, form, file, "--skip-invalid", *folder, code=3)
    assert (done["submitted"], done["rejected"]) == (1, 1)
    assert _run(["submit", form, str(file), "--skip-invalid", *map(str, folder)]) == 3
    told = capsys.readouterr().out
    assert "already" in told
    assert "row 2 rejected: 'email'" in told
    assert taken(sandbox, form) == [{"email": "a@example.com"}]
