"""A night cut short anywhere is put right by the next; one without news writes nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nightcells
import pandas as pd
import pytest
from nights import idle_writes, move_portal, set_time
from notebookruns import make_portal

from leadscore.hubspot.reading import read_records
from leadscore.portals import open_portal
from leadscore.runlist import runs
from leadscore.sandbox import Sandbox, open_sandbox
from leadscore.store import open_store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CONTACTS = 1500
CELLS = nightcells.sources()
APPLY = next(n for n, source in enumerate(CELLS, 1) if "ls.apply" in source)
FIRST = pd.Timestamp.now("UTC").floor("s")
LATER = FIRST + pd.Timedelta("9D")


def _night(workspace: Path, at: pd.Timestamp, cell: int = 0, reply: int = 0) -> int:
    command = [sys.executable, nightcells.__file__, str(workspace), str(CONTACTS), at.isoformat()]
    done = subprocess.run(
        [*command, str(cell), str(reply)], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, -9), done.stderr[-3000:]
    return done.returncode


def _copy(first: Path, folder: Path) -> Path:
    shutil.copytree(first, folder / "crm")
    shutil.copy(first.with_name("crm.portal"), folder / "crm.portal")
    return folder / "crm"


def _ours(workspace: Path) -> pd.DataFrame:
    """Return what the portal has of our properties; when it was written is another matter."""
    names = [
        f"leadscore_{n}" for n in ("score", "tier", "probability", "trend", "reasons", "model")
    ]
    with open_portal(workspace, sandbox=True, contacts=CONTACTS) as portal:
        frames = [c.rows.to_pandas() for c in read_records(portal, "contacts", names)]
    return pd.concat(frames).set_index("id")[names].sort_index()


def _runs(workspace: Path) -> pd.DataFrame:
    with open_store(workspace) as store:
        found = runs(store)
    return found[found["kind"] == "apply"]


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> Path:
    """Have a first night, then nine days during which nothing happens in the portal."""
    workspace = tmp_path_factory.mktemp("first") / "crm"
    make_portal(workspace, contacts=CONTACTS)
    assert _night(workspace, FIRST) == 0
    move_portal(workspace, 9 * 86_400, contacts=CONTACTS, seed=0)
    return workspace


@pytest.fixture(scope="module")
def undisturbed(first, tmp_path_factory) -> Path:
    workspace = _copy(first, tmp_path_factory.mktemp("undisturbed"))
    assert _night(workspace, LATER) == 0
    return workspace


def test_the_same_night_again_writes_nothing(first, tmp_path):
    workspace = _copy(first, tmp_path)
    assert _night(workspace, FIRST) == 0
    assert _runs(workspace)["written"].tolist()[1:] == [0]


def test_a_later_night_writes_only_what_is_beyond_the_thresholds(undisturbed):
    last = _runs(undisturbed).iloc[-1]
    assert last["written"] == last["verified"] > 100
    with open_store(undisturbed) as store:
        assert idle_writes(store, str(last["run"])) == []


def test_after_nights_that_were_killed_in_every_cell_the_next_is_right(
    first, undisturbed, tmp_path
):
    workspace = _copy(first, tmp_path)
    for cell in range(2, len(CELLS) + 1):
        assert _night(workspace, LATER, cell, 3) == -9, cell
    assert _night(workspace, LATER) == 0
    pd.testing.assert_frame_equal(_ours(workspace), _ours(undisturbed))


def test_killed_in_the_middle_of_writing_every_contact_is_accounted_for(
    first, undisturbed, tmp_path
):
    workspace = _copy(first, tmp_path)
    assert _night(workspace, LATER, APPLY, 12) == -9
    assert _night(workspace, LATER) == 0
    pd.testing.assert_frame_equal(_ours(workspace), _ours(undisturbed))
    cut, whole = _runs(workspace).to_dict("records")[1:]
    assert (cut["status"], whole["status"], whole["unknown"]) == ("interrupted", "done", 0)
    with open_store(workspace) as store:
        lost, second = store.ledger.journal(cut["run"]), store.ledger.journal(whole["run"])
    lost = lost.loc[lost["state"].isna(), "object_id"]
    assert set(lost) <= set(second.loc[second["state"] == "written", "object_id"])
    planned = _runs(undisturbed).iloc[-1]["written"]
    done = [one[state] for one in (cut, whole) for state in ("written", "resolved")]
    assert sum(done) == planned


def test_told_to_stop_while_it_writes_the_batches_under_way_end_and_are_on_record(first, tmp_path):
    workspace = _copy(first, tmp_path)
    state = tmp_path / "crm.portal"
    slow = {"contacts": CONTACTS, "seed": 0, "state": state, "latency_ms": 400, "process": False}
    with open_sandbox(**slow) as sandbox:
        child = _start(workspace, sandbox, tmp_path)
        while len(_touched(sandbox)) < 150:
            assert child.poll() is None, child.communicate()
            time.sleep(0.02)
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=120)
        written = len(_touched(sandbox))
    assert json.loads(out)["error"]["kind"] == "stopped", err
    cut = _runs(workspace).iloc[-1]
    assert (cut["status"], cut["unknown"]) == ("interrupted", 0)
    assert cut["written"] == written


def _touched(sandbox: Sandbox) -> set[str]:
    return {str(write["id"]) for write in sandbox.writes(object="contacts")}


def _start(workspace: Path, sandbox: Sandbox, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "leadscore", "run", str(nightcells.NOTEBOOK), "--json"]
    given = ["-p", "sandbox=false", "-p", "write=true", "--workspace", str(workspace)]
    own = {"LEADSCORE_BASE_URL": sandbox.url, "HUBSPOT_PRIVATE_APP_TOKEN": sandbox.token}
    return subprocess.Popen(
        [*command, *given],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **own, **set_time(folder / "ipython", LATER)},
    )
