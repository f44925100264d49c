from __future__ import annotations

import pandas as pd
import pytest
from portals import Hand, truth, unpaced
from synctasks import task_of

from leadscore import changes
from leadscore.changes import read_changes
from leadscore.fullread import read_all
from leadscore.hubspot.connection import connect
from leadscore.hubspot.paths import VERSIONS
from leadscore.sandbox import open_sandbox


@pytest.fixture(params=VERSIONS)
def version(request):
    """What holds for one version of the API holds for all."""
    return request.param


@pytest.fixture
def task(portal, store):
    """A sync after its first reading."""
    made = task_of(portal, store, history=[])
    read_all(made)
    return made


def test_only_what_differs_from_the_store_is_read_whole(task, portal, sandbox):
    ids = sorted(truth(sandbox, "hs_object_id"), key=int)
    Hand(portal).edit(ids[3], jobtitle="Beekeeper")
    before = len(sandbox.portal.requests)
    assert read_changes(task).changed == 1
    assert read_changes(task).changed == 0
    batches = [r for r in list(sandbox.portal.requests)[before:] if r.path.endswith("batch/read")]
    assert len(batches) == 1


def test_the_bookmark_is_a_time_of_the_portals_and_moves_on(task, portal, sandbox):
    first = pd.Timestamp(task.recall("bookmark"))
    Hand(portal).edit(next(iter(truth(sandbox, "hs_object_id"))), jobtitle="Beekeeper")
    read_changes(task)
    times = pd.to_datetime(pd.Series(truth(sandbox, "lastmodifieddate")), utc=True)
    assert pd.Timestamp(task.recall("bookmark")) == times.max() > first


def test_a_restored_contact_comes_back_although_no_change_tells_of_it(task, portal, sandbox):
    one = sorted(truth(sandbox, "hs_object_id"), key=int)[9]
    task.store.delete("contacts", [one])  # as if it had been archived when it was read
    assert read_changes(task).complete
    assert one in set(task.store.contacts(["id"])["id"])


def test_an_index_that_counts_what_is_gone_is_no_loss(task, portal, sandbox):
    one = sorted(truth(sandbox, "hs_object_id"), key=int)[9]
    rule = {"match": {"path": "*/search"}, "action": {"drop_ids": [one]}}
    sandbox.faults(rule)
    done = read_changes(task)
    assert one in set(task.store.contacts(["id"])["id"])
    assert task.recall("gone") is None or one not in str(task.recall("gone"))
    assert done is not None


def test_where_too_many_left_far_from_each_other_everything_is_to_be_read(
    task, portal, sandbox, monkeypatch
):
    monkeypatch.setattr("leadscore.reconciling._SEARCHES", 1)
    Hand(portal).archive(next(iter(truth(sandbox, "hs_object_id"))))
    assert read_changes(task) is None


@pytest.mark.slow
def test_twelve_thousand_contacts_with_one_time_of_change_come_exactly_once(store, monkeypatch):
    monkeypatch.setattr(changes, "_MOST", 2.0)
    with (
        open_sandbox(contacts=12_000, limits=False, history=False, process=False) as sandbox,
        connect(sandbox) as portal,
    ):
        unpaced(portal)
        task = task_of(portal, store, history=[])
        read_all(task)
        sandbox.advance(3600)
        moment, records = sandbox.portal.now, sandbox.portal.collection("contacts").records
        for record in list(records):
            records.set(record, "jobtitle", "Beekeeper")
            records.set(record, "lastmodifieddate", moment)
        before = portal.requests
        assert read_changes(task).changed == 12_000
        assert portal.requests - before < 250
        assert set(store.contacts(["jobtitle"])["jobtitle"]) == {"Beekeeper"}
        assert store.rows("contacts") == 12_000
        assert read_changes(task).changed == 0
