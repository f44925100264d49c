from __future__ import annotations

import signal

import pytest
from crashing import crasher
from portals import Hand, truth
from synctasks import task_of

from leadscore import fullread
from leadscore.errors import HubSpotError
from leadscore.fullread import read_all
from leadscore.hubspot import fullreading
from leadscore.hubspot.connection import connect
from leadscore.hubspot.paths import VERSIONS
from leadscore.sandbox import open_sandbox
from leadscore.store import open_store
from leadscore.syncing import sync


@pytest.fixture(params=VERSIONS)
def version(request):
    """What holds for one version of the API holds for all."""
    return request.param


@pytest.fixture
def task(portal, store, monkeypatch):
    """A sync that puts its reading on record after every page."""
    monkeypatch.setattr(fullread, "_PART", 1)
    monkeypatch.setattr(fullreading, "ROWS", 1)
    return task_of(portal, store, history=[])


def _list(portal):
    return portal.path("objects", "contacts")


def _stop_at(sandbox, portal, page):
    rule = {"match": {"path": _list(portal), "nth": {"from": page}}, "action": {"status": 400}}
    sandbox.faults(rule)


def _stored(store):
    return sorted(store.contacts(["id"])["id"])


def test_a_reading_that_was_stopped_goes_on_and_asks_for_no_page_twice(task, sandbox, portal):
    _stop_at(sandbox, portal, 3)
    with pytest.raises(HubSpotError):
        read_all(task)
    assert not task.store.has("contacts")
    sandbox.clear_faults()
    before = len(sandbox.portal.requests)
    assert read_all(task).complete
    pages = [r for r in list(sandbox.portal.requests)[before:] if r.path == _list(portal)]
    assert len(pages) == 1
    assert _stored(task.store) == sorted(truth(sandbox, "hs_object_id"))


def test_what_changed_between_the_two_halves_is_seen_by_the_next_sync(task, sandbox, portal, store):
    _stop_at(sandbox, portal, 3)
    with pytest.raises(HubSpotError):
        sync(portal, store, history=(), progress=False)
    sandbox.clear_faults()
    ids = sorted(truth(sandbox, "hs_object_id"), key=int)
    hand = Hand(portal)
    hand.edit(ids[0], jobtitle="Beekeeper")
    hand.archive(ids[1])
    made = hand.create(jobtitle="Falconer")
    sync(portal, store, history=(), progress=False)
    sync(portal, store, history=(), progress=False)
    titles = store.contacts(["id", "jobtitle"]).set_index("id")["jobtitle"]
    assert (titles[ids[0]], titles[made]) == ("Beekeeper", "Falconer")
    assert set(titles.index) == set(truth(sandbox, "hs_object_id"))


def test_records_that_the_list_leaves_out_are_found_by_search(task, sandbox, portal):
    ids = sorted(truth(sandbox, "hs_object_id"), key=int)
    lost = [ids[7], ids[120]]
    rule = {"match": {"path": _list(portal)}, "action": {"drop_ids": lost}}
    sandbox.faults(rule)
    assert read_all(task).complete
    assert _stored(task.store) == sorted(ids)


def test_a_contact_that_is_edited_and_one_that_is_made_while_reading_come_next_time(
    portal, store, sandbox
):
    ids = sorted(truth(sandbox, "hs_object_id"), key=int)
    hand, asked = Hand(portal), []

    def meddle(method, path, *_rest):
        if method == "GET" and path.partition("?")[0] == _list(portal):
            asked.append(path)
            if len(asked) == 2:
                hand.edit(ids[0], jobtitle="Beekeeper")
                hand.create(jobtitle="Falconer")

    portal.pool.on_reply = meddle
    task = task_of(portal, store, history=[])
    read_all(task)
    portal.pool.on_reply = None
    sync(portal, store, history=(), progress=False)
    titles = store.contacts(["id", "jobtitle"]).set_index("id")["jobtitle"]
    assert titles[ids[0]] == "Beekeeper"
    assert "Falconer" in set(titles)


@pytest.mark.slow
def test_a_sync_that_is_killed_anywhere_goes_on_without_loss_or_repetition(tmp_path):
    with (
        open_sandbox(contacts=130, seed=5) as sandbox,
        connect(sandbox) as portal,
        crasher() as run,
    ):
        surroundings = {
            "LEADSCORE_BASE_URL": sandbox.url,
            "HUBSPOT_PRIVATE_APP_TOKEN": sandbox.token,
        }
        truth_ids = {r.id for r in portal.client.crm.contacts.get_all()}
        workspace, kills, point = tmp_path / "crm", 0, 1
        while True:
            ended = run(surroundings, str(workspace), str(point))
            if ended != -signal.SIGKILL:
                break
            kills, point = kills + 1, point + 4
            assert kills < 90, "the sync never ends"
        assert ended == 0
        assert kills > 3
        with open_store(workspace) as store:
            done = sync(portal, store, progress=False)
            contacts, history = store.contacts(), store.read("history")
        assert done.complete
        assert sorted(contacts["id"]) == sorted(truth_ids)
        keys = ["object", "id", "property", "timestamp", "value"]
        assert not history.duplicated(keys).any()
        with open_store(tmp_path / "other") as fresh:
            sync(portal, fresh, progress=False)
            assert len(fresh.read("history")) == len(history)
            assert fresh.rows("associations") == len(store.read("associations"))
