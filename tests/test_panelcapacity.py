from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadscore as ls
from leadscore.errors import DataError, UsageError
from leadscore.panelcapacity import ranking
from leadscore.tiers import Cuts, cut


def _frame(probability, **more):
    n = len(probability)
    ids = [str(place) for place in range(n)]
    return pd.DataFrame({"contact_id": ids, "probability": probability, "tier": "C", **more})


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=60),
    st.lists(st.integers(1, 80), min_size=1, max_size=4),
)
def test_the_figures_are_exactly_those_of_the_cut(probability, capacities):
    panel = ls.widgets.capacity(_frame(probability))
    for size in capacities:
        panel.capacity = size
        _, facts = cut(np.sort(probability)[::-1], Cuts(capacity=size))
        assert panel.facts == facts
        assert panel.capacity == size


def test_slider_and_typed_number_follow_each_other():
    panel = ls.widgets.capacity(_frame(np.linspace(0.9, 0.01, 500)), 20)
    assert panel.widget is not None
    panel.number.value = 37
    assert (panel.capacity, round(panel.slider.value)) == (37, 37)
    panel.slider.value = 100
    assert (panel.capacity, panel.number.value) == (100, 100)
    assert "best 100 of 500" in panel._figures.value


def test_those_held_out_and_those_that_reached_the_goal_take_no_place():
    frame = _frame([0.9, 0.8, 0.7, np.nan], held_out=[True, False, False, False])
    frame["tier"] = ["A", "A", "B", "reached"]
    assert ranking(frame).tolist() == [0.8, 0.7]


def test_the_capacity_of_the_scores_is_where_it_starts():
    frame = _frame([0.5, 0.4, 0.3])
    frame.attrs["capacity"] = 2
    assert ls.widgets.capacity(frame).capacity == 2


def test_nothing_to_cut_is_said():
    with pytest.raises(DataError, match="no scored contacts"):
        ls.widgets.capacity(_frame([]))


def test_a_capacity_of_none_is_refused():
    with pytest.raises(UsageError, match="none"):
        ls.widgets.capacity(_frame([0.5]), 0)


def test_page_and_text_say_the_same():
    panel = ls.widgets.capacity(_frame([0.5, 0.4, 0.3]), 1)
    assert "the best 1 of 3 contacts" in panel.page()
    assert "the best 1 of 3 contacts" in repr(panel)
    assert "<script" not in panel.page()
