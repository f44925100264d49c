from __future__ import annotations

import pandas as pd
import pytest

from leadscore.errors import DataError, UsageError
from leadscore.goals import (
    Goal,
    deal_won,
    outcomes,
    parse_goal,
    property_equals,
    reaches,
    within_horizon,
)

GOALS = [
    reaches("customer", within="30D"),
    property_equals("y", "a=b"),
    property_equals("y", "a", within="7D"),
    deal_won(within="30D", pipeline="Partners"),
]
START = pd.Timestamp("2026-01-01", tz="UTC")
DAY = pd.Timedelta(days=1)


def _contacts(dates, stages=None):
    when = pd.Series([None if d is None else START + d * DAY for d in dates])
    return pd.DataFrame(
        {
            "lifecyclestage": stages or ["lead"] * len(dates),
            "hs_v2_date_entered_customer": pd.to_datetime(when, utc=True),
        }
    )


def _told(contacts, goal, *, as_of=200):
    start = pd.Series(START, index=contacts.index)
    return outcomes(goal, contacts, start=start, as_of=START + as_of * DAY)


def test_a_stage_reached_within_the_horizon_is_a_success_and_one_after_it_is_not():
    told = _told(_contacts([10, 90, 91, None]), reaches("customer", within="90D"))
    assert told["outcome"].tolist() == [True, True, False, False]
    assert told["reached"].tolist() == [True, True, True, False]


def test_a_row_whose_horizon_has_not_passed_is_unknown_even_when_it_is_won():
    told = _told(_contacts([10, None]), reaches("customer", within="90D"), as_of=89)
    assert told["outcome"].isna().all()


def test_reached_at_an_unknown_time_is_an_unknown_outcome_but_not_open():
    told = _told(_contacts([None], ["customer"]), reaches("customer"))
    assert told["outcome"].isna().tolist() == [True]
    assert told["reached"].tolist() == [True]


def test_the_older_date_property_counts_too_and_the_first_date_wins():
    contacts = _contacts([80])
    contacts["hs_lifecyclestage_customer_date"] = pd.to_datetime([START + 20 * DAY], utc=True)
    assert _told(contacts, reaches("customer", within="30D"))["outcome"].tolist() == [True]


def test_a_blank_is_unknown_where_no_is_written_and_no_where_it_never_is():
    both = pd.DataFrame({"y": ["yes", "no", None]})
    assert _told(both, property_equals("y", "yes"))["outcome"].isna().tolist() == [
        False,
        False,
        True,
    ]
    only = pd.DataFrame({"y": ["yes", None]})
    assert _told(only, property_equals("y", "yes"))["outcome"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("values", "value"),
    [
        (pd.Series([True, False], dtype="boolean"), "true"),
        (pd.Series([1.0, 0.0]), "1"),
        (pd.Series(["won", "lost"]), "won"),
    ],
)
def test_values_are_compared_as_hubspot_writes_them(values, value):
    told = _told(pd.DataFrame({"y": values}), property_equals("y", value))
    assert told["outcome"].tolist() == [True, False]


def test_a_goal_of_a_property_that_the_store_lacks_is_refused():
    with pytest.raises(DataError, match="'nope'"):
        _told(pd.DataFrame({"y": ["a"]}), property_equals("nope", "a"))


@pytest.mark.parametrize("goal", GOALS)
def test_a_goal_survives_the_card(goal):
    assert Goal.from_dict(goal.as_dict()) == goal


def test_the_command_line_writes_stages_and_properties():
    assert parse_goal("customer") == reaches("customer", within="90D")
    assert parse_goal("y = yes") == property_equals("y", "yes")
    assert parse_goal("y=a=b").value == "a=b"


@pytest.mark.parametrize("text", ["", "=", "=yes", "y=", "deal_won:"])
def test_a_goal_that_says_nothing_is_refused(text):
    with pytest.raises(UsageError):
        parse_goal(text)


@pytest.mark.parametrize("within", ["soon", "0D", "-3D", "1h", "NaT"])
def test_a_horizon_is_at_least_a_day(within):
    with pytest.raises(UsageError, match="horizon"):
        reaches("customer", within=within)


def test_who_had_reached_the_goal_before_the_snapshot_is_no_row_to_learn_from():
    told = _told(_contacts([-400, 0, 1]), reaches("customer", within="90D"))
    assert told["outcome"].isna().tolist() == [True, True, False]
    assert told["reached"].all()


def test_a_property_goal_takes_a_horizon_that_only_history_can_date():
    goal = parse_goal("y=yes", within="90D")
    assert goal == property_equals("y", "yes", within="90D")
    with pytest.raises(DataError, match="when"):
        _told(pd.DataFrame({"y": ["yes", "no"]}), goal)


def test_the_command_line_writes_won_deals_of_any_pipeline_or_one():
    assert parse_goal("deal_won") == deal_won(within="90D")
    assert parse_goal("deal_won:Partners", within="30D") == deal_won(
        within="30D", pipeline="Partners"
    )


def test_a_card_of_before_there_were_deals_is_read():
    old = {"property": "lifecyclestage", "value": "customer", "within_days": 90}
    assert Goal.from_dict(old) == reaches("customer")
    assert reaches("customer").as_dict() == old


def test_a_won_deal_is_no_contact_property():
    assert deal_won().of_deals
    assert deal_won().columns == ()
    assert not property_equals("dealstage", "closedwon").of_deals


def test_within_the_horizon_is_counted_from_the_snapshot_in_whole_days_of_utc():
    goal = reaches("customer", within="30D")
    when = pd.Series([START + 30 * DAY, START + 30 * DAY + pd.Timedelta("1us"), pd.NaT])
    start = pd.Series([START] * 3)
    reached = pd.Series([True, True, False])
    told = within_horizon(goal, when, reached, start=start, as_of=START + 30 * DAY)
    assert told.tolist() == [True, False, False]
    early = within_horizon(goal, when, reached, start=start, as_of=START + 29 * DAY)
    assert early.isna().all()


def test_without_a_horizon_a_dated_goal_counts_at_any_time_after_the_snapshot():
    goal = property_equals("y", "yes")
    when = pd.Series([START - DAY, START + 500 * DAY, pd.NaT, pd.NaT])
    reached = pd.Series([True, True, False, True])
    start = pd.Series([START] * 4)
    told = within_horizon(goal, when, reached, start=start, as_of=START + DAY)
    assert told.isna().tolist() == [True, False, False, True]
    assert told.dropna().tolist() == [True, False]


def test_goals_say_what_they_are():
    said = [str(goal) for goal in GOALS]
    assert said == [
        "customer within 30 days",
        "y=a=b",
        "y=a within 7 days",
        "deal won in Partners within 30 days",
    ]
