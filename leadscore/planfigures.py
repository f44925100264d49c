"""What a plan comes to, counted contact by contact while it is made; it takes no more memory."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from typing import Any

__all__ = ["BINS", "Figures", "number"]

BINS = 10  # of the histograms: 0-9, 10-19, … 90-100
MOVERS = 20


def number(text: str | None) -> float:
    """Return a stored value as a number, ``nan`` where it is none."""
    try:
        found = float(text or "nan")
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan


class Figures:
    """Counts, histograms and the biggest movers of contacts that are added one by one.

    Attributes
    ----------
    contacts : int
        Those added.
    old, new : list of int
        Contacts by old score, and by new score; in ten bins.
    before, after : list of int
        The same of the contacts that have both.
    values : Counter
        Contacts by new score.
    moved_far : int
        Contacts whose score moves by more than `far`.

    Parameters
    ----------
    far : float
        Points.

    Examples
    --------
    >>> figures = Figures(far=20)
    >>> figures.add("7", was=40, score=81, was_tier="C", tier="A", written=True)
    >>> figures.moved_far, figures.facts()["movers"][0]["moved"]
    (1, 41)
    """

    def __init__(self, *, far: float) -> None:
        self.far = far
        self.contacts = self.moved_far = self.compared = 0
        self.old, self.new, self.before, self.after = ([0] * BINS for _ in range(4))
        self.values: Counter[float] = Counter()
        self._tiers: Counter[tuple[str, str, bool]] = Counter()
        self._ways: Counter[str] = Counter()
        self._movers: list[tuple[float, str, dict[str, Any]]] = []

    def add(
        self, contact: str, *, was: float, score: float, was_tier: str, tier: str, written: bool
    ) -> None:
        """Count a contact: old and new score (``nan`` for none) and tier, and whether it moves."""
        self.contacts += 1
        self._tiers[was_tier, tier, written] += 1
        if not math.isnan(was):
            self.old[_bin(was)] += 1
        if not math.isnan(score):
            self.new[_bin(score)] += 1
            self.values[score] += 1
        if not math.isnan(was) and not math.isnan(score):
            self.before[_bin(was)] += 1
            self.after[_bin(score)] += 1
            self.compared += 1
            self._move(contact, was, score, was_tier, tier, written=written)
        elif written:
            self._ways["reached" if math.isnan(score) else "new"] += 1

    def _move(
        self, contact: str, was: float, score: float, was_tier: str, tier: str, *, written: bool
    ) -> None:
        moved = score - was
        self.moved_far += abs(moved) > self.far
        if not written:
            return
        self._ways["up" if moved > 0 else "down" if moved < 0 else "same"] += 1
        if not moved:
            return
        row = {
            "contact_id": contact,
            "was": _plain(was),
            "score": _plain(score),
            "moved": _plain(moved),
            "was_tier": was_tier,
            "tier": tier,
        }
        push = heapq.heappushpop if len(self._movers) >= MOVERS else heapq.heappush
        push(self._movers, (abs(moved), contact, row))

    @property
    def first_time(self) -> bool:
        """Whether no contact had a score."""
        return not sum(self.old)

    def facts(self) -> dict[str, Any]:
        """Return what a plan keeps: ``counts``, ``histogram``, ``movers``."""
        tiers = sorted(self._tiers.items())
        return {
            "counts": {
                **{way: self._ways[way] for way in ("new", "up", "down", "same", "reached")},
                "tiers": [
                    {"was": was, "tier": tier, "written": written, "contacts": n}
                    for (was, tier, written), n in tiers
                ],
            },
            "histogram": {"old": self.old, "new": self.new},
            "movers": [row for _, _, row in sorted(self._movers, key=_place)],
        }


def _place(entry: tuple[float, str, dict[str, Any]]) -> tuple[float, str]:
    return -entry[0], entry[1]


def _bin(score: float) -> int:
    return min(BINS - 1, max(0, int(score // BINS)))


def _plain(value: float) -> float:
    return int(value) if value == int(value) else value
