from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
import time
from collections import Counter

import pandas as pd
import pytest

from leadscore.errors import BusyError, GuardError, PlanError, StoreError
from leadscore.hubspot.connection import connect
from leadscore.hubspot.writing import update_batch
from leadscore.planning import plan
from leadscore.sandbox import open_sandbox
from leadscore.store import open_store
from leadscore.writeback import apply


def _plan(portal, scores):
    return plan(portal, scores, progress=False)


def _apply(portal, made, **options):
    return apply(portal, made, progress=False, **options)


def _live(portal, contact, name):
    found = portal.client.crm.contacts.basic_api.get_by_id(contact, properties=[name])
    return found.properties[name]


def test_every_contact_ends_in_one_state_and_is_read_back(portal, scores):
    made = _plan(portal, scores)
    run = _apply(portal, made)
    assert run.counts["written"] == run.verified == len(made.changes) == len(scores)
    assert sum(run.counts.values()) == len(made.changes)
    assert run.outcomes["contact_id"].is_unique
    contact = scores.loc[42, "contact_id"]
    assert _live(portal, contact, "leadscore_score") == "42"
    assert _live(portal, contact, "leadscore_tier") == scores.loc[42, "tier"]


def test_a_finished_plan_writes_nothing_again(portal, sandbox, scores):
    made = _plan(portal, scores)
    first = _apply(portal, made)
    writes = len(sandbox.portal.writes)
    again = _apply(portal, made)
    assert len(sandbox.portal.writes) == writes
    assert again.as_dict() == first.as_dict()


def test_what_somebody_changed_since_the_plan_is_left_alone(portal, scores):
    _apply(portal, _plan(portal, scores))
    scores["score"] = (scores["score"] + 5) % 101
    made = _plan(portal, scores)
    contact = scores.loc[5, "contact_id"]
    update_batch(portal, "contacts", {contact: {"leadscore_score": "1"}})
    run = _apply(portal, made)
    assert run.counts["conflict"] == 1
    assert _live(portal, contact, "leadscore_score") == "1"
    assert run.verified == len(made.changes) - 1


def test_a_contact_that_is_gone_is_missing_and_the_rest_goes_through(portal, scores):
    made = _plan(portal, scores)
    contact = scores.loc[3, "contact_id"]
    portal.client.crm.contacts.basic_api.archive(contact)
    run = _apply(portal, made)
    gone = run.outcomes.set_index("contact_id").loc[contact]
    assert gone["state"] == "missing"
    assert run.counts["written"] == len(scores) - 1


def test_a_property_that_lost_an_option_since_the_plan_stops_apply_before_any_write(
    portal, sandbox, scores
):
    _apply(portal, _plan(portal, scores))
    scores["tier"] = "B"
    made = _plan(portal, scores)
    where = portal.path("properties", "contacts", "leadscore_tier")
    kept = [o for o in portal.transport.call("GET", where)["options"] if o["value"] != "B"]
    portal.transport.call("PATCH", where, body={"options": kept})
    writes = len(sandbox.portal.writes)
    with pytest.raises(PlanError, match="leadscore_tier"):
        _apply(portal, made)
    assert len(sandbox.portal.writes) == writes


def test_one_bad_record_does_not_hold_back_the_ninety_nine(portal, scores):
    ids = scores["contact_id"].head(100)
    values = {contact: {"jobtitle": "Baker"} for contact in ids}
    values[ids[57]] = {"hs_analytics_source": "NO SUCH OPTION"}
    outcomes = {o.id: o for o in update_batch(portal, "contacts", values)}
    assert outcomes[ids[57]].state == "rejected"
    assert outcomes[ids[57]].reason
    assert Counter(o.state for o in outcomes.values()) == {"written": 99, "rejected": 1}


def test_an_empty_string_is_never_sent(portal, scores):
    with pytest.raises(ValueError, match="clears"):
        update_batch(portal, "contacts", {scores.loc[0, "contact_id"]: {"jobtitle": ""}})


