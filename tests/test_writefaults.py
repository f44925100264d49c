"""Part C of the fault matrix: what can go wrong with a write, row by row, and what comes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from crashing import crasher
from dying import Died, dying
from handscores import hand_scores, score_writes
from portals import Hand, truth

from leadscore.errors import (
    AuthenticationError,
    GuardError,
    HubSpotError,
    LimitReachedError,
    PlanError,
    StoreError,
)
from leadscore.hubspot.connection import connect
from leadscore.hubspot.writing import update_batch
from leadscore.journal import STATES
from leadscore.planning import plan
from leadscore.plans import load_plan
from leadscore.sandbox import open_sandbox
from leadscore.store import open_store
from leadscore.undoing import undo
from leadscore.writeback import apply

UPDATE = "*/contacts/batch/update"
FEW = 12


@pytest.fixture
def made(portal, sandbox, store):
    return plan(portal, hand_scores(sandbox, store.workspace), progress=False)


def _apply(portal, made, **options):
    return apply(portal, made, progress=False, **options)


def _fault(sandbox, action, **match):
    sandbox.faults([{"match": {"path": UPDATE} | match, "action": action}])


def _updates(sandbox):
    return sum(r["path"].endswith("/batch/update") for r in sandbox.requests())


def _state(run, contact):
    return run.outcomes.set_index("contact_id").loc[contact, "state"]


def _well(run, made, sandbox, since=0):
    """Every contact has one state, and no contact's score was changed twice."""
    assert sum(run.counts.values()) == made.rows["scores"] == run.outcomes["contact_id"].nunique()
    assert set(score_writes(sandbox, since).values()) <= {1}


def test_row_33_those_rejected_are_told_with_a_reason_and_the_others_are_not_sent_again(
    portal, sandbox, made
):
    bad = made.changes["contact_id"].iloc[[60, 170]].tolist()
    _fault(sandbox, {"reject_ids": bad})
    run = _apply(portal, made)
    _well(run, made, sandbox)
    assert run.counts == dict.fromkeys(STATES, 0) | {"written": 248, "rejected": 2}
    assert run.outcomes.set_index("contact_id").loc[bad, "reason"].str.len().min() > 0
    assert _updates(sandbox) == 3  # the canary, and two batches of a hundred


def test_row_34_one_that_the_reply_leaves_out_is_looked_up_and_not_written_blindly(
    portal, sandbox, made
):
    lost, primary = made.changes["contact_id"].iloc[[120, 121]]
    survivor = None

    _fault(sandbox, {"drop_ids": [lost]})
    survivor = Hand(portal).merge(primary, lost)
    run = _apply(portal, made)
    _well(run, made, sandbox)
    row = run.outcomes.set_index("contact_id").loc[lost]
    assert row["state"] == "missing"
    assert f"Merged into contact {survivor}" in row["reason"]
    assert "next run" in row["reason"]


@pytest.mark.parametrize(
    "action",
    [
        *({kind: True} for kind in ("empty", "html", "array", "truncated")),
        {"status": 202, "body": {}},
        {"status": 204},
        {"status": 200, "body": {"status": "COMPLETE", "results": []}},
    ],
)
def test_row_35_a_reply_that_says_nothing_is_no_success(portal, sandbox, made, action):
    _fault(sandbox, action, nth=[2])
    try:
        run = _apply(portal, made)
    except HubSpotError:
        sandbox.clear_faults()
        run = _apply(portal, made)
    _well(run, made, sandbox)
    held = truth(sandbox, "leadscore_score")
    told = run.outcomes.set_index("contact_id")["state"]
    assert all(held[one] for one in told.index[told.isin(["written", "resolved"])])


def test_row_36_one_bad_value_costs_its_own_contact_alone(portal, sandbox, made):
    contact = made.changes["contact_id"].iloc[77]
    body = {"status": "error", "message": "bad", "category": "VALIDATION_ERROR"}
    sandbox.faults(
        [{"match": {"path": UPDATE, "id": contact}, "action": {"status": 400, "body": body}}]
    )
    run = _apply(portal, made)
    _well(run, made, sandbox)
    assert _state(run, contact) == "rejected"
    assert run.counts["written"] == 249
    assert _updates(sandbox) <= 3 + 2 * 7


