"""Pictures of scores as given against what happened afterwards: by tier, and by owner."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leadscore.crmplots import dots
from leadscore.errors import DataError
from leadscore.pictures import (
    GREY,
    ORANGE,
    TIERS,
    axes_for,
    figure_of,
    label,
    percent,
    title,
    whiskers,
)
from leadscore.visibletext import visible

__all__ = ["by_owner", "by_tier"]


def by_tier(found: pd.DataFrame, *, model: str | None = None, ax: Axes | None = None) -> Figure:
    """Draw how leads of each tier converted after they had got their score.

    Parameters
    ----------
    found : DataFrame
        As `leadscore.report.tiers` gives it.
    model : str, optional
        By default the one with the most judged scores.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        No score's horizon has passed.
    """
    own, chosen = _judged(found, model)
    ax = axes_for(ax, height=3.6)
    places = np.arange(len(own))
    ax.bar(places, own["rate"], color=[TIERS.get(t, GREY) for t in own["tier"]], width=0.65)
    whiskers(ax, places, own, "rate")
    ax.scatter(places, own["expected"], marker="_", s=900, color=ORANGE, zorder=3, label="as said")
    for place, row in enumerate(own.to_dict("records")):
        words = f"{row['rate']:.1%}\n{row['converted']:,} of {row['judged']:,}"
        ax.annotate(words, (place, max(row["high"], row["expected"])), (0, 4), ha="center",
                    textcoords="offset points", fontsize=9)  # fmt: skip
    ax.set_xticks(places, [label(tier, None) for tier in own["tier"]], parse_math=False)
    ax.set(xlabel="tier when scored", ylabel="share that converted")
    ax.set_ylim(0, 1.4 * float(max(own["high"].max(), own["expected"].max(), 0.01)))
    ax.yaxis.set_major_formatter(percent())
    ax.legend(loc="upper right", frameon=False)
    title(ax, f"Conversion by tier, {_kind(found)}", _about(own, found, chosen))
    return figure_of(ax)


def by_owner(
    found: pd.DataFrame, *, model: str | None = None, most: int = 15, ax: Axes | None = None
) -> Figure:
    """Draw how scored leads converted by owner, beside what their scores had promised.

    Parameters
    ----------
    found : DataFrame
        As `leadscore.report.owners` gives it.
    model, ax
        As for `by_tier`.
    most : int, default 15
        The most owners shown, those with the most judged leads.

    Raises
    ------
    DataError
        No score's horizon has passed.
    """
    own, chosen = _judged(found, model)
    own = own.sort_values("judged", ascending=False, kind="stable").head(most)
    own = own.reset_index(drop=True)
    names = ["no owner" if pd.isna(one) else f"owner {label(one, None)}" for one in own["owner"]]
    ax = dots(ax, own, names, [f"{r.converted:,} of {r.judged:,}" for r in own.itertuples()])
    right = 1.32 * float(max(own["high"].max(), own["expected"].max()))
    ax.set_xlim(0, max(right, ax.get_xlim()[1]))
    ax.scatter(own["expected"], range(len(own)), marker="|", s=160, color=ORANGE, zorder=3, lw=2,
               label="as the scores said")  # fmt: skip
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.45 / (0.5 + 0.3 * len(own))), ncol=2,
              frameon=False, fontsize=9)  # fmt: skip
    ax.set_xlabel("share of the scored leads that converted; line: 95 % interval")
    title(ax, f"Conversion by owner, {_kind(found)}", _about(own, found, chosen))
    return figure_of(ax)


def _kind(found: pd.DataFrame) -> str:
    rehearsed = found.attrs.get("kind") == "rehearsed"
    return "rehearsed on the backtest" if rehearsed else "as scored then"


def _judged(found: pd.DataFrame, model: str | None) -> tuple[pd.DataFrame, str]:
    known = found[found["judged"] > 0]
    if model is None and len(known):
        model = str(known.groupby("model")["judged"].sum().idxmax())
    own = known[known["model"] == model].reset_index(drop=True)
    if own.empty:
        waiting = int(found["not_due"].sum()) if len(found) else 0
        raise DataError(
            f"No score's horizon has passed yet ({waiting:,} are waiting).",
            hint="Sync and look again when it has.",
        )
    return own, str(model)


def _about(own: pd.DataFrame, found: pd.DataFrame, model: str) -> str:
    waiting = int(found.loc[found["model"] == model, "not_due"].sum())
    goal = found.attrs.get("goal")
    what = f"{visible(goal, limit=40)}; " if goal else ""
    days = "/".join(found.attrs.get("scored", []))
    said = f"{int(own['judged'].sum()):,} scores judged, {waiting:,} not due; {days}"
    return f"{what}{said}; model {visible(model, limit=24)}"
