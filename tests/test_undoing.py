from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from portals import Hand, truth

from leadscore.errors import GuardError, StoreError, UsageError
from leadscore.hubspot.connection import connect
from leadscore.planfile import SCORES, Change, Draft, new_id
from leadscore.planning import plan
from leadscore.plans import load_plan
from leadscore.sandbox import open_sandbox
from leadscore.undoing import undo
from leadscore.writeback import apply

OURS = ("score", "tier", "probability", "fit", "trend", "reasons", "model", "scored_at")


def _apply(portal, scores):
    return apply(portal, plan(portal, scores, progress=False), progress=False)


def _undo(portal, run, **options):
    return undo(portal, run, progress=False, **options)


def _everything(sandbox):
    """Return every property of every contact that a write of ours may have touched."""
    names = {w.property for w in sandbox.portal.writes} | {f"leadscore_{n}" for n in OURS}
    return {name: truth(sandbox, name) for name in sorted(names - {"lastmodifieddate"})}


def _set(sandbox, contact, **values):
    """Change a contact as somebody would, without a request."""
    records = sandbox.portal.collection("contacts").records
    for name, value in values.items():
        records.set(records.get(int(contact)), name, value)


def test_undo_after_apply_leaves_the_portal_as_it_was(portal, sandbox, scores):
    _apply(portal, scores)
    before = _everything(sandbox)
    scores["score"] = (scores["score"] + 5) % 101
    scores.loc[:20, "tier"] = "D"
    run = _apply(portal, scores)
    assert _everything(sandbox) != before
    undone = _undo(portal, run)
    assert undone.counts["written"] == undone.verified == run.counts["written"]
    assert _everything(sandbox) == before


def test_what_was_empty_before_is_empty_again(portal, sandbox, scores):
    run = _apply(portal, scores)
    assert _undo(portal, run).counts["written"] == len(scores)
    assert set(truth(sandbox, "leadscore_score").values()) == {None}


def test_only_values_that_are_still_ours_are_restored(portal, sandbox, scores):
    run = _apply(portal, scores)
    one, other, third = scores["contact_id"].head(3)
    names = {w.property for w in sandbox.portal.writes if w.property.startswith("leadscore_")}
    Hand(portal).edit(one, leadscore_score="1")
    _set(sandbox, other, **dict.fromkeys(names, "touched"))
    _set(sandbox, third, jobtitle="Beekeeper")
    undone = _undo(portal, run)
    assert truth(sandbox, "leadscore_score")[one] == "1"
    assert truth(sandbox, "leadscore_tier")[one] is None
    assert truth(sandbox, "leadscore_reasons")[other] == "touched"
    assert truth(sandbox, "jobtitle")[third] == "Beekeeper"
    assert truth(sandbox, "leadscore_score")[third] is None
    assert undone.counts["conflict"] == 1
    reason = undone.outcomes.set_index("contact_id").loc[other, "reason"]
    assert reason == "Changed by somebody else since the plan."


def test_a_later_run_of_ours_is_named_as_the_one_to_be_undone_first(portal, sandbox, scores):
    first = _apply(portal, scores)
    scores["score"] = (scores["score"] + 5) % 101
    scores["probability"] = scores["probability"] / 2 + 0.001
    scores["fit"] = scores["score"]
    scores["reasons"] = "Another"
    scores["model"] = "another"
    scores["tier"] = scores["tier"].map(dict(zip("ABCD", "BCDA", strict=True)))
    second = _apply(portal, scores)
    undone = _undo(portal, first)
    told = undone.outcomes
    held = told[told["state"] == "conflict"]
    assert len(held) > 0
    assert held["reason"].str.contains(second.id).all()


def test_an_undone_undo_gives_the_scores_back(portal, sandbox, scores):
    run = _apply(portal, scores)
    written = _everything(sandbox)
    undone = _undo(portal, run)
    again = _undo(portal, undone)
    assert again.counts["written"] == len(scores)
    assert _everything(sandbox) == written
    assert _undo(portal, run).id not in {undone.id, again.id}
    assert set(truth(sandbox, "leadscore_score").values()) == {None}


def test_the_same_undo_again_writes_nothing(portal, sandbox, scores):
    run = _apply(portal, scores)
    first = _undo(portal, run)
    writes = len(sandbox.portal.writes)
    assert _undo(portal, run).as_dict() == first.as_dict()
    assert len(sandbox.portal.writes) == writes


def test_the_properties_that_the_run_created_stay(portal, scores):
    _undo(portal, _apply(portal, scores))
    names = {
        d["name"]
        for d in portal.transport.call("GET", portal.path("properties", "contacts"))["results"]
    }
    assert "leadscore_score" in names


