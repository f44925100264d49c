from __future__ import annotations

import json

import pytest
from followed import contacts, done, planned, undone

from leadscore.errors import PlanError, UsageError
from leadscore.followups import Segment
from leadscore.hubspot.lists import change_members, find_list, make_list, members
from leadscore.segments import SegmentTarget


def _target(portal, segment):
    return SegmentTarget(portal, json.loads(json.dumps(segment.about())))


def _members(portal, name="A leads"):
    return sorted(members(portal, find_list(portal, name)))


def test_a_segment_is_made_and_holds_the_tier(portal):
    one, two, three = contacts(portal, 3)
    segment = Segment("A leads")
    tiers = {one: ("A", "A"), two: ("A", "B"), three: ("B", "A")}
    changes = planned(portal, segment, tiers)
    assert find_list(portal, "A leads") is None
    assert segment.about()["notes"] == ["The segment 'A leads' is made: there is none yet."]
    assert done(_target(portal, segment), changes) == {one: "written", two: "written"}
    assert _members(portal) == sorted([one, two])


def test_it_is_kept_equal_who_left_the_tier_or_was_not_scored_goes_out(portal):
    one, two, three, four = contacts(portal, 4)
    change_members(portal, make_list(portal, "A leads"), add=[one, two, three], remove=[])
    segment = Segment("A leads")
    changes = planned(portal, segment, {one: ("A", "A"), two: ("B", "A"), four: ("A", "B")})
    states = done(_target(portal, segment), changes)
    assert states == dict.fromkeys([two, three, four], "written")
    assert _members(portal) == sorted([one, four])
    assert planned(portal, segment, {one: ("A", "A"), four: ("A", "A")}) == []


def test_undo_puts_back_the_members_that_were(portal):
    one, two, three = contacts(portal, 3)
    change_members(portal, make_list(portal, "A leads"), add=[one, two], remove=[])
    segment = Segment("A leads")
    changes = planned(portal, segment, {one: ("A", "A"), two: ("B", "A"), three: ("A", "B")})
    done(_target(portal, segment), changes)
    assert set(done(_target(portal, segment), undone(changes)).values()) == {"written"}
    assert _members(portal) == sorted([one, two])


def test_the_undo_of_a_segment_that_was_made_leaves_it_empty(portal):
    one, two = contacts(portal, 2)
    segment = Segment("A leads")
    changes = planned(portal, segment, {one: ("A", ""), two: ("A", "")})
    done(_target(portal, segment), changes)
    # The run's own facts: there was no list when it was planned.
    assert set(done(_target(portal, segment), undone(changes)).values()) == {"written"}
    assert _members(portal) == []


def test_who_was_put_in_meanwhile_and_who_is_gone_are_told_apart(portal):
    one, two, three = contacts(portal, 3)
    number = make_list(portal, "A leads")
    segment = Segment("A leads")
    changes = planned(portal, segment, dict.fromkeys([one, two, three], ("A", "")))
    change_members(portal, number, add=[one], remove=[])
    portal.client.crm.contacts.basic_api.archive(two)
    states = {one: "unchanged", two: "missing", three: "written"}
    assert done(_target(portal, segment), changes) == states


def test_a_lost_reply_changes_nothing_twice(portal, sandbox):
    one, two = contacts(portal, 2)
    segment = Segment("A leads")
    changes = planned(portal, segment, {one: ("A", ""), two: ("A", "")})
    portal.pool.waits.sleep = lambda _: None
    sandbox.faults([{"match": {"method": "PUT"}, "times": 1, "action": {"apply_then_reset": True}}])
    assert set(done(_target(portal, segment), changes).values()) == {"written"}
    assert _members(portal) == sorted([one, two])


def test_a_segment_that_is_another_than_planned_is_refused(portal):
    number = make_list(portal, "A leads")
    segment = Segment("A leads")
    planned(portal, segment, {contacts(portal, 1)[0]: ("A", "")})
    portal.transport.call("DELETE", portal.path("lists", number), expect=(204,))
    with pytest.raises(PlanError, match="not the one"):
        _target(portal, segment)


def test_a_segment_without_a_name_is_refused():
    with pytest.raises(UsageError, match="name"):
        Segment("  ")