def test_row_38_an_empty_string_is_never_sent_by_a_score(portal, made):
    with pytest.raises(ValueError, match="clears"):
        update_batch(portal, "contacts", {made.changes["contact_id"][0]: {"leadscore_score": ""}})
    assert not (made.changes.filter(like="new.") == "").any(axis=None)


@pytest.mark.parametrize("change", ["archived", "read-only", "without an option"])
def test_row_39_a_property_that_changed_since_the_plan_stops_it_before_any_write(
    portal, sandbox, store, made, change
):
    _apply(portal, made)
    again = hand_scores(sandbox, store.workspace)
    again["tier"] = "B"
    later = plan(portal, again, progress=False)
    _change(portal, sandbox, change)
    before = len(sandbox.portal.writes)
    with pytest.raises(PlanError, match="leadscore_tier"):
        _apply(portal, later)
    assert len(sandbox.portal.writes) == before


def _change(portal, sandbox, change):
    definitions = sandbox.portal.collection("contacts").definitions
    if change == "archived":
        definitions.archive("leadscore_tier", at=sandbox.portal.now)
        return
    tier = definitions.active["leadscore_tier"]
    if change == "read-only":
        tier.setdefault("modificationMetadata", {})["readOnlyValue"] = True
    else:
        tier["options"] = [o for o in tier["options"] if o["value"] != "B"]


@pytest.mark.parametrize("change", ["archived", "without an option"])
def test_row_39_one_that_changes_in_mid_run_stops_it_and_mended_it_goes_on(
    portal, sandbox, made, change, monkeypatch
):
    definitions = sandbox.portal.collection("contacts").definitions
    call, sent = portal.transport.call, []

    def after_the_canary(method, path, **more):
        if path.endswith("/batch/update"):
            sent.append(path)
            if len(sent) == 2:
                _change(portal, sandbox, change)
        return call(method, path, **more)

    monkeypatch.setattr(portal.transport, "call", after_the_canary)
    with pytest.raises(PlanError, match="leadscore_tier"):
        _apply(portal, made)
    done = len(score_writes(sandbox))
    if change == "without an option":
        tier = definitions.active["leadscore_tier"]
        tier["options"] += [{"label": "B", "value": "B", "displayOrder": 1, "hidden": False}]
    run = _apply(portal, made)
    assert done > 0
    _well(run, made, sandbox)
    assert run.counts["written"] + run.counts["resolved"] + run.counts["unchanged"] == 250


def test_row_40_those_deleted_or_merged_since_the_plan_are_missing_and_the_rest_goes_on(
    portal, sandbox, made
):
    hand, ids = Hand(portal), made.changes["contact_id"]
    hand.archive(ids[60])
    hand.erase(ids[61])
    hand.merge(ids[62], ids[63])
    run = _apply(portal, made)
    _well(run, made, sandbox)
    told = run.outcomes.set_index("contact_id")
    assert {told.loc[ids[n], "state"] for n in (60, 61, 63)} == {"missing"}
    words = [told.loc[ids[n], "reason"].split()[0].strip(":,") for n in (60, 61, 63)]
    assert words == ["Archived", "Erased", "Merged"]


def test_row_41_what_a_person_typed_since_the_plan_is_kept(portal, sandbox, made):
    _apply(portal, made)
    again = hand_scores(sandbox, made.workspace)
    again["score"] = (again["score"] + 10).clip(upper=100)
    later = plan(portal, again, progress=False)
    contact = later.changes["contact_id"].iloc[99]
    Hand(portal).edit(contact, leadscore_score="999")
    since = len(sandbox.portal.writes)
    run = _apply(portal, later, override={"distribution_shift": "scores by hand"})
    _well(run, later, sandbox, since)
    assert _state(run, contact) == "conflict"
    assert truth(sandbox, "leadscore_score")[contact] == "999"


def test_row_42_a_lost_reply_is_looked_up_and_nothing_is_written_twice(portal, sandbox, made):
    _fault(sandbox, {"apply_then_reset": True}, nth=[1, 3])
    run = _apply(portal, made)
    _well(run, made, sandbox)
    assert run.counts["resolved"] > 0
    assert run.counts["written"] + run.counts["resolved"] == run.verified == 250


# Row 42: kill -9. Each point where something has just been done, one by one.


def _small(portal, sandbox, folder):
    return plan(portal, hand_scores(sandbox, folder, FEW), progress=False)


