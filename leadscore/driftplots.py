"""Pictures of what `leadscore.monitor` found: one function, one figure."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leadscore.drifting import MOVED, WATCH
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

__all__ = ["drift", "forward"]

_RATE = "forward rate"
_WIDEST = 1.0  # a PSI beyond it is written into its bar
_COLOURS = {"alarm": ORANGE, "advice": BLUE}


def drift(
    found: pd.DataFrame,
    *,
    labels: dict[str, str] | None = None,
    top: int = 15,
    ax: Axes | None = None,
) -> Figure:
    """Draw how far the score and the properties have moved, against the customary bounds.

    Parameters
    ----------
    found : DataFrame
        As `leadscore.monitor` or `leadscore.drifting.drift` gives it.
    labels : dict, optional
        Names to show instead of the properties' own.
    top : int, default 15
        The most properties shown, those that moved most; the score always.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        The frame has no PSI.
    """
    rows = found[found["check"] == "psi"].sort_values(
        ["value", "property"], ascending=[False, True]
    )
    if rows.empty:
        raise DataError(
            "There is no drift to draw: no row of the check psi.",
            hint="There are no leads yet that came after those that the model learnt from.",
        )
    score = rows["property"] == ""
    shown = pd.concat([rows[score], rows[~score].head(top)])
    names = [label(name, labels) if name else "the score" for name in shown["property"]]
    ax = axes_for(ax, height=1.4 + 0.29 * len(names))
    colours = [_COLOURS.get(verdict, BAND) for verdict in shown["verdict"]]
    ax.barh(range(len(names)), shown["value"], color=colours)
    for bound, style, words in ((WATCH, ":", "look from here"), (MOVED, "--", "moved from here")):
        ax.axvline(bound, color=GREY, linestyle=style, linewidth=1, label=words)
    ax.legend(loc="lower right", frameon=False)
    name_bars(ax, names)
    widest = min(_WIDEST, max(1.2 * MOVED, 1.05 * float(shown["value"].max())))
    ax.set_xlim(0, widest)
    for place, value in enumerate(shown["value"]):
        if value > widest:
            ax.annotate(f"{value:.1f}", (widest, place), (-4, 0), ha="right", va="center",
                        textcoords="offset points", color="white")  # fmt: skip
    ax.set_xlabel("population stability index (PSI)")
    rest = int((~score).sum()) - min(top, int((~score).sum()))
    below = f"{int(shown['rows'].max()):,} newer snapshots against those that the model learnt from"
    title(ax, "What has moved", below + (f"; {rest} more properties moved less" if rest else ""))
    return figure_of(ax)


def forward(found: pd.DataFrame, *, model: str | None = None, ax: Axes | None = None) -> Figure:
    """Draw how often the leads of each tier converted, as they were scored, with 95 % intervals.

    The mark on each bar is what the probabilities had said.

    Parameters
    ----------
    found : DataFrame
        As `leadscore.monitor` or `leadscore.forward.forward_check` gives it.
    model : str, optional
        Whose scores, by id; by default those of the model with the most scores judged.
    ax : Axes, optional
        Where to draw; a new figure when None.

    Raises
    ------
    DataError
        No score that was given can be judged yet.
    """
    tiers = found[(found["check"] == _RATE) & found["part"].str.startswith("tier ")]
    if model is None and len(tiers):
        model = str(tiers.groupby("model")["rows"].sum().idxmax())
    own = tiers[tiers["model"] == model].sort_values("part")
    if own.empty:
        raise DataError(
            "There is no forward check to draw: no score's horizon has passed.",
            hint="Come back when the first scores are as old as the goal's horizon.",
        )
    names = own["part"].str.removeprefix("tier ").tolist()
    ax = axes_for(ax, height=3.4)
    ax.bar(names, own["value"], color=[TIERS.get(name, GREY) for name in names], width=0.65)
    whiskers(ax, names, own, "value")
    places = np.arange(len(names))
    ax.scatter(places, own["expected"], marker="_", s=900, color=ORANGE, zorder=3, label="as said")
    for place, (rows, high) in enumerate(own[["rows", "high"]].to_numpy(dtype=float)):
        words = f"{rows:,.0f} leads"
        ax.annotate(words, (place, high), (0, 4), ha="center", textcoords="offset points")
    ax.legend(loc="upper right", frameon=False)
    ax.set(xlabel="tier when scored", ylabel="share that converted")
    ax.set_ylim(0, 1.3 * float(max(own["high"].max(), own["expected"].max(), 0.01)))
    ax.yaxis.set_major_formatter(percent())
    title(ax, "What became of the scores", f"model {model}: leads whose horizon has passed")
    return figure_of(ax)
