import pandas as pd
import pytest

from leadscore.knownleaks import known_leaks


def found(names, **attrs):
    frame = pd.DataFrame()
    frame.attrs = attrs
    return {finding.property: finding.check for finding in known_leaks(frame, names)}


def test_only_whole_names_are_on_the_list():
    assert found(["my_closedate", "closedates", "total_revenue_2019"]) == {}


def test_the_stage_is_the_goal_itself_where_the_goal_is_a_stage():
    goal = {"property": "lifecyclestage", "value": "customer", "within_days": 90}
    assert set(found(["hs_lead_status", "visits"], goal=goal)) == {"hs_lead_status"}
    assert found(["lifecyclestage"], goal="paid=yes") == {}


def test_the_stage_at_the_snapshot_is_no_leak_where_history_tells_it():
    goal = {"property": "lifecyclestage", "value": "customer", "within_days": 90}
    assert found(["lifecyclestage", "hs_lead_status"], goal=goal, history=True) == {}
    assert found(["paid"], goal="paid=yes", history=True) == {"paid": "the goal itself"}


@pytest.mark.parametrize(
    ("history", "checks"), [(False, {"opens": "changes over time"}), (True, {})]
)
def test_what_changes_is_a_leak_only_where_values_are_todays(history, checks):
    assert found(["opens", "visits"], changing=["opens"], history=history) == checks


CUSTOMER = {"property": "lifecyclestage", "value": "customer", "within_days": 90}
DEAL = {"property": "dealstage", "value": "", "within_days": 90, "object": "deals"}
MEETING = {"property": "meeting_held", "value": "true", "within_days": 90}
SCORES = ["hubspotscore", "hs_predictivecontactscore_v2", "leadscore_score"]
CLOSING = ["closedate", "days_to_close", "recent_deal_amount", "total_revenue"]
OF_GOAL = [
    "hs_lifecyclestage_customer_date",
    "hs_date_entered_customer",
    "hs_v2_date_exited_customer",
    "hs_v2_cumulative_time_in_customer",
]
EARLIER = [
    "num_associated_deals",
    "first_deal_created_date",
    "hs_lifecyclestage_opportunity_date",
    "hs_v2_date_entered_salesqualifiedlead",
    "hs_v2_date_exited_lead",
    "hs_v2_latest_time_in_lead",
]
EVERY = [*SCORES, *CLOSING, *OF_GOAL, *EARLIER, "lifecyclestage", "hs_lead_status"]


@pytest.mark.parametrize("goal", [CUSTOMER, "customer", DEAL])
def test_todays_values_of_all_of_them_are_out(goal):
    assert set(found(EVERY, goal=goal)) == set(EVERY)


@pytest.mark.parametrize(
    ("goal", "out"),
    [
        (CUSTOMER, [*SCORES, *CLOSING, *OF_GOAL]),
        ("customer", [*SCORES, *CLOSING, *OF_GOAL]),
        (DEAL, [*SCORES, *CLOSING]),
        (MEETING, SCORES),
    ],
)
def test_as_of_a_snapshot_scores_the_goal_itself_and_what_closes_a_deal_are_out(goal, out):
    assert set(found(EVERY, goal=goal, history=True)) == set(out)


def test_an_earlier_stage_is_no_goal_in_another_dress_whatever_the_goal_is_called():
    goal = {"property": "lifecyclestage", "value": "1234567", "within_days": 90}
    names = ["hs_v2_date_entered_1234567", "hs_v2_date_entered_7654321"]
    assert set(found(names, goal=goal, history=True)) == {"hs_v2_date_entered_1234567"}
