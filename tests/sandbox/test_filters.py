import math

import pytest

from leadscore.sandbox.filters import groups, holds, patterns
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.records import Record

SEARCH = "/crm/v3/objects/contacts/search"


def one(name, operator, value=None, **more):
    return {"propertyName": name, "operator": operator, "value": value} | more


def read(*filters):
    portal = Portal()
    return groups(portal, portal.collection("contacts"), {"filters": list(filters)})[0]


@pytest.mark.parametrize(
    ("operator", "value", "bounds"),
    [
        ("GT", "5", (6, math.inf)),
        ("GT", "5.5", (6, math.inf)),
        ("GTE", "5", (5, math.inf)),
        ("GTE", "4.5", (5, math.inf)),
        ("LT", "5", (-math.inf, 4)),
        ("LT", "5.5", (-math.inf, 5)),
        ("LTE", "5.5", (-math.inf, 5)),
        ("EQ", "5", (5, 5)),
    ],
)
def test_a_filter_on_ids_is_a_range_that_needs_no_test(operator, value, bounds):
    found = read(one("hs_object_id", operator, value))
    assert (found.low, found.high, found.tests) == (*bounds, ())


def test_no_record_has_an_id_that_is_no_whole_number():
    assert not read(one("hs_object_id", "EQ", "5.5")).meets(Record(5, {}))


def test_filters_on_ids_narrow_each_other():
    found = read(one("hs_object_id", "GT", "5"), one("hs_object_id", "BETWEEN", "1", highValue="9"))
    assert (found.low, found.high) == (6, 9)


@pytest.mark.parametrize(("text", "found"), [("ada", True), ("ad*", True), ("ad", False)])
def test_a_pattern_fits_a_whole_word(text, found):
    assert holds("Ada Lovelace", patterns(text)) is found


@pytest.fixture
def search(http):
    return lambda *filters: http.post(SEARCH, {"filterGroups": [{"filters": list(filters)}]})


@pytest.mark.parametrize("value", ["nan", "inf", "1_000", "1e3", " 1", ""])
@pytest.mark.parametrize("name", ["hs_object_id", "associatedcompanyid"])
def test_a_filter_on_a_number_takes_plain_decimals_only(search, name, value):
    assert search(one(name, "GT", value)).status == 400


@pytest.mark.parametrize("operator", ["HAS_PROPERTY", "NOT_HAS_PROPERTY"])
def test_a_filter_on_presence_takes_no_value(search, operator):
    assert search(one("city", operator)).status == 200
    assert search(one("city", operator, "x")).status == 400


def test_a_multiple_checkbox_is_compared_choice_by_choice(search, add):
    there = str(add(hs_buying_role="CHAMPION;END_USER").id)
    for operator, more in [("EQ", {}), ("IN", {"values": ["END_USER"], "value": None})]:
        assert search(one("hs_buying_role", operator, "END_USER") | more).ids == [there]
    assert search(one("hs_buying_role", "EQ", "CHAMPION;END_USER")).ids == []
    assert search(one("hs_buying_role", "NEQ", "CHAMPION")).ids == []
    assert search(one("hs_buying_role", "NEQ", "LEGAL")).ids == [there]


@pytest.mark.parametrize(
    "value", ["2027-01-15", "1799971200000", "2027-01-15T00:00:00Z", "2027-01-15T01:00:00+01:00"]
)
def test_a_date_is_compared_by_day_in_any_form(search, add, define, value):
    define("renewal", kind="date", field="date")
    there = str(add(renewal="2027-01-15").id)
    assert search(one("renewal", "EQ", value)).ids == [there]


@pytest.mark.parametrize(("value", "found"), [("9" * 17, True), ("-" + "9" * 17, False)])
def test_a_time_out_of_all_bounds_is_later_or_earlier_than_any(search, add, value, found):
    there = str(add().id)
    assert search(one("createdate", "LT", value)).ids == ([there] if found else [])


@pytest.mark.parametrize("kept", ["1800000000000", "2027-01-15T09:00:00+01:00"])
def test_a_time_that_is_kept_in_another_form_is_the_same_time(search, add, kept):
    there = str(add(closedate=kept).id)
    assert search(one("closedate", "EQ", "2027-01-15T08:00:00Z")).ids == [there]


def test_a_search_through_associations_needs_a_known_type_and_an_id(search):
    assert search(one("associations.company", "EQ", "x")).status == 400
    assert search(one("associations.nothing", "EQ", "1")).status == 400
    assert search(one("associations.company", "GT", "1")).status == 400


def test_records_are_found_by_what_they_are_associated_with(search, add, portal):
    near, far, firm = add(), add(), add("companies", name="Analytical Engines")
    portal.associations.put("contacts", near.id, "companies", firm.id, [279])
    wanted, other = [str(near.id)], [str(far.id)]
    assert search(one("associations.company", "EQ", str(firm.id))).ids == wanted
    assert search(one("associations.0-2", "IN", values=[str(firm.id)])).ids == wanted
    assert search(one("associations.company", "NEQ", str(firm.id))).ids == other
    assert search(one("associations.company", "HAS_PROPERTY")).ids == wanted
    assert search(one("associations.company", "NOT_HAS_PROPERTY")).ids == other
    portal.associations.drop("contacts", near.id, "companies", firm.id)
    assert search(one("associations.company", "HAS_PROPERTY")).ids == []
    assert search(one("associations.company", "NOT_HAS_PROPERTY")).ids == wanted + other


def test_custom_objects_are_not_searched_through_associations(http, search):
    plate = {"name": "plate", "label": "Plate", "type": "string", "fieldType": "text"}
    schema = {
        "name": "cars",
        "labels": {"singular": "Car", "plural": "Cars"},
        "primaryDisplayProperty": "plate",
        "requiredProperties": ["plate"],
        "searchableProperties": ["plate"],
        "properties": [plate],
        "associatedObjects": ["CONTACT"],
    }
    cars = http.post("/crm-object-schemas/v3/schemas", schema).json["objectTypeId"]
    path = f"/crm/v3/objects/{cars}"
    made = [http.post(path, {"properties": {"plate": one}}).json["id"] for one in ("AB 1", "CD 2")]
    assert http.post(f"{path}/search", {}).ids == made
    assert http.post(f"{path}/search", {"filters": [one("plate", "EQ", "cd 2")]}).ids == made[1:]
    assert http.post(f"{path}/search", {"query": "ab"}).ids == made[:1]
    assert search(one(f"associations.{cars}", "EQ", made[0])).status == 400
    linked = {"filters": [one("associations.contact", "EQ", "1")]}
    assert http.post(f"{path}/search", linked).status == 400
