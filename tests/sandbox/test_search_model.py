"""Search against a plain reading of HubSpot's documentation: small portals, any question."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadscore.sandbox.portal import Portal
from leadscore.sandbox.records import Record
from leadscore.sandbox.search import find

SEARCH = "/crm/v3/objects/contacts/search"
START = 1_800_000_000
NUMBER, TEXT, CHOICE, TIME, DAY = (
    "associatedcompanyid",
    "city",
    "lifecyclestage",
    "closedate",
    "renewal",
)
CHOICES = ["lead", "customer", "subscriber"]
WORDS = ["London", "new york", "NEW", "Köln am Rhein", "york"]
COMPARED = ["LT", "LTE", "GT", "GTE", "EQ", "NEQ"]


def iso(second):
    text = datetime.fromtimestamp(START + second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return text + ".000Z"


def day(number):
    return f"2027-02-{number:02}"


# --------------------------------------------------------------------------- the model


def meant(name, text):
    """What a value stands for."""
    if name in {NUMBER, "hs_object_id"}:
        return float(text)
    if name in {TIME, "createdate"}:
        if text.isdigit():
            return int(text)
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    if name == DAY:
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC).strftime("%Y-%m-%d")
        return text[:10]
    return text if name == CHOICE else text.lower()


def words(text):
    return re.findall(r"[a-z0-9äöüß]+", text.lower())


def fits(word, pattern):
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), word) is not None


def matches(one, values):
    name, operator = one["propertyName"], one["operator"]
    value = values.get(name)
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return (value is not None) == (operator == "HAS_PROPERTY")
    if value is None:
        return False
    if "TOKEN" in operator:
        asked = one["value"].lower().split()
        found = all(any(fits(word, pattern) for word in words(value)) for pattern in asked)
        return found == (operator == "CONTAINS_TOKEN")
    own = meant(name, value)
    if operator in {"IN", "NOT_IN"}:
        listed = one["values"]
        wanted = listed if name == TEXT else [meant(name, text) for text in listed]
        return (own in wanted) == (operator == "IN")
    wanted = meant(name, one["value"])
    if operator == "BETWEEN":
        return wanted <= own <= meant(name, one["highValue"])
    answers = {
        "LT": own < wanted,
        "LTE": own <= wanted,
        "GT": own > wanted,
        "GTE": own >= wanted,
        "EQ": own == wanted,
        "NEQ": own != wanted,
    }
    return answers[operator]


def model(records, body):
    """Return the ids that a search finds, in order."""
    groups = [group["filters"] for group in body.get("filterGroups", [])]
    found = [
        (number, values)
        for number, values in sorted(records.items())
        if not groups or any(all(matches(one, values) for one in group) for group in groups)
    ]
    [sort] = body.get("sorts") or [{"propertyName": "createdate", "direction": "ASCENDING"}]
    name, back = sort["propertyName"], sort["direction"] == "DESCENDING"
    have = [one for one in found if name in one[1]]
    ordered = sorted(have, key=lambda one: meant(name, one[1][name]), reverse=back)
    return [number for number, _ in ordered + [one for one in found if name not in one[1]]]


# --------------------------------------------------------------------------- any portal, any body

VALUES = st.fixed_dictionaries(
    {"createdate": st.integers(0, 5).map(iso)},
    optional={
        NUMBER: st.sampled_from(["-1", "0", "2", "2.0", "10", "3.5"]),
        TEXT: st.sampled_from(WORDS),
        CHOICE: st.sampled_from(CHOICES),
        TIME: st.integers(0, 5).map(iso),
        DAY: st.integers(1, 5).map(day),
    },
)
PORTALS = st.dictionaries(st.integers(1, 40), VALUES, max_size=12)


def moments():
    seconds = st.integers(-1, 6)
    return st.one_of(seconds.map(iso), seconds.map(lambda n: str((START + n) * 1000)))


ASKED = {
    NUMBER: st.sampled_from(["-1", "0", "2", "10", "2.5"]),
    "hs_object_id": st.integers(-1, 42).map(str) | st.sampled_from(["7.5", "20.0"]),
    TEXT: st.sampled_from([*WORDS, *(word.lower() for word in WORDS)]),
    CHOICE: st.sampled_from([*CHOICES, "Lead"]),
    TIME: moments(),
    "createdate": moments(),
    DAY: st.integers(1, 5).map(lambda n: f"{day(n)}T00:00:00Z") | st.integers(1, 5).map(day),
}
TOKENS = st.sampled_from(["new", "NEW", "york", "lon*", "*ork", "new york", "k*n", "rhein x"])


@st.composite
def filters(draw):
    name = draw(st.sampled_from(sorted(ASKED)))
    text = [*(["CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"] if name == TEXT else [])]
    others = ["BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"]
    operator = draw(st.sampled_from([*COMPARED, *others, *text]))
    one = {"propertyName": name, "operator": operator}
    if operator.endswith("IN"):
        return one | {"values": draw(st.lists(ASKED[name], min_size=1, max_size=3))}
    if "TOKEN" in operator:
        return one | {"value": draw(TOKENS)}
    if operator == "BETWEEN":
        return one | {"value": draw(ASKED[name]), "highValue": draw(ASKED[name])}
    return one if "HAS" in operator else one | {"value": draw(ASKED[name])}


SORTS = st.builds(
    lambda name, direction: {"propertyName": name, "direction": direction},
    st.sampled_from(sorted(ASKED)),
    st.sampled_from(["ASCENDING", "DESCENDING"]),
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "filterGroups": st.lists(
            st.fixed_dictionaries({"filters": st.lists(filters(), min_size=1, max_size=3)}),
            max_size=3,
        ),
        "sorts": st.lists(SORTS, max_size=1),
    },
)


def filled(portal, records):
    contacts = portal.collection("contacts")
    shape = {"label": DAY, "type": "date", "fieldType": "date", "groupName": "contactinformation"}
    contacts.definitions.create(shape | {"name": DAY}, at=portal.now)
    for number, values in records.items():
        own = {"hs_object_id": str(number), "lastmodifieddate": values["createdate"]}
        contacts.records.add(Record(number, own | values))
    return contacts


@settings(max_examples=400, deadline=None)
@given(records=PORTALS, body=BODIES)
def test_a_search_finds_what_the_documentation_says_in_its_order(records, body):
    portal = Portal(clock=lambda: START)
    contacts = filled(portal, records)
    known = {number: values | {"hs_object_id": str(number)} for number, values in records.items()}
    expected = model(known, body)
    for _ in range(2):
        found = find(portal, contacts, body)
        assert ([one.id for one in found.first], found.total) == (expected, len(expected))


@settings(max_examples=200, deadline=None)
@given(records=PORTALS, body=BODIES, data=st.data())
def test_a_search_after_a_write_is_a_search_anew(records, body, data):
    portal = Portal(clock=lambda: START)
    contacts = filled(portal, records)
    known = {number: values | {"hs_object_id": str(number)} for number, values in records.items()}
    find(portal, contacts, body)
    for number in data.draw(st.lists(st.sampled_from(sorted(known) or [0]), max_size=3)):
        record = contacts.records.get(number)
        if record is None:
            continue
        if data.draw(st.booleans()):
            contacts.records.archive(record, at="now")
            del known[number]
        else:
            contacts.records.set(record, TEXT, "York")
            known[number] = known[number] | {TEXT: "York"}
        assert [one.id for one in find(portal, contacts, body).first] == model(known, body)


@settings(max_examples=100, deadline=None)
@given(records=PORTALS, body=BODIES, data=st.data())
def test_with_a_lag_a_search_finds_what_it_would_have_found_then(records, body, data):
    now = [float(START)]
    portal = Portal(clock=lambda: now[0], index_lag=10.0)
    contacts = filled(portal, records)
    now[0] += 100
    known = {number: values | {"hs_object_id": str(number)} for number, values in records.items()}
    then = [(now[0], model(known, body))]
    for number in data.draw(st.lists(st.sampled_from(sorted(known) or [0]), max_size=5)):
        now[0] += data.draw(st.integers(1, 8))
        record = contacts.records.get(number)
        if record is not None:
            contacts.records.set(record, TEXT, data.draw(st.sampled_from(WORDS)))
            known[number] = known[number] | {TEXT: record.values[TEXT]}
            then.append((now[0], model(known, body)))
        seen = [ids for at, ids in then if at <= now[0] - 10.0] or [then[0][1]]
        assert [one.id for one in find(portal, contacts, body).first] == seen[-1]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(records=PORTALS, body=BODIES, limit=st.integers(1, 5))
def test_pages_of_any_search_hold_every_match_once_and_in_order(http, portal, records, body, limit):
    portal.__post_init__()
    filled(portal, records)
    known = {number: values | {"hs_object_id": str(number)} for number, values in records.items()}
    seen, after, rounds = [], "0", 0
    while after is not None:
        answer = http.post(SEARCH, body | {"limit": limit, "after": after})
        assert answer.status == 200, answer.text
        seen += [int(number) for number in answer.ids]
        after = answer.json.get("paging", {}).get("next", {}).get("after")
        rounds += 1
    assert seen == model(known, body)
    assert rounds == max(1, math.ceil(len(seen) / limit))
