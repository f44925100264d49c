"""The market's hours and seasons."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox.markettime import DAY_MS, activity, creation_weights, seasons, to_ms, to_work

MONDAY = 20454 + 4  # 2026-01-05


def test_working_time_and_milliseconds_are_each_others_inverse() -> None:
    work = MONDAY + np.random.default_rng(0).random(1000) * 700
    again = to_work(to_ms(work))
    assert np.abs(again - work).max() < 1e-7
    assert (to_ms(again) - to_ms(work)).max() <= 1


@pytest.mark.parametrize(("hour", "share"), [(0, 0), (6, 0), (13, 0.5), (20, 1), (23, 1)])
def test_a_day_passes_from_six_to_eight_in_the_evening(hour: int, share: float) -> None:
    assert to_work([MONDAY * DAY_MS + hour * 3_600_000])[0] - MONDAY == share


def test_weekends_are_quiet() -> None:
    week = np.arange(MONDAY, MONDAY + 7)
    for found in (activity(week), seasons(week, MONDAY)[0], creation_weights(week)):
        assert found[5:].max() < 0.5 * found[4]


def test_each_industry_has_its_own_best_season() -> None:
    days = np.arange(MONDAY, MONDAY + 7 * 52, 7)
    best = days[seasons(days, MONDAY).argmax(axis=1)]
    wanted = np.array(fixed.SEASON_DAY)
    # 1970-01-01 is day 0: the day of the year is the rest by the year's length.
    apart = np.abs((best % 365.2425 - wanted + 182) % 365.2425 - 182)
    assert apart.max() < 15
