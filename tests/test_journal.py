"""The journal: every contact of a run ends in one state, on record, also after kill -9."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from leadscore import journal
from leadscore.errors import StoreError
from leadscore.journal import STATES
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
    assert ledger.runs()["status"].tolist() == ["interrupted"]
    ledger.close()


def test_two_actions_of_one_contact_are_two_rows(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    ledger.journal_intent(run, intents("1"))
    stage = {"object_id": "1", "old": {}, "new": {"lifecyclestage": "lead"}}
    with pytest.raises(StoreError, match="not lifecyclestage"):
        ledger.journal_intent(run, [stage], action="stage")
    ledger.journal_intent(run, [stage], action="stage", names=["lifecyclestage"])
    ledger.journal_outcome(run, outcomes("written", "1"), action="stage")
    ledger.journal_verified(run, ["1"], action="stage")
    assert ledger.pending(run) == ["1"]
    assert ledger.pending(run, action="stage") == []
    assert ledger.counts_by_action(run) == {"stage": dict.fromkeys(STATES, 0) | {"written": 1}}
    assert (ledger.verified(run), ledger.verified(run, action="stage")) == (0, 1)


def test_rows_come_in_pieces_and_none_is_left_out_or_comes_twice(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_PIECE", 3)
    run = ledger.start_run("apply")
    ids = [str(n) for n in range(10, 20)]
    ledger.journal_intent(run, intents(*ids))
    seen = []
    for entry in ledger.waiting(run):
        seen.append(entry.contact)
        ledger.journal_outcome(run, outcomes("written", entry.contact))
    assert seen == ids
    assert [e.contact for e in ledger.entries(run, states=["written"])] == ids
    assert [e.contact for e in ledger.unverified(run)] == ids
    assert list(ledger.entries(run, states=["missing"])) == []


def test_what_is_known_of_some_contacts_is_their_rows_alone(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    ledger.journal_intent(run, intents("1", "2"))
    ledger.journal_outcome(run, outcomes("written", "1"))
    known = ledger.known(run, ["1", "2", "3"])
    assert {one: entry.state for one, entry in known.items()} == {"1": "written", "2": ""}
    assert known["1"].new == {"leadscore_score": "81"}
    assert not known["1"].verified


def test_the_times_of_change_around_a_write_survive_in_the_journal(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    rows = [row | {"changed_at": f"2026-01-0{row['object_id']}"} for row in intents("1", "2")]
    ledger.journal_intent(run, rows)
    ledger.journal_outcome(
        run, [{"object_id": "1", "state": "written", "changed_at": "2026-02-01"}]
    )
    ledger.journal_outcome(run, outcomes("written", "2"))
    echoes = [(e.contact, e.before, e.after) for e in ledger.echoes(run)]
    assert echoes == [("1", "2026-01-01", "2026-02-01")]


def test_what_was_not_written_is_told_with_its_reason(ledger: Ledger) -> None:
    run = ledger.start_run("apply")
    ledger.journal_intent(run, intents("1", "2", "3"))
    ledger.journal_outcome(run, outcomes("written", "1"))
    ledger.journal_outcome(run, [{"object_id": "2", "state": "rejected", "reason": "too long"}])
    told = list(ledger.unwritten(run))
    assert told == [("scores", "2", "rejected", "too long"), ("scores", "3", "", "")]


def test_who_wrote_a_contact_later_is_the_last_run_that_did(ledger: Ledger) -> None:
    first, second, third = (ledger.start_run("apply") for _ in range(3))
    for run, ids in ((first, "12"), (second, "12"), (third, "2")):
        ledger.journal_intent(run, intents(*ids))
        ledger.journal_outcome(run, outcomes("written", *ids))
    assert ledger.written_later(first, ["1", "2", "3"]) == {"1": second, "2": third}
    assert ledger.written_later(third, ["1", "2"]) == {}
