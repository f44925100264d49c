"""The capacity panel: move the cut, and see what each tier would hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.errors import DataError
from leadscore.paneldisplay import Panel
from leadscore.panelparts import image, inert, note, plain_table, svg, table
from leadscore.pictures import GREY
from leadscore.pictures import TIERS as COLOURS
from leadscore.tiers import TIERS, Cuts, cut

__all__ = ["CapacityPanel", "cut_facts", "ranking"]

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 620, 230, 52, 40, 22
_POINTS = 240
_STEP = 0.01  # of the power of ten
_HEAD = ("tier", "contacts", "expected conversions", "expected rate")

Floats = NDArray[np.float64]


def ranking(scores: pd.DataFrame) -> Floats:
    """Return the probabilities of the contacts that tiers are cut from, best first.

    Those held out and those that reached the goal take no place of a tier.

    Raises
    ------
    DataError
        No contact is left.
    """
    kept = scores["probability"].notna() & (scores["tier"] != "reached")
    if "held_out" in scores:
        kept &= ~scores["held_out"].fillna(value=False).astype(bool)
    found = np.sort(scores.loc[kept, "probability"].to_numpy(dtype="float64"))[::-1]
    if not len(found):
        raise DataError("There are no scored contacts to cut.", hint="Score the contacts first.")
    return found


def cut_facts(ranked: Floats, capacity: int | None) -> dict[str, Any]:
    """Return what `leadscore.tiers.cut` tells of a capacity."""
    return cut(ranked, Cuts(capacity=capacity))[1]


class CapacityPanel(Panel):
    """How many leads sales can work, and what that means for the tiers.

    Attributes
    ----------
    facts : dict
        What `leadscore.tiers.cut` tells of the present capacity.
    """

    name = "Capacity"

    def __init__(self, scores: pd.DataFrame, capacity: int | None = None) -> None:
        self._ranked = ranking(scores)
        self._capacity = capacity if capacity is not None else scores.attrs.get("capacity")
        self.facts = cut_facts(self._ranked, self._capacity)

    @property
    def capacity(self) -> int:
        """How many contacts tier A holds; setting it moves the slider."""
        return int(self.facts["capacity"])

    @capacity.setter
    def capacity(self, value: int) -> None:
        self.facts = cut_facts(self._ranked, int(value))
        if "widget" in self.__dict__:
            self.slider.value = min(self.capacity, len(self._ranked))
            self._show()

    def page(self) -> str:
        """Return the cut as picture and table."""
        return f"<div>{_sentences(self.facts)}{self.drawing()}{_tiers_table(self.facts)}</div>"

    def text(self) -> str:
        """Return the cut as text."""
        return f"{_said(self.facts)}\n{plain_table(_HEAD, _rows(self.facts))}"

    def drawing(self) -> str:
        """Return the picture of the cut, as an image."""
        return image(_drawing(self._ranked, self.facts), _said(self.facts))

    def _build(self) -> Any:
        import ipywidgets as w

        n = len(self._ranked)
        self.slider = w.FloatLogSlider(
            value=self.capacity,
            base=10,
            min=0,
            max=math.log10(max(n, 2)),
            step=_STEP,
            readout=False,
            description="Capacity",
            tooltip="How many leads sales can work: arrow keys move the cut",
            layout=w.Layout(width="420px"),
        )
        self.number = w.BoundedIntText(
            value=self.capacity,
            min=1,
            max=max(n, self.capacity),
            description="leads",
            tooltip="How many leads sales can work, typed",
            layout=w.Layout(width="190px"),
        )
        self._figures = w.HTML()
        self.on(self.slider, self._slid)
        self.on(self.number, self._typed)
        self._show()
        return w.VBox([w.HBox([self.slider, self.number]), self._figures])

    def _slid(self) -> None:
        # The browser moves the handle to the nearest step by itself: that is no wish for a change.
        off = abs(math.log10(self.slider.value / self.capacity))
        if off > 0.6 * _STEP and round(self.slider.value) != self.capacity:
            self.facts = cut_facts(self._ranked, round(self.slider.value))
            self._show()

    def _typed(self) -> None:
        if self.number.value != self.capacity:
            self.capacity = self.number.value

    def _show(self) -> None:
        self.number.value = self.capacity
        self._figures.value = self.page()
        self.refresh()


def _said(facts: dict[str, Any]) -> str:
    above = facts["cuts"][0]
    return (
        f"Tier A: the best {above['contacts']:,} of {facts['contacts']:,} contacts. Expected "
        f"conversions: {above['expected']:,.1f} (in 95 cases of 100 between {above['low']:,} and "
        f"{above['high']:,}, by chance alone, if the probabilities are right)."
    )


def _sentences(facts: dict[str, Any]) -> str:
    both, ties = facts["cuts"][1], facts["ties_at_cut"]["A|B"]
    more = (
        f"A and B together: {both['contacts']:,} contacts, {both['expected']:,.1f} expected "
        f"({both['low']:,} to {both['high']:,})."
    )
    if ties:
        more += f" The cut between A and B divides {ties:,} contacts of equal probability."
    return note(_said(facts), strong=True) + f"<div>{inert(more, limit=400)}</div>"


def _rows(facts: dict[str, Any]) -> list[list[str]]:
    sizes, expected = facts["contacts_by_tier"], facts["expected_conversions"]
    return [
        [t, f"{sizes[t]:,}", f"{expected[t]:,.1f}", _rate(expected[t], sizes[t])] for t in TIERS
    ]


def _rate(expected: float, size: int) -> str:
    return f"{100 * expected / size:.1f} %" if size else ""


def _tiers_table(facts: dict[str, Any]) -> str:
    return table(_HEAD, _rows(facts))


def _drawing(ranked: Floats, facts: dict[str, Any]) -> str:
    """Draw the probability by rank, coloured and lettered by tier; ranks on a log scale."""
    n, top = len(ranked), max(float(ranked[0]), 1e-6)
    ends = [0, *(above["contacts"] for above in facts["cuts"]), n]
    parts = [_axes(n, top)]
    for tier, start, end in zip(TIERS, ends, ends[1:], strict=False):
        if end > start:
            parts.append(_area(ranked, top, start, end, COLOURS[tier]))
    letters, last = [], -20.0
    for tier, start, end in zip(TIERS, ends, ends[1:], strict=False):
        left, right = _x(start + 0.5, n), _x(end + 0.5, n)
        if end > start and (middle := (left + right) / 2) - last > 14:
            letters.append(f'<text x="{middle:.1f}" y="15" font-weight="bold">{tier}</text>')
            last = middle
        if 0 < end < n:
            parts.append(_cut_line(right))
    return svg(_WIDTH, _HEIGHT, [*parts, *letters])


def _x(rank: float, n: int) -> float:
    low, high = math.log10(0.5), math.log10(n + 0.5)
    return _LEFT + (_WIDTH - _LEFT - 12) * (math.log10(max(rank, 0.5)) - low) / (high - low)


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / top


def _area(ranked: Floats, top: float, start: int, end: int, colour: str) -> str:
    places = np.unique(np.geomspace(start + 1, end, _POINTS).round().astype(int))
    left, right = _x(start + 0.5, len(ranked)), _x(end + 0.5, len(ranked))
    line = [(left, ranked[start]), *((_x(r, len(ranked)), ranked[r - 1]) for r in places)]
    line.append((right, ranked[end - 1]))
    points = " ".join(f"{x:.1f},{_y(float(p), top):.1f}" for x, p in line)
    floor = _y(0, top)
    return (
        f'<polygon fill="{colour}" stroke="{GREY}" stroke-width="0.5" '
        f'points="{left:.1f},{floor:.1f} {points} {right:.1f},{floor:.1f}"/>'
    )


def _cut_line(x: float) -> str:
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 4}" y2="{_HEIGHT - _BOTTOM}" '
        f'stroke="#111" stroke-dasharray="4 3"/>'
    )


def _axes(n: int, top: float) -> str:
    floor = _HEIGHT - _BOTTOM
    parts = [f'<line x1="{_LEFT}" x2="{_WIDTH - 12}" y1="{floor}" y2="{floor}" stroke="{GREY}"/>']
    for power in range(int(math.log10(n)) + 1):
        x = _x(10**power, n)
        side = "end" if x > _WIDTH - 40 else "middle"
        x = min(x, _WIDTH - 4) if side == "end" else x
        parts.append(
            f'<text x="{x:.1f}" y="{floor + 15}" text-anchor="{side}">{10**power:,}</text>'
        )
    for share in (0, 0.5, 1):
        y = _y(share * top, top)
        words = f"{100 * share * top:.3g} %"
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{words}</text>')
    middle = (_LEFT + _WIDTH) / 2
    said = "rank of the contact, best first (each step to the right is ten times as many)"
    parts.append(f'<text x="{middle:.0f}" y="{_HEIGHT - 6}" text-anchor="middle">{said}</text>')
    return "".join(parts)