@pytest.mark.parametrize("signal_of_model", [False, None])
def test_without_a_usable_signal_nothing_is_written_unless_overridden(
    portal, sandbox, scores, signal_of_model
):
    scores.attrs["signal"] = signal_of_model
    made = _plan(portal, scores)
    writes = len(sandbox.portal.writes)
    with pytest.raises(GuardError, match="signal") as caught:
        _apply(portal, made)
    assert caught.value.guards == ["no_signal"]
    assert len(sandbox.portal.writes) == writes
    run = _apply(portal, made, override={"no_signal": "a test"})
    assert run.counts["written"] == len(scores)


def test_an_expired_plan_is_refused(portal, scores, monkeypatch):
    monkeypatch.setattr("leadscore.planning.VALID_FOR", pd.Timedelta(-1, "s"))
    with pytest.raises(PlanError, match="expired"):
        _apply(portal, _plan(portal, scores))


def test_a_plan_whose_facts_were_changed_in_memory_is_refused(portal, scores):
    made = _plan(portal, scores)
    longer = dataclasses.replace(made, facts={**made.facts, "expires_at": "2099-01-01T00:00Z"})
    with pytest.raises(PlanError, match="edited"):
        _apply(portal, longer)


def test_another_portals_plan_is_refused(portal, scores):
    made = _plan(portal, scores)
    with (
        open_sandbox(contacts=5, seed=9, process=False) as other,
        connect(other) as stranger,
        pytest.raises(PlanError, match="portal"),
    ):
        _apply(stranger, made)


def test_a_plan_of_nothing_is_applied_without_a_write(portal, sandbox, scores):
    _apply(portal, _plan(portal, scores))
    writes = len(sandbox.portal.writes)
    run = _apply(portal, _plan(portal, scores))
    assert sum(run.counts.values()) == 0
    assert len(sandbox.portal.writes) == writes


def _effective_writes(sandbox):
    return Counter(
        (write.id, write.property)
        for write in sandbox.portal.writes
        if write.property == "leadscore_score"
    )


@pytest.mark.parametrize("sandbox", [{"latency_ms": 30}], indirect=True)
@pytest.mark.parametrize("after", [0.05, 0.3])
def test_a_killed_apply_is_finished_by_the_same_command_without_a_second_write(
    sandbox, portal, scores, after
):
    made = _plan(portal, scores)
    address = {"LEADSCORE_BASE_URL": sandbox.url, "HUBSPOT_PRIVATE_APP_TOKEN": sandbox.token}
    command = [sys.executable, "-m", "leadscore", "apply", str(made.path), "--canary", "20"]
    with subprocess.Popen(command, env=os.environ | address, stderr=subprocess.DEVNULL) as process:
        while len(_effective_writes(sandbox)) < len(made.changes) * after:
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()
    assert _effective_writes(sandbox)
    run = _apply(portal, made)
    assert run.verified == len(made.changes)
    assert run.counts["written"] + run.counts["resolved"] == len(made.changes)
    assert set(_effective_writes(sandbox).values()) == {1}


def test_the_ledger_keeps_old_and_new_values_and_the_reason_of_an_override(portal, store, scores):
    scores.attrs["signal"] = False
    run = _apply(portal, _plan(portal, scores), override={"no_signal": "rehearsal"})
    ledger = open_store(store.workspace).ledger
    assert ledger.run(run.id)["facts"]["overridden"] == {"no_signal": "rehearsal"}
    journal = ledger.journal(run.id)
    assert journal["new"].map(lambda new: "leadscore_score" in new).all()
    assert pd.notna(journal["verified_at"]).all()


