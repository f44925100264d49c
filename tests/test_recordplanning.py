from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.planfile import facts_of
from leadscore.recordplanning import Asked, plan_rows

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


def _plan(portal, store, rows, **asked):
    options = {"workspace": store.workspace, "progress": False}
    return plan_rows(portal, "contacts", rows, Asked(match="email", **asked), **options)


def test_rows_are_taken_as_they_are_needed_and_numbered_by_who_gives_them(portal, store):
    taken = []

    def rows():
        for number in range(250):
            taken.append(number)
            yield 1_000 + number, {"email": f"{number}@example.com"}

    plan = _plan(portal, store, rows())
    assert taken == list(range(250))
    assert plan.inputs == plan.counts["create"] == 250
    assert plan.changes["row"].iloc[0] == 1_000


def test_a_row_may_have_columns_of_its_own(portal, store):
    rows = [(0, {"email": "a@example.com"}), (1, {"email": "b@example.com", "city": "Ulm"})]
    plan = _plan(portal, store, rows)
    assert facts_of(plan.path)["properties"] == ["city", "email"]
    with pytest.raises(UsageError, match="no property 'nope'"):
        _plan(portal, store, [*rows, (2, {"email": "c@example.com", "nope": 1})])


def test_a_plan_that_is_not_made_leaves_nothing_behind(portal, store):
    with pytest.raises(UsageError):
        _plan(portal, store, [(0, {"email": "a@example.com", "nope": 1})])
    assert list((store.workspace / "plans").iterdir()) == []


def test_facts_of_whoever_plans_are_kept(portal, store):
    plan = _plan(portal, store, [], about={"source": "bring"})
    assert plan.facts["source"] == "bring"
    assert plan.rows == {"scores": 0, "updates": 0, "creations": 0}
