import json

import pytest
from hubspot.crm.contacts import PublicGdprDeleteInput

CONTACTS = "/crm/v3/objects/contacts"


def erase(http, key, by=None, path=CONTACTS):
    body = {"objectId": str(key)} | ({"idProperty": by} if by else {})
    return http.post(f"{path}/gdpr-delete", body)


def test_an_erased_contact_leaves_nothing(http, add, portal, objects, clock):
    portal.index_lag = 60.0
    there = add(email="ada@example.com")
    clock.time += 1
    http("PATCH", f"{objects}/{there.id}", {"properties": {"city": "Secretville"}})
    http.get(f"{objects}/ada@example.com", idProperty="email")
    clock.time += 1
    answer = erase(http, there.id, path=objects)
    assert (answer.status, answer.text) == (204, "")
    collection = portal.collection("contacts")
    assert http.get(f"{objects}/{there.id}").status == 404
    assert http.get(f"{objects}/{there.id}", archived="true").status == 404
    assert not collection.history.of(there.id, "city")
    left = json.dumps([list(portal.writes), list(portal.requests), portal.shelves])
    left += repr(collection.index.changed)
    for word in ("Secretville", "ada@example.com", "ada%40example.com"):
        assert word not in left


def test_the_official_client_erases_by_email_address(client, add, portal):
    add(email="ada@example.com")
    wanted = PublicGdprDeleteInput(object_id="ada@example.com", id_property="email")
    client.crm.contacts.basic_api.purge(wanted)
    assert len(portal.collection("contacts").records) == 0


@pytest.mark.parametrize("there", [True, False])
def test_an_erased_email_address_may_not_come_back(http, add, there):
    if there:
        add(email="ada@example.com")
    assert erase(http, "Ada@example.com", "email").status == 204
    answer = http.post(CONTACTS, {"properties": {"email": "ada@example.com"}})
    assert (answer.status, answer.json["errors"][0]["code"]) == (400, "GDPR_BLACKLISTED_EMAIL")
    other = add(email="bob@example.com")
    moved = http("PATCH", f"{CONTACTS}/{other.id}", {"properties": {"email": "ada@example.com"}})
    assert moved.status == 400


def test_an_archived_contact_can_be_erased(http, add, portal):
    there = add()
    http("DELETE", f"{CONTACTS}/{there.id}")
    assert erase(http, there.id).status == 204
    assert len(portal.collection("contacts").records) == 0


def test_a_merged_contact_is_erased_with_all_that_it_was(http, add, portal):
    one, other = add(email="a@example.com"), add(email="b@example.com")
    body = {"primaryObjectId": str(one.id), "objectIdToMerge": str(other.id)}
    http.post(f"{CONTACTS}/merge", body)
    assert erase(http, other.id).status == 204
    assert len(portal.collection("contacts").records) == 0
    assert http.get(f"{CONTACTS}/{one.id}").status == 404
    assert http.post(CONTACTS, {"properties": {"email": "b@example.com"}}).status == 400


def test_an_unknown_id_is_a_404_and_other_types_are_not_erased(http, add):
    assert erase(http, 7).status == 404
    company = add("companies", name="x")
    assert erase(http, company.id, path="/crm/v3/objects/companies").status == 404


def test_the_company_of_an_erased_contact_has_one_contact_less(http, add):
    there, company = add(), add("companies", name="x")
    http("PUT", f"/crm/v4/objects/contacts/{there.id}/associations/default/companies/{company.id}")
    erase(http, there.id)
    assert company.values["num_associated_contacts"] == "0"
