import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.sandbox.records import Record, Records, record_id

IDS = st.lists(st.integers(1, 50), unique=True)


def filled(ids):
    records = Records(("email",))
    for number in ids:
        records.add(Record(number, {"email": f"{number}@example.com"}))
    return records


@given(IDS, st.sets(st.integers(1, 50)), st.integers(0, 55), st.integers(1, 10))
def test_a_page_is_the_next_records_by_id_without_the_archived(ids, gone, after, limit):
    records = filled(ids)
    for number in gone & set(ids):
        records.archive(records.get(number), at="now")
    kept = sorted(number for number in set(ids) - gone if number >= after)
    assert [record.id for record in records.page(after=after, limit=limit)] == kept[:limit]
    lost = sorted(number for number in set(ids) & gone if number >= after)
    found = records.page(after=after, limit=limit, archived=True)
    assert [record.id for record in found] == lost[:limit]


def test_the_index_follows_a_changed_value():
    records = filled([1, 2])
    records.set(records.get(1), "email", "new@example.com")
    assert records.holder("email", "1@example.com") is None
    assert records.holder("email", "new@example.com") == 1
    records.set(records.get(1), "email", "")
    assert records.holder("email", "new@example.com") is None
    assert "email" not in records.get(1).values


def test_an_archived_record_gives_up_its_unique_values():
    records = filled([1])
    records.archive(records.get(1), at="now")
    assert records.get(1) is None
    assert records.get(1, archived=True).archived_at == "now"
    assert records.holder("email", "1@example.com") is None


def test_an_index_can_be_added_later():
    records = filled([])
    records.add(Record(5, {"code": "x"}))
    records.watch("code")
    assert (records.holder("code", "x"), records.unique) == (5, {"email", "code"})


def test_ids_are_found_between_bounds_without_the_archived_ones():
    records = filled([1, 2, 3, 5])
    records.archive(records.get(2), at="now")
    assert records.ids_between(1, 3) == [1, 3]
    assert records.ids_between(4, float("inf")) == [5]
    assert [record.id for record in records.walk(archived=True)] == [2]
    assert len(records) == 4


def test_every_change_is_told_of_before_it_happens():
    records, told = filled([1]), []
    records.before = lambda record, new: told.append((record.values.get("email"), new))
    start = records.version
    records.set(records.get(1), "email", "new@example.com")
    records.archive(records.get(1), at="now")
    records.add(Record(2, {}))
    assert told == [("1@example.com", False), ("new@example.com", False), (None, True)]
    assert records.version == start + 3


def test_a_removed_record_is_gone_with_its_unique_values():
    records = filled([1, 2])
    records.remove(records.get(1))
    assert records.get(1) is None
    assert records.get(1, archived=True) is None
    assert records.holder("email", "1@example.com") is None
    assert [record.id for record in records] == [2]


def test_additional_email_addresses_lead_to_their_record():
    records = Records(("email",))
    records.add(Record(1, {"email": "a@example.com", "hs_additional_emails": "b@x.com;c@x.com"}))
    assert {records.holder("email", key) for key in ("a@example.com", "b@x.com", "c@x.com")} == {1}
    records.set(records.get(1), "hs_additional_emails", "c@x.com")
    assert records.holder("email", "b@x.com") is None
    records.archive(records.get(1), at="now")
    assert records.holder("email", "c@x.com") is None


def test_a_merged_id_leads_to_what_came_of_it_at_last():
    records = filled([])
    records.add(Record(3, {"hs_merged_object_ids": "1;2"}))
    records.merged[3] = 4
    records.add(Record(4, {}))
    assert [records.survivor(number) for number in (1, 2, 3, 4)] == [4, 4, 4, None]


@given(IDS, st.sets(st.integers(1, 50)), st.integers(1, 10))
def test_shuffled_pages_hold_every_record_once(ids, gone, limit):
    records = filled(ids)
    first = [record.id for record in records.page(after=0, limit=99, shuffled=True)]
    seen, after, left = [], 0, set(gone)
    while True:
        page = records.page(after=after, limit=limit + 1, shuffled=True)
        seen += [record.id for record in page[:limit]]
        if len(page) <= limit:
            break
        after = page[limit].id
        for number in sorted(left & {record.id for record in records} - set(seen))[:1]:
            records.archive(records.get(number), at="now")
            left.discard(number)
    assert len(seen) == len(set(seen))
    assert {record.id for record in records} <= set(seen)
    assert seen == [number for number in first if number in set(seen)]


def test_a_record_that_comes_archived_holds_no_unique_value():
    records = filled([])
    records.add(Record(1, {"email": "a@example.com"}, archived_at="then"))
    assert records.holder("email", "a@example.com") is None


def test_a_shuffled_order_follows_what_is_archived_and_removed():
    records = filled([1, 2, 3, 4])
    records.page(after=0, limit=9, shuffled=True)
    records.archive(records.get(2), at="now")
    records.remove(records.get(3))
    records.add(Record(5, {}))
    found = records.page(after=0, limit=9, shuffled=True)
    assert sorted(record.id for record in found) == [1, 4, 5]
    gone = records.page(after=0, limit=9, shuffled=True, archived=True)
    assert [record.id for record in gone] == [2]


READS = ("/crm/v3/objects/contacts/{}", "/crm/v3/lists/records/contacts/{}/memberships")
BATCHES = (
    ("/crm/v3/objects/contacts/batch/read", 207),
    ("/crm/v3/objects/contacts/batch/archive", 204),
    ("/crm/v4/associations/contacts/companies/batch/read", 207),
    ("/crm/v3/associations/contacts/companies/batch/read", 207),
)


@pytest.mark.parametrize("key", ["ada", "²", "9" * 25, "9" * 5000])
def test_what_is_no_id_names_no_record(http, key):
    assert record_id(key) == 0
    if len(key) < 5000 and key.isascii():
        assert [http.get(path.format(key)).status for path in READS] == [404, 404]
    for path, status in BATCHES:
        assert http.post(path, {"inputs": [{"id": key}]}).status == status
