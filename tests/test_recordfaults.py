"""Whatever is lost or killed: no record is there twice, and each row ends in one state."""

from __future__ import annotations

import signal
from collections import Counter

import pandas as pd
import pytest
from crashing import crasher
from dying import Died, dying

import leadscore as ls
from leadscore.errors import HubSpotError, StoreError
from leadscore.hubspot.reading import read_values
from leadscore.hubspot.writing import update_batch
from leadscore.store import open_store

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 8}], indirect=True)
ROWS = 4


def _contacts(tag):
    mails = [f"{tag}-{n}@example.com" for n in range(ROWS)]
    return pd.DataFrame({"email": mails, "city": "Ulm"})


def _companies(tag):
    domains = [f"{tag}-{n}.example" for n in range(ROWS)]
    return pd.DataFrame({"domain": domains, "name": "Ulm"})


def _deals(tag):
    names = [f"{tag}-{n}" for n in range(ROWS)]
    return pd.DataFrame({"dealname": names, "dealstage": "qualifiedtobuy"})


GIVEN = {"contacts": _contacts, "companies": _companies, "deals": _deals}
NAMES = {"contacts": "email", "companies": "domain", "deals": "dealname"}


def _planned(portal, folder, kind, tag):
    options = {"workspace": folder, "dry_run": True, "progress": False}
    if kind == "deals":
        return ls.create(portal, kind, _deals(tag), **options)
    return ls.upsert(portal, kind, GIVEN[kind](tag), **options)


def _times(sandbox, kind, tag):
    """Return how often each record of a tag is there."""
    records = sandbox.portal.collection(kind).records
    names = (one.values.get(NAMES[kind], "") for one in records)  # noqa: PD011 - a record's own
    return Counter(name for name in names if name.startswith(f"{tag}-"))


def _well(run, sandbox, kind, tag):
    assert _times(sandbox, kind, tag) == Counter(GIVEN[kind](tag)[NAMES[kind]])
    assert run.counts["created"] == run.verified == ROWS
    assert run.results["id"].is_unique
    assert run.results["id"].notna().all()


@pytest.mark.parametrize("kind", GIVEN)
@pytest.mark.parametrize(
    "action",
    [
        {"apply_then_reset": True},
        {"apply_then_status": 502},
        {"reset": "before"},
        {"status": 200, "body": {"status": "COMPLETE", "results": []}},
    ],
    ids=lambda action: next(iter(action)),
)
def test_a_creation_whose_reply_is_lost_is_looked_up_before_it_is_sent_again(
    portal, sandbox, store, kind, action
):
    portal.pool.waits.sleep = lambda _: None
    sandbox.portal.index_lag = 3600.0  # a search would not see what was created
    plan = _planned(portal, store.workspace, kind, "one")
    sandbox.faults([{"match": {"path": "*/batch/create", "nth": [1]}, "action": action}])
    try:
        run = ls.apply(portal, plan, progress=False)
    except HubSpotError:
        run = ls.apply(portal, plan, progress=False)
    _well(run, sandbox, kind, "one")


def test_after_a_lost_reply_a_second_plan_of_the_same_rows_creates_nothing_either(
    portal, sandbox, store, tmp_path
):
    sandbox.portal.index_lag = 3600.0
    portal.pool.waits.sleep = lambda _: None
    plan = _planned(portal, store.workspace, "companies", "one")
    fault = {"match": {"path": "*/batch/create"}, "action": {"apply_then_reset": True}}
    read = {"match": {"path": "*/batch/read", "nth": {"from": 2}}, "action": {"status": 500}}
    sandbox.faults([fault, read])
    with pytest.raises(HubSpotError):
        ls.apply(portal, plan, progress=False)
    sandbox.clear_faults()
    elsewhere = _planned(portal, tmp_path / "other", "companies", "one")
    assert elsewhere.counts["unchanged"] == ROWS


def test_the_same_call_finishes_what_it_began_where_nothing_tells_records_apart(
    portal, sandbox, store
):
    portal.pool.waits.sleep = lambda _: None
    options = {"workspace": store.workspace, "progress": False}
    fault = {"match": {"path": "*/batch/create"}, "action": {"apply_then_reset": True}}
    read = {"match": {"path": "*/batch/read", "nth": {"from": 2}}, "action": {"status": 500}}
    sandbox.faults([fault, read])
    with pytest.raises(HubSpotError):
        ls.create(portal, "deals", _deals("one"), **options)
    sandbox.clear_faults()
    _well(ls.create(portal, "deals", _deals("one"), **options), sandbox, "deals", "one")
    again = ls.create(portal, "deals", _deals("one"), **options)  # a call of its own
    assert again.counts["created"] == ROWS
    assert set(_times(sandbox, "deals", "one").values()) == {2}


@pytest.mark.slow
@pytest.mark.parametrize("kind", GIVEN)
def test_killed_at_any_point_the_same_call_finishes_and_undo_takes_all_back(
    portal, sandbox, tmp_path, kind
):
    point, ended = 0, False
    while not ended:
        point += 1
        tag = f"at{point}"
        plan = _planned(portal, open_store(tmp_path / tag).workspace, kind, tag)
        ended = _die_at(point, lambda plan=plan: ls.apply(portal, plan, canary=2, progress=False))
        run = ls.apply(portal, plan, canary=2, progress=False)
        _well(run, sandbox, kind, tag)
        assert ls.undo(portal, run, progress=False).counts["written"] == ROWS
        assert not _times(sandbox, kind, tag)
    assert point > 12


