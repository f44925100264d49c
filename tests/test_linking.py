from __future__ import annotations

import pytest
from portals import Hand
from synctasks import task_of

from leadscore.fullread import read_all
from leadscore.linking import SCHEMA, read_links


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
    assert store.schema("associations").names == SCHEMA.names
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
