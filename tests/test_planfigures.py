from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.planfigures import BINS, MOVERS, Figures, number

SCORES = st.one_of(st.just(math.nan), st.integers(0, 100).map(float))


def _figures(pairs, *, written=True):
    figures = Figures(far=20)
    for place, (was, score) in enumerate(pairs):
        figures.add(str(place), was=was, score=score, was_tier="B", tier="A", written=written)
    return figures


@given(st.lists(st.tuples(SCORES, SCORES)))
def test_every_contact_is_counted_once_everywhere(pairs):
    figures = _figures(pairs)
    facts = figures.facts()
    counts = facts["counts"]
    assert sum(counts[w] for w in ("new", "up", "down", "same", "reached")) == len(pairs)
    assert sum(t["contacts"] for t in counts["tiers"]) == figures.contacts == len(pairs)
    assert sum(facts["histogram"]["old"]) == sum(not math.isnan(was) for was, _ in pairs)
    assert sum(figures.before) == sum(figures.after) == figures.compared
    moves = sorted((abs(s - w) for w, s in pairs if abs(s - w) > 0), reverse=True)
    assert [abs(m["moved"]) for m in facts["movers"]] == moves[:MOVERS]
    assert figures.moved_far == sum(move > 20 for move in moves)


def test_movers_of_equal_size_are_told_apart_by_their_ids_the_same_way_each_time():
    one = _figures([(0.0, 10.0)] * 50).facts()["movers"]
    assert one == _figures([(0.0, 10.0)] * 50).facts()["movers"]
    assert len(one) == MOVERS
    assert [m["contact_id"] for m in one] == sorted(m["contact_id"] for m in one)


def test_who_is_not_written_is_no_mover_but_counts_as_moved():
    figures = _figures([(0.0, 90.0)], written=False)
    assert figures.facts()["movers"] == []
    assert figures.moved_far == 1


def test_a_hundred_is_in_the_last_bin_and_what_somebody_typed_is_somewhere():
    figures = _figures([(100.0, 100.0), (-5.0, 99.0), (1e9, 0.0)])
    assert figures.old[BINS - 1] == 2
    assert figures.old[0] == 1


@pytest.mark.parametrize("text", [None, "", "x", "nan", "inf", "-inf", "1e999"])
def test_what_is_no_number_is_none(text):
    assert math.isnan(number(text))