@pytest.mark.parametrize("sandbox", [{"latency_ms": 40}], indirect=True)
def test_a_property_archived_in_mid_run_stops_it_and_the_same_plan_goes_on_afterwards(
    portal, sandbox, scores
):
    made = _plan(portal, scores)

    def archive_after_the_canary():
        while not sandbox.portal.writes:
            time.sleep(0.002)
        sandbox.portal.collection("contacts").definitions.archive(
            "leadscore_reasons", at=sandbox.portal.now
        )

    meddler = threading.Thread(target=archive_after_the_canary)
    meddler.start()
    with pytest.raises(PlanError, match=r"has lost leadscore_reasons"):
        _apply(portal, made)
    meddler.join()
    run = _apply(portal, made)
    assert run.counts["rejected"] == 0
    assert run.verified == run.counts["written"] + run.counts["resolved"]
    assert set(_effective_writes(sandbox).values()) == {1}


def _meddle(sandbox, contact, name, value):
    """Change a contact as soon as its score is written; return the thread that does it."""

    def change():
        while not any(w.id == contact for w in sandbox.portal.writes):
            time.sleep(0.001)
        records = sandbox.portal.collection("contacts").records
        records.set(records.get(int(contact)), name, value)

    thread = threading.Thread(target=change)
    thread.start()
    return thread


@pytest.mark.parametrize("sandbox", [{"latency_ms": 40}], indirect=True)
def test_a_value_that_the_read_back_does_not_find_is_written_but_not_verified(
    portal, sandbox, scores
):
    made = _plan(portal, scores)
    contact = made.changes.loc[3, "contact_id"]
    meddler = _meddle(sandbox, contact, "leadscore_score", "77")
    run = _apply(portal, made)
    meddler.join()
    assert run.counts["written"] == len(made.changes)
    assert run.verified == len(made.changes) - 1


def test_the_canary_is_written_and_read_back_before_the_others(portal, sandbox, scores):
    made = _plan(portal, scores)
    before = len(sandbox.portal.requests)
    _apply(portal, made, canary=7)
    paths = [request.path for request in list(sandbox.portal.requests)[before:]]
    steps = "".join(p.rsplit("/", 1)[1][0] for p in paths if "/batch/" in p)
    # Read and update the canary, read it back; then three batches, several at once.
    assert steps[:3] == "rur"
    assert sorted(steps[3:]) == sorted("rur" * 3)


def test_two_applies_at_once_do_not_mix(portal, store, scores):
    made = _plan(portal, scores)
    with open_store(store.workspace).lock("sync"), pytest.raises(BusyError):
        _apply(portal, made)


def test_a_workspace_of_another_portal_is_not_written_from(portal, scores, tmp_path):
    open_store(tmp_path / "other").ledger.bind_portal(1)
    scores.attrs["workspace"] = str(tmp_path / "other")
    with pytest.raises(PlanError, match="scores are of portal 1"):
        _plan(portal, scores)


def test_a_run_that_does_not_account_for_every_contact_is_an_error(portal, store, scores):
    made = _plan(portal, scores)
    run = store.ledger.start_run("apply", plan=made.id)
    store.ledger.finish_run(run, "done")
    with pytest.raises(StoreError, match="accounts for 0 of 250"):
        _apply(portal, made)


def test_what_is_done_to_a_frame_of_the_plan_changes_nothing(portal, scores):
    made = _plan(portal, scores)
    changes = made.changes
    changes.loc[0, "new.leadscore_score"] = "99"
    assert _apply(portal, made).counts["written"] == 250
    assert _live(portal, changes.loc[0, "contact_id"], "leadscore_score") != "99"


def test_a_property_lost_since_the_plan_is_not_made_again_unasked(portal, sandbox, scores):
    _apply(portal, _plan(portal, scores))
    scores["score"] = (scores["score"] + 5) % 101
    made = _plan(portal, scores)
    definitions = sandbox.portal.collection("contacts").definitions
    definitions.archive("leadscore_fit", at=sandbox.portal.now)
    with pytest.raises(PlanError, match="has lost leadscore_fit"):
        _apply(portal, made)
