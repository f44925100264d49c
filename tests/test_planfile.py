from __future__ import annotations

import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.errors import PlanError
from leadscore.planfile import (
    SCORES,
    Change,
    Draft,
    Spool,
    batches,
    facts_of,
    hash_of,
    new_id,
    rows_of,
)

VALUES = st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=3)
CHANGES = st.lists(st.builds(Change, contact=st.text(max_size=9), old=VALUES, new=VALUES))
ONE = Change("7", {"leadscore_tier": "B"}, {"leadscore_tier": "A"})


def _saved(folder, changes, **facts):
    with Draft(folder, new_id()) as draft:
        draft.add(SCORES, changes)
        return draft.save(facts)


def _rewritten(path, *, facts=None, rows=None):
    table = pq.read_table(path)
    metadata = dict(pq.read_metadata(path).metadata)
    if facts is not None:
        metadata[b"leadscore"] = json.dumps(facts).encode()
    table = rows(table) if rows else table
    pq.write_table(table.replace_schema_metadata(metadata), path)


@given(changes=CHANGES)
def test_every_change_comes_back_as_it_was_put_there(tmp_path_factory, changes):
    path = _saved(tmp_path_factory.mktemp("plans"), changes)
    assert [change for _, change in rows_of(path)] == changes
    assert facts_of(path)["rows"] == {SCORES: len(changes)}
    assert hash_of(path) == facts_of(path)["sha256"]


def test_the_changes_of_an_action_are_read_alone(tmp_path):
    with Draft(tmp_path, new_id()) as draft:
        draft.add(SCORES, [ONE])
        draft.add("task", [Change("7", {}, {"task": "call"})])
        path = draft.save({})
    assert [action for action, _ in rows_of(path, {"task"})] == ["task"]
    assert facts_of(path)["rows"] == {SCORES: 1, "task": 1}


def test_a_plan_of_many_groups_keeps_its_order(tmp_path):
    many = [Change(str(n), {}, {"leadscore_score": "1"}) for n in range(25_001)]
    found = [change.contact for _, change in rows_of(_saved(tmp_path, many))]
    assert found == [str(n) for n in range(25_001)]


def test_a_draft_that_is_not_saved_leaves_no_file(tmp_path):
    with Draft(tmp_path / "plans", new_id()) as draft:
        draft.add(SCORES, [ONE])
    assert list((tmp_path / "plans").iterdir()) == []


def test_a_plan_is_for_its_owner_alone(tmp_path):
    path = _saved(tmp_path / "plans", [ONE])
    assert (path.stat().st_mode | path.parent.stat().st_mode) & 0o077 == 0


def test_the_hash_tells_an_edited_row(tmp_path):
    path = _saved(tmp_path, [ONE])
    _rewritten(path, rows=lambda t: t.set_column(1, "contact_id", [["8"]]))
    assert hash_of(path) != facts_of(path)["sha256"]


def test_the_hash_tells_edited_facts(tmp_path):
    path = _saved(tmp_path, [ONE], portal_id=1)
    _rewritten(path, facts=facts_of(path) | {"portal_id": 2})
    assert hash_of(path) != facts_of(path)["sha256"]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a plan at all"])
def test_a_file_that_is_no_plan_is_refused(tmp_path, content):
    path = tmp_path / "plan.parquet"
    path.write_bytes(content)
    with pytest.raises(PlanError, match="not a plan"):
        facts_of(path)


def test_a_plan_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PlanError, match="no plan"):
        facts_of(tmp_path / "nothing.parquet")


def test_batches_hold_everything_once():
    found = list(batches([ONE] * 250, 100))
    assert [len(batch) for batch in found] == [100, 100, 50]


@given(changes=CHANGES)
def test_a_spool_gives_back_what_waits_and_leaves_nothing(tmp_path_factory, changes):
    folder = tmp_path_factory.mktemp("spool")
    with Spool(folder) as spool:
        spool.add(changes[:1])
        spool.add(changes[1:])
        assert list(spool.changes()) == changes
    assert list(folder.iterdir()) == []


FULL = """
import resource, signal, sys
from pathlib import Path
from leadscore.errors import SettingsError
from leadscore.planfile import SCORES, Change, Draft, new_id

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
folder = Path(sys.argv[1])
many = (Change(str(n), {}, {"reasons": str(hash(str(n)))}) for n in range(60_000))
try:
    with Draft(folder, new_id()) as draft:
        draft.add(SCORES, many)
        draft.save({})
except SettingsError as error:
    print(error)
print(len(list(folder.iterdir())))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size")
def test_a_full_disk_is_one_clear_error_and_leaves_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "plans")],
        capture_output=True,
        text=True,
        check=True,
    )
    said, left = done.stdout.splitlines()[:-1], done.stdout.splitlines()[-1]
    assert "cannot be written: File too large" in said[0]
    assert left == "0"