def _die_at(points, do):
    """Do something that dies at a point; return whether it came to its end."""
    with dying(points) as fuse:
        try:
            do()
        except (Died, StoreError):
            return False
    return not fuse.dead


def test_row_42_killed_at_any_point_the_same_call_finishes_and_undo_takes_all_back(
    portal, sandbox, tmp_path
):
    point, ended = 0, False
    while not ended:
        point += 1
        folder = open_store(tmp_path / str(point)).workspace
        before = {n: truth(sandbox, n) for n in ("leadscore_score", "leadscore_tier")}
        made, since = _small(portal, sandbox, folder), len(sandbox.portal.writes)
        ended = _die_at(point, lambda made=made: _apply(portal, made, canary=5))
        run = _apply(portal, made, canary=5)
        _well(run, made, sandbox, since)
        assert run.verified == FEW
        assert store_runs(folder) == ["done"]
        undone = undo(portal, run, progress=False)
        assert undone.counts["written"] == FEW
        assert {n: truth(sandbox, n) for n in before} == before
    assert point > 20


@pytest.mark.slow
def test_row_42_an_undo_killed_at_any_point_is_finished_by_the_same_call(portal, sandbox, tmp_path):
    point, ended = 0, False
    while not ended:
        point += 1
        made = _small(portal, sandbox, open_store(tmp_path / str(point)).workspace)
        run = _apply(portal, made, canary=5)
        since = len(sandbox.portal.writes)
        ended = _die_at(point, lambda run=run: undo(portal, run, canary=5, progress=False))
        undone = undo(portal, run, canary=5, progress=False)
        assert sum(undone.counts.values()) == undone.verified == FEW
        assert set(score_writes(sandbox, since).values()) == {1}
        assert set(truth(sandbox, "leadscore_score").values()) == {None}
        assert store_runs(made.workspace) == ["done", "done"]
    assert point > 20


def store_runs(folder):
    with open_store(folder) as store:
        return store.ledger.runs()["status"].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(50))
def test_row_42_a_random_kill_of_the_process_is_finished_by_the_same_command(
    killed_portal, killed, tmp_path, seed
):
    """The real thing: SIGKILL to a process that applies, at a random point."""
    import random

    sandbox, portal = killed_portal
    made = _small(portal, sandbox, open_store(tmp_path / "crm").workspace)
    since = len(sandbox.portal.writes)
    where = {"LEADSCORE_BASE_URL": sandbox.url, "HUBSPOT_PRIVATE_APP_TOKEN": sandbox.token}
    point = random.Random(seed).randint(1, 40)
    ended = killed(where, str(made.workspace), str(point), str(made.path))
    assert ended in {-signal.SIGKILL, 0}
    run = _apply(portal, made, canary=5)
    _well(run, made, sandbox, since)
    assert run.verified == FEW
    assert undo(portal, run, progress=False).counts["written"] == FEW


@pytest.fixture(scope="module")
def killed():
    with crasher() as run:
        yield run


@pytest.fixture(scope="module")
def killed_portal():
    from portals import unpaced

    with (
        open_sandbox(contacts=20, seed=4, limits=False, process=False) as sandbox,
        connect(sandbox) as portal,
    ):
        yield sandbox, unpaced(portal)


def test_row_42_a_revoked_token_in_mid_run_loses_nothing(portal, sandbox, made):
    _fault(sandbox, {"status": 401}, nth={"from": 2})
    with pytest.raises(AuthenticationError):
        _apply(portal, made)
    sandbox.clear_faults()
    run = _apply(portal, made)
    _well(run, made, sandbox)
    assert run.verified == 250


def test_row_42_an_expired_plan_of_an_interrupted_run_is_resolved_then_refused_then_finished(
    portal, sandbox, made, store, monkeypatch
):
    _fault(sandbox, {"apply_then_reset": True}, nth={"from": 2})
    monkeypatch.setattr("leadscore.engine._TRIES", 1)
    with pytest.raises(HubSpotError):
        _apply(portal, made)
    sandbox.clear_faults()
    run = store.ledger.run_of(made.id)
    assert store.ledger.pending(run)
    _let_expire(monkeypatch)
    with pytest.raises(GuardError) as caught:
        _apply(portal, made)
    assert caught.value.guards == ["stale_plan"]
    assert store.ledger.pending(run) == []
    assert store.ledger.counts(run)["resolved"] > 0
    done = _apply(portal, made, override={"stale_plan": "it was half done"})
    _well(done, made, sandbox)
    assert done.verified == 250
    assert store.ledger.run(run)["facts"]["overridden"] == {"stale_plan": "it was half done"}


