from __future__ import annotations

import csv
import json

import pytest

from leadscore.cli import _run

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


@pytest.fixture(autouse=True)
def surroundings(sandbox, store, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    monkeypatch.setenv("LEADSCORE_WORKSPACE", str(store.workspace))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("email;city\nada@example.com;Ulm\nbob@example.com;Bonn\n")
    return path


def _line(capsys, *arguments, code=0):
    assert _run([*map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_file_is_planned_applied_and_then_changes_nothing(capsys, file):
    dry = ["upsert", "contacts", file, "--match", "email", "--dry-run", "--detailed-exitcode"]
    plan = _line(capsys, *dry, code=2)
    assert plan["create"] == 2
    done = _line(capsys, "apply", plan["plan"])
    assert (done["created"], done["verified"]) == (2, 2)
    assert _line(capsys, *dry)["unchanged"] == 2
    assert _line(capsys, "upsert", "contacts", file)["unchanged"] == 2


def test_a_run_is_told_of_and_taken_back(capsys, file):
    run = _line(capsys, "create", "contacts", file)["run"]
    assert _run(["runs", run]) == 0
    told = capsys.readouterr().out
    assert "contacts   2 written" in told.replace("contacts      ", "contacts   ")
    assert "how" in told
    assert _line(capsys, "undo", run)["written"] == 2
    assert _line(capsys, "update", "contacts", file, "--match", "email")["missing"] == 2


def test_rows_that_do_not_fit_are_an_error_or_left_out_and_told(capsys, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("email,numemployees\na@example.com,=1\nb@example.com,1-5\n")
    error = _line(capsys, "upsert", "contacts", bad, code=1)["error"]
    assert "Row 0" in error["message"]
    results = tmp_path / "results.csv"
    line = _line(capsys, "upsert", "contacts", bad, "--reject", "--results", results, code=3)
    assert (line["created"], line["rejected"]) == (1, 1)
    with results.open() as rows:
        assert [row["state"] for row in csv.DictReader(rows)] == ["rejected", "created"]


def test_it_says_so_in_words_too(capsys, file):
    assert _run(["create", "contacts", str(file), "--dry-run"]) == 0
    assert "2 rows for contacts" in capsys.readouterr().out
    assert _run(["create", "contacts", str(file)]) == 0
    assert _run(["create", "contacts", str(file)]) == 0
    assert "Row 0: duplicate: There is one with this email already." in capsys.readouterr().out
