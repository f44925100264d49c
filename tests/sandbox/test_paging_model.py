"""Pages of lists and searches, and batches, against dictionaries: whatever happens in between."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadscore.sandbox import edits

CONTACTS = "/crm/v3/objects/contacts"
ROUNDS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# What happens after each page: records come, and some go; each by a place in those there are.
BETWEEN = st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(0, 30), max_size=2)))


def emptied(portal, count):
    portal.__post_init__()
    return [made(portal, number) for number in range(count)]


def made(portal, number):
    return edits.create(portal, portal.collection("contacts"), {"lastname": f"L{number}"}).id


class Life:
    """A portal in which records come and go, and what a reader of all pages must have seen."""

    def __init__(self, portal, count):
        self.portal = portal
        self.there = set(emptied(portal, count))
        self.always, self.ever = set(self.there), set(self.there)

    def go_on(self, comes, goes):
        """Let records come and go."""
        contacts = self.portal.collection("contacts")
        for place in goes:
            ids = sorted(self.there)
            if ids:
                gone = ids[place % len(ids)]
                edits.archive(self.portal, contacts, contacts.records.get(gone))
                self.there.discard(gone)
        for number in range(comes):
            self.there.add(made(self.portal, number))
        self.always &= self.there
        self.ever |= self.there


def pages(read, life, between):
    """Read all pages, with what happens between them, and return the ids in order."""
    seen, after, steps = [], None, iter(between)
    while True:
        answer = read(after)
        assert answer.status == 200, answer.text
        seen += [int(one) for one in answer.ids]
        after = answer.json.get("paging", {}).get("next", {}).get("after")
        if after is None:
            return seen
        life.go_on(*next(steps, (0, [])))


@ROUNDS
@given(
    count=st.integers(0, 15),
    limit=st.integers(1, 6),
    between=BETWEEN,
    order=st.sampled_from(["id", "shuffled"]),
)
def test_a_list_shows_once_what_is_there_all_the_time_and_nothing_twice(
    http, portal, count, limit, between, order
):
    life = Life(portal, count)
    portal.list_order = order

    def read(after):
        return http.get(CONTACTS, limit=limit, **({"after": after} if after else {}))

    seen = pages(read, life, between)
    assert len(seen) == len(set(seen))
    assert life.always <= set(seen) <= life.ever
    if order == "id":
        assert seen == sorted(seen)


@ROUNDS
@given(count=st.integers(0, 15), limit=st.integers(1, 6), gone=st.sets(st.integers(0, 14)))
def test_archived_records_have_pages_of_their_own(http, portal, count, limit, gone):
    life = Life(portal, count)
    life.go_on(0, [])
    ids, contacts = sorted(life.there), portal.collection("contacts")
    archived = [ids[place] for place in sorted(gone) if place < count]
    for number in archived:
        edits.archive(portal, contacts, contacts.records.get(number))

    def read(after, flag):
        query = {"limit": limit, "archived": flag} | ({"after": after} if after else {})
        return http.get(CONTACTS, **query)

    assert pages(lambda after: read(after, "true"), life, []) == archived
    assert pages(lambda after: read(after, "false"), life, []) == sorted({*ids} - {*archived})


@ROUNDS
@given(count=st.integers(0, 15), limit=st.integers(1, 6), between=BETWEEN)
def test_a_search_from_the_last_id_on_misses_nothing_that_is_there_all_the_time(
    http, portal, count, limit, between
):
    life, steps = Life(portal, count), iter(between)
    sort = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    seen, last = [], 0
    while True:
        beyond = {"propertyName": "hs_object_id", "operator": "GT", "value": str(last)}
        body = {"filters": [beyond], "sorts": sort, "limit": limit}
        answer = http.post(f"{CONTACTS}/search", body)
        found = [int(one) for one in answer.ids]
        assert answer.json["total"] == sum(number > last for number in life.there)
        assert found == sorted(number for number in life.there if number > last)[:limit]
        if not found:
            break
        seen, last = seen + found, found[-1]
        life.go_on(*next(steps, (0, [])))
    assert seen == sorted(set(seen))
    assert life.always <= set(seen) <= life.ever


@ROUNDS
@given(
    count=st.integers(0, 10),
    archived=st.sets(st.integers(0, 9)),
    asked=st.lists(st.integers(0, 14), min_size=1, max_size=20),
)
def test_a_batch_read_is_a_look_into_a_dictionary(http, portal, count, archived, asked):
    ids = emptied(portal, count)
    contacts = portal.collection("contacts")
    for place in archived & set(range(count)):
        edits.archive(portal, contacts, contacts.records.get(ids[place]))
    there = {number: f"L{place}" for place, number in enumerate(ids) if place not in archived}
    wanted = [1001 + place for place in asked]
    body = {"inputs": [{"id": str(number)} for number in wanted], "properties": ["lastname"]}
    answer = http.post(f"{CONTACTS}/batch/read", body)
    found = {int(one["id"]): one["properties"]["lastname"] for one in answer.json["results"]}
    assert found == {number: there[number] for number in wanted if number in there}
    assert len(answer.json["results"]) == len(found)
    lost = [str(number) for number in dict.fromkeys(wanted) if number not in there]
    assert answer.status == (207 if lost else 200)
    assert [one["context"]["ids"] for one in answer.json.get("errors", [])] == [lost] * bool(lost)
    order = [number for number in dict.fromkeys(wanted) if number in there]
    assert list(found) == order
