from __future__ import annotations

import pandas as pd
import pytest

from leadscore.errors import GuardError, HubSpotError, UsageError
from leadscore.finding import find
from leadscore.pairing import associate, association_labels, associations, dissociate
from leadscore.undoing import undo
from leadscore.writeback import apply

ENDS = ("contacts", "companies")


@pytest.fixture
def pairs(portal):
    contacts = find(portal, "contacts", limit=120, progress=False)["id"]
    company = find(portal, "companies", progress=False)["id"].iloc[-1]
    frame = pd.DataFrame({"from_id": contacts, "to_id": company})
    there = associations(portal, *ENDS, contacts)
    assert company not in set(there["to_id"])
    return frame


@pytest.fixture
def folder(tmp_path):
    return {"workspace": tmp_path / "crm", "progress": False}


def sent(sandbox):
    """Return the calls that wrote an association."""
    words = ("batch/create", "associate/default", "archive")
    paths = [one["path"] for one in sandbox.requests()]
    return [path for path in paths if path.endswith(words) and "/associations/" in path]


def shot(portal):
    found = associations(portal, *ENDS, progress=False)
    return set(found[["from_id", "to_id", "type_id"]].itertuples(index=False, name=None))


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(portal, pairs, folder):
    before = shot(portal)
    plan = associate(portal, *ENDS, pairs, dry_run=True, **folder)
    assert plan.counts["associate"] == len(plan.changes) == 120
    assert "120 associate" in repr(plan)
    assert shot(portal) == before
    assert apply(portal, plan, progress=False).counts["associated"] == 120


def test_pairs_that_are_associated_cost_no_write_and_undo_restores_what_was(
    portal, pairs, folder, sandbox
):
    before = shot(portal)
    run = associate(portal, *ENDS, pairs.set_index(pairs.index + 5), **folder)
    assert (run.counts["associated"], run.verified) == (120, 120)
    assert run.results.index[0] == 5
    before_again = len(sent(sandbox))
    again = associate(portal, *ENDS, pairs, **folder)
    assert (again.counts["unchanged"], len(sent(sandbox))) == (120, before_again)
    undo(portal, run.id, **folder)
    assert shot(portal) == before


def test_two_thousand_pairs_go_in_one_call(portal, pairs, folder, sandbox):
    several = find(portal, "companies", limit=20, progress=False)["id"]
    wide = pairs.merge(several.rename("company"), how="cross")
    wide["to_id"] = wide["company"]
    before = portal.requests
    run = associate(portal, *ENDS, wide, **folder)
    assert run.counts["associated"] + run.counts["unchanged"] == 2_400
    assert portal.requests - before < 20


def test_every_row_has_an_outcome_of_its_own(portal, pairs, folder):
    contact, company = pairs.iloc[0]
    rows = [(contact, company), (contact, company), ("404", company), (contact, company, "PRIMARY")]
    run = associate(portal, *ENDS, rows, **folder)
    states = ["associated", "duplicate", "rejected", "associated"]
    assert list(run.results["state"]) == states
    assert run.results["reason"][2] == "No contact with ID 404 exists"


@pytest.mark.parametrize(
    "rule", [{"action": {"apply_then_reset": True}}, {"action": {"status": 502}}], ids=str
)
def test_a_lost_reply_is_looked_up_and_nothing_is_lost(portal, pairs, folder, sandbox, rule):
    where = {"path": "*/associate/default", "nth": 1}
    sandbox.faults([{"match": where, **rule}])
    run = associate(portal, *ENDS, pairs, **folder)
    assert run.counts["associated"] == 120


def test_dissociating_ends_it_and_undo_brings_it_back_labels_and_all(portal, pairs, folder):
    associate(portal, *ENDS, pairs.head(3), label="Primary", **folder)
    before = shot(portal)
    run = dissociate(portal, *ENDS, pairs.head(4), **folder)
    assert list(run.results["state"]) == ["dissociated"] * 3 + ["unchanged"]
    gone = set(map(tuple, pairs.head(3).to_numpy()))
    assert not {pair[:2] for pair in shot(portal)} & gone
    undo(portal, run.id, **folder)
    assert shot(portal) == before


def test_a_label_put_on_since_keeps_an_undo_from_ending_the_association(portal, pairs, folder):
    where = portal.path("associations", *ENDS, "labels")
    portal.transport.call("POST", where, body={"label": "Pays", "name": "pays"})
    run = associate(portal, *ENDS, pairs.head(2), **folder)
    associate(portal, *ENDS, pairs.head(1), label="pays", **folder)
    undone = undo(portal, run.id, **folder)
    assert (undone.counts["conflict"], undone.counts["written"]) == (1, 1)
    left = associations(portal, *ENDS, pairs["from_id"].head(2))
    assert set(left["label"].dropna()) >= {"Pays"}


@pytest.mark.parametrize(
    ("ends", "more", "said"),
    [
        (ENDS, {"label": "Boss"}, "'Boss' from contacts to companies.*'Primary'"),
        (("contacts", "compnies"), {}, "no object type"),
    ],
)
def test_a_label_or_type_that_is_not_there_is_said_before_anything_is_sent(
    portal, pairs, folder, sandbox, ends, more, said
):
    writes = len(sent(sandbox))
    with pytest.raises(UsageError, match=said):
        associate(portal, *ends, pairs, **folder, **more)
    assert len(sent(sandbox)) == writes


def test_more_pairs_than_may_be_written_are_stopped(portal, pairs, folder):
    with pytest.raises(GuardError, match="120 pairs"):
        associate(portal, *ENDS, pairs, max_writes=100, **folder)
    why = {"write_cap": "meant so"}
    done = associate(portal, *ENDS, pairs, max_writes=100, override=why, **folder)
    assert done.counts["associated"] == 120


def test_an_interrupted_run_goes_on_with_the_same_plan(portal, pairs, folder, sandbox):
    plan = associate(portal, *ENDS, pairs, dry_run=True, **folder)
    second = {"path": "*/associate/default", "nth": 2}
    sandbox.faults([{"match": second, "action": {"status": 403}}])
    with pytest.raises(HubSpotError):
        apply(portal, plan, progress=False)
    assert len(shot(portal)) > 0
    sandbox.clear_faults()
    assert apply(portal, plan, progress=False).counts["associated"] == 120


def test_erasing_a_person_takes_their_pairs_out_of_journal_and_plans(portal, pairs, folder, store):
    run = associate(portal, *ENDS, pairs.head(3), workspace=store.workspace, progress=False)
    person = pairs["from_id"][0]
    done = store.erase([person])
    assert (done.rows["ledger.journal"], len(done.plans)) == (1, 1)
    left = store.ledger.journal(run.id, action="associations")["object_id"]
    assert sorted(left) == sorted(pairs[1:3].agg(":".join, axis=1))


@pytest.mark.parametrize(("one", "other"), [("deals", "companies"), ("contacts", "deals")])
def test_other_types_are_associated_alike(portal, folder, one, other):
    pair = tuple(find(portal, kind, progress=False)["id"].iloc[-1] for kind in (one, other))
    assert sum(associate(portal, one, other, pair, **folder).counts.values()) == 1
    assert not associations(portal, one, other, pair[0]).empty
    assert association_labels(portal, one, other)["label"].isna().sum() == 1
