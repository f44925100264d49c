"""Pictures of what a portal holds and how its contacts convert: one function, one figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from leadscore.errors import DataError
from leadscore.pictures import (
    BAND,
    BLUE,
    GREY,
    ORANGE,
    axes_for,
    figure_of,
    label,
    name_bars,
    percent,
    title,
)
from leadscore.visibletext import visible

__all__ = [
    "ages",
    "campaigns",
    "cohorts",
    "completeness",
    "funnel",
    "sources",
    "speed_to_lead",
]

_MOST_PARTS = 18
_DARK_TEXT = 0.55  # of the greatest value: from there a cell's number is white


def period(found: pd.DataFrame) -> str:
    """Return in words which contacts a report is about."""
    facts = found.attrs
    created = facts.get("created") or []
    about = f"{facts.get('contacts', 0):,} contacts"
    return f"{about} created {created[0]} to {created[-1]}" if created else about


def _require(found: pd.DataFrame, what: str) -> None:
    if found.empty:
        raise DataError(f"There are no {what} to draw.", hint="Sync a portal that has contacts.")


def _left(names: list[str], total: int) -> str:
    return f"; the {len(names)} largest of {total}" if total > len(names) else ""


# funnel and cohorts ------------------------------------------------------------------------------


def funnel(found: pd.DataFrame, *, ax: Axes | None = None) -> Figure:
    """Draw how many contacts reached each lifecycle stage, and which share went on.

    Parameters
    ----------
    found : DataFrame
        As `leadscore.report.funnel` gives it; by source or month it is a table of shares.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        There are no contacts.
    """
    _require(found[found["contacts"] > 0], "contacts")
    by = found.attrs.get("by")
    steps = found[~found["stage"].isin(found.attrs.get("aside", []))]
    if by:
        return _funnels(steps, str(by), ax)
    steps = steps.reset_index(drop=True)
    ax = axes_for(ax, height=1.4 + 0.42 * len(steps))
    ax.barh(range(len(steps)), steps["reached"].astype(float), color=BLUE, height=0.62)
    for place, row in enumerate(steps.to_dict("records")):
        words = f"{row['reached']:,}  ({row['share']:.1%})"
        if place and not np.isnan(row["from_previous"]):
            words += (
                f"\n{row['from_previous']:.0%} of the stage before"
                f" [{row['low']:.0%} to {row['high']:.0%}]"
            )
        at = (float(row["reached"]), place)
        ax.annotate(words, at, (5, 0), va="center", textcoords="offset points", fontsize=8.5)
    name_bars(ax, [label(one, None) for one in steps["label"]])
    ax.set_xlim(0, 1.42 * max(float(steps["reached"].max()), 1))
    ax.set_xlabel("contacts that reached the stage, or a later one")
    title(ax, "Lifecycle funnel", f"{period(found)}; in brackets 95 % intervals")
    return figure_of(ax)


def _funnels(steps: pd.DataFrame, by: str, ax: Axes | None) -> Figure:
    parts = steps[by].fillna("(none)")
    sizes = steps.assign(part=parts).groupby("part", sort=False)["contacts"].first()
    kept = list(sizes.index[-_MOST_PARTS:] if by == "month" else sizes.index[:_MOST_PARTS])
    table = steps.assign(part=parts).pivot_table("share", "part", "stage", sort=False)
    stages = list(steps["stage"].unique())[1:]
    names = [f"{label(part, None)}  ({sizes[part]:,})" for part in kept]
    labels = dict(zip(steps["stage"], steps["label"], strict=True))
    cells = table.loc[kept, stages].to_numpy(dtype=float)
    ax = _heatmap(ax, cells, names, [label(labels[stage], None) for stage in stages])
    ax.tick_params(axis="x", rotation=25)
    for tick in ax.get_xticklabels():
        tick.set_horizontalalignment("right")
    words = "source" if by == "source" else f"month of creation ({steps.attrs.get('time_zone')})"
    more = _left(kept, len(sizes)) if by == "source" else ""
    title(ax, f"Funnel by {words}", f"% of {period(steps)} that reached a stage{more}")
    return figure_of(ax)


def cohorts(found: pd.DataFrame, *, months: int = 18, ax: Axes | None = None) -> Figure:
    """Draw which share of each month's new contacts had converted at which age.

    Parameters
    ----------
    found : DataFrame
        As `leadscore.report.cohorts` gives it.
    months : int, default 18
        The most months shown, the newest ones.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        There are no contacts.
    """
    _require(found, "cohorts")
    kept = sorted(found["month"].unique())[-months:]
    sizes = found.groupby("month")["contacts"].first()
    table = found.pivot_table("rate", "month", "age", dropna=False).loc[kept]
    names = [f"{month}  ({sizes[month]:,})" for month in kept]
    ax = _heatmap(ax, table.to_numpy(dtype=float), names, [str(age) for age in table.columns])
    ax.set_xlabel("age in months of 30 days; empty: not all of them are that old yet")
    goal = visible(str(found.attrs.get("goal")).partition(" within ")[0], limit=40)
    title(ax, f"Cohorts: converted ({goal}) by age", f"% of {period(found)}, by month (size)")
    return figure_of(ax)


def _heatmap(ax: Axes | None, cells: Any, rows: list[str], columns: list[str]) -> Axes:
    ax = axes_for(ax, height=1.5 + 0.29 * len(rows), width=max(6.4, 2.4 + 0.55 * len(columns)))
    known = cells[~np.isnan(cells)]
    most = max(float(known.max()) if len(known) else 0.0, 0.01)
    # One hue from light to dark reads the same to every kind of colour vision, and on paper.
    ax.imshow(np.ma.masked_invalid(cells), cmap="Blues", vmin=0, vmax=most, aspect="auto")
    decimals = 0 if most > 0.3 else 1
    for (row, column), value in np.ndenumerate(cells):
        if not np.isnan(value):
            dark = value > _DARK_TEXT * most
            words = f"{100 * value:.{decimals}f}"
            colour = "white" if dark else "#17202a"
            ax.text(column, row, words, ha="center", va="center", fontsize=8, color=colour)
    ax.set_xticks(range(len(columns)), columns, parse_math=False)
    ax.set_yticks(range(len(rows)), rows, parse_math=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return ax


# rates with intervals ----------------------------------------------------------------------------


def sources(found: pd.DataFrame, *, most: int = 15, ax: Axes | None = None) -> Figure:
    """Draw how contacts from each source convert, with intervals.

    Parameters
    ----------
    found : DataFrame
        As `leadscore.report.sources` gives it.
    most : int, default 15
        The most sources shown, those with the most contacts.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        Nobody's horizon has passed.
    """
    return _rates(found, "source", most, ax)


def campaigns(found: pd.DataFrame, *, most: int = 15, ax: Axes | None = None) -> Figure:
    """Draw how contacts from each campaign convert; all as for `sources`."""
    return _rates(found, "campaign", most, ax)


def _rates(found: pd.DataFrame, by: str, most: int, ax: Axes | None) -> Figure:
    judged = found[found["judged"] > 0].reset_index(drop=True)
    if judged.empty:
        raise DataError(
            "No contact's horizon has passed yet, so there is nothing to draw.",
            hint="Choose a shorter horizon, or wait.",
        )
    shown = judged.head(most)
    names = [label(name, None) for name in shown[by].fillna("(none)")]
    ax = dots(ax, shown, names, [f"{r.converted:,} of {r.judged:,}" for r in shown.itertuples()])
    whole = float(judged["converted"].sum()) / float(judged["judged"].sum())
    ax.axvline(whole, color=GREY, ls="--", lw=1)
    ax.annotate(f" all: {whole:.1%}", (whole, -0.58), va="top", color=GREY, fontsize=8.5)
    young = int(found["immature"].sum())
    _name_share(ax, found)
    about = f"{period(found)}; {young:,} too young, not counted{_left(names, len(judged))}"
    named = visible(found.attrs.get("label", by), limit=40)
    title(ax, f"Conversion by {by} ({named})", about)
    return figure_of(ax)


def _name_share(ax: Axes, found: pd.DataFrame) -> None:
    goal = visible(found.attrs.get("goal"), limit=60)
    ax.set_xlabel(f"share that converted: {goal} of creation; line: 95 % interval")


def dots(ax: Axes | None, found: pd.DataFrame, names: list[str], words: list[str]) -> Axes:
    """Draw rates as dots with their intervals, the first on top, words at the right."""
    ax = axes_for(ax, height=1.7 + 0.3 * len(names), width=7.2)
    places = np.arange(len(names))
    ax.hlines(places, found["low"], found["high"], color=BAND, lw=5)
    ax.plot(found["rate"], places, "o", color=BLUE, ms=6)
    right = 1.32 * max(float(found["high"].max()), 0.01)
    for place, said in enumerate(words):
        ax.annotate(said, (right, place), (-3, 0), va="center", ha="right",
                    textcoords="offset points", fontsize=8.5, color=GREY)  # fmt: skip
    name_bars(ax, names)
    ax.set_xlim(0, right)
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(percent(0 if right > 0.05 else 1))
    return ax


def speed_to_lead(found: pd.DataFrame, *, most: int = 15, ax: Axes | None = None) -> Figure:
    """Draw how fast sales turned to new contacts: by owner, or how each speed converted.

    Parameters
    ----------
    found : DataFrame
        As `leadscore.report.speed_to_lead` gives it.
    most : int, default 15
        The most owners shown.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        Nobody was contacted, or nobody's horizon has passed.
    """
    if found.attrs.get("by") == "band":
        judged = found[found["judged"] > 0].reset_index(drop=True)
        _require(judged, "judged contacts")
        words = [f"{r.converted:,} of {r.judged:,}" for r in judged.itertuples()]
        ax = dots(ax, judged, list(judged["band"]), words)
        _name_share(ax, found)
        title(ax, "Conversion by speed to lead", f"{period(found)}; sales picks whom to call first")
        return figure_of(ax)
    return _speeds(found, most, ax)


def _speeds(found: pd.DataFrame, most: int, ax: Axes | None) -> Figure:
    touched = found[found["contacted"] > 0].reset_index(drop=True)
    _require(touched, "contacted leads")
    shown = touched.head(most + 1)
    ax = axes_for(ax, height=1.8 + 0.34 * len(shown), width=7.2)
    left = np.zeros(len(shown))
    shares = {
        "within 5 minutes": "within_5_min",
        "1 hour": "within_1_hour",
        "1 day": "within_1_day",
    }
    colours = ("#08519c", "#4292c6", "#9ecae1")
    for (words, name), colour in zip(shares.items(), colours, strict=True):
        wide = shown[name].to_numpy(dtype=float) - left
        ax.barh(range(len(shown)), wide, left=left, color=colour, height=0.62, label=words)
        left = shown[name].to_numpy(dtype=float)
    ax.barh(range(len(shown)), 1 - left, left=left, color="#e8ebef", height=0.62, label="later")
    for place, row in enumerate(shown.to_dict("records")):
        words = f"median {duration(row['median_hours'])}, {row['contacted']:,} contacted"
        ax.annotate(words, (1.02, place), va="center", fontsize=8.5, annotation_clip=False)
    names = [
        "all owners" if pd.isna(one) else f"owner {label(one, None)}" for one in shown["owner"]
    ]
    name_bars(ax, names)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(percent())
    ax.set_xlabel("share of the contacts that sales turned to, by the time it took")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.55 / (0.5 + 0.34 * len(shown))), ncol=4,
              frameon=False, fontsize=9)  # fmt: skip
    title(ax, "Speed to lead: creation to first touch", period(found))
    return figure_of(ax)


def duration(hours: float) -> str:
    """Return a time span in words.

    Examples
    --------
    >>> duration(0.5), duration(30), duration(300)
    ('30 min', '30 h', '12 days')
    """
    if hours < 2:
        return f"{60 * hours:.0f} min"
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:,.0f} days"


# what is there -----------------------------------------------------------------------------------


def completeness(found: pd.DataFrame, *, most: int = 40, ax: Axes | None = None) -> Figure:
    """Draw which share of the records has each property filled.

    Parameters
    ----------
    found : DataFrame
        As `leadscore.report.completeness` gives it.
    most : int, default 40
        The most properties shown, the fullest first; empty ones are only counted.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        No property is filled.
    """
    filled = found[found["filled"] > 0]
    _require(filled, "filled properties")
    shown = filled.head(most).reset_index(drop=True)
    ax = axes_for(ax, height=1.4 + 0.2 * len(shown), width=7.2)
    kept = shown["history"].fillna(0) > 0
    for has, colour, words in ((True, BLUE, "with history"), (False, ORANGE, "no history")):
        own = np.flatnonzero(kept == has)
        if len(own):
            ax.barh(own, shown["share"].iloc[own], color=colour, height=0.7, label=words)
    name_bars(ax, [label(one, None) for one in shown["label"]])
    ax.tick_params(axis="y", labelsize=8.5)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(percent())
    ax.legend(loc="lower right", framealpha=0.9, edgecolor="none")
    facts = found.attrs
    what = facts.get("object", "records")
    ax.set_xlabel(f"share of the {what} that have a value")
    empty, rest = int((found["filled"] == 0).sum()), len(filled) - len(shown)
    more = f"; {rest} emptier not shown" if rest else ""
    title(
        ax,
        f"What is known of {what}",
        f"{facts.get('records', 0):,} {what}; {empty} properties are empty{more}",
    )
    return figure_of(ax)


def ages(found: pd.DataFrame, *, ax: Axes | None = None) -> Figure:
    """Draw how old the open contacts are, and how long ago they last did or got anything.

    Parameters
    ----------
    found : DataFrame
        As `leadscore.report.ages` gives it.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        There are no open contacts.
    """
    _require(found[found["contacts"] > 0], "open contacts")
    ax = axes_for(ax, width=7.2)
    medians = found.attrs.get("median_days", {})
    kinds = {"age": (BLUE, "since creation"), "silence": (ORANGE, "since the last activity")}
    for place, (what, (colour, words)) in enumerate(kinds.items()):
        own = found[found["what"] == what].reset_index(drop=True)
        at = np.arange(len(own)) + 0.4 * place - 0.2
        middle = medians.get(what, float("nan"))
        said = "" if np.isnan(middle) else f" (median {middle:,.0f} days)"
        ax.bar(at, own["share"], width=0.38, color=colour, label=words + said,
               hatch="" if place == 0 else "//", edgecolor="white")  # fmt: skip
    names = list(found.loc[found["what"] == "age", "band"])
    ax.set_xticks(range(len(names)), names, rotation=25, ha="right")
    ax.yaxis.set_major_formatter(percent())
    ax.set_ylabel("share of the open contacts")
    ax.legend(frameon=False)
    facts = found.attrs
    goal = visible(str(facts.get("goal")).partition(" within ")[0], limit=40)
    title(ax, "Age and silence of open contacts",
          f"{facts.get('open', 0):,} of {period(found)} have not reached: {goal}")  # fmt: skip
    return figure_of(ax)
