from __future__ import annotations

import json
import stat

import pandas as pd
import pytest
from everybyte import where_is
from portals import Hand, truth

from leadscore.errors import (
    BusyError,
    HubSpotError,
    LimitReachedError,
    StoreError,
    UsageError,
)
from leadscore.hubspot.connection import connect
from leadscore.hubspot.paths import VERSIONS
from leadscore.sandbox import open_sandbox
from leadscore.store import open_store
from leadscore.syncing import PERSONAL, Synced, sync


@pytest.fixture(params=VERSIONS)
def version(request):
    """What holds for one version of the API holds for all."""
    return request.param


@pytest.fixture
def hand(portal):
    return Hand(portal)


def _again(portal, store, **options):
    return sync(portal, store, progress=False, **options)


# everything -------------------------------------------------------------------------------------


def test_every_record_of_the_portal_is_in_the_store_once(portal, store, sandbox):
    done = sync(portal, store, progress=False)
    for kind in ("contacts", "companies", "deals"):
        ids = store.read(kind, ["id"])["id"]
        assert sorted(ids) == sorted(truth(sandbox, "hs_object_id", kind)), kind
        assert getattr(done, kind) == len(ids) == ids.nunique()
    assert done.complete
    assert done.why == []
    assert done.full == {"contacts": True, "companies": True, "deals": True}


def test_columns_have_the_types_of_the_portals_definitions(synced):
    dtypes = synced.contacts().dtypes.astype(str)
    assert dtypes["createdate"] == "datetime64[us, UTC]"
    assert dtypes["hs_analytics_num_visits"] == "float64"
    assert dtypes["lifecyclestage"] == "str"
    assert dtypes["id"] == "str"


def test_personal_data_is_asked_for_not_taken_by_habit(portal, synced):
    assert not PERSONAL & set(synced.contacts().columns)
    _again(portal, synced, properties=["email"])
    assert "email" in synced.contacts().columns


def test_another_choice_of_properties_reads_everything_again(portal, synced):
    assert _again(portal, synced, properties=["jobtitle"]).full["contacts"]
    assert not _again(portal, synced, properties=["jobtitle"]).full["contacts"]


def test_history_is_read_of_the_chosen_properties_and_typed(portal, store, sandbox):
    done = sync(portal, store, history=["lifecyclestage"], progress=False)
    history = store.read("history")
    assert set(history["property"]) == {"lifecyclestage"}
    assert str(history["timestamp"].dtype) == "datetime64[us, UTC]"
    assert done.history_rows == len(history)
    newest = history.sort_values("timestamp").groupby("id")["value"].last()
    stages = {one: stage for one, stage in truth(sandbox, "lifecyclestage").items() if stage}
    assert newest.to_dict() == stages


def test_no_history_is_read_where_none_is_wanted(portal, store):
    assert sync(portal, store, history=(), progress=False).history_rows == 0
    assert not store.has("history")


def test_associations_are_there_both_ways(synced):
    links = synced.read("associations")
    forth = links[(links["from_object"] == "contacts") & (links["to_object"] == "deals")]
    back = links[(links["from_object"] == "deals") & (links["to_object"] == "contacts")]
    pairs = set(zip(forth["from_id"], forth["to_id"], strict=True))
    assert pairs == set(zip(back["to_id"], back["from_id"], strict=True))
    assert set(forth["to_id"]) <= set(synced.deals(["id"])["id"])
    assert len(pairs) > 0


def test_definitions_are_kept_with_labels_and_groups(synced):
    about = synced.properties("contacts").set_index("name")
    assert about.loc["lifecyclestage", "type"] == "enumeration"
    assert "customer" in list(about.loc["lifecyclestage", "options"])
    assert len(synced.properties("deals")) > 0


@pytest.mark.parametrize("sandbox", [{"contacts": 1}], indirect=True)
def test_an_empty_portal_is_no_error(portal, store, hand):
    only = portal.client.crm.contacts.basic_api.get_page().results[0].id
    hand.archive(only)
    for _ in range(2):
        done = _again(portal, store)
        assert (done.contacts, done.complete) == (0, True)


# changes ----------------------------------------------------------------------------------------


def test_nothing_new_costs_a_few_requests_and_writes_no_table(portal, synced):
    versions = {table: synced.version(table) for table in synced.tables()}
    done = _again(portal, synced)
    assert done.changed == {"contacts": 0, "companies": 0, "deals": 0}
    assert done.full == {"contacts": False, "companies": False, "deals": False}
    assert done.requests <= 25
    assert {table: synced.version(table) for table in synced.tables()} == versions


