import pytest

from leadscore.sandbox.index import MOST_KEPT, Index
from leadscore.sandbox.records import Record

SEARCH = "/crm/v3/objects/contacts/search"


def test_the_past_is_what_was_there_before_the_first_change_since():
    index, ada = Index(), Record(1, {"city": "London"})
    for at, city in [(1000, "Paris"), (2000, "Rome")]:
        index.note(ada, at=at, keep=5000)
        ada.values["city"] = city
    assert index.past(500)[1].values == {"city": "London"}
    assert index.past(1000)[1].values == {"city": "Paris"}
    assert index.past(2000) == {}


def test_a_new_record_was_not_there():
    index = Index()
    index.note(Record(1, {}), at=1000, keep=5000, new=True)
    assert index.past(999) == {1: None}


def test_what_is_too_old_to_matter_is_forgotten():
    index = Index()
    for number in range(3000):
        index.note(Record(number, {}), at=number * 1000, keep=10_000)
    assert len(index.changed) < 1500
    assert len(index.past(2_990_000)) == 9


def test_only_the_last_few_results_are_kept():
    index = Index()
    for number in range(MOST_KEPT + 1):
        index.keep(number, [number])
    assert index.kept(0) is None
    assert index.kept(MOST_KEPT) == [MOST_KEPT]


@pytest.fixture
def ids(http):
    def search(**body):
        return http.post(SEARCH, body).ids

    return search


def equals(name, value):
    return [{"filters": [{"propertyName": name, "operator": "EQ", "value": value}]}]


def test_a_search_sees_new_records_after_the_lag(portal, http, ids, clock):
    portal.index_lag = 10.0
    made = http.post("/crm/v3/objects/contacts", {"properties": {"lastname": "Lovelace"}}).json
    assert ids() == []
    clock.time += 9
    assert ids() == []
    clock.time += 1
    assert ids() == [made["id"]]


def test_a_search_sees_a_change_after_the_lag_in_filters_and_in_results(
    portal, add, http, ids, clock
):
    there = str(add(city="London").id)
    clock.time += 60
    portal.index_lag = 10.0
    change = {"properties": {"city": "Paris"}}
    assert http("PATCH", f"/crm/v3/objects/contacts/{there}", change).status == 200
    assert ids(filterGroups=equals("city", "paris")) == []
    old = http.post(SEARCH, {"properties": ["city"]}).json["results"][0]
    assert old["properties"]["city"] == "London"
    assert old["updatedAt"] < portal.now
    clock.time += 10
    assert ids(filterGroups=equals("city", "london")) == []
    assert ids(filterGroups=equals("city", "paris")) == [there]


def test_a_search_finds_an_archived_record_until_the_lag_is_over(portal, add, http, ids, clock):
    there = str(add().id)
    clock.time += 60
    portal.index_lag = 10.0
    http("DELETE", f"/crm/v3/objects/contacts/{there}")
    assert ids() == [there]
    clock.time += 10
    assert ids() == []


def test_without_a_lag_a_search_sees_every_write_at_once(http, add, ids):
    there = str(add(city="London").id)
    wanted = equals("city", "paris")
    assert ids(filterGroups=wanted) == []
    http("PATCH", f"/crm/v3/objects/contacts/{there}", {"properties": {"city": "Paris"}})
    assert ids(filterGroups=wanted) == [there]
    http("DELETE", f"/crm/v3/objects/contacts/{there}")
    assert ids(filterGroups=wanted) == []
