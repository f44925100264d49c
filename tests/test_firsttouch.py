"""Speed to lead: the first touch, where it is known, and nothing made up where it is not."""

import pytest
from crmstores import entry, fill, person

from leadscore.errors import DataError, UsageError
from leadscore.firsttouch import speed_to_lead
from leadscore.goals import reaches

GOAL = reaches("customer", within="90D")
CREATED = "2026-01-10T12:00:00+00:00"


def touched(name, at, **more):
    return person(name, CREATED, notes_last_contacted=at, **more)


def test_the_first_touch_is_the_earliest_that_anything_tells(store):
    people = [
        touched("1", "2026-03-01", num_contacted_notes=5, hubspot_owner_id="7"),
        touched("2", None, hs_first_outreach_date="2026-01-10T12:30:00+00:00"),
        touched("3", "2026-03-01", num_contacted_notes=2),
    ]
    history = [
        entry("1", "notes_last_contacted", "2026-03-01T00:00:00Z", "2026-03-01"),
        entry("1", "notes_last_contacted", "2026-01-10T12:05:00Z", "2026-01-10T12:06"),
        entry("3", "num_contacted_notes", "0", "2026-01-10T12:00:01"),
        entry("3", "num_contacted_notes", "1", "2026-01-10T13:00"),
    ]
    found = speed_to_lead(fill(store, people, history)).iloc[0]
    assert found[["contacts", "contacted", "unknown"]].tolist() == [3, 3, 0]
    assert found["median_hours"] == pytest.approx(0.5)
    assert found["within_5_min"] == pytest.approx(1 / 3)
    assert found["within_1_hour"] == found["within_1_day"] == 1.0


def test_without_history_a_last_touch_is_the_first_only_of_who_was_contacted_once(store):
    people = [
        touched("once", "2026-01-10T14:00:00+00:00", num_contacted_notes=1),
        touched("often", "2026-01-10T14:00:00+00:00", num_contacted_notes=3),
        touched("never", None),
    ]
    found = speed_to_lead(fill(store, people)).iloc[0]
    assert found[["contacts", "contacted", "unknown"]].tolist() == [3, 1, 1]
    assert found["median_hours"] == 2


def test_a_touch_before_the_contact_was_created_tells_no_speed(store):
    people = [touched("1", "2026-01-09", num_contacted_notes=1)]
    found = speed_to_lead(fill(store, people)).iloc[0]
    assert found[["contacted", "unknown"]].tolist() == [0, 1]


def test_owners_come_after_all_together_and_bands_in_the_order_of_time(store):
    people = [
        touched("1", "2026-01-10T12:01:00+00:00", num_contacted_notes=1, hubspot_owner_id="7"),
        touched("2", "2026-01-20", num_contacted_notes=1, hubspot_owner_id="8", won="2026-02-01"),
        touched("3", None, hubspot_owner_id="8"),
    ]
    fill(store, people)
    by_owner = speed_to_lead(store, GOAL)
    assert by_owner["owner"].fillna("-").tolist() == ["-", "8", "7"]
    assert by_owner["contacts"].tolist() == [3, 2, 1]
    bands = speed_to_lead(store, GOAL, by="band")
    assert bands["band"].tolist() == ["within 5 minutes", "later", "not contacted"]
    assert bands["rate"].tolist() == [0, 1, 0]


def test_what_cannot_be_answered_is_a_clear_error(store):
    fill(store, [person("1")])
    with pytest.raises(DataError, match=r"Nothing in the store tells.*notes_last_contacted"):
        speed_to_lead(store)
    with pytest.raises(UsageError, match="takes a goal"):
        speed_to_lead(store, by="band")
    with pytest.raises(UsageError, match="by 'month'"):
        speed_to_lead(store, by="month")


def test_an_empty_portal_has_no_speed(store):
    fill(store, [])
    store.write("contacts", store.contacts().assign(notes_last_contacted=None))
    assert speed_to_lead(store, GOAL).empty