def test_what_was_edited_and_made_is_brought_up_to_date_and_nothing_else(
    portal, synced, hand, sandbox
):
    first = synced.contacts(["id"])["id"].iloc[0]
    hand.edit(first, jobtitle="Beekeeper")
    made = hand.create(jobtitle="Falconer")
    done = _again(portal, synced)
    assert done.changed["contacts"] == 2
    titles = synced.contacts(["id", "jobtitle"]).set_index("id")["jobtitle"]
    assert (titles[first], titles[made]) == ("Beekeeper", "Falconer")
    assert {k: v for k, v in titles.items() if v == v} == {
        k: v for k, v in truth(sandbox, "jobtitle").items() if v
    }


def test_the_history_of_a_change_is_added(portal, synced, hand):
    first = synced.contacts(["id"])["id"].iloc[0]
    before = len(synced.read("history"))
    hand.edit(first, jobtitle="Beekeeper")
    _again(portal, synced)
    history = synced.read("history")
    titles = history[(history["id"] == first) & (history["property"] == "jobtitle")]
    assert "Beekeeper" in set(titles["value"])
    assert len(history) > before
    assert not history.duplicated(["object", "id", "property", "timestamp", "value"]).any()


def test_an_association_that_was_made_later_is_read(portal, synced, hand):
    deal = synced.deals(["id"])["id"].iloc[0]
    made = hand.create(jobtitle="Falconer")
    hand.associate(made, deal)
    _again(portal, synced)
    links = synced.read("associations")
    there = links[(links["from_object"] == "contacts") & (links["to_object"] == "deals")]
    assert (made, deal) in set(zip(there["from_id"], there["to_id"], strict=True))


@pytest.mark.parametrize("sandbox", [{"contacts": 250, "index_lag": 60.0}], indirect=True)
def test_what_searchs_index_showed_too_late_comes_with_the_next_sync(portal, synced, hand, sandbox):
    sandbox.advance(3600)
    first, second = synced.contacts(["id"])["id"].iloc[:2]
    hand.edit(first, jobtitle="Beekeeper")
    sandbox.advance(70)
    hand.edit(second, jobtitle="Falconer")
    _again(portal, synced)
    sandbox.advance(70)
    _again(portal, synced)
    titles = synced.contacts(["id", "jobtitle"]).set_index("id")["jobtitle"]
    assert (titles[first], titles[second]) == ("Beekeeper", "Falconer")


def test_the_clock_of_this_machine_is_no_bookmark(portal, synced, hand, monkeypatch):
    first = synced.contacts(["id"])["id"].iloc[0]
    late = pd.Timestamp.now("UTC") + pd.Timedelta("1D")
    with monkeypatch.context() as patched:
        patched.setattr("leadscore.syncing._now", lambda: late)
        hand.edit(first, jobtitle="Beekeeper")
        _again(portal, synced)
    hand.edit(first, jobtitle="Falconer")
    _again(portal, synced)
    titles = synced.contacts(["id", "jobtitle"]).set_index("id")["jobtitle"]
    assert titles[first] == "Falconer"


def test_where_nearly_everything_changed_everything_is_read(portal, store, monkeypatch, hand):
    monkeypatch.setattr("leadscore.changes._FEW", 10)
    _again(portal, store)
    hand.edit_all(store.contacts(["id"])["id"].tolist(), jobtitle="Beekeeper")
    done = _again(portal, store)
    assert done.full["contacts"]
    assert set(store.contacts(["jobtitle"])["jobtitle"]) == {"Beekeeper"}


def test_everything_is_read_again_after_a_week(portal, synced):
    old = pd.Timestamp.now("UTC") - pd.Timedelta("8D")
    synced.ledger.set_checkpoint("full_at:contacts", old.isoformat())
    done = _again(portal, synced)
    assert (done.full["contacts"], done.full["deals"]) == (True, False)


def test_a_property_that_the_portal_lost_leaves_the_store(portal, synced, sandbox):
    assert "jobtitle" in synced.contacts().columns
    name = next(n for n in synced.contacts().columns if n.startswith("seats"))
    portal.transport.call("DELETE", portal.path("properties", "contacts", name), expect=(204,))
    done = _again(portal, synced)
    assert done.full["contacts"]
    assert name not in synced.contacts().columns


# departures -------------------------------------------------------------------------------------


def test_archived_merged_and_erased_contacts_leave_the_store(portal, synced, hand, sandbox):
    archived, one, other, erased = synced.contacts(["id"])["id"].iloc[:4]
    hand.archive(archived)
    made = hand.merge(one, other)
    hand.erase(erased)
    done = _again(portal, synced)
    assert done.complete
    assert done.removed["contacts"] == 4
    ids = set(synced.contacts(["id"])["id"])
    assert ids == set(truth(sandbox, "hs_object_id"))
    assert made in ids
    for table, column in (("history", "id"), ("associations", "from_id")):
        left = synced.read(table)
        kind = "object" if table == "history" else "from_object"
        theirs = set(left.loc[left[kind] == "contacts", column])
        assert not theirs & {archived, one, other, erased}


