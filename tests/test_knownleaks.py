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


def test_a_goal_without_a_property_is_a_stage():
    assert found(["lifecyclestage"], goal={"kind": "deal_won"}) == {
        "lifecyclestage": "the goal itself"
    }
