"""Which side changed since both were in step, and who wins."""

from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.threeways import NOTHING, Conflict, check_rule, settle


def _settle(portal, table, base, rule="report"):
    digest = lambda _, value: value or NOTHING  # noqa: E731
    told = None if base == "never" else {"plan": base or NOTHING}
    return settle({"plan": portal}, {"plan": table}, told, ["plan"], rule=rule, digest=digest)


@pytest.mark.parametrize(
    ("portal", "table", "base", "to"),
    [
        ("a", "a", "b", "same"),
        ("b", "a", "a", "table"),
        ("a", "b", "a", "portal"),
        (None, "a", "a", "table"),  # the portal's value was cleared
        ("a", None, "a", "portal"),
        ("b", "c", "a", "conflict"),
        (None, "b", "a", "conflict"),
        (None, "a", "never", "portal"),
        ("a", None, "never", "table"),
        ("a", "b", "never", "conflict"),
        ("", None, "never", "same"),
    ],
)
def test_the_side_that_changed_has_the_newer_value(portal, table, base, to):
    found = _settle(portal, table, base)
    assert found.to_table == ({"plan": portal} if to == "table" else {})
    assert found.to_portal == ({"plan": table} if to == "portal" else {})
    assert found.same == ({"plan"} if to == "same" else set())
    assert found.conflicts == ([Conflict("plan", "nobody")] if to == "conflict" else [])


def test_a_conflict_goes_by_the_rule_and_is_told():
    ours, theirs = _settle("b", "c", "a", "portal"), _settle("b", "c", "a", "source")
    assert (ours.to_table, ours.to_portal) == ({"plan": "b"}, {})
    assert (theirs.to_table, theirs.to_portal) == ({}, {"plan": "c"})
    assert ours.conflicts == [Conflict("plan", "portal")]
    with pytest.raises(UsageError, match="conflicts is 'mine'"):
        check_rule("mine")
