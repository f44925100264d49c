import json

import pytest
from hubspot.crm.contacts import Filter, FilterGroup, PublicObjectSearchRequest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadscore.sandbox.portal import Portal
from leadscore.sandbox.records import Record
from leadscore.sandbox.replies import Refusal
from leadscore.sandbox.search import find as found_by

SEARCH = "/crm/v3/objects/contacts/search"
COMPARED = {
    "LT": lambda value, wanted: value < wanted,
    "LTE": lambda value, wanted: value <= wanted,
    "GT": lambda value, wanted: value > wanted,
    "GTE": lambda value, wanted: value >= wanted,
    "EQ": lambda value, wanted: value == wanted,
    "NEQ": lambda value, wanted: value != wanted,
}


def one(name, operator, value=None, **more):
    return {"propertyName": name, "operator": operator} | more | ({"value": value} if value else {})


def body(*filters, **more):
    return {"filterGroups": [{"filters": list(filters)}]} | more


@pytest.fixture
def find(http):
    def search(*filters, **more):
        answer = http.post(SEARCH, body(*filters, **more))
        assert answer.status == 200, answer.text
        return answer.ids

    return search


# --------------------------------------------------------------------------- against a model

NUMBERS = st.one_of(st.none(), st.integers(-3, 12).map(str))
MODEL = settings(max_examples=200, deadline=None)


def searched(values, given):
    """Search a portal of numbers in this process, and say which places were found."""
    portal = Portal()
    contacts = portal.collection("contacts")
    for place, value in enumerate(values):
        known = {"createdate": portal.now, "hs_object_id": str(place)}
        contacts.records.add(
            Record(place, known | ({"associatedcompanyid": value} if value else {}))
        )
    return [record.id for record in found_by(portal, contacts, given).first]


@MODEL
@given(st.lists(NUMBERS, max_size=12), st.sampled_from(sorted(COMPARED)), st.integers(-3, 12))
def test_numbers_are_compared_as_numbers_and_no_value_matches_nothing(values, operator, wanted):
    found = searched(values, body(one("associatedcompanyid", operator, str(wanted))))
    compare = COMPARED[operator]
    assert found == [
        place for place, value in enumerate(values) if value and compare(int(value), wanted)
    ]


@MODEL
@given(
    st.lists(NUMBERS, max_size=12),
    st.lists(
        st.lists(st.tuples(st.sampled_from(sorted(COMPARED)), st.integers(-3, 12)), max_size=3),
        max_size=4,
    ),
)
def test_filters_are_joined_by_and_and_groups_by_or(values, groups):
    given = {
        "filterGroups": [
            {"filters": [one("associatedcompanyid", op, str(n)) for op, n in group]}
            for group in groups
        ]
    }

    def matches(value):
        return not groups or any(
            all(value and COMPARED[op](int(value), n) for op, n in group) for group in groups
        )

    assert searched(values, given) == [p for p, value in enumerate(values) if matches(value)]


