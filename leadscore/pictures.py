"""What all pictures share: colours, frames, titles, whiskers, and how they become PNG."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Any
from unicodedata import east_asian_width

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from leadscore.visibletext import visible

__all__ = [
    "BAND",
    "BLUE",
    "GREY",
    "ORANGE",
    "TIERS",
    "Picture",
    "axes_for",
    "figure_of",
    "how_tested",
    "label",
    "name_bars",
    "percent",
    "protocol_words",
    "title",
    "to_png",
    "whiskers",
]

BLUE, ORANGE, GREY, BAND = "#0072B2", "#D55E00", "#6b7280", "#9cc9e6"
TIERS = {"A": "#08519c", "B": "#4292c6", "C": "#9ecae1", "D": "#d5dde5", "reached": "#009E73"}
_WIDEST = 34  # letters of a name
_PROTOCOLS = {
    "temporal_holdout": "tested on the newest leads, which the model had not seen",
    "rolling": "tested block after block, always on newer leads",
    "cross_validation": "cross-validation: optimistic, because time is unknown",
}


class Picture(Figure):
    """A figure that a notebook shows although pyplot was never imported."""

    def _repr_png_(self) -> bytes:
        return to_png(self)


def to_png(figure: Figure, *, dpi: int = 144) -> bytes:
    """Return a figure as PNG bytes.

    Examples
    --------
    >>> to_png(Figure(figsize=(1, 1)), dpi=20)[1:4]
    b'PNG'
    """
    target = BytesIO()
    with warnings.catch_warnings():
        # A letter that the font lacks is drawn as a box: no reason to stop, or to warn.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        figure.savefig(
            target,
            format="png",
            dpi=dpi,
            bbox_inches="tight",
            bbox_extra_artists=_shown(figure),
            facecolor="white",
        )
    return target.getvalue()


def _shown(figure: Figure) -> list[Artist]:
    """Return all that the file must hold, lines that take no part in the layout included."""
    return [one for ax in figure.axes for one in (*ax.get_default_bbox_extra_artists(), *ax.texts)]


def protocol_words(protocol: str | None) -> str:
    """Return in plain words how a model was tested.

    Examples
    --------
    >>> protocol_words("cross_validation")
    'cross-validation: optimistic, because time is unknown'
    """
    return _PROTOCOLS.get(str(protocol), visible(protocol) if protocol else "protocol not stated")


def axes_for(ax: Axes | None, *, height: float = 4.2, width: float = 6.4) -> Axes:
    """Return the axes given, or those of a new picture (inches)."""
    if ax is None:
        ax = Picture(figsize=(width, height), layout="constrained").add_subplot()
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    return ax


def figure_of(ax: Axes) -> Figure:
    """Return the figure that the axes are in."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def title(ax: Axes, text: str, below: str = "") -> None:
    """Put a title on the axes, and a smaller line below it."""
    pad = 24 if below else 10
    ax.set_title(text, loc="left", fontweight="bold", fontsize=12, pad=pad, parse_math=False)
    if below:
        # In points: a share of the height would run into the title of a tall picture.
        line = ax.annotate(
            below,
            (0, 1),
            (0, 8),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=9.5,
            color=GREY,
            parse_math=False,
        )
        line.set_in_layout(False)  # a long line must not squeeze the picture below it


def how_tested(predictions: pd.DataFrame) -> str:
    """Return on how many rows, and how, the predictions were made."""
    rows = int(predictions["outcome"].notna().sum())
    words = protocol_words(predictions.attrs.get("protocol"))
    return f"{rows:,} test rows; {words}"


def whiskers(
    ax: Axes, places: Any, found: pd.DataFrame, value: str, *, name: str = "95 % interval"
) -> None:
    """Draw the intervals from ``low`` to ``high`` around a column."""
    reach = np.abs(np.array([found[value] - found["low"], found["high"] - found[value]]))
    ax.errorbar(
        places,
        found[value],
        yerr=reach,
        fmt="none",
        ecolor="#1f2937",
        elinewidth=1.2,
        capsize=3,
        label=name,
    )


def percent(decimals: int = 0) -> PercentFormatter:
    """Return a formatter for shares from 0 to 1."""
    return PercentFormatter(1, decimals=decimals, symbol=" %")


def label(name: object, labels: dict[str, str] | None) -> str:
    """Return a property's name as it is to be shown."""
    return _narrow(visible((labels or {}).get(str(name), name), limit=_WIDEST))


def _narrow(text: str) -> str:
    """Cut a text to the width of the longest name: some letters are as wide as two."""
    widths = np.cumsum([2 if east_asian_width(letter) in "WF" else 1 for letter in text])
    if not len(text) or widths[-1] <= _WIDEST:
        return text
    return text[: int(np.searchsorted(widths, _WIDEST))] + "…"


def name_bars(ax: Axes, names: list[str]) -> None:
    """Name horizontal bars, the first on top."""
    # A dollar sign in a name must not start a formula.
    ax.set_yticks(range(len(names)), names, parse_math=False)
    ax.set_ylim(len(names) - 0.4, -0.6)
