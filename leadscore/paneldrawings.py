"""Small drawings of one contact: why it has its score, and what happened to it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from leadscore.panelparts import inert, svg
from leadscore.pictures import BLUE, GREY, ORANGE

__all__ = ["timeline", "waterfall_steps", "waterfall_svg"]

_WIDTH, _NAMES, _ROW = 660, 250, 24
_LANES = ("scores", "activities", "changes")
_MARKS = {"activities": BLUE, "changes": ORANGE}
_MARGIN = 90


def waterfall_steps(
    probability: float, reasons: Sequence[tuple[str, float]], *, base: float | None = None
) -> tuple[float, list[tuple[str, float]]]:
    """Return where a lead starts, and the steps from there to its logit, which they reach exactly.

    Without `base` all that the reasons do not name is in the start.

    Examples
    --------
    >>> start, steps = waterfall_steps(0.5, [("visits", 0.4)], base=-1.0)
    >>> start, [(name, round(value, 6)) for name, value in steps]
    (-1.0, [('visits', 0.4), ('all others together', 0.6)])
    """
    sure = min(max(probability, 1e-12), 1 - 1e-12)
    logit, named = math.log(sure / (1 - sure)), sum(value for _, value in reasons)
    if base is None:
        return logit - named, list(reasons)
    return base, [*reasons, ("all others together", logit - base - named)]


def waterfall_svg(start: float, steps: Sequence[tuple[str, float]]) -> str:
    """Draw the steps from where every lead starts to this one's probability."""
    ends = start + np.cumsum([value for _, value in steps])
    low, high = min(start, *ends), max(start, *ends)
    low, high = low - 0.1, high + 0.45

    def x(value: float) -> float:
        return float(_NAMES + (_WIDTH - _NAMES - 10) * (value - low) / (high - low))

    parts, at = [_dashed(x(start), _ROW * len(steps) + 8)], start
    for place, (name, value) in enumerate(steps):
        y, to = 6 + place * _ROW, at + value
        left, right = sorted((x(at), x(to)))
        colour = BLUE if value >= 0 else ORANGE
        parts += [
            f'<text x="{_NAMES - 8}" y="{y + 14}" text-anchor="end">{inert(name, limit=36)}</text>',
            f'<rect x="{left:.1f}" y="{y + 2}" width="{max(right - left, 1):.1f}" height="16" '
            f'fill="{colour}"/>',
            f'<text x="{right + 4:.1f}" y="{y + 14}">{value:+.2f}</text>',
        ]
        at = to
    bottom = _ROW * len(steps) + 26
    said = f"from {_percent(start)} by {len(steps)} steps to {_percent(at)} (numbers: log-odds)"
    parts.append(f'<text x="{_NAMES}" y="{bottom}" fill="{GREY}">{said}</text>')
    return svg(_WIDTH, bottom + 8, parts)


def _percent(logit: float) -> str:
    return f"{100 / (1 + math.exp(-logit)):.1f} %"


def _dashed(x: float, height: int) -> str:
    place = f'x1="{x:.1f}" x2="{x:.1f}" y1="2" y2="{height}"'
    return f'<line {place} stroke="{GREY}" stroke-dasharray="4 3"/>'


def timeline(events: pd.DataFrame, scores: pd.DataFrame) -> str:
    """Draw what happened to a contact, and its scores as given, on one line of time.

    Parameters
    ----------
    events : DataFrame
        ``at`` (UTC), ``kind`` ("activities" or "changes").
    scores : DataFrame
        ``at`` (UTC), ``score`` (0 to 100, may be missing), ``tier``.
    """
    times = pd.concat([events["at"], scores["at"]])
    if times.empty:
        return svg(_WIDTH, 30, ['<text x="8" y="20">Nothing is known of its past.</text>'])
    first, last = times.min(), times.max()
    span = max((last - first).total_seconds(), 1.0)

    def x(at: pd.Timestamp) -> float:
        return float(_MARGIN + (_WIDTH - _MARGIN - 20) * (at - first).total_seconds() / span)

    tops = {"scores": 10, "activities": 96, "changes": 136}
    parts = [f'<text x="4" y="{y + 20}">{name}</text>' for name, y in tops.items()]
    for (kind, place), n in _grouped(events, x).items():
        y, half = tops[kind] + 16, min(4 + 2 * n, 14)
        parts.append(_mark(kind, place, y, half))
    for value, y in ((100, 24), (0, 84)):
        parts.append(
            f'<text x="{_MARGIN - 8}" y="{y}" fill="{GREY}" text-anchor="end">{value}</text>'
        )
    parts += _scores(scores, x, tops["scores"])
    parts.append(f'<line x1="{_MARGIN}" x2="{_WIDTH - 20}" y1="172" y2="172" stroke="{GREY}"/>')
    for at, side in ((first, "start"), (last, "end")):
        parts.append(f'<text x="{x(at):.0f}" y="188" text-anchor="{side}">{at:%Y-%m-%d}</text>')
    return svg(_WIDTH, 196, parts)


def _grouped(events: pd.DataFrame, x: object) -> dict[tuple[str, int], int]:
    counts: dict[tuple[str, int], int] = {}
    for kind, at in zip(events["kind"], events["at"], strict=True):
        key = (str(kind), round(x(at) / 4) * 4)  # type: ignore[operator]
        counts[key] = counts.get(key, 0) + 1
    return counts


def _mark(kind: str, x: float, y: float, half: float) -> str:
    """Return a mark: activities are discs, changes are strokes; larger where there are more."""
    if kind == "activities":
        return f'<circle cx="{x}" cy="{y}" r="{half / 2:.1f}" fill="{_MARKS[kind]}"/>'
    line = f'x1="{x}" x2="{x}" y1="{y - half}" y2="{y + half}"'
    return f'<line {line} stroke="{_MARKS[kind]}" stroke-width="2"/>'


def _scores(scores: pd.DataFrame, x: object, top: int) -> list[str]:
    known = scores[scores["score"].notna()]
    spots = [
        (x(at), top + 70 - 0.6 * float(score), str(tier))  # type: ignore[operator]
        for at, score, tier in zip(known["at"], known["score"], known["tier"], strict=True)
    ]
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b, _ in spots)
    parts = [f'<polyline points="{line}" fill="none" stroke="#111"/>'] if len(spots) > 1 else []
    for a, b, tier in spots[-40:]:
        parts.append(f'<rect x="{a - 4:.1f}" y="{b - 4:.1f}" width="8" height="8" fill="#111"/>')
        parts.append(f'<text x="{a:.1f}" y="{b - 7:.1f}" text-anchor="middle">{inert(tier)}</text>')
    return parts