@MODEL
@given(st.lists(NUMBERS, max_size=12), st.booleans())
def test_a_sort_is_stable_and_puts_records_without_a_value_last(values, descending):
    direction = "DESCENDING" if descending else "ASCENDING"
    sort = {"propertyName": "associatedcompanyid", "direction": direction}
    sign = -1 if descending else 1
    expected = sorted(
        range(len(values)), key=lambda p: (values[p] is None, sign * int(values[p] or 0), p)
    )
    assert searched(values, {"sorts": [sort]}) == expected


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(count=st.integers(0, 12), limit=st.integers(1, 5))
def test_pages_hold_every_match_once_and_the_total_is_that_of_all(http, portal, count, limit):
    portal.__post_init__()
    for number in range(count):
        http.post("/crm/v3/objects/contacts", {"properties": {"lastname": str(number)}})
    seen, after = [], "0"
    while after:
        page = http.post(SEARCH, {"limit": limit, "after": after}).json
        assert page["total"] == count
        seen += [found["id"] for found in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after")
    assert seen == [str(record.id) for record in portal.collection("contacts").records]


# --------------------------------------------------------------------------- operators


def test_the_official_client_searches(client, add):
    there = add(city="London", email="ada@example.com")
    add(city="Paris")
    wanted = PublicObjectSearchRequest(
        filter_groups=[
            FilterGroup(filters=[Filter(property_name="city", operator="EQ", value="london")])
        ],
        properties=["city", "jobtitle"],
        limit=200,
    )
    found = client.crm.contacts.search_api.do_search(wanted)
    assert (found.total, found.results[0].id) == (1, str(there.id))
    assert found.results[0].properties["city"] == "London"
    assert found.results[0].properties["jobtitle"] is None


def test_text_is_compared_without_regard_to_case_and_enumerations_exactly(find, add):
    there = str(add(city="London", lifecyclestage="lead").id)
    assert find(one("city", "EQ", "LONDON")) == [there]
    assert find(one("lifecyclestage", "EQ", "lead")) == [there]
    assert find(one("lifecyclestage", "EQ", "Lead")) == []


def test_listed_values_of_text_must_be_in_lower_case(find, add):
    there = str(add(city="London", lifecyclestage="lead").id)
    assert find(one("city", "IN", values=["london", "paris"])) == [there]
    assert find(one("city", "IN", values=["London"])) == []
    assert find(one("city", "NOT_IN", values=["paris"])) == [there]
    assert find(one("city", "NOT_IN", values=["london"])) == []
    assert find(one("lifecyclestage", "IN", values=["lead"])) == [there]


def test_a_record_has_a_property_or_has_not(find, add):
    known, unknown = str(add(city="x").id), str(add().id)
    assert find(one("city", "HAS_PROPERTY")) == [known]
    assert find(one("city", "NOT_HAS_PROPERTY")) == [unknown]
    assert find(one("city", "NEQ", "y")) == [known]


def test_both_ends_of_between_are_inside(find, add, define):
    define("n")
    ids = [str(add(n=value).id) for value in ("9", "10", "20", "21")]
    assert find(one("n", "BETWEEN", "10", highValue="20")) == ids[1:3]


@pytest.mark.parametrize(
    "value", ["1800000000000", "2027-01-15T08:00:00Z", "2027-01-15T09:00:00+01:00"]
)
def test_times_are_compared_as_times_in_milliseconds_or_iso_8601(find, add, clock, value):
    add()
    clock.time += 1
    later = str(add().id)
    assert find(one("lastmodifieddate", "GT", value)) == [later]
    assert len(find(one("lastmodifieddate", "GTE", value))) == 2


@pytest.mark.parametrize(
    ("token", "found"),
    [
        ("ada", True),
        ("ADA", True),
        ("lovelace", True),
        ("ada lovelace", True),
        ("love", False),
        ("love*", True),
        ("*lace", True),
        ("l*e", True),
        ("ada byron", False),
    ],
)
def test_tokens_are_whole_words_unless_a_star_stands_for_more(find, add, token, found):
    there = str(add(jobtitle="Ada, Countess of Lovelace").id)
    assert find(one("jobtitle", "CONTAINS_TOKEN", token)) == ([there] if found else [])
    assert find(one("jobtitle", "NOT_CONTAINS_TOKEN", token)) == ([] if found else [there])


@pytest.mark.parametrize(
    ("query", "found"), [("lovel", True), ("ada@exa", True), ("love ada", False), ("byron", False)]
)
def test_a_query_looks_for_beginnings_of_words_in_the_main_properties(http, add, query, found):
    add(lastname="Lovelace", email="ada@example.com", jobtitle="Byron")
    assert http.post(SEARCH, {"query": query}).json["total"] == int(found)


# --------------------------------------------------------------------------- order and pages


def test_the_oldest_comes_first_without_a_sort(find, add, clock):
    ids = []
    for _ in range(3):
        ids.append(str(add().id))
        clock.time -= 60
    assert find() == ids[::-1]


@pytest.mark.parametrize(
    "sort",
    [
        {"propertyName": "hs_object_id", "direction": "DESCENDING"},
        json.dumps({"propertyName": "hs_object_id", "direction": "DESCENDING"}),
        "-hs_object_id",
    ],
)
def test_a_sort_may_be_an_object_its_json_or_a_name(find, add, sort):
    ids = [str(add().id) for _ in range(11)]
    assert find(sorts=[sort], limit=11) == ids[::-1]


def test_archived_records_are_never_found(http, find, add):
    there = add()
    http("DELETE", f"/crm/v3/objects/contacts/{there.id}")
    assert find() == []


@pytest.fixture
def many(portal):
    contacts = portal.collection("contacts")
    for number in range(10_050):
        known = {"createdate": portal.now, "lastmodifieddate": portal.now}
        contacts.records.add(Record(number + 1, known | {"hs_object_id": str(number + 1)}))


def test_results_beyond_ten_thousand_are_refused_and_the_total_tells_the_truth(http, many):
    last = http.post(SEARCH, {"limit": 200, "after": "9800"})
    assert (last.status, len(last.ids), last.json["total"]) == (200, 200, 10_050)
    assert last.json["paging"]["next"]["after"] == "10000"
    for after, limit in [("10000", 200), ("9900", 200), ("9999", 2)]:
        assert http.post(SEARCH, {"limit": limit, "after": after}).status == 400


def test_the_cap_is_passed_by_searching_on_from_the_last_id(http, many):
    sort = {"propertyName": "hs_object_id", "direction": "ASCENDING"}
    given = body(one("hs_object_id", "GT", "10000"), sorts=[sort], limit=200)
    assert http.post(SEARCH, given).json["total"] == 50


# --------------------------------------------------------------------------- refusals

GROUP = {"filters": [one("city", "EQ", "x")]}


def groups(*sizes):
    return {"filterGroups": [{"filters": [one("city", "EQ", "x")] * size} for size in sizes]}


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (groups(1, 1, 1, 1, 1), 200),
        (groups(1, 1, 1, 1, 1, 1), 400),
        (groups(6, 6, 6), 200),
        (groups(7), 400),
        (groups(6, 6, 6, 1), 400),
        ({"limit": 200}, 200),
        ({"limit": 201}, 400),
        ({"limit": 0}, 400),
        ({"limit": "many"}, 400),
        ({"after": "x"}, 400),
        ({"after": "-1"}, 400),
        ({"sorts": [{"propertyName": "city"}]}, 200),
        ({"sorts": [{"propertyName": "city"}, {"propertyName": "zip"}]}, 400),
        ({"sorts": [{"propertyName": "nope"}]}, 400),
        ({"sorts": [{"propertyName": "city", "direction": "UP"}]}, 400),
        ({"sorts": ["{bad"]}, 400),
        (body(one("nope", "EQ", "x")), 400),
        (body(one("city", "LIKE", "x")), 400),
        (body(one("city", "eq", "x")), 400),
        (body(one("city", "EQ")), 400),
        (body(one("city", "IN", "x")), 400),
        (body(one("city", "IN", values=[])), 400),
        (body(one("city", "CONTAINS_TOKEN", "...")), 400),
        (body(one("hs_object_id", "GT", "many")), 400),
        (body(one("hs_object_id", "BETWEEN", "1")), 400),
        (body(one("createdate", "GT", "yesterday")), 400),
        ({"filterGroups": GROUP}, 400),
        ({"filters": [one("city", "EQ", "x")]}, 200),
        ({"properties": ["city"] * 300}, 200),
        ({"properties": ["city"] * 400}, 400),
        ({"query": "x" * 2900}, 200),
        ({"query": "x" * 3000}, 400),
    ],
    ids=str,
)
def test_a_search_keeps_to_hubspots_bounds(http, given, status):
    answer = http.post(SEARCH, given)
    assert answer.status == status, answer.text
    assert status == 200 or answer.json["category"] == "VALIDATION_ERROR"


