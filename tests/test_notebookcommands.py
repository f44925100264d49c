"""`leadscore run`: one line for a log, one for a machine, and the codes of the contract."""

from __future__ import annotations

import json

import pytest
from tinybooks import TOKEN, write

from leadscore.cli import _run
from leadscore.workspace import hold, make_private


@pytest.fixture
def tiny(tmp_path):
    return str(write(tmp_path, "#! ## Sum", "a + 1", parameters="a = 1\nworkspace = 'own'"))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-p", "aa=1"], "Did you mean a?"),
        (["-p", "a=many"], "Give a whole number"),
        (["-p", f"a={TOKEN}"], "would carry a token"),
        (["--timeout", "soon"], "The timeout cannot be 'soon'"),
        (["--cell-timeout", "0"], "The cell timeout cannot be '0'"),
        (["--params-file", "none.yaml"], "none.yaml cannot be read"),
        (["--workspace", "a", "-p", "workspace=b"], "are two folders"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_runs(tiny, tmp_path, capsys, words, says):
    assert _run(["run", tiny, *words, "--json"]) == 1
    line = capsys.readouterr().out
    assert says in line
    assert TOKEN not in line
    assert json.loads(line)["error"]["kind"] == "usage"
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.ipynb"]


def test_another_run_in_the_workspace_is_busy(tiny, tmp_path, capsys):
    with hold(make_private(tmp_path / "own" / "notebooks"), "run tiny"):
        assert _run(["run", tiny, "--json"]) == 75
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["kind"] == "busy"
    assert "`run tiny` (process" in error["message"]


def test_a_run_ends_with_one_line_for_the_log_and_is_on_record(tiny, tmp_path, capsys):
    (tmp_path / "p.yaml").write_text("a: 1\n")
    assert _run(["run", tiny, "--params-file", "p.yaml", "-p", "a=41", "--no-html"]) == 0
    line = capsys.readouterr().out
    assert line.startswith("leadscore-run notebook=tiny status=done exit=0 seconds=")
    assert line.count("\n") == 1
    assert "42" in next((tmp_path / "own" / "notebooks").rglob("*.ipynb")).read_text()
    assert not [*tmp_path.rglob("*.html")]
    assert _run(["runs", "--workspace", "own"]) == 0
    assert "tiny" in capsys.readouterr().out


def test_a_cells_error_ends_the_command_with_its_own_code(tmp_path, capsys):
    path = write(tmp_path, "#! ## Plan", "from leadscore.errors import GuardError\n"
                 "raise GuardError('Too much.', hint='Look.', guards=['write_cap'])")  # fmt: skip
    assert _run(["run", str(path), "--json", "--workspace", "crm"]) == 4
    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert (error["kind"], error["guards"], error["cell"]) == ("guard", ["write_cap"], 1)
    assert error["message"].endswith(": Too much.")
    assert said.err.startswith("leadscore-run notebook=tiny status=failed exit=4 kind=guard cell=1")