def _let_expire(monkeypatch):
    import pandas as pd

    later = pd.Timestamp.now("UTC") + pd.Timedelta(days=2)
    monkeypatch.setattr("leadscore.guards.pd.Timestamp", _Clock(pd.Timestamp, later))


class _Clock:
    """pandas' Timestamp, whose now is another."""

    def __init__(self, real, now):
        self.real, self.moment = real, now

    def now(self, *_):
        return self.moment

    def __call__(self, *given, **options):
        return self.real(*given, **options)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("sandbox", [{"latency_ms": 40}], indirect=True)
def test_row_57_told_to_stop_it_ends_the_batches_under_way_and_goes_on_when_asked(
    portal, sandbox, made, store, number
):
    where = {"LEADSCORE_BASE_URL": sandbox.url, "HUBSPOT_PRIVATE_APP_TOKEN": sandbox.token}
    command = [sys.executable, "-m", "leadscore", "apply", str(made.path), "--canary", "5"]
    with subprocess.Popen(command, env=os.environ | where, stderr=subprocess.DEVNULL) as process:
        while not score_writes(sandbox):
            assert process.poll() is None
            time.sleep(0.002)
        process.send_signal(number)
        assert process.wait(60) in {0, 1}
    run = store.ledger.run_of(made.id)
    assert store.ledger.run(run)["status"] in {"interrupted", "done"}
    assert store.ledger.pending(run) == []
    assert len(score_writes(sandbox)) == store.ledger.counts(run)["written"]
    done = _apply(portal, made)
    _well(done, made, sandbox)
    assert done.verified == 250


@pytest.mark.parametrize("wrong", ["portal", "edited", "expired"])
def test_row_43_another_portal_an_edit_or_age_is_refused_before_any_write(
    portal, sandbox, made, wrong, monkeypatch
):
    before = len(sandbox.portal.writes)
    if wrong == "portal":
        with (
            open_sandbox(contacts=5, seed=9, process=False) as other,
            connect(other) as stranger,
            pytest.raises(GuardError) as caught,
        ):
            _apply(stranger, made)
        assert not other.portal.writes
        guard = "other_portal"
    elif wrong == "edited":
        _edit(made.path)
        with pytest.raises(PlanError, match="edited"):
            load_plan(made.path)
        guard = None
    else:
        _let_expire(monkeypatch)
        with pytest.raises(GuardError) as caught:
            _apply(portal, made)
        guard = "stale_plan"
    assert guard is None or caught.value.guards == [guard]
    assert len(sandbox.portal.writes) == before


def _edit(path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    new = [text.replace('"0"', '"99"') for text in table["new"].to_pylist()]
    edited = table.set_column(3, "new", pa.array(new))
    kept = {b"leadscore": pq.read_metadata(path).metadata[b"leadscore"]}
    pq.write_table(edited.replace_schema_metadata(kept), path)


def test_row_44_nothing_changed_is_no_write_call(portal, sandbox, made):
    _apply(portal, made)
    asked = _updates(sandbox)
    again = plan(portal, hand_scores(sandbox, made.workspace), progress=False)
    assert again.rows["scores"] == 0
    assert sum(_apply(portal, again).counts.values()) == 0
    assert _updates(sandbox) == asked


def test_row_45_undo_restores_its_own_values_alone(portal, sandbox, made):
    run = _apply(portal, made)
    theirs = made.changes["contact_id"].iloc[::2].tolist()
    Hand(portal).edit_all(theirs, leadscore_score="999", leadscore_tier="A")
    undone = undo(portal, run, progress=False)
    scores = truth(sandbox, "leadscore_score")
    assert all((scores[one] == "999") is (one in theirs) for one in made.changes["contact_id"])
    assert sum(undone.counts.values()) == 250
    assert set(truth(sandbox, "leadscore_reasons").values()) == {None}


def test_a_daily_limit_while_a_plan_is_applied_is_told_to_the_scheduler(portal, sandbox, made):
    _fault(sandbox, {"body": "429 daily"})
    with pytest.raises(LimitReachedError) as caught:
        _apply(portal, made)
    assert caught.value.exit_code == 75
