from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.followup import Scored
from leadscore.rises import check_tier, enters, rise_of


def _scored(tier="A", was="B", *, written=True, **live):
    return Scored("7", live, tier, was, 97.0, written=written)


@pytest.mark.parametrize(
    ("scored", "answer"),
    [
        (_scored("A", "B"), True),
        (_scored("A", ""), True),
        (_scored("A", "A"), False),
        (_scored("B", "A"), False),
        (_scored("A", "B", written=False), False),
    ],
)
def test_a_rise_is_a_new_tier_that_is_written(scored, answer):
    assert enters(scored, "A") is answer


def test_plans_that_see_the_same_rise_name_it_alike_and_the_next_one_otherwise():
    first = _scored(leadscore_scored_at="2026-01-01T00:00:00Z")
    later = _scored(leadscore_scored_at="2026-02-01T00:00:00Z")
    names = [rise_of(one, prefix="leadscore", plan=plan) for one in (first, later) for plan in "pq"]
    assert names[0] == names[1] != names[2] == names[3]


def test_a_rise_from_a_score_of_unknown_date_is_the_plans_own():
    assert len({rise_of(_scored(), prefix="leadscore", plan=plan) for plan in "pq"}) == 2
    assert len({rise_of(_scored("A", ""), prefix="leadscore", plan=plan) for plan in "pq"}) == 1


def test_a_tier_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match="Use one of A, B, C, D"):
        check_tier("E")
