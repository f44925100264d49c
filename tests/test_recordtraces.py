"""Erasure of people whom runs of records created, changed, or would have created."""

from __future__ import annotations

import pandas as pd
import pytest
from everybyte import where_is

import leadscore as ls
from leadscore.errors import PlanError

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)
MAIL, NAME = "zq8@forgetme.example", "Zq8 Forgetme"


@pytest.fixture
def options(store):
    return {"workspace": store.workspace, "progress": False}


def _two(city="Stuttgart"):
    mails = [MAIL, "ada@analytical.example"]
    return pd.DataFrame({"email": mails, "lastname": [NAME, "Lovelace"], "city": city})


def _left(store):
    return {mark: found for mark in (MAIL, NAME) if (found := where_is(mark, store.workspace))}


def test_nothing_is_left_of_a_person_whom_a_run_created_changed_and_would_have_created(
    portal, store, options
):
    ls.upsert(portal, "contacts", _two(), dry_run=True, **options)  # never applied
    run = ls.upsert(portal, "contacts", _two(), **options)
    changed = ls.upsert(portal, "contacts", _two(city="Ulm"), **options)
    assert changed.counts["updated"] == 2
    assert len(_left(store)) == 2
    gone, stays = run.results["id"]
    done = store.erase([gone])
    assert _left(store) == {}
    assert done.rows["ledger.journal"] == 2
    assert len(done.plans) == 3
    journal = store.ledger.journal(changed.id, action="updates")
    assert journal["object_id"].tolist() == [stays]


def test_an_undo_after_an_erasure_takes_back_the_others(portal, store, options):
    run = ls.upsert(portal, "contacts", _two(), **options)
    store.erase([run.results["id"].iloc[0]])
    assert ls.undo(portal, run.id, **options).counts["written"] == 1


def test_a_company_of_the_same_id_is_another_record(portal, store, options):
    made = {"domain": ["one.example"], "name": ["One"]}
    run = ls.upsert(portal, "companies", pd.DataFrame(made), **options)
    (company,) = run.results["id"]
    store.erase([company])
    assert len(store.ledger.journal(run.id, action="creations")) == 1
    assert run.results["state"].tolist() == ["created"]
    done = store.erase([company], object="companies")
    assert done.rows["ledger.journal"] == len(done.plans) == 1
    with pytest.raises(PlanError):
        _ = run.results


def test_values_of_what_was_refused_are_not_kept_in_the_journal(portal, sandbox, store, options):
    hidden = {"status": 403, "body": {"status": "error", "category": "MISSING_SCOPES"}}
    sandbox.faults([{"match": {"path": "*owners*"}, "action": hidden}])  # HubSpot has to refuse it
    frame = pd.DataFrame({"email": [MAIL, "b@example.com"], "hubspot_owner_id": ["9999999", None]})
    run = ls.upsert(portal, "contacts", frame, **options)
    assert run.results["state"].tolist() == ["rejected", "created"]
    journal = store.ledger.journal(run.id, action="creations").set_index("state")
    assert journal.loc["rejected", "new"] == {}
