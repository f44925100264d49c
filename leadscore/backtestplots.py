"""Pictures of a backtest: how well it ranks, whether its promises are kept, and against what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from leadscore.breakdowns import breakdown as by_group
from leadscore.curves import calibration_bins, gains_curve, lift_by_tenth
from leadscore.errors import DataError, UsageError
from leadscore.pictures import (
    BAND,
    BLUE,
    GREY,
    ORANGE,
    axes_for,
    figure_of,
    how_tested,
    name_bars,
    percent,
    protocol_words,
    title,
    whiskers,
)
from leadscore.visibletext import visible

__all__ = ["breakdown", "compare", "conversion_over_time", "gains", "lift", "reliability"]

_METRICS = {
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "lift_top_decile": "lift of the best tenth",
    "brier_skill": "Brier skill",
}


def gains(predictions: pd.DataFrame, *, ax: Axes | None = None) -> Figure:
    """Draw which share of the conversions the best share of the leads holds, with a 95 % band.

    Parameters
    ----------
    predictions : DataFrame
        As `leadscore.backtest` gives it: contact_id, outcome, probability; attrs protocol.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        No outcome is known, or nobody converted.
    """
    curve = gains_curve(predictions)
    ax = axes_for(ax)
    ax.fill_between(curve["share"], curve["low"], curve["high"], color=BAND, label="95 % interval")
    ax.plot(curve["share"], curve["reached"], color=BLUE, lw=2, label="by score")
    ax.plot([0, 1], [0, 1], color=GREY, ls="--", lw=1, label="in random order")
    reached = float(np.interp(0.2, curve["share"], curve["reached"]))
    ax.plot([0.2], [reached], "o", color=ORANGE)
    ax.annotate(
        f"the best 20 % of the leads\nhold {100 * reached:.0f} % of the conversions",
        (0.2, reached),
        (0.45, 0.27),
        arrowprops={"arrowstyle": "-", "color": ORANGE},
    )
    ax.set(xlabel="share of the leads, best first", ylabel="share of the conversions reached")
    ax.set(xlim=(0, 1), ylim=(0, 1.02))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(percent())
    ax.legend(loc="lower right", frameon=False)
    title(ax, "Conversions reached by working the best leads first", how_tested(predictions))
    return figure_of(ax)


def lift(predictions: pd.DataFrame, *, ax: Axes | None = None) -> Figure:
    """Draw how often each tenth of the leads converts, against the average, with 95 % intervals.

    Parameters and errors as for `gains`.
    """
    found = lift_by_tenth(predictions)
    ax = axes_for(ax)
    ax.bar(found["tenth"], found["lift"], color=BLUE, width=0.75)
    whiskers(ax, found["tenth"], found, "lift")
    ax.axhline(1, color=GREY, ls="--", lw=1)
    ax.annotate("average", (10.5, 1), ha="right", va="bottom", color=GREY)
    ax.set(xlabel="tenth of the leads, 1 = highest scores", ylabel="conversion rate ÷ average")
    ax.set_xticks(found["tenth"].tolist())
    ax.set(xlim=(0.4, 10.6), ylim=(0, 1.25 * float(found["high"].max())))
    ax.legend(loc="upper right", frameon=False)
    title(ax, "How often each tenth of the leads converts", how_tested(predictions))
    return figure_of(ax)


def reliability(predictions: pd.DataFrame, *, bins: int = 10, ax: Axes | None = None) -> Figure:
    """Draw promised against real conversion rates, with 95 % intervals and a histogram below.

    Parameters
    ----------
    predictions, ax
        As for `gains`.
    bins : int, default 10
        The most groups of leads of similar probability; all of one size.

    Raises
    ------
    DataError
        No outcome is known, or nobody converted.
    """
    found = calibration_bins(predictions, bins=bins)
    ax = axes_for(ax, height=5.6)
    top = min(1.0, 1.1 * float(max(found["high"].max(), found["probability"].max())))
    ax.plot([0, top], [0, top], color=GREY, ls="--", lw=1, label="promise kept exactly")
    whiskers(ax, found["probability"], found, "rate")
    ax.plot(
        found["probability"], found["rate"], "o", color=BLUE, label="leads of similar probability"
    )
    ax.set(xlim=(0, top), ylim=(0, top), ylabel="share that really converted")
    ax.legend(loc="best", frameon=False)
    ax.yaxis.set_major_formatter(percent(0 if top > 0.1 else 1))
    ax.tick_params(labelbottom=False)
    _histogram(ax.inset_axes((0, -0.32, 1, 0.25), sharex=ax), predictions["probability"], top)
    title(ax, "Can the probabilities be taken at their word?", how_tested(predictions))
    return figure_of(ax)


def _histogram(ax: Axes, said: pd.Series[Any], top: float) -> None:
    ax.hist(said.clip(0, top), bins=np.linspace(0, top, 41).tolist(), color=BAND)
    ax.spines[["top", "right"]].set_visible(False)
    above = int((said > top).sum())
    beyond = f" (last bar: with {above:,} above)" if above else ""
    ax.set(xlabel=f"probability given by the model{beyond}", ylabel="test rows")
    ax.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    ax.xaxis.set_major_formatter(percent(0 if top > 0.1 else 1))


def conversion_over_time(
    predictions: pd.DataFrame, data: pd.DataFrame | None = None, *, ax: Axes | None = None
) -> Figure:
    """Draw promised against real conversion rates month by month, with 95 % intervals.

    Parameters
    ----------
    predictions, ax
        As for `gains`, with ``snapshot_at``.
    data : DataFrame, optional
        The training frame: tells the portal's time zone, in which months begin. Else it is UTC.

    Raises
    ------
    DataError
        No outcome is known.
    """
    _require(predictions[predictions["outcome"].notna()], "no outcome is known")
    found = by_group(predictions, predictions if data is None else data, by="month", n=1)
    ax = axes_for(ax, height=5.2)
    places = np.arange(len(found))
    whiskers(ax, places, _bounds(found, "rate"), "rate")
    ax.plot(places, found["rate"], "o", color=BLUE, label="really converted")
    ax.plot(places, found["probability"], "_-", color=ORANGE, lw=1.5, ms=14, label="promised")
    _hollow(ax, places, found["rate"], found["small"].to_numpy(dtype=bool))
    top = 1.25 * float(np.nanmax(found[["rate_high", "probability"]].to_numpy()))
    ax.set(xlim=(-0.6, len(found) - 0.4), ylim=(0, min(1.02, top)), ylabel="conversion rate")
    ax.yaxis.set_major_formatter(percent(0 if top > 0.1 else 1))
    ax.legend(loc="upper right", ncols=2, frameon=False)
    ax.tick_params(labelbottom=False)
    _rows_below(ax, places, found)
    title(ax, "Promised and real conversions, month by month", how_tested(predictions))
    return figure_of(ax)


def _rows_below(ax: Axes, places: Any, found: pd.DataFrame) -> None:
    below = ax.inset_axes((0, -0.32, 1, 0.25), sharex=ax)
    below.bar(places, found["rows"], color=BAND, width=0.75)
    below.spines[["top", "right"]].set_visible(False)
    below.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    step = -(-len(found) // 12)  # at most twelve names fit
    below.set_xticks(places[::step], found["group"].iloc[::step].tolist())
    below.set(xlabel="month of the snapshot", ylabel="test rows")


def _bounds(found: pd.DataFrame, value: str) -> pd.DataFrame:
    name = "auc" if value == "roc_auc" else value
    return pd.DataFrame(
        {value: found[value], "low": found[f"{name}_low"], "high": found[f"{name}_high"]}
    )


def _hollow(ax: Axes, x: Any, y: Any, small: Any) -> None:
    """Draw what rests on few leads as hollow dots."""
    if small.any():
        ax.plot(
            x[small], y[small], "o", color=BLUE, mfc="white", ms=6, zorder=4, label="on few leads"
        )


def breakdown(found: pd.DataFrame, *, value: str = "rate", ax: Axes | None = None) -> Figure:
    """Draw a breakdown: each group's real and promised rate, or its ROC AUC, with 95 % intervals.

    Parameters
    ----------
    found : DataFrame
        As `leadscore.breakdown` gives it.
    value : {"rate", "roc_auc"}
        What to draw.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        There is no group.
    UsageError
        `value` is something else.
    """
    if value not in ("rate", "roc_auc"):
        raise UsageError(f"A breakdown has no {value!r} to draw.", hint="Choose rate or roc_auc.")
    _require(found, "there is no group")
    places = np.arange(len(found))
    ax = axes_for(ax, height=2.2 + 0.3 * len(found), width=8.4)
    real = "really converted, with 95 % interval" if value == "rate" else "95 % interval"
    _dots(ax, places, _bounds(found, value), value, label=real)
    _hollow(ax, found[value], places, found["small"].to_numpy(dtype=bool))
    if value == "rate":
        ax.plot(found["probability"], places, "|", color=ORANGE, ms=13, mew=2.5, label="promised")
        ax.xaxis.set_major_formatter(percent(0 if found["rate_high"].max() > 0.1 else 1))
        ax.set_xlabel("share that converted")
        ax.set_xlim(left=0)
    else:
        ax.axvline(0.5, color=GREY, ls="--", lw=1, label="chance")
        ax.set_xlabel("ROC AUC within the group")
    name_bars(ax, [f"{visible(g, limit=28)}  ({n:,})" for g, n in _sizes(found)])
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(0, -0.5 / figure_of(ax).get_figheight()),
        ncols=4,
        frameon=False,
    )
    by = visible(found.attrs.get("by", "group"), limit=40)
    what = "Promised and real conversions" if value == "rate" else "How well the score ranks"
    title(ax, f"{what} by {by}", f"{_how(found.attrs)}; in brackets: test rows")
    return figure_of(ax)


def _sizes(found: pd.DataFrame) -> list[tuple[str, int]]:
    return list(zip(found["group"], found["rows"], strict=True))


def _dots(
    ax: Axes, places: Any, found: pd.DataFrame, value: str, *, colour: str = BLUE, label: str = ""
) -> None:
    """Draw values with their intervals from left to right, one per line."""
    reach = np.abs(np.array([found[value] - found["low"], found["high"] - found[value]]))
    ax.errorbar(
        found[value],
        places,
        xerr=reach,
        fmt="o",
        color=colour,
        ms=6,
        elinewidth=1.5,
        capsize=3,
        label=label or None,
    )


def compare(found: pd.DataFrame, *, metric: str = "roc_auc", ax: Axes | None = None) -> Figure:
    """Draw the model beside its baselines, each with its 95 % interval.

    Parameters
    ----------
    found : DataFrame
        As `leadscore.compare_baselines` gives it.
    metric : str, default "roc_auc"
        One of its metrics.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    UsageError
        The comparison has no such metric.
    """
    rows = found[found["metric"] == metric].sort_values("value", ascending=False, kind="stable")
    if rows.empty:
        known = ", ".join(dict.fromkeys(found["metric"]))
        raise UsageError(
            f"The comparison has no metric {metric!r}.", hint=f"Choose one of {known}."
        )
    ax = axes_for(ax, height=1.9 + 0.36 * len(rows), width=9)
    _ranked(ax, rows.reset_index(drop=True))
    if metric == "roc_auc":
        ax.axvline(0.5, color=GREY, ls="--", lw=1)
        ax.annotate("chance", (0.5, len(rows) - 0.45), (3, 0), textcoords="offset points")
    ax.set_xlabel(f"{_METRICS.get(metric, metric)}, with 95 % interval")
    many = f"{int(found.attrs['test_rows']):,} test rows; " if "test_rows" in found.attrs else ""
    title(ax, "The model beside what one would do without it", many + _how(found.attrs))
    return figure_of(ax)


def _ranked(ax: Axes, rows: pd.DataFrame) -> None:
    places = np.arange(len(rows))
    for colour, mine in ((BLUE, rows["ranking"] == "model"), (GREY, rows["ranking"] != "model")):
        _dots(ax, places[mine], rows[mine], "value", colour=colour)
    name_bars(ax, [visible(name, limit=34) for name in rows["ranking"]])
    for place, row in enumerate(rows.to_dict("records")):
        at, along = (1.02, place), ("axes fraction", "data")
        ax.annotate(_beside(row), at, xycoords=along, va="center", fontsize=9)


def _beside(row: dict[Any, Any]) -> str:
    said = f"{row['value']:.3f}"
    if row["ranking"] == "model":
        return said
    gap, low, high = (round(row[f"difference{end}"], 3) + 0.0 for end in ("", "_low", "_high"))
    return f"{said}   model {gap:+.3f} ({low:+.3f} to {high:+.3f})"


def _how(attrs: Any) -> str:
    return protocol_words(attrs.get("protocol"))


def _require(rows: pd.DataFrame, why: str) -> None:
    if rows.empty:
        raise DataError(f"There is nothing to draw: {why}.", hint="Sync more of the past.")
