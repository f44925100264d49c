"""Pictures of scores: how they are spread, what drives them, and how they move."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from leadscore.curves import tier_summary
from leadscore.errors import DataError
from leadscore.pictures import (
    BAND,
    BLUE,
    GREY,
    ORANGE,
    TIERS,
    axes_for,
    figure_of,
    label,
    name_bars,
    percent,
    title,
    whiskers,
)
from leadscore.visibletext import visible

__all__ = [
    "conversion_by_tier",
    "importance",
    "score_distribution",
    "score_over_time",
    "waterfall",
]

_CHANCES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99]


def score_distribution(scores: pd.DataFrame, *, ax: Axes | None = None) -> Figure:
    """Draw how many leads have which score, by tier.

    Parameters
    ----------
    scores : DataFrame
        As `leadscore.score` gives it: score (0 to 100), tier.
    ax : Axes, optional
        Where to draw; a new figure when None.
    """
    ax = axes_for(ax, height=3.6)
    known = scores[scores["score"].notna()]
    tiers = [tier for tier in TIERS if (known["tier"] == tier).any()]
    if tiers:
        ax.hist(
            [known.loc[known["tier"] == tier, "score"].to_numpy(dtype=float) for tier in tiers],
            bins=np.linspace(0, 100, 26).tolist(),
            stacked=True,
            color=[TIERS[tier] for tier in tiers],
            label=[f"tier {tier}" for tier in tiers],
        )
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    ax.set(xlabel="score", ylabel="leads", xlim=(0, 100))
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    title(ax, "Scores of all leads", f"{len(known):,} leads; score 80 = above 80 % of past leads")
    return figure_of(ax)


def importance(
    contributions: pd.DataFrame,
    *,
    labels: dict[str, str] | None = None,
    top: int = 12,
    ax: Axes | None = None,
) -> Figure:
    """Draw what drives the score: the mean absolute contribution of each property.

    Parameters
    ----------
    contributions : DataFrame
        As ``LeadModel.contributions`` gives it: a column per property, in log-odds.
    labels : dict, optional
        Names to show instead of the properties' own.
    top : int, default 12
        The most properties shown; the others are added up in one bar.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        There is no property or no row.
    """
    _require(contributions)
    means = contributions.abs().mean().sort_values(ascending=False)
    shown, rest = means.iloc[:top], means.iloc[top:]
    names = [label(name, labels) for name in shown.index]
    values = shown.tolist()
    if len(rest):
        names, values = [*names, f"{len(rest)} others together"], [*values, float(rest.sum())]
    ax = axes_for(ax, height=1.4 + 0.29 * len(names))
    colours = [BLUE] * len(shown) + [BAND] * bool(len(rest))
    ax.barh(range(len(names)), values, color=colours)
    name_bars(ax, names)
    ax.set_xlabel("mean size of its contribution, up or down (log-odds)")
    title(ax, "What drives the score", f"over {len(contributions):,} scored leads")
    return figure_of(ax)


def _require(contributions: pd.DataFrame) -> None:
    if contributions.empty:
        raise DataError(
            "There are no contributions to draw.", hint="Score at least one lead, then try again."
        )


def waterfall(
    contributions: pd.DataFrame,
    contact: object,
    *,
    labels: dict[str, str] | None = None,
    top: int = 8,
    ax: Axes | None = None,
) -> Figure:
    """Draw how one lead's probability comes about, property by property.

    Parameters
    ----------
    contributions : DataFrame
        As ``LeadModel.contributions`` gives it; ``attrs["base"]`` is where every lead starts.
    contact : object
        A label of its index.
    labels, ax
        As for `importance`.
    top : int, default 8
        The most properties shown; the others are added up in one step.

    Raises
    ------
    DataError
        The lead has no contributions.
    """
    _require(contributions)
    if contact not in contributions.index:
        raise DataError(
            f"Contact {visible(contact)} has no contributions.", hint="Choose a scored lead."
        )
    row = contributions.loc[[contact]].iloc[0].astype(float)
    row = row.reindex(row.abs().sort_values(ascending=False).index)
    steps = {label(name, labels): value for name, value in row.iloc[:top].items()}
    if len(row) > top:
        steps[f"{len(row) - top} others together"] = float(row.iloc[top:].sum())
    ax = axes_for(ax, height=1.8 + 0.3 * len(steps))
    base = float(contributions.attrs.get("base", 0.0))
    _steps(ax, base, steps)
    title(
        ax,
        f"Why lead {visible(contact, limit=24)} is at {100 * _chance(base + row.sum()):.1f} %",
        f"from the average starting point, {100 * _chance(base):.1f} %, one property at a time",
    )
    return figure_of(ax)


def _steps(ax: Axes, base: float, steps: dict[str, float]) -> None:
    values = np.array(list(steps.values()))
    ends = base + np.cumsum(values)
    starts = ends - values
    colours = np.where(values >= 0, BLUE, ORANGE).tolist()
    ax.barh(range(len(values)), values, left=starts, color=colours, height=0.6)
    for place, (start, end, value) in enumerate(zip(starts, ends, values, strict=True)):
        ax.plot([end, end], [place - 0.3, place + 1.3], color=GREY, lw=0.8)
        ax.annotate(
            f"{value:+.2f}".replace("-0.00", "0.00"),
            (max(start, end), place),
            (4, 0),
            va="center",
            textcoords="offset points",
        )
    name_bars(ax, list(steps))
    low, high = min(base, *starts, *ends), max(base, *starts, *ends)
    margin = 0.12 * max(high - low, 0.5)
    ax.set_xlim(low - margin, high + 1.5 * margin)
    ax.axvline(base, color=GREY, ls="--", lw=1)
    _as_chances(ax)


def _as_chances(ax: Axes) -> None:
    low, high = ax.get_xlim()
    ticks = [p for p in _CHANCES if low <= np.log(p / (1 - p)) <= high]
    ax.xaxis.set_major_locator(FixedLocator([float(np.log(p / (1 - p))) for p in ticks]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([f"{100 * p:g} %" for p in ticks])
    ax.set_xlabel("probability of converting (numbers at the bars: log-odds)")


def _chance(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))


def conversion_by_tier(scores: pd.DataFrame, *, ax: Axes | None = None) -> Figure:
    """Draw the conversion rate to expect of each tier, if the probabilities are right.

    Parameters
    ----------
    scores : DataFrame
        As `leadscore.score` gives it: tier, probability.
    ax : Axes, optional
        Where to draw; a new figure when None.
    """
    found = tier_summary(scores)
    ax = axes_for(ax, height=3.4)
    ax.bar(found.index, found["rate"], color=[TIERS.get(t, GREY) for t in found.index], width=0.65)
    if len(found):
        whiskers(ax, found.index, found, "rate", name="95 % range by chance alone")
        ax.legend(loc="upper right", frameon=False)
    for place, (leads, expected, rate, high) in enumerate(
        found[["leads", "expected", "rate", "high"]].to_numpy(dtype=float)
    ):
        words = f"{100 * rate:.1f} %\n{expected:,.0f} of {leads:,.0f}"
        ax.annotate(words, (place, high), (0, 4), ha="center", textcoords="offset points")
    ax.set(xlabel="tier", ylabel="expected conversion rate")
    ax.set_ylim(0, 1.3 * float(found["high"].max()) if len(found) else 1)
    ax.yaxis.set_major_formatter(percent())
    title(ax, "What to expect of each tier", "and how many conversions of how many leads")
    return figure_of(ax)


def score_over_time(scores: pd.DataFrame, *, ax: Axes | None = None) -> Figure:
    """Draw how the scores move from run to run: their median, middle half and middle nine tenths.

    Parameters
    ----------
    scores : DataFrame
        Scores as given: ``score`` (0 to 100), ``scored_at`` (UTC) and, if there is one, ``run``.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        There is no score.
    """
    known = scores[scores["score"].notna() & scores["scored_at"].notna()]
    if known.empty:
        raise DataError("There is no score to draw.", hint="Score the leads first.")
    found = _runs(known)
    ax = axes_for(ax)
    at = found.index.to_numpy()
    for low, high, strength, words in ((5, 95, 0.35, "middle 90 %"), (25, 75, 0.8, "middle 50 %")):
        ax.fill_between(at, found[low], found[high], color=BAND, alpha=strength, lw=0, label=words)
        if len(found) == 1:  # a band needs two runs
            ax.vlines(at, found[low], found[high], color=BAND, alpha=strength, lw=24)
    ax.plot(at, found[50], "o-", color=BLUE, lw=2, ms=5, label="median")
    ax.set(ylabel="score", ylim=(0, 100), xlabel="when the scores were given")
    step = -(-len(found) // 6)  # at most six dates fit
    ax.set_xticks(at[::step], [f"{day:%Y-%m-%d}" for day in found.index[::step]])
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    runs = "one run" if len(found) == 1 else f"{len(found):,} runs"
    title(ax, "How the scores move", f"{len(known):,} scores given in {runs}")
    return figure_of(ax)


def _runs(known: pd.DataFrame) -> pd.DataFrame:
    """Return the percentiles of each run's scores, by the time of its first score."""
    if "run" in known:
        first = known.groupby("run")["scored_at"].transform("min")
    else:
        first = known["scored_at"].dt.floor("D")
    grouped = known["score"].astype("float64").groupby(first)
    return pd.DataFrame({share: grouped.quantile(share / 100) for share in (5, 25, 50, 75, 95)})
