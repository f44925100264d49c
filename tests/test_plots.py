"""Every plot: what it shows is what the data say, with protocol and interval on it."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leadscore import backtestplots, crmplots, driftplots, outcomeplots, plots, scoreplots
from leadscore.errors import DataError
from leadscore.pictures import to_png


@pytest.fixture(scope="module")
def predictions() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    said = 1 / (1 + np.exp(-rng.normal(-1.5, 1, 1500)))
    rows = pd.DataFrame(
        {
            "contact_id": np.arange(1500).astype(str),
            "snapshot_at": pd.Timestamp("2026-01-01", tz="UTC"),
            "outcome": pd.array(rng.random(1500) < said, dtype="boolean"),
            "probability": said,
            "fold": 0,
        }
    )
    rows.attrs = {"protocol": "temporal_holdout", "reference_rate": 0.2}
    return rows


@pytest.fixture(scope="module")
def contributions() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    columns = {f"p{n}": rng.normal(0, 1 / (n + 1), 60) for n in range(15)}
    frame = pd.DataFrame(columns, index=[str(100 + n) for n in range(60)])
    frame.attrs["base"] = -2.0
    return frame


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "contact_id": np.arange(404).astype(str),
            "probability": np.linspace(0.01, 0.6, 404),
            "score": pd.array(np.arange(404) // 4, dtype="Int64"),
            "tier": ["D"] * 100 + ["C"] * 200 + ["B"] * 50 + ["A"] * 50 + ["reached"] * 4,
        }
    )


def axes(figure: Figure) -> Axes:
    assert to_png(figure, dpi=40).startswith(b"\x89PNG")
    return figure.axes[0]


def texts(ax: Axes) -> str:
    return " | ".join([ax.get_title(loc="left"), *(t.get_text() for t in ax.texts)])


@pytest.mark.parametrize("plot", [plots.gains, plots.lift, plots.reliability])
def test_every_picture_of_a_test_names_its_protocol_and_its_interval(plot, predictions) -> None:
    ax = axes(plot(predictions))
    assert "1,500 test rows; tested on the newest leads" in texts(ax)
    legend = ax.get_legend()
    assert legend is not None
    assert "95 % interval" in {t.get_text() for t in legend.get_texts()}


def test_cross_validation_is_called_optimistic(predictions) -> None:
    rows = predictions.copy()
    rows.attrs = {"protocol": "cross_validation"}
    assert "optimistic" in texts(axes(plots.gains(rows)))


def test_gains_marks_what_the_best_fifth_holds(predictions) -> None:
    best = predictions.nlargest(300, "probability")["outcome"].sum()
    share = 100 * best / predictions["outcome"].sum()
    assert f"hold {share:.0f} % of the conversions" in texts(axes(plots.gains(predictions)))


def test_lift_has_ten_bars_that_average_one(predictions) -> None:
    heights = [bar.get_height() for bar in axes(plots.lift(predictions)).patches]
    assert len(heights) == 10
    assert np.mean(heights) == pytest.approx(1)


def test_reliability_shows_every_test_row_in_its_histogram(predictions) -> None:
    figure = plots.reliability(predictions)
    (below,) = axes(figure).child_axes
    assert sum(bar.get_height() for bar in below.patches) == 1500


def test_score_distribution_stacks_every_lead_once(scores) -> None:
    ax = axes(plots.score_distribution(scores))
    assert sum(bar.get_height() for bar in ax.patches) == 404
    labels = [t.get_text() for t in ax.get_legend().get_texts()]
    assert labels == ["tier A", "tier B", "tier C", "tier D", "tier reached"]


def test_importance_puts_the_largest_first_and_adds_up_the_rest(contributions) -> None:
    ax = axes(plots.importance(contributions, top=3, labels={"p0": "Visits"}))
    means = contributions.abs().mean().sort_values(ascending=False)
    assert [t.get_text() for t in ax.get_yticklabels()] == [
        "Visits", "p1", "p2", "12 others together",
    ]  # fmt: skip
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == pytest.approx([*means.iloc[:3], means.iloc[3:].sum()])


def test_a_waterfall_leads_from_the_base_to_the_leads_own_probability(contributions) -> None:
    ax = axes(plots.waterfall(contributions, "107", top=5))
    total = -2 + contributions.loc["107"].sum()
    assert f"is at {100 / (1 + np.exp(-total)):.1f} %" in texts(ax)
    bars = ax.patches
    assert bars[0].get_x() == pytest.approx(-2)
    assert bars[-1].get_x() + bars[-1].get_width() == pytest.approx(total)
    assert len(bars) == 6


def test_a_waterfall_shows_what_raises_and_what_lowers_in_two_colours(contributions) -> None:
    bars = axes(plots.waterfall(contributions, "107", top=15)).patches
    raising = {bar.get_facecolor() for bar in bars if bar.get_width() > 0}
    lowering = {bar.get_facecolor() for bar in bars if bar.get_width() < 0}
    assert len(raising) == len(lowering) == 1
    assert raising != lowering


def test_a_lead_without_contributions_is_an_error(contributions) -> None:
    with pytest.raises(DataError, match="Contact 7 has no contributions"):
        plots.waterfall(contributions, "7")


@pytest.mark.parametrize("empty", [pd.DataFrame(), pd.DataFrame({"p": pd.Series(dtype=float)})])
def test_no_contributions_are_an_error(empty) -> None:
    with pytest.raises(DataError, match="no contributions to draw"):
        plots.importance(empty)
    with pytest.raises(DataError, match="no contributions to draw"):
        plots.waterfall(empty, "1")


def test_a_tier_bar_is_its_mean_probability(scores) -> None:
    ax = axes(plots.conversion_by_tier(scores))
    rates = scores.groupby("tier")["probability"].mean()
    assert [bar.get_height() for bar in ax.patches] == pytest.approx(rates["A":"D"].tolist())
    assert "of 50" in texts(ax)


def test_no_scores_still_make_a_picture(scores) -> None:
    for plot in (plots.conversion_by_tier, plots.score_distribution):
        axes(plot(scores.iloc[:0]))


def test_plots_draw_into_the_axes_given(predictions, contributions, scores) -> None:
    figure = Figure(layout="constrained")
    grid = figure.subplots(1, 2)
    assert plots.lift(predictions, ax=grid[0]) is figure
    assert plots.waterfall(contributions, "101", ax=grid[1]) is figure
    assert all(ax.patches for ax in grid)


def test_a_property_named_like_a_formula_is_drawn_as_text(contributions) -> None:
    named = contributions.rename(columns={"p0": "$\\frac{1}$", "p1": "cost in $"})
    named.attrs = contributions.attrs
    axes(plots.importance(named))
    axes(plots.waterfall(named, "101"))


def test_a_perfect_and_a_hopeless_ranking_can_be_drawn(predictions) -> None:
    truth = predictions["outcome"].astype(float)
    for said in (truth * 0.98 + 0.01, 0.99 - truth * 0.98, truth * 0 + 0.2):
        rows = predictions.assign(probability=said)
        for plot in (plots.gains, plots.lift, plots.reliability):
            axes(plot(rows))


def test_the_default_figures_have_room_for_every_text(predictions, contributions, scores) -> None:
    for figure in (
        plots.gains(predictions),
        plots.lift(predictions),
        plots.reliability(predictions),
        plots.importance(contributions),
        plots.waterfall(contributions, "101"),
        plots.conversion_by_tier(scores),
        plots.score_distribution(scores),
    ):
        figure.draw_without_rendering()
        tight = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        assert tight.x0 >= -0.3
        assert tight.x1 <= width + 0.4
        assert tight.y0 >= -0.6
        assert tight.y1 <= height + 0.4


def test_every_kind_of_picture_is_among_the_plots() -> None:
    homes = (backtestplots, crmplots, driftplots, outcomeplots, scoreplots)
    assert {name for home in homes for name in home.__all__} == set(plots.__all__)
    assert all(callable(getattr(plots, name)) for name in plots.__all__)
