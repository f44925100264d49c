from __future__ import annotations

import pytest
from pydantic import SecretStr
from scripted import reply, scripted

from leadscore.errors import BusyError, StoreError
from leadscore.hubspot.connection import connect
from leadscore.sandbox import open_sandbox
from leadscore.settings import Settings
from leadscore.store import open_store
from leadscore.syncing import PERSONAL, sync

TOKEN = "pat-na1-00000000-1111-2222-3333-444444444444"


def test_every_contact_of_the_portal_is_in_the_store_once(portal, store):
    done = sync(portal, store, progress=False)
    contacts = store.contacts()
    assert done.complete
    assert done.contacts == len(contacts) == contacts["id"].nunique() == 250
    assert done.requests > 0


def test_columns_have_the_types_of_the_portals_definitions(portal, store):
    sync(portal, store, progress=False)
    dtypes = store.contacts().dtypes.astype(str)
    assert dtypes["createdate"] == "datetime64[us, UTC]"
    assert dtypes["hs_analytics_num_visits"] == "float64"
    assert dtypes["lifecyclestage"] == "str"
    assert dtypes["id"] == "str"


def test_personal_data_is_asked_for_not_taken_by_habit(portal, store):
    sync(portal, store, progress=False)
    assert not PERSONAL & set(store.contacts().columns)
    sync(portal, store, properties=["email"], progress=False)
    assert "email" in store.contacts().columns


def test_a_second_sync_sees_what_changed_and_what_was_archived(portal, store):
    sync(portal, store, progress=False)
    first, second = store.contacts()["id"].head(2)
    api = portal.client.crm.contacts.basic_api
    api.update(first, {"properties": {"jobtitle": "Beekeeper"}})
    api.archive(second)
    assert sync(portal, store, progress=False).contacts == 249
    contacts = store.contacts().set_index("id")
    assert contacts.loc[first, "jobtitle"] == "Beekeeper"
    assert second not in contacts.index


def test_a_workspace_refuses_another_portal(portal, store):
    sync(portal, store, progress=False)
    with (
        open_sandbox(contacts=10, seed=8, process=False) as other,
        connect(other) as stranger,
        pytest.raises(StoreError, match="belongs to portal"),
    ):
        sync(stranger, store, progress=False)


def test_two_runs_at_once_do_not_mix(portal, store):
    other = open_store(store.workspace)
    with store.lock("apply"), pytest.raises(BusyError):
        sync(portal, other, progress=False)


@pytest.mark.parametrize("version", ["2026-03", "2026-09", "v3"])
def test_every_version_of_the_api_gives_the_same_store(sandbox, tmp_path, version, monkeypatch):
    monkeypatch.setenv("LEADSCORE_API_VERSION", version)
    store = open_store(tmp_path / version)
    with connect(sandbox) as portal:
        assert portal.version == version
        assert sync(portal, store, progress=False).contacts == 250


def test_definitions_are_kept_with_labels_and_groups(portal, store):
    sync(portal, store, progress=False)
    about = store.properties("contacts").set_index("name")
    assert about.loc["lifecyclestage", "type"] == "enumeration"
    assert "customer" in list(about.loc["lifecyclestage", "options"])
    assert len(store.properties("deals")) > 0


def test_an_empty_portal_is_no_error(store):
    with open_sandbox(contacts=1, process=False) as empty, connect(empty) as portal:
        only = portal.client.crm.contacts.basic_api.get_page().results[0].id
        portal.client.crm.contacts.basic_api.archive(only)
        done = sync(portal, store, progress=False)
    assert (done.contacts, done.complete) == (0, True)


def _odd_portal(script, *, total, ids):
    """Answer by path as a portal of one contact property would, with a count of its own."""
    definition = {"name": "jobtitle", "label": "Job", "type": "string", "fieldType": "text"}
    records = [{"id": i, "properties": {"jobtitle": "Baker"}} for i in ids]

    def answer(connection):
        path = script.requests[-1].split(b" ")[1].decode()
        if "account-info" in path:
            body = {"portalId": 77}
        elif "/properties/" in path:
            body = {"results": [definition]}
        elif path.endswith("/search"):
            body = {"total": total, "results": []}
        else:
            body = {"results": records}
        connection.sendall(reply(200, body))

    return answer


def _connected(script):
    settings = Settings(base_url=script.url, token=SecretStr(TOKEN))
    return connect(settings=settings)


@pytest.mark.parametrize("ids", [["1"], [], ["1", "2"]])
def test_a_read_that_the_portals_count_contradicts_changes_nothing_in_the_store(store, ids):
    with scripted() as script:
        script.replies = [_odd_portal(script, total=3, ids=["1", "2", "3"])]
        with _connected(script) as portal:
            assert sync(portal, store, progress=False).complete
        before = store.version("contacts")
        script.replies = [_odd_portal(script, total=3, ids=ids)]
        with _connected(script) as portal:
            done = sync(portal, store, progress=False)
    assert not done.complete
    assert store.version("contacts") == before
    assert store.contacts()["id"].tolist() == ["1", "2", "3"]


def test_a_record_that_two_pages_hold_is_kept_once(store):
    with scripted() as script:
        script.replies = [_odd_portal(script, total=2, ids=["1", "2", "1"])]
        with _connected(script) as portal:
            done = sync(portal, store, progress=False)
    assert (done.contacts, done.complete) == (2, True)
    assert sorted(store.contacts()["id"]) == ["1", "2"]