@pytest.mark.slow
def test_an_undo_killed_at_any_point_is_finished_by_the_same_call(portal, sandbox, tmp_path):
    point, ended = 0, False
    while not ended:
        point += 1
        tag = f"at{point}"
        plan = _planned(portal, open_store(tmp_path / tag).workspace, "contacts", tag)
        run = ls.apply(portal, plan, progress=False)
        ended = _die_at(point, lambda run=run: ls.undo(portal, run, canary=2, progress=False))
        undone = ls.undo(portal, run, canary=2, progress=False)
        assert sum(undone.counts.values()) == undone.verified == ROWS
        assert not _times(sandbox, "contacts", tag)
    assert point > 12


def _die_at(points, do):
    with dying(points) as fuse:
        try:
            do()
        except (Died, StoreError):
            return False
    return not fuse.dead


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["contacts", "deals"])
def test_a_killed_process_leaves_nothing_that_would_be_created_twice(
    portal, sandbox, tmp_path, kind
):
    where = {"LEADSCORE_BASE_URL": sandbox.url, "HUBSPOT_PRIVATE_APP_TOKEN": sandbox.token}
    with crasher() as killed:
        for point in range(2, 26, 3):
            tag = f"at{point}"
            plan = _planned(portal, open_store(tmp_path / tag).workspace, kind, tag)
            ended = killed(where, str(plan.workspace), str(point), str(plan.path))
            assert ended in {-signal.SIGKILL, 0}
            _well(ls.apply(portal, plan, progress=False), sandbox, kind, tag)


def test_somebody_who_creates_the_same_contact_meanwhile_wins(portal, sandbox, store):
    plan = _planned(portal, store.workspace, "contacts", "one")
    other = {"email": "one-2@example.com", "city": "Paris"}
    ls.create(portal, "contacts", other, workspace=store.workspace, progress=False)
    run = ls.apply(portal, plan, progress=False)
    assert run.counts["created"] == ROWS - 1
    assert run.results["state"].iloc[2] == "conflict"
    assert run.results["id"].iloc[2] in set(run.results["id"])
    assert _times(sandbox, "contacts", "one") == Counter(_contacts("one")["email"])


def test_undo_leaves_what_somebody_has_changed_since(portal, sandbox, store):
    options = {"workspace": store.workspace, "progress": False}
    run = ls.upsert(portal, "contacts", _contacts("one"), **options)
    kept = run.results["id"].iloc[1]
    update_batch(portal, "contacts", {kept: {"phone": "0731 1"}})
    undone = ls.undo(portal, run, progress=False)
    assert (undone.counts["written"], undone.counts["conflict"]) == (ROWS - 1, 1)
    assert undone.outcomes.set_index("contact_id").loc[kept, "state"] == "conflict"
    assert set(_times(sandbox, "contacts", "one")) == {"one-1@example.com"}


def test_undo_restores_property_by_property_what_is_still_ours(portal, store):
    options = {"workspace": store.workspace, "progress": False}
    frame = _contacts("one").head(1)
    (contact,) = ls.upsert(portal, "contacts", frame, **options).results["id"]
    run = ls.upsert(portal, "contacts", frame.assign(city="Bonn", phone="1"), **options)
    update_batch(portal, "contacts", {contact: {"city": "Paris"}})
    assert ls.undo(portal, run, progress=False).counts["written"] == 1
    assert read_values(portal, "contacts", [contact], ["city", "phone"])[contact] == {
        "city": "Paris"
    }


def test_an_undo_that_is_undone_brings_no_archived_record_back(portal, sandbox, store):
    run = ls.upsert(portal, "contacts", _contacts("one"), workspace=store.workspace, progress=False)
    undone = ls.undo(portal, run, progress=False)
    again = ls.undo(portal, undone, progress=False)
    assert sum(again.counts.values()) == 0
    assert not _times(sandbox, "contacts", "one")


def test_one_bad_row_holds_nobody_back(portal, sandbox, store):
    hidden = {"status": 403, "body": {"status": "error", "category": "MISSING_SCOPES"}}
    sandbox.faults([{"match": {"path": "*owners*"}, "action": hidden}])  # HubSpot has to refuse it
    frame = _contacts("one").assign(hubspot_owner_id=[None, "9999999", None, None])
    run = ls.upsert(portal, "contacts", frame, workspace=store.workspace, progress=False)
    assert run.results["state"].tolist() == ["created", "rejected", "created", "created"]
    assert run.results["reason"].iloc[1]


def test_when_hubspot_goes_on_failing_the_error_says_that_the_same_call_is_safe(
    portal, sandbox, store
):
    portal.pool.waits.sleep = lambda _: None
    plan = _planned(portal, store.workspace, "contacts", "one")
    sandbox.faults([{"match": {"path": "*/batch/create"}, "times": 99, "action": {"status": 503}}])
    with pytest.raises(HubSpotError, match="Run the same call again later: it looks first"):
        ls.apply(portal, plan, progress=False)
    sandbox.clear_faults()
    _well(ls.apply(portal, plan, progress=False), sandbox, "contacts", "one")
