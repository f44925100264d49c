from __future__ import annotations

import os
import threading
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from scripted import reply

from leadscore.errors import (
    AuthenticationError,
    BadReplyError,
    MissingScopesError,
    SettingsError,
    UnreachableError,
)
from leadscore.hubspot.connection import connect
from leadscore.store import open_store
from leadscore.syncing import sync

WRONG = "pat-na1-00000000-1111-2222-3333-444444444444"


def test_a_sandbox_is_connected_to_by_its_address(portal, sandbox):
    assert portal.id == sandbox.portal_id
    assert "crm.objects.contacts.read" in portal.scopes


def test_the_environment_tells_where_and_with_which_token(sandbox, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", f"{sandbox.token}\n")
    with connect() as portal:
        assert portal.id == sandbox.portal_id


def test_without_a_token_it_says_where_to_put_one():
    with pytest.raises(SettingsError, match="HUBSPOT_PRIVATE_APP_TOKEN"):
        connect()


def test_a_rejected_token_is_told_from_other_faults_and_not_shown(sandbox, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", WRONG)
    with pytest.raises(
        AuthenticationError, match="rejects the token from the environment"
    ) as caught:
        connect()
    assert WRONG not in f"{caught.value} {vars(caught.value)}"
    assert caught.value.correlation_id


def test_another_host_is_refused_before_anything_is_sent(monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", "https://example.com")
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", WRONG)
    with pytest.raises(SettingsError, match="neither HubSpot's"):
        connect()


def test_a_token_or_an_address_as_an_argument_is_refused_and_not_shown():
    token = "pat-na1-00000000-1111-2222-3333-444444444444"
    with pytest.raises(SettingsError, match=r"\.env") as caught:
        connect(token)
    assert token not in str(caught.value)


def test_the_official_client_works_as_hubspots_documentation_shows(portal):
    from hubspot.crm.contacts import SimplePublicObjectInputForCreate

    body = SimplePublicObjectInputForCreate(
        properties={"email": "new@example.org"}, associations=[]
    )
    made = portal.client.crm.contacts.basic_api.create(simple_public_object_input_for_create=body)
    found = portal.client.crm.contacts.basic_api.get_by_id(made.id, properties=["email"])
    assert found.properties["email"] == "new@example.org"


def test_all_api_objects_of_the_client_share_one_connection_pool(portal):
    one = portal.client.crm.contacts.basic_api.api_client.rest_client.pool_manager
    two = portal.client.crm.companies.batch_api.api_client.rest_client.pool_manager
    assert one is two is portal.pool


def test_neither_the_portal_nor_its_client_shows_the_token(portal, sandbox):
    shown = f"{portal!r} {portal} {portal.settings!r} {portal.client.config} {vars(portal.client)}"
    assert sandbox.token not in shown


def test_a_repr_sends_nothing(portal):
    sent = portal.requests
    assert repr(portal)
    assert portal.requests == sent


def test_what_a_step_needs_and_lacks_is_named_before_it_starts(portal, sandbox):
    sandbox.portal.scopes = {"crm.objects.contacts.read", "crm.objects.companies.read"}
    portal.require("sync")
    assert portal.lacks("sync") == ["crm.objects.deals.read"]
    assert portal.lacks("sync", objects=["2-7"])[1:] == ["crm.objects.custom.read"]
    sent = portal.requests
    with pytest.raises(MissingScopesError, match=r"contacts\.write.*schemas\.contacts\.write"):
        portal.require("apply", "create properties")
    assert portal.requests == sent


@pytest.mark.parametrize("answer", [reply(404, {}), reply(403, {}), reply(200, {"scopes": "all"})])
def test_scopes_that_hubspot_does_not_tell_are_unknown_and_pass(odd, script, answer):
    script.replies = [answer]
    assert odd.scopes is None
    odd.require("apply", "files")
    assert odd.lacks("sync") == []


def test_scopes_that_could_not_be_asked_for_are_no_unknown_ones(odd, script):
    script.replies = [lambda connection: None]
    with pytest.raises(UnreachableError):
        _ = odd.scopes


def test_a_server_that_is_unwell_for_a_moment_leaves_no_scope_unknown(odd, script):
    script.replies = [reply(500, {}), lambda connection: None, reply(200, {"scopes": ["files"]})]
    assert odd.scopes == {"files"}
    assert len(script.requests) == 3


@pytest.mark.parametrize("sandbox", [{"limits": True}], indirect=True)
def test_the_limits_are_those_of_today(portal, sandbox):
    first = portal.limits
    assert (first.burst, first.interval, first.daily) == (190, 10.0, 625_000)
    assert first.used_today + first.remaining_today == first.daily
    assert portal.limits.used_today == first.used_today + 2
    assert first.resets_at == sandbox.portal.limiter.resets_at()
    assert portal.tier == "professional"


@pytest.mark.parametrize("sandbox", [{"limits": True}], indirect=True)
def test_limits_without_the_usage_endpoint_come_from_the_headers(portal, sandbox):
    sandbox.faults({"match": {"path": "*api-usage*"}, "action": {"status": 403}})
    assert portal.limits.daily == 625_000
    assert portal.limits.resets_at == portal.next_midnight()


def test_a_portal_that_states_no_limits_has_unknown_ones(odd, script):
    script.replies = [reply(200, {"portalId": 7, "timeZone": "UTC"})]
    assert set(odd.limits.as_dict().values()) == {None}
    assert odd.tier is None


@pytest.mark.parametrize(
    ("details", "hour"),
    [
        ({"timeZone": "America/New_York", "utcOffsetMilliseconds": 0}, 4),
        ({"timeZone": "Not/AZone", "utcOffsetMilliseconds": -7_200_000}, 2),
        ({"utcOffsetMilliseconds": 0}, 0),
    ],
)
def test_the_day_ends_at_midnight_in_the_accounts_time_zone(odd, script, details, hour):
    script.replies = [reply(200, {"portalId": 7} | details)]
    now = pd.Timestamp("2026-07-01 12:00", tz="UTC")
    assert odd.next_midnight(now) == pd.Timestamp(f"2026-07-02 0{hour}:00", tz="UTC")


@pytest.mark.parametrize("details", [{}, {"timeZone": ""}, {"utcOffsetMilliseconds": 10**9}])
def test_no_time_zone_is_made_up(odd, script, details):
    script.replies = [reply(200, {"portalId": 7} | details)]
    with pytest.raises(BadReplyError, match="no time zone"):
        _ = odd.time_zone


def test_the_sandboxs_time_zone_is_known(portal, sandbox):
    assert portal.time_zone == ZoneInfo(sandbox.portal.time_zone)


@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_token_that_is_rotated_while_one_works_is_picked_up_where_it_is_kept(
    sandbox, version, monkeypatch, tmp_path, place
):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("LEADSCORE_API_VERSION", version)

    def put(token: str) -> None:
        if place == ".env":
            (tmp_path / ".env").write_text(f"HUBSPOT_PRIVATE_APP_TOKEN={token}\n")
        else:
            monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", token)

    put(sandbox.token)
    with connect() as portal:
        portal.transport.call("GET", portal.path("objects", "contacts"))
        put(WRONG)
        sandbox.faults({"times": 1, "action": {"rotate_token": WRONG}})
        assert portal.client.crm.contacts.basic_api.get_page(limit=1).results
        statuses = [one["status"] for one in sandbox.requests()[-2:]]
    assert statuses == [401, 200]


def test_a_sync_goes_on_when_the_token_is_rotated_in_the_env_file_meanwhile(
    sandbox, version, monkeypatch, tmp_path
):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("LEADSCORE_API_VERSION", version)
    (tmp_path / ".env").write_text(f"HUBSPOT_PRIVATE_APP_TOKEN={sandbox.token}\n")
    with connect() as portal, open_store(tmp_path / "crm") as store:
        (tmp_path / ".env").write_text(f"HUBSPOT_PRIVATE_APP_TOKEN={WRONG}\n")
        sandbox.faults(
            {"match": {"path": "*/contacts"}, "action": {"rotate_token": WRONG}, "times": 1}
        )
        done = sync(portal, store, progress=False)
    assert (done.complete, done.contacts) == (True, 250)
    statuses = [one["status"] for one in sandbox.requests()]
    assert statuses.count(401) == 1
    written = [path for path in (tmp_path / "crm").rglob("*") if path.is_file()]
    assert not [path for path in written if WRONG.encode() in path.read_bytes()]


def test_a_token_that_is_rotated_and_not_replaced_is_said_after_one_refusal(
    sandbox, version, monkeypatch
):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    with connect() as portal:
        sent = portal.requests
        sandbox.faults({"times": 1, "action": {"revoke_token": True}})
        with pytest.raises(AuthenticationError):
            portal.transport.call("GET", portal.path("objects", "contacts"))
        assert portal.requests == sent + 1


@pytest.mark.skipif(os.name == "nt", reason="processes share through flock")
def test_a_workspace_that_is_there_is_where_the_pace_is_shared_and_no_other_folder(
    sandbox, monkeypatch, tmp_path
):
    monkeypatch.setenv("LEADSCORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", sandbox.token)
    monkeypatch.setenv("LEADSCORE_WORKSPACE", str(tmp_path))
    with connect():
        assert not list(tmp_path.iterdir())
    open_store(tmp_path).close()
    with connect() as one, connect() as other:
        one.pool.general.pause(0.2)
        assert other.pool.general.take(at_most=0.0) is None
    with connect(sandbox) as elsewhere:
        assert elsewhere.pool.general.take(at_most=0.0) is not None


# --------------------------------------------------------------------------- the official client


def test_a_batch_of_the_client_creates_updates_reads_and_archives(portal):
    from hubspot.crm.contacts import (
        BatchInputSimplePublicObjectBatchInput,
        BatchInputSimplePublicObjectBatchInputForCreate,
        BatchInputSimplePublicObjectId,
        BatchReadInputSimplePublicObjectId,
    )

    api = portal.client.crm.contacts.batch_api
    new = [{"properties": {"email": f"b{n}@example.org"}, "associations": []} for n in range(3)]
    made = api.create(
        batch_input_simple_public_object_batch_input_for_create=(
            BatchInputSimplePublicObjectBatchInputForCreate(inputs=new)
        )
    )
    ids = [{"id": one.id} for one in made.results]
    changes = [one | {"properties": {"city": "Ghent"}} for one in ids]
    api.update(
        batch_input_simple_public_object_batch_input=BatchInputSimplePublicObjectBatchInput(
            inputs=changes
        )
    )
    wish = BatchReadInputSimplePublicObjectId(
        inputs=ids, properties=["city"], properties_with_history=[]
    )
    found = api.read(batch_read_input_simple_public_object_id=wish)
    assert [one.properties["city"] for one in found.results] == ["Ghent"] * 3
    api.archive(batch_input_simple_public_object_id=BatchInputSimplePublicObjectId(inputs=ids))
    assert not api.read(batch_read_input_simple_public_object_id=wish).results


def test_search_and_get_all_of_the_client_find_every_contact_once(portal, sandbox):
    from hubspot.crm.contacts import PublicObjectSearchRequest

    everyone = portal.client.crm.contacts.get_all(properties=["email"])
    assert len({one.id for one in everyone}) == len(everyone) == 250
    email = everyone[0].properties["email"]
    groups = [{"filters": [{"propertyName": "email", "operator": "EQ", "value": email}]}]
    wish = PublicObjectSearchRequest(
        filter_groups=groups, limit=5, properties=["email"], sorts=[], after="0"
    )
    found = portal.client.crm.contacts.search_api.do_search(public_object_search_request=wish)
    assert [one.id for one in found.results] == [everyone[0].id]


def test_the_clients_other_parts_work_on_the_same_pool(portal):
    from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest

    client = portal.client
    contact = client.crm.contacts.basic_api.get_page(limit=1).results[0].id
    wish = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": contact}])
    before = portal.requests
    client.crm.associations.v4.batch_api.get_page(
        "contacts", "companies", batch_input_public_fetch_associations_batch_request=wish
    )
    names = {one.name for one in client.crm.properties.core_api.get_all("contacts").results}
    assert {"email", "lifecyclestage"} <= names
    assert client.crm.owners.owners_api.get_page().results
    assert client.crm.pipelines.pipelines_api.get_all("deals").results
    assert portal.requests == before + 4


def test_the_client_uploads_a_file_as_it_is(portal, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(bytes(range(256)))
    made = portal.client.files.files_api.upload(
        file=str(path), folder_path="/leads", options='{"access": "PRIVATE"}'
    )
    assert (made.name, made.size) == ("notes", 256)


def test_an_api_object_of_the_client_may_be_shared_by_threads(portal):
    api = portal.client.crm.contacts.basic_api
    ids = [one.id for one in api.get_page(limit=40).results]
    found: list[str] = []
    threads = [
        threading.Thread(
            target=lambda part=ids[n::8]: found.extend(api.get_by_id(one).id for one in part)
        )
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(ids)


def test_the_client_says_no_with_its_own_exception(portal):
    from hubspot.crm.contacts.exceptions import NotFoundException

    with pytest.raises(NotFoundException):
        portal.client.crm.contacts.basic_api.get_by_id("999999999999")


def test_the_clients_own_paths_stay_those_of_version_3(portal, sandbox):
    portal.client.crm.companies.basic_api.get_page(limit=1)
    assert sandbox.requests()[-1]["path"] == "/crm/v3/objects/companies"


def test_a_request_of_the_clients_to_any_path_is_sent_through_the_pool(portal):
    sent = portal.requests
    reply = portal.client.api_request({"path": portal.path("account-info", "details")})
    assert (reply.status_code, reply.json()["portalId"]) == (200, portal.id)
    assert portal.client.api_request({"path": "/nobody/here"}).status_code == 404
    assert portal.requests == sent + 2


def test_what_the_client_writes_is_paced_and_counted_like_all_else(portal):
    seen: list[tuple[str, int]] = []
    portal.pool.on_reply = lambda method, path, status, *rest: seen.append((method, status))
    portal.client.crm.contacts.basic_api.get_page(limit=1)
    portal.transport.call("GET", portal.path("objects", "contacts"))
    assert seen == [("GET", 200), ("GET", 200)]


@pytest.mark.parametrize(
    ("body", "error"),
    [({}, BadReplyError), ({"portalId": "x"}, BadReplyError), ({"portalId": None}, BadReplyError)],
)
def test_an_account_without_an_id_is_no_account(odd, script, body, error):
    script.replies = [reply(200, body)]
    with pytest.raises(error, match="no portal id"):
        _ = odd.id


def test_a_portal_knows_its_days_end_once_it_knows_its_zone(portal):
    assert portal.pool.time_zone == "America/New_York"


def test_closing_a_portal_is_done_once_and_twice(sandbox):
    portal = connect(sandbox)
    portal.close()
    portal.close()


def test_details_and_scopes_are_asked_for_once(portal):
    first = (portal.details, portal.scopes)
    sent = portal.requests
    assert (portal.details, portal.scopes, portal.id) == (*first, first[0]["portalId"])
    assert portal.requests == sent