def test_a_refused_search_is_a_refusal_not_an_empty_result():
    with pytest.raises(Refusal):
        searched(["1"], body(one("associatedcompanyid", "EQ", "one")))


@pytest.mark.parametrize("kind", ["tasks", "notes", "calls", "meetings", "emails"])
def test_activities_are_searched_like_contacts(http, kind, clock):
    path, made = f"/crm/v3/objects/{kind}", []
    for number in range(3):
        at = str(1_800_000_000_000 + number * 1000)
        answer = http.post(path, {"properties": {"hs_timestamp": at}})
        assert answer.status == 201, answer.text
        made.append(answer.json["id"])
        clock.time += 1
    assert http.post(f"{path}/search", {}).ids == made
    later = one("hs_timestamp", "GT", "1800000000000")
    assert http.post(f"{path}/search", body(later)).ids == made[1:]
    newest = [{"propertyName": "hs_lastmodifieddate", "direction": "DESCENDING"}]
    assert http.post(f"{path}/search", {"sorts": newest}).ids == made[::-1]


def test_every_version_searches(http, objects, add):
    there = str(add(city="London").id)
    assert http.post(f"{objects}/search", body(one("city", "EQ", "london"))).ids == [there]


@pytest.mark.parametrize("given", [{"properties": "city"}, {"query": 1}, {"sorts": "city"}])
def test_a_search_takes_lists_and_text_where_they_belong(http, given):
    assert http.post(SEARCH, given).status == 400
