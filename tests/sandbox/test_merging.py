import pytest
from hubspot.crm.contacts import PublicMergeInput
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadscore.sandbox import merging

CONTACTS = "/crm/v3/objects/contacts"
QUICK = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def merge(http, primary, other, path=CONTACTS):
    body = {"primaryObjectId": str(primary), "objectIdToMerge": str(other)}
    return http.post(f"{path}/merge", body)


def read(http, key, *names, path=CONTACTS):
    return http.get(f"{path}/{key}", properties=",".join(names)).json


def test_a_merge_makes_a_new_record_to_which_both_ids_lead(http, add, objects):
    one, other = add(email="a@example.com"), add(email="b@example.com")
    answer = merge(http, one.id, other.id, objects)
    assert answer.status == 200
    made = answer.json["id"]
    assert made not in {str(one.id), str(other.id)}
    for key in (one.id, other.id, made):
        found = read(http, key, "hs_merged_object_ids", path=objects)
        assert found["id"] == made
        assert found["properties"]["hs_merged_object_ids"] == f"{one.id};{other.id}"
    assert http.get(objects).ids == [made]


def test_the_official_client_merges(client, add):
    one, other = add(), add()
    wanted = PublicMergeInput(primary_object_id=str(one.id), object_id_to_merge=str(other.id))
    made = client.crm.contacts.basic_api.merge(wanted)
    assert client.crm.contacts.basic_api.get_by_id(str(other.id)).id == made.id


def test_the_primary_values_win_and_the_others_fill_the_gaps(http, add, clock):
    one = add(email="a@example.com", city="Paris")
    clock.time += 60
    other = add(email="b@example.com", city="Rome", jobtitle="CEO")
    made = merge(http, one.id, other.id).json["id"]
    found = read(http, made, "city", "jobtitle", "email", "hs_additional_emails")["properties"]
    assert (found["city"], found["jobtitle"]) == ("Paris", "CEO")
    assert (found["email"], found["hs_additional_emails"]) == ("a@example.com", "b@example.com")


def test_the_older_date_and_the_furthest_stage_stay(http, add, clock):
    old = add(lifecyclestage="customer")
    clock.time += 3600
    new = add(lifecyclestage="lead")
    found = read(http, merge(http, new.id, old.id).json["id"], "lifecyclestage", "createdate")
    assert found["properties"]["lifecyclestage"] == "customer"
    assert found["createdAt"] == "2027-01-15T08:00:00.000Z"


def test_an_additional_email_address_leads_to_the_record_and_cannot_be_taken(http, add):
    one, other = add(email="a@example.com"), add(email="b@example.com")
    made = merge(http, one.id, other.id).json["id"]
    assert http.get(f"{CONTACTS}/b@example.com", idProperty="email").json["id"] == made
    taken = http.post(CONTACTS, {"properties": {"email": "b@example.com"}})
    assert (taken.status, made in taken.json["message"]) == (409, True)


def test_the_history_of_both_is_kept_and_names_the_merge(http, add, clock):
    one = add(lifecyclestage="lead")
    clock.time += 60
    other = add(lifecyclestage="customer", city="Rome")
    clock.time += 60
    http("PATCH", f"{CONTACTS}/{one.id}", {"properties": {"city": "Paris"}})
    clock.time += 60
    http("PATCH", f"{CONTACTS}/{other.id}", {"properties": {"city": "Oslo"}})
    clock.time += 60
    made = merge(http, one.id, other.id).json["id"]
    answer = http.get(f"{CONTACTS}/{made}", propertiesWithHistory="city,lifecyclestage")
    entries = answer.json["propertiesWithHistory"]["city"]
    assert [entry["value"] for entry in entries] == ["Paris", "Oslo", "Paris", "Rome"]
    assert entries[0]["sourceType"] == "MERGE_OBJECTS"
    assert entries[0]["timestamp"] == "2027-01-15T08:04:00.000Z"


def test_a_merged_id_is_left_out_of_batches_without_an_error(http, add, portal):
    one, other = add(), add()
    made = merge(http, one.id, other.id).json["id"]
    portal.writes.clear()
    for path, more in (("read", {}), ("update", {"properties": {"city": "x"}})):
        inputs = [{"id": key} | more for key in (str(one.id), made)]
        answer = http.post(f"{CONTACTS}/batch/{path}", {"inputs": inputs})
        assert (answer.status, answer.ids) == (200, [made])
    assert {write.id for write in portal.writes} == {made}


def test_a_change_by_a_merged_id_reaches_what_came_of_it(http, add):
    one, other = add(), add()
    made = merge(http, one.id, other.id).json["id"]
    answer = http("PATCH", f"{CONTACTS}/{other.id}", {"properties": {"city": "Rome"}})
    assert (answer.status, answer.json["id"]) == (200, made)


