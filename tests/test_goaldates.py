from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from leadscore.errors import DataError, UsageError
from leadscore.goaldates import goal_dates
from leadscore.goals import deal_won, property_equals, reaches
from leadscore.hubspot.history import HISTORY
from leadscore.pasts import read_pasts
from leadscore.snapshottimes import NEVER

START = pd.Timestamp("2026-01-01", tz="UTC")
UNTIL = START + pd.Timedelta(days=100)
DAY = pd.Timedelta(days=1)
IDS = ["1", "2", "3"]


def _day(found):
    base = START.value // 10**6
    return [None if ms == NEVER else (ms - base) / 86_400_000 for ms in found.ms.tolist()]


def _history(store, rows, kind="contacts", name="lifecyclestage"):
    columns = {
        "object": [kind] * len(rows),
        "id": [row[0] for row in rows],
        "property": [name] * len(rows),
        "value": [row[1] for row in rows],
        "timestamp": [START + row[2] * DAY for row in rows],
        "source_type": ["CRM_UI"] * len(rows),
        "source_id": [None] * len(rows),
    }
    store.write("history", pa.table(columns, schema=HISTORY))


def _contacts(stages=("lead", "lead", "lead"), dates=(None, None, None)):
    entered = [None if d is None else START + d * DAY for d in dates]
    return pd.DataFrame(
        {
            "id": IDS,
            "lifecyclestage": list(stages),
            "hs_v2_date_entered_customer": pd.to_datetime(pd.Series(entered), utc=True),
        }
    )


def _dated(store, goal, contacts, definition=None):
    about = {goal.property_name: definition or {"type": "enumeration"}}
    pasts = read_pasts(store, pa.array(IDS), about, until=UNTIL)
    past = pasts.by_property.get(goal.property_name)
    return goal_dates(store, goal, contacts, past, until=UNTIL)


def test_a_stage_is_dated_by_its_first_entry(store):
    _history(
        store, [("1", "customer", 9), ("1", "lead", 10), ("1", "customer", 20), ("2", "lead", 1)]
    )
    found = _dated(store, reaches("customer"), _contacts())
    assert _day(found) == [9, None, None]
    assert found.reached.tolist() == [True, False, False]


def test_the_earlier_of_history_and_the_dates_that_hubspot_keeps_counts(store):
    _history(store, [("1", "customer", 9), ("2", "customer", 6)])
    found = _dated(store, reaches("customer"), _contacts(dates=(5, 7, 101)))
    assert _day(found) == [5, 6, 100]  # the third was reached while the sync was reading


def test_a_goal_that_is_reached_at_an_unknown_time_is_reached_all_the_same(store):
    _history(store, [("1", "lead", 9)])
    found = _dated(store, reaches("customer"), _contacts(("lead", "customer", "lead")))
    assert (_day(found), found.reached.tolist()) == ([None] * 3, [False, True, False])


@pytest.mark.parametrize(
    ("definition", "value", "entries", "now"),
    [
        ({"type": "number"}, "2", ["1", "2.0"], 2.0),
        ({"type": "bool"}, "true", ["false", "true"], True),
        ({"type": "enumeration", "fieldType": "checkbox"}, "b", ["a", "a;b"], None),
        ({"type": "string"}, "won", ["lost", "won"], "won"),
    ],
)
def test_a_property_of_any_type_is_dated_by_its_history(store, definition, value, entries, now):
    _history(store, [("2", text, day) for day, text in enumerate(entries)], name="p")
    contacts = pd.DataFrame({"id": IDS, "p": [None, now, None]})
    assert _day(_dated(store, property_equals("p", value), contacts, definition)) == [None, 1, None]


def test_nothing_dates_a_property_without_history(store):
    contacts = pd.DataFrame({"id": IDS, "p": ["a", "b", None]})
    assert not _dated(store, property_equals("p", "a"), contacts).dated
    with pytest.raises(DataError, match="'q'"):
        _dated(store, property_equals("q", "a"), contacts)


# deals -------------------------------------------------------------------------------------------


def _deals(store, *, history):
    stages = ["won", "won", "open", "elsewhere"]
    store.write(
        "deals",
        pd.DataFrame(
            {
                "id": ["d1", "d2", "d3", "d4"],
                "dealstage": stages,
                "pipeline": ["default", "default", "default", "partners"],
                "closedate": [START + 30 * DAY] * 4,
            }
        ),
    )
    pipelines = [("default", "Sales", "won", 1.0), ("default", "Sales", "open", 0.2)]
    rows = [
        *pipelines,
        ("partners", "Partners", "elsewhere", 1.0),
        ("partners", "Partners", "no", 0.0),
    ]
    names = ["pipeline", "pipeline_label", "stage", "probability"]
    store.write("pipelines", pd.DataFrame(rows, columns=names).assign(object="deals"))
    links = [("d1", "1"), ("d2", "1"), ("d3", "2"), ("d4", "3"), ("d1", "404"), ("d9", "2")]
    frame = pd.DataFrame(links, columns=["from_id", "to_id"])
    frame = frame.assign(from_object="deals", to_object="contacts")
    # Ids are unique within one type only.
    frame.loc[len(frame)] = ["d1", "2", "companies", "contacts"]
    frame.loc[len(frame)] = ["d1", "2", "deals", "companies"]
    store.write("associations", frame)
    if history:
        entries = [("d1", "won", 20), ("d2", "open", 1), ("d2", "won", 12), ("d4", "elsewhere", 8)]
        _history(store, entries, kind="deals", name="dealstage")


def test_a_contact_has_won_when_the_first_of_its_deals_entered_a_won_stage(store):
    _deals(store, history=True)
    found = goal_dates(store, deal_won(), _contacts(), None, until=UNTIL)
    assert _day(found) == [12, None, 8]
    assert found.reached.tolist() == [True, False, True]


def test_without_history_a_won_deal_is_dated_by_its_close_date(store):
    _deals(store, history=False)
    assert _day(goal_dates(store, deal_won(), _contacts(), None, until=UNTIL)) == [30, None, 30]


@pytest.mark.parametrize("name", ["partners", "Partners"])
def test_deals_of_one_pipeline_alone_can_be_asked_for_by_id_or_label(store, name):
    _deals(store, history=True)
    found = goal_dates(store, deal_won(pipeline=name), _contacts(), None, until=UNTIL)
    assert _day(found) == [None, None, 8]
    with pytest.raises(UsageError, match="default, partners"):
        goal_dates(store, deal_won(pipeline="Parters"), _contacts(), None, until=UNTIL)


def test_a_store_without_deals_says_which_scope_it_takes(store):
    with pytest.raises(DataError, match="deals") as caught:
        goal_dates(store, deal_won(), _contacts(), None, until=UNTIL)
    assert "crm.objects.deals.read" in caught.value.hint