def test_the_record_says_what_undid_a_run(portal, store, scores):
    run = _apply(portal, scores)
    undone = _undo(portal, run.id, workspace=store.workspace)
    assert store.ledger.undone_by(run.id) == undone.id
    assert store.ledger.run(undone.id)["facts"]["undoes"] == run.id


def test_a_contact_that_is_gone_is_missing_and_the_others_are_restored(portal, scores):
    run = _apply(portal, scores)
    gone = scores.loc[3, "contact_id"]
    Hand(portal).archive(gone)
    undone = _undo(portal, run)
    assert undone.counts["missing"] == 1
    assert undone.counts["written"] == len(scores) - 1


def test_a_run_that_is_none_or_wrote_nothing_is_refused(portal, store, scores):
    with pytest.raises(StoreError, match="no run"):
        _undo(portal, "nope", workspace=store.workspace)
    sync = store.ledger.runs()["run"].iloc[0]
    with pytest.raises(UsageError, match="is a sync"):
        _undo(portal, sync, workspace=store.workspace)


def test_another_portal_is_refused_before_anything_is_read_of_it(portal, scores):
    run = _apply(portal, scores)
    with (
        open_sandbox(contacts=5, seed=9, process=False) as other,
        connect(other) as stranger,
        pytest.raises(GuardError) as caught,
    ):
        _undo(stranger, run)
    assert caught.value.guards == ["other_portal"]


def test_an_undone_run_that_was_not_finished_does_not_go_on(portal, sandbox, scores, monkeypatch):
    made = plan(portal, scores, progress=False)
    calls = portal.transport.call

    def cut(method, path, **more):
        if path.endswith("/batch/update") and len(_written(sandbox)) >= 150:
            raise KeyboardInterrupt
        return calls(method, path, **more)

    monkeypatch.setattr(portal.transport, "call", cut)
    with pytest.raises(KeyboardInterrupt):
        apply(portal, made, canary=150, progress=False)
    monkeypatch.undo()
    run = _latest(made)
    undone = undo(portal, run, workspace=made.workspace, progress=False)
    assert undone.counts["written"] >= 150
    assert set(truth(sandbox, "leadscore_score").values()) == {None}
    with pytest.raises(GuardError, match="was undone"):
        apply(portal, made, progress=False)


def _written(sandbox):
    return {w.id for w in sandbox.portal.writes if w.property == "leadscore_score"}


def _latest(made):
    from leadscore.ledger import Ledger

    ledger = Ledger(made.workspace / "ledger.sqlite")
    found = ledger.run_of(made.id)
    ledger.close()
    return found


VALUES = st.one_of(
    st.just(""), st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
)
NAMES = ("jobtitle", "company", "city", "hs_lead_status", "numemployees", "closedate")
KINDS = {
    "hs_lead_status": st.sampled_from(["", "NEW", "OPEN", "CONNECTED"]),
    "numemployees": st.sampled_from(["", "1-5", "5-25"]),
    "closedate": st.sampled_from(["", "2026-01-02T03:04:05.000Z", "2026-11-30T00:00:00.000Z"]),
}
PAIRS = st.fixed_dictionaries({}, optional={name: KINDS.get(name, VALUES) for name in NAMES})


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(before=PAIRS, after=PAIRS)
def test_undo_after_apply_is_as_if_nothing_had_been_whatever_the_values(
    portal, sandbox, store, before, after
):
    """Of any property: a plan by hand writes what scores never would."""
    contact = portal.client.crm.contacts.basic_api.get_page(limit=1).results[0].id
    Hand(portal).edit(contact, **dict.fromkeys(NAMES, "") | before)
    was = {name: truth(sandbox, name)[contact] for name in NAMES}
    new = {name: value for name, value in after.items() if value}
    made = _by_hand(portal, store, Change(contact, {n: v for n, v in was.items() if v}, new))
    run = apply(portal, made, progress=False, canary=0)
    assert sum(run.counts.values()) == 1
    _undo(portal, run)
    assert {name: truth(sandbox, name)[contact] for name in NAMES} == was


def _by_hand(portal, store, change):
    facts = {
        "kind": "scores",
        "portal_id": portal.id,
        "model": "by hand",
        "created_at": "2026-01-01T00:00:00Z",
        "expires_at": "2099-01-01T00:00:00Z",
        "prefix": "",
        "properties": list(NAMES),
        "creates_properties": [],
        "signal": True,
        "guards": [],
        "overridden": {"stale_plan": "another example was applied before"},
        "contacts": 1,
    }
    with Draft(store.workspace / "plans", new_id()) as draft:
        draft.add(SCORES, [change])
        return load_plan(draft.save(facts))
