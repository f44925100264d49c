"""Cohorts: cumulative shares that never fall, and no cell before its time."""

import pytest
from crmstores import fill, person

from leadscore.cohorttable import cohorts
from leadscore.errors import DataError, UsageError
from leadscore.goals import reaches

GOAL = reaches("customer", within="90D")


def cells(found, month):
    return found[found["month"] == month].set_index("age")


def test_a_cell_is_the_share_that_had_converted_by_that_age(store):
    people = [
        person("1", won="2026-01-20"),
        person("2", won="2026-05-01"),
        person("3"),
        person("4", "2026-01-12"),
    ]
    own = cells(cohorts(fill(store, people), GOAL, ages=6), "2026-01")
    assert own["contacts"].tolist() == [4] * 6
    assert own["converted"].tolist() == [1, 1, 1, 2, 2, 2]
    assert own["rate"].tolist() == [0.25, 0.25, 0.25, 0.5, 0.5, 0.5]


def test_a_cell_is_empty_until_the_last_contact_of_the_month_is_of_that_age(store):
    people = [person("1", "2026-07-02", won="2026-07-03"), person("2", "2026-07-04")]
    own = cells(cohorts(fill(store, people), GOAL, ages=3), "2026-07")
    assert own["converted"].notna().tolist() == [True, False, False]
    assert own["rate"].notna().tolist() == [True, False, False]


def test_who_had_reached_the_goal_before_is_left_out_and_counted(store):
    people = [
        person("1", won="2026-01-01"),
        person("2", "2026-08-01", lifecyclestage="customer"),
        person("3", won="2026-02-01"),
        person("4", "2026-01-11"),
    ]
    found = cohorts(fill(store, people), GOAL, ages=2)
    assert found.attrs["left_out"] == 2
    assert found["contacts"].tolist() == [2, 2]


def test_a_table_whose_rows_were_all_created_at_once_has_no_cohorts(store):
    fill(store, [person("1", won="2026-01-20"), person("2")])
    with pytest.raises(DataError, match="created at one moment"):
        cohorts(store, GOAL)


def test_an_empty_portal_has_no_cohorts_but_their_columns(store):
    found = cohorts(fill(store, []), GOAL)
    assert found.empty
    assert found.dtypes.astype(str).to_dict() == {
        "month": "str", "age": "Int64", "contacts": "Int64", "converted": "Int64",
        "rate": "float64", "low": "float64", "high": "float64",
    }  # fmt: skip


@pytest.mark.parametrize("ages", [0, 121])
def test_an_age_is_from_one_month_to_ten_years(store, ages):
    with pytest.raises(UsageError, match="is no age"):
        cohorts(store, GOAL, ages=ages)