@pytest.mark.parametrize(
    ("ids", "status"), [(("1001", "1001"), 400), (("1001", "7"), 404), (("x", "1001"), 404)]
)
def test_what_cannot_be_merged_is_refused(http, add, portal, ids, status):
    add()
    assert merge(http, *ids).status == status
    assert not portal.writes


def test_a_merge_needs_both_ids(http):
    answer = http.post(f"{CONTACTS}/merge", {"primaryObjectId": "1"})
    assert (answer.status, "objectIdToMerge" in answer.json["message"]) == (400, True)


def test_a_record_has_at_most_250_identities(http, add, monkeypatch):
    monkeypatch.setattr(merging, "MOST_IDENTITIES", 5)
    first, others = add().id, [add().id for _ in range(3)]
    made = merge(http, first, others[0]).json["id"]
    made = merge(http, made, others[1]).json["id"]
    answer = merge(http, made, others[2])
    assert answer.status == 414
    assert answer.json["message"] == "Cannot have more than 5 identities on a profile"


def test_associations_move_and_the_primary_company_is_the_primary_records(http, add):
    one, other = add(), add()
    first, second = add("companies", name="A"), add("companies", name="B")
    for contact, company in ((one, first), (other, second)):
        path = f"{CONTACTS}/{contact.id}/associations/default/companies/{company.id}"
        http("PUT", path.replace("v3", "v4"))
    made = merge(http, one.id, other.id).json["id"]
    answer = http.get(
        f"{CONTACTS}/{made}", associations="companies", properties="associatedcompanyid"
    )
    linked = answer.json["associations"]["companies"]["results"]
    assert {entry["id"] for entry in linked} == {str(first.id), str(second.id)}
    assert answer.json["properties"]["associatedcompanyid"] == str(first.id)
    company = read(http, second.id, "num_associated_contacts", path="/crm/v3/objects/companies")
    assert company["properties"]["num_associated_contacts"] == "1"


def test_counts_are_those_of_both(http, add):
    one, other = add(), add()
    for contact in (one, other):
        deal = add("deals", dealname="x", dealstage="contractsent")
        path = f"{CONTACTS}/{contact.id}/associations/default/deals/{deal.id}"
        http("PUT", path.replace("v3", "v4"))
    made = merge(http, one.id, other.id).json["id"]
    assert read(http, made, "num_associated_deals")["properties"]["num_associated_deals"] == "2"


def test_nothing_is_kept_under_the_former_ids(http, add, portal):
    one, other = add(city="Paris"), add(city="Rome")
    merge(http, one.id, other.id)
    collection = portal.collection("contacts")
    assert not collection.history.of(one.id, "city")
    assert not collection.history.of(other.id, "city")
    assert len(collection.records) == 1


def test_companies_and_deals_merge_too(http, add):
    one, other = add("companies", domain="a.example"), add("companies", domain="b.example")
    path = "/crm/v3/objects/companies"
    made = merge(http, one.id, other.id, path).json["id"]
    found = read(http, made, "domain", "hs_additional_domains", path=path)["properties"]
    assert (found["domain"], found["hs_additional_domains"]) == ("a.example", "b.example")
    deals = [add("deals", dealname="x", dealstage="contractsent").id for _ in range(2)]
    assert merge(http, *deals, path="/crm/v3/objects/deals").status == 200


def test_what_a_merge_changes_is_on_record(http, add, portal):
    one, other = add(city="Paris"), add(jobtitle="CEO")
    made = merge(http, one.id, other.id).json["id"]
    written = {(write.id, write.property, write.new) for write in portal.writes}
    assert (made, "jobtitle", "CEO") in written
    assert (made, "hs_merged_object_ids", f"{one.id};{other.id}") in written
    assert not {write for write in written if write[1] == "city"}


@QUICK
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8))
def test_however_records_are_merged_every_id_leads_to_one_that_is_there(http, portal, add, pairs):
    portal.__post_init__()
    ids = [add(email=f"{number}@example.com").id for number in range(6)]
    at = {number: str(key) for number, key in enumerate(ids)}
    for left, right in pairs:
        answer = merge(http, at[left], at[right])
        assert answer.status == (400 if at[left] == at[right] else 200)
        if answer.status == 200:
            gone = {at[left], at[right]}
            at = {n: answer.json["id"] if key in gone else key for n, key in at.items()}
    assert sorted(http.get(CONTACTS).ids) == sorted(set(at.values()))
    for number, key in enumerate(ids):
        assert read(http, key)["id"] == at[number]
        found = http.get(f"{CONTACTS}/{number}@example.com", idProperty="email")
        assert found.json["id"] == at[number]
