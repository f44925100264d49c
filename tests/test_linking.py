from __future__ import annotations

import pytest
from portals import Hand
from synctasks import task_of

from leadscore import departures
from leadscore.fullread import read_all
from leadscore.hubspot.paths import VERSIONS
from leadscore.hubspot.reading import ASSOCIATIONS
from leadscore.linking import read_links


@pytest.fixture(params=VERSIONS)
def version(request):
    """What holds for one version of the API holds for all."""
    return request.param


@pytest.fixture
def tasks(portal, store):
    """The syncs of all object types, after their records were read."""
    made = [task_of(portal, store, kind, history=[]) for kind in ("contacts", "companies", "deals")]
    for task in made:
        read_all(task)
    return made


def _pairs(store, source, to):
    links = store.read("associations")
    chosen = links[(links["from_object"] == source) & (links["to_object"] == to)]
    return set(zip(chosen["from_id"], chosen["to_id"], strict=True))


def test_all_associations_are_there_once_with_their_types(tasks, store):
    assert read_links(tasks) == store.rows("associations")
    assert store.schema("associations").names == ASSOCIATIONS.names
    links = store.read("associations")
    assert not links.duplicated().any()
    assert {"HUBSPOT_DEFINED"} == set(links["category"])
    assert _pairs(store, "contacts", "companies")
    assert _pairs(store, "deals", "companies")


def test_what_waits_for_nothing_is_not_read_again(tasks, portal):
    read_links(tasks)
    before = portal.requests
    assert read_links(tasks) == 0
    assert portal.requests == before


def test_the_associations_of_changed_records_take_the_place_of_the_former(tasks, portal, store):
    read_links(tasks)
    before = _pairs(store, "contacts", "deals")
    contact, deal = min(before)
    client = portal.client.crm.associations.v4.basic_api
    client.archive("contacts", contact, "deals", deal)
    other = next(d for d in store.deals(["id"])["id"] if (contact, d) not in before)
    Hand(portal).associate(contact, other)
    tasks[0].await_links([contact])
    read_links(tasks)
    after = _pairs(store, "contacts", "deals")
    assert after == before - {(contact, deal)} | {(contact, other)}


def test_a_token_that_may_not_read_deals_gets_the_other_associations(tasks, store):
    read_links(tasks[:2])
    assert _pairs(store, "contacts", "companies")
    assert not _pairs(store, "contacts", "deals")


def test_a_type_that_becomes_readable_brings_the_associations_to_it(tasks, store):
    read_links(tasks[:2])
    read_links(tasks)
    assert _pairs(store, "contacts", "deals") == _turned(_pairs(store, "deals", "contacts"))


def test_a_link_that_was_made_while_deals_could_not_be_read_comes_when_they_can(
    tasks, portal, store
):
    read_links(tasks)
    contact, deal = _unlinked(store)
    Hand(portal).associate(contact, deal)
    tasks[0].await_links([contact])
    read_links(tasks[:2])
    read_links(tasks)
    assert (contact, deal) in _pairs(store, "contacts", "deals")


def test_a_link_that_one_end_tells_of_is_there_at_the_other_too(tasks, portal, store):
    read_links(tasks)
    contact, deal = _unlinked(store)
    Hand(portal).associate(contact, deal)
    tasks[0].await_links([contact])
    read_links(tasks)
    assert (deal, contact) in _pairs(store, "deals", "contacts")
    portal.client.crm.associations.v4.basic_api.archive("contacts", contact, "deals", deal)
    tasks[2].await_links([deal])
    read_links(tasks)
    assert (contact, deal) not in _pairs(store, "contacts", "deals")
    assert (deal, contact) not in _pairs(store, "deals", "contacts")


def test_what_a_killed_sync_read_of_associations_gives_way_to_a_later_change(
    tasks, portal, store, monkeypatch
):
    contact, deal = _unlinked(store)
    with monkeypatch.context() as patched:
        patched.setattr("leadscore.linking._write", _killed)
        with pytest.raises(KeyboardInterrupt):
            read_links(tasks)
    Hand(portal).associate(contact, deal)
    tasks[0].await_links([contact])
    read_links(tasks)
    assert (contact, deal) in _pairs(store, "contacts", "deals")
    assert (deal, contact) in _pairs(store, "deals", "contacts")


def test_what_a_killed_sync_read_of_associations_goes_with_the_record(
    tasks, portal, store, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr("leadscore.linking._write", _killed)
        with pytest.raises(KeyboardInterrupt):
            read_links(tasks)
    gone = store.contacts(["id"])["id"].tolist()
    for contact in gone[:100]:
        Hand(portal).archive(contact)
    departures.note(tasks[0], gone[:100], [])
    departures.carry_out(tasks[0])
    read_links(tasks)
    links = store.read("associations")
    assert not {*gone[:100]} & {*links["from_id"], *links["to_id"]}


def _killed(*_):
    raise KeyboardInterrupt


def _turned(pairs):
    return {(other, one) for one, other in pairs}


def _unlinked(store):
    """Return a contact and a deal that are not associated with anything of each other's kind."""
    return store.contacts(["id"])["id"].iloc[0], store.deals(["id"])["id"].iloc[3]
