from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadscore.errors import BadReplyError
from leadscore.hubspot.pages import Page
from leadscore.hubspot.progress import IDLE, Progress


def _page(ids, after=""):
    return Page(pa.table({"id": pa.array([str(i) for i in ids], pa.string())}), after)


class Simulated:
    """A portal's list and search, read in any order of events, with interruptions."""

    def __init__(self, ids, listed, size):
        self.ids, self.listed, self.size = sorted(ids), listed, size
        self.found = []

    def list_page(self, progress):
        start = int(progress.after or 0)
        end = start + self.size
        after = str(end) if end < len(self.listed) else ""
        self.keep(progress.take_list(_page(self.listed[start:end], after)))

    def search_page(self, progress):
        below = [i for i in self.ids if progress.above is None or i < progress.above]
        if below:
            self.keep(progress.take_search(_page(below[: -self.size - 1 : -1])))

    def below_page(self, progress):
        above = [i for i in self.ids if i > progress.last]
        above = [i for i in above if progress.above is None or i < progress.above][: self.size]
        self.keep(progress.take_below(_page(above)))
        progress.done = progress.done or not above

    def keep(self, rows):
        self.found += map(int, rows["id"].to_pylist())

    def run(self, events):
        progress = Progress()
        for searching, interrupted, lost in events:
            if progress.done:
                break
            progress = self.step(progress, searching)
            if interrupted and not progress.done:
                progress = self.resumed(progress, lost)
        while not progress.done:
            progress = self.step(progress, searching=False)
        return progress

    def step(self, progress, searching):
        if searching and not progress.alone:
            self.search_page(progress)
        elif progress.after is None:
            self.below_page(progress)
        else:
            self.list_page(progress)
        if progress.met and not progress.done:
            progress.judge(sum(i < progress.above for i in self.ids))
        if progress.doubt is not None:
            progress.confirm(sum(i <= progress.doubt for i in self.ids))
        return progress

    def resumed(self, progress, lost):
        """Go on from a position; the cursor may be refused, or forgotten."""
        position = json.loads(json.dumps(progress.position()))
        if lost == "refused" and progress.after and progress.ordered:
            position["after"] = None
        again = Progress(position)
        if lost == "forgotten" and again.after:
            again.after = ""
        elif lost == "refused" and again.after:
            again.start_anew()
        return again


IDS = st.sets(st.integers(1, 10_000), min_size=1, max_size=120)
LOST = st.sampled_from(["", "refused", "forgotten"])
EVENTS = st.lists(st.tuples(st.booleans(), st.booleans(), LOST), max_size=60)


@given(IDS, st.integers(1, 30), EVENTS)
def test_in_order_each_id_comes_once_whatever_happens_when(ids, size, events):
    portal = Simulated(ids, sorted(ids), size)
    portal.run(events)
    assert sorted(portal.found) == portal.ids


@given(IDS, st.data(), st.integers(1, 30), EVENTS)
def test_in_any_order_each_id_comes_once_or_the_reading_says_that_it_cannot_be(
    ids, data, size, events
):
    portal = Simulated(ids, data.draw(st.permutations(sorted(ids))), size)
    try:
        portal.run(events)
    except BadReplyError:
        # An order that changes after an interruption: the ids read before are not known any more.
        assert any(interrupted for _, interrupted, _ in events)
    else:
        assert sorted(portal.found) == portal.ids


@given(IDS, st.data(), st.integers(1, 30), st.lists(st.booleans(), max_size=60))
def test_in_any_order_without_interruptions_each_id_comes_once(ids, data, size, searching):
    portal = Simulated(ids, data.draw(st.permutations(sorted(ids))), size)
    portal.run([(one, False, "") for one in searching])
    assert sorted(portal.found) == portal.ids


@given(IDS, st.data(), st.integers(1, 30), EVENTS)
def test_repeated_ids_in_an_ordered_list_come_once(ids, data, size, events):
    ordered = sorted(ids)
    twice = data.draw(st.lists(st.sampled_from(ordered), max_size=5))
    portal = Simulated(ids, sorted([*ordered, *twice]), size)
    portal.run(events)
    assert sorted(portal.found) == portal.ids


@given(st.lists(st.integers(1, 50), max_size=80), st.integers(1, 30))
@example([5, 4, 5], 1)
def test_repeated_ids_in_any_order_come_once(listed, size):
    portal = Simulated(set(listed) | {1}, [*listed, 1], size)
    portal.run([])
    assert sorted(portal.found) == portal.ids


def test_a_list_that_begins_again_at_its_start_repeats_nothing():
    progress = Progress()
    progress.take_list(_page([1, 2], "a"))
    progress.take_list(_page([3, 4], "b"))
    again = Progress(progress.position())
    found = [again.take_list(_page(p, "c"))["id"].to_pylist() for p in ([1, 2], [3, 4], [5, 6])]
    assert found == [[], [], ["5", "6"]]


def test_an_order_that_changes_after_an_interruption_is_an_error():
    progress = Progress()
    progress.take_list(_page([11, 12], "a"))
    again = Progress(progress.position())
    with pytest.raises(BadReplyError, match="order"):
        again.take_list(_page([5, 6], "b"))


def test_pages_that_bring_nothing_new_for_ever_are_an_error():
    progress = Progress()
    for n in range(IDLE + 1):
        progress.take_list(_page([1, 2], str(n)))
    with pytest.raises(BadReplyError, match="read before"):
        progress.take_list(_page([1, 2], "x"))


def test_an_id_that_is_no_number_is_an_error():
    with pytest.raises(BadReplyError, match="number"):
        Progress().take_list(_page(["x"]))


def test_a_position_in_order_is_small_and_one_without_order_holds_what_was_read():
    ordered, mixed = Progress(), Progress()
    ordered.take_list(_page(range(1, 101), "a"))
    mixed.take_list(_page(range(100, 0, -1), "a"))
    assert "read" not in ordered.position()
    again = Progress(json.loads(json.dumps(mixed.position())))
    assert again.take_list(_page([5, 101], "b"))["id"].to_pylist() == ["101"]


def test_a_meeting_is_believed_only_when_the_portal_counts_no_more_below():
    progress = Progress()
    progress.take_search(_page([9, 8, 7, 6]))
    progress.take_list(_page([5], "a"))
    progress.take_list(_page([7], "b"))
    assert progress.met
    progress.judge(4)
    assert not progress.done
    assert progress.take_list(_page([1, 2, 9, 4], ""))["id"].to_pylist() == ["1", "2", "4"]
    assert progress.done


def test_an_end_after_a_lost_cursor_is_believed_only_when_the_portal_counts_no_more():
    progress = Progress()
    progress.take_list(_page([1, 3], "a"))
    again = Progress(progress.position() | {"after": None})
    again.take_below(_page([]))
    again.done = True
    assert again.doubt == 3
    again.confirm(2)
    with pytest.raises(BadReplyError, match="cursor was lost"):
        again.confirm(3)
