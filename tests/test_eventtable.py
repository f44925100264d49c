"""Events in the store: once each, by contact id, and kept for people who are not known yet."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from leadscore.errors import UsageError
from leadscore.eventtable import Kept, Occurrences, event_name, keep, person_key

AT = pd.Timestamp("2026-03-01T10:00:00Z")


def _events(*rows):
    people, days, amounts, ids = zip(*((*row, None, None)[:4] for row in rows), strict=True)
    at = pa.array([AT + pd.Timedelta(days=day) for day in days], pa.timestamp("us", "UTC"))
    return Occurrences(people, at, amounts, ids)


def _keep(store, *rows, contacts=None, event="webinar", source="a.csv"):
    known = {"ada@example.com": "1"} if contacts is None else contacts
    return keep(store, _events(*rows), event=event, match="email", source=source, contacts=known)


def test_the_same_events_twice_add_nothing_whatever_the_file_is_called(store):
    rows = [("ada@example.com", 0), ("ada@example.com", 1)]
    assert _keep(store, *rows) == Kept(added=2, known=0, waiting=0, found=0)
    assert _keep(store, *rows, ("ada@example.com", 2), source="b.csv").added == 1
    assert _keep(store, *rows, event="fair").added == 2


def test_one_person_and_moment_is_one_event_unless_amount_or_id_differ(store):
    who = "ada@example.com"
    assert _keep(store, (who, 0), (who, 0)).added == 1
    assert _keep(store, (who, 1, 5.0), (who, 1, 7.0), (who, 1, 7.0)).added == 2
    assert _keep(store, (who, 2, 5.0, "a"), (who, 2, 5.0, "b")).added == 2


def test_events_of_people_who_are_not_known_wait_without_their_address(store, tmp_path):
    assert _keep(store, ("bob@example.com", 0)) == Kept(added=1, known=0, waiting=1, found=0)
    assert "bob" not in store.read("events").to_csv()
    again = _keep(store, ("bob@example.com", 0), contacts={"bob@example.com": "2"})
    assert again == Kept(added=0, known=1, waiting=0, found=1)
    assert store.read("events")["contact_id"].tolist() == ["2"]


def test_nothing_of_an_erased_contacts_events_stays(store):
    known = {"ada@example.com": "900000001", "bob@example.com": "900000002"}
    _keep(store, ("ada@example.com", 0), ("bob@example.com", 0), contacts=known)
    person = person_key(store, "email", "ada@example.com")
    store.erase(["900000001"])
    assert store.read("events")["contact_id"].tolist() == ["900000002"]
    files = [path for path in store.workspace.rglob("*") if path.is_file()]
    assert not [path for path in files if person.encode() in path.read_bytes()]
    assert _keep(store, ("bob@example.com", 0), contacts=known).added == 0  # the key is as it was


@pytest.mark.parametrize("name", ["", "2026", "a/b", "x_amount", "größe", "a" * 61])
def test_a_name_that_makes_no_column_is_refused(name):
    with pytest.raises(UsageError, match="An event cannot be called"):
        event_name(name)
