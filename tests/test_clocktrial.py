import numpy as np
import pandas as pd

from leadscore.ablation import bin_codes
from leadscore.clocktrial import CUTS, helped, trial

N = 4000
DAYS = pd.Series(pd.date_range("2025-01-01", periods=N, freq="2h", tz="UTC"))
WAVE = np.sin(np.arange(N) / 120)


def tried(rate, *, clock=WAVE, times=DAYS, gap="0D", seed=0):
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=N)
    outcome = (rng.random(N) < 1 / (1 + np.exp(1.5 - trait - rate))).astype(float)
    codes = bin_codes(pd.DataFrame({"trait": trait, "clock": clock}), ["trait", "clock"])
    return trial(codes, outcome, times, clocks=["clock"], gap=pd.Timedelta(gap))


def test_a_season_that_came_again_helped():
    assert helped(tried(1.5 * WAVE))


def test_an_index_that_only_rose_with_the_rate_did_not():
    fall = np.where(np.arange(N) < N / 2, np.arange(N) / N * 4, 3 - np.arange(N) / N * 2)
    assert not helped(tried(fall, clock=np.arange(N) * 1.0))


def test_an_index_that_has_nothing_to_do_with_the_rate_did_not():
    assert not helped(tried(0 * WAVE))


def test_each_cut_is_tried_once_and_the_forecast_is_of_newer_rows():
    found = tried(1.5 * WAVE)
    assert len(found) == len(CUTS)
    assert all(0.5 < without < with_clocks < 1 for with_clocks, without in found)


def test_cuts_that_leave_nothing_before_the_gap_are_left_out():
    assert len(tried(WAVE, gap="250D")) == 1
    assert tried(WAVE, gap="900D") == []
    assert tried(WAVE, times=DAYS.where(DAYS.isna(), DAYS[0])) == []


def test_what_was_never_tried_did_not_help():
    assert not helped([])