def test_of_an_erased_person_nothing_stays_in_the_workspace(portal, store, hand):
    made = hand.create(firstname="Zq8", lastname="Forgetme", jobtitle="Zq8 falconer of Ulm")
    sync(portal, store, properties=["firstname", "lastname", "jobtitle"], progress=False)
    hand.edit(made, jobtitle="Zq8 beekeeper of Ulm")
    options = {"properties": ["firstname", "lastname", "jobtitle"]}
    _again(portal, store, **options)
    hand.erase(made)
    assert _again(portal, store, **options).removed["contacts"] == 1
    for path in store.workspace.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        if path.suffix == ".parquet":
            data += pd.read_parquet(path).to_csv().encode()
        assert b"Zq8" not in data, path
    assert where_is(made, store.workspace) == []


def test_a_contact_that_left_the_recycling_bin_is_erased(portal, synced, hand, sandbox):
    first = synced.contacts(["id"])["id"].iloc[0]
    hand.archive(first)
    _again(portal, synced)
    assert synced.ledger.checkpoint("bin:contacts") == [first]
    sandbox.advance(91 * 86400)
    _again(portal, synced)
    assert synced.ledger.checkpoint("bin:contacts") is None


@pytest.mark.parametrize("left", [0, 1])
def test_a_reading_that_finds_hardly_anybody_removes_nobody(portal, synced, sandbox, left):
    hidden = synced.contacts(["id"])["id"].iloc[left:].tolist()
    sandbox.faults({"match": {"path": "*/contacts*"}, "action": {"drop_ids": hidden}})
    with pytest.raises(HubSpotError):
        _again(portal, synced, full=True)
    assert len(synced.contacts()) == 250


@pytest.mark.parametrize("hidden", [slice(0, 1), slice(100, 103), slice(200, 205)])
def test_a_reading_that_the_portals_count_contradicts_changes_nothing(
    portal, synced, sandbox, hidden
):
    ids = sorted(truth(sandbox, "hs_object_id"), key=int)[hidden]
    before = synced.version("contacts")
    sandbox.faults(
        [
            {"match": {"path": portal.path("objects", "contacts")}, "action": {"drop_ids": ids}},
            {"match": {"path": "*/contacts/search"}, "action": {"drop_ids": ids}},
        ]
    )
    done = _again(portal, synced, full=True)
    assert not done.complete
    assert "250" in done.why[0]
    assert synced.version("contacts") == before
    sandbox.clear_faults()
    assert _again(portal, synced, full=True).complete


# faults -----------------------------------------------------------------------------------------


_BAD_PAGES = [
    (VERSIONS[place % len(VERSIONS)], {kind: True}, page)
    for place, kind in enumerate(("html", "empty", "array", "truncated"))
    for page in (1, 2, 3)
]


# What is believed of a body does not depend on the version: each kind is tried with one of them.
@pytest.mark.parametrize(("version", "action", "page"), _BAD_PAGES)
def test_a_reply_that_cannot_be_believed_changes_nothing(portal, synced, sandbox, action, page):
    before = synced.version("contacts")
    path = portal.path("objects", "contacts")
    sandbox.faults({"match": {"path": path, "nth": {"from": page}}, "action": action})
    with pytest.raises(HubSpotError):
        _again(portal, synced, full=True)
    assert synced.version("contacts") == before
    sandbox.clear_faults()
    assert _again(portal, synced, full=True).contacts == 250


@pytest.mark.parametrize("seed", range(3))
def test_server_errors_in_between_lose_nothing(portal, store, sandbox, seed):
    sandbox.faults(
        {"match": {"path": "*"}, "probability": 0.2, "seed": seed, "action": {"status": 502}}
    )
    done = sync(portal, store, progress=False)
    assert done.complete
    assert sorted(store.contacts(["id"])["id"]) == sorted(truth(sandbox, "hs_object_id"))


def test_a_token_that_lost_a_scope_reads_what_it_may(portal, store, sandbox):
    sandbox.faults(
        {"match": {"path": "*"}, "times": 1, "action": {"remove_scope": "crm.objects.deals.read"}}
    )
    portal.client.crm.owners.owners_api.get_page()
    done = sync(portal, store, progress=False)
    assert done.contacts == 250
    assert (done.deals, done.complete) == (0, True)
    assert "crm.objects.deals.read" in done.barred["deals"]


def test_deals_whose_properties_may_not_be_read_are_barred(portal, store, sandbox):
    path = portal.path("properties", "deals")
    sandbox.faults({"match": {"path": path}, "action": {"body": "403 scopes"}})
    done = sync(portal, store, progress=False)
    assert (done.contacts, done.deals, done.complete) == (250, 0, True)
    assert "deals" in done.barred


