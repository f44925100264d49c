from __future__ import annotations

import json

import pytest

from leadscore.cli import _run
from leadscore.planning import plan


@pytest.fixture
def planned(portal, sandbox, scores, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    return plan(portal, scores.head(40), progress=False)


def said(capsys, *arguments, code=0):
    assert _run([*map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_apply_undo_and_runs_go_from_one_to_the_next(planned, sandbox, capsys):
    folder = ["--workspace", planned.workspace]
    applied = said(capsys, "apply", planned.path, *folder)
    assert (applied["written"], applied["verified"]) == (40, 40)
    told = said(capsys, "runs", applied["run"], *folder)
    assert (told["states"]["written"], told["undone_by"]) == (40, None)
    undone = said(capsys, "undo", applied["run"], "--canary", 10, *folder)
    assert list(undone) == list(applied)
    assert (undone["written"], undone["verified"]) == (40, 40)
    assert said(capsys, "undo", applied["run"], *folder) == undone
    told = said(capsys, "runs", applied["run"], "--contacts", *folder)
    assert (told["undone_by"], told["contacts"]) == (undone["run"], [])
    assert [one["kind"] for one in said(capsys, "runs", *folder)["runs"]][-2:] == ["apply", "undo"]
    assert _run(["runs", *map(str, folder)]) == 0
    assert f"undone by {undone['run']}" in capsys.readouterr().out
    assert _run(["runs", undone["run"], *map(str, folder)]) == 0
    assert applied["run"] in capsys.readouterr().out


def test_a_plan_of_another_workspace_is_refused(planned, capsys, tmp_path):
    error = said(capsys, "apply", planned.path, "--workspace", tmp_path / "other", code=1)
    assert "is of the workspace" in error["error"]["message"]


def test_contacts_are_told_of_one_run_alone(capsys, tmp_path):
    error = said(capsys, "runs", "--contacts", "--workspace", tmp_path, code=1)
    assert error["error"]["kind"] == "usage"


def test_an_override_without_a_reason_is_refused_before_anything_else(planned, capsys):
    error = said(capsys, "undo", "r1", "--override", "stale_plan", code=1)
    assert "reason" in error["error"]["message"]
