from __future__ import annotations

import pyarrow as pa
import pytest
from portals import Hand, truth
from synctasks import task_of

from leadscore import histories
from leadscore.histories import read_into
from leadscore.hubspot.paths import VERSIONS
from leadscore.staging import Stage

KEYS = ["object", "id", "property", "timestamp", "value"]


@pytest.fixture(params=VERSIONS)
def version(request):
    """What holds for one version of the API holds for all."""
    return request.param


@pytest.fixture
def task(portal, store):
    """A sync that reads the history of two properties."""
    return task_of(portal, store, history=["jobtitle", "lifecyclestage"])


@pytest.fixture
def ids(sandbox):
    return pa.array(list(truth(sandbox, "hs_object_id")))


def test_entries_that_are_there_are_not_added_again(task, ids):
    first = read_into(task, ids)
    assert first == task.store.rows("history") > 0
    assert read_into(task, ids) == 0
    assert not task.store.read("history").duplicated(KEYS).any()


def test_what_hubspot_drops_later_stays(task, ids, portal, sandbox):
    read_into(task, ids)
    before = task.store.rows("history")
    sandbox.portal.history_cap = 1
    Hand(portal).edit(ids[0].as_py(), jobtitle="Beekeeper")
    assert read_into(task, ids) == 1
    assert task.store.rows("history") == before + 1


def test_a_reading_that_was_left_goes_on_behind_what_it_has(
    task, ids, portal, tmp_path, monkeypatch
):
    monkeypatch.setattr(histories, "_PARTS", (100, 100))
    stage = Stage(tmp_path, "contacts", {})
    seen = []
    portal.pool.on_reply = lambda *reply: seen.append(reply)
    read_into(task, ids, stage=stage)
    whole, seen[:] = len(seen), []
    last = sorted(ids.to_pylist(), key=int)[99]
    stage.add({}, position={"read": True, "history": last, "of": task.history})
    read_into(task, ids, stage=stage)
    assert len(seen) < whole


@pytest.mark.parametrize("wanted", [{"history": []}, {}])
def test_nothing_wanted_costs_nothing(portal, store, wanted):
    task = task_of(portal, store, **wanted)
    before = portal.requests
    assert read_into(task, pa.array([] if not wanted else ["1"], pa.string())) == 0
    assert portal.requests == before


def test_a_reading_of_other_properties_does_not_count_as_read(task, ids, tmp_path, store):
    stage = Stage(tmp_path, "contacts", {})
    last = max(ids.to_pylist(), key=int)
    stage.add({}, position={"read": True, "history": last, "of": ["jobtitle"]})
    assert read_into(task, ids, stage=stage) == store.rows("history") > 0
