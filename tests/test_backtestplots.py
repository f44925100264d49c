"""Pictures of a backtest: each mark is a figure of the table that it draws."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from panels import panel

from leadscore import backtestplots as plots
from leadscore.breakdowns import breakdown
from leadscore.errors import DataError, UsageError
from leadscore.pictures import to_png

DATA = panel(600)


def predicted() -> pd.DataFrame:
    rows = DATA[["contact_id", "snapshot_at", "outcome"]].copy()
    rows["probability"] = 1 / (1 + np.exp(2.5 - DATA["interest"]))
    rows.attrs = {"protocol": "rolling", "reference_rate": 0.1}
    return rows


ROWS = predicted()


def compared() -> pd.DataFrame:
    found = pd.DataFrame(
        [
            ("base rate", "roc_auc", 0.5, 0.5, 0.5, 0.2, 0.15, 0.25),
            ("model", "roc_auc", 0.7, 0.65, 0.75, 0.0, 0.0, 0.0),
            ("boosted trees", "roc_auc", 0.71, 0.66, 0.76, -0.01, -0.03, 0.01),
            ("model", "brier_skill", 0.1, 0.05, 0.15, 0.0, 0.0, 0.0),
        ],
        columns=[
            *("ranking", "metric", "value", "low", "high"),
            *("difference", "difference_low", "difference_high"),
        ],
    )
    found.attrs = {"protocol": "temporal_holdout", "test_rows": 1234}
    return found


def axes(figure: Figure) -> Axes:
    assert to_png(figure, dpi=40).startswith(b"\x89PNG")
    return figure.axes[0]


def words(ax: Axes) -> str:
    legend = ax.get_legend()
    told = [t.get_text() for t in legend.get_texts()] if legend else []
    texts = [t.get_text() for t in ax.texts]
    return " | ".join([ax.get_title(loc="left"), ax.get_xlabel(), *texts, *told])


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.conversion_over_time(ROWS),
        lambda: plots.breakdown(breakdown(ROWS, DATA, by="source")),
        lambda: plots.breakdown(breakdown(ROWS, DATA, by="source"), value="roc_auc"),
        lambda: plots.compare(compared()),
    ],
    ids=["over time", "rates", "aucs", "compare"],
)
def test_every_picture_names_its_protocol_and_its_interval(draw) -> None:
    said = words(axes(draw()))
    assert "95 % interval" in said
    assert "tested block after block" in said or "tested on the newest leads" in said


def test_over_time_each_month_stands_with_its_real_and_its_promised_rate() -> None:
    ax = axes(plots.conversion_over_time(ROWS))
    found = breakdown(ROWS, ROWS)
    lines = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    assert lines["really converted"].tolist() == found["rate"].tolist()
    assert lines["promised"].tolist() == found["probability"].tolist()
    (below,) = ax.child_axes
    assert [bar.get_height() for bar in below.patches] == found["rows"].tolist()


def test_over_time_the_months_are_those_of_the_portal() -> None:
    data = DATA.copy()
    data.attrs = DATA.attrs | {"snapshots": {"time_zone": "America/New_York"}}
    (below,) = axes(plots.conversion_over_time(ROWS, data)).child_axes
    assert below.get_xticklabels()[0].get_text() == "2024-12"


def test_over_many_months_only_some_are_named() -> None:
    often = ROWS.assign(
        snapshot_at=pd.Timestamp("2020-01-01", tz="UTC")
        + pd.to_timedelta(np.arange(len(ROWS)) % 1800, unit="D")
    )
    (below,) = axes(plots.conversion_over_time(often)).child_axes
    assert len(below.patches) == 60
    assert len(below.get_xticklabels()) == 12


def test_groups_on_few_leads_are_hollow_and_others_are_not() -> None:
    few = DATA.assign(few=np.where(DATA["contact_id"] < "00020", "few", "many"))
    found = breakdown(ROWS, few, by="few")
    for value in ("rate", "roc_auc"):
        (hollow,) = [
            line
            for line in axes(plots.breakdown(found, value=value)).get_lines()
            if line.get_label() == "on few leads"
        ]
        assert hollow.get_xdata().tolist() == found.loc[found["small"], value].tolist()
    assert "on few leads" not in words(axes(plots.breakdown(breakdown(ROWS, DATA, by="source"))))


def test_a_breakdown_names_its_groups_with_their_rows() -> None:
    found = breakdown(ROWS, DATA, by="source")
    ax = axes(plots.breakdown(found))
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert names == [f"{g}  ({n:,})" for g, n in zip(found["group"], found["rows"], strict=True)]
    assert "by source" in ax.get_title(loc="left")


def test_a_comparison_is_sorted_and_says_each_difference() -> None:
    ax = axes(plots.compare(compared()))
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert names == ["boosted trees", "model", "base rate"]
    said = words(ax)
    assert "0.710   model -0.010 (-0.030 to +0.010)" in said
    assert "1,234 test rows" in said
    assert "chance" in said
    assert "Brier skill" in words(axes(plots.compare(compared(), metric="brier_skill")))


def test_what_cannot_be_drawn_is_an_error_that_says_why() -> None:
    with pytest.raises(UsageError, match="no metric 'gini'"):
        plots.compare(compared(), metric="gini")
    with pytest.raises(UsageError, match="no 'lift' to draw"):
        plots.breakdown(breakdown(ROWS, DATA, by="source"), value="lift")
    with pytest.raises(DataError, match="no outcome is known"):
        plots.conversion_over_time(ROWS.iloc[:0])


def test_pictures_are_drawn_into_the_axes_given() -> None:
    figure = Figure(layout="constrained")
    grid = figure.subplots(1, 3)
    assert plots.compare(compared(), ax=grid[0]) is figure
    assert plots.breakdown(breakdown(ROWS, DATA, by="source"), ax=grid[1]) is figure
    assert plots.conversion_over_time(ROWS, ax=grid[2]) is figure


def test_the_default_figures_have_room_for_every_text() -> None:
    found = breakdown(ROWS, DATA.assign(source="a source with quite a long name, as people have"))
    for figure in (
        plots.conversion_over_time(ROWS),
        plots.breakdown(found),
        plots.compare(compared()),
    ):
        figure.draw_without_rendering()
        tight = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        assert tight.x0 >= -0.3
        assert tight.x1 <= width + 0.4
        assert tight.y0 >= -0.9
        assert tight.y1 <= height + 0.4
