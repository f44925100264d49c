"""A notebook run with nobody there: no token on the disk, one at a time, on record, stoppable."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from tinybooks import HOSTILE, TOKEN, write

import leadscore as ls
from leadscore.errors import BusyError, NotebookError, UsageError
from leadscore.runlist import run_line
from leadscore.runtexts import several
from leadscore.store import open_store
from leadscore.workspace import hold, is_alive, make_private

SLOW = "import time\nprint('begun', flush=True)\nopen('begun', 'w').close()\ntime.sleep(100)"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Run a notebook that shows a token and a stranger's HTML in every way, and fails."""
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", TOKEN)
        patch.setenv("LEADSCORE_WORKSPACE", str(folder / "crm"))
        patch.chdir(folder)
        path = write(folder, *HOSTILE, parameters="capacity = 1")
        with pytest.raises(NotebookError) as told:
            ls.run_notebook(path, {"capacity": 5})
    return folder, told.value


def _files(folder):
    return [p for p in folder.rglob("*") if p.is_file()]


def test_a_token_that_cells_show_is_in_no_file_and_not_in_the_error(hostile):
    folder, error = hostile
    for path in _files(folder / "crm"):
        assert TOKEN.encode() not in path.read_bytes(), path
        assert TOKEN[9:].encode() not in path.read_bytes(), path
    assert TOKEN not in json.dumps(error.as_dict())
    assert "ValueError: refused: [token]" in error.message


def test_a_failure_names_the_cell_and_keeps_what_was_shown_until_then(hostile):
    _, error = hostile
    assert 'in cell 4 ("Look around": raise ValueError' in error.message
    kept = nbformat.read(error.facts["output"], 4)
    assert kept.metadata.papermill["parameters"] == {"capacity": 5}
    assert "[token]" in str(kept.cells)


def test_the_page_of_a_hostile_notebook_is_inert(hostile):
    _, error = hostile
    page = Path(error.facts["html"]).read_text()
    page = re.sub(r'<pre class="source">.*?</pre>', "", page, flags=re.DOTALL)
    for active in (
        "<script",
        "onclick",
        "onerror=",
        "<iframe",
        "javascript:",
        "href=",
        "evil/",
        "\u202e",
    ):
        assert active not in page, active
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "bold" in page


def test_everything_is_its_owners_alone(hostile):
    folder, _ = hostile
    for path in (folder / "crm").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_failed_run_is_on_record_with_its_cell_and_no_words_of_the_error(hostile):
    folder, error = hostile
    with open_store(folder / "crm") as store:
        found = store.ledger.run(error.facts["run"])
        told = several(
            {"runs": [json.loads(json.dumps(run_line(store.ledger, found), default=str))]}
        )
    assert (found["kind"], found["status"]) == ("notebook", "failed")
    assert found["facts"]["error"] == {"kind": "notebook", "cell": 4}
    assert "refused" not in json.dumps(found["facts"])
    assert "tiny, cell 4: notebook" in told


def test_a_person_who_is_erased_leaves_the_outputs_too(tmp_path):
    path = write(tmp_path, "print('31234567')")
    done = ls.run_notebook(path, workspace=tmp_path / "crm")
    with open_store(tmp_path / "crm") as store:
        store.erase(["31234567"])
    assert not done.output.exists()
    assert not done.html.exists()


def test_one_runs_at_a_time_and_the_other_is_told_which(tmp_path):
    path = write(tmp_path, "1")
    with open_store("crm") as store, hold(make_private(tmp_path / "crm" / "notebooks"), "run a"):
        run = store.ledger.start_run("notebook", notebook="05_nightly")
        with pytest.raises(BusyError, match=rf"Run {run} of 05_nightly \(process {os.getpid()}\)"):
            ls.run_notebook(path, workspace="crm")
        assert store.ledger.run(run)["status"] == "running"


def test_the_workspace_is_the_notebooks_own_unless_another_is_set(tmp_path, monkeypatch):
    path = write(tmp_path, "print(workspace)", parameters="workspace = 'own'")
    monkeypatch.setattr("leadscore.notebooks._Job.run", lambda job, folder, **_: (folder, job))
    assert str(ls.run_notebook(path)[0]) == "own"
    assert str(ls.run_notebook(path, {"workspace": "given"})[0]) == "given"
    folder, job = ls.run_notebook(path, workspace="asked")
    assert (str(folder), job.parameters) == ("asked", {"workspace": "asked"})
    monkeypatch.setenv("LEADSCORE_WORKSPACE", "set")
    assert str(ls.run_notebook(path)[0]) == "set"
    with pytest.raises(UsageError, match="two folders"):
        ls.run_notebook(path, {"workspace": "a"}, workspace="b")


def _start(folder):
    path = write(folder, "#! ## Wait", SLOW, "print('never')")
    command = [sys.executable, "-m", "leadscore", "run", str(path), "--workspace", "crm", "--json"]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder
    )
    while not (folder / "begun").exists():
        assert child.poll() is None, child.communicate()
        time.sleep(0.05)
    with open_store(folder / "crm") as store:
        return child, int(store.ledger.runs().iloc[-1]["pid"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_interrupts_the_cell_and_says_so(tmp_path, number):
    child, pid = _start(tmp_path)
    assert pid == child.pid
    child.send_signal(number)
    out, err = child.communicate(timeout=60)
    error = json.loads(out)["error"]
    assert (child.returncode, error["kind"], error["status"]) == (1, "stopped", "interrupted")
    assert 'was told to stop in cell 1 ("Wait"' in error["message"]
    assert "status=interrupted" in err
    assert "KeyboardInterrupt" in (tmp_path / error["output"]).read_text()


def test_killed_outright_it_leaves_no_kernel_and_the_next_run_says_what_became_of_it(tmp_path):
    child, _ = _start(tmp_path)
    kernels = _children(child.pid)
    child.kill()
    child.communicate()
    while any(map(is_alive, kernels)):
        time.sleep(0.1)
    assert kernels
    kept = next((tmp_path / "crm" / "notebooks").rglob("*.ipynb")).read_text()
    assert "open('begun', 'w')" in kept
    done = ls.run_notebook(write(tmp_path, "1"), workspace=tmp_path / "crm")
    with open_store(tmp_path / "crm") as store:
        assert store.ledger.runs()["status"].tolist() == ["interrupted", done.status]


def _children(pid):
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
