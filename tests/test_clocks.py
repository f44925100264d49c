import numpy as np
import pandas as pd
import pytest

from leadscore.clocks import CLOCK, clock_share, clocks, turns

N = 2000
MONTH = np.arange(N) // 100


def text(values):
    return pd.Series(values).astype(str).astype("str")


CLOCKS = {
    "an index": pd.Series(np.random.default_rng(0).normal(size=20)[MONTH]),
    "a trend with noise": pd.Series(MONTH + np.random.default_rng(0).normal(0, 0.05, N)),
    "a running number": pd.Series(np.arange(N) * 1.0),
    "a month": text(MONTH % 12),
    "an index that came late": pd.Series(np.where(MONTH < 5, np.nan, MONTH)),
}
OTHERS = {
    "a measurement": pd.Series(np.random.default_rng(1).normal(size=N)),
    "one that drifts": pd.Series(np.random.default_rng(1).normal(size=N) + MONTH / 10),
    "a source that changed once": text(
        np.random.default_rng(1).random(N) < 0.2 + (MONTH > 9) * 0.6
    ),
    "a rare value": text(np.random.default_rng(1).random(N) < 0.01),
    "rare numbers": pd.Series((np.random.default_rng(1).random(N) < 0.01) * 1.0),
    "mostly missing": pd.Series(np.where(np.random.default_rng(1).random(N) < 0.9, np.nan, 1.0)),
}


@pytest.mark.parametrize("values", CLOCKS.values(), ids=CLOCKS)
def test_what_time_alone_tells_is_a_clock(values):
    assert clock_share(values) >= CLOCK


@pytest.mark.parametrize("values", OTHERS.values(), ids=OTHERS)
def test_what_differs_between_the_leads_of_one_time_is_none(values):
    assert not clock_share(values) >= CLOCK


@pytest.mark.parametrize(
    "values", [pd.Series(np.ones(N)), text(np.zeros(N)), CLOCKS["a month"][:300]]
)
def test_a_constant_or_too_few_rows_tell_nothing(values):
    assert np.isnan(clock_share(values))


def test_a_property_is_a_clock_when_all_of_its_columns_are():
    frame = pd.DataFrame({"a": CLOCKS["an index"], "b": CLOCKS["an index"] * 2})
    assert [clock.property for clock in clocks(frame, ["one", "one"])] == ["one"]
    mixed = frame.assign(b=OTHERS["a measurement"])
    assert list(clocks(mixed, ["one", "one"])) == []


def test_what_only_rises_turns_once_and_the_weekday_often():
    assert turns(pd.Series(np.arange(N) * 1.0)) == 1
    assert turns(text(np.arange(N) // 50 % 5)) >= 10
    assert turns(pd.Series(np.ones(N))) == 0