def test_who_left_while_a_reading_lay_interrupted_is_not_in_the_store(
    portal, store, sandbox, hand, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr("leadscore.histories.read_into", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            _again(portal, store)
    archived, erased, one, other, edited = list(truth(sandbox, "hs_object_id"))[:5]
    hand.archive(archived)
    hand.erase(erased)
    hand.merge(one, other)
    hand.edit(edited, jobtitle="Beekeeper")
    for _ in range(4):
        hand.create()
    assert _again(portal, store).complete
    titles = store.contacts(["id", "jobtitle"]).set_index("id")["jobtitle"]
    assert set(titles.index) == set(truth(sandbox, "hs_object_id"))
    assert titles[edited] == "Beekeeper"


def _interrupted(*_, **__):
    raise KeyboardInterrupt


def test_deals_of_an_earlier_sync_are_not_taken_for_todays(portal, synced, sandbox):
    sandbox.faults(
        {"match": {"path": "*"}, "times": 1, "action": {"remove_scope": "crm.objects.deals.read"}}
    )
    portal.client.crm.owners.owners_api.get_page()
    done = _again(portal, synced)
    assert not done.complete
    assert "deals" in done.why[0]


# one workspace ----------------------------------------------------------------------------------


def test_a_workspace_refuses_another_portal(portal, synced):
    with (
        open_sandbox(contacts=10, seed=8, process=False) as other,
        connect(other) as stranger,
        pytest.raises(StoreError, match="belongs to portal"),
    ):
        sync(stranger, synced, progress=False)


def test_two_syncs_at_once_do_not_mix_and_the_second_names_the_first(portal, store):
    other = open_store(store.workspace)
    with store.lock("sync"), pytest.raises(BusyError, match="`sync`") as caught:
        sync(portal, other, progress=False)
    assert caught.value.exit_code == 75


def test_a_property_that_is_not_there_is_named_before_anything_is_read(portal, store):
    with pytest.raises(UsageError, match="'job_title'"):
        sync(portal, store, properties=["job_title"], progress=False)
    assert not store.has("contacts")


def test_arguments_that_do_not_fit_are_refused_before_anything_is_done(portal, store):
    for wrong in ({"properties": "email"}, {"history": "jobtitle"}, {"history": {"contact": []}}):
        with pytest.raises(UsageError):
            sync(portal, store, progress=False, **wrong)
    with pytest.raises(UsageError, match="a portal and a store"):
        sync(store, portal)
    assert store.ledger.runs().empty


def test_a_sync_is_on_record_with_a_log_without_values(portal, store, sandbox):
    sync(portal, store, progress=False)
    run = store.ledger.runs().iloc[-1]
    assert (run["kind"], run["status"]) == ("sync", "done")
    assert run["facts"]["contacts"] == 250
    log = store.workspace / "logs" / f"{run['run']}.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert run["facts"]["requests"] - 3 <= len(lines) <= run["facts"]["requests"]
    assert {"method", "path", "status", "seconds", "correlation_id", "bytes"} <= set(lines[0])
    assert sandbox.token not in log.read_text()


def test_a_sync_that_failed_is_on_record_with_what_to_quote_to_support(portal, store, sandbox):
    sandbox.faults({"match": {"path": "*/search"}, "action": {"body": "429 daily"}})
    with pytest.raises(LimitReachedError) as caught:
        sync(portal, store, progress=False)
    run = store.ledger.runs().iloc[-1]
    assert run["status"] == "failed"
    assert run["facts"]["error"] == {
        "kind": "limit_reached",
        "status": 429,
        "correlation_id": caught.value.correlation_id,
    }


def test_a_sync_that_was_killed_does_not_stay_on_record_as_running(portal, store):
    store.ledger.start_run("sync")
    store.ledger.start_run("apply")
    sync(portal, store, progress=False)
    runs = store.ledger.runs()
    assert list(zip(runs["kind"], runs["status"], strict=True)) == [
        ("sync", "interrupted"),
        ("apply", "running"),
        ("sync", "done"),
    ]


def test_every_file_is_for_its_owner_alone(portal, store):
    sync(portal, store, progress=False)
    for path in store.workspace.rglob("*"):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_what_a_sync_did_reads_in_a_notebook_as_on_the_command_line_and_is_inert():
    counts = {"full": {"contacts": True}, "changed": {"contacts": 3}, "removed": {"contacts": 0}}
    told = Synced(3, 2, 1, 40, complete=False, why=["<script>\x1b[31m"], **counts)
    page = told._repr_html_()
    assert "Contacts" in page
    assert "&lt;script&gt;\ufffd[31m" in page
