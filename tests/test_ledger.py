"""The ledger: every contact of a run ends in one state, on record, also after kill -9."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from leadscore.errors import StoreError
from leadscore.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.sqlite")
    yield opened
    opened.close()


def intents(*ids: str) -> list[dict[str, Any]]:
    return [
        {"object_id": i, "old": {"leadscore_score": None}, "new": {"leadscore_score": "81"}}
        for i in ids
    ]


def outcomes(state: str, *ids: str) -> list[dict[str, str]]:
    return [{"object_id": i, "state": state} for i in ids]


def test_a_workspace_belongs_to_one_portal(ledger: Ledger) -> None:
    assert ledger.portal_id is None
    ledger.bind_portal(42)
    ledger.bind_portal(42)
    with pytest.raises(StoreError, match="belongs to portal 42, not to portal 43"):
        ledger.bind_portal(43)
    assert ledger.portal_id == 42


def test_a_run_keeps_its_facts_and_its_times_in_utc(ledger: Ledger) -> None:
    run = ledger.start_run("sync", plan=None, contacts=3)
    ledger.finish_run(run, "done", seconds=1.5)
    (row,) = ledger.runs().to_dict("records")
    assert row["run"] == run
    assert row["status"] == "done"
    assert row["facts"] == {"contacts": 3, "seconds": 1.5}
    assert row["started_at"] <= row["finished_at"]
    assert str(ledger.runs()["started_at"].dtype) == "datetime64[us, UTC]"


def test_runs_come_oldest_first_and_an_unfinished_one_has_no_end(ledger: Ledger) -> None:
    runs = [ledger.start_run(kind) for kind in ("sync", "train", "score")]
    frame = ledger.runs()
    assert frame["run"].tolist() == runs
    assert frame["finished_at"].isna().all()
    assert (frame["status"] == "running").all()


def test_the_frames_have_their_types_also_when_empty(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    for frame in (ledger.plans(), ledger.journal(run)):
        assert frame.empty
        times = [name for name in frame if name.endswith("_at")]
        assert times
        assert {str(kind) for kind in frame[times].dtypes} == {"datetime64[us, UTC]"}


def test_an_unknown_run_is_named_with_the_latest(ledger: Ledger) -> None:
    run = ledger.start_run("sync")
    with pytest.raises(StoreError, match=rf"no run 'x'.*{run}"):
        ledger.finish_run("x", "done")


@pytest.mark.parametrize("kind", ["", "Sync", "../x", "a b", "1"])
def test_a_kind_of_run_is_a_plain_word(ledger: Ledger, kind: str) -> None:
    with pytest.raises(StoreError, match="is no kind of run"):
        ledger.start_run(kind)


def test_a_plan_leads_to_the_latest_run_that_applies_it(ledger: Ledger) -> None:
    ledger.save_plan("p1", path="plans/p1.parquet", changes=3)
    assert ledger.run_of("p1") is None
    ledger.start_run("apply", plan="p1")
    second = ledger.start_run("apply", plan="p1")
    assert ledger.run_of("p1") == second
    assert ledger.plans()["facts"].tolist() == [{"path": "plans/p1.parquet", "changes": 3}]


def test_a_checkpoint_holds_the_last_value_and_none_forgets_it(ledger: Ledger) -> None:
    assert ledger.checkpoint("contacts", default="start") == "start"
    for value in ({"after": "10"}, [1, 2], "2026-01-01T00:00:00Z"):
        ledger.set_checkpoint("contacts", value)
        assert ledger.checkpoint("contacts") == value
    ledger.set_checkpoint("contacts", None)
    assert ledger.checkpoint("contacts") is None


def test_a_second_reader_sees_what_is_committed_at_once(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    other = Ledger(ledger.path)
    ledger.journal_intent(run, intents("1", "2"))
    assert other.pending(run) == ["1", "2"]
    ledger.journal_outcome(run, outcomes("written", "1"))
    assert other.pending(run) == ["2"]
    assert other.counts(run)["written"] == 1
    other.close()


def test_only_running_runs_of_the_kind_are_closed(ledger):
    killed, done, other = (ledger.start_run(kind) for kind in ("sync", "sync", "apply"))
    ledger.finish_run(done, "done")
    ledger.close_runs("sync")
    assert [ledger.run(run)["status"] for run in (killed, done, other)] == [
        "interrupted",
        "done",
        "running",
    ]


def test_a_run_that_goes_on_is_running_in_this_process(ledger):
    run = ledger.start_run("apply", plan="p1")
    ledger.finish_run(run, "failed", error="unreachable")
    ledger.resume_run(run)
    now = ledger.run(run)
    assert (now["status"], now["pid"]) == ("running", os.getpid())
    assert pd.isna(now["finished_at"])


def test_a_run_is_undone_by_the_last_undo_that_was_not_undone_itself(ledger):
    run = ledger.start_run("apply")
    assert ledger.undone_by(run) is None
    first = ledger.start_run("undo", undoes=run)
    assert ledger.undone_by(run) == first
    again = ledger.start_run("undo", undoes=first)
    assert ledger.undone_by(first) == again
    assert ledger.undone_by(run) is None
    last = ledger.start_run("undo", undoes=run)
    assert ledger.undone_by(run) == last


def test_a_run_whose_process_is_gone_is_told_as_interrupted(tmp_path):
    start = "import sys; from pathlib import Path; from leadscore.ledger import Ledger; "
    start += "Ledger(Path(sys.argv[1])).start_run('apply')"
    path = tmp_path / "ledger.sqlite"
    subprocess.run([sys.executable, "-c", start, str(path)], check=True)
    ledger = Ledger(path)
    ledger.start_run("apply")
    assert list(ledger.runs()["status"]) == ["interrupted", "running"]
