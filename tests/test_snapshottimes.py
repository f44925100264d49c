from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.errors import UsageError
from leadscore.snapshottimes import (
    DAY_MS,
    NEVER,
    month_starts_between,
    snapshot_times,
    zone_of,
)

MONTHS = np.arange(0, 400, 30) * DAY_MS
days = st.integers(0, 300)


def _ms(text):
    return pd.Timestamp(text, tz="UTC").value // 10**6


@given(st.lists(st.tuples(days, days), max_size=6), st.lists(st.integers(0, 90), max_size=4))
def test_every_contact_has_its_ages_and_month_starts_while_it_is_looked_at(spans, ages):
    start = np.array([first for first, _ in spans], np.int64) * DAY_MS
    end = start + np.array([length for _, length in spans], np.int64) * DAY_MS
    contact, at = snapshot_times(start, end, ages=ages, months=MONTHS)
    slow = [
        (who, moment)
        for who, (first, last) in enumerate(zip(start.tolist(), end.tolist(), strict=True))
        for moment in sorted(
            {first + age * DAY_MS for age in ages} | {m for m in MONTHS.tolist() if m > first}
        )
        if moment < last
    ]
    assert list(zip(contact.tolist(), at.tolist(), strict=True)) == slow


def test_a_contact_that_is_never_there_has_no_snapshot():
    contact, _ = snapshot_times(np.array([NEVER]), np.array([5]), ages=[1], months=MONTHS)
    assert len(contact) == 0


def test_months_start_at_midnight_of_the_zone_in_summer_and_in_winter():
    found = month_starts_between(
        _ms("2026-01-01 04:59"), _ms("2026-07-01 04:00"), ZoneInfo("America/New_York")
    )
    stamps = pd.to_datetime(found, unit="ms", utc=True).tz_convert("America/New_York")
    assert [s.strftime("%m-%d %H:%M") for s in stamps] == [f"0{m}-01 00:00" for m in range(1, 8)]


def test_a_month_that_starts_within_a_gap_of_the_clock_starts_after_it():
    # In Asuncion the clock was put forward at the midnight of 2017-10-01.
    found = month_starts_between(_ms("2017-09-15"), _ms("2017-10-15"), ZoneInfo("America/Asuncion"))
    assert pd.to_datetime(found, unit="ms").tolist() == [pd.Timestamp("2017-10-01 04:00")]


@pytest.mark.parametrize("ages", [["soon"], [-1], [float("nan")]])
def test_ages_are_days_from_zero(ages):
    with pytest.raises(UsageError, match="ages"):
        snapshot_times(np.array([0]), np.array([9]), ages=ages, months=MONTHS)


def test_one_age_needs_no_list():
    contact, at = snapshot_times(np.array([0]), np.array([9 * DAY_MS]), ages=3, months=MONTHS)
    assert (contact.tolist(), at.tolist()) == ([0], [3 * DAY_MS])


def test_a_zone_that_is_not_known_here_may_be_an_offset_and_else_is_utc():
    now = pd.Timestamp("2026-01-01").to_pydatetime()
    assert zone_of("UTC+05:30").utcoffset(now) == pd.Timedelta("5h30min")
    assert zone_of("Nowhere/Land").utcoffset(now) == pd.Timedelta(0)
