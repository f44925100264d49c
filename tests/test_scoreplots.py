"""Pictures of scores over time; those of one scoring are tested by `test_plots`."""

import numpy as np
import pandas as pd
import pytest

from leadscore.errors import DataError
from leadscore.pictures import to_png
from leadscore.scoreplots import score_over_time


def given(runs: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    start = pd.Timestamp("2026-01-05", tz="UTC")
    return pd.DataFrame(
        {
            "run": np.repeat([f"run {n}" for n in range(runs)], 200),
            "scored_at": np.repeat([start + pd.Timedelta(days=7 * n) for n in range(runs)], 200),
            "score": pd.array(rng.integers(0, 101, 200 * runs), dtype="Int64"),
        }
    )


def test_the_line_is_the_median_of_each_run() -> None:
    scores = given(9)
    figure = score_over_time(scores)
    assert to_png(figure, dpi=40).startswith(b"\x89PNG")
    (line,) = figure.axes[0].get_lines()
    medians = scores.groupby("run")["score"].median()
    assert line.get_ydata().tolist() == medians.astype(float).tolist()
    assert "1,800 scores given in 9 runs" in {t.get_text() for t in figure.axes[0].texts}


def test_scores_of_one_run_stand_at_the_time_of_its_first() -> None:
    scores = given(2)
    late = scores.assign(scored_at=scores["scored_at"] + pd.to_timedelta(np.arange(400), unit="s"))
    (line,) = score_over_time(late).axes[0].get_lines()
    assert len(line.get_ydata()) == 2
    without = late.drop(columns="run")
    (line,) = score_over_time(without).axes[0].get_lines()
    assert len(line.get_ydata()) == 2


def test_one_run_can_be_drawn_and_many_dates_fit() -> None:
    one = score_over_time(given(1)).axes[0]
    assert "200 scores given in one run" in {t.get_text() for t in one.texts}
    assert len(one.collections) == 4  # two bands, and two bars that can be seen
    assert len(score_over_time(given(40)).axes[0].get_xticklabels()) <= 6


def test_no_score_is_an_error() -> None:
    with pytest.raises(DataError, match="no score to draw"):
        score_over_time(given(1).iloc[:0])
