from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadscore.guards import GUARDS, finding
from leadscore.planfigures import Figures
from leadscore.planguards import FAR, Circumstances, guards_of

FINE = Circumstances(
    signal=True, model="m", live="m", last_contacts=None, writes=10, max_writes=100
)
NAN = float("nan")


def _figures(old, new):
    figures = Figures(far=FAR)
    for place, (was, score) in enumerate(zip(old, new, strict=True)):
        figures.add(
            str(place), was=float(was), score=float(score), was_tier="", tier="A", written=True
        )
    return figures


SPREAD = np.arange(300) % 101
FIRST = _figures([NAN] * 300, SPREAD)


def _blocking(figures, around=FINE):
    found = guards_of(figures, around)
    assert {f["guard"] for f in found} <= set(GUARDS)
    return [f["guard"] for f in found if f["blocks"]]


def test_a_first_plan_of_a_sound_model_is_not_blocked():
    assert guards_of(FIRST, FINE) == []


def test_the_same_scores_again_are_not_blocked():
    assert guards_of(_figures(SPREAD, SPREAD), replace(FINE, last_contacts=300)) == []


@pytest.mark.parametrize(("movers", "blocked"), [(60, False), (61, True)])
def test_more_than_a_fifth_that_move_by_more_than_twenty_points_block(movers, blocked):
    new = SPREAD.copy()
    new[:movers] = np.where(new[:movers] >= 50, new[:movers] - 21, new[:movers] + 21)
    assert ("big_moves" in _blocking(_figures(SPREAD, new))) is blocked


def test_twenty_points_exactly_are_no_big_move():
    assert "big_moves" not in _blocking(
        _figures([40] * 30 + [*range(30)], [60] * 30 + [*range(30)])
    )


def test_of_few_contacts_a_share_says_little():
    assert _blocking(_figures(range(19), [50] * 19)) == []


def test_an_inverted_model_is_caught_by_its_moves():
    assert "big_moves" in _blocking(_figures(SPREAD, 100 - SPREAD))


def test_a_shift_of_the_distribution_blocks_and_a_small_one_is_said():
    higher = np.minimum(100, SPREAD + 19)
    shifted = guards_of(_figures(SPREAD, higher), FINE)
    assert [(f["guard"], f["blocks"]) for f in shifted] == [("distribution_shift", True)]
    new = np.where(SPREAD < 8, SPREAD + 10, SPREAD)
    little = guards_of(_figures(SPREAD, new), FINE)
    assert [(f["guard"], f["blocks"]) for f in little] == [("distribution_shift", False)]
    assert 0.1 <= little[0]["value"] <= 0.25


def test_too_few_contacts_tell_no_shift():
    assert _blocking(_figures(SPREAD[:149], np.minimum(100, SPREAD[:149] + 19))) == []


@pytest.mark.parametrize("score", [0, 50, 100])
def test_constant_scores_block_the_first_time_too(score):
    assert _blocking(_figures([NAN] * 300, [score] * 300)) == ["constant_scores"]
    assert _blocking(_figures([NAN] * 49, [score] * 49)) == []


def test_one_score_for_more_than_half_blocks():
    assert _blocking(_figures([NAN] * 202, [7] * 102 + [*range(100)])) == ["constant_scores"]
    assert _blocking(_figures([NAN] * 202, [7] * 100 + [*range(1, 101), 1, 2])) == []


@pytest.mark.parametrize(
    ("last", "blocked"), [(333, False), (334, True), (None, False), (0, False)]
)
def test_less_than_nine_tenths_of_the_contacts_block(last, blocked):
    figures = _figures(SPREAD, SPREAD)
    assert ("fewer_contacts" in _blocking(figures, replace(FINE, last_contacts=last))) is blocked


def test_no_contacts_at_all_block_only_where_there_were_some():
    none = Figures(far=FAR)
    assert _blocking(none) == []
    assert _blocking(none, replace(FINE, last_contacts=5)) == ["fewer_contacts"]


def test_the_first_time_nothing_is_compared():
    assert _blocking(FIRST, replace(FINE, last_contacts=5_000)) == []


def test_the_cap_the_signal_and_the_live_model_block():
    assert _blocking(FIRST, replace(FINE, writes=101)) == ["write_cap"]
    assert _blocking(FIRST, replace(FINE, signal=False)) == ["no_signal"]
    assert _blocking(FIRST, replace(FINE, live="other")) == ["worse_model"]
    assert _blocking(FIRST, replace(FINE, live=None)) == []


def test_what_scoring_found_is_handed_on():
    earlier = finding("missing_features", blocks=True, says="All values are missing.")
    assert guards_of(FIRST, replace(FINE, earlier=(earlier,))) == [earlier]
