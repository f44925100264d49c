"""The ledger: every contact of a run ends in one state, on record, also after kill -9."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from leadscore.errors import StoreError
from leadscore.ledger import STATES, Ledger


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


def test_every_state_is_counted_and_the_sum_is_the_number_of_contacts(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    ids = [str(n) for n in range(len(STATES))]
    ledger.journal_intent(run, intents(*ids))
    for state, object_id in zip(STATES, ids, strict=True):
        ledger.journal_outcome(run, [{"object_id": object_id, "state": state, "reason": "why"}])
    assert ledger.counts(run) == dict.fromkeys(STATES, 1)
    assert ledger.pending(run) == []
    assert set(ledger.journal(run)["reason"]) == {"why"}


def test_counts_of_another_run_stay_apart(ledger: Ledger) -> None:
    first, second = ledger.start_run("apply"), ledger.start_run("apply")
    ledger.journal_outcome(first, outcomes("missing", "1"))
    assert ledger.counts(second) == dict.fromkeys(STATES, 0)


def test_a_contact_ends_in_one_state_only(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    ledger.journal_intent(run, intents("1"))
    ledger.journal_outcome(run, outcomes("written", "1"))
    ledger.journal_outcome(run, outcomes("written", "1"))
    for state in ("rejected", "resolved"):
        with pytest.raises(StoreError, match=r"Contact 1 .* another outcome already"):
            ledger.journal_outcome(run, outcomes(state, "1"))
    with pytest.raises(StoreError, match=r"Contact 1 .* has an outcome already"):
        ledger.journal_intent(run, intents("1"))
    assert ledger.counts(run)["written"] == 1


@pytest.mark.parametrize("state", ["written", "resolved"])
def test_what_was_sent_needs_an_intent(ledger: Ledger, state: str) -> None:
    run = ledger.start_run("apply")
    with pytest.raises(StoreError, match="has no intent"):
        ledger.journal_outcome(run, outcomes(state, "1"))


def test_what_was_not_sent_needs_none(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    for n, state in enumerate(("unchanged", "conflict", "rejected", "missing")):
        ledger.journal_outcome(run, outcomes(state, str(n)))
    assert sum(ledger.counts(run).values()) == 4


def test_a_batch_with_one_bad_row_is_not_recorded_at_all(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    ledger.journal_intent(run, intents("1"))
    with pytest.raises(StoreError, match="Contact 2"):
        ledger.journal_outcome(run, outcomes("written", "1", "2"))
    with pytest.raises(StoreError, match="'done' is no outcome"):
        ledger.journal_outcome(run, [*outcomes("written", "1"), *outcomes("done", "1")])
    assert ledger.pending(run) == ["1"]


def test_a_run_that_does_not_exist_takes_no_journal(ledger: Ledger) -> None:
    with pytest.raises(StoreError, match="no run 'x'"):
        ledger.journal_intent("x", intents("1"))


def test_properties_that_are_not_ours_stay_out_of_the_ledger(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    row = {"object_id": "1", "old": {"email": "ada@example.com"}, "new": {"leadscore_score": "1"}}
    with pytest.raises(StoreError, match="start with 'leadscore', not email"):
        ledger.journal_intent(run, [row])
    assert ledger.journal(run).empty


def test_another_prefix_can_be_ours(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    row = {"object_id": "1", "old": {}, "new": {"acme_score": "1"}}
    ledger.journal_intent(run, [row], prefix="acme")
    assert ledger.journal(run)["new"].tolist() == [{"acme_score": "1"}]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_refused(ledger: Ledger, value: float) -> None:
    run = ledger.start_run("apply")
    row = {"object_id": "1", "old": {}, "new": {"leadscore_score": value}}
    with pytest.raises(StoreError, match="not JSON compliant"):
        ledger.journal_intent(run, [row])


def test_the_journal_says_when_and_what_and_who_is_unknown(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    ledger.journal_intent(run, intents("1", "2"))
    ledger.journal_outcome(run, outcomes("written", "1"))
    ledger.journal_verified(run, ["1"])
    frame = ledger.journal(run).set_index("object_id")
    assert frame["old"].tolist() == [{"leadscore_score": None}] * 2
    assert frame.loc["1", "intent_at"] <= frame.loc["1", "outcome_at"]
    assert frame.loc["2", ["state", "outcome_at", "verified_at"]].isna().all()
    assert isinstance(frame.loc["1", "verified_at"], pd.Timestamp)
    assert ledger.verified(run) == 1


JOURNALIST = """
import sys
from pathlib import Path
from leadscore.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
run = ledger.start_run("apply")
print(run, flush=True)
for n in range(100_000):
    ids = [str(10 * n + k) for k in range(10)]
    ledger.journal_intent(run, [{"object_id": i, "old": {}, "new": {}} for i in ids])
    print("intent", n, flush=True)
    ledger.journal_outcome(run, [{"object_id": i, "state": "written"} for i in ids])
    print("outcome", n, flush=True)
"""


@pytest.mark.parametrize("lines", [1, 40, 41, 240])
def test_what_was_acknowledged_survives_kill_9_and_no_batch_is_torn(
    tmp_path: Path, lines: int
) -> None:
    path = tmp_path / "ledger.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", JOURNALIST, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        run = process.stdout.readline().strip()
        said = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    acknowledged = [line.split() for line in said if line.endswith("\n")]
    ledger = Ledger(path)
    ledger.check()
    frame = ledger.journal(run)
    batch = frame["object_id"].astype(int) // 10
    assert (frame.groupby(batch)["state"].agg(["size", "count"]).isin([0, 10]).all()).all()
    for word, number in acknowledged:
        mine = frame[batch == int(number)]
        assert len(mine) == 10
        assert word == "intent" or (mine["state"] == "written").all()
    assert ledger.runs()["status"].tolist() == ["running"]
    ledger.close()


def test_only_running_runs_of_the_kind_are_closed(ledger):
    killed, done, other = (ledger.start_run(kind) for kind in ("sync", "sync", "apply"))
    ledger.finish_run(done, "done")
    ledger.close_runs("sync")
    assert [ledger.run(run)["status"] for run in (killed, done, other)] == [
        "interrupted",
        "done",
        "running",
    ]
