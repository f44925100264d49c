"""A simulated world becomes a portal's records, history and associations."""

import pytest

from leadscore.errors import SandboxError
from leadscore.sandbox.edits import past
from leadscore.sandbox.moments import from_ms
from leadscore.sandbox.populating import seed_world
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.values import checked
from leadscore.sandbox.world import simulate

NOW = 1_793_491_200.0  # 2026-11-01


@pytest.fixture(scope="module")
def market():
    world = simulate(contacts=300, seed=5, now="2026-11-01")
    portal = Portal(clock=lambda: NOW)
    return world, portal, seed_world(portal, world)


def held(record):
    return record.values


def test_every_live_contact_of_the_world_is_in_the_portal_under_its_id(market):
    world, portal, found = market
    contacts = portal.collection("contacts")
    assert {str(record.id) for record in contacts.records} == set(world.contacts.index)
    assert (found.goal, found.columns) == ("customer", {})
    record = contacts.records.get(int(world.contacts.index[7]))
    assert held(record)["lifecyclestage"] == world.contacts["lifecyclestage"].iloc[7]
    assert held(record)["hs_object_id"] == world.contacts.index[7]


def test_the_worlds_own_properties_are_defined(market):
    world, portal, _ = market
    custom = {found["name"] for found in portal.collection("contacts").definitions.custom}
    assert custom == {found["name"] for found in world.properties}


@pytest.mark.parametrize("kind", ["contacts", "companies", "deals"])
def test_the_worlds_values_are_ones_that_hubspot_takes(market, kind):
    collection = market[1].collection(kind)
    definitions = collection.definitions.active
    writable = {
        name
        for name, found in definitions.items()
        if not found["modificationMetadata"]["readOnlyValue"]
    }
    assert len(collection.records)
    for record in collection.records:
        values = {name: held(record)[name] for name in writable & held(record).keys()}
        assert checked(definitions, values, {}, portal_id=1) == values


def test_the_newest_entry_of_a_history_is_the_current_value(market):
    contacts = market[1].collection("contacts")
    derived = {"lastmodifieddate", "hs_object_id"}
    for record in list(contacts.records)[:50]:
        for name in held(record).keys() - derived:
            assert past(contacts, record, name)[-1].value == held(record)[name], name


def test_a_record_was_changed_last_when_its_newest_entry_was_made(market):
    contacts = market[1].collection("contacts")
    for record in list(contacts.records)[:50]:
        names = held(record).keys() - {"lastmodifieddate", "hs_object_id"}
        newest = max(change.at for name in names for change in past(contacts, record, name))
        assert held(record)["lastmodifieddate"] == from_ms(newest)
        assert newest <= NOW * 1000


def test_contacts_are_associated_with_their_companies_and_deals(market):
    portal = market[1]
    contacts, links = portal.collection("contacts"), portal.associations
    employed = [r for r in contacts.records if held(r).get("associatedcompanyid")]
    assert employed
    for record in employed:
        assert links.primary("contacts", record.id, "companies") == int(
            held(record)["associatedcompanyid"]
        )
    with_deals = [r for r in contacts.records if held(r).get("num_associated_deals")]
    assert with_deals
    for record in with_deals:
        assert (
            str(links.count("contacts", record.id, "deals")) == held(record)["num_associated_deals"]
        )


def test_the_merged_and_the_archived_are_gone_and_known_as_such(market):
    contacts = market[1].collection("contacts")
    assert contacts.records.merged
    assert any(True for _ in contacts.records.walk(archived=True))
    assert not contacts.records.merged.keys() & {record.id for record in contacts.records}


def test_new_records_get_ids_that_the_world_does_not_have(market):
    _, portal, _ = market
    given = [r.id for c in portal.collections.values() for r in c.records]
    assert portal.new_id() > max(given)


def test_owners_of_contacts_are_owners_of_the_portal(market):
    _, portal, _ = market
    owned = {held(r).get("hubspot_owner_id") for r in portal.collection("contacts").records}
    assert owned - {None}
    assert owned - {None} <= portal.shelf("owners").keys()


def test_without_history_the_values_are_the_same_and_date_from_the_records_creation(market):
    world = simulate(contacts=300, seed=5, now="2026-11-01", history=False)
    portal = Portal(clock=lambda: NOW)
    seed_world(portal, world, history=False)
    bare, full = portal.collection("contacts"), market[1].collection("contacts")
    assert [held(r) for r in bare.records] == [held(r) for r in full.records]
    record = next(iter(bare.records))
    assert past(bare, record, "lifecyclestage")[0].wire()["timestamp"] == held(record)["createdate"]


def test_a_property_that_the_portal_lacks_is_a_clear_error():
    portal = Portal()
    del portal.collection("contacts").definitions.active["city"]
    with pytest.raises(SandboxError, match="'city'"):
        seed_world(portal, simulate(contacts=5, seed=5, now="2026-11-01"))
